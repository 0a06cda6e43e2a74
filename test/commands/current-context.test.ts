import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runSallyport } from '../support/terminal.ts';
import { tempFolder } from '../support/webhook.ts';

/** A kubeconfig with two contexts, in which no API server listens. */
function useKubeconfig(current: string): void {
  const file = path.join(tempFolder(), 'kubeconfig');
  const lines = [
    'apiVersion: v1',
    'kind: Config',
    `current-context: "${current}"`,
    'clusters: [{ name: c, cluster: { server: "https://127.0.0.1:1" } }]',
    'users: [{ name: u, user: { token: hunter2 } }]',
    'contexts:',
    '- { name: staging, context: { cluster: c, user: u } }',
    '- { name: prod, context: { cluster: c, user: u } }',
  ];
  writeFileSync(file, lines.join('\n'));
  process.env['KUBECONFIG'] = file;
}

const before = process.env['KUBECONFIG'];
afterEach(() => {
  if (before === undefined) delete process.env['KUBECONFIG'];
  else process.env['KUBECONFIG'] = before;
});

const notice = 'Using the current context of the kubeconfig, staging.\n';

describe.each([[['doctor']], [['audit']], [['why', 'deploy/agent']]])('sallyport %j', (command) => {
  it('without a cluster uses the current context, and says so', async () => {
    useKubeconfig('staging');
    const { code, err } = await runSallyport(command);
    expect(code).toBe(2);
    expect(err.startsWith(notice)).toBe(true);
    expect(err.length).toBeGreaterThan(notice.length);
  });

  it('says nothing of it with --quiet', async () => {
    useKubeconfig('staging');
    expect((await runSallyport([...command, '--quiet'])).err).not.toContain('current context');
  });

  it('uses the context that is named instead', async () => {
    useKubeconfig('staging');
    expect((await runSallyport([...command, '--context', 'prod'])).err).not.toContain('staging');
  });

  it('says what to do if there is no current context', async () => {
    useKubeconfig('');
    expect(await runSallyport(command)).toEqual({
      code: 2,
      out: '',
      err: 'sallyport: no cluster is chosen, and the kubeconfig has no current context: use --context NAME\n',
    });
  });
});

it('files are not looked up in the current context', async () => {
  useKubeconfig('staging');
  expect(await runSallyport(['lint', '-'])).toMatchObject({ code: 0, err: '' });
  expect(await runSallyport(['audit', '-'])).toMatchObject({ code: 0, err: '' });
});
