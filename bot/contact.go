package bot

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// A Contact is one person in relation to one number, and all the bot remembers of the conversation.
// Times are UTC. The store keeps a contact as JSON, and older stores are read for ever. Therefore
// the names of the JSON fields and their order stay, and a group of fields holds neighbours only.
type Contact struct {
	ID         int64      `json:"-"`
	Number     string     `json:"-"`
	Consent    Consent    `json:"-"`
	State      string     `json:"-"` // of the flow, "" before the greeting
	Language   string     `json:"-"` // ISO 639-1, one of the flow's
	Identities []Identity `json:"identities"`
	Name       string     `json:"name,omitempty"` // as they set it in WhatsApp
	Flow       string     `json:"flow,omitempty"` // name@version that last dealt with a message of theirs

	Profile
	Dialogue
	Holds []Hold `json:"holds,omitempty"`
	Presence
	Choices
	ChatState
	Volume
	Marketing

	Unreadable []Unreadable `json:"unread_messages,omitempty"` // could not be read and has not come since
	Album      *AlbumSeen   `json:"album,omitempty"`

	// Suppressed: unsubscribed by what was known of their phone before they wrote (see Suppress).
	Suppressed bool `json:"suppressed,omitempty"`

	// Proven: the last entry of the ledger about them says subscribed. The store reads it together
	// with the contact where promotions are decided. Elsewhere it is false.
	Proven bool `json:"-"`
}

// A Profile is what the shop knows of somebody, and where they may live.
type Profile struct {
	ShopName string   `json:"given,omitempty"` // the name that the shop knows them by. It wins over Name
	Tags     []string `json:"tags,omitempty"`  // the shop's own words for them
	Zones    []string `json:"zones,omitempty"` // IANA time zones their phone may be in. None: the configured one
	Zone     string   `json:"zone,omitempty"`  // IANA time zone that the operator names. It wins over Zones
}

// A Dialogue is what has been asked and answered.
type Dialogue struct {
	Preferences map[string][]string `json:"preferences,omitempty"`

	// FlowQuestion is the question they have been asked and not answered. Where it is nil in a
	// state that asks, the question has not been put yet: a timeout led to the state, and timeouts
	// are silent.
	FlowQuestion *FlowQuestion `json:"open,omitempty"`
	// BotQuestion is one of the bot beside the flow, put after the flow's: do you want promotions,
	// do you want to stop?
	BotQuestion BotQuestion `json:"own,omitzero"`
	// Understood are the IDs of their last messages that the flow understood. An edit of one of
	// those answers nothing any more, unless it is among Answers: then it changes the answer.
	Understood []string      `json:"read,omitempty"`
	Answers    []GivenAnswer `json:"answers,omitempty"`
	// Poll is the last poll they were sent. A vote in it answers its question, and later votes
	// change the answer. Polls are those before it, as far as votes in them still count.
	Poll  *SentPoll  `json:"poll,omitempty"`
	Polls []SentPoll `json:"polls,omitempty"`
	// AddsTo names the last preference of `choose: many` that they filled: "also B" adds to it.
	AddsTo string `json:"answered,omitempty"`
}

// Presence is who was in the chat when, by WhatsApp's server time.
type Presence struct {
	LastInbound time.Time `json:"last_inbound,omitzero"` // of their last live message
	// LastReadable is of the last that was readable and no vote, reaction or deletion
	LastReadable time.Time `json:"words,omitzero"`
	LastHuman    time.Time `json:"last_human,omitzero"` // of the last message a person of the shop wrote to them
	Paused       time.Time `json:"paused,omitzero"`     // when the operator took the chat over without writing
	Resumed      time.Time `json:"resumed,omitzero"`    // when the operator ended a takeover
}

