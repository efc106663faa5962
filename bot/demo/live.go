package demo

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/play"
	"optinbot/bot/sim"
	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/store"
)

// Speed is by how much faster than the machine's clock that of a Live goes by day: half a minute a
// second.
const Speed = 30

// The other speeds of a Live.
const (
	takeBackShare = 8   // while a broadcast may be taken back it is so much slower: 60 seconds take 16
	nightSpeed    = 900 // from the evening until the morning, when nothing happens
)

// scanAfter is how long the phone of the demo lets a code stand on the page before it scans it, so
// that somebody can look at it.
const scanAfter = 6 * time.Second

// A Live is a shop that goes on for as long as somebody looks: its crowd writes, its broadcasts go
// out, and its clock goes faster. WhatsApp's server is a test server in this process, and nothing is
// kept. Its clock begins on a Tuesday at 14:00 in Madrid, after a week of which everything is told
// by the page.
type Live struct {
	Desk   *desk.Desk
	Name   string // of the operator who looks
	Passes string // their password. It is good for this demo only

	speed     float64
	scanAfter time.Duration
	folder    string
	done      func() error // takes the folder away
	config    string       // its config.yaml
	clock     *clock
	server    *whatsapptest.Server
	world     *sim.World // of the week before
	token     string     // of the link, which counts once
	tokenOnce sync.Mutex
	scans     sync.WaitGroup
	ends      context.CancelFunc
	over      context.Context // when it ends
}

// liveBegin is when the page is looked at first: afternoon in Madrid, morning in São Paulo, and
// 08:00 in New York, where promotions have to wait for an hour.
var liveBegin = time.Date(2026, 3, 3, 13, 0, 0, 0, time.UTC)

// NewLive makes the folder of the shop and starts WhatsApp's server. defaults is the config.yaml that
// the program comes with, and places are where the folder may lie. speed is of the clock by day, and
// 0 is Speed. Close it when done.
func NewLive(places []string, defaults []byte, speed int) (l *Live, err error) {
	l = &Live{
		Name: "you", speed: float64(cmp.Or(speed, Speed)), scanAfter: scanAfter, clock: &clock{}, server: whatsapptest.NewServer(),
		token: rand.Text(), Passes: strings.ToLower(rand.Text()[:12]),
	}
	l.over, l.ends = context.WithCancel(context.Background())
	l.clock.set(liveBegin.AddDate(0, 0, -7))
	l.server.SetClock(l.Now)
	l.server.Hasty(true)
	if l.folder, l.done, err = desk.Scratch(places, desk.ScratchRoom); err != nil {
		l.server.Close()
		return nil, err
	}
	if l.config, err = makeShop(filepath.Join(l.folder, "shop"), defaults, l.server); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Config is the config.yaml of the shop.
func (l *Live) Config() string { return l.config }

// Now is the time of the demo.
func (l *Live) Now() time.Time {
	if l.world != nil {
		return l.world.Now()
	}
	return l.clock.Now()
}

// Open opens the desk and lets the week before happen. o is what the desk is opened with, of the
// configuration in Config. Then the main number is linked, to the phone of the demo.
func (l *Live) Open(ctx context.Context, o desk.Options) (err error) {
	o.Now, o.Speed = l.Now, nightSpeed // what lasts for a person lasts by night too
	scan := o.Pair
	o.Pair = l.scanning(scan)
	if l.Desk, err = desk.Load(ctx, o); err != nil {
		return err
	}
	data := o.Config.Path(o.Config.Data)
	if l.Desk.Store, err = store.OpenScratch(ctx, data); err != nil {
		l.Desk = nil
		return err
	}
	if err := l.Desk.Introduce(ctx); err != nil {
		return err
	}
	if err := l.past(ctx); err != nil {
		return fmt.Errorf("the week before the demo: %w", err)
	}
	l.world = nil
	l.clock.set(liveBegin)
	after := l.scanAfter
	l.scanAfter = 0
	defer func() { l.scanAfter = after }()
	_, err = l.Desk.Link(ctx, mainNumber, "", func(phone string) desk.OpenPairing {
		return o.Pair(phone, func(bot.LinkStep) {})
	})
	return err
}

// Close ends everything and takes the folder away.
func (l *Live) Close() error {
	l.ends()
	var errs []error
	if l.Desk != nil {
		errs = append(errs, l.Desk.Close())
	}
	l.server.Close()
	l.scans.Wait()
	return errors.Join(append(errs, l.done())...)
}

// Link is what a browser is sent to behind the address of the page, to be let in.
func (l *Live) Link() string { return "/in?token=" + l.token }

// LetIn lets whoever has the link in, once. desk.ErrLinkOver: it was used, or is another.
func (l *Live) LetIn(ctx context.Context, token, address string) (desk.Login, error) {
	l.tokenOnce.Lock()
	defer l.tokenOnce.Unlock()
	if l.token == "" || subtle.ConstantTimeCompare([]byte(token), []byte(l.token)) != 1 {
		return desk.Login{}, desk.ErrLinkOver
	}
	login, err := l.Desk.LogIn(ctx, desk.LogIn{Name: l.Name, Password: l.Passes, Address: address})
	if err == nil {
		l.token = ""
	}
	return login, err
}

// scanning lets the phone of the demo take the codes that are shown.
func (l *Live) scanning(pair desk.OpenPairings) desk.OpenPairings {
	return func(phone string, tell func(bot.LinkStep)) desk.OpenPairing {
		number := mainNumber
		open := pair(phone, func(step bot.LinkStep) {
			tell(step)
			l.scan(number, phone, step)
		})
		return func(ctx context.Context, of string, wait bool) (desk.Pairing, error) {
			number = of
			return open(ctx, of, wait)
		}
	}
}

// scan takes a code, a moment later. A code that is over by then does nothing.
func (l *Live) scan(number, typesOn string, step bot.LinkStep) {
	if step.Kind != bot.LinkScan && step.Kind != bot.LinkType {
		return
	}
	after := l.scanAfter
	l.scans.Go(func() {
		timer := time.NewTimer(after)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-l.over.Done():
			return
		}
		if step.Kind == bot.LinkType {
			_ = l.server.AddPhone(typesOn).EnterCode(step.Code)
			return
		}
		_ = l.phone(number).Scan(step.Code)
	})
}

