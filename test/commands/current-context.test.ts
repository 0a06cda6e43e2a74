import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../src/certs/issue.ts';
import { commands } from '../../src/commands/index.ts';
import { runSallyport } from '../support/terminal.ts';
import { tempFolder } from '../support/webhook.ts';

function fileWith(text: string): string {
  const file = path.join(tempFolder(), 'kubeconfig');
  writeFileSync(file, text);
  return file;
}

/** A kubeconfig with two contexts, in which no API server listens. */
function kubeconfig(current: string): string {
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
  return fileWith(lines.join('\n'));
}

function useKubeconfig(current: string): void {
  process.env['KUBECONFIG'] = kubeconfig(current);
}

const before = process.env['KUBECONFIG'];
afterEach(() => {
  if (before === undefined) delete process.env['KUBECONFIG'];
  else process.env['KUBECONFIG'] = before;
});

const notice = 'Using the current context of the kubeconfig, staging.\n';

const readers = [[['doctor']], [['audit']], [['why', 'deploy/agent']]];

describe.each(readers)('sallyport %j', (command) => {
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

describe('--kubeconfig', () => {
  const missing = '/no-such-folder/kubeconfig';
  const contextCommands = [
    ...readers.map(([command = []]) => command),
    ['lint', 'examples/pod.yaml'],
    ['inject', 'examples/pod.yaml'],
    ['why', 'examples/pod.yaml'],
    ['review', 'examples/review.json'],
    ['kinds', 'coverage'],
    ['watch', '--port', '0'],
    ['serve', '--port', '0', '--tls-cert', 'x', '--tls-key', 'x'],
  ];

  it('is an option of every command that has --context', () => {
    const withContext = commands.filter(({ options }) => 'context' in options).map(({ name }) => name);
    const named = contextCommands.map(
      ([name = '', second]) => withContext.find((one) => one === `${name} ${String(second)}`) ?? name,
    );
    expect([...new Set(named)].toSorted()).toEqual(withContext.toSorted());
  });

  it.each(contextCommands.filter(([name]) => name !== 'serve'))(
    '%s %s reads that file, and not the one of KUBECONFIG',
    async (...command) => {
      useKubeconfig('staging');
      const named = [...command.filter((word) => word !== undefined), '--context', 'staging'];
      expect(await runSallyport([...named, '--kubeconfig', missing])).toEqual({
        code: 2,
        out: '',
        err: `sallyport: the kubeconfig ${missing} does not exist\n`,
      });
    },
  );

  it('names the API server that watch cannot reach', async () => {
    useKubeconfig('staging');
    const { code, err } = await runSallyport(['watch', '--port', '0', '--context', 'prod']);
    expect(code).toBe(2);
    expect(err).toMatch(
      /^sallyport: --context prod: the API server 127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)/,
    );
  });

  it('names the API server that serve cannot reach', async () => {
    useKubeconfig('staging');
    const { certificate, key } = await createAuthority('test');
    const folder = tempFolder();
    const [certificateFile, keyFile] = [path.join(folder, 'tls.crt'), path.join(folder, 'tls.key')];
    writeFileSync(certificateFile, certificate);
    writeFileSync(keyFile, key);
    const files = ['--tls-cert', certificateFile, '--tls-key', keyFile];
    const { code, err } = await runSallyport(['serve', '--port', '0', '--context', 'prod', ...files]);
    expect(code).toBe(2);
    expect(err).toMatch(
      /^sallyport: --context prod: the API server 127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)/,
    );
  });

  it.each(readers)('gives %j its current context', async (command) => {
    useKubeconfig('prod');
    const { err } = await runSallyport([...command, '--kubeconfig', kubeconfig('staging')]);
    expect(err.startsWith(notice)).toBe(true);
  });

  it.each([
    ['an empty file', '', 'cannot be read: it is not valid YAML, or not a kubeconfig'],
    [
      'another object',
      'kind: Secret\nstringData: { token: hunter2 }',
      'has no contexts; check that it is a kubeconfig',
    ],
    ['no YAML', 'users: [hunter2', 'cannot be read: it is not valid YAML, or not a kubeconfig'],
  ])('names %s, and quotes nothing of it', async (_what, text, problem) => {
    const file = fileWith(text);
    expect(await runSallyport(['doctor', '--kubeconfig', file])).toEqual({
      code: 2,
      out: '',
      err: `sallyport: the kubeconfig ${file} ${problem}\n`,
    });
  });

  it('names a file of KUBECONFIG that does not exist', async () => {
    process.env['KUBECONFIG'] = missing;
    expect((await runSallyport(['doctor'])).err).toBe(
      `sallyport: the kubeconfig ${missing} does not exist\n`,
    );
  });

  it('names the file in which there is no such context', async () => {
    const file = kubeconfig('staging');
    expect((await runSallyport(['doctor', '--kubeconfig', file, '--context', 'test'])).err).toBe(
      `sallyport: --context test: no such context in the kubeconfig ${file}\n`,
    );
  });

  it.each([
    ['lint', 'examples/pod.yaml'],
    ['inject', 'examples/pod.yaml'],
    ['why', 'examples/pod.yaml'],
    ['audit', 'examples/pod.yaml'],
    ['review', 'examples/review.json'],
    ['serve', '--in-cluster'],
    ['watch', '--in-cluster'],
  ])('is a misuse of %s where it would have no effect', async (name, word) => {
    expect(await runSallyport([name, word, '--kubeconfig', kubeconfig('staging')])).toEqual({
      code: 2,
      out: '',
      err: `sallyport ${name}: --kubeconfig has no effect without --context; add --context NAME (sallyport ${name} --help)\n`,
    });
  });
});
