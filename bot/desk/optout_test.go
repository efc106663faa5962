package desk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// TestOptOut: somebody stops at the till. They are unsubscribed on every number of the brand, no
// goodbye is sent, the ledger says how, and saying it again changes no consent.
func TestOptOut(t *testing.T) {
	t.Parallel()
	s := newShop(t, twoNumbers)
	ctx := t.Context()
	s.writes(ana, phrase)
	s.message("second", bot.Message{Text: phrase, Identities: []bot.Identity{{Kind: bot.Phone, Value: ana}}})
	waits, err := s.Store.Waiting(ctx, "main")
	must(t, err)
	for range 2 {
		v, err := s.OptOut(ctx, "main", "+1 (212) 555-0101", "said so at the till")
		must(t, err)
		if v.Phone != ana || v.Contacts != 1 || v.ToAsk != 0 { // contacts of this number
			t.Errorf("%+v", v)
		}
	}
	for _, number := range []string{"main", "second"} {
		c, err := s.Store.Contact(ctx, number, ana)
		must(t, err)
		if c.Consent != bot.Unsubscribed {
			t.Errorf("on %s they are %s", number, c.Consent)
		}
	}
	if after, err := s.Store.Waiting(ctx, "main"); err != nil || after > waits {
		t.Errorf("%d messages wait, and %d did before: %v", after, waits, err)
	}
	proof, err := s.ShowConsent(ctx, "main", ana)
	must(t, err)
	stops := 0
	for _, e := range proof.Entries {
		if e.Public.To == bot.Unsubscribed && e.Public.From == bot.Subscribed {
			if stops++; e.Personal.Reason != "said so at the till" {
				t.Errorf("the ledger says %q", e.Personal.Reason)
			}
		}
	}
	if stops != 1 {
		t.Errorf("%d stops in the ledger", stops)
	}
}

// TestOptOutOfAStranger: who never wrote starts as unsubscribed, should they ever write.
func TestOptOutOfAStranger(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	v, err := s.OptOut(t.Context(), "main", nobody, "a letter")
	must(t, err)
	if v.Contacts != 0 || v.Phone != nobody {
		t.Errorf("%+v", v)
	}
	if turn := s.writes(nobody, "hello"); turn.Contact.Consent != bot.Unsubscribed {
		t.Errorf("they write, and are %s", turn.Contact.Consent)
	}
}

// TestOptOutAsksAboutPhones: somebody known without their phone may be meant, so WhatsApp is to be
// asked.
func TestOptOutAsksAboutPhones(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.message("main", bot.Message{Text: phrase, Identities: []bot.Identity{{Kind: bot.LID, Value: "71"}}})
	if v, err := s.OptOut(t.Context(), "main", nobody, "a letter"); err != nil || v.ToAsk != 1 {
		t.Errorf("%+v %v", v, err)
	}
	if r, err := s.OptOutSheet(t.Context(), "main", sheet(ben), "", "", ignored); err != nil || r.ToAsk != 2 || r.Stranger != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

// TestOptOutIsRefused: without how it was said, with what is no phone, and where several phones can
// be meant and nobody can be asked.
func TestOptOutIsRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t, "country: BR\n"+oneNumber)
	s.writes(ana, phrase)
	s.Choose = nil
	for _, row := range []struct{ phone, reason, says string }{
		{ana, "", "say how they said it: it goes into the ledger"},
		{ana, " \n", "say how they said it: it goes into the ledger"},
		{"abc", "a letter", `"abc" is not a phone with its country code`},
		{"5.5119E+12", "a letter", `"5.5119E+12": `},
		{"", "a letter", `"" is not a phone`},
		{"47 9999-0001", "a letter", " or "},
		{"+1 212 555 01", "a letter", `"+1 212 555 01" is not a phone: it has too few digits`},
		{"+1 212 555 0101 999", "a letter", "or too many"},
	} {
		s.refused(row.says, func() error {
			_, err := s.OptOut(t.Context(), "main", row.phone, row.reason)
			return err
		})
	}
}

