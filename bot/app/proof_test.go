package app

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/store"
)

// TestC6Proof: every change of consent has its evidence in a chain that shows edits, and with a head noted earlier cuts and
// rewrites too; a person's part can go and the chain still holds.
func TestC6Proof(t *testing.T) {
	p := newProof(t)
	p.people(
		`{"at":"2026-03-02T14:00:00Z","from":"+5511900000001","lid":"111","name":"Ana","id":"A1","text":"oi"}`,
		`{"at":"2026-03-02T14:01:00Z","from":"+5511900000001","lid":"111","name":"Ana","id":"A2","text":"Quero promoções!"}`,
		`{"at":"2026-03-02T14:05:00Z","from":"+5511900000001","lid":"111","name":"Ana","id":"A3","text":"SAIR"}`,
	)
	t.Run("the evidence", p.evidence)
	noted := p.verify("").Head
	p.people(`{"at":"2026-03-03T14:00:00Z","from":"+5511900000002","name":"Bia","id":"B1","text":"oi"}`)
	for _, c := range []struct {
		name, tamper string
		alone, head  bool // whether it is found without a head, and with the one noted before
	}{
		{"nothing was done to it", "", false, false},
		{"a person was erased", "DELETE FROM ledger_personal WHERE seq = 2", false, false},
		{"the words were edited", "UPDATE ledger_personal SET personal = replace(personal, 'SAIR', 'oi')", true, true},
		{"the event was edited", "UPDATE ledger SET public = replace(public, 'opted_out', 'opted_in')", true, true},
		{"an entry in the middle is gone", "DELETE FROM ledger WHERE seq = 2", true, true},
		{"the end was cut off", "DELETE FROM ledger WHERE seq > 2", false, true},
		{"all of it is gone", "DELETE FROM ledger", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := p.copy(t)
			p.exec(c.tamper)
			if v := p.verify(""); len(v.Problems) > 0 != c.alone {
				t.Errorf("without a head: %q", v.Problems)
			}
			if v := p.verify(noted); len(v.Problems) > 0 != c.head {
				t.Errorf("with the head: %q", v.Problems)
			}
		})
	}
}

// proof is a working folder and its ledger.
type proof struct {
	t        *testing.T
	dir      string
	defaults []byte
}

func newProof(t *testing.T) *proof {
	defaults, err := os.ReadFile("../../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return &proof{t, t.TempDir(), defaults}
}

// copy is the same folder for somebody who tampers with it.
func (p *proof) copy(t *testing.T) *proof {
	c := &proof{t, filepath.Join(t.TempDir(), "copy"), p.defaults}
	p.must(os.CopyFS(c.dir, os.DirFS(p.dir)))
	return c
}

func (p *proof) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *proof) app() (*App, *strings.Builder) {
	var out strings.Builder
	a := newApp(p.t.Context(), p.defaults)
	a.out, a.err, a.environ = &out, &out, map[string]string{"OPTINBOT_DATA": p.dir}
	return a, &out
}

func (p *proof) people(lines ...string) {
	p.t.Helper()
	a, out := p.app()
	a.in = strings.NewReader(strings.Join(lines, "\n"))
	p.must(peopleWrite(a, nil))
	if strings.Contains(out.String(), `"error"`) {
		p.t.Fatal(out)
	}
}

// asked runs a verb that prints JSON, whatever its exit code.
func (p *proof) asked(v any, args ...string) {
	p.t.Helper()
	a, out := p.app()
	a.run(append(args, "--json"))
	if err := json.Unmarshal([]byte(out.String()), v); err != nil {
		p.t.Fatalf("%v: %s", err, out)
	}
}

func (p *proof) verify(head string) store.Verification {
	p.t.Helper()
	var v []store.Verification
	p.asked(&v, "consent", "verify", "--head="+head)
	return v[0]
}

func (p *proof) exec(statement string) {
	p.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(p.dir, "bot.db"))
	p.must(err)
	defer db.Close()
	if statement != "" {
		_, err = db.Exec(statement)
	}
	p.must(err)
}

// evidence: who, when, the exact words, what they were told, by which rule, in which version of the flow.
func (p *proof) evidence(t *testing.T) {
	var entries []struct {
		Hash     string       `json:"hash"`
		Public   bot.Public   `json:"public"`
		Personal bot.Personal `json:"personal"`
	}
	p.asked(&entries, "consent", "show", "+5511900000001")
	events := map[string]int{}
	for i, e := range entries {
		events[e.Public.Event] = i
		ids := e.Personal.Identities
		if bot.PhoneOf(ids) != "+5511900000001" || bot.LIDOf(ids) != "111" || e.Hash == "" || !strings.HasPrefix(e.Public.Flow, "promotions@") {
			t.Errorf("entry %d does not say who, or by which flow: %+v", i+1, e)
		}
	}
	in, out := entries[events[bot.EntryOptedIn]], entries[events[bot.EntryOptedOut]]
	if in.Personal.Words != "Quero promoções!" || in.Personal.MessageID != "A2" || in.Public.Rule != "opt_in.phrase" || in.Public.Actor != "contact" ||
		in.Public.From != bot.Pending || in.Public.To != bot.Subscribed || in.Public.Shown != "none" {
		t.Errorf("the opt-in: %+v", in)
	}
	if !strings.Contains(in.Personal.Disclosure, "Responda 2 para sair") || in.Personal.DisclosureID == "" || in.Public.Disclosure == "" {
		t.Errorf("what they were told: %+v", in)
	}
	if out.Personal.Words != "SAIR" || out.Public.From != bot.Subscribed || out.Public.To != bot.Unsubscribed || out.Public.ServerTime.IsZero() {
		t.Errorf("the stop: %+v", out)
	}
	if _, ok := events[bot.EntryDisclosed]; !ok {
		t.Error("that the server accepted the disclosure is not in the ledger")
	}
}
