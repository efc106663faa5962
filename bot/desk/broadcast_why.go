package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/store"
)

// A DeliveryStory tells why somebody did or did not get an occurrence.
type DeliveryStory struct {
	Broadcast  string          `json:"broadcast"`
	Delivery   *store.Delivery `json:"delivery"` // null: it was never planned
	Occurrence int64           `json:"occurrence"`
	Why        []string        `json:"why"` // in sentences
}

// WhyBroadcast tells why somebody did or did not get an occurrence of a broadcast: the newest,
// where its ID is 0. Not found: the occurrence, or the contact. It refuses what is no phone. It
// changes nothing, and may be repeated.
func (d *Desk) WhyBroadcast(ctx context.Context, number, name, phone string, id int64) (*DeliveryStory, error) {
	o, err := d.Occurrence(ctx, number, name, id)
	if err != nil {
		return nil, err
	}
	contact, err := d.Contact(ctx, number, phone)
	if err != nil {
		return nil, err
	}
	delivery, err := d.Store.Delivery(ctx, o.ID, contact.ID)
	if err != nil {
		return nil, err
	}
	row, err := d.Store.Number(ctx, number)
	if err != nil {
		return nil, err
	}
	guard, err := d.GuardOf(ctx, *o)
	if err != nil {
		return nil, err
	}
	again, err := d.Schedules(ctx, number, name)
	if err != nil {
		return nil, err
	}
	story := d.Story(*o, contact, delivery, row, guard)
	// As it is to be typed.
	phoneOf := Named(contact)
	if !seesPhones(ctx) {
		phoneOf = ContactID(contact.ID)
	}
	typed := strings.NewReplacer(" NAME`", " "+o.Broadcast+"`", " PHONE", " "+phoneOf)
	for i := range story {
		story[i] = typed.Replace(story[i])
	}
	if len(again) > 0 && again[0].Status == bot.ScheduleArmed {
		story = append(story, fmt.Sprintf("It goes out again: %s.", again[0].Says))
	}
	return &DeliveryStory{Broadcast: o.Broadcast, Delivery: delivery, Occurrence: o.ID, Why: story}, nil
}

// Story says in sentences why somebody did or did not get an occurrence, from the delivery's times.
func (d *Desk) Story(
	o bot.Occurrence, c *bot.Contact, delivery *store.Delivery, n store.NumberRow, guard GuardView,
) []string {
	zone := d.limits[o.Number].Zone
	name := cmp.Or(text.Fit(c.DisplayName(), 60), "They")
	switch {
	case delivery == nil:
		return []string{notPlanned(o, zone)}
	case delivery.Status.Sent():
		return gotIt(name, delivery, zone)
	case delivery.Status == bot.DeliveryPlanned:
		return slices.Concat(d.whyPlanned(o, c, delivery, n, guard, name), lastTry(delivery), waits(delivery, zone))
	case delivery.Status == bot.DeliveryHeld:
		return append(d.whyHeld(o, delivery, guard, name), waits(delivery, zone)...)
	}
	return append(ended(name, delivery, zone), waits(delivery, zone)...)
}

// ended tells a delivery of which nothing more comes, or of which it is not known.
func ended(name string, d *store.Delivery, zone *time.Location) []string {
	switch d.Status {
	case bot.DeliveryUnknown:
		return []string{
			fmt.Sprintf("Whether %s got it is unknown: it was under way at %s when the connection or the bot stopped.",
				name, text.When(d.ClaimedAt, zone)),
			"It is never sent again by itself; a receipt from their phone resolves it.",
		}
	case bot.DeliverySkipped:
		return []string{fmt.Sprintf("%s did not get it, and will not, %s (%s).", name, d.Reason.Info().Says, d.Reason)}
	case bot.DeliveryVoided:
		return []string{fmt.Sprintf("%s did not get it: they left at %s, before it was their turn.", name,
			text.When(d.DoneAt, zone))}
	case bot.DeliveryFailed:
		return []string{fmt.Sprintf("%s did not get it: it was sent at %s, and WhatsApp refused it (%s: %s).", name,
			text.When(d.DoneAt, zone), bot.Failed, cmp.Or(text.Line(d.Detail), "no reason given"))}
	}
	return []string{fmt.Sprintf("It is being sent to %s right now, since %s.", name, text.When(d.ClaimedAt, zone))}
}

// whyHeld says what a delivery waits for.
func (d *Desk) whyHeld(o bot.Occurrence, delivery *store.Delivery, guard GuardView, name string) []string {
	zone, info := d.limits[o.Number].Zone, delivery.Reason.Info()
	story := []string{
		fmt.Sprintf("%s has not got it yet, %s (%s).", name, info.Says, delivery.Reason),
		fmt.Sprintf("It waits for: %s%s. It expires at %s.", info.Ends, text.Until(delivery.Until, zone),
			text.When(o.ExpiresFor(delivery.NotBefore, d.limits[o.Number]), zone)),
	}
	if o.Status == bot.OccurrencePaused {
		pause := guard.pausedBy(o).Info()
		story = append(story, fmt.Sprintf("And it waits %s (%s), until: %s.", pause.Says, pause.Reason, pause.Ends))
	}
	return story
}

