package demo

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"optinbot/bot"
	"optinbot/bot/sim"
	"optinbot/bot/text"
	"optinbot/store"
)

// write lets a customer write. Of most people it only counts that they do.
func (d *performance) write(ctx context.Context, c customer, s said) error {
	d.folded = !c.shown && (s.minute < 55 || d.paced() && c.name != tooLate)
	switch {
	case !d.folded:
		d.interrupts()
		if d.writing != c.name {
			d.gap()
			if c.note != "" && d.writing != c.name && s == c.says[0] {
				d.says(ctx, "", c.note, d.paint.Dim)
			}
		}
		colour := d.paint.Bold
		if s.minute > 60 && s.kind == "" {
			colour = d.paint.Red // they stop
		}
		d.says(ctx, d.clock()+" ", c.name+" > "+cmp.Or(s.text, "["+string(s.kind)+"]"), colour)
	case !d.paced() && d.writing != "":
		d.gap()
		d.says(ctx, "", "... and more people: "+c.name+" and others ask for promotions, choose, and one asks to stop ...", d.paint.Dim)
	}
	d.writing, d.about = c.name, c.name
	if d.folded {
		d.writing = ""
	}
	if err := d.line.write(ctx, c.phone, c.name, cmp.Or(s.text, "¿puedo salir?"), s.kind); err != nil {
		return err
	}
	return d.countSignups(ctx)
}

// tooLate leaves before it is his turn.
const tooLate = "João"

// countSignups tells how many people wrote, while they are only counted.
func (d *performance) countSignups(ctx context.Context) error {
	if !d.folded || len(d.became) > 0 {
		return nil
	}
	by, err := d.Store.CountConsents(ctx, d.NumberName)
	if err != nil {
		return err
	}
	d.counts(ctx, fmt.Sprintf("%s More people write: %d by now, %d subscribed, %d did not ask, %d stopped.",
		d.clock(), by[bot.Subscribed]+by[bot.Pending]+by[bot.New]+by[bot.Unsubscribed], by[bot.Subscribed], by[bot.Pending]+by[bot.New], by[bot.Unsubscribed]))
	return nil
}

func (d *performance) clock() string { return d.paint.Dim(d.World.Now().Format("15:04")) }

// show shows what the bot does.
func (d *performance) show(ctx context.Context, e sim.Event) {
	name := d.names[e.Contact.Phone()]
	switch {
	case e.Held != "":
		d.became[name], d.waited[name] = "waiting", e.Held
	case e.Skip != "":
		d.became[name] = "left out"
	case e.Kind == bot.SayBroadcast:
		d.became[name] = "sent"
	}
	if d.paced() && len(d.became) > 0 && !d.inFull(name, e) {
		d.countDeliveries(ctx)
		return
	}
	if d.folded && !(d.paced() && len(d.became) > 0) {
		return
	}
	d.interrupts()
	if e.Held == "" && e.Skip == "" && e.Kind != bot.SayBroadcast && d.about != name {
		d.says(ctx, d.clock()+" ", "to "+name+":", d.paint.Green)
	}
	d.about = name
	switch {
	case e.Held != "":
		d.says(ctx, d.clock()+" ", fmt.Sprintf("%s has to wait, %s", name, e.Held.Info().Says), d.paint.Yellow)
	case e.Skip != "":
		d.says(ctx, d.clock()+" ", fmt.Sprintf("%s is left out, %s", name, e.Skip.Info().Says), d.paint.Yellow)
	case e.Kind == bot.SayBroadcast:
		body := text.Fit(e.Text, 110)
		if d.paced() {
			body = text.Line(strings.ReplaceAll(e.Text, "\n\n", " "))
		}
		d.says(ctx, d.clock()+" ", fmt.Sprintf("to %s: %s", name, body), d.paint.Green)
	case e.Kind == bot.SayCard:
		d.says(ctx, "      ", "< [contact card: "+text.Line(e.Text)+"]", d.paint.Green)
	default:
		d.says(ctx, "      ", "< "+d.body(e.Text), d.paint.Green)
	}
	if d.paced() && len(d.became) > 0 {
		d.countDeliveries(ctx)
	}
}

// inFull reports whether something that happens while the broadcast goes out is shown in full at
// reading pace: what the three people get whose chats are shown, and what is said to whoever leaves
// too late or too early.
func (d *performance) inFull(name string, e sim.Event) bool {
	if e.Kind == bot.SayGoodbye {
		return !d.folded
	}
	for _, c := range d.cast {
		if c.name == name {
			return c.shown && e.Kind == bot.SayBroadcast
		}
	}
	return false
}

// countDeliveries tells how far the broadcast has come.
func (d *performance) countDeliveries(ctx context.Context) {
	by := map[string]int{}
	for _, became := range d.became {
		by[became]++
	}
	d.counts(ctx, fmt.Sprintf("%s %d sent, %d waiting, %d not sent", d.clock(), by["sent"], by["waiting"],
		by["left out"]))
}

