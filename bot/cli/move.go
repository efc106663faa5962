package cli

import (
	"cmp"
	"context"
	"fmt"

	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/bot/whatsapp"
	"optinbot/store"
)

// MoveCmd is `move`.
type MoveCmd struct {
	AsJSON
	Confirmed
	To string `help:"Where to: postgres://USER@HOST/DATABASE, or the data folder." required:"" placeholder:"URL|FOLDER"`
}

func (MoveCmd) Example() string {
	return `optinbot move --to postgres://optinbot@db.example/optinbot
optinbot move --to data`
}

// Help is what has to be known before.
func (MoveCmd) Help() string {
	return `Everything moves: contacts, ledgers, what waits to be sent, WhatsApp's session. secret.key and optouts.log stay in the
data folder. Rows, ledgers and stops of both places are compared before it is said to be done. Nobody is paused or held.

The password of the database is in a file that OPTINBOT_STORE_PASSWORD_FILE names, in OPTINBOT_STORE_PASSWORD or in
~/.pgpass, and never on the command line. Stop every ` + "`optinbot run`" + ` first. A move that was broken off is given
again. One from a database to the folder can be given up: --to with the address in store.url leaves the shop there.`
}

// Run asks, and moves the shop.
func (c MoveCmd) Run(ctx context.Context, a *App) error {
	m, err := desk.OpenMove(ctx, a.options(), a.sessionTables(), c.To)
	if err != nil {
		return err
	}
	if err := a.ask(ctx, c.Confirmed, m.Questions()); err != nil {
		return err
	}
	made, err := m.Move(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, made)
	}
	printMoved(a.page(), made)
	return nil
}

// sessionTables are those of whatsmeow. A number on the Cloud API has none.
func (a *App) sessionTables() desk.SessionTables {
	return desk.SessionTables{
		Hold: func(number string) (func() error, error) {
			if (sessionFiles{a.config}).onCloud(number) {
				return a.files().TakeCloud(number)
			}
			return whatsapp.Hold(a.config.SessionFile(number), number)
		},
		MakeFile: func(ctx context.Context, number, file string) error {
			return whatsapp.MakeTables(ctx, number, file, nil)
		},
		MakeSchema: func(ctx context.Context, number string, s *store.WhatsAppSession) error {
			return whatsapp.MakeTables(ctx, number, "", &whatsapp.SharedSession{Connector: s.Connector(), Fence: s.Fence})
		},
	}
}

// printMoved says what has moved, and what is next.
func printMoved(w *page, made desk.MoveMade) {
	if made.Stays {
		w.say("The shop stays in %s, and can be served again.", made.Database)
		return
	}
	from, to := desk.ShownPath(made.Folder), made.Database
	if made.InFolder {
		from, to = to, from
	}
	if made.Already {
		w.say("The shop has moved from %s to %s: everything was done already.", from, to)
	} else {
		w.say("The shop has moved from %s to %s: %s, which are the same in both places.", from, to,
			text.Plural(int(made.Rows), "row", "rows"))
	}
	for _, n := range made.Numbers {
		w.below("  ", "%s: %s, %s of the ledger, head %s, %s", n.Number, text.Plural(int(n.Contacts), "contact", "contacts"),
			text.Plural(int(n.Entries), "entry", "entries"), cmp.Or(n.Head, "none yet"),
			text.Plural(int(n.Suppressions), "suppression", "suppressions"))
	}
	if made.Sessions > 0 {
		w.below("  ", "%s: no phone has to be linked again", text.Plural(made.Sessions, "WhatsApp session", "WhatsApp sessions"))
	}
	if made.InFolder {
		w.say("Take store.url out of config.yaml, then `optinbot run`. The database refuses to be served from now on.")
		return
	}
	w.say("Set store.url in config.yaml to where it is, then `optinbot run`. This folder refuses to be served from now on. "+
		"Its files are kept under names that end in .moved, with names and messages in them: delete them when all is well. "+
		"secret.key and optouts.log stay: every other machine needs the same secret.key. %s", fmt.Sprintf("Back: `optinbot move --to %s`.",
		desk.ShownPath(made.Folder)))
}
