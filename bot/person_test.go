package bot

import (
	"slices"
	"testing"
	"time"

	"optinbot/flows"
)

func shippedEnv(t *testing.T) Env {
	t.Helper()
	src, err := flows.Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	flow, bad := flows.Load("promotions.yaml", src)
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	return Env{Now: tuesday, Machine: NewMachine(flow), NewID: func() string { return "ID" }}
}

func ids(phone, lid string) (out []Identity) {
	if phone != "" {
		out = append(out, Identity{Phone, phone})
	}
	if lid != "" {
		out = append(out, Identity{LID, lid})
	}
	return out
}

// TestC7Resolve has every row of the table above Resolve.
func TestC7Resolve(t *testing.T) {
	t.Parallel()
	contact := func(id int64, phone, lid string) *Contact { return &Contact{ID: id, Identities: ids(phone, lid)} }
	const phone, other = "+5511900000001", "+5511900000002"
	two := func(phone, bsuid string) []Identity { return []Identity{{Phone, phone}, {BSUID, bsuid}} }
	for _, test := range []struct {
		name                 string
		in                   []Identity
		byPhone, byAccount   *Contact
		want, merged, robbed int64
		attach               []Identity
	}{
		{name: "nobody", in: ids(phone, "71"), attach: ids(phone, "71")},
		{name: "phone, no LID came", in: ids(phone, ""), byPhone: contact(1, phone, "71"), want: 1},
		{name: "phone, the same LID", in: ids(phone, "71"), byPhone: contact(1, phone, "71"), byAccount: contact(1, phone, "71"), want: 1},
		{name: "LID alone", in: ids("", "71"), byAccount: contact(1, phone, "71"), want: 1},
		{name: "LID with a new phone", in: ids(other, "71"), byAccount: contact(1, phone, "71"), want: 1, attach: ids(other, "")},
		{name: "first LID of a phone", in: ids(phone, "71"), byPhone: contact(1, phone, ""), want: 1, attach: ids("", "71")},
		{name: "phone without LID, LID of another", in: ids(phone, "71"), byPhone: contact(1, phone, ""), byAccount: contact(2, "", "71"), want: 1, merged: 2, attach: ids("", "71")},
		{name: "phone with another LID", in: ids(phone, "72"), byPhone: contact(1, phone, "71"), robbed: 1, attach: ids(phone, "72")},
		{name: "phone with another LID, known", in: ids(phone, "72"), byPhone: contact(1, phone, "71"), byAccount: contact(2, other, "72"), want: 2, robbed: 1, attach: ids(phone, "")},
		{name: "first BSUID of a phone that has a LID", in: two(phone, "1/BR.7"), byPhone: contact(1, phone, "71"), want: 1, attach: []Identity{{BSUID, "1/BR.7"}}},
		{name: "phone with another BSUID", in: two(phone, "1/BR.8"), byPhone: &Contact{ID: 1, Identities: two(phone, "1/BR.7")}, robbed: 1, attach: two(phone, "1/BR.8")},
		{name: "BSUID alone", in: []Identity{{BSUID, "1/BR.7"}}, byAccount: &Contact{ID: 1, Identities: two(phone, "1/BR.7")}, want: 1},
	} {
		r := Resolve(test.in, test.byPhone, test.byAccount)
		id := func(c *Contact) int64 {
			if c == nil {
				return 0
			}
			return c.ID
		}
		if id(r.Contact) != test.want || id(r.Merge) != test.merged || id(r.LostPhone) != test.robbed || !slices.Equal(r.Attach, test.attach) {
			t.Errorf("%s: contact %d, merge %d, robbed %d, attach %v", test.name, id(r.Contact), id(r.Merge), id(r.LostPhone), r.Attach)
		}
	}
}

