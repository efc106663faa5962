package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/alecthomas/kong"

	"optinbot/bot/whatsapp"
)

// VersionCmd is `version`.
type VersionCmd struct{ AsJSON }

func (VersionCmd) Example() string { return "optinbot version" }

// standsAlone: somebody with a broken configuration asks for the version, too.
func (VersionCmd) standsAlone() {}

// Run shows versions. WhatsApp refuses clients that are too old, so the library's date is what to
// look at first.
func (c VersionCmd) Run(a *App) error {
	library, date := whatsapp.Version()
	if c.JSON {
		return printJSON(a.out, map[string]string{
			"optinbot": programVersion(), "whatsmeow": library, "whatsmeow_date": date.Format(time.DateOnly), "go": runtime.Version(),
		})
	}
	fmt.Fprintf(a.out, "optinbot  %s\nwhatsmeow %s, of %s\ngo        %s\n", programVersion(), library,
		date.Format(time.DateOnly), runtime.Version())
	return nil
}

// programVersion is the version of the program, as Go has noted it in the binary.
func programVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "devel"
}

// versionFlag is --version, which every program has.
type versionFlag bool

// BeforeReset shows the version and ends the program, whatever else was typed. App.told says where
// it cannot be written.
func (versionFlag) BeforeReset(k *kong.Kong) error {
	fmt.Fprintln(k.Stdout, "optinbot", programVersion())
	k.Exit(0)
	return nil
}

func newMessageID() string { return whatsapp.NewMessageID() }
