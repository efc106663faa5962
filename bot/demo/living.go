package demo

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/whatsapp/whatsapptest"
)

// crowdLook is how often it is looked what the crowd does next.
const crowdLook = 100 * time.Millisecond

// A living is the crowd of a Live while it goes on.
type living struct {
	*Live
	log    *slog.Logger
	zone   *time.Location
	next   []deed            // what they are about to do
	known  map[string]person // by phone
	read   map[string]int    // how much somebody has read, by phone
	got    int               // promotions that have come to somebody
	came   int               // newcomers
	comes  time.Time         // the next one
	helps  time.Time         // when Marta looks who waits
	looked time.Time         // when it was looked whether a broadcast may be taken back, by the machine's clock
	told   map[string]bool   // the numbers whose phone has sent its history
}

func newLiving(l *Live, log *slog.Logger) *living {
	c := &living{Live: l, log: log, known: map[string]person{}, read: map[string]int{}, told: map[string]bool{}, zone: l.Desk.Limits(mainNumber).Zone}
	for _, who := range people() {
		c.meet(who)
	}
	now := l.Now()
	c.comes, c.helps = now.Add(3*time.Minute), now.Add(50*time.Minute)
	return c
}

// meet makes somebody known to WhatsApp's server. Three of four read what they get.
func (c *living) meet(who person) *whatsapptest.Contact {
	contact := c.server.Contact(who.phone)
	contact.SetName(who.name)
	contact.SetReceipts(true, len(c.known)%4 != 3)
	c.known[who.phone] = who
	return contact
}

// look lets happen what is due.
func (c *living) look(ctx context.Context) {
	c.adapt(ctx)
	for _, number := range []string{mainNumber, otherNumber} {
		if phone := c.phone(number); !c.told[number] && phone.Online() {
			phone.SyncHistory() // promotions wait for it
			c.told[number] = true
		}
	}
	now := c.Now()
	if awake(now.In(c.zone)) && !now.Before(c.comes) {
		c.arrive(now)
	}
	if !now.Before(c.helps) {
		c.help(ctx)
		c.helps = now.Add(20 * time.Minute)
	}
	c.react(now)
	slices.SortStableFunc(c.next, func(a, b deed) int { return a.at.Compare(b.at) })
	for len(c.next) > 0 && !c.next[0].at.After(now) {
		do := c.next[0].do
		c.next = c.next[1:]
		if err := do(); err != nil {
			c.log.Warn("the crowd could not go on", "error", err)
		}
	}
}

// awake reports whether people write.
func awake(t time.Time) bool { return t.Hour() >= 9 && t.Hour() < 21 }

// says lets somebody write to a number, a while later.
func (c *living) says(after time.Duration, number string, who person, texts ...string) {
	for i, text := range texts {
		at := c.Now().Add(after + time.Duration(i)*time.Minute)
		c.next = append(c.next, deed{at, func() error {
			c.server.Contact(who.phone).Send(text, whatsapptest.To(c.phone(number)))
			return nil
		}})
	}
}

// arrive lets somebody write who has not been there yet.
func (c *living) arrive(now time.Time) {
	who := newcomer(c.came)
	c.meet(who)
	number := mainNumber
	if c.came%3 == 2 && c.phone(otherNumber).Online() {
		number = otherNumber
	}
	switch {
	case c.came%7 == 5:
		c.says(0, number, who, hello[who.language])
	default:
		c.says(0, number, who, who.joins(c.came)...)
	}
	if c.came%8 == 4 {
		c.says(25*time.Minute, number, who, somebody[who.language])
	}
	c.came++
	c.comes = now.Add(time.Duration(4+c.came%4) * time.Minute)
}

// react lets people do something about the promotions that have come: most only read.
func (c *living) react(_ time.Time) {
	for phone, who := range c.known {
		received := c.server.Contact(phone).Received()
		for _, r := range received[c.read[phone]:] {
			if r.Device == 0 || !isPromotion(r.Text) {
				continue
			}
			number := mainNumber
			if r.From.Number() == otherPhone {
				number = otherNumber
			}
			switch c.got++; {
			case c.got%29 == 17:
				c.says(4*time.Minute, number, who, leaves[who.language])
			case c.got%13 == 6:
				c.says(6*time.Minute, number, who, asks[who.language])
			case c.got%9 == 4:
				c.says(3*time.Minute, number, who, thanks[who.language])
			}
		}
		c.read[phone] = len(received)
	}
}

// isPromotion reports whether a message ends with the way out, as only promotions do.
func isPromotion(text string) bool {
	return slices.ContainsFunc([]string{"Reply 2 to stop.", "Responda 2 para sair.", "Responde 2 para salir."},
		func(hint string) bool { return strings.HasSuffix(text, hint) })
}

// help lets Marta answer whoever has waited longest. Those who waited before the page was looked at she
// leaves to whoever looks.
func (c *living) help(ctx context.Context) {
	waiting, err := c.Desk.Waiting(ctx, mainNumber)
	if err != nil {
		return
	}
	for _, w := range waiting {
		who := c.known[w.Phone]
		if who.phone == "" || w.Waits[0].Since.Before(liveBegin) {
			continue
		}
		if _, err := c.Desk.Reply(asMarta(ctx), mainNumber, who.phone, marta[who.language]); err != nil {
			c.log.Debug("nobody was helped", "error", err)
		}
		return
	}
}

// adapt changes the speed of the clock: it goes slowly while a broadcast may be taken back, and fast
// while everybody sleeps.
func (c *living) adapt(ctx context.Context) {
	if since := time.Since(c.looked); since < 2*crowdLook {
		return
	}
	c.looked = time.Now()
	speed, now := c.speed, c.Now()
	if !awake(now.In(c.zone)) {
		speed = nightSpeed
	}
	for _, n := range c.Desk.Config.Numbers {
		occurrences, err := c.Desk.Store.Occurrences(ctx, n.Name, "")
		if err != nil {
			continue
		}
		for _, o := range occurrences {
			if o.Status == bot.OccurrenceScheduled && o.DueAt.Sub(o.ArmedAt) <= time.Minute && o.DueAt.After(now) {
				speed = min(speed, max(1, c.speed/takeBackShare))
			}
		}
	}
	c.clock.goes(speed)
}
