package desk_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk/desktest"
	"optinbot/store/storetest"
)

// lived is a store in which Ana said yes and no, with a second number, and its database for somebody who tampers with it.
func lived(t *testing.T) (*shop, *sql.DB) {
	t.Helper()
	s := shopOf(t, desktest.Setup{Config: oneNumber})
	for _, line := range []string{"source poster", "Ana +5511900000001 > oi", "+1h", "Ana > quero promoções #poster", "+1h", "Ana [1m ago] > parar"} {
		must(t, s.Do(line))
	}
	db, err := storetest.Beside(s.Dir)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return s, db
}

// TestC6Proof: every change is in the ledger with its evidence, and what was done to the ledger shows.
func TestC6Proof(t *testing.T) {
	t.Parallel()
	t.Run("what an entry holds", func(t *testing.T) { t.Parallel(); testEntries(t) })
	t.Run("without a head edits show", func(t *testing.T) { t.Parallel(); testEdits(t) })
	t.Run("with a head cuts and rewrites show", func(t *testing.T) { t.Parallel(); testCuts(t) })
	t.Run("erasing a person leaves a chain that verifies", func(t *testing.T) { t.Parallel(); testErased(t) })
}

func testEntries(t *testing.T) {
	s, _ := lived(t)
	ana, err := s.FindContact(s.People["Ana"])
	must(t, err)
	list, err := s.Store.Ledger(s.Ctx, "main", ana.ID)
	must(t, err)
	start := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	flow := s.Machine("main").Version()
	want := []struct {
		event, rule, actor, words, shown string
		from, to                         bot.Consent
		recorded, server                 time.Time
	}{
		{"greeted", "greeting", "contact", "oi", "none", bot.New, bot.Pending, start.Add(time.Second), start.Add(time.Second)},
		{"opted_in", "opt_in.phrase", "contact", "quero promoções #poster", "source:poster", bot.Pending, bot.Subscribed, start.Add(time.Hour + 2*time.Second), start.Add(time.Hour + 2*time.Second)},
		{"disclosed", "server_ack", "bot", "", "none", bot.Subscribed, bot.Subscribed, start.Add(time.Hour + 2*time.Second), start.Add(time.Hour + 2*time.Second)},
		{"opted_out", "tier1.word", "contact", "parar", "none", bot.Subscribed, bot.Unsubscribed, start.Add(2*time.Hour + 3*time.Second), start.Add(2*time.Hour + 3*time.Second - time.Minute)},
	}
	if len(list) != len(want) {
		t.Fatalf("%d entries, want %d: %+v", len(list), len(want), list)
	}
	for i, w := range want {
		p, q := list[i].Public, list[i].Personal
		if p.Event != w.event || p.Rule != w.rule || p.Actor != w.actor || p.From != w.from || p.To != w.to || q.Words != w.words || p.Shown != w.shown {
			t.Errorf("entry %d: %+v %+v", i+1, p, q)
		}
		if !p.Recorded.Equal(w.recorded) || !p.ServerTime.Equal(w.server) {
			t.Errorf("entry %d: recorded %s, server time %s", i+1, p.Recorded, p.ServerTime)
		}
		if p.Number != "main" || p.Seq != int64(i+1) || p.Flow != flow || q.Identities[0].Value != "+5511900000001" || q.Name != "Ana" || (q.MessageID == "") != (w.words == "") {
			t.Errorf("entry %d: %+v %+v", i+1, p, q)
		}
	}
	in, told := list[1], list[2]
	if !strings.Contains(in.Personal.Disclosure, "no máximo duas ofertas") || in.Public.Disclosure == "" || in.Personal.DisclosureID == "" {
		t.Errorf("the opt-in does not say what they were told: %+v", in)
	}
	if told.Personal.DisclosureID != in.Personal.DisclosureID {
		t.Errorf("the accepted disclosure is another: %+v", told)
	}
}

func ledgerProblems(s *shop, t testing.TB, head string) string {
	t.Helper()
	v, err := s.Store.Verify(s.Ctx, "main", head)
	must(t, err)
	return strings.Join(v.Problems, "; ")
}

func testEdits(t *testing.T) {
	for edit, want := range map[string]string{
		"UPDATE ledger SET public = REPLACE(public, 'poster', 'letter') WHERE seq = 2":               "entry 2: its public part was edited",
		"UPDATE ledger SET personal_hash = 'x' WHERE seq = 2":                                        "entry 2: its public part was edited",
		"UPDATE ledger_personal SET personal = REPLACE(personal, 'parar', 'obrigada') WHERE seq = 4": "entry 4: its personal part was edited",
		"UPDATE ledger_personal SET salt = '00' WHERE seq = 1":                                       "entry 1: its personal part was edited",
		"UPDATE ledger SET hash = 'x' WHERE seq = 2":                                                 "entry 3: does not follow the entry before it",
		"DELETE FROM ledger WHERE seq = 3":                                                           "entry 4: entry 3 is missing before it",
		"DELETE FROM ledger WHERE seq = 1":                                                           "entry 2: entry 1 is missing before it",
	} {
		s, db := lived(t)
		if got := ledgerProblems(s, t, ""); got != "" {
			t.Fatal(got)
		}
		_, err := db.Exec(edit)
		must(t, err)
		if got := ledgerProblems(s, t, ""); !strings.Contains(got, want) {
			t.Errorf("%s: found %q, want %q", edit, got, want)
		}
	}
}