// Choices are the times of what somebody said about promotions, by WhatsApp's server time.
type Choices struct {
	OptedIn        time.Time   `json:"opted_in,omitzero"`     // their last opt-in. It only grows
	OptedOut       time.Time   `json:"opted_out,omitzero"`    // their last opt-out. It only grows, see Restate
	MayHaveStopped time.Time   `json:"may_stop,omitzero"`     // their last words that may have been a stop
	StopWritten    time.Time   `json:"said_stop,omitzero"`    // their last opt-out that they wrote themselves
	Changes        []time.Time `json:"changes,omitempty"`     // opt-ins of one day that changed their consent
	ToldChanges    time.Time   `json:"told_changes,omitzero"` // when the operator last heard that they were too many
	AskedUnsure    time.Time   `json:"asked_unsure,omitzero"` // when they were last asked whether they want to stop
	// StoppedAtWhatsApp: their last opt-out was one that WhatsApp keeps too. It delivers no promotion
	// until they allow them there, whatever they write here.
	StoppedAtWhatsApp bool `json:"stopped_at_whatsapp,omitempty"`
}

// ChatState is how the chat is set, what the bot has said in it, and what waits there for a person.
type ChatState struct {
	Expires       time.Duration `json:"expires,omitempty"`    // the chat's disappearing timer
	ExpiresSet    time.Time     `json:"expires_set,omitzero"` // server time of what told it
	LastCall      time.Time     `json:"rang,omitzero"`        // server time of their last call
	UnhelpedSince time.Time     `json:"unhelped,omitzero"`    // the bot had no answer to something of theirs
	Goodbye       string        `json:"goodbye,omitempty"`    // message ID of this opt-out's goodbye, "" while none
	AfterSaid     bool          `json:"after_said,omitempty"` // opt_out.after was said for this opt-out
	AskedResend   bool          `json:"asked_resend,omitempty"`
	Disclosure    string        `json:"disclosure,omitempty"` // message ID of the last disclosure sent to them
	// DisclosureLost: nobody knows whether it arrived, and it is not sent again by itself
	DisclosureLost bool `json:"disclosure_lost,omitempty"`
	Misses         int  `json:"misses,omitempty"` // messages in a row that nothing matched
	TextsSaid      int  `json:"said,omitempty"`   // texts said so far: picks the variant
}

// Volume bounds how much the bot reads and says.
type Volume struct {
	HourlyMessages HourlyMessages `json:"written,omitzero"`
	RecentReplies  RecentReplies  `json:"recent,omitzero"`   // loop protection
	MutedTo        time.Time      `json:"muted_to,omitzero"` // until then a cut loop keeps the bot quiet
	// BrakedSince is when the brake left a message without an answer. Zero: all are answered.
	BrakedSince time.Time `json:"unanswered,omitzero"`
}

// Marketing is which promotions went out to them, and what they made of those.
type Marketing struct {
	Sends            []time.Time `json:"sends,omitempty"`  // promotions claimed for them in the last seven days
	UnreadPromotions int         `json:"unread,omitempty"` // in a row, neither read nor answered
	// UndeliveredSince is when the first two went out since the last sign of their phone
	UndeliveredSince []time.Time `json:"one_tick,omitempty"`
	// Limited is how often in a row WhatsApp let them have no more promotions (MarketingLimit)
	Limited int `json:"limited,omitempty"`
	// Unreached is how often in a row WhatsApp reached nobody at their address (CauseNoAccount)
	Unreached int `json:"unreached,omitempty"`
}

// A FlowQuestion is a flow's question that has been put to the contact.
type FlowQuestion struct {
	Asked   time.Time `json:"asked"`
	Timeout time.Time `json:"timeout"`
}

// A SentPoll is a poll that was sent to the contact.
type SentPoll struct {
	ID         string    `json:"id"` // its message ID
	Preference string    `json:"preference"`
	Sent       time.Time `json:"sent,omitzero"`
	Voted      time.Time `json:"voted,omitzero"` // server time of the last vote
	// Wait is until when more taps are awaited, in a poll with several answers. Zero: they are not.
	Wait  time.Time `json:"wait,omitzero"`
	Typed bool      `json:"typed,omitempty"` // a vote in it could not be opened, so the menu was sent as text
}

