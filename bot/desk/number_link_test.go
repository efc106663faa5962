package desk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// pairing is a session without WhatsApp behind it, of which a test says how it goes.
type pairing struct {
	account, phone string // that it has
	scans          string // the phone that takes the code; "": nobody does
	fails          error  // of Pair, before a code is shown
	inUse          bool   // a process has the number

	opened, closed int
	waited, anew   bool
}

func (p *pairing) open(_ context.Context, _ string, wait bool) (desk.Pairing, error) {
	p.opened++
	p.waited = wait
	if p.inUse {
		return nil, fmt.Errorf("%w: somebody has it", bot.ErrInUse)
	}
	return p, nil
}

func (p *pairing) Linked() (account, phone string) { return p.account, p.phone }
func (p *pairing) Close() error                    { p.closed++; return nil }

func (p *pairing) Pair(_ context.Context, anew bool, accept func(phone string) error) (account string, err error) {
	p.anew = anew
	switch {
	case p.fails != nil:
		return "", p.fails
	case p.account != "" && !anew:
		return "", bot.ErrAlreadyLinked
	case p.scans == "":
		return "", errors.New("nobody took the code")
	}
	if err := accept(p.scans); err != nil {
		return "", err
	}
	p.phone, p.account = p.scans, strings.TrimPrefix(p.scans, "+")+":1@s.whatsapp.net"
	return p.account, nil
}

// always opens the same session, whatever the phone.
func always(open desk.OpenPairing) func(phone string) desk.OpenPairing {
	return func(string) desk.OpenPairing { return open }
}

const (
	shopPhone  = "+12125550100"
	otherPhone = "+12125550111"
)

// number is what the store knows of the number.
func (s *shop) number() (row struct{ Phone, JID string }) {
	s.t.Helper()
	n, err := s.Store.Number(s.Ctx, "main")
	must(s.t, err)
	row.Phone, row.JID = n.Phone, n.JID
	return row
}

// TestLink: the first phone that takes the code is the number's. Linking it again is refused, as
// long as WhatsApp knows the session, and another phone is refused always.
func TestLink(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	p := &pairing{scans: shopPhone}
	link := func() (desk.LinkMade, error) { return s.Link(s.Ctx, "", "", always(p.open)) }
	made, err := link()
	must(t, err)
	if made != (desk.LinkMade{Number: "main", Phone: shopPhone}) || s.number().Phone != shopPhone || s.number().JID != p.account || !p.waited || p.anew {
		t.Errorf("%+v, the store has %+v", made, s.number())
	}
	if _, err := link(); !errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), "the number is linked already") || p.waited {
		t.Errorf("again: %v", err)
	}
	p.account, p.phone, p.scans = "", "", otherPhone // the session is gone
	s.refused("+12125550111", func() error { _, err := link(); return err })
	p.scans = shopPhone
	if _, err := link(); err != nil || s.number().Phone != shopPhone {
		t.Errorf("the phone of before: %v", err)
	}
	if p.opened != p.closed {
		t.Errorf("opened %d times, closed %d times", p.opened, p.closed)
	}
}

// TestLinkCompletes: an earlier link was cut off between the phone's yes and our note.
func TestLinkCompletes(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	p := &pairing{account: "1:1@s.whatsapp.net", phone: shopPhone}
	made, err := s.Link(s.Ctx, "main", "", always(p.open))
	must(t, err)
	if !made.Completed || s.number().Phone != shopPhone {
		t.Errorf("%+v, the store has %+v", made, s.number())
	}
	other := &pairing{account: "2:1@s.whatsapp.net", phone: otherPhone}
	s.refused(otherPhone, func() error { _, err := s.Link(s.Ctx, "main", "", always(other.open)); return err })
}

// TestLinkIsRefused: whatever is in the way, nothing changes, and the session is let go.
func TestLinkIsRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.linked("main", shopPhone)
	link := func(number string, p *pairing) func() error {
		return func() error { _, err := s.Link(s.Ctx, number, "", always(p.open)); return err }
	}
	s.refused(`there is no number "nope"`, link("nope", &pairing{}))
	s.refused("`run` serves number main right now; stop it first", link("main", &pairing{inUse: true}))
	s.refused("whether it is still good", link("main", &pairing{account: "1", fails: fmt.Errorf("%w (no network)", bot.ErrUnchecked)}))
	s.unchanged("a code that nobody took", func() {
		p := &pairing{}
		if err := link("main", p)(); err == nil || errors.Is(err, desk.ErrRefused) || p.closed != 1 {
			t.Errorf("%v, closed %d times", err, p.closed)
		}
	})
	s.WhatsApp.Foreign = map[string]error{"main": desk.Refuse("it is the test server's")}
	p := &pairing{scans: shopPhone}
	s.refused("it is the test server's", link("main", p))
	if p.opened != 0 {
		t.Error("the session was opened")
	}
}

