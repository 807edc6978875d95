/**
 * The script that makes a shell ask `lamella __complete` for what may come next. The words are split by the shell, so
 * the script is the same for every command; candidates come as `word<tab>description`.
 */
export function completionScript(shell: string, program: string): string | undefined {
  switch (shell) {
    case 'bash':
      return bash(program);
    case 'zsh':
      return zsh(program);
    case 'fish':
      return fish(program);
    default:
      return undefined;
  }
}

const bash = (program: string): string => `# bash completion for ${program}
_${program}_complete() {
  local current=\${COMP_WORDS[COMP_CWORD]} line words=() candidates=()
  # bash splits words at : and =, image names have both.
  if declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref -n := -w words -c current
  else
    words=("\${COMP_WORDS[@]:0:COMP_CWORD+1}")
  fi
  while IFS= read -r line; do
    candidates+=("\${line%%$'\\t'*}")
  done < <(${program} __complete -- "\${words[@]:1}" 2>/dev/null)
  if [[ \${candidates[0]-} == ':files' ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    return
  fi
  COMPREPLY=("\${candidates[@]}")
  [[ \${COMPREPLY[0]-} == *= ]] && compopt -o nospace 2>/dev/null
  declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$current"
}
complete -F _${program}_complete ${program}
`;

const zsh = (program: string): string => `#compdef ${program}
_${program}() {
  local line
  local -a candidates
  while IFS= read -r line; do
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(${program} __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if [[ \${candidates[1]-} == '\\:files'* ]]; then
    _files
    return
  fi
  _describe '${program}' candidates
}
compdef _${program} ${program}
`;

const fish = (program: string): string => `# fish completion for ${program}
function __${program}_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l candidates (${program} __complete -- $words[2..-1] 2>/dev/null)
  if test "$candidates[1]" = ':files'
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $candidates
  end
end
complete -c ${program} -f -a '(__${program}_complete)'
`;
