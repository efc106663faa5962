package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"optinbot/bot/desk"
	"optinbot/flows"
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
	entries, err := os.ReadDir(c.Dir)
	if err == nil && len(entries) > 0 {
		return desk.Refuse("%s is not empty", c.Dir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	asks := terminal(a.in) && terminal(a.out)
	if !asks && c.Name == "" && c.Country == "" && c.Zone == "" && len(c.Languages) == 0 && c.Kind == "" {
		return c.usual(a)
	}
	shop := newShop{kind: flows.Kinds()[0].Name, languages: flows.SampleLanguages(), zone: "UTC"}
	if err := shop.answer(a, c, asks); err != nil {
		return err
	}
	files, err := shop.files(a.defaults)
	if err != nil {
		return err
	}
	if err := c.write(files); err != nil {
		return err
	}
	fmt.Fprint(a.out, shop.ready(c.Dir, files, calledAs(os.Args[0], c.Dir)))
	return nil
}

// usual makes the folder of somebody who answers nothing.
func (c InitCmd) usual(a *App) error {
	files := map[string][]byte{"config.yaml": a.defaults}
	err := fs.WalkDir(flows.Defaults, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files["flows/"+name], err = flows.Defaults.ReadFile(name)
		return err
	})
	if err != nil {
		return err
	}
	if err := c.write(files); err != nil {
		return err
	}
	cd := ""
	if filepath.Clean(c.Dir) != "." {
		cd = "cd " + c.Dir + "\n      "
	}
	fmt.Fprintf(a.out, `%s is ready:
  config.yaml                          numbers, hours, limits
  flows/promotions.yaml                what the bot says: start with brand and the texts
  flows/broadcasts/weekend-offer.yaml  an example broadcast

Next: %soptinbot flow check          after every edit
      optinbot chat                try it
      optinbot link                link your number
      optinbot run
`, shownFolder(c.Dir), cd)
	return nil
}

// write makes the folder with its files. Where that fails, nothing of it stays.
func (c InitCmd) write(files map[string][]byte) (err error) {
	var made []string // outermost first
	defer func() {
		for _, name := range slices.Backward(made) {
			if err != nil {
				_ = os.Remove(name)
			}
		}
	}()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(c.Dir, filepath.FromSlash(name))
		folders, err := makeFolders(filepath.Dir(file))
		made = append(made, folders...)
		if err != nil {
			return err
		}
		made = append(made, file)
		if err := os.WriteFile(file, files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// makeFolders makes a folder and those above it, and names the ones that were not there, outermost
// first.
func makeFolders(dir string) (made []string, err error) {
	if _, err := os.Stat(dir); err == nil {
		return nil, nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if made, err = makeFolders(parent); err != nil {
			return made, err
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return made, err
	}
	return append(made, dir), nil
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