// body is a message as it is shown under who wrote. At reading pace its options are in one line.
func (d *performance) body(said string) string {
	said = text.Lines(said)
	if !d.paced() {
		return strings.ReplaceAll(said, "\n", "\n        ")
	}
	question, options, found := strings.Cut(said, "\n\n")
	if found {
		question += "\n        " + strings.ReplaceAll(strings.ReplaceAll(options, "  ", " "), "\n", "   ")
	}
	return question
}

// closing shows who got it, who did not, and why, and the ledger.
func (d *performance) closing(ctx context.Context) error {
	rows, got, occurrence, err := d.outcomes(ctx)
	if err != nil {
		return err
	}
	tables := func() error {
		d.heading(ctx, fmt.Sprintf("\nWho got %s, and who did not (%s wrote, %d got it):", broadcast,
			text.People(len(rows)-1), got))
		return d.table(ctx, rows)
	}
	if !d.paced() { // where nothing scrolls away, the table comes first
		if err := tables(); err != nil {
			return err
		}
	}
	d.gap()
	state, figures, _, err := d.Store.Guard(ctx, occurrence, d.World.Now())
	if err != nil {
		return err
	}
	if state.Notified != bot.GuardCalm {
		d.says(ctx, "", fmt.Sprintf("The guard watches how people react, and %s the broadcast: %d of the %d who got "+
			"it stopped. Three would pause it.",
			state.Notified, figures.People, figures.Sent), nil)
	}
	v, err := d.Store.Verify(ctx, d.NumberName, "")
	if err != nil || !v.Holds() {
		return fmt.Errorf("the ledger does not hold: %v %w", v.Problems, err)
	}
	d.says(ctx, "", fmt.Sprintf("Who asked, who stopped, and in which words is in the ledger: %d entries, checked, "+
		"and none was changed.", v.Entries), nil)
	sent, err := d.line.once()
	if err != nil {
		return err
	}
	d.says(ctx, "", fmt.Sprintf("Nothing left this computer: %s. Each of %d messages reached its phone exactly once.",
		d.line.words().ends, sent), nil)
	if d.paced() {
		d.reads(ctx)
		if err := tables(); err != nil {
			return err
		}
	}
	d.says(ctx, "", "Next: talk to it with `optinbot chat`; `optinbot init my-shop` makes it yours.", nil)
	return nil
}

// outcomes are the rows of the closing table, how many people got the broadcast, and its
// occurrence.
func (d *performance) outcomes(ctx context.Context) (rows [][]string, got int, occurrence int64, err error) {
	occurrences, err := d.Store.Occurrences(ctx, d.NumberName, broadcast)
	if err != nil || len(occurrences) != 1 {
		return nil, 0, 0, fmt.Errorf("the demo's broadcast is not there: %w", err)
	}
	occurrence = occurrences[0].ID
	rows = [][]string{{"WHO", "SUBSCRIBED", "GOT IT", "WHY"}}
	err = d.Store.Contacts(ctx, d.NumberName, "", func(c *bot.Contact) error {
		delivery, err := d.Store.Delivery(ctx, occurrence, c.ID)
		if err != nil || delivery == nil {
			return err
		}
		answer, why := d.verdict(c, delivery)
		if answer == "yes" {
			got++
		}
		rows = append(rows, []string{c.Name, cmp.Or(consents[c.Consent], "no"), answer, why})
		return nil
	})
	return rows, got, occurrence, err
}

// consents says of a contact whether they are subscribed.
var consents = map[bot.Consent]string{bot.Subscribed: "yes", bot.Unsubscribed: "stopped"}

// verdict says in a few words what became of a delivery.
func (d *performance) verdict(c *bot.Contact, x *store.Delivery) (answer, why string) {
	why = cmp.Or(reasons[x.Reason], x.Reason.Info().Says)
	switch {
	case x.Status.Sent():
		why = "at " + x.ClaimedAt.Format("15:04") + waits[d.waited[c.Name]]
		if c.Consent == bot.Unsubscribed {
			why += ", and stopped after it"
		}
		return "yes", why
	case x.Status == bot.DeliveryVoided:
		return "no", "stopped at " + x.DoneAt.Format("15:04") + ", before it was their turn"
	case x.Status == bot.DeliveryHeld:
		return "not yet", why
	}
	return "no", why
}

// waits say after what somebody got it who had to wait.
var waits = map[bot.Reason]string{
	bot.QuietHours:   ", when it was day where they live",
	bot.QuestionOpen: ", when no question was open",
}

// reasons are reasons as short as the closing table needs them.
var reasons = map[bot.Reason]string{
	bot.NotSubscribed:        "never asked for promotions",
	bot.SkippedUnsubscribed:  "had asked to stop",
	bot.HumanTakeover:        "somebody from the shop is writing with them",
	bot.UnsureStop:           "may want to stop: was asked, no answer yet",
	bot.UndecryptableMessage: "sent something unreadable: it may be a stop",
}