// TestLinkThatCannotBeChecked: where the store knows of no link, that nobody can check is no
// refusal: it may be tried again.
func TestLinkThatCannotBeChecked(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	_, err := s.Link(s.Ctx, "main", "", always((&pairing{account: "1", fails: bot.ErrUnchecked}).open))
	if !errors.Is(err, bot.ErrUnchecked) || errors.Is(err, desk.ErrRefused) {
		t.Error(err)
	}
}

// TestChangeNumber: another phone takes the place of the number's own. The offer says what that
// means, everybody waits until they write to it, and the ledger has it.
func TestChangeNumber(t *testing.T) {
	t.Parallel()
	s := newShop(t, "numbers:\n  - {name: main, flow: promotions, established: true}\n")
	p := &pairing{account: "1:1@s.whatsapp.net", phone: shopPhone, scans: otherPhone}
	change := func() error { _, err := s.ChangeNumber(s.Ctx, "", "", always(p.open)); return err }
	offer := func() error { _, err := s.OfferNumberChange(s.Ctx, ""); return err }
	for _, act := range []func() error{change, offer} {
		s.refused("number main has no phone yet; `optinbot link` links the first one", act)
	}
	s.linked("main", shopPhone)
	s.writes(ana, phrase)
	s.writes(ben, "hello")
	s.WhatsApp.Used = map[string]bool{"main": true}
	for _, act := range []func() error{change, offer} {
		s.refused("`run` serves number main right now; stop it first", act)
	}
	s.WhatsApp.Used = nil
	s.refused("`run` serves number main right now", func() error {
		_, err := s.ChangeNumber(s.Ctx, "main", "", always((&pairing{inUse: true}).open))
		return err
	})
	for range 2 {
		o, err := s.OfferNumberChange(s.Ctx, "main")
		must(t, err)
		if o != (desk.NumberChangeOffer{Number: "main", Phone: shopPhone, Subscribed: 1, Established: true}) {
			t.Errorf("%+v", o)
		}
	}
	p.scans = shopPhone
	s.refused("this is the phone that number main has already; `optinbot link` links it again", change)
	p.scans = otherPhone
	made, err := s.ChangeNumber(s.Ctx, "main", "", always(p.open))
	must(t, err)
	if made != (desk.NumberChanged{Number: "main", Phone: otherPhone, Held: 1}) || s.number().Phone != otherPhone || !p.anew {
		t.Errorf("%+v, the store has %+v", made, s.number())
	}
	if c := s.contact(ana); !c.Has(bot.NumberChanged) || c.Consent != bot.Subscribed {
		t.Errorf("Ana is %s, holds %v", c.Consent, c.Holds)
	}
	proof, err := s.ShowConsent(s.Ctx, "main", ana)
	must(t, err)
	if len(proof.Entries) == 0 || p.opened != p.closed {
		t.Errorf("%v; opened %d times, closed %d times", events(proof.Entries), p.opened, p.closed)
	}
	whole, err := s.ExportConsent(s.Ctx, "main")
	must(t, err)
	if last := whole.Entries[len(whole.Entries)-1]; !strings.Contains(last.Public, "number_changed") {
		t.Errorf("the ledger ends with %s", last.Public)
	}
	s.writes(ana, "hello")
	if s.contact(ana).Has(bot.NumberChanged) {
		t.Error("Ana wrote to the new phone, and still waits")
	}
}

// TestChangeNumberCompletes: a change was cut off between the phone's yes and our note. No further
// code is shown.
func TestChangeNumberCompletes(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.linked("main", shopPhone)
	p := &pairing{account: "2:1@s.whatsapp.net", phone: otherPhone, fails: errors.New("a code is shown")}
	made, err := s.ChangeNumber(s.Ctx, "main", "", always(p.open))
	must(t, err)
	if made.Phone != otherPhone || s.number().JID != "2:1@s.whatsapp.net" || p.closed != 1 {
		t.Errorf("%+v, the store has %+v", made, s.number())
	}
}

// TestChangeNumberThatCannotBeNoted: the phone is linked, the store fails, and the error says what
// to do. Given again, it is noted without another code.
func TestChangeNumberThatCannotBeNoted(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.linked("main", shopPhone)
	p := &pairing{scans: otherPhone}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.ChangeNumber(ctx, "main", "", always(func(c context.Context, n string, wait bool) (desk.Pairing, error) {
		session, err := p.open(c, n, wait)
		return cutOff{session, cancel}, err
	}))
	says(t, err, "the new phone is linked, and not noted: give the command again")
	if s.number().Phone != shopPhone {
		t.Errorf("the store has %+v", s.number())
	}
	made, err := s.ChangeNumber(s.Ctx, "main", "", always(p.open))
	must(t, err)
	if made.Phone != otherPhone || s.number().Phone != otherPhone {
		t.Errorf("%+v, the store has %+v", made, s.number())
	}
}

// cutOff is a session after whose pairing the operator presses Ctrl-C.
type cutOff struct {
	desk.Pairing
	cancel context.CancelFunc
}

func (c cutOff) Pair(ctx context.Context, anew bool, accept func(string) error) (string, error) {
	defer c.cancel()
	return c.Pairing.Pair(ctx, anew, accept)
}
