package bot

import (
	"slices"
	"time"
)

// Abilities are what a number's wire can do, cannot, or does by itself, as far as a decision depends
// on it. The zero value is WhatsApp Web.
type Abilities struct {
	Buttons   bool // a question may have Buttons
	Templates bool // promotions go out as Templates, which WhatsApp has approved

	// NoRepeats: a second try with the same ID arrives a second time. So what is unknown is never
	// sent again.
	NoRepeats bool
	// SentLater: that the server takes a message says nothing yet. A receipt tells that it was sent.
	SentLater bool
	// Window is how long after their last message words of the shop's own choice may go to somebody.
	// Zero: always.
	Window time.Duration
	// NoMarketingIn are the countries (ISO 3166-1 alpha-2) in which WhatsApp delivers no marketing.
	NoMarketingIn []string
	// InFlight is how many messages may be under way at a time, each to somebody else. Zero: one. Where
	// the number has another throughput than usual, as many as that.
	InFlight int
}

// CloudAbilities are those of Meta's Cloud API. Five minutes of the day are left to clocks that
// differ, and to the way.
func CloudAbilities() Abilities {
	return Abilities{
		Buttons: true, Templates: true,
		NoRepeats: true, SentLater: true, Window: 24*time.Hour - 5*time.Minute, NoMarketingIn: []string{"US"},
		InFlight: 80,
	}
}

// barsMarketing reports whether WhatsApp delivers no promotion where they live, as far as their phone
// tells.
func (a Abilities) barsMarketing(c *Contact) bool {
	return len(a.NoMarketingIn) > 0 && slices.Contains(a.NoMarketingIn, RegionOf(c.Phone()))
}

// OutsideWindow is how a message ends that is not handed to the wire, because it would not be taken: an
// answer, where the person's last message is too long ago. Nil: it is handed over. A promotion is a
// template where there is a window, and goes out at any time.
func (a Abilities) OutsideWindow(k *Claim, now time.Time) *SendResult {
	if k.Occurrence != 0 || a.Reaches(&k.Contact, now) {
		return nil
	}
	return &SendResult{Status: SendRefused, Cause: CauseWindow,
		Detail: "they wrote more than 24 hours ago, and WhatsApp takes nothing but templates then; it was not tried"}
}

// Reaches reports whether words of the shop's own choice may go to somebody now.
func (a Abilities) Reaches(c *Contact, now time.Time) bool {
	return a.Window == 0 || now.Sub(c.LastInbound) < a.Window
}
