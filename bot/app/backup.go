package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"optinbot/bot/text"
	"optinbot/bot/whatsapp"
	"optinbot/store"
)

// BackupCmd is `backup`.
type BackupCmd struct {
	AsJSON
	File      string   `arg:"" optional:"" help:"Where to write it (default: optinbot-DATE.tar.gz here)." type:"path"`
	Recipient []string `help:"Encrypt it to an age recipient; several may be given (default: backup.recipients of config.yaml)." sep:"none" placeholder:"age1..."`
	Keygen    string   `help:"Make a key for encrypted backups in this new file, and no backup." type:"path" placeholder:"FILE"`
}

// Example is shown by --help.
func (BackupCmd) Example() string {
	return "optinbot backup\noptinbot backup /media/stick/optinbot-monday.tar.gz\noptinbot backup --keygen optinbot.key\noptinbot backup --recipient age1..."
}

// Run makes a backup, also while `run` runs. It never overwrites one.
func (c BackupCmd) Run(ctx context.Context, a *App) error {
	if c.Keygen != "" {
		return c.keygen(a)
	}
	to, err := a.recipients(c.Recipient)
	if err != nil {
		return refuse("%v", err)
	}
	h, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	name := c.File
	if name == "" {
		name = "optinbot-" + a.now().Format("2006-01-02-1504") + ".tar.gz"
		if len(to) > 0 {
			name += sealedEnding
		}
	}
	m, err := h.backUp(ctx, name, to)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, m)
	}
	fmt.Fprintf(a.out, "%s written.\n", shownPath(name))
	for _, n := range a.config.Numbers {
		fmt.Fprintf(a.out, "  %s: %s, head of the ledger %s\n", n.Name, text.Plural(m.Numbers[n.Name], "contact", "contacts"), cmp.Or(m.Heads[n.Name], "none yet"))
	}
	holds := "It holds names, messages and the key of the hashes: keep it where only you can read it."
	if len(to) > 0 {
		holds = fmt.Sprintf("It is encrypted: who has a key of its %s can read it, and nobody else. Keep the key away from here; without it the backup is worthless.",
			text.Plural(len(to), "recipient", "recipients"))
	}
	fmt.Fprintf(a.out, `%s The WhatsApp session is not in it: after
a restore you link again. Copy %s somewhere else often, every hour if you can: it is small, and with it a restored backup knows who
has stopped since.
`, holds, shownPath(filepath.Join(a.config.Path(a.config.Data), "optouts.log")))
	return nil
}

// partEnding is what the name of a backup ends in until all of it is on the disk.
const partEnding = ".part"

// backUp writes a backup, encrypted where there are recipients. Under its name it is whole, or is not there.
func (h *house) backUp(ctx context.Context, name string, to []age.Recipient) (m store.Manifest, err error) {
	if _, err := os.Lstat(name); err == nil {
		return m, fmt.Errorf("%s is there already; nothing was written over it", shownPath(name))
	}
	if err := h.files.sweep(); err != nil {
		h.log.Warn(err.Error())
	}
	// Beside the database, for the copy holds what it holds; among the temporary files where that disk cannot be written.
	dir, done, err := scratch([]string{h.config.Path(h.config.Data), os.TempDir()}, h.store.Size())
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, done()) }()
	for _, cut := range unfinished(filepath.Dir(name)) {
		_ = os.Remove(cut) // whoever cannot remove it is not whose it is
	}
	part := name + partEnding
	release, err := whatsapp.Lock(part)
	if err != nil {
		return m, fmt.Errorf("write %s: %w", shownPath(part), err)
	}
	m, err = h.writeBackup(ctx, part, dir, to)
	if err = errors.Join(err, release()); err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		return m, errors.Join(err, os.Remove(part))
	}
	if err := store.SyncFolder(filepath.Dir(name)); err != nil {
		return m, err
	}
	if err := h.store.BackedUp(ctx, h.now()); err != nil {
		h.log.Warn("the backup is written, and that could not be noted, so `doctor` does not know of it", "error", err)
	}
	return m, nil
}

func (h *house) writeBackup(ctx context.Context, part, dir string, to []age.Recipient) (m store.Manifest, err error) {
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return m, err
	}
	w, err := sealed(f, to)
	if err == nil {
		if m, err = h.store.Backup(ctx, dir, w, h.now()); err == nil {
			err = w.Close()
		}
	}
	if err == nil {
		err = f.Sync()
	}
	return m, errors.Join(err, f.Close())
}