// A BotQuestion is a question of the bot's own. The zero value is none.
type BotQuestion struct {
	Kind      string    `json:"kind,omitempty"` // askConfirm or askUnsure
	At        time.Time `json:"at,omitzero"`
	Language  string    `json:"language,omitempty"`
	Text      string    `json:"text,omitempty"`       // what was asked, as sent: evidence
	MessageID string    `json:"message_id,omitempty"` // of the question
	Source    string    `json:"source,omitempty"`
	Ad        *Ad       `json:"ad,omitempty"`
	Discloses bool      `json:"discloses,omitempty"` // the question was the flow's disclosure
}

// The kinds of BotQuestion.
const (
	askConfirm = "confirm" // a near miss of an opt-in phrase, or opt_in.confirm: do you want promotions?
	askUnsure  = "unsure"  // do you want to stop?
)

// A Hold keeps marketing to a contact waiting.
type Hold struct {
	Reason Reason    `json:"reason"`
	Since  time.Time `json:"since"`          // by the machine's clock (see endedByWords)
	Until  time.Time `json:"until,omitzero"` // when it ends by itself. Zero: something has to happen
	// OptIn: only an opt-in ends it, for the next words may be somebody else's
	OptIn bool `json:"opt_in,omitempty"`
}

// RecentReplies counts the turns that got replies within a short time, to cut a loop between two
// bots.
type RecentReplies struct {
	From    time.Time `json:"from,omitzero"`
	Replies int       `json:"replies,omitempty"`
}

// Phone returns the contact's phone (E.164), or "".
func (c *Contact) Phone() string { return PhoneOf(c.Identities) }

// ZoneNames are the time zones in all of which a moment has to suit them: the operator's word, else
// what their phone tells. None where nothing is known.
func (c *Contact) ZoneNames() []string {
	if c.Zone != "" {
		return []string{c.Zone}
	}
	return c.Zones
}

// Has reports whether the contact has the hold.
func (c *Contact) Has(r Reason) bool {
	return slices.ContainsFunc(c.Holds, func(h Hold) bool { return h.Reason == r })
}

// limitedUntil is until when WhatsApp lets them have no more promotions, zero where it does not say
// so.
func (c *Contact) limitedUntil() time.Time {
	for _, h := range c.Holds {
		if h.Reason == MarketingLimit {
			return h.Until
		}
	}
	return time.Time{}
}

// TakeoverUntil returns until when a person of the shop has the conversation, zero if nobody has.
func (c *Contact) TakeoverUntil() time.Time {
	since := later(c.LastHuman, c.Paused)
	if since.IsZero() || !c.Resumed.Before(since) {
		return time.Time{}
	}
	return since.Add(TakeoverLasts)
}

// Fatigued reports whether they let the last FatiguedAfter promotions lie: no more go out until
// they write, or read one of those.
func (c *Contact) Fatigued() bool { return c.UnreadPromotions >= FatiguedAfter }

// NotDelivering reports whether two promotions have been at one tick for NotDeliveringAfter: their
// phone seems to be gone.
func (c *Contact) NotDelivering(now time.Time) bool {
	from := c.NotDeliveringFrom()
	return !from.IsZero() && !now.Before(from)
}

// NotDeliveringFrom is the moment from which NotDelivering is true. It is zero while fewer than two
// promotions are at one tick.
func (c *Contact) NotDeliveringFrom() time.Time {
	if len(c.UndeliveredSince) < maxUndelivered {
		return time.Time{}
	}
	return c.UndeliveredSince[maxUndelivered-1].Add(NotDeliveringAfter)
}

