package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/store"
)

// OptOutReport is the report of optOutList.
type OptOutReport struct {
	SheetReport
	Out      int `json:"unsubscribed"` // contacts who are unsubscribed now
	Stranger int `json:"not_contacts"` // phones that nobody has: should they ever write, they start as unsubscribed
	Already  int `json:"already_out"`

	ToAsk int `json:"-"` // phones of the number about which WhatsApp is still to be asked: see optedOut
}

// Failed reports whether there is a line of which nobody was opted out: somebody may get promotions
// who does not want them.
func (r *OptOutReport) Failed() bool { return len(r.Refused) > 0 }

// OptOutSheet records the opt-outs of a sheet that came from elsewhere, for every number of the
// brand. The column is found where none is named. The reason goes into the ledger, with the line.
// It is refused where no column of phones can be told. A line without a phone is refused in the
// report, and the others are taken. An error after some lines comes with the report of how far it
// is. It may be repeated: who is out already stays so.
func (d *Desk) OptOutSheet(
	ctx context.Context, number string, s Sheet, column, reason string, done rowsDone,
) (report *OptOutReport, err error) {
	ctx, end, err := d.begin(ctx, ActOptOut, number)
	if err != nil {
		return nil, err
	}
	defer func() { end(err) }()
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return nil, err
	}
	country, err := d.country(ctx, n.Name)
	if err != nil {
		return nil, err
	}
	rows, at, err := phonesOf(s.Rows, column, country)
	if err != nil {
		return nil, Refuse("%s: %v", s.Name, err)
	}
	l := &optOutList{Desk: d, number: n.Name, country: country, column: at,
		reason: cmp.Or(reason, "in the list "+s.Name)}
	report, err = l.all(ctx, rows, done)
	toAsk, unknown := d.Store.PhonesToAsk(ctx, n.Name)
	report.ToAsk = toAsk
	return report, errors.Join(err, unknown)
}

// optOutList takes the rows of one sheet.
type optOutList struct {
	*Desk
	number, country, reason string
	column                  int
}

// all takes the rows, many in a transaction.
func (l *optOutList) all(ctx context.Context, rows []SheetRow, done rowsDone) (*OptOutReport, error) {
	report := &OptOutReport{SheetReport: SheetReport{Lines: len(rows), Refused: []RefusedLine{}}}
	for len(rows) > 0 {
		part := rows[:min(ACommit, len(rows))]
		if err := l.part(partOf(ctx, len(part) == len(rows)), part, report); err != nil {
			report.Left = len(rows)
			return report, err
		}
		rows = rows[len(part):]
		done(report.Lines-len(rows), report.Lines)
	}
	return report, nil
}

// part records the opt-outs of some rows in one transaction, and counts them.
func (l *optOutList) part(ctx context.Context, rows []SheetRow, report *OptOutReport) error {
	var stops []store.ListedStop
	refused := []RefusedLine{}
	for _, row := range rows {
		phone, why := phoneIn(row, l.column, l.country)
		if why != "" {
			refused = append(refused, RefusedLine{row.Line, why})
			continue
		}
		ok, err := l.couldWrite(ctx, phone)
		if err != nil {
			return err
		}
		if !ok {
			why = fmt.Sprintf("%q is not a phone: %s", text.Fit(row.Fields[l.column], 40), wrongLength)
			refused = append(refused, RefusedLine{row.Line, why})
			continue
		}
		stops = append(stops, store.ListedStop{Phone: phone, Reason: fmt.Sprintf("%s, line %d", l.reason, row.Line)})
	}
	outcomes, err := l.Store.OptOutList(ctx, l.number, stops, l.Envs)
	if err != nil {
		return err
	}
	report.Refused = append(report.Refused, refused...)
	report.Taken += len(outcomes)
	for _, o := range outcomes {
		switch o {
		case store.ListedLeft:
			report.Out++
		case store.ListedStranger:
			report.Stranger++
		case store.ListedAlready:
			report.Already++
		}
	}
	return nil
}

// phoneIn is the phone of a row, or why there is none. A row that is no CSV may have one
// nevertheless.
func phoneIn(row SheetRow, column int, country string) (phone, why string) {
	if row.Broken != "" {
		defer func() {
			if why != "" {
				why = row.Broken
			}
		}()
	}
	if column >= len(row.Fields) {
		return "", "there is no phone in it"
	}
	phones, err := bot.ReadPhone(row.Fields[column], country)
	typed := text.Fit(row.Fields[column], 40)
	switch {
	case err != nil:
		return "", fmt.Sprintf("%q: %v", typed, err)
	case len(phones) > 1:
		return "", fmt.Sprintf("%q can be %s: write it with its + and country code", typed,
			strings.Join(phones, " or "))
	}
	return phones[0], ""
}

