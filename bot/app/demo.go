package app

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/sim"
	"optinbot/bot/text"
	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/store"
)

// DemoCmd is `demo`.
type DemoCmd struct{}

// Example is shown by --help.
func (DemoCmd) Example() string { return "optinbot demo" }

// Run plays a day of a shop: real flow, real store, real limits, real client; the people are simulated, WhatsApp's server is
// a test server in this process, and the clock is moved.
func (DemoCmd) Run(a *App) (err error) {
	if a.config, err = builtInConfig(a.defaults); err != nil { // whatever lies in this folder
		return err
	}
	s, err := a.simulate("", 90)
	if err != nil {
		return err
	}
	w, err := newWire(s)
	if err != nil {
		return errors.Join(err, s.close())
	}
	d := &demo{simulation: s, wire: w, paint: a.paint(), names: map[string]string{}}
	s.world.Out = d.show
	return errors.Join(d.play(), w.close(), s.close())
}

// demoStart is a Monday afternoon in Madrid, midday in São Paulo, morning in New York.
var demoStart = time.Date(2026, 3, 2, 14, 30, 0, 0, time.UTC)

const demoBroadcast = "weekend-offer"

// A customer is one simulated person and what they write, and when: minutes after the start.
type customer struct {
	name, phone string
	says        []said
	shown       bool // their chat is shown, of the others only that they chat
}

type said struct {
	minute int
	text   string
	kind   bot.Kind // text unless set
}

// crowd is the day's cast. The broadcast is due at minute 60 and takes a promotion every 36 seconds.
func crowd() []customer {
	people := []customer{
		{name: "Ana", phone: "+5511900000001", shown: true, says: []said{{0, "oi", ""}, {1, "quero promoções!", ""}, {2, "A e C", ""}, {3, "b", ""}}},
		{name: "Bob", phone: "+12125550102", shown: true, says: []said{{4, "hello?", ""}, {5, "i wnat promotions", ""}, {6, "yes", ""}, {7, "shoes and bags", ""}, {8, "A", ""}}},
		{name: "Lucía", phone: "+34600000003", shown: true, says: []said{{9, "hola", ""}, {10, "Quiero promociones 😊", ""}, {11, "todo", ""}, {12, "C", ""}, {62, "BASTA!!", ""}}},
		{name: "Moe", phone: "+12125550104", shown: true, says: []said{{13, "hmm", ""}, {14, "how much is the red bag", ""}, {15, "ok whatever", ""}}},
		{name: "Rui", phone: "+5511900000005", says: []said{{16, "quero promoções", ""}, {17, "A", ""}, {18, "a", ""}, {63, "2", ""}}},
		{name: "Kim", phone: "+12125550106", says: []said{{19, "I want promotions", ""}, {20, "B", ""}, {21, "C", ""}, {61, "could you send fewer messages?", ""}}},
		{name: "Zoe", phone: "+12125550107", says: []said{{22, "I want promotions", ""}, {23, "all", ""}, {24, "B", ""}}},
		{name: "Caio", phone: "+5511900000008", says: []said{{25, "quero promoções", ""}, {26, "sapatos", ""}, {27, "A", ""}, {28, "me tira da lista", ""}}},
		{name: "Ivy", phone: "+12125550109", says: []said{{58, "I want promotions", ""}}},
		{name: "Noah", phone: "+61400000010", says: []said{{29, "I want promotions", ""}, {30, "C D", ""}, {31, "A", ""}}},
		{name: "Pia", phone: "+34600000011", says: []said{{32, "quiero promociones", ""}, {33, "bolsos y ropa", ""}, {34, "B", ""}, {61, "", bot.KindUndecryptable}}},
		{name: "Sam", phone: "+12125550112", says: []said{{35, "hi", ""}}},
	}
	for i, name := range []string{"Bia", "Davi", "Eva", "Gil", "Hugo", "Inês", "João", "Lara"} {
		m := 36 + 2*i
		says := []said{{m, "Quero promoções", ""}, {m, []string{"A", "B C", "tudo", "bolsas"}[i%4], ""}, {m + 1, "ABC"[i%3 : i%3+1], ""}}
		if name == "João" {
			says = append(says, said{63, "não quero mais", ""}) // before it is his turn
		}
		people = append(people, customer{name: name, phone: fmt.Sprintf("+55119000000%d", 20+i), says: says})
	}
	return people
}

