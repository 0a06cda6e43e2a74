import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runSallyport } from '../support/terminal.ts';
import {
  asYaml,
  labelledPod,
  remoteProxy,
  remoteServer,
  reviewOf,
  secret,
  startWebhook,
  tempFolder,
} from '../support/webhook.ts';

const override = '\u202E';
const isolate = '\u2066';
const tag = '\u{E0041}';
const invisible = /[^\P{C}\n]|\u2028|\u2029|\u3164|\uFE0F/u;

/** What people would not paste if they saw it. */
const names: Readonly<Record<string, string>> = {
  'ends the quotes': '"; touch ran #',
  'ends single quotes': "'; touch ran #",
  'is a command substitution': '$(touch ran)',
  'has backticks': '`touch ran`',
  'has a line break': 'a\ntouch ran\n',
  'reverses the text after it': `a${override}nar hcuot`,
  'isolates, joins and tags': `a${isolate}\u200B\u200F\u061C\uFEFF\u2028\uFE0F\u3164${tag}`,
  'is an option': '--all',
  'is a list for --from-file': 'a,tls.key=ran,b',
};

/** What kubectl gets when a person pastes the command after `Fix: ` into a shell, one list of arguments a call. */
function pasted(text: string): { readonly calls: string[][]; readonly ran: boolean } {
  const folder = tempFolder();
  const kubectl = path.join(folder, 'kubectl');
  writeFileSync(
    kubectl,
    '#!/bin/sh\nfor one in "$@"; do printf "%s\\0" "$one" >> calls; done; printf "\\n" >> calls\n',
  );
  chmodSync(kubectl, 0o755);
  const commands = text.match(/kubectl -n .*/g) ?? [];
  const calls = commands.map((command) => {
    const { stdout } = spawnSync('sh', ['-c', `${command.replace(/[.;]$/, '')} 2>&1; cat calls`], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: `${folder}:/usr/bin:/bin` },
    });
    return stdout.split('\0').slice(0, -1);
  });
  return { calls, ran: existsSync(path.join(folder, 'ran')) };
}

/** One resource that names a Secret and a key as given. */
const naming = (name: string, key: string) =>
  remoteProxy({
    headerForward: {
      addHeadersFromSecret: [{ headerName: 'Authorization', valueSecretRef: { name, key } }],
    },
  });

describe.each(Object.entries(names))('a name that %s', (_, name) => {
  it('runs nothing but kubectl from the fix of a denial', async () => {
    const { validate } = await startWebhook();
    const { status } = await validate(reviewOf(naming(name, name)));
    const message = status?.message ?? '';
    expect(message).toContain('[MCP201]');
    expect(message).not.toMatch(invisible);
    expect(message.split('\n')).toHaveLength(2);
    const { calls, ran } = pasted(message);
    expect(ran).toBe(false);
    expect(calls).toHaveLength(1);
    const [call = []] = calls;
    expect(call.slice(0, 5)).toEqual(['-n', 'team-a', 'create', 'secret', 'generic']);
    expect(call).toHaveLength(7);
    expect(call[5]).not.toMatch(/^-/);
    expect(call[6]).toMatch(/^--from-file=[^,=]*=PATH$/);
    for (const cause of status?.details?.causes ?? []) expect(cause.field).not.toMatch(invisible);
  });

  it.each(['text', 'json', 'sarif', 'junit'])(
    'is shown whole by lint as %s, and nothing of it is invisible',
    async (output) => {
      const stdin = asYaml([naming(name, 'token'), secret('other', {})]);
      const { out, err } = await runSallyport(['lint', '--complete', '-o', output, '-'], { stdin });
      expect(out).toContain('MCP201');
      expect(out + err).not.toMatch(invisible);
      const { ran } = pasted(out);
      expect(ran).toBe(false);
    },
  );

  it('runs nothing but kubectl from the fix of `why`', async () => {
    const stdin = asYaml([labelledPod('mcpremoteproxy/github'), naming(name, name)]);
    const { out } = await runSallyport(['why', '-'], { stdin });
    expect(out).toMatch(/^Fix: {4}create it: kubectl -n team-a create secret generic /m);
    expect(out).not.toMatch(invisible);
    const { calls, ran } = pasted(out);
    expect(ran).toBe(false);
    expect(calls.map((call) => call.length)).toEqual([7]);
  });

  it('cannot pass for the text around it when it is the name of a header', async () => {
    const { validate, logged } = await startWebhook();
    const header = `X ${name}`;
    const { status } = await validate(reviewOf(remoteServer([{ name: header, value: '${VALUE}' }], name)));
    expect(status?.message).not.toMatch(invisible);
    expect(status?.message.split('\n')).toHaveLength(2);
    expect(logged.join('')).not.toMatch(invisible);
    expect(logged.map((line) => (JSON.parse(line) as { name: string }).name)).toEqual([name]);
  });
});