// TestOptOutSheet: a list of another tool. Who is there leaves, who is not is remembered, who is
// out stays out, and a line without a phone is named.
func TestOptOutSheet(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	ctx := t.Context()
	s.writes(ana, phrase)
	s.writes(ben, phrase)
	_, err := s.OptOut(ctx, "main", ben, "by phone")
	must(t, err)
	file := sheet("Name,Phone Number,Date", "Ana,+1 212 555 0101,2026-01-02", "Ben,"+ben+",2026-01-03", "Zoe,"+nobody+",", "Max,12,", "Lea", "Tim,+1 212 555 01,")
	file.Rows = append(file.Rows,
		desk.SheetRow{Line: 8, Fields: []string{`Cy "C`, cy}, Broken: "a quote is not closed"},
		desk.SheetRow{Line: 9, Fields: []string{`"`, "x"}, Broken: "a quote is not closed"})
	for round, want := range []desk.OptOutReport{
		{SheetReport: desk.SheetReport{Lines: 8, Taken: 4}, Out: 1, Stranger: 2, Already: 1},
		{SheetReport: desk.SheetReport{Lines: 8, Taken: 4}, Out: 0, Stranger: 0, Already: 4},
	} {
		r, err := s.OptOutSheet(ctx, "main", file, "", "", ignored)
		must(t, err)
		refused := refusals(r.SheetReport)
		r.Refused = nil
		if fmt.Sprintf("%+v", *r) != fmt.Sprintf("%+v", want) {
			t.Errorf("round %d: %+v, want %+v", round+1, *r, want)
		}
		wantRefused := []string{`5 "12": ` + bot.ErrNoPhone.Error(), "6 there is no phone in it",
			`7 "+1 212 555 01" is not a phone: it has too few digits for its country, or too many`, "9 a quote is not closed"}
		if !slices.Equal(refused, wantRefused) {
			t.Errorf("refused %q, want %q", refused, wantRefused)
		}
	}
	proof, err := s.ShowConsent(ctx, "main", ana)
	must(t, err)
	if last := proof.Entries[len(proof.Entries)-1]; last.Personal.Reason != "in the list list.csv, line 2" {
		t.Errorf("the ledger says %q", last.Personal.Reason)
	}
	if turn := s.writes(cy, "hello"); turn.Contact.Consent != bot.Unsubscribed {
		t.Errorf("Cy writes, and is %s", turn.Contact.Consent)
	}
}

// TestOptOutSheetReason: the reason that the operator gives goes into the ledger, with the line.
func TestOptOutSheetReason(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	_, err := s.OptOutSheet(t.Context(), "", sheet("x", ana), "x", "the old tool", ignored)
	must(t, err)
	proof, err := s.ShowConsent(t.Context(), "main", ana)
	must(t, err)
	if last := proof.Entries[len(proof.Entries)-1]; last.Personal.Reason != "the old tool, line 2" {
		t.Errorf("the ledger says %q", last.Personal.Reason)
	}
}

// TestOptOutSheetFindsTheColumn: by the name that is given, by a name that tools use, by what
// stands in it. Where two may be meant, a stop would be lost in the other one.
func TestOptOutSheetFindsTheColumn(t *testing.T) {
	t.Parallel()
	const several = "stand in several columns; --column NAME says which are meant"
	for name, c := range map[string]struct {
		column string
		lines  []string
		says   string // why it is refused; "" where Ana leaves by it
		lines0 int    // how many lines it has
	}{
		"nothing":              {"", nil, "it is empty: there is no phone in it", 0},
		"phones alone":         {"", []string{ana, ben}, "", 2},
		"a name and phones":    {"", []string{"whoever", ana}, "", 1},
		"named":                {" Handy ", nil, "it is empty", 0},
		"by its name":          {"handy nr", []string{"id,Handy Nr", ben + "," + ana}, "", 1},
		"no such name":         {"fone", []string{"id,phone", "1," + ana}, `there is no column "fone"; its first line has: id, phone`, 0},
		"a tool's name":        {"", []string{"order,Telefone,date", "12125550198," + ana + ",2026-01-01"}, "", 1},
		"by what is in it":     {"", []string{"id,x", "7," + ana}, "", 1},
		"without a head":       {"", []string{"7," + ana}, "", 1},
		"two of them":          {"", []string{"7," + ana + "," + ben}, several, 0},
		"two names":            {"", []string{"phone,mobile", ana + "," + ben}, several, 0},
		"a name and another":   {"", []string{"phone,x", ana + "," + ben}, several, 0},
		"written as a phone":   {"", []string{"x,y", ana + "," + ben}, several, 0},
		"none in it":           {"", []string{"x,y", "7,8"}, "there is no phone in its first lines; --column NAME says", 0},
		"a known name, no one": {"", []string{"phone,y", "7,8", "9,+12125550101"}, "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, oneNumber)
			s.writes(ana, phrase)
			file := sheet(c.lines...)
			if c.says != "" {
				s.refused(c.says, func() error {
					_, err := s.OptOutSheet(t.Context(), "main", file, c.column, "", ignored)
					return err
				})
				return
			}
			r, err := s.OptOutSheet(t.Context(), "main", file, c.column, "", ignored)
			must(t, err)
			if r.Lines != c.lines0 || s.contact(ana).Consent != bot.Unsubscribed {
				t.Errorf("%+v; Ana is %s", r, s.contact(ana).Consent)
			}
		})
	}
}