// demo is one performance.
type demo struct {
	*simulation
	wire    *wire
	paint   paint
	names   map[string]string // phone -> name
	quiet   bool              // the chat of somebody who is not shown
	writing string            // who wrote last
	about   string            // whom the last line was about
}

// An act is one thing that happens at a minute.
type act struct {
	minute int
	do     func() error
}

func (d *demo) play() error {
	if err := d.link(); err != nil {
		return err
	}
	fmt.Fprintln(d.app.out, d.paint.bold("A Monday at "+d.cardName(d.number)+".")+" People write to its number; nobody is written to first.")
	acts := d.acts()
	slices.SortStableFunc(acts, func(a, b act) int { return a.minute - b.minute })
	for _, x := range acts {
		if err := d.wire.advance(d.app.ctx, demoStart.Add(time.Duration(x.minute)*time.Minute)); err != nil {
			return err
		}
		if err := x.do(); err != nil {
			return err
		}
	}
	d.quiet = true
	if err := d.wire.advance(d.app.ctx, demoStart.Add(11*time.Hour)); err != nil {
		return err
	}
	return d.closing()
}

// link starts the clock and links the number, which the world takes for one that was first linked long ago.
func (d *demo) link() error {
	if err := d.wire.advance(d.app.ctx, demoStart); err != nil {
		return err
	}
	jid, err := d.wire.connect(d.app.ctx)
	if err != nil {
		return err
	}
	return d.store.Linked(d.app.ctx, d.number, jid, whatsapptest.DefaultPhone, d.world.Now())
}

func (d *demo) acts() []act {
	var acts []act
	for _, c := range crowd() {
		d.names[c.phone] = c.name
		for _, s := range c.says {
			acts = append(acts, act{s.minute, func() error { return d.write(c, s) }})
		}
	}
	return append(acts,
		act{55, func() error {
			return d.heading("The owner schedules the broadcast "+demoBroadcast+" for 15:30 UTC.", d.schedule)
		}},
		act{56, func() error {
			return d.heading("On the business phone the owner answers Zoe in person; the bot leaves that chat to them.", func() error {
				return d.wire.takeOver(d.app.ctx, "+12125550107", "Hi Zoe, the boots you asked about are in. Shall I keep a pair for you?")
			})
		}},
		act{57, func() error {
			return d.heading("Gil says in the shop that he wants no more of it: `optinbot optout PHONE --reason ...`", func() error {
				return d.world.OptOut(d.app.ctx, "+5511900000023", "said so at the till")
			})
		}},
		act{59, func() error {
			d.quiet = false
			return d.heading("15:30: it goes out, one every 36 seconds, each to who is subscribed at that very moment.", nil)
		}},
	)
}

func (d *demo) heading(text string, do func() error) error {
	fmt.Fprintln(d.app.out, "\n"+d.paint.bold(text))
	if do == nil {
		return nil
	}
	return do()
}

func (d *demo) schedule() error {
	draft, err := d.app.draft(demoBroadcast, d.machine(d.number).Flow)
	if err != nil {
		return err
	}
	_, err = d.store.Arm(d.app.ctx, bot.Occurrence{
		Number: d.number, Broadcast: demoBroadcast, Key: "demo", DueAt: demoStart.Add(time.Hour), ArmedAt: d.world.Now(),
		Content: string(draft.Source), Version: draft.Version,
	})
	return err
}

func (d *demo) write(c customer, s said) error {
	d.quiet = !c.shown && s.minute < 55
	if !d.quiet {
		if d.writing != c.name {
			fmt.Fprintln(d.app.out)
		}
		fmt.Fprintf(d.app.out, "%s %s\n", d.clock(), d.paint.bold(fmt.Sprintf("%s > %s", c.name, cmp.Or(s.text, "["+string(s.kind)+"]"))))
	} else if d.writing != "" {
		fmt.Fprintln(d.app.out, d.paint.dim("\n... and more people: "+c.name+" and others ask for promotions, choose, and one asks to stop ..."))
	}
	d.writing, d.about = c.name, c.name
	if d.quiet {
		d.writing = ""
	}
	return d.wire.write(d.app.ctx, c.phone, c.name, cmp.Or(s.text, "¿puedo salir?"), s.kind)
}

func (d *demo) clock() string { return d.paint.dim(d.world.Now().Format("15:04")) }

