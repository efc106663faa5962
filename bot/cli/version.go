package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"optinbot/bot/whatsapp"
)

// VersionCmd is `version`.
type VersionCmd struct{ AsJSON }

// Example is shown by --help.
func (VersionCmd) Example() string { return "optinbot version" }

// standsAlone: somebody with a broken configuration asks for the version, too.
func (VersionCmd) standsAlone() {}

// Run shows versions. WhatsApp refuses clients that are too old, so the library's date is what to
// look at first.
func (c VersionCmd) Run(a *App) error {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	library, date := whatsapp.Version()
	if c.JSON {
		return printJSON(a.out, map[string]string{
			"optinbot": version, "whatsmeow": library, "whatsmeow_date": date.Format(time.DateOnly), "go": runtime.Version(),
		})
	}
	fmt.Fprintf(a.out, "optinbot  %s\nwhatsmeow %s, of %s\ngo        %s\n", version, library,
		date.Format(time.DateOnly), runtime.Version())
	return nil
}

func newMessageID() string { return whatsapp.NewMessageID() }