// TestC7MergedConsent has every pair of consents, both ways round.
func TestC7MergedConsent(t *testing.T) {
	t.Parallel()
	early, late := tuesday.Add(-time.Hour), tuesday
	left := func(at time.Time) Contact { return Contact{Consent: Unsubscribed, Choices: Choices{OptedOut: at}} }
	in := func(at time.Time) Contact { return Contact{Consent: Subscribed, Choices: Choices{OptedIn: at}} }
	for _, test := range []struct {
		name string
		a, b Contact
		want Consent
	}{
		{"left, then in", left(early), in(late), Subscribed},
		{"in, then left", in(early), left(late), Unsubscribed},
		{"at the same moment", in(late), left(late), Unsubscribed},
		{"left and pending", left(early), Contact{Consent: Pending}, Unsubscribed},
		{"left and new", left(early), Contact{Consent: New}, Unsubscribed},
		{"left and left", left(early), left(late), Unsubscribed},
		{"in and pending", in(early), Contact{Consent: Pending}, Subscribed},
		{"in and new", in(early), Contact{Consent: New}, Subscribed},
		{"pending and new", Contact{Consent: Pending}, Contact{Consent: New}, Pending},
		{"new and new", Contact{Consent: New}, Contact{Consent: New}, New},
	} {
		for _, pair := range [][2]Contact{{test.a, test.b}, {test.b, test.a}} {
			if got := mergedConsent(pair[0], pair[1]); got != test.want {
				t.Errorf("%s: %s, want %s", test.name, got, test.want)
			}
		}
	}
}

// TestC7Merge: holds and identities of both, preferences of the later writer first, one entry that
// names both, and nothing that waits for somebody who left.
func TestC7Merge(t *testing.T) {
	t.Parallel()
	kept := Contact{ID: 1, Number: "main", Consent: Unsubscribed, Choices: Choices{OptedOut: tuesday}, Identities: ids("+1", ""), Presence: Presence{LastInbound: tuesday.Add(-time.Hour)},
		Dialogue: Dialogue{Preferences: map[string][]string{"interests": {"bags"}, "place": {"shop"}}}, Holds: []Hold{{Reason: NeedsInbound}}, ChatState: ChatState{Goodbye: "G"}}
	other := Contact{ID: 2, Number: "main", Consent: Subscribed, Choices: Choices{OptedIn: tuesday.Add(-time.Hour)}, Identities: ids("", "71"), Presence: Presence{LastInbound: tuesday},
		Dialogue: Dialogue{Preferences: map[string][]string{"interests": {"shoes"}}}, Holds: []Hold{{Reason: AwaitingDisclosure}}, ChatState: ChatState{Disclosure: "D"}, Marketing: Marketing{Sends: []time.Time{tuesday}, UnreadPromotions: 2, UndeliveredSince: []time.Time{tuesday.Add(-time.Minute), tuesday}}}
	kept.UnreadPromotions, kept.UndeliveredSince = 3, []time.Time{tuesday.Add(-time.Hour)}
	m, effects, err := Merge(shippedEnv(t), kept, other)
	if err != nil {
		t.Fatal(err)
	}
	if m.ID != 1 || m.Consent != Unsubscribed || !slices.Equal(m.Identities, append(ids("+1", ""), ids("", "71")...)) {
		t.Errorf("merged into %+v", m)
	}
	if !m.Has(NeedsInbound) || !m.Has(AwaitingDisclosure) || m.Disclosure != "D" || m.Goodbye != "G" || len(m.Sends) != 1 {
		t.Errorf("something of one side was lost: %+v", m)
	}
	if m.UnreadPromotions != 5 || !slices.Equal(m.UndeliveredSince, []time.Time{tuesday.Add(-time.Hour), tuesday.Add(-time.Minute)}) {
		t.Errorf("what they let lie: %d, %v", m.UnreadPromotions, m.UndeliveredSince)
	}
	if m.Preferences["interests"][0] != "shoes" || m.Preferences["place"][0] != "shop" {
		t.Errorf("preferences %v", m.Preferences)
	}
	entry := effects[0].(Record).Entry
	if !slices.Equal(entry.Personal.Identities, kept.Identities) || !slices.Equal(entry.Personal.MergedWith, other.Identities) || entry.Public.To != Unsubscribed {
		t.Errorf("the entry says %+v", entry)
	}
	if _, ok := effects[1].(CancelUnsent); !ok {
		t.Errorf("what waits was not taken back: %v", effects)
	}
	if _, ok := kept.Preferences["shoes"]; ok || len(kept.Holds) != 1 || len(other.Holds) != 1 {
		t.Error("a side was changed")
	}
}