// TestOptOutSheetOfACountry: a phone without a country code is one where the country is known, and
// what can be two phones is not taken for one of them.
func TestOptOutSheetOfACountry(t *testing.T) {
	t.Parallel()
	s := newShop(t, "country: US\n"+oneNumber)
	s.writes(ana, phrase)
	// A phone of the country begins a row, in the middle of a quote that is not closed.
	for _, c := range [][2]string{{"(212) 555-0101", "3"}, {"x", "2"}} {
		read, err := s.ReadSheet(t.Context(), "main", "list.csv", strings.NewReader("phone,name\n1,\"a\n"+c[0]+",b\"\n"))
		if must(t, err); read.Name != "list.csv" || fmt.Sprint(len(read.Rows)) != c[1] {
			t.Errorf("%q: %+v", c[0], read)
		}
	}
	r, err := s.OptOutSheet(t.Context(), "main", sheet("phone", "(212) 555-0101"), "", "", ignored)
	must(t, err)
	if r.Out != 1 || s.contact(ana).Consent != bot.Unsubscribed {
		t.Errorf("%+v", r)
	}
	other := newShop(t, "country: BR\n"+oneNumber)
	r, err = other.OptOutSheet(t.Context(), "main", sheet("phone", "47 9999-0001"), "", "", ignored)
	must(t, err)
	if got := refusals(r.SheetReport); r.Taken != 0 || len(got) != 1 || !strings.Contains(got[0], ": write it with its + and country code") {
		t.Errorf("%+v", r)
	}
}

// TestC8AnInterruptedListIsAccountedFor: wherever it is interrupted, each of its lines is taken, refused or left,
// what is counted as taken is stored, and the same list again does the rest.
func TestC8AnInterruptedListIsAccountedFor(t *testing.T) {
	t.Parallel()
	const rows, bad = 450, 7
	var lines []string
	for i := range rows {
		line := fmt.Sprintf("+1212555%04d", i)
		if i%70 == 3 {
			line = fmt.Sprint("12", i)
		}
		lines = append(lines, line)
	}
	s := newShop(t, oneNumber)
	taken := func(parts int) (*desk.OptOutReport, error) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r, err := s.OptOutSheet(ctx, "main", sheet(lines...), "", "", func(done, all int) {
			if parts--; parts == 0 {
				cancel()
			}
			if all != rows || done%desk.ACommit != 0 && done != rows {
				t.Errorf("%d of %d are done", done, all)
			}
		})
		if r.Lines != rows || r.Taken+len(r.Refused)+r.Left != rows {
			t.Errorf("%d lines, %d taken, %d refused, %d left", r.Lines, r.Taken, len(r.Refused), r.Left)
		}
		return r, err
	}
	before := 0
	for _, parts := range []int{1, 3} {
		r, err := taken(parts)
		if !errors.Is(err, context.Canceled) || r.Left != rows-parts*desk.ACommit || r.Already != before {
			t.Errorf("interrupted: %+v, %v; %d were out already", r, err, before)
		}
		before = r.Taken
	}
	r, err := taken(0)
	if err != nil || r.Left != 0 || r.Already != before || len(r.Refused) != bad || r.Taken != rows-bad {
		t.Errorf("at the end: %+v, %v; %d were out already", r, err, before)
	}
}

// TestOptOutOfAContactWithAnOddPhone: whoever wrote from a phone has it, whatever its country's plan says.
func TestOptOutOfAContactWithAnOddPhone(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	const odd = "+12125550"
	s.writes(odd, phrase)
	if v, err := s.OptOut(t.Context(), "main", odd, "a letter"); err != nil || v.Contacts != 1 {
		t.Errorf("%+v %v", v, err)
	}
}