// phone is the phone of a number.
func (l *Live) phone(number string) *whatsapptest.Phone {
	if number == otherNumber {
		return l.server.AddPhone(otherPhone)
	}
	return l.server.Phone()
}

// past lets the week before happen, in a simulated world.
func (l *Live) past(ctx context.Context) error {
	n := l.Desk.Numbers[mainNumber]
	played := &play.Simulation{Desk: l.Desk, NumberName: mainNumber, Dir: l.Desk.Config.Path(l.Desk.Config.Data)}
	w := played.NewWorld(ctx, n, 90)
	p := &past{Live: l, w: w}
	w.Out = p.saw
	l.world = w
	if err := w.Advance(ctx, liveBegin.AddDate(0, 0, -7).Add(-5*time.Hour)); err != nil {
		return err
	}
	if err := p.hire(ctx); err != nil {
		return err
	}
	deeds := p.deeds(ctx)
	slices.SortStableFunc(deeds, func(a, b deed) int { return a.at.Compare(b.at) })
	for _, x := range deeds {
		if err := p.until(ctx, x.at); err != nil {
			return err
		}
		if err := x.do(); err != nil {
			return err
		}
	}
	return p.until(ctx, liveBegin)
}

// A past is the week before.
type past struct {
	*Live
	w       *sim.World
	got     []sim.Event // promotions that nobody has looked at yet
	written int
}

// A deed happens at a time.
type deed struct {
	at time.Time
	do func() error
}

func (p *past) saw(e sim.Event) {
	if e.Kind == bot.SayBroadcast {
		p.got = append(p.got, e)
	}
}

