# Completion of proofplan in bash, made by `proofplan completion bash`. To have it now and in every shell:
#   source <(proofplan completion bash)
# Nothing that was typed and no name of a file is evaluated here.

# Names that begin as the word $1 does, into COMPREPLY: folders, and with $2 `plan` plans, with `file` all files.
_proofplan_names() {
  local typed=$1 which=$2 plain='' name
  # A variable or ~ in it: left to bash, which completes it without executing anything.
  if [[ $typed == [~]* || $typed == *['$`']* ]]; then
    compopt -o default 2>/dev/null
    return
  fi
  case $typed in
    \'*) plain=${typed:1} ;;
    *)
      typed=${typed#\"}
      while [[ $typed == *\\* ]]; do
        plain+=${typed%%\\*}
        typed=${typed#*\\}
        plain+=${typed:0:1}
        typed=${typed:1}
      done
      plain+=$typed
      ;;
  esac
  compopt -o filenames 2>/dev/null
  while IFS= read -r -d '' name; do
    if [[ -d $name ]]; then COMPREPLY+=("$name")
    else
      case $which:$name in
        file:* | plan:*.md | plan:*.markdown | plan:*.plan.yaml | plan:*.plan.yml) COMPREPLY+=("$name") ;;
      esac
    fi
  done < <(
    shopt -u failglob
    shopt -s nullglob
    GLOBIGNORE=
    set +f
    printf '%s\0' "$plain"*
  )
}

_proofplan() {
  local program files='' value note
  COMPREPLY=()
  # The one of the search path: a ./proofplan in somebody's folder is not started before it is asked for.
  program=$(type -P proofplan) || return 0
  # bash makes `=` a word of its own, and completes what follows it.
  local current=${COMP_WORDS[COMP_CWORD]}
  [[ $current == [=:] ]] && current=''
  while IFS=$'\t' read -r value note; do
    if [[ -z $files ]]; then files=$value
    elif [[ $value == "$current"* ]]; then COMPREPLY+=("$value")
    fi
  done < <("$program" completion words bash -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null)
  case $files in
    plan | file | folder) _proofplan_names "$current" "$files" ;;
    command) while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -c -- "$current") ;;
  esac
  return 0
}

complete -F _proofplan proofplan
