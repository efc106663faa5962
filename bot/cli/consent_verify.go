package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"optinbot/bot/desk"
	"optinbot/store"
)

// ConsentVerifyCmd is `consent verify`.
type ConsentVerifyCmd struct {
	AsJSON
	Number   string   `help:"Only this number (default: all)." placeholder:"NAME"`
	Head     string   `help:"A head noted earlier: finds cuts and rewrites too." placeholder:"HASH" xor:"head"`
	Backup   string   `help:"A backup made earlier, whose heads are taken." type:"existingfile" placeholder:"FILE" xor:"head"`
	Identity []string `help:"The key file of an encrypted backup." type:"existingfile" sep:"none" placeholder:"FILE"`
}

func (ConsentVerifyCmd) Example() string {
	return "optinbot consent verify\noptinbot consent verify --number main --head 5f1c…\n" +
		"optinbot consent verify --backup monday.tar.gz"
}

// Run verifies. The exit code is 1 when a chain does not hold.
func (c ConsentVerifyCmd) Run(ctx context.Context, a *App) error {
	heads, err := desk.BackupHeads(c.Backup, c.Identity)
	if err != nil {
		return err
	}
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	results, err := d.VerifyConsent(ctx, c.Number, c.Head, heads)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(a.out, results)
	} else {
		printVerified(a.page(), results)
	}
	if !desk.Intact(results) {
		return errSilent
	}
	return err
}

// printVerified prints what became of the verification.
func printVerified(w *page, results []store.Verification) {
	for _, v := range results {
		says := fmt.Sprintf("%s: %d entries hold", v.Number, v.Entries)
		if !v.Holds() {
			says = fmt.Sprintf("%s: the chain does NOT hold, of %d entries", v.Number, v.Entries)
		}
		if v.Erased > 0 {
			says += fmt.Sprintf(" (%d of them without their personal part, which was erased)", v.Erased)
		}
		w.say("%s", says)
		w.below("  ", "head: %s", cmp.Or(v.Head, "none yet"))
		for _, p := range v.Problems {
			w.below("  ", "%s", p)
		}
	}
	switch unknown := desk.EditsOnly(results); len(unknown) {
	case 0:
	case len(results):
		w.say("Without --head this finds edits only. Keep the head somewhere else, and give it next time: " +
			"then cuts and rewrites show too.")
	default:
		w.say("The backup has no head of %s: there this finds edits only.", strings.Join(unknown, ", "))
	}
}
