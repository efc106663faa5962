package desk

import (
	"context"

	"optinbot/bot"
	"optinbot/store"
)

// A Sheet is a file as spreadsheets and other tools save it.
type Sheet struct {
	Name string // as messages call it
	Rows []SheetRow
}

// A SheetRow is one row of a file as spreadsheets and other tools save it.
type SheetRow struct {
	Line   int      // where it begins, from 1
	Fields []string // of a broken one what stands between the separators of its first line
	Broken string   // why it is not a row. "" if it is one
}

// A SheetReport is what became of the rows of a file: each is taken, refused, or left.
type SheetReport struct {
	Lines   int           `json:"lines"` // rows with something in them, without the names of the columns
	Taken   int           `json:"taken"`
	Refused []RefusedLine `json:"refused"`
	Left    int           `json:"left,omitempty"` // not come to: it was interrupted, or could not go on
}

// Failed reports whether nothing of a file could be taken.
func (r *SheetReport) Failed() bool { return r.Taken == 0 && len(r.Refused) > 0 }

type RefusedLine struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// partOf is the context for a part of a sheet. The last one is the act: a request that was cut off
// before may be repeated.
func partOf(ctx context.Context, last bool) context.Context {
	if last {
		return ctx
	}
	return store.Unrecorded(ctx)
}

// ACommit is how many rows share a transaction.
const ACommit = 100

// rowsDone is told how many of all rows are done.
type rowsDone func(done, all int)

// phonesOfCountry reports of a field whether it is a phone, of a country where it names none.
func phonesOfCountry(country string) func(field string) bool {
	return func(field string) bool {
		_, err := bot.ReadPhone(field, country)
		return err == nil
	}
}
