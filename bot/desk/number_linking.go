package desk

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"optinbot/bot"
)

// OpenPairings are how sessions are opened to link a phone here, where nobody waits for the answer.
// phone is where a code is to be typed, "" where one is to be scanned. tell is told of each step.
type OpenPairings func(phone string, tell func(bot.LinkStep)) OpenPairing

// A LinkingStage says how far a linking has come.
type LinkingStage string

// The stages. The last three are the end.
const (
	LinkingConnects LinkingStage = "connecting" // to WhatsApp
	LinkingScan     LinkingStage = "scan"       // Code is to be scanned
	LinkingType     LinkingStage = "type"       // Code is to be typed on the phone
	LinkingAccepted LinkingStage = "accepted"   // by the phone: WhatsApp lets the new device in
	LinkingDone     LinkingStage = "linked"
	LinkingFailed   LinkingStage = "failed" // Says why
	LinkingEnded    LinkingStage = "ended"  // somebody has ended it
)

// A Linking is a number that is being linked to a phone, or was.
type Linking struct {
	Number string       `json:"number"`
	Stage  LinkingStage `json:"stage"`
	Code   string       `json:"code,omitempty"`
	Which  int          `json:"which,omitempty"` // of the codes to scan this is so manieth, of Of. 0: not known
	Of     int          `json:"of,omitempty"`
	Until  time.Time    `json:"until,omitzero"`  // the code is good
	Says   string       `json:"says,omitempty"`  // what went wrong, of late or in the end
	Phone  string       `json:"phone,omitempty"` // of the number, E.164, once it is linked
	By     string       `json:"by,omitempty"`    // who began it. "" is the program itself
	Began  time.Time    `json:"began"`
}

// Over reports whether nothing more is going to happen.
func (l Linking) Over() bool {
	return l.Stage == LinkingDone || l.Stage == LinkingFailed || l.Stage == LinkingEnded
}

// linkings are the links of a desk's numbers that were begun by StartLinking.
type linkings struct {
	mu      sync.Mutex
	of      map[string]*linking
	closed  bool
	working sync.WaitGroup
}

// A linking is the last link of one number.
type linking struct {
	now     Linking
	changed chan struct{} // closed when it has changed, or another takes its place
	end     context.CancelFunc
}

// StartLinking begins to link a number to a phone and returns at once. Linking says how far it has
// come, and EndLinking ends it. phone is where a code is to be typed, "" for a code to scan. It is
// refused as Link is, while the number is being linked already, and where nobody can link here.
func (d *Desk) StartLinking(ctx context.Context, number, phone string) (l Linking, err error) {
	ctx, end, err := d.begin(ctx, ActLinkNumber, number)
	if err != nil {
		return l, err
	}
	begun := false
	defer func() {
		if !begun {
			end(err)
		}
	}()
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return l, err
	}
	if err := byPhone(n); err != nil {
		return l, err
	}
	if d.Pair == nil {
		return l, Refuse("only `optinbot link` links a number of this shop")
	}
	if phone, err = d.codePhone(ctx, phone, n.Name); err != nil {
		return l, err
	}
	row, err := d.Store.Number(ctx, n.Name)
	if err != nil {
		return l, err
	}
	if row.JID != "" && d.Sessions.InUse(n.Name) {
		return l, Refuse("number %s is linked, and served right now; to link it anew, first remove its device on the "+
			"phone (WhatsApp > Settings > Linked devices)", n.Name)
	}
	who, _ := WhoActs(ctx)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l = Linking{Number: n.Name, Stage: LinkingConnects, By: who.Name, Began: d.Now()}
	if err := d.linkings.add(l, cancel); err != nil {
		cancel()
		return l, err
	}
	open := d.Pair(phone, func(step bot.LinkStep) { d.linkings.step(n.Name, step, d.Now()) })
	session, row, err := d.openPairing(ctx, n.Name, open)
	if err != nil {
		d.linkings.over(n.Name, LinkMade{}, err)
		cancel()
		return l, err
	}
	begun = true
	go func() {
		defer cancel()
		made, err := d.pair(ctx, session, row)
		if ctx.Err() != nil && err != nil {
			err = errEnded
		}
		end(err)
		d.linkings.over(n.Name, made, err)
	}()
	return l, nil
}

