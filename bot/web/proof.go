package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/store"
)

// proof says whether the ledger of a number holds, and proves what one person agreed to.
func (s *Server) proof() screen {
	return screen{
		path: "/n/{number}/proof", name: "proof", area: "proof", show: showProof,
		acts: map[string]func(*visit) (string, error){"verify": verify, "find": findProof},
	}
}

// proofEntries are so many entries of the ledger on a page.
const proofEntries = 25

// A proofView is what Proof shows.
type proofView struct {
	desk.LedgerPage
	Lines    []proofLine
	Verified workFound[store.Verification]
	Person   *provenPerson      // who is looked at
	Next     int64              // the entry before which the next page begins. 0: there is none
	First    bool               // the page begins with the newest entry
	Several  []desk.ContactView // who may be meant by what was typed
}

// Subscribed and Stopped are how many people are so now.
func (v *proofView) Subscribed() int { return v.Contacts[bot.Subscribed] }
func (v *proofView) Stopped() int    { return v.Contacts[bot.Unsubscribed] }

// Entries is how many entries the ledger has.
func (v *proofView) All() int { return int(v.Last) }

// Intact reports whether the last verification found nothing.
func (v *proofView) Intact() bool {
	return v.Verified.Err == nil && v.Verified.Found.Holds()
}

// Parts are the head in groups that can be compared by eye.
func (v *proofView) Parts() string {
	var parts []string
	for part := range slices.Chunk([]byte(v.Head), 4) {
		parts = append(parts, string(part))
	}
	return strings.Join(parts, " ")
}

// A proofLine is an entry of the ledger, and how a command names whoever it is about.
type proofLine struct {
	store.LedgerLine
	Named string
}

// A provenPerson is somebody, with what the ledger has about them, the newest first.
type provenPerson struct {
	ID      int64
	Name    string
	Named   string // by a command
	Entries []store.LedgerEntry
	Stands  store.LedgerEntry // the entry by which they are what they are
	Theirs  bool              // they did it themselves
}

func showProof(v *visit) (any, error) {
	query := v.r.URL.Query()
	before, _ := strconv.ParseInt(query.Get("before"), 10, 64)
	page, err := v.Desk.Ledger(v, v.number, before, proofEntries)
	if err != nil {
		return nil, err
	}
	view := &proofView{LedgerPage: page, Verified: v.verified(), First: before <= 0}
	for _, e := range page.Entries {
		view.Lines = append(view.Lines, proofLine{e, desk.NamedBy(e.Personal.Identities)})
	}
	if page.Older {
		view.Next = page.Entries[len(page.Entries)-1].Public.Seq
	}
	if typed := v.r.PostForm.Get("who"); typed != "" {
		if _, view.Several, err = v.whom(typed); err != nil && statusOf(err) >= 500 {
			return nil, err
		}
	}
	if id, err := strconv.ParseInt(query.Get("id"), 10, 64); err == nil && id > 0 {
		if view.Person, err = v.proven(id); err != nil && !errors.Is(err, desk.ErrNotFound) {
			return nil, err
		}
	}
	return view, nil
}

// proven is somebody, with their entries.
func (v *visit) proven(id int64) (*provenPerson, error) {
	who, err := v.Desk.Contact(v, v.number, desk.ContactID(id))
	if err != nil {
		return nil, err
	}
	found, err := v.Desk.ShowConsent(v, v.number, desk.ContactID(id))
	if err != nil {
		return nil, err
	}
	p := &provenPerson{ID: id, Name: who.DisplayName(), Named: desk.Named(who), Entries: found.Entries}
	slices.Reverse(p.Entries)
	for _, e := range p.Entries {
		if e.Public.To == who.Consent && (e.Public.From != e.Public.To || p.Stands.Hash == "") {
			p.Stands = e
			if e.Public.From != e.Public.To {
				break
			}
		}
	}
	p.Theirs = p.Stands.Public.Actor == "contact"
	return p, nil
}

// A verifiedFor says which verifications are one: of a number's ledger, and against a head that
// somebody typed, for them alone. "" is for everybody of the number.
type verifiedFor struct{ number, who string }

