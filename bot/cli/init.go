package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"optinbot/bot/desk"
)

// InitCmd is `init`.
type InitCmd struct {
	Dir       string   `arg:"" help:"The folder to make; it must be empty or not exist."`
	Name      string   `help:"Name of the shop, as customers know it." placeholder:"NAME"`
	Country   string   `help:"Country of the shop: its name, or two letters such as BR." placeholder:"COUNTRY"`
	Zone      string   `help:"Time zone, in a country that has several (default: where most people live)." placeholder:"ZONE"`
	Languages []string `help:"Languages of the customers, the main one first, such as pt,en." placeholder:"LANGUAGE"`
	Kind      string   `help:"Kind of business: clothes, food, beauty, gym or minimal." placeholder:"KIND"`
}

func (InitCmd) Example() string {
	return `optinbot init my-shop
optinbot init my-shop --name "Corner Shop" --country BR --languages pt,en --kind food`
}

// standsAlone: the config.yaml of the current folder is another shop's.
func (InitCmd) standsAlone() {}

// Run makes a working folder. It never overwrites anything. On a terminal it asks for what no flag
// says. Without a terminal and without a flag the folder has the defaults.
func (c InitCmd) Run(a *App) error {
	if err := desk.NewShopFolder(c.Dir); err != nil { // before anything is asked
		return err
	}
	asks := terminal(a.in) && terminal(a.out)
	if !asks && c.Name == "" && c.Country == "" && c.Zone == "" && len(c.Languages) == 0 && c.Kind == "" {
		made, err := desk.MakeShop(c.Dir, a.defaults, nil)
		if err == nil {
			printUsualShop(a.out, c.Dir, made)
		}
		return err
	}
	answers, err := c.answers(a, asks)
	if err != nil {
		return err
	}
	made, err := desk.MakeShop(c.Dir, a.defaults, answers)
	if err != nil {
		return err
	}
	printShop(a.out, c.Dir, made, calledAs(os.Args[0], c.Dir))
	return nil
}

// printUsualShop says what was made for somebody who answers nothing.
func printUsualShop(w io.Writer, dir string, made desk.ShopMade) {
	cd := ""
	if filepath.Clean(dir) != "." {
		cd = "cd " + dir + "\n      "
	}
	fmt.Fprintf(w, `%s is ready:
  config.yaml                          numbers, hours, limits
  flows/promotions.yaml                what the bot says: start with brand and the texts
  %-36s an example broadcast

Next: %soptinbot flow check          after every edit
      optinbot chat                try it
      optinbot link                link your number
      optinbot run
`, shownFolder(dir), made.Draft, cd)
}

// printShop says what was made and what comes next. program is how it is called from the folder.
func printShop(w io.Writer, dir string, made desk.ShopMade, program string) {
	fmt.Fprintf(w, "\n%s is ready:\n", shownFolder(dir))
	for _, l := range [][2]string{
		{"config.yaml", "the settings; time zone " + made.Zone},
		{"flows/promotions.yaml", "what the bot says"}, {made.Draft, "an example broadcast"},
	} {
		fmt.Fprintf(w, "  %-36s %s\n", l[0], l[1])
	}
	if made.Elsewhere != "" {
		fmt.Fprintf(w, "Most people in %s live in %s. Elsewhere? Change `zone` in config.yaml.\n", made.Elsewhere, made.Zone)
	}
	fmt.Fprintf(w, `
Next: play the sample's conversations, then talk to it as a customer would.
%[1]s  %[2]s flow test
  %[2]s chat
When it says what you want, link your number and let it answer.
  %[2]s link
  %[2]s run

A newly linked number only answers for 7 days. Then it sends 20 promotions a
day, and more each day. Have you used the number for months already? Before you
link it, set `+"`established: true`"+` in config.yaml: it then starts at 200 a day.
`, goTo(dir), program)
}

// goTo is the line that leads into the folder. "" where that is the current one.
func goTo(dir string) string {
	if filepath.Clean(dir) == "." {
		return ""
	}
	return "  cd " + shellWord(dir) + "\n"
}

// shownFolder is the folder as a sentence names it.
func shownFolder(dir string) string {
	if filepath.Clean(dir) == "." {
		return "This folder"
	}
	return dir
}

// shellWord is a word as a shell takes it.
func shellWord(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`'"\$&|;<>()*?!#~`+"`", r) }) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// calledAs is how the program that was called so is called from the folder dir: a path stays a path
// to it.
func calledAs(arg, dir string) string {
	const name = "optinbot"
	if !strings.Contains(arg, string(filepath.Separator)) || filepath.Base(arg) != name || filepath.IsAbs(arg) {
		return name
	}
	program, err := filepath.Abs(arg)
	if err != nil {
		return name
	}
	from, err := filepath.Abs(dir)
	if err != nil {
		return name
	}
	rel, err := filepath.Rel(from, program)
	if err != nil {
		return name
	}
	return rel
}
