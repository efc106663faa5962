package desk_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// A slowPairing is a session whose steps a test tells, until it says that the phone takes the code.
type slowPairing struct {
	*pairing
	phone string
	tell  func(bot.LinkStep)
	takes chan struct{}
}

func (p *slowPairing) open(phone string, tell func(bot.LinkStep)) desk.OpenPairing {
	p.phone, p.tell = phone, tell
	return func(ctx context.Context, number string, wait bool) (desk.Pairing, error) {
		_, err := p.pairing.open(ctx, number, wait)
		return p, err
	}
}

func (p *slowPairing) Pair(ctx context.Context, anew bool, accept func(string) error) (string, error) {
	select {
	case <-p.takes:
		return p.pairing.Pair(ctx, anew, accept)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// linkable is a shop in which numbers can be linked by StartLinking.
func linkable(t *testing.T) (*shop, *slowPairing) {
	t.Helper()
	s := newShop(t, twoNumbers)
	p := &slowPairing{pairing: &pairing{scans: shopPhone}, takes: make(chan struct{}, 1)}
	s.Pair = p.open
	return s, p
}

// linking waits until the first number's linking has come so far.
func (s *shop) linking(stage desk.LinkingStage) desk.Linking {
	s.t.Helper()
	patience := time.After(2 * time.Minute)
	for {
		l, changed, ok := s.Linking("")
		if !ok {
			s.t.Fatal("nothing is being linked")
		}
		if l.Stage == stage {
			return l
		}
		select {
		case <-changed:
		case <-patience:
			s.t.Fatalf("it stays %s", l.Stage)
		}
	}
}

// TestLinkingTellsEachStep: what a page shows, from the connection to the phone that is linked.
func TestLinkingTellsEachStep(t *testing.T) {
	t.Parallel()
	s, p := linkable(t)
	if _, _, ok := s.Linking("main"); ok {
		t.Error("a linking before anybody began one")
	}
	ctx := desk.As(s.Ctx, desk.Who{Name: "marta", Role: desk.Owner, Fresh: true})
	l, err := s.StartLinking(ctx, "", "")
	must(t, err)
	if l != (desk.Linking{Number: "main", Stage: desk.LinkingConnects, By: "marta", Began: s.Now()}) || p.phone != "" {
		t.Errorf("%+v, phone %q", l, p.phone)
	}
	began := l
	for _, row := range []struct {
		step bot.LinkStep
		want desk.Linking
	}{
		{bot.LinkStep{Kind: bot.LinkConnects}, desk.Linking{Stage: desk.LinkingConnects}},
		{bot.LinkStep{Kind: bot.LinkScan, Code: "one", Good: time.Minute, Which: 1, Of: 6},
			desk.Linking{Stage: desk.LinkingScan, Code: "one", Which: 1, Of: 6, Until: s.Now().Add(time.Minute)}},
		{bot.LinkStep{Kind: bot.LinkOldPhone},
			desk.Linking{Stage: desk.LinkingScan, Code: "one", Which: 1, Of: 6, Until: s.Now().Add(time.Minute),
				Says: "The phone's WhatsApp is too old for linked devices. Update it, then scan again."}},
		{bot.LinkStep{Kind: bot.LinkAccepted}, desk.Linking{Stage: desk.LinkingAccepted}},
	} {
		p.tell(row.step)
		row.want.Number, row.want.By, row.want.Began = began.Number, began.By, began.Began
		if l, _, _ := s.Linking("main"); l != row.want {
			t.Errorf("%s: %+v", row.step.Kind, l)
		}
	}
	p.takes <- struct{}{}
	l = s.linking(desk.LinkingDone)
	if l.Phone != shopPhone || l.Code != "" || !l.Over() || s.number().Phone != shopPhone || p.opened != p.closed {
		t.Errorf("%+v, the store has %+v; opened %d times, closed %d times", l, s.number(), p.opened, p.closed)
	}
}

// TestLinkingByACodeToType: the phone is read as every verb reads phones.
func TestLinkingByACodeToType(t *testing.T) {
	t.Parallel()
	s, p := linkable(t)
	_, err := s.StartLinking(s.Ctx, "main", "+1 212 555 0100")
	must(t, err)
	if p.phone != shopPhone {
		t.Errorf("a code for %q", p.phone)
	}
	p.tell(bot.LinkStep{Kind: bot.LinkType, Code: "ABCD-EFGH", Good: time.Minute})
	p.tell(bot.LinkStep{Kind: bot.LinkMisfit})
	p.tell(bot.LinkStep{Kind: bot.LinkType, Code: "IJKL-MNOP", Good: time.Minute})
	l := s.linking(desk.LinkingType)
	if l.Code != "IJKL-MNOP" || !strings.Contains(l.Says, "does not fit") {
		t.Errorf("%+v", l)
	}
	must(t, s.EndLinking(s.Ctx, "main"))
}

// TestOneLinkingAtATime: of each number. Once it is ended nobody has the number any more, and
// another may begin.
func TestOneLinkingAtATime(t *testing.T) {
	t.Parallel()
	s, p := linkable(t)
	start := func(number string) error {
		_, err := s.StartLinking(desk.As(s.Ctx, desk.Who{Name: "rui", Role: desk.Owner, Fresh: true}), number, "")
		return err
	}
	must(t, start("main"))
	if err := start("main"); !errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), "being linked already, by rui") {
		t.Errorf("a second one: %v", err)
	}
	must(t, start("second"))
	for range 2 {
		must(t, s.EndLinking(s.Ctx, "main"))
		must(t, s.EndLinking(s.Ctx, "second"))
	}
	if l := s.linking(desk.LinkingEnded); p.opened != 2 || p.closed != 2 || l.Says != "" || s.number().JID != "" {
		t.Errorf("%+v; opened %d times, closed %d times", l, p.opened, p.closed)
	}
	must(t, start("main"))
	must(t, s.Desk.Close()) // it ends what is under way
	if l := s.linking(desk.LinkingEnded); p.opened != p.closed {
		t.Errorf("%+v; opened %d times, closed %d times", l, p.opened, p.closed)
	}
	if err := start("main"); err == nil {
		t.Error("it begins after the end")
	}
}

