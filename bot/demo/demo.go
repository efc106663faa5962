// Package demo shows the whole story of a shop in half a minute: a crowd, a broadcast, who got it,
// and why. It prints to what it is given.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"optinbot/bot"
	"optinbot/bot/cloud/cloudtest"
	"optinbot/bot/desk"
	"optinbot/bot/play"
	"optinbot/bot/play/online"
	"optinbot/bot/sim"
	"optinbot/bot/text"
)

// Options say where the demo is shown, and how.
type Options struct {
	Desk  desk.Options // its configuration is the one built in
	Out   io.Writer
	Paint text.Paint
	Pace  *Pace // nil: everything comes at once
	// Cloud plays it on Meta's Cloud API. The configuration is changed for that.
	Cloud bool
	// Table prints rows in columns. The first row is the heading.
	Table func(w io.Writer, rows [][]string) error
}

// Play plays a day of a shop: real flow, real store, real limits, real client. The people are
// simulated, WhatsApp's server is a test server in this process, and the clock is moved. It shows
// the same each time, and returns an error where a message did not reach its phone exactly once. It
// may be repeated.
func Play(ctx context.Context, o Options) error {
	open := newWire
	if o.Cloud {
		srv := cloudtest.NewServer()
		defer srv.Close()
		online.Configure(o.Desk.Config, srv)
		open = func(_ context.Context, s *play.Simulation) (line, error) { return newCloudLine(srv, s) }
	}
	s, err := play.Simulate(ctx, o.Desk, "", 90)
	if err != nil {
		return err
	}
	w, err := open(ctx, s)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	d := &performance{
		Simulation: s, line: w, cast: crowd(),
		telling: &telling{out: o.Out, paint: o.Paint, pace: o.Pace, columns: o.Table},
		names:   map[string]string{}, became: map[string]string{}, waited: map[string]bot.Reason{},
	}
	if o.Cloud {
		d.cast = onCloud(d.cast)
	}
	s.World.Out = func(e sim.Event) { d.show(ctx, e) }
	return errors.Join(d.play(ctx), w.close(), s.Close())
}

// begin is a Monday afternoon in Madrid, midday in São Paulo, morning in New York.
var begin = time.Date(2026, 3, 2, 14, 30, 0, 0, time.UTC)

const broadcast = "weekend-offer"

// A customer is one simulated person and what they write, and when: minutes after the start.
type customer struct {
	name, phone string
	says        []said
	shown       bool   // their chat is shown, of the others only that they chat
	note        string // what to look at in it
}

type said struct {
	minute int
	text   string
	kind   bot.Kind // text unless set
}

// crowd is the day's cast. The broadcast is due at minute 60 and takes a promotion every 36
// seconds.
func crowd() []customer {
	people := []customer{
		{name: "Ana", phone: "+12125550101", shown: true, says: []said{{0, "hello?", ""}, {1, "I want promotions!", ""},
			{2, "A and C", ""}, {3, "b", ""}}},
		{name: "Rui", phone: "+5511900000002", shown: true,
			note: "Rui misspells it, so the bot asks before it subscribes him:", says: []said{{5, "qero promoçoes", ""},
				{6, "sim", ""}, {7, "sapatos e bolsas", ""}, {8, "A", ""}}},
		{name: "Lucía", phone: "+34600000003", shown: true, says: []said{{10, "Quiero promociones 😊", ""},
			{11, "todo", ""}, {12, "C", ""}, {62, "BASTA!!", ""}}},
		{name: "Moe", phone: "+12125550104", says: []said{{13, "hmm", ""}, {14, "how much is the red bag", ""},
			{15, "ok whatever", ""}}},
		{name: "Téo", phone: "+5511900000005", says: []said{{16, "quero promoções", ""}, {17, "A", ""}, {18, "a", ""},
			{63, "2", ""}}},
		{name: "Kim", phone: "+12125550106", says: []said{{19, "I want promotions", ""}, {20, "B", ""}, {21, "C", ""},
			{61, "could you send fewer messages?", ""}}},
		{name: "Zoe", phone: "+12125550107", says: []said{{22, "I want promotions", ""}, {23, "all", ""},
			{24, "B", ""}}},
		{name: "Caio", phone: "+5511900000008", says: []said{{25, "quero promoções", ""}, {26, "sapatos", ""},
			{27, "A", ""}, {28, "me tira da lista", ""}}},
		{name: "Ivy", phone: "+12125550109", says: []said{{58, "I want promotions", ""}}},
		{name: "Noah", phone: "+61400000010", says: []said{{29, "I want promotions", ""}, {30, "C D", ""},
			{31, "A", ""}}},
		{name: "Pia", phone: "+34600000011", says: []said{{32, "quiero promociones", ""}, {33, "bolsos y ropa", ""},
			{34, "B", ""}, {61, "", bot.KindUndecryptable}}},
		{name: "Sam", phone: "+12125550112", says: []said{{35, "hi", ""}}},
	}
	for i, name := range []string{"Bia", "Davi", "Eva", "Gil", "Hugo", "Inês", "João", "Lara"} {
		m := 36 + 2*i
		says := []said{{m, "Quero promoções", ""}, {m, []string{"A", "B C", "tudo", "bolsas"}[i%4], ""},
			{m + 1, "ABC"[i%3 : i%3+1], ""}}
		if name == "João" {
			says = append(says, said{63, "não quero mais", ""}) // before it is his turn
		}
		people = append(people, customer{name: name, phone: fmt.Sprintf("+55119000000%d", 20+i), says: says})
	}
	return people
}

