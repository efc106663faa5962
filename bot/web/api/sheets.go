package api

import (
	"context"
	"strings"

	"optinbot/bot/desk"
)

// A Person is a name and tags for somebody who has written. There is nothing about consent in it:
// people give that themselves.
type Person struct {
	Phone string   `json:"phone" maxLength:"60" doc:"As people write it. Without a country code it is of the number's country."`
	Name  string   `json:"name,omitempty" maxLength:"200"`
	Tags  []string `json:"tags,omitempty" nullable:"false" maxItems:"50"`
}

// whole is told how far a sheet is. A request is told at the end.
func whole(int, int) {}

// sheets take many people at once.
func (a *API) sheets() {
	does(a, operation{tag: "contacts", method: "POST", path: "/numbers/{number}/contacts/import", id: "import-contacts",
		summary: "Take names and tags of people who have written to the number. It makes nobody a contact, and nobody " +
			"subscribed. A line of the report is a place in the list, from 1."},
		func(ctx context.Context, in *struct {
			AboutNumber
			Body struct {
				People []Person `json:"people" nullable:"false" maxItems:"10000"`
				Undo   bool     `json:"undo,omitempty" doc:"Take the tags away, and the names that an import gave."`
			}
		}) (*desk.SheetReport, error) {
			rows := []desk.SheetRow{{Fields: []string{"phone", "name", "tags"}}}
			for i, p := range in.Body.People {
				rows = append(rows, desk.SheetRow{Line: i + 1, Fields: []string{p.Phone, p.Name, strings.Join(p.Tags, ";")}})
			}
			s := desk.Sheet{Name: "the list", Rows: rows}
			return a.Desk.ImportContacts(context.WithoutCancel(ctx), in.Number, s, in.Body.Undo, whole)
		})
	does(a, operation{tag: "contacts", method: "POST", path: "/numbers/{number}/optouts/import", id: "import-optouts",
		summary: "Record the stops of people who have left elsewhere, for every number of the brand. A line of the " +
			"report is a place in the list, from 1."},
		func(ctx context.Context, in *struct {
			AboutNumber
			Body struct {
				Reasoned
				Phones []string `json:"phones" nullable:"false" maxItems:"10000" doc:"As people write them. Without a country code they are of the number's country."`
			}
		}) (*desk.OptOutReport, error) {
			rows := []desk.SheetRow{{Fields: []string{"phone"}}}
			for i, phone := range in.Body.Phones {
				rows = append(rows, desk.SheetRow{Line: i + 1, Fields: []string{phone}})
			}
			s := desk.Sheet{Name: "the list", Rows: rows}
			return a.Desk.OptOutSheet(context.WithoutCancel(ctx), in.Number, s, "phone", in.Body.Reason, whole)
		})
}