// errEnded is how a linking fails that somebody has ended.
var errEnded = Refuse("the linking was ended")

// Linking is how far the last link of a number has come that StartLinking began. changed is closed
// when there is more to tell. It is false where there was none since the start of the program.
func (d *Desk) Linking(number string) (l Linking, changed <-chan struct{}, ok bool) {
	return d.linkings.last(cmp.Or(number, d.Config.Numbers[0].Name))
}

// EndLinking ends the linking of a number and waits until nobody has the number any more. Where
// none is under way it does nothing, so it may be repeated.
func (d *Desk) EndLinking(ctx context.Context, number string) (err error) {
	ctx, finish, err := d.beginNamed(ctx, ActLinkNumber, number, "link end")
	if err != nil {
		return err
	}
	defer func() { finish(err) }()
	number = cmp.Or(number, d.Config.Numbers[0].Name)
	d.linkings.cancel(number)
	for {
		l, changed, ok := d.linkings.last(number)
		if !ok || l.Over() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *linkings) add(began Linking, end context.CancelFunc) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.of[began.Number]
	switch {
	case l.closed:
		return Refuse("the program ends")
	case before != nil && !before.now.Over():
		return Refuse("number %s is being linked already%s", began.Number, by(before.now.By))
	}
	if l.of == nil {
		l.of = map[string]*linking{}
	}
	l.of[began.Number] = &linking{now: began, changed: make(chan struct{}), end: end}
	l.working.Add(1)
	if before != nil {
		close(before.changed)
	}
	return nil
}

func by(who string) string {
	if who == "" {
		return ""
	}
	return ", by " + who
}

func (l *linkings) last(number string) (Linking, <-chan struct{}, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one, ok := l.of[number]
	if !ok {
		return Linking{}, nil, false
	}
	return one.now, one.changed, true
}

func (l *linkings) cancel(number string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one, ok := l.of[number]; ok {
		one.end()
	}
}

// change changes what is known of a linking that is under way.
func (l *linkings) change(number string, how func(*Linking)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.of[number]
	how(&one.now)
	close(one.changed)
	one.changed = make(chan struct{})
}

// step notes a step.
func (l *linkings) step(number string, step bot.LinkStep, now time.Time) {
	l.change(number, func(is *Linking) {
		code := func(stage LinkingStage) {
			is.Stage, is.Code, is.Which, is.Of, is.Until = stage, step.Code, step.Which, step.Of, now.Add(step.Good)
		}
		switch step.Kind {
		case bot.LinkConnects:
			code(LinkingConnects)
			is.Until = time.Time{}
		case bot.LinkScan:
			code(LinkingScan)
		case bot.LinkType:
			code(LinkingType)
		case bot.LinkAccepted:
			is.Says = ""
			code(LinkingAccepted)
			is.Until = time.Time{}
		case bot.LinkMisfit:
			is.Says = "The code that was typed does not fit. Here is a new one."
		case bot.LinkOldPhone:
			is.Says = "The phone's WhatsApp is too old for linked devices. Update it, then scan again."
		}
	})
}

// over notes how a linking has ended.
func (l *linkings) over(number string, made LinkMade, err error) {
	l.change(number, func(is *Linking) {
		*is = Linking{Number: is.Number, Stage: LinkingDone, Phone: made.Phone, By: is.By, Began: is.Began}
		switch {
		case errors.Is(err, errEnded):
			is.Stage = LinkingEnded
		case err != nil:
			is.Stage, is.Says = LinkingFailed, strings.TrimPrefix(err.Error(), "link: ")
		}
	})
	l.working.Done()
}

// close ends what is under way, and refuses what is to come.
func (l *linkings) close() {
	l.mu.Lock()
	l.closed = true
	for _, one := range l.of {
		one.end()
	}
	l.mu.Unlock()
	l.working.Wait()
}
