package desk_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/store"
	"optinbot/store/storetest"
)

// joined is a shop in which Ana came by the poster, joined and left, and Ben joined.
func joined(t *testing.T) *shop {
	t.Helper()
	s := newShop(t, twoNumbers)
	s.linked("main", "+12125550100")
	_, err := s.Invite(t.Context(), "main", "poster", "")
	must(t, err)
	s.writes(ana, "hello")
	s.writes(ana, phrase+" #poster")
	s.writes(ana, "stop")
	s.writes(ben, phrase)
	return s
}

// events are what the ledger says happened.
func events(entries []store.LedgerEntry) (out []string) {
	for _, e := range entries {
		out = append(out, e.Public.Event)
	}
	return out
}

// TestShowConsent: what the ledger has about one person, and about nobody else.
func TestShowConsent(t *testing.T) {
	t.Parallel()
	s := joined(t)
	s.unchanged("looking", func() {
		proof, err := s.ShowConsent(t.Context(), "main", ana)
		must(t, err)
		got := events(proof.Entries)
		for _, want := range []string{bot.EntryGreeted, bot.EntryOptedIn, bot.EntryOptedOut} {
			if !slices.Contains(got, want) {
				t.Errorf("%v without %s", got, want)
			}
		}
		if proof.ShopZone.String() != "UTC" {
			t.Errorf("times of %s", proof.ShopZone)
		}
		other, err := s.ShowConsent(t.Context(), "main", ben)
		must(t, err)
		if got := events(other.Entries); slices.Contains(got, bot.EntryOptedOut) {
			t.Errorf("of Ben: %v", got)
		}
	})
}

// TestExportConsent: the whole ledger, and one person's, name the number, the phone and the head.
// Every entry can be read back.
func TestExportConsent(t *testing.T) {
	t.Parallel()
	s := joined(t)
	whole, err := s.ExportConsent(t.Context(), "")
	must(t, err)
	head, err := s.Store.Head(t.Context(), "main")
	must(t, err)
	if !whole.Whole || whole.Number != "main" || whole.Phone != "+12125550100" || whole.Brand != "Casa Aurora" || whole.Head != head || !whole.Exported.Equal(s.Now()) {
		t.Errorf("%+v", whole)
	}
	one, err := s.ExportConsentOf(t.Context(), "", ana)
	must(t, err)
	if one.Whole || len(one.Entries) == 0 || len(one.Entries) >= len(whole.Entries) {
		t.Errorf("%d entries of %d", len(one.Entries), len(whole.Entries))
	}
	for _, raw := range whole.Entries {
		e, err := raw.Entry()
		if err != nil || e.Erased || e.Hash != raw.Hash || e.Public.Seq != raw.Seq || len(e.Personal.Identities) == 0 {
			t.Errorf("%+v: %+v %v", raw, e, err)
		}
	}
	bad := whole.Entries[0]
	bad.Public = "{"
	if _, err := bad.Entry(); err == nil {
		t.Error("an entry that is no JSON is read")
	}
	other := newShop(t, oneNumber)
	empty, err := other.ExportConsent(t.Context(), "main")
	must(t, err)
	if len(empty.Entries) != 0 || empty.Entries == nil || empty.Head != "" || empty.Phone != "" {
		t.Errorf("%+v", empty)
	}
}

// independentVerifier is what somebody who has an export, docs/ledger.md and no code of ours would
// write. It returns the first entry that does not hold, or 0.
func independentVerifier(export []byte) (broken int, head string) {
	var x struct {
		Whole   bool
		Entries []struct {
			Seq                          int
			Previous, Hash, Public, Salt string
			PersonalHash                 string `json:"personal_hash"`
			Personal                     string
		}
	}
	if json.Unmarshal(export, &x) != nil {
		return -1, ""
	}
	sha := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	for i, e := range x.Entries {
		chained := !x.Whole || e.Seq == i+1 && (i == 0 && e.Previous == "" || i > 0 && e.Previous == x.Entries[i-1].Hash)
		sealed := e.Hash == sha(e.Previous+"\n"+e.Public+"\n"+e.PersonalHash+"\n")
		personal := e.Personal == "" || e.PersonalHash == sha(e.Salt+"\n"+e.Personal)
		if !chained || !sealed || !personal {
			return e.Seq, ""
		}
		head = e.Hash
	}
	return 0, head
}

