package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/store"
)

// RestoreCmd is `restore`.
type RestoreCmd struct {
	AsJSON
	Confirmed
	File     string   `arg:"" help:"The backup." type:"existingfile"`
	Identity []string `help:"The key file of an encrypted backup; several may be given." type:"existingfile" sep:"none" placeholder:"FILE"`
	Optouts  string   `help:"An optouts.log newer than the backup (default: the one in the data folder)." type:"existingfile" placeholder:"FILE"`
}

func (RestoreCmd) Example() string {
	return `optinbot restore optinbot-2026-03-02-0900.tar.gz
optinbot restore monday.tar.gz --optouts /media/stick/optouts.log
optinbot restore monday.tar.gz.age --identity optinbot.key`
}

// Run asks, and restores into safe mode.
func (c RestoreCmd) Run(ctx context.Context, a *App) error {
	r, err := desk.OpenRestore(ctx, a.options(), desk.RestoreOrder{File: c.File, Identities: c.Identity,
		OptoutsLog: c.Optouts})
	if err != nil {
		return err
	}
	defer r.Close()
	if err := a.ask(ctx, c.Confirmed, r.Questions()); err != nil {
		return err
	}
	restored, err := r.Restore(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, restored)
	}
	printRestored(a.out, restored)
	return nil
}

// printRestored says what came of a restore, and what is next.
func printRestored(w io.Writer, r store.Restored) {
	fmt.Fprintf(w, "Restored: the backup of %s, %s old.\n", text.When(r.Made, time.UTC),
		text.Duration(r.Gap.Round(time.Minute)))
	switch {
	case r.Fleet:
		fmt.Fprintf(w, "  It is of a fleet. What optouts.log of this machine knows is obeyed: %s left since and %s erased. "+
			"The logs of other machines are when they start. Who else stopped since is NOT known. %s\n",
			text.Plural(r.OptedOut, "person has", "people have"), text.Plural(r.Erased, "was", "were"), heldText(r))
	case r.Log:
		fmt.Fprintf(w, "  optouts.log is newer: %s left since and %s erased; that is obeyed. "+
			"It ends at %s: who left later is not known.\n",
			text.Plural(r.OptedOut, "person has", "people have"), text.Plural(r.Erased, "was",
				"were"), text.When(r.LogEnds, time.UTC))
	case r.LogEnds.IsZero():
		fmt.Fprintf(w, "  There is no newer optouts.log: who stopped since is NOT known. %s\n", heldText(r))
	default:
		fmt.Fprintf(w, "  There is no newer optouts.log (it ends at %s, as the backup's does): "+
			"who stopped since is NOT known.\n  %s\n",
			text.When(r.LogEnds, time.UTC), heldText(r))
	}
	for _, h := range r.Heads {
		fmt.Fprintf(w, "  The ledger of %s holds. Its head is %s: compare it with one that you noted elsewhere.\n",
			h.Number, cmp.Or(h.Head, "none yet"))
		if h.Noted != "" {
			fmt.Fprintf(w, "  The backup was made for the head %s, which may be of a moment later: "+
				"`optinbot consent verify --head` tells.\n", h.Noted)
		}
	}
	if r.Unknown > 0 {
		fmt.Fprintf(w, "  %s of broadcasts that were under way may have gone out since: they are unknown, "+
			"and are not sent again (`broadcast resolve`).\n", text.Plural(int(r.Unknown), "delivery", "deliveries"))
	}
	if r.Late > 0 {
		fmt.Fprintf(w, "  %s came due since and may have gone out: `broadcast release` or `broadcast cancel`.\n",
			text.Plural(int(r.Late), "broadcast", "broadcasts"))
	}
	fmt.Fprintln(w, `
The bot is in safe mode: it sends nothing by itself. Next:
  optinbot link             the WhatsApp session is never in a backup
  optinbot run              it answers people
  optinbot number release   when you have looked: promotions go on`)
}

// heldText says who waits after a restore without a newer log.
func heldText(r store.Restored) string {
	return fmt.Sprintf("Promotions to each of %s wait\n  until they write, or until you release them.",
		text.People(r.Held))
}
