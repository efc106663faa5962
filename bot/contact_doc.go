package bot

import (
	"encoding/json"
	"sync"
	"time"
)

// Doc is the contact as the store keeps it: the JSON that encoding/json writes, byte for byte. A
// turn reads it and writes it, so both are done by a list of its fields (contactDoc) in a fraction
// of the time. What the list does not know is left to encoding/json.
func (c *Contact) Doc() (string, error) {
	buffer := docBuffers.Get().(*[]byte)
	defer docBuffers.Put(buffer)
	doc, ok := contactDoc().write((*buffer)[:0], c)
	*buffer = doc
	if ok {
		return string(doc), nil
	}
	slow, err := json.Marshal(c)
	return string(slow), err
}

var docBuffers = sync.Pool{New: func() any { return new([]byte) }}

// ReadDoc reads what Doc wrote, or an earlier version of it, into a contact that is empty but for
// what the document does not tell.
func (c *Contact) ReadDoc(doc string) error {
	before := *c
	if r := (docReader{rest: doc}); contactDoc().read(&r, c) && r.rest == "" {
		return nil
	}
	*c = before
	return json.Unmarshal([]byte(doc), c)
}

// contactDoc is a contact as JSON. The fields stand in the order in which encoding/json writes
// them, which is that of the struct. A test fails for a field that is missing here.
var contactDoc = sync.OnceValue(func() codec[Contact] {
	text, moment, truth, count := textCodec[string](), timeCodec(), boolCodec(), integerCodec[int]()
	identity := objectOf(never, []docField[Identity]{
		always("kind", func(i *Identity) *IdentityKind { return &i.Kind }, textCodec[IdentityKind]()),
		always("value", func(i *Identity) *string { return &i.Value }, text),
	})
	flowQuestion := objectOf(never, []docField[FlowQuestion]{
		always("asked", func(q *FlowQuestion) *time.Time { return &q.Asked }, moment),
		always("timeout", func(q *FlowQuestion) *time.Time { return &q.Timeout }, moment),
	})
	ad := objectOf(never, []docField[Ad]{
		always("id", func(a *Ad) *string { return &a.ID }, text),
		optional("title", func(a *Ad) *string { return &a.Title }, text),
		optional("text", func(a *Ad) *string { return &a.Text }, text),
		optional("url", func(a *Ad) *string { return &a.URL }, text),
	})
	botQuestion := objectOf(zero, []docField[BotQuestion]{
		optional("kind", func(q *BotQuestion) *string { return &q.Kind }, text),
		optional("at", func(q *BotQuestion) *time.Time { return &q.At }, moment),
		optional("language", func(q *BotQuestion) *string { return &q.Language }, text),
		optional("text", func(q *BotQuestion) *string { return &q.Text }, text),
		optional("message_id", func(q *BotQuestion) *string { return &q.MessageID }, text),
		optional("source", func(q *BotQuestion) *string { return &q.Source }, text),
		optional("ad", func(q *BotQuestion) **Ad { return &q.Ad }, pointerTo(ad)),
		optional("discloses", func(q *BotQuestion) *bool { return &q.Discloses }, truth),
	})
	answer := objectOf(never, []docField[GivenAnswer]{
		always("id", func(a *GivenAnswer) *string { return &a.ID }, text),
		always("preference", func(a *GivenAnswer) *string { return &a.Preference }, text),
	})
	poll := objectOf(never, []docField[SentPoll]{
		always("id", func(p *SentPoll) *string { return &p.ID }, text),
		always("preference", func(p *SentPoll) *string { return &p.Preference }, text),
		optional("sent", func(p *SentPoll) *time.Time { return &p.Sent }, moment),
		optional("voted", func(p *SentPoll) *time.Time { return &p.Voted }, moment),
		optional("wait", func(p *SentPoll) *time.Time { return &p.Wait }, moment),
		optional("typed", func(p *SentPoll) *bool { return &p.Typed }, truth),
	})
	hold := objectOf(never, []docField[Hold]{
		always("reason", func(h *Hold) *Reason { return &h.Reason }, textCodec[Reason]()),
		always("since", func(h *Hold) *time.Time { return &h.Since }, moment),
		optional("until", func(h *Hold) *time.Time { return &h.Until }, moment),
		optional("opt_in", func(h *Hold) *bool { return &h.OptIn }, truth),
	})
	hourly := objectOf(zero, []docField[HourlyMessages]{
		optional("from", func(h *HourlyMessages) *time.Time { return &h.From }, moment),
		optional("messages", func(h *HourlyMessages) *int { return &h.Messages }, count),
	})
	replies := objectOf(zero, []docField[RecentReplies]{
		optional("from", func(r *RecentReplies) *time.Time { return &r.From }, moment),
		optional("replies", func(r *RecentReplies) *int { return &r.Replies }, count),
	})
	unreadable := objectOf(never, []docField[Unreadable]{
		always("id", func(u *Unreadable) *string { return &u.ID }, text),
		always("at", func(u *Unreadable) *time.Time { return &u.At }, moment),
		optional("ask", func(u *Unreadable) *time.Time { return &u.Ask }, moment),
	})
	album := objectOf(never, []docField[AlbumSeen]{
		always("id", func(a *AlbumSeen) *string { return &a.ID }, text),
		always("at", func(a *AlbumSeen) *time.Time { return &a.At }, moment),
		optional("left", func(a *AlbumSeen) *int { return &a.Left }, count),
		optional("seen", func(a *AlbumSeen) *int { return &a.Seen }, count),
	})
	texts, moments := listOf(text), listOf(moment)
	return objectOf(never, []docField[Contact]{
		always("identities", func(c *Contact) *[]Identity { return &c.Identities }, listOf(identity)),
		optional("name", func(c *Contact) *string { return &c.Name }, text),
		optional("flow", func(c *Contact) *string { return &c.Flow }, text),
		// Profile
		optional("given", func(c *Contact) *string { return &c.ShopName }, text),
		optional("tags", func(c *Contact) *[]string { return &c.Tags }, texts),
		optional("zones", func(c *Contact) *[]string { return &c.Zones }, texts),
		optional("zone", func(c *Contact) *string { return &c.Zone }, text),
		// Dialogue
		optional("preferences", func(c *Contact) *map[string][]string { return &c.Preferences }, namedLists()),
		optional("open", func(c *Contact) **FlowQuestion { return &c.FlowQuestion }, pointerTo(flowQuestion)),
		optional("own", func(c *Contact) *BotQuestion { return &c.BotQuestion }, botQuestion),
		optional("read", func(c *Contact) *[]string { return &c.Understood }, texts),
		optional("answers", func(c *Contact) *[]GivenAnswer { return &c.Answers }, listOf(answer)),
		optional("poll", func(c *Contact) **SentPoll { return &c.Poll }, pointerTo(poll)),
		optional("polls", func(c *Contact) *[]SentPoll { return &c.Polls }, listOf(poll)),
		optional("answered", func(c *Contact) *string { return &c.AddsTo }, text),
		optional("holds", func(c *Contact) *[]Hold { return &c.Holds }, listOf(hold)),
		// Presence
		optional("last_inbound", func(c *Contact) *time.Time { return &c.LastInbound }, moment),
		optional("words", func(c *Contact) *time.Time { return &c.LastReadable }, moment),
		optional("last_human", func(c *Contact) *time.Time { return &c.LastHuman }, moment),
		optional("paused", func(c *Contact) *time.Time { return &c.Paused }, moment),
		optional("resumed", func(c *Contact) *time.Time { return &c.Resumed }, moment),
		// Choices
		optional("opted_in", func(c *Contact) *time.Time { return &c.OptedIn }, moment),
		optional("opted_out", func(c *Contact) *time.Time { return &c.OptedOut }, moment),
		optional("may_stop", func(c *Contact) *time.Time { return &c.MayHaveStopped }, moment),
		optional("said_stop", func(c *Contact) *time.Time { return &c.StopWritten }, moment),
		optional("changes", func(c *Contact) *[]time.Time { return &c.Changes }, moments),
		optional("told_changes", func(c *Contact) *time.Time { return &c.ToldChanges }, moment),
		optional("asked_unsure", func(c *Contact) *time.Time { return &c.AskedUnsure }, moment),
		optional("stopped_at_whatsapp", func(c *Contact) *bool { return &c.StoppedAtWhatsApp }, truth),
		// ChatState
		optional("expires", func(c *Contact) *time.Duration { return &c.Expires }, integerCodec[time.Duration]()),
		optional("expires_set", func(c *Contact) *time.Time { return &c.ExpiresSet }, moment),
		optional("rang", func(c *Contact) *time.Time { return &c.LastCall }, moment),
		optional("unhelped", func(c *Contact) *time.Time { return &c.UnhelpedSince }, moment),
		optional("goodbye", func(c *Contact) *string { return &c.Goodbye }, text),
		optional("after_said", func(c *Contact) *bool { return &c.AfterSaid }, truth),
		optional("asked_resend", func(c *Contact) *bool { return &c.AskedResend }, truth),
		optional("disclosure", func(c *Contact) *string { return &c.Disclosure }, text),
		optional("disclosure_lost", func(c *Contact) *bool { return &c.DisclosureLost }, truth),
		optional("misses", func(c *Contact) *int { return &c.Misses }, count),
		optional("said", func(c *Contact) *int { return &c.TextsSaid }, count),
		// Volume
		optional("written", func(c *Contact) *HourlyMessages { return &c.HourlyMessages }, hourly),
		optional("recent", func(c *Contact) *RecentReplies { return &c.RecentReplies }, replies),
		optional("muted_to", func(c *Contact) *time.Time { return &c.MutedTo }, moment),
		optional("unanswered", func(c *Contact) *time.Time { return &c.BrakedSince }, moment),
		// Marketing
		optional("sends", func(c *Contact) *[]time.Time { return &c.Sends }, moments),
		optional("unread", func(c *Contact) *int { return &c.UnreadPromotions }, count),
		optional("one_tick", func(c *Contact) *[]time.Time { return &c.UndeliveredSince }, moments),
		optional("limited", func(c *Contact) *int { return &c.Limited }, count),
		optional("unreached", func(c *Contact) *int { return &c.Unreached }, count),

		optional("unread_messages", func(c *Contact) *[]Unreadable { return &c.Unreadable }, listOf(unreadable)),
		optional("album", func(c *Contact) **AlbumSeen { return &c.Album }, pointerTo(album)),
		optional("suppressed", func(c *Contact) *bool { return &c.Suppressed }, truth),
	})
})
