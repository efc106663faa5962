package cli

import (
	"context"
	"errors"

	"optinbot/bot/text"
)

// ContactsImportCmd is `contacts import`.
type ContactsImportCmd struct {
	ForNumber
	AsJSON
	File string `arg:"" help:"A CSV file, as spreadsheets save it, whose first line names its columns: phone, and name or tags (several in one field, separated by ; or a comma). - reads it from standard input."`
	Undo bool   `help:"Take the tags of the file away from the people in it, and the names that it gave them."`
}

func (ContactsImportCmd) Example() string {
	return "optinbot contacts import customers.csv\noptinbot contacts import customers.csv --undo\n\n" +
		"  phone,name,tags\n  +5511900000001,Ana Souza,vip;bakery"
}

// Run imports names and tags, as far as it can, and reports how far that is.
func (c ContactsImportCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	s, err := a.readSheet(ctx, d, n.Name, c.File)
	if err != nil {
		return err
	}
	report, err := d.ImportContacts(ctx, n.Name, s, c.Undo, a.tell)
	if report == nil {
		return err
	}
	if c.JSON {
		err = errors.Join(err, printJSON(a.out, report))
	} else {
		done := "taken"
		if c.Undo {
			done = "taken back"
		}
		a.page().say("%s %s, %d refused.", text.Plural(report.Taken, "line", "lines"), done,
			len(report.Refused))
		printRefused(a.out, report, s.Name)
	}
	if err == nil && report.Failed() {
		return errSilent
	}
	return err
}
