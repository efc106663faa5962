package bot

import (
	"slices"
	"time"
)

// An Unreadable is a message of theirs that could not be read.
type Unreadable struct {
	ID string    `json:"id"` // "": it stands for several, whose IDs are forgotten
	At time.Time `json:"at"` // WhatsApp's server time of it
	// Ask is when they are asked to send it again, should it not come by itself. Zero: they are not
	Ask time.Time `json:"ask,omitzero"`
}

// maxUnreadable bounds how many of them a contact has.
const maxUnreadable = 20

// undecryptable holds marketing, for it may have been a stop. WhatsApp sends most of these again by
// itself, so they are asked for it only after AskResendAfter.
func (t *turn) undecryptable() {
	if t.writtenBeforeStop() || t.in.At.Before(later(t.c.LastReadable, t.c.OptedIn)) {
		return // at most it was the stop that stands, or they have written since: see readAtLast
	}
	t.c.hold(UndecryptableMessage, t.env.Now)
	t.notify(NoticeUnreadable, t.whyUnreadable()+"; promotions to this contact wait until they write again")
	t.outdated()
	u := Unreadable{ID: t.in.ID, At: t.in.At}
	if !t.in.Hidden && !t.in.ViewOnce { // of what their phone shows as sent, nothing could be sent again
		u.Ask = t.env.Now.Add(AskResendAfter)
	}
	t.c.addUnreadable(u)
	t.setResend()
}

// addUnreadable remembers more of them. Beyond maxUnreadable the oldest become one without an ID,
// which only words after all of those end: forgetting which ones they were ends no hold.
func (c *Contact) addUnreadable(more ...Unreadable) {
	c.Unreadable = append(c.Unreadable, more...)
	n := len(c.Unreadable) - maxUnreadable
	if n <= 0 {
		return
	}
	slices.SortStableFunc(c.Unreadable, func(a, b Unreadable) int { return a.At.Compare(b.At) })
	rest := Unreadable{At: c.Unreadable[n].At}
	for _, u := range c.Unreadable[:n+1] {
		if rest.Ask.IsZero() || !u.Ask.IsZero() && u.Ask.Before(rest.Ask) {
			rest.Ask = u.Ask
		}
	}
	c.Unreadable = append([]Unreadable{rest}, c.Unreadable[n+1:]...)
}

func (t *turn) whyUnreadable() string {
	switch {
	case t.in.ViewOnce:
		return "a message may be looked at once, and only on the phone"
	case t.in.Unknown:
		return "a message is of a kind that this build of optinbot does not know"
	}
	return "a message could not be decrypted"
}

// outdated tells the operator when so many people send what this build cannot read that its age
// must be the reason.
func (t *turn) outdated() {
	if !t.in.Unknown || t.env.Unknown == nil {
		return
	}
	if people, told := t.env.Unknown(); people > outdatedFrom && !told {
		t.notify(NoticeOutdated, "more than 20 people in a day sent something that this build of optinbot does not "+
			"know, and it may have been a stop: promotions to each of them wait until they write words. A newer "+
			"build may read it: please install one")
	}
}

// readAtLast ends the wait for a message that could not be read: it came, whatever it says. Words
// end the wait for those before it too.
func (t *turn) readAtLast(words bool) {
	if words {
		t.c.LastReadable = later(t.c.LastReadable, t.in.At)
	}
	before := len(t.c.Unreadable)
	t.c.Unreadable = slices.DeleteFunc(t.c.Unreadable, func(u Unreadable) bool {
		return u.ID == t.in.ID || words && u.At.Before(t.in.At)
	})
	if len(t.c.Unreadable) > 0 || before == 0 && !words {
		t.setResend()
		return
	}
	t.c.release(UndecryptableMessage)
	t.c.AskedResend = false
	if before > 0 {
		t.setResend()
	}
}

// nextResendAsk is when they are to be asked next to send something again. Zero: not.
func (c *Contact) nextResendAsk() (next time.Time) {
	for _, u := range c.Unreadable {
		if !u.Ask.IsZero() && (next.IsZero() || u.Ask.Before(next)) {
			next = u.Ask
		}
	}
	return next
}

func (t *turn) setResend() {
	if t.c.AskedResend {
		return // once is enough until something of theirs could be read
	}
	t.effects = append(t.effects, SetTimer{Kind: TimerResend, At: t.c.nextResendAsk()})
}

// askResend asks them to send again what did not come by itself. Whoever left is not asked, nor
// anybody in a chat that a person of the shop is in.
func (t *turn) askResend() {
	due := t.c.nextResendAsk()
	if due.IsZero() || t.env.Now.Before(due) || t.c.AskedResend {
		return
	}
	for i := range t.c.Unreadable {
		t.c.Unreadable[i].Ask = time.Time{}
	}
	if t.c.Consent == Unsubscribed || t.humanChat() || t.env.Now.Before(t.c.TakeoverUntil()) {
		return
	}
	t.c.AskedResend = true
	t.say(SayReply, t.flow.Resend)
}

// setExpires notes the chat's disappearing timer from what can tell it, whoever sent that. Messages
// may come in any order.
func (t *turn) setExpires() {
	if t.in.Timed && !t.in.At.Before(t.c.ExpiresSet) {
		t.c.Expires, t.c.ExpiresSet = t.in.Expires, t.in.At
	}
}

// An AlbumSeen is the last album that came in.
type AlbumSeen struct {
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
	Left int       `json:"left,omitempty"` // pictures still to come that may not say that they belong to it
	Seen int       `json:"seen,omitempty"`
}

// albumWithin is how long after its announcement the pictures of an album come.
const albumWithin = time.Minute

// laterInAlbum reports whether this is another picture of an album of which one has been answered:
// an album gets one answer.
func (t *turn) laterInAlbum() bool {
	a := t.in.Album
	switch seen := t.c.Album; {
	case a != nil && (seen == nil || seen.ID != a.ID):
		t.c.Album = &AlbumSeen{ID: a.ID, At: t.in.At, Left: a.Count}
	case a != nil:
	case seen == nil || seen.Left == 0 || t.in.Kind != KindImage && t.in.Kind != KindVideo ||
		t.in.At.Sub(seen.At).Abs() > albumWithin:
		return false
	}
	if t.in.Kind == KindAlbum {
		return false
	}
	t.c.Album.Seen++
	t.c.Album.Left = max(0, t.c.Album.Left-1)
	return t.c.Album.Seen > 1
}

// mergeMessages adds what two contacts that are one person remember of single messages.
func (c *Contact) mergeMessages(lead, rest Contact) {
	c.addUnreadable(rest.Unreadable...)
	c.LastReadable = later(lead.LastReadable, rest.LastReadable)
	if rest.ExpiresSet.After(lead.ExpiresSet) {
		c.Expires, c.ExpiresSet = rest.Expires, rest.ExpiresSet
	}
	c.Polls = slices.Concat(lead.Polls, rest.Polls)
	if rest.Poll != nil {
		c.Polls = append(c.Polls, *rest.Poll)
	}
	c.LastCall, c.UnhelpedSince = later(lead.LastCall, rest.LastCall), later(lead.UnhelpedSince, rest.UnhelpedSince)
}