// TestLinkingIsRefused: as `link` is. What is known at once is an error, and what the phone or
// WhatsApp says is the end of the linking.
func TestLinkingIsRefused(t *testing.T) {
	t.Parallel()
	s, p := linkable(t)
	start := func(number string) func() error {
		return func() error { _, err := s.StartLinking(s.Ctx, number, ""); return err }
	}
	s.refused(`there is no number "nope"`, start("nope"))
	p.inUse = true
	s.refused("`run` serves number main right now", start("main"))
	p.inUse = false
	s.linked("main", shopPhone)
	s.WhatsApp.Used = map[string]bool{"main": true}
	s.refused("first remove its device on the phone", start("main"))
	s.WhatsApp.Used = nil
	p.scans = otherPhone
	must(t, start("main")())
	p.takes <- struct{}{}
	if l := s.linking(desk.LinkingFailed); !strings.Contains(l.Says, otherPhone) || s.number().Phone != shopPhone {
		t.Errorf("%+v, the store has %+v", l, s.number())
	}
	p.account = "1:1@s.whatsapp.net"
	must(t, start("main")())
	p.takes <- struct{}{}
	s.linking(desk.LinkingFailed)
	s.Pair = nil
	s.refused("only `optinbot link` links", start("main"))
}

// TestLinkingThatWasCutOffIsNoted: the phone has accepted in the moment in which somebody ends it.
func TestLinkingThatWasCutOffIsNoted(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	p := &pairing{scans: shopPhone}
	ctx, cancel := context.WithCancel(t.Context())
	made, err := s.Link(ctx, "main", "", always(func(c context.Context, n string, wait bool) (desk.Pairing, error) {
		session, err := p.open(c, n, wait)
		return cutOff{session, cancel}, err
	}))
	if err != nil || made.Phone != shopPhone || s.number().Phone != shopPhone {
		t.Errorf("%+v %v, the store has %+v", made, err, s.number())
	}
}