func (d *demo) show(e sim.Event) {
	if d.quiet {
		return
	}
	name := d.names[e.Contact.Phone()]
	if e.Held == "" && e.Skip == "" && e.Kind != bot.SayBroadcast && d.about != name {
		fmt.Fprintf(d.app.out, "%s %s\n", d.clock(), d.paint.green("to "+name+":"))
	}
	d.about = name
	switch {
	case e.Held != "":
		fmt.Fprintf(d.app.out, "%s %s\n", d.clock(), d.paint.yellow(fmt.Sprintf("%s has to wait, %s", name, e.Held.Info().Says)))
	case e.Skip != "":
		fmt.Fprintf(d.app.out, "%s %s\n", d.clock(), d.paint.yellow(fmt.Sprintf("%s is left out, %s", name, e.Skip.Info().Says)))
	case e.Kind == bot.SayBroadcast:
		fmt.Fprintf(d.app.out, "%s %s\n", d.clock(), d.paint.green(fmt.Sprintf("to %s: %s", name, text.Fit(e.Text, 110))))
	case e.Kind == bot.SayCard:
		fmt.Fprintf(d.app.out, "      %s\n", d.paint.green("< [contact card: "+text.Line(e.Text)+"]"))
	default:
		fmt.Fprintf(d.app.out, "      %s\n", d.paint.green("< "+strings.ReplaceAll(text.Lines(e.Text), "\n", "\n        ")))
	}
}

// closing is the closing table: who got it, who did not, and why; and the ledger.
func (d *demo) closing() error {
	occurrences, err := d.store.Occurrences(d.app.ctx, d.number, demoBroadcast)
	if err != nil || len(occurrences) != 1 {
		return fmt.Errorf("the demo's broadcast is not there: %w", err)
	}
	rows := [][]string{{"WHO", "CONSENT NOW", "GOT IT", "WHY"}}
	got := 0
	err = d.store.Contacts(d.app.ctx, d.number, "", func(c *bot.Contact) error {
		delivery, err := d.store.Delivery(d.app.ctx, occurrences[0].ID, c.ID)
		if err != nil || delivery == nil {
			return err
		}
		answer, why := d.verdict(delivery)
		if answer == "yes" {
			got++
		}
		rows = append(rows, []string{c.Name, string(c.Consent), answer, why})
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(d.app.out, "\n"+d.paint.bold(fmt.Sprintf("Who got %s, and who did not (%s wrote, %d got it):", demoBroadcast, people(len(rows)-1), got)))
	if err := table(d.app.out, rows); err != nil {
		return err
	}
	state, figures, _, err := d.store.Guard(d.app.ctx, occurrences[0].ID, d.world.Now())
	if err != nil {
		return err
	}
	if state.Told != bot.GuardCalm {
		fmt.Fprintf(d.app.out, "\nThe guard %s the broadcast: %d of %d people reacted badly. It pauses when it is three and more than chance; a longer "+
			"list gets it in steps, fifty people first.\n", state.Told, figures.People, figures.Sent)
	}
	v, err := d.store.Verify(d.app.ctx, d.number, "")
	if err != nil || len(v.Problems) > 0 {
		return fmt.Errorf("the ledger does not hold: %v %w", v.Problems, err)
	}
	fmt.Fprintf(d.app.out, "\nEvery change of consent is in the ledger with its proof: %d entries, chained and verified.\n", v.Entries)
	sent, err := d.wire.once()
	if err != nil {
		return err
	}
	fmt.Fprintf(d.app.out, "All of it went through the real WhatsApp client, to a WhatsApp server inside this process: %d messages of the bot, "+
		"each encrypted for its receiver, and decrypted there exactly once. What is printed above is what they received.\n", sent)
	fmt.Fprintln(d.app.out, "Next: `optinbot chat` to talk to it yourself, `optinbot init my-shop` to make it yours.")
	return nil
}

// verdict says in a few words what became of a delivery.
func (d *demo) verdict(x *store.Delivery) (answer, why string) {
	switch {
	case x.Status.Sent():
		return "yes", fmt.Sprintf("at %s UTC, variant %d", x.ClaimedAt.Format("15:04"), x.Variant)
	case x.Status == bot.DeliveryVoided:
		return "no", "left at " + x.DoneAt.Format("15:04") + ", before it was their turn"
	case x.Status == bot.DeliveryHeld:
		return "not yet", x.Reason.Info().Says
	}
	return "no", x.Reason.Info().Says
}