// gotIt tells a delivery that was sent, from its times.
func gotIt(name string, d *store.Delivery, zone *time.Location) []string {
	story := []string{fmt.Sprintf("%s got it: sent at %s (variant %d, message %s).", name, text.When(d.SentAt, zone),
		d.Variant, d.MessageID)}
	story = append(story, waits(d, zone)...)
	for _, step := range []struct {
		at   time.Time
		says string
	}{
		{d.Delivered, "Their phone received it at %s."}, {d.Read, "It was read at %s."},
		{d.Replied, "They wrote again at %s."}, {d.OptedOut, "They asked to stop at %s."},
	} {
		if !step.at.IsZero() {
			story = append(story, fmt.Sprintf(step.says, text.When(step.at, zone)))
		}
	}
	if d.Reaction == bot.ReactionUnsure {
		story = append(story, fmt.Sprintf("At %s they may have asked to stop; the guard counts that.",
			text.When(d.BadAt, zone)))
	}
	return story
}

// waits says since when a delivery was planned, and what it has waited for. Nothing when it did not
// wait.
func waits(d *store.Delivery, zone *time.Location) []string {
	if len(d.Holds) == 0 {
		return nil
	}
	var parts []string
	for _, held := range d.Holds {
		parts = append(parts, fmt.Sprintf("from %s for %s", text.When(held.Since, zone), held.Reason))
	}
	return []string{fmt.Sprintf("It was planned at %s and waited %s.", text.When(d.PlannedAt, zone),
		strings.Join(parts, ", then "))}
}

func notPlanned(o bot.Occurrence, zone *time.Location) string {
	if o.Status == bot.OccurrenceLate {
		info := bot.Late.Info()
		return fmt.Sprintf("It has not begun, %s (%s): due %s. It waits for: %s.", info.Says, info.Reason,
			text.When(o.DueAt, zone), info.Ends)
	}
	if o.PlannedAt.IsZero() {
		return fmt.Sprintf("It has not begun: %s is %s, due %s.", o.Broadcast, o.Status, DueText(o, zone))
	}
	return fmt.Sprintf("They did not get it: they first wrote after %s, when it began.", text.When(o.PlannedAt, zone))
}

// whyPlanned says what a delivery that may go out is waiting for: the operator, the number, or its
// turn.
func (d *Desk) whyPlanned(
	o bot.Occurrence, c *bot.Contact, delivery *store.Delivery, n store.NumberRow, guard GuardView, name string,
) []string {
	zone, limits := d.limits[o.Number].Zone, d.limits[o.Number]
	if o.Status == bot.OccurrencePaused {
		info := guard.pausedBy(o).Info()
		story := []string{fmt.Sprintf("%s has not got it yet, %s (%s). It waits for: %s.", name, info.Says, info.Reason,
			info.Ends)}
		if info.Reason == bot.GuardPaused {
			story = append(story, "What the guard saw: "+text.Line(o.Note)+".")
		}
		return story
	}
	now := d.Now()
	own := o.NotBefore(c, limits) // they may live elsewhere than when it was planned
	if delivery.NotBefore.After(own) {
		own = delivery.NotBefore
	}
	if now.Before(own) {
		return []string{fmt.Sprintf("%s gets it in their own time, at %s (%s where the shop is).", name, o.Wall,
			text.When(own, zone))}
	}
	if v := bot.MaySend(c, limits, now, o.ExpiresFor(delivery.NotBefore, limits)); v.Action != bot.ActionSend {
		return []string{fmt.Sprintf("%s has not got it yet, %s (%s)%s.", name, v.Reason.Info().Says, v.Reason,
			text.Until(v.Until, zone))}
	}
	if v := bot.NumberMaySend(n.NumberState, limits, now); v.Action != bot.ActionSend {
		return []string{fmt.Sprintf("%s may get it and has not yet, %s (%s)%s.", name, v.Reason.Info().Says, v.Reason,
			text.Until(v.Until, zone))}
	}
	if guard.Wait != "" {
		return []string{fmt.Sprintf("%s may get it and has not yet: %s (%s)%s.", name, guard.Wait, bot.Pace,
			text.Until(guard.Until, zone))}
	}
	return []string{fmt.Sprintf("%s may get it, and will when it is their turn (%s).", name, bot.Pace)}
}

// lastTry says why a delivery that waits was not sent when it was its turn. Nil: it was not its turn.
func lastTry(d *store.Delivery) []string {
	switch d.Detail {
	case "":
		return nil
	case store.SettledByOperator:
		return []string{"It was sent to them before, and you said that it did not arrive: it is sent once more."}
	}
	return []string{fmt.Sprintf("It was their turn already, and it was not sent: %s.", text.Line(d.Detail))}
}