// optedOutHere reports whether they asked this number to stop themselves.
func (c *Contact) optedOutHere() bool { return c.Consent == Unsubscribed && !c.Suppressed }

// DisplayName is the name by which the shop knows them, else the one they have in WhatsApp, "" for
// neither.
func (c *Contact) DisplayName() string { return cmp.Or(c.ShopName, c.Name) }

// HoldReasons are the reasons, each until something happens, why promotions to them wait.
func (c *Contact) HoldReasons(now time.Time) []Reason {
	waits := []Reason{}
	for _, h := range c.Holds {
		waits = append(waits, h.Reason)
	}
	if c.NotDelivering(now) {
		waits = append(waits, NotDelivering)
	}
	if now.Before(c.TakeoverUntil()) {
		waits = append(waits, HumanTakeover)
	}
	return waits
}

// ReceiptMatters reports whether a receipt of theirs changes anything: see Arrived.
func (c *Contact) ReceiptMatters(read bool) bool {
	return len(c.UndeliveredSince) > 0 || c.Limited > 0 || c.Unreached > 0 || read && c.UnreadPromotions > 0
}

// gaveSign notes that their phone gave a sign and, with seen, that they looked at the chat.
func (c *Contact) gaveSign(seen bool) {
	c.UndeliveredSince, c.Unreached = nil, 0
	if seen {
		c.UnreadPromotions = 0
	}
}

// hold keeps marketing waiting from since on.
func (c *Contact) hold(r Reason, since time.Time) { c.addHold(Hold{Reason: r, Since: since}) }

// addHold keeps marketing waiting. Of two of one reason the later counts where words written after
// it end it, and the one that ends later, or by less.
func (c *Contact) addHold(h Hold) {
	i := slices.IndexFunc(c.Holds, func(had Hold) bool { return had.Reason == h.Reason })
	if i < 0 {
		c.Holds = append(c.Holds, h)
		return
	}
	had := &c.Holds[i]
	if slices.Contains(endedByWords(), h.Reason) {
		had.Since = later(had.Since, h.Since)
	}
	had.Until, had.OptIn = later(had.Until, h.Until), had.OptIn || h.OptIn
}

// endedByWords are the holds that end by any message which the contact wrote after what set them.
// Their Since is WhatsApp's server time.
func endedByWords() []Reason { return []Reason{NumberReassigned, NumberChanged, SafeMode} }

// release ends the hold and reports whether there was one.
func (c *Contact) release(r Reason) bool {
	n := len(c.Holds)
	c.Holds = slices.DeleteFunc(c.Holds, func(h Hold) bool { return h.Reason == r })
	return len(c.Holds) < n
}

// clone copies a contact with all that it points to: whatever becomes of the copy, the original
// stays as it was.
func (c Contact) clone() Contact {
	c.Identities = slices.Clone(c.Identities)
	c.Tags = slices.Clone(c.Tags)
	c.Zones = slices.Clone(c.Zones)
	c.Preferences = maps.Clone(c.Preferences)
	for name, values := range c.Preferences {
		c.Preferences[name] = slices.Clone(values)
	}
	c.FlowQuestion = pointToCopy(c.FlowQuestion)
	c.BotQuestion.Ad = pointToCopy(c.BotQuestion.Ad)
	c.Understood = slices.Clone(c.Understood)
	c.Answers = slices.Clone(c.Answers)
	c.Poll = pointToCopy(c.Poll)
	c.Polls = slices.Clone(c.Polls)
	c.Holds = slices.Clone(c.Holds)
	c.Changes = slices.Clone(c.Changes)
	c.Sends = slices.Clone(c.Sends)
	c.UndeliveredSince = slices.Clone(c.UndeliveredSince)
	c.Unreadable = slices.Clone(c.Unreadable)
	c.Album = pointToCopy(c.Album)
	return c
}

// pointToCopy returns a pointer to a copy of what p points to, nil for nil.
func pointToCopy[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
