package bot

import (
	"hash/fnv"
	"slices"
	"time"

	"optinbot/flows"
)

// DeliveryStatus is what became of one occurrence of a broadcast for one contact.
type DeliveryStatus string

// The statuses of a delivery.
const (
	DeliveryPlanned   DeliveryStatus = "planned"
	DeliveryHeld      DeliveryStatus = "held" // Reason, Until
	DeliveryClaimed   DeliveryStatus = "claimed"
	DeliverySent      DeliveryStatus = "sent" // WhatsApp's server accepted it
	DeliveryDelivered DeliveryStatus = "delivered"
	DeliveryRead      DeliveryStatus = "read"
	DeliveryReplied   DeliveryStatus = "replied"   // they wrote something after it
	DeliveryOptedOut  DeliveryStatus = "opted_out" // they asked to stop after it
	DeliveryUnknown   DeliveryStatus = "unknown"   // it may have been sent: a time-out, a cut or a crash in between
	DeliverySkipped   DeliveryStatus = "skipped"   // Reason
	DeliveryVoided    DeliveryStatus = "voided"    // they left before it was sent
	DeliveryFailed    DeliveryStatus = "failed"    // WhatsApp refused it
)

// Sent reports whether WhatsApp's server has accepted it, whatever came after that.
func (s DeliveryStatus) Sent() bool {
	switch s {
	case DeliverySent, DeliveryDelivered, DeliveryRead, DeliveryReplied, DeliveryOptedOut:
		return true
	}
	return false
}

// OccurrenceStatus is where one firing of a broadcast stands.
type OccurrenceStatus string

// The statuses of an occurrence.
const (
	OccurrenceScheduled OccurrenceStatus = "scheduled" // waits for its time
	OccurrenceLate      OccurrenceStatus = "late"      // its time passed unseen, longer ago than its grace
	OccurrenceRunning   OccurrenceStatus = "running"
	OccurrencePaused    OccurrenceStatus = "paused"
	OccurrenceDone      OccurrenceStatus = "done"
	OccurrenceCancelled OccurrenceStatus = "cancelled"
)

// Over reports whether nothing more happens to an occurrence.
func (s OccurrenceStatus) Over() bool { return s == OccurrenceDone || s == OccurrenceCancelled }

// An Occurrence is one firing of a broadcast, with the text as it was armed.
type Occurrence struct {
	ID        int64
	Number    string
	Broadcast string // its name
	Key       string // unique for the broadcast: see Firing, or "now@" and the moment of scheduling
	DueAt     time.Time
	WasDue    time.Time     // when it was due before an operator let it begin later. Zero: it was not
	Wall      string        // of each contact's own time: that wall time, as flows.AtLayout, else ""
	Grace     time.Duration // how much later it may begin by itself. 0: as configured
	Status    OccurrenceStatus
	Content   string        // the YAML as it was armed
	Media     *Media        // the file as it was armed. Nil: text only
	Version   string        // of Content
	Note      string        // why it is paused, for the operator
	Templates []TemplateRef // by which it goes out, as they were when it was armed
	ArmedAt   time.Time
	PlannedAt time.Time
}

// Promotion is one delivery's text.
type Promotion struct {
	Text    string
	Variant int      // from 1, as the operator counts, for outcomes per variant
	Holes   []string // placeholders that are empty and have no default: it must not be sent

	Template *Template // by which it goes out, where promotions are templates
}

// RenderPromotion writes one person's text: their language, their variant, their words, the way out
// at the end (B2, B3).
func RenderPromotion(flow *flows.Flow, b *flows.Broadcast, c *Contact) Promotion {
	variants := b.Text.In(c.Language, flow.Languages)
	if len(variants) == 0 {
		return Promotion{Holes: []string{"text"}}
	}
	i := variantFor(b.Name, c.ID, len(variants))
	value := func(name string) string { return c.value(name, flow) }
	text, holes := variants[i].Render(value)
	hint := flow.OptOut.Hint.In(c.Language, flow.Languages)
	if len(hint) == 0 {
		return Promotion{Holes: []string{"hint"}}
	}
	way, more := hint[0].Render(value)
	return Promotion{Text: text + "\n\n" + way, Variant: i + 1, Holes: append(holes, more...)}
}

// variantFor gives variants out evenly and repeatably: neighbours in the list get different ones,
// the same person always the same one of a broadcast, and who starts differs from broadcast to
// broadcast.
func variantFor(broadcast string, contact int64, n int) int {
	h := fnv.New32a()
	h.Write([]byte(broadcast))
	return int((uint64(contact) + uint64(h.Sum32())) % uint64(n))
}

// UndoClaim takes back what RecordClaim noted: the promotion never left.
func UndoClaim(c Contact, claimed time.Time) Contact {
	c = NotAccepted(c, claimed)
	if i := slices.IndexFunc(c.Sends, claimed.Equal); i >= 0 {
		c.Sends = slices.Delete(c.Sends, i, i+1)
	}
	return c
}

// NotAccepted notes that WhatsApp's server did not take a promotion, or that nobody knows whether
// it did: silence about it says nothing. Caps and gap count as they did.
func NotAccepted(c Contact, claimed time.Time) Contact {
	c = c.clone()
	c.UnreadPromotions = max(0, c.UnreadPromotions-1)
	if i := slices.IndexFunc(c.UndeliveredSince, claimed.Equal); i >= 0 {
		c.UndeliveredSince = slices.Delete(c.UndeliveredSince, i, i+1)
	}
	return c
}

// RecordClaim notes on the contact that a promotion to them has been claimed: caps and gap count
// from here, whatever becomes of it, and so does their silence until there is a sign of them, or it
// turns out that it was not accepted.
func RecordClaim(c Contact, now time.Time) Contact {
	c = c.clone()
	week := now.Add(-7 * 24 * time.Hour)
	kept := c.Sends[:0]
	for _, at := range c.Sends {
		if at.After(week) {
			kept = append(kept, at)
		}
	}
	c.Sends = append(kept, now)
	c.UnreadPromotions++
	if len(c.UndeliveredSince) < maxUndelivered {
		c.UndeliveredSince = append(c.UndeliveredSince, now)
	}
	return c
}
