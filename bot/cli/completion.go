package cli

import "fmt"

// CompletionCmd is `completion`.
type CompletionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"Your shell: bash, zsh or fish."`
}

func (CompletionCmd) Example() string {
	return `source <(optinbot completion bash)      # in ~/.bashrc
source <(optinbot completion zsh)       # in ~/.zshrc, below compinit
optinbot completion fish | source       # in ~/.config/fish/config.fish`
}

// Help says what is completed.
func (CompletionCmd) Help() string {
	return `It completes verbs, flags, and the names of broadcasts, states and numbers of the folder you are in.
It shows no people and no phones.`
}

// standsAlone: the script is the same in every folder.
func (CompletionCmd) standsAlone() {}

// Run prints the script. The shell asks the program each time, so the script knows no verb.
func (c CompletionCmd) Run(a *App) error {
	_, err := fmt.Fprint(a.out, completionScripts[c.Shell])
	return err
}

// completionScripts ask `optinbot complete` what may follow. They take its answer as it is: a shell
// that read it again would run what a file's name says. The last word goes along also where it is
// empty. An answer of wantsFile leaves the word to the shell.
var completionScripts = map[string]string{
	"bash": `_optinbot() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = "` + wantsFile + `" ]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("$line")
    fi
  done < <("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _optinbot optinbot
`,
	"zsh": `#compdef optinbot
_optinbot() {
  local line
  local -a found
  while IFS= read -r line; do
    if [ "$line" = "` + wantsFile + `" ]; then
      _files
      return
    fi
    found+=("$line")
  done < <("${words[1]}" complete -- "${(@)words[2,$CURRENT]}" 2>/dev/null)
  compadd -- "${found[@]}"
}
compdef _optinbot optinbot
`,
	"fish": `function __optinbot_complete
  set -l typed (commandline -opc) (commandline -ct)
  set -l found ($typed[1] complete -- $typed[2..-1] 2>/dev/null)
  if test "$found" = "` + wantsFile + `"
    __fish_complete_path (commandline -ct)
  else
    printf '%s\n' $found
  end
end
complete -c optinbot -f -a '(__optinbot_complete)'
`,
}
