package app

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"optinbot/bot/whatsapp"
	"optinbot/store"
)

// BackupCmd is `backup`.
type BackupCmd struct {
	AsJSON
	File string `arg:"" optional:"" help:"Where to write it (default: optinbot-DATE.tar.gz here)." type:"path"`
}

// Example is shown by --help.
func (BackupCmd) Example() string {
	return "optinbot backup\noptinbot backup /media/stick/optinbot-monday.tar.gz"
}

// Run makes a backup, also while `run` runs. It never overwrites one.
func (c BackupCmd) Run(a *App) error {
	h, err := a.open()
	if err != nil {
		return err
	}
	defer h.close()
	name := cmp.Or(c.File, "optinbot-"+a.now().Format("2006-01-02-1504")+".tar.gz")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	m, err := h.store.Backup(a.ctx, f, a.now())
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	if err := h.store.BackedUp(a.ctx, a.now()); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, m)
	}
	fmt.Fprintf(a.out, "%s written.\n", shownPath(name))
	for _, n := range a.config.Numbers {
		fmt.Fprintf(a.out, "  %s: %s, head of the ledger %s\n", n.Name, plural(m.Numbers[n.Name], "contact", "contacts"), cmp.Or(m.Heads[n.Name], "none yet"))
	}
	fmt.Fprintf(a.out, `It holds names, messages and the key of the hashes: keep it where only you can read it. The WhatsApp session is not in it: after
a restore you link again. Copy %s somewhere else often, every hour if you can: it is small, and with it a restored backup knows who
has stopped since.
`, shownPath(filepath.Join(a.config.path(a.config.Data), "optouts.log")))
	return nil
}

// RestoreCmd is `restore`.
type RestoreCmd struct {
	AsJSON
	Confirmed
	File    string `arg:"" help:"The backup." type:"existingfile"`
	Optouts string `help:"An optouts.log newer than the backup (default: the one in the data folder)." type:"existingfile" placeholder:"FILE"`
}

// Example is shown by --help.
func (RestoreCmd) Example() string {
	return "optinbot restore optinbot-2026-03-02-0900.tar.gz\noptinbot restore monday.tar.gz --optouts /media/stick/optouts.log"
}

// Run restores into safe mode.
func (c RestoreCmd) Run(a *App) error {
	a.restoring = true
	h, err := a.house()
	if err != nil {
		return err
	}
	folder := a.config.path(a.config.Data)
	if a.runs() {
		return refuse("a running bot has this folder; stop `optinbot run` first")
	}
	for _, n := range a.config.Numbers {
		if whatsapp.InUse(a.config.sessionFile(n.Name), n.Name) {
			return refuse("number %s is served by a running bot; stop `optinbot run` first", n.Name)
		}
	}
	if err := c.confirm(a, fmt.Sprintf("Restore %s into %s?", shownPath(c.File), folder)); err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	release, err := whatsapp.Lock(a.runLock()) // no bot starts meanwhile
	if err != nil {
		return refuse("a running bot has this folder: %v", err)
	}
	defer release()
	r, err := store.Restore(a.ctx, folder, f, c.Optouts, h.envs, a.now())
	if err != nil {
		return fmt.Errorf("nothing was restored: %w", err)
	}
	if c.JSON {
		return printJSON(a.out, r)
	}
	c.print(a, r)
	return nil
}

func (c RestoreCmd) print(a *App, r store.Restored) {
	fmt.Fprintf(a.out, "Restored: the backup of %s, %s old.\n", when(r.Made, time.UTC), r.Gap.Round(time.Minute))
	switch {
	case r.Log:
		fmt.Fprintf(a.out, "  optouts.log is newer: %s left since and %s erased; that is obeyed. It ends at %s: who left later is not known.\n",
			plural(r.OptedOut, "person has", "people have"), plural(r.Erased, "was", "were"), when(r.LogEnds, time.UTC))
	case r.LogEnds.IsZero():
		fmt.Fprintf(a.out, "  There is no newer optouts.log: who stopped since is NOT known. %s\n", heldText(r))
	default:
		fmt.Fprintf(a.out, "  There is no newer optouts.log (it ends at %s, as the backup's does): who stopped since is NOT known.\n  %s\n",
			when(r.LogEnds, time.UTC), heldText(r))
	}
	for _, h := range r.Heads {
		fmt.Fprintf(a.out, "  The ledger of %s holds. Its head is %s: compare it with one that you noted elsewhere.\n", h.Number, cmp.Or(h.Head, "none yet"))
		if h.Noted != "" {
			fmt.Fprintf(a.out, "  The backup was made for the head %s, which may be of a moment later: `optinbot consent verify --head` tells.\n", h.Noted)
		}
	}
	if r.Unknown > 0 {
		fmt.Fprintf(a.out, "  %s of broadcasts that were under way may have gone out since: they are unknown, and are not sent again (`broadcast resolve`).\n", plural(int(r.Unknown), "delivery", "deliveries"))
	}
	if r.Late > 0 {
		fmt.Fprintf(a.out, "  %s came due since and may have gone out: `broadcast release` or `broadcast cancel`.\n", plural(int(r.Late), "broadcast", "broadcasts"))
	}
	fmt.Fprintln(a.out, `
The bot is in safe mode: it sends nothing by itself. Next:
  optinbot link             the WhatsApp session is never in a backup
  optinbot run              it answers people
  optinbot number release   when you have looked: promotions go on`)
}

// heldText says who waits after a restore without a newer log.
func heldText(r store.Restored) string {
	return fmt.Sprintf("Promotions to each of %s wait\n  until they write, or until you release them.", people(r.Held))
}
