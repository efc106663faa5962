package store

import "fmt"

// A personal table has people in it.
type personal struct {
	table  string
	erased erasedRows // what becomes of the rows of somebody who is erased
	export string     // the field of `contacts export` that shows them. "": what others show too, or nothing that is theirs
	age    string     // the key of config.yaml that says for how long they are kept. "": as long as the person
	blanks string     // the column of rows that stay in which something of the person may stand. "": there is none
}

// An erasedRows says what an erasure does to rows.
type erasedRows int

const (
	rowsGo      erasedRows = iota // they are deleted
	rowsNegated                   // they stay, with a number that no contact has: the negative of the ID
	rowsZeroed                    // they stay, about nobody
	rowsByPhone                   // they have no contact, and go by the phone: see forgetPhones
	rowsByName                    // they have no contact, and go where they name somebody: see forgetUnread
	rowsHashed                    // they hold a keyed hash only, by which a stop outlives the data
	rowsApart                     // they are about those who work here, and no contact
)

// personalTables is the one list of the tables with a person in them. An erasure walks it, and a
// test holds it against the tables, the merge of two contacts and what is exported. The rows of a
// table go before those of the table that they refer to.
var personalTables = []personal{
	{table: "deliveries", erased: rowsNegated, export: "deliveries"},
	{table: "delivery_holds", erased: rowsNegated, export: "deliveries"},
	{table: "ledger", erased: rowsNegated, export: "consent"},
	{table: "notices", erased: rowsZeroed, export: "notices"},
	{table: "acts", erased: rowsNegated, export: "acts", age: "retention.acts"},
	{table: "answers", erased: rowsGo, age: "retention.answers"},
	{table: "changes", erased: rowsNegated, export: "events", age: "retention.events"},
	{table: "outcomes", erased: rowsNegated, export: "events", age: "retention.events"},
	{table: "endpoint_waits", erased: rowsNegated, export: "events", age: "retention.events"},
	{table: "endpoint_attempts", erased: rowsNegated, export: "events", age: "retention.events", blanks: "answer"},
	{table: "ledger_personal", erased: rowsGo, export: "consent"},
	{table: "inbox", erased: rowsGo, export: "messages", age: "retention.messages"},
	{table: "outbox", erased: rowsGo, export: "messages", age: "retention.messages"},
	{table: "timers", erased: rowsGo},      // what contacts says
	{table: "shop_texts", erased: rowsGo},  // hashes of what the shop wrote
	{table: "preferences", erased: rowsGo}, // what contacts says
	{table: "name_words", erased: rowsGo},  // what contacts says
	{table: "identities", erased: rowsGo, export: "identities"},
	{table: "contacts", erased: rowsGo, export: "remembered", age: "retention.strangers"},
	{table: "phones_to_ask", erased: rowsByPhone},
	{table: "unread_webhooks", erased: rowsByName, age: "retention.messages"},
	{table: "suppressions", erased: rowsHashed},
	{table: "operators", erased: rowsApart},
	{table: "login_links", erased: rowsApart},
	{table: "sessions", erased: rowsApart, age: "retention.sessions"},
	{table: "api_keys", erased: rowsApart},
}

// forgetRows removes what is known of contact $1, and takes their ID from what stays.
var forgetRows = append([]string{`
	UPDATE deliveries
	SET status = 'skipped', reason = 'erased', until = 0
	WHERE contact_id = $1 AND status IN ('planned', 'held')`,
	"UPDATE deliveries SET cost = 0 WHERE contact_id = $1 AND cost > 0", // it tells of the country
}, forgetting(personalTables)...)

// eraseRows are forgetRows for somebody who is erased: with them goes what may tell of them without
// having their ID. An answer that names nobody is not kept, and of an attempt to tell of deliveries
// not what the receiver answered.
var eraseRows = append([]string{`
	UPDATE endpoint_attempts
	SET answer = ''
	WHERE type = 'delivery' AND answer <> '' AND EXISTS (
		SELECT 1
		FROM outcomes o
		WHERE o.number = endpoint_attempts.number AND o.seq = endpoint_attempts.seq AND o.contact_id = $1
	)`,
	// what was carried out without a write of its own is known by its answer
	"UPDATE answers SET acted = CASE WHEN status > 0 THEN 1 ELSE acted END, status = -1, body = '' " +
		"WHERE contact_id = 0 AND $1 > 0",
}, forgetRows...)

// forgetting are the statements by which the rows about contact $1 are forgotten.
func forgetting(tables []personal) (statements []string) {
	for _, p := range tables {
		// the indexes of most tables are of rows that are about somebody
		switch column := p.contactColumn(); p.erased {
		case rowsGo:
			statements = append(statements, fmt.Sprintf("DELETE FROM %[1]s WHERE %[2]s = $1 AND %[2]s <> 0", p.table, column))
		case rowsNegated:
			also := ""
			if p.blanks != "" {
				also = ", " + p.blanks + " = ''"
			}
			statements = append(statements, fmt.Sprintf("UPDATE %[1]s SET %[2]s = -%[2]s%[3]s WHERE %[2]s = $1 AND %[2]s <> 0", p.table, column, also))
		case rowsZeroed:
			statements = append(statements, fmt.Sprintf("UPDATE %[1]s SET %[2]s = 0 WHERE %[2]s = $1 AND %[2]s <> 0", p.table, column))
		}
	}
	return statements
}

// contactColumn is the column that says whom a row is about.
func (p personal) contactColumn() string {
	if p.table == "contacts" {
		return "id"
	}
	return "contact_id"
}
