import { defineCommand } from './command.ts';

const bash = `# sallyport completion for bash: eval "$(sallyport completion bash)"
_sallyport() {
  local line word=\${COMP_WORDS[COMP_CWORD]}
  # An equals sign is a word of its own for bash.
  [[ $word == "=" ]] && word=
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == ":files" ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$word")
    else
      COMPREPLY+=("\${line%%$'\\t'*}")
    fi
  done < <(sallyport __complete "word:$word" "\${COMP_WORDS[@]:1:COMP_CWORD-1}" $([[ \${COMP_WORDS[COMP_CWORD]} == "=" ]] && echo =) 2>/dev/null)
}
complete -F _sallyport sallyport
`;

const zsh = `#compdef sallyport
# sallyport completion for zsh: source <(sallyport completion zsh), after compinit
_sallyport() {
  local line
  local -a candidates
  for line in "\${(@f)$(sallyport __complete "word:\${words[CURRENT]}" "\${(@)words[2,CURRENT-1]}" 2>/dev/null)}"; do
    if [[ $line == ":files" ]]; then
      _files
    elif [[ -n $line ]]; then
      line=\${line//:/\\\\:}
      candidates+=("\${line/$'\\t'/:}")
    fi
  done
  (( \${#candidates} )) && _describe sallyport candidates
}
if [[ "\${funcstack[1]}" == "_sallyport" ]]; then
  _sallyport "$@"
else
  compdef _sallyport sallyport
fi
`;

const fish = `# sallyport completion for fish: sallyport completion fish | source
function __sallyport_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    for line in (sallyport __complete "word:$current" $words 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c sallyport -f -a "(__sallyport_complete)"
`;

const powershell = `# sallyport completion for PowerShell: sallyport completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName sallyport -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
    sallyport __complete "word:$wordToComplete" @before 2>$null | ForEach-Object {
        if ($_ -eq ':files') {
            Get-ChildItem -Path "$wordToComplete*" -ErrorAction SilentlyContinue | ForEach-Object {
                $path = Resolve-Path -Relative $_.FullName
                [System.Management.Automation.CompletionResult]::new($path, $_.Name, 'ProviderItem', $path)
            }
        } else {
            $word, $help = $_ -split "\`t", 2
            [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', "$help ")
        }
    }
}
`;

/** kubectl runs this program with the words after `sallyport`. Its last line is a number: 0 lets the shell offer files, 4 does not. */
const kubectl = `#!/usr/bin/env bash
# Completion of kubectl sallyport: kubectl runs kubectl_complete-sallyport, an executable file on your PATH.
lines=$(kubectl-sallyport __complete "word:\${*: -1}" "\${@:1:$#-1}" 2>/dev/null)
if [[ $lines == ":files" ]]; then
  echo ":0"
else
  [[ -z $lines ]] || printf '%s\\n' "$lines"
  echo ":4"
fi
`;

const scripts: ReadonlyMap<string, string> = new Map(
  Object.entries({ bash, zsh, fish, powershell, kubectl }),
);

export const completion = defineCommand({
  name: 'completion',
  summary: 'print a script that completes commands and options in your shell',
  group: 'Check and explain',
  usage: '(SHELL | kubectl)',
  description: `
Prints a completion script for bash, zsh, fish or powershell. It completes commands, options and their values, rule codes and labels for
explain, and files.

With kubectl it prints the program kubectl_complete-sallyport, which kubectl's own completion calls to complete kubectl sallyport.`,
  options: {},
  argument: {
    name: 'shell',
    required: true,
    what: 'one of bash, zsh, fish, powershell and kubectl',
    values: [...scripts.keys()],
  },
  printsObjects: true,
  examples: [
    ['sallyport completion fish > ~/.config/fish/completions/sallyport.fish', 'complete in every fish'],
    [`echo 'eval "$(sallyport completion bash)"' >> ~/.bashrc`, 'complete in every bash'],
    ['source <(sallyport completion zsh)', 'complete in this zsh, after compinit'],
    ['sallyport completion powershell | Out-String | Invoke-Expression', 'complete in this PowerShell'],
    [
      'sallyport completion kubectl > ~/bin/kubectl_complete-sallyport',
      'complete kubectl sallyport, if ~/bin is on your PATH and the file is executable',
    ],
  ],
  exit: { 0: 'printed', 2: 'the shell is not known' },
  run({ shell }, terminal) {
    terminal.out(scripts.get(shell) ?? '');
    return Promise.resolve(0);
  },
});