// A performance is the demo while it is played.
type performance struct {
	*play.Simulation
	*telling
	line    line
	cast    []customer
	names   map[string]string     // phone -> name
	became  map[string]string     // name -> what became of the promotion to them: sent, waiting, left out
	waited  map[string]bot.Reason // name -> why they had to wait
	folded  bool                  // what is said now is counted only
	writing string                // who wrote last
	about   string                // whom the last line was about
}

// An act is one thing that happens at a minute.
type act struct {
	minute int
	do     func() error
}

func (d *performance) play(ctx context.Context) error {
	if err := d.link(ctx); err != nil {
		return err
	}
	d.heading(ctx, "A Monday at "+d.CardName(d.NumberName)+". People write to its number; the bot never writes first.")
	if begins := d.line.words().begins; begins != "" {
		d.says(ctx, "", begins, d.paint.Dim)
	}
	d.says(ctx, "", "`Ana >` is what a customer writes, `<` what the bot answers. Times are UTC.", d.paint.Dim)
	acts := d.acts(ctx)
	slices.SortStableFunc(acts, func(a, b act) int { return a.minute - b.minute })
	for _, x := range acts {
		if err := d.line.advance(ctx, begin.Add(time.Duration(x.minute)*time.Minute)); err != nil {
			return err
		}
		if err := x.do(); err != nil {
			return err
		}
	}
	d.folded = true
	if err := d.line.advance(ctx, begin.Add(11*time.Hour)); err != nil {
		return err
	}
	d.counted()
	return d.closing(ctx)
}

// link starts the clock and links the number, which the world takes for one that was first linked
// long ago.
func (d *performance) link(ctx context.Context) error {
	if err := d.line.advance(ctx, begin); err != nil {
		return err
	}
	account, phone, err := d.line.connect(ctx)
	if err != nil {
		return err
	}
	return d.Store.Linked(ctx, d.NumberName, account, phone, d.World.Now())
}

func (d *performance) acts(ctx context.Context) []act {
	var acts []act
	for _, c := range d.cast {
		d.names[c.phone] = c.name
		for _, s := range c.says {
			acts = append(acts, act{s.minute, func() error { return d.write(ctx, c, s) }})
		}
	}
	headed := func(minute int, heading string, do func() error) act {
		return act{minute, func() error {
			d.counted()
			d.folded = false
			d.heading(ctx, "\n"+heading)
			return do()
		}}
	}
	return append(acts,
		headed(55, "The owner schedules the broadcast "+broadcast+" for 15:30.",
			func() error { return d.schedule(ctx) }),
		headed(56, d.line.words().takesOver, func() error {
			return d.line.takeOver(ctx, d.phoneOf("Zoe"),
				"Hi Zoe, the boots you asked about are in. Shall I keep a pair for you?")
		}),
		headed(57, "Gil says at the till that he wants no more offers: `optinbot optout PHONE`.", func() error {
			return d.World.OptOut(ctx, "+5511900000023", "said so at the till")
		}),
		headed(59, "15:30: it goes out, "+d.line.words().pace+", only to people subscribed just then.",
			func() error { return nil }),
	)
}

func (d *performance) schedule(ctx context.Context) error {
	draft, err := d.Files.Draft(ctx, broadcast, d.Machine(d.NumberName).Flow)
	if err != nil {
		return err
	}
	o, err := d.line.armed(ctx, bot.Occurrence{
		Number: d.NumberName, Broadcast: broadcast, Key: "demo", DueAt: begin.Add(time.Hour), ArmedAt: d.World.Now(),
		Content: string(draft.Source), Version: draft.Version,
	})
	if err == nil {
		_, err = d.Store.Arm(ctx, o)
	}
	return err
}

func (d *performance) phoneOf(name string) string {
	i := slices.IndexFunc(d.cast, func(c customer) bool { return c.name == name })
	return d.cast[i].phone
}