// phoneColumns are what tools call the column of phones, as lettersOf makes them.
var phoneColumns = []string{
	"phone", "phonenumber", "mobile", "mobilephone", "mobilenumber", "cell", "cellphone", "whatsapp", "whatsappnumber", "waid", "msisdn", "tel", "telephone",
	"telefone", "telefono", "teléfono", "celular", "móvil", "movil", "fone", "telefon", "telefonnummer", "handy", "handynummer", "téléphone", "portable",
	"cellulare", "telefono cellulare", "number", "numero", "número", "nummer", "recipient", "to", "contact", "jid",
}

func lettersOf(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// phonesOf finds the column with the phones, by the name that somebody gave it or by what stands in
// it, and leaves the row with the names of the columns out.
func phonesOf(rows []SheetRow, named, country string) (data []SheetRow, column int, err error) {
	if len(rows) == 0 {
		return nil, 0, errors.New("it is empty: there is no phone in it")
	}
	head := rows[0].Fields
	isPhone := phonesOfCountry(country)
	if named != "" {
		column = slices.IndexFunc(head, func(name string) bool {
			return strings.EqualFold(strings.TrimSpace(name),
				named)
		})
		if column < 0 {
			return nil, 0, fmt.Errorf("there is no column %q; its first line has: %s", named, strings.Join(head, ", "))
		}
		return rows[1:], column, nil
	}
	if !slices.ContainsFunc(head, func(field string) bool { return strings.ContainsAny(field, "0123456789") }) &&
		rows[0].Broken == "" {
		said, other := phonesUnderNames(head, rows[1:], isPhone)
		switch {
		case len(said)+len(other) > 1:
			return nil, 0, errSeveralColumns
		case len(said) == 1:
			return rows[1:], said[0], nil
		}
		rows = rows[1:]
		column, err = columnOfPhones(rows, isPhone)
		if known := slices.IndexFunc(head, namesPhones); known >= 0 && err != nil &&
			!errors.Is(err, errSeveralColumns) {
			return rows, known, nil // no line has a phone: each is refused with what is wrong with it
		}
		return rows, column, err
	}
	column, err = columnOfPhones(rows, isPhone)
	return rows, column, err
}

// namesPhones reports whether the name of a column says that phones are in it.
func namesPhones(name string) bool { return slices.Contains(phoneColumns, lettersOf(name)) }

// errSeveralColumns: a stop must not be lost because it stands in the other column.
var errSeveralColumns = errors.New("phones, or what looks like them, stand in several columns; --column NAME says " +
	"which are meant")

// phonesUnderNames are the columns with phones: those whose name says so, and others that hold
// phones written as nothing else is.
func phonesUnderNames(head []string, rows []SheetRow, isPhone func(string) bool) (named, other []int) {
	for i, name := range head {
		known := namesPhones(name)
		for _, row := range rows {
			if i >= len(row.Fields) || !isPhone(row.Fields[i]) || !known && !writtenAsPhone(row.Fields[i]) {
				continue
			}
			if known {
				named = append(named, i)
			} else {
				other = append(other, i)
			}
			break
		}
	}
	return named, other
}

// writtenAsPhone tells a phone from an order number or a date, which may be readable as phones too.
func writtenAsPhone(field string) bool {
	field = strings.TrimSpace(field)
	return strings.HasPrefix(field, "+") || strings.HasPrefix(field, "00") || strings.HasPrefix(field, "(")
}

// columnOfPhones is the one column in which phones stand.
func columnOfPhones(rows []SheetRow, isPhone func(string) bool) (int, error) {
	const looked = 200 // rows
	count := map[int]int{}
	most := 1
	for _, row := range rows[:min(looked, len(rows))] {
		most = max(most, len(row.Fields))
		for i, field := range row.Fields {
			if isPhone(field) {
				count[i]++
			}
		}
	}
	switch {
	case most == 1:
		return 0, nil
	case len(count) == 0:
		return 0, errors.New("there is no phone in its first lines; --column NAME says in which column they stand")
	case len(count) > 1:
		return 0, errSeveralColumns
	}
	for i := range count {
		most = i
	}
	return most, nil
}