// TestC8Spellings: WhatsApp's older and newer spellings of Brazilian, Mexican and Argentinian
// phones name one phone.
func TestC8Spellings(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"+5511990000001", "+551190000001"}, {"+5585988887777", "+558588887777"},
		{"+5215512345678", "+525512345678"}, {"+5491123456789", "+541123456789"},
	} {
		for i, phone := range pair {
			if got := Spellings(phone); !slices.Equal(got, []string{phone, pair[1-i]}) {
				t.Errorf("%s: %v", phone, got)
			}
		}
	}
	for _, phone := range []string{"+351912345678", "+4915100000001", "+12125550101", "+447700900001", "+5511"} {
		if got := Spellings(phone); !slices.Equal(got, []string{phone}) {
			t.Errorf("%s: %v", phone, got)
		}
	}
}

// TestB3Variants: given out evenly, and the same one to the same person each time.
func TestB3Variants(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 7; n++ {
		count := make([]int, n)
		for contact := int64(1); contact <= 7*60; contact++ {
			i := variantFor("weekend", contact, n)
			if i != variantFor("weekend", contact, n) {
				t.Fatal("not repeatable")
			}
			count[i]++
		}
		if slices.Max(count)-slices.Min(count) > 1 {
			t.Errorf("%d variants: %v", n, count)
		}
	}
	first := map[int]bool{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		first[variantFor(name, 1, 2)] = true
	}
	if len(first) != 2 {
		t.Error("the same people come first in every broadcast")
	}
}

// TestB2TheWayOutIsRenderedLast: in every language of the flow, and not sent where there is none.
func TestB2TheWayOutIsRenderedLast(t *testing.T) {
	t.Parallel()
	env := shippedEnv(t)
	flow := env.Machine.Flow
	src := "broadcast: sale\nat: now\ntext:\n  en: \"Sale, {first_name|friend}!\"\n  pt: \"Oferta!\"\n  es: \"¡Oferta!\"\n"
	b, bad := flows.LoadBroadcast("sale.yaml", []byte(src), flow)
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	for language, want := range map[string]string{
		"en": "Sale, friend!\n\nReply 2 to stop.", "pt": "Oferta!\n\nResponda 2 para sair.", "es": "¡Oferta!\n\nResponde 2 para salir.", "de": "Sale, friend!\n\nReply 2 to stop.",
	} {
		if got := RenderPromotion(flow, b, &Contact{ID: 1, Language: language}); got.Text != want || len(got.Holes) > 0 {
			t.Errorf("%s: %q %v", language, got.Text, got.Holes)
		}
	}
	without := *flow
	without.OptOut.Hint = nil
	if got := RenderPromotion(&without, b, &Contact{ID: 1, Language: "en"}); len(got.Holes) == 0 {
		t.Errorf("a promotion without the way out: %q", got.Text)
	}
}

// TestEveryReasonIsExplained: one table, with an end for every hold.
func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	seen := map[Reason]bool{}
	for _, r := range Reasons() {
		if seen[r.Reason] || r.Says == "" || r.Skip != (r.Ends == "") {
			t.Errorf("%+v", r)
		}
		seen[r.Reason] = true
	}
	if len(seen) != 40 {
		t.Errorf("%d reasons; the product has 27 holds and 13 skips", len(seen))
	}
}