// TestC6ExportVerifiesWithoutOurCode: what is exported can be checked by anybody, erased people
// included, and every change of a byte shows.
func TestC6ExportVerifiesWithoutOurCode(t *testing.T) {
	t.Parallel()
	s := joined(t)
	export := func() []byte {
		x, err := s.ExportConsent(t.Context(), "main")
		must(t, err)
		text, err := json.MarshalIndent(x, "", "  ")
		must(t, err)
		return text
	}
	whole := export()
	head, err := s.Store.Head(t.Context(), "main")
	must(t, err)
	if broken, last := independentVerifier(whole); broken != 0 || last != head {
		t.Fatalf("entry %d does not hold; head %s, want %s", broken, last, head)
	}
	one, err := s.ExportConsentOf(t.Context(), "main", ben)
	must(t, err)
	text, err := json.Marshal(one)
	must(t, err)
	if broken, _ := independentVerifier(text); broken != 0 {
		t.Errorf("entry %d about one person does not hold", broken)
	}
	for _, edit := range [][2]string{{`\"stop\"`, `\"stay\"`}, {"opted_out", "opted_in_"}, {"source:poster", "source:letter"}, {`"seq": 2`, `"seq": 3`}} {
		edited := bytes.Replace(whole, []byte(edit[0]), []byte(edit[1]), 1)
		if bytes.Equal(edited, whole) {
			t.Fatalf("the export does not have %s", edit[0])
		}
		if broken, _ := independentVerifier(edited); broken == 0 {
			t.Errorf("%s was changed to %s, and it still holds", edit[0], edit[1])
		}
	}
	shown, err := s.PreviewErase(t.Context(), ben)
	must(t, err)
	_, err = s.ErasePerson(t.Context(), ben, shown.Version)
	must(t, err)
	erased := export()
	if broken, _ := independentVerifier(erased); broken != 0 {
		t.Errorf("after an erasure entry %d does not hold", broken)
	}
	if strings.Contains(string(erased), ben[1:]) {
		t.Error("the export names somebody who was erased")
	}
}

// TestVerifyConsent: the chains of all numbers, or of one, by themselves and against a head. What
// was edited or cut is said.
func TestVerifyConsent(t *testing.T) {
	t.Parallel()
	s := joined(t)
	ctx := t.Context()
	head, err := s.Store.Head(ctx, "main")
	must(t, err)
	verify := func(number, head string, heads map[string]string) []store.Verification {
		t.Helper()
		v, err := s.VerifyConsent(ctx, number, head, heads)
		must(t, err)
		return v
	}
	s.unchanged("verifying", func() {
		if all := verify("", "", nil); len(all) != 2 || all[0].Number != "main" || all[0].Entries == 0 || len(all[0].Problems)+len(all[1].Problems) > 0 {
			t.Errorf("%+v", all)
		}
		if one := verify("main", head, nil); len(one) != 1 || !one[0].HeadSeen || len(one[0].Problems) > 0 {
			t.Errorf("%+v", one)
		}
	})
	s.refused("each number has a chain of its own: say with --number which one the head is of", func() error {
		_, err := s.VerifyConsent(ctx, "", head, nil)
		return err
	})
	var shown []string // as the page shows it
	for part := range slices.Chunk([]byte(strings.ToUpper(head)), 4) {
		shown = append(shown, string(part))
	}
	if one := verify("main", strings.Join(shown, " ")+"\n", nil); !one[0].HeadSeen || !one[0].Holds() || one[0].Against != head {
		t.Errorf("a head in groups: %+v", one)
	}
	for _, none := range []string{head[1:], head + "0", "x" + head[1:]} {
		s.refused("a head is 64 digits from 0 to f", func() error { _, err := s.VerifyConsent(ctx, "main", none, nil); return err })
	}
	if one := verify("second", head, nil); len(one[0].Problems) != 1 {
		t.Errorf("the head of another chain: %+v", one)
	}
	if all := verify("", "", map[string]string{"main": strings.Repeat("0", len(head))}); len(all[0].Problems) != 1 || len(all[1].Problems) != 0 {
		t.Errorf("the head of a backup: %+v", all)
	} else if blind := desk.EditsOnly(all); !slices.Equal(blind, []string{"second"}) {
		t.Errorf("verified without a head: %q", blind)
	}
	if blind := desk.EditsOnly(verify("", "", nil)); len(blind) != 2 {
		t.Errorf("verified without a head: %q", blind)
	}
	s.tampers("DELETE FROM ledger WHERE number = 'main' AND seq = 2")
	if one := verify("main", "", nil); len(one[0].Problems) == 0 || !strings.Contains(one[0].Problems[0], "entry 2 is missing") {
		t.Errorf("an entry was taken out: %+v", one)
	}
}

// tampers lets somebody with the database change it.
func (s *shop) tampers(statement string) {
	s.t.Helper()
	must(s.t, storetest.Edit(s.t.Context(), s.Dir, statement))
}
