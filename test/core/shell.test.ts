import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellName, shellQuoted } from '../../src/core/shell.ts';

/** The arguments a POSIX shell makes of a line. */
const argumentsOf = (line: string): string[] =>
  execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8', env: { HOME: '/nowhere' } })
    .split('\0')
    .slice(0, -1);

const visible = [
  'github-token',
  'https://a.example.com,https://b.example.com:8443',
  'sallyport.dev/upstreams=https://a.example.com',
  '"; rm -rf ~ #',
  "'; rm -rf ~ #",
  '$(id)',
  '`id`',
  '${HOME}',
  'a b  c',
  '~',
  '#comment',
  '*',
  '!!',
  '\\',
  "it's",
  '',
  '; touch x',
  '<a >b',
  '日本',
];

describe('an argument quoted for the shell', () => {
  it.each(visible)('is the same one argument again in a shell: %j', (text) => {
    expect(argumentsOf(shellQuoted(text))).toEqual([text]);
  });

  it('is bare where it needs no quotes', () => {
    expect(shellQuoted('a.example.com/x_y-z:1')).toBe('a.example.com/x_y-z:1');
  });

  it.each(['a\nrm -rf ~', 'a\u202egpj', 'a\u001b[2J', "a\n'; id; '"])(
    'stays on one line, with invisible characters escaped: %j',
    (text) => {
      const quoted = shellQuoted(text);
      expect(quoted).toMatch(/^[\u0020-\u007e]+$/);
      expect(argumentsOf(quoted)).toHaveLength(1);
    },
  );
});

describe('a name as an argument of kubectl', () => {
  it.each(['github-token', 'a.b', 'Key_1', '_', '.dockerconfigjson'])('is bare: %s', (name) => {
    expect(shellName(name)).toBe(name);
  });

  it.each([
    ...visible.slice(1),
    '-A',
    '--all',
    'pod/other',
    'a,tls.key=/root/.kube/config',
    'a\nb',
    '\u202e',
  ])('that Kubernetes would reject is one argument, and no option, path, list or command: %j', (name) => {
    const [only, ...more] = argumentsOf(shellName(name));
    expect(more).toEqual([]);
    expect(only).not.toMatch(/^-|[/,=$`"';\n]/);
    expect(shellName(name)).toMatch(/^'[\u0020-\u007e]*'$/);
  });
});