// until moves the clock. Of four people who got something three look at it.
func (p *past) until(ctx context.Context, at time.Time) error {
	if err := p.w.Advance(ctx, at); err != nil {
		return err
	}
	got := p.got
	p.got = nil
	for i, e := range got {
		if i%4 != 3 {
			if err := p.w.Read(ctx, e.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *past) writes(ctx context.Context, who person, says string) error {
	p.written++
	_, err := p.w.Write(ctx, bot.Message{
		ID: fmt.Sprintf("PAST%08d", p.written), Identities: []bot.Identity{{Kind: bot.Phone, Value: who.phone}},
		Name: who.name, Kind: bot.KindText, Text: says, At: p.w.Now(),
	})
	return err
}

// hire lets the people of the shop in. Whoever looks at the demo is the owner.
func (p *past) hire(ctx context.Context) error {
	link, err := p.Desk.AddOperator(ctx, p.Name, desk.Owner, nil)
	if err != nil {
		return err
	}
	if _, err := p.Desk.SetPassword(ctx, link.Token, p.Passes, "127.0.0.1"); err != nil {
		return err
	}
	if _, err := p.Desk.EndSessions(ctx, p.Name); err != nil {
		return err
	}
	as := desk.As(ctx, desk.Who{Name: p.Name, Via: desk.ViaWeb, Role: desk.Owner, Fresh: true})
	for _, who := range []struct {
		name string
		role desk.Role
	}{{"marta", desk.Editor}, {"tomas", desk.Viewer}} {
		if _, err := p.Desk.AddOperator(as, who.name, who.role, nil); err != nil {
			return err
		}
	}
	return nil
}

// asMarta is for what she does at the page. She answers people.
func asMarta(ctx context.Context) context.Context {
	return desk.As(ctx, desk.Who{Name: "marta", Via: desk.ViaWeb, Role: desk.Editor, Fresh: true})
}

// deeds are all that happened in the week before.
func (p *past) deeds(ctx context.Context) (all []deed) {
	monday := liveBegin.AddDate(0, 0, -8).Truncate(24 * time.Hour)
	at := func(day, hour, minute int) time.Time {
		return monday.AddDate(0, 0, day).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	}
	says := func(when time.Time, who person, text string) {
		all = append(all, deed{when, func() error { return p.writes(ctx, who, text) }})
	}
	crowd := people()
	for i, who := range crowd {
		begins := at(1+i%3, 9+i/3, 10+7*(i%5)) // Tuesday to Thursday
		if i >= 30 {
			begins = at(5+3*(i%2), 8+(i-30)/4, 10+9*(i%5)) // Saturday and this Tuesday
		}
		if i%15 == 14 { // they never ask
			says(begins, who, hello[who.language])
			continue
		}
		for j, text := range who.joins(i) {
			says(begins.Add(time.Duration(j)*time.Minute), who, text)
		}
	}
	says(at(4, 12, 50), crowd[0], thanks[crowd[0].language])
	says(at(4, 13, 20), crowd[5], leaves[crowd[5].language])
	says(at(4, 14, 5), crowd[9], asks[crowd[9].language])
	says(at(8, 11, 50), crowd[35], leaves[crowd[35].language])
	says(at(8, 12, 10), crowd[12], somebody[crowd[12].language])
	says(at(8, 12, 35), crowd[7], asks[crowd[7].language])
	says(at(8, 12, 48), crowd[18], somebody[crowd[18].language])
	return append(all,
		deed{at(4, 11, 0), func() error { return p.send(ctx, broadcast, p.w.Now().Add(time.Minute)) }}, // what is due now is not looked for
		deed{at(4, 14, 40), func() error { return p.reply(ctx, crowd[0], sees) }},
		deed{at(4, 15, 0), func() error { return p.reply(ctx, crowd[9], marta) }},
		deed{at(7, 16, 0), func() error { return p.w.OptOut(ctx, crowd[32].phone, "said so at the till") }},
		deed{at(8, 11, 45), func() error { return p.w.TakeOver(ctx, crowd[20].phone) }},
		deed{at(8, 12, 0), func() error { return p.arm(ctx, "new-shoes") }},
		deed{at(8, 12, 1), func() error { return p.arm(ctx, "saturday") }},
	)
}

// send sends a draft at a time, whatever the draft says.
func (p *past) send(ctx context.Context, name string, due time.Time) error {
	draft, err := p.Desk.Files.Draft(ctx, name, p.Desk.Machine(mainNumber).Flow)
	if err != nil {
		return err
	}
	_, err = p.Desk.Store.Arm(ctx, bot.Occurrence{
		Number: mainNumber, Broadcast: name, Key: "demo", DueAt: due, ArmedAt: p.w.Now(), Content: string(draft.Source), Version: draft.Version,
	})
	return err
}

// arm arms a draft as whoever looks would.
func (p *past) arm(ctx context.Context, name string) error {
	ctx = desk.As(ctx, desk.Who{Name: p.Name, Via: desk.ViaWeb, Role: desk.Owner, Fresh: true})
	seen, err := p.Desk.Preview(ctx, mainNumber, name, desk.PreviewOptions{})
	if err != nil {
		return err
	}
	_, err = p.Desk.Schedule(ctx, mainNumber, name, desk.ScheduleOptions{}, seen.Version)
	return err
}

func (p *past) reply(ctx context.Context, to person, says map[string]string) error {
	_, err := p.Desk.Reply(asMarta(ctx), mainNumber, to.phone, says[to.language])
	return err
}

// What Marta answers to a question, and to thanks, by language.
var (
	marta = map[string]string{
		"en": "Yes, we have! Shall I keep a pair for you?", "pt": "Temos, sim! Quer que eu guarde um par?", "es": "¡Sí, tenemos! ¿Te guardo un par?",
	}
	sees = map[string]string{"en": "See you soon!", "pt": "Até logo!", "es": "¡Hasta pronto!"}
)

// Goes lets the crowd live on until ctx is done.
func (l *Live) Goes(ctx context.Context, log *slog.Logger) {
	c := newLiving(l, log)
	ticker := time.NewTicker(crowdLook)
	defer ticker.Stop()
	for {
		c.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