// unfinished are the backups in a folder that a kill has cut short.
func unfinished(folder string) (found []string) {
	parts, err := filepath.Glob(filepath.Join(folder, "optinbot-*"+partEnding))
	if err != nil {
		return nil // the folder has a name that means something else there
	}
	for _, part := range parts {
		if info, err := os.Stat(part); err == nil && info.Size() > 0 && !whatsapp.Locked(part) {
			found = append(found, part)
		}
	}
	return found
}

// RestoreCmd is `restore`.
type RestoreCmd struct {
	AsJSON
	Confirmed
	File     string   `arg:"" help:"The backup." type:"existingfile"`
	Identity []string `help:"The key file of an encrypted backup; several may be given." type:"existingfile" sep:"none" placeholder:"FILE"`
	Optouts  string   `help:"An optouts.log newer than the backup (default: the one in the data folder)." type:"existingfile" placeholder:"FILE"`
}

// Example is shown by --help.
func (RestoreCmd) Example() string {
	return "optinbot restore optinbot-2026-03-02-0900.tar.gz\noptinbot restore monday.tar.gz --optouts /media/stick/optouts.log\noptinbot restore monday.tar.gz.age --identity optinbot.key"
}

// Run restores into safe mode.
func (c RestoreCmd) Run(ctx context.Context, a *App) error {
	a.restoring = true
	h, err := loadHouse(ctx, a.options())
	if err != nil {
		return err
	}
	folder := a.config.Path(a.config.Data)
	if a.files().runs() {
		return refuse("a running bot has this folder; stop `optinbot run` first")
	}
	for _, n := range a.config.Numbers {
		if a.sessions.inUse(n.Name) {
			return refuse("number %s is served by a running bot; stop `optinbot run` first", n.Name)
		}
	}
	backup, err := openBackup(c.File, c.Identity)
	if err != nil {
		return err
	}
	defer backup.Close()
	if err := c.confirm(ctx, a, fmt.Sprintf("Restore %s into %s?", shownPath(c.File), folder)); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	release, err := whatsapp.Lock(a.files().runLock()) // no bot starts meanwhile
	if err != nil {
		return refuse("a running bot has this folder: %v", err)
	}
	defer release()
	r, err := store.Restore(ctx, folder, backup, c.Optouts, h.envs, a.now())
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
	fmt.Fprintf(a.out, "Restored: the backup of %s, %s old.\n", text.When(r.Made, time.UTC), r.Gap.Round(time.Minute))
	switch {
	case r.Log:
		fmt.Fprintf(a.out, "  optouts.log is newer: %s left since and %s erased; that is obeyed. It ends at %s: who left later is not known.\n",
			text.Plural(r.OptedOut, "person has", "people have"), text.Plural(r.Erased, "was", "were"), text.When(r.LogEnds, time.UTC))
	case r.LogEnds.IsZero():
		fmt.Fprintf(a.out, "  There is no newer optouts.log: who stopped since is NOT known. %s\n", heldText(r))
	default:
		fmt.Fprintf(a.out, "  There is no newer optouts.log (it ends at %s, as the backup's does): who stopped since is NOT known.\n  %s\n",
			text.When(r.LogEnds, time.UTC), heldText(r))
	}
	for _, h := range r.Heads {
		fmt.Fprintf(a.out, "  The ledger of %s holds. Its head is %s: compare it with one that you noted elsewhere.\n", h.Number, cmp.Or(h.Head, "none yet"))
		if h.Noted != "" {
			fmt.Fprintf(a.out, "  The backup was made for the head %s, which may be of a moment later: `optinbot consent verify --head` tells.\n", h.Noted)
		}
	}
	if r.Unknown > 0 {
		fmt.Fprintf(a.out, "  %s of broadcasts that were under way may have gone out since: they are unknown, and are not sent again (`broadcast resolve`).\n", text.Plural(int(r.Unknown), "delivery", "deliveries"))
	}
	if r.Late > 0 {
		fmt.Fprintf(a.out, "  %s came due since and may have gone out: `broadcast release` or `broadcast cancel`.\n", text.Plural(int(r.Late), "broadcast", "broadcasts"))
	}
	fmt.Fprintln(a.out, `
The bot is in safe mode: it sends nothing by itself. Next:
  optinbot link             the WhatsApp session is never in a backup
  optinbot run              it answers people
  optinbot number release   when you have looked: promotions go on`)
}

// heldText says who waits after a restore without a newer log.
func heldText(r store.Restored) string {
	return fmt.Sprintf("Promotions to each of %s wait\n  until they write, or until you release them.", text.People(r.Held))
}
