# Completion of proofplan in fish, made by `proofplan completion fish`. To have it now and in every shell:
#   proofplan completion fish | source
# or as the file ~/.config/fish/completions/proofplan.fish. Nothing that was typed and no name of a file is evaluated here.

function __proofplan_offer
  set -l program (command -s proofplan)
  or return
  set -l typed (commandline -opc) (commandline -ct)
  set -l answer ($program completion words fish -- $typed[2..-1] 2>/dev/null </dev/null)
  set -l files $answer[1]
  set -e answer[1]
  test (count $answer) -gt 0; and printf '%s\n' $answer
  switch "$files"
    case plan
      __fish_complete_suffix .plan.yaml
      __fish_complete_suffix .md
    case file
      __fish_complete_path (commandline -ct)
    case folder
      __fish_complete_directories (commandline -ct)
    case command
      __fish_complete_command
  end
end

complete -c proofplan -f -k -a '(__proofplan_offer)'