func testCuts(t *testing.T) {
	cut := func(head, careful bool) string {
		s, db := lived(t)
		before, err := s.Store.Head(s.Ctx, "main")
		must(t, err)
		if got := ledgerProblems(s, t, before); got != "" {
			t.Fatal(got)
		}
		_, err = db.Exec("DELETE FROM ledger WHERE seq = 4")
		must(t, err)
		if careful { // and the contact is made to agree with what is left
			_, err = db.Exec("UPDATE contacts SET consent = 'subscribed'")
			must(t, err)
		}
		if !head {
			before = ""
		}
		return ledgerProblems(s, t, before)
	}
	if got := cut(true, true); !strings.Contains(got, "cut off or the chain was rewritten") {
		t.Errorf("a cut shows as %q", got)
	}
	if got := cut(false, true); got != "" {
		t.Errorf("without a head a careful cut cannot show, it said %q", got)
	}
	if got := cut(false, false); !strings.Contains(got, "is unsubscribed in the database, and the ledger says subscribed") {
		t.Errorf("a cut that leaves the contact as it was shows as %q", got)
	}
	s, db := lived(t)
	head, err := s.Store.Head(s.Ctx, "main")
	must(t, err)
	rewrite(t, s, db)
	if got := ledgerProblems(s, t, ""); got != "" {
		t.Errorf("a chain rewritten with care verifies by itself, it said %q", got)
	}
	if got := ledgerProblems(s, t, head); !strings.Contains(got, "rewritten") {
		t.Errorf("a rewrite shows as %q", got)
	}
	// A head noted earlier still stands after the chain has grown.
	s, _ = lived(t)
	head, err = s.Store.Head(s.Ctx, "main")
	must(t, err)
	must(t, s.Do("Ana > quero promoções"))
	if got := ledgerProblems(s, t, head); got != "" {
		t.Error(got)
	}
}

// rewrite makes an opt-out into nothing and hashes the chain anew, as somebody with the database can.
func rewrite(t *testing.T, s *shop, db *sql.DB) {
	t.Helper()
	previous := ""
	for seq := 1; seq <= 4; seq++ {
		var public, personalHash string
		must(t, db.QueryRow("SELECT public, personal_hash FROM ledger WHERE seq = $1", seq).Scan(&public, &personalHash))
		public = strings.ReplaceAll(public, "opted_out", "renewed")
		hash := bot.ChainHash(previous, public, personalHash)
		_, err := db.Exec("UPDATE ledger SET public = $1, previous = $2, hash = $3 WHERE seq = $4", public, previous, hash, seq)
		must(t, err)
		previous = hash
	}
}

func testErased(t *testing.T) {
	s, db := lived(t)
	head, err := s.Store.Head(s.Ctx, "main")
	must(t, err)
	_, err = db.Exec("DELETE FROM ledger_personal")
	must(t, err)
	v, err := s.Store.Verify(s.Ctx, "main", head)
	must(t, err)
	if len(v.Problems) > 0 || v.Erased != 4 || v.Entries != 4 || !v.HeadSeen {
		t.Errorf("%+v", v)
	}
	left := strings.Join(list(t, db, "SELECT public || personal_hash FROM ledger"), " ")
	for _, personal := range []string{"5511900000001", "Ana", "parar", "quero"} {
		if strings.Contains(left, personal) {
			t.Errorf("%q is still in the ledger", personal)
		}
	}
}

// TestC6OneChainPerNumber: numbers do not share a chain, and each verifies by itself.
func TestC6OneChainPerNumber(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: twoNumbers})
	for _, line := range []string{"Ana +5511900000001 > quero promoções", "Ana @second > quero promoções", "Ana > parar"} {
		must(t, s.Do(line))
	}
	for number, want := range map[string]int64{"main": 3, "second": 3} {
		v, err := s.Store.Verify(s.Ctx, number, "")
		if err != nil || v.Entries != want || len(v.Problems) > 0 {
			t.Errorf("%s: %+v %v", number, v, err)
		}
	}
	a, err := s.Store.Head(s.Ctx, "main")
	must(t, err)
	if v, err := s.Store.Verify(s.Ctx, "second", a); err != nil || len(v.Problems) != 1 {
		t.Errorf("the head of another chain was accepted: %+v %v", v, err)
	}
}
