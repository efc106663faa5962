package cli

import (
	"cmp"
	"context"
	"fmt"

	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// BackupCmd is `backup`.
type BackupCmd struct {
	AsJSON
	File      string   `arg:"" optional:"" help:"Where to write it (default: optinbot-DATE.tar.gz here)." type:"path"`
	Recipient []string `help:"Encrypt it to an age recipient; several may be given (default: backup.recipients of config.yaml)." sep:"none" placeholder:"age1..."`
	Keygen    string   `help:"Make a key for encrypted backups in this new file, and no backup." type:"path" placeholder:"FILE"`
}

func (BackupCmd) Example() string {
	return `optinbot backup
optinbot backup /media/stick/optinbot-monday.tar.gz
optinbot backup --keygen optinbot.key
optinbot backup --recipient age1...`
}

// Run makes a backup, also while `run` runs. It never overwrites one.
func (c BackupCmd) Run(ctx context.Context, a *App) error {
	if c.Keygen != "" {
		return c.makeKey(a)
	}
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	made, err := d.BackUp(ctx, desk.BackupOrder{File: c.File, Recipients: c.Recipient})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, made)
	}
	printBackup(a.page(), made, a.config.Numbers)
	return nil
}

// printBackup says what is in a backup, and where to keep it.
func printBackup(w *page, made desk.BackupMade, numbers []config.Number) {
	w.say("%s written.", desk.ShownPath(made.File))
	for _, n := range numbers {
		w.below("  ", "%s: %s, head of the ledger %s", n.Name,
			text.Plural(made.Numbers[n.Name], "contact", "contacts"), cmp.Or(made.Heads[n.Name], "none yet"))
	}
	holds := "It holds names, messages and the key of the hashes: keep it where only you can read it."
	if made.Recipients > 0 {
		holds = fmt.Sprintf("It is encrypted: who has a key of its %s can read it, and nobody else. "+
			"Keep the key away from here; without it the backup is worthless.",
			text.Plural(made.Recipients, "recipient", "recipients"))
	}
	w.say("%s The WhatsApp session is not in it: after a restore you link again. Copy %s somewhere else often, every "+
		"hour if you can: it is small, and with it a restored backup knows who has stopped since.", holds, desk.ShownPath(made.OptoutsLog))
}

// makeKey makes a key for encrypted backups and shows its recipient.
func (c BackupCmd) makeKey(a *App) error {
	key, err := desk.MakeBackupKey(c.Keygen, a.now())
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, key)
	}
	fmt.Fprintf(a.out, `%s has the key that opens the backups. Its recipient, which encrypts them, is
%s
Put that into config.yaml, and every backup from then on is encrypted:

backup:
  recipients: [%s]

Keep %s somewhere else than on this machine, twice: only `+"`restore`"+` needs it, and without it no such backup can be opened.
`, desk.ShownPath(key.File), key.Recipient, key.Recipient, desk.ShownPath(key.File))
	return nil
}