// verification is the last one of a number's ledger.
func (s *Server) verification(of verifiedFor) *work[store.Verification] {
	s.examinedMu.Lock()
	defer s.examinedMu.Unlock()
	if s.verifications[of] == nil {
		s.verifications[of] = &work[store.Verification]{}
	}
	return s.verifications[of]
}

func (s *Server) forgetVerification(of verifiedFor) {
	s.examinedMu.Lock()
	defer s.examinedMu.Unlock()
	delete(s.verifications, of)
}

// verified is the last verification that is for whoever visits.
func (v *visit) verified() workFound[store.Verification] {
	all, mine := v.verification(verifiedFor{number: v.number}).look(), v.verification(verifiedFor{v.number, v.who.Name}).look()
	if mine.Running || !all.Running && !mine.At.IsZero() && !mine.At.Before(all.At) {
		return mine
	}
	return all
}

// verify has the chain computed anew, against a head where one is given.
func verify(v *visit) (string, error) {
	head, err := desk.ReadHead(v.r.PostForm.Get("head"))
	if err != nil {
		return "", err
	}
	number := v.number
	of := verifiedFor{number: number}
	if head != "" {
		of.who = v.who.Name
	} else {
		v.forgetVerification(verifiedFor{number, v.who.Name}) // what they ask for now is newer
	}
	return "", v.verification(of).begin(v, number, func(ctx context.Context) (store.Verification, error) {
		return v.verifyNow(ctx, number, head)
	})
}

func (s *Server) verifyNow(ctx context.Context, number, head string) (store.Verification, error) {
	found, err := s.Desk.VerifyConsent(ctx, number, head, nil)
	if err == nil && len(found) != 1 {
		err = desk.ErrNotFound
	}
	if err != nil {
		if ctx.Err() == nil {
			s.Log.Error("the ledger could not be verified", "number", number, failure(err))
		}
		return store.Verification{}, err
	}
	return found[0], nil
}

// verifyEvery is how often the ledgers are verified without anybody asking for it.
const verifyEvery = 24 * time.Hour

// keepVerified verifies the ledger of each number, one after another, when the server begins and each
// day, until ctx ends: what Today says of them is what was found.
func (s *Server) keepVerified(ctx context.Context) {
	ticker := time.NewTicker(verifyEvery)
	defer ticker.Stop()
	for {
		for _, n := range s.Desk.Config.Numbers {
			done, _ := s.verification(verifiedFor{number: n.Name}).start(s, ctx, "", func(ctx context.Context) (store.Verification, error) {
				return s.verifyNow(ctx, n.Name, "")
			})
			select {
			case <-done:
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// findProof finds somebody by their name or phone, which must not stand in an address. Where several
// may be meant, the screen lets its reader choose.
func findProof(v *visit) (string, error) {
	one, several, err := v.whom(v.r.PostForm.Get("who"))
	if err != nil {
		return "", err
	}
	if len(several) > 0 {
		v.again = true
		return "", nil
	}
	return v.here() + "?" + url.Values{"id": {strconv.FormatInt(one.ID, 10)}}.Encode() + "#person", nil
}

// proofExport is the ledger as a file that others can verify: of one person, or of the number.
func (s *Server) proofExport() screen {
	return screen{path: "/n/{number}/proof/export.json", area: "proof", file: func(v *visit) error {
		id, name := v.r.URL.Query().Get("id"), "ledger-"+v.number
		export := func() (*desk.ConsentExport, error) { return v.Desk.ExportConsent(v, v.number) }
		if id != "" {
			n, err := strconv.ParseInt(id, 10, 64)
			if err != nil {
				return desk.ErrNotFound
			}
			name = "proof-" + v.number + "-" + strconv.FormatInt(n, 10)
			export = func() (*desk.ConsentExport, error) { return v.Desk.ExportConsentOf(v, v.number, desk.ContactID(n)) }
		}
		found, err := export()
		if err != nil {
			return err
		}
		return v.sendFile("application/json", name+".json", func(w io.Writer) error {
			out := json.NewEncoder(w)
			out.SetEscapeHTML(false)
			out.SetIndent("", "  ")
			return out.Encode(found)
		})
	}}
}
