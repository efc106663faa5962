package bot

import (
	"time"

	"optinbot/flows/words"
)

// requests are what people ask for, or say of themselves, that has legal weight: a person of the
// shop must hear of it, whatever the bot makes of the words. The notices have the names of
// words.Request.
func requests() []struct {
	kind     NoticeKind
	says, do string
} {
	return []struct {
		kind     NoticeKind
		says, do string
	}{
		{NoticeKind(words.Erasure), "asked that what is kept about them is erased",
			"look at the chat, then: optinbot contacts erase PHONE"},
		{NoticeKind(words.Objection), "objected to the use of their data, or withdrew their consent",
			"look at the chat; if they are still subscribed: optinbot optout PHONE --reason ..."},
		{NoticeKind(words.Minor), "say that they are a child",
			"look at the chat, then: optinbot optout PHONE --reason ..."},
		{NoticeKind(words.WrongPerson), "say that they are not the person the shop means",
			"look at the chat, then: optinbot optout PHONE --reason ..."},
		{NoticeKind(words.Lawyer), "speak of a lawyer or a court", "look at the chat, and answer them yourself"},
	}
}

// request tells the operator of a request with legal weight.
func (t *turn) request(r words.Request) {
	for _, known := range requests() {
		if r != words.NoRequest && known.kind == NoticeKind(r) {
			t.notify(known.kind, known.says+"; the bot does nothing about that by itself. Please "+known.do)
		}
	}
}

// ToldKinds are the notices of which WaitsForPerson wants to know when they came.
func ToldKinds() []NoticeKind {
	kinds := []NoticeKind{NoticeNeedsPerson, NoticeWroteAgain, NoticeOrder}
	for _, r := range requests() {
		kinds = append(kinds, r.kind)
	}
	return kinds
}

// waitForRequests are requests that nobody of the shop has answered since. A stop does not settle
// them: they often come with one.
func waitForRequests(told NotifiedAt, settled time.Time) (waits []Wait) {
	for _, r := range requests() {
		if at := told[r.kind]; at.After(settled) {
			waits = append(waits, Wait{Reason: string(r.kind), Since: at, Says: "they " + r.says,
				Do: r.do + "; optinbot contacts resume PHONE takes them off this list"})
		}
	}
	return waits
}
