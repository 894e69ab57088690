#compdef proofplan
# Completion of proofplan in zsh, made by `proofplan completion zsh`. To have it now and in every shell, behind `compinit`:
#   source <(proofplan completion zsh)
# or as the file `_proofplan` in a folder of $fpath. Nothing that was typed and no name of a file is evaluated here.

_proofplan() {
  local program=${commands[proofplan]:-} files='' line value
  local -a typed answer offered
  [[ -n $program ]] || return 1
  # Quotes are taken off; nothing in the words is expanded.
  typed=("${(@Q)words[2,CURRENT]}")
  answer=("${(@f)$("$program" completion words zsh -- "${typed[@]}" 2>/dev/null </dev/null)}")
  files=${answer[1]:-none}
  for line in "${(@)answer[2,-1]}"; do
    value=${line%%$'\t'*}
    [[ -n $value ]] && offered+=("${value//:/\\:}:${line#*$'\t'}")
  done
  local found=1
  (( $#offered )) && _describe -V 'proofplan' offered && found=0
  case $files in
    plan) _files -g '*.(md|markdown|plan.yaml|plan.yml)(-.)' && found=0 ;;
    file) _files && found=0 ;;
    folder) _files -/ && found=0 ;;
    command) _command_names -e && found=0 ;;
  esac
  return $found
}

if [[ ${funcstack[1]:-} == _proofplan ]]; then
  _proofplan "$@"
else
  compdef _proofplan proofplan
fi
