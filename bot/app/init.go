package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"optinbot/flows"
)

// InitCmd is `init`.
type InitCmd struct {
	Dir string `arg:"" help:"The folder to make; it must be empty or not exist."`
}

// Example is shown by --help.
func (InitCmd) Example() string { return "optinbot init my-shop" }

// standsAlone: the config.yaml of the current folder is another shop's.
func (InitCmd) standsAlone() {}

// Run makes a working folder. It never overwrites anything.
func (c InitCmd) Run(a *App) error {
	entries, err := os.ReadDir(c.Dir)
	if err == nil && len(entries) > 0 {
		return refuse("%s is not empty", c.Dir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.Dir, "config.yaml"), a.defaults, 0o644); err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(c.Dir, "flows"), flows.Defaults); err != nil {
		return err
	}
	fmt.Fprintf(a.out, `%s is ready:
  config.yaml                          numbers, hours, limits
  flows/promotions.yaml                what the bot says: start with brand and the texts
  flows/broadcasts/weekend-offer.yaml  an example broadcast

Next: cd %s
      optinbot flow check          after every edit
      optinbot chat                try it
      optinbot link                link your number
      optinbot run
`, c.Dir, c.Dir)
	return nil
}
