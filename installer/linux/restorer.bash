# Completion for bash. Words are those of the program's own help, asked for once in each shell.

declare -gA _restorer_help=()

_restorer() {
  local word=$2 before=$3 command="" words=""
  ((COMP_CWORD > 1)) && command=${COMP_WORDS[1]}
  : "${_restorer_help[-$command]:=$(restorer ${command:+"$command"} --help 2>/dev/null)}"
  local help=${_restorer_help[-$command]}
  if [[ $before == -* ]]; then # its values, if they are words
    words=$(grep -oP -- "  $before,? .*?\K[a-z0-9]+([,|][a-z0-9]+)+" <<<"$help" | head -n 1)
  fi
  if [[ $word == -* ]]; then
    words=$(grep -oE -- '--[a-z-]+' <<<"$help" | sort -u)
  elif [[ -z $command ]]; then
    words=$(grep -oP '^    \K[a-z]+(?= )' <<<"$help")
  elif [[ $command == models ]] && ((COMP_CWORD == 2)); then
    words="list info add remove"
  elif [[ $before == --model ]]; then
    words=$(restorer models | awk 'NR > 1 { print $1 }')
  fi
  mapfile -t COMPREPLY < <(compgen -W "${words//[,|]/ }" -- "$word")
}

complete -o default -F _restorer restorer
