import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

/** The completion scripts in the real shells, with the built program. */

const cli = fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url));

/** Bash calls the function as for a word at the cursor; `_describe` and `_files` of zsh print what they would offer. */
const offer: Readonly<Record<string, (words: readonly string[]) => string>> = {
  bash: (words) => `eval "$(sallyport completion bash)"
    COMP_WORDS=(sallyport ${words.join(' ')}) COMP_CWORD=${words.length} ; _sallyport; printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: (words) => `compdef() { : }; _files() { print -l *(N) }
    _describe() { local -a all; all=("\${(@P)2}"); print -l -- "\${(@)all%%:*}" }
    source <(sallyport completion zsh)
    words=(sallyport ${words.join(' ')}) CURRENT=${words.length + 1}; _sallyport`,
  fish: (words) => `sallyport completion fish | source
    complete -C 'sallyport ${words.join(' ').replaceAll('"', '')}' | string split -f1 \\t`,
  pwsh: (words) => `sallyport completion powershell | Out-String | Invoke-Expression
    $line = 'sallyport ${words.join(' ').replaceAll('"', '')}'
    (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches | ForEach-Object CompletionText`,
};

const howToInstall = (shell: string): string =>
  shell === 'pwsh'
    ? 'https://learn.microsoft.com/powershell/scripting/install/install-powershell-on-linux'
    : `apt-get install ${shell}`;

it.each(Object.keys(offer))('%s completes commands, options, values, codes and files', (shell) => {
  if (spawnSync(shell, ['--version']).error) {
    console.warn(
      `${shell} is not installed: its completion script is NOT tested; install it: ${howToInstall(shell)}`,
    );
    return;
  }
  const home = mkdtempSync(path.join(tmpdir(), 'sallyport-shells-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(path.join(home, 'bin'));
  symlinkSync(cli, path.join(home, 'bin', 'sallyport'));
  mkdirSync(path.join(home, 'work'));
  writeFileSync(path.join(home, 'work', 'agents.yaml'), '');
  const env = {
    HOME: home,
    PATH: [path.join(home, 'bin'), path.dirname(process.execPath), process.env['PATH']].join(':'),
  };
  const offered = (...words: string[]): string[] => {
    const script = offer[shell]?.(words) ?? '';
    const { stdout, stderr } = spawnSync(shell, ['-c', script], {
      env,
      cwd: path.join(home, 'work'),
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    return stdout.split('\n').filter(Boolean).toSorted();
  };
  expect(offered('li')).toEqual(['lint']);
  expect(offered('lint', '--com')).toEqual(['--complete']);
  expect(offered('lint', '--output', 'j')).toEqual(['json', 'junit']);
  expect(offered('explain', 'MCP20')).toContain('MCP201');
  expect(offered('lint', '""').map((one) => path.basename(one.trim()))).toContain('agents.yaml');
});
