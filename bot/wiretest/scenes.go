package wiretest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"optinbot/bot"
)

var scenes = []scene{
	{name: "what is accepted has reached them, under the ID that is told", play: accepts},
	{name: "a refusal has its cause, and nothing arrives", play: refuses},
	{name: "what cannot leave the machine is not tried, and goes later under the same ID", play: waits},
	{name: "after the end of the connection nothing is tried", play: closed},
	{name: "an answer that never comes is unknown, and the wire repeats nothing", play: silence},
	{name: "an end of the connection while a message is sent is unknown", play: closedMeanwhile},
	{name: "a cut before the server has the message", play: func(r *rig) { cut(r, CutBefore) }},
	{name: "a cut after the server has the message", play: func(r *rig) { cut(r, CutAfter) }},
	{name: "a second try under the same ID is one message to them", skip: repeats, play: secondTry},
	{name: "receipts come later and name the message", play: receipts},
	{name: "a failure that comes later has its cause", skip: saysNoMore, play: failsLater},
	{name: "words after the window are refused for that cause", skip: noWindow, play: afterTheWindow},
	{name: "many messages are under way at a time", skip: oneByOne, play: many},
	{name: "a message that comes twice has one ID", play: twice},
	{name: "a message that was not taken comes again with the same ID", play: notTaken},
	{name: "messages out of order keep the server's time", play: disorder},
	{name: "a stop is handed over while a message is sent", play: stopMeanwhile},
	{name: "somebody without a phone is one person, and is answered", play: withoutPhone},
	{name: "their phone shows that a message was read", play: marked},
}

func accepts(r *rig) {
	ana := r.chatWith(anasPhone)
	s := r.accepted(ana.to, offer)
	if got := r.arrives(ana, offer); got.ID != s.wireID() {
		r.t.Errorf("on their phone it is %q, told %q", got.ID, s.wireID())
	}
	r.has(ana, offer, 1)
}

func refuses(r *rig) {
	ana := r.chatWith(anasPhone)
	for _, want := range r.Refusals {
		r.Server.Next(Fate{Code: want.Code})
		got := r.send(r.message(ana.to, offer))
		if got.Status != bot.SendRefused || got.Cause != want.Cause || got.Code != want.Code {
			r.t.Errorf("%d: %+v, want refused for %q", want.Code, got, want.Cause)
		}
	}
	r.accepted(ana.to, "still there?")
	r.has(ana, offer, 0)
	r.has(ana, "still there?", 1)
}

func waits(r *rig) {
	ana := r.chatWith(anasPhone)
	r.Server.Settle()
	r.Server.Unreach()
	m := r.message(ana.to, offer)
	if got := r.send(m); got.Status != bot.SendNotTried {
		r.t.Errorf("%+v, want not tried", got)
	}
	r.has(ana, offer, 0)
	r.Server.Reach()
	if got := r.send(m); got.Status != bot.SendAccepted {
		r.t.Errorf("%+v, want accepted", got)
	}
	r.has(ana, offer, 1)
}

func closed(r *rig) {
	ana := r.chatWith(anasPhone)
	r.Server.Settle()
	r.must(r.Connection.Close())
	if got := r.send(r.message(ana.to, offer)); got.Status != bot.SendNotTried {
		r.t.Errorf("%+v, want not tried", got)
	}
	r.must(r.Connection.Close())
	r.has(ana, offer, 0)
}

// silence: whoever waits for the answer gives up after the message has arrived.
func silence(r *rig) {
	ana := r.chatWith(anasPhone)
	r.Server.Next(Fate{Silent: true})
	m := r.message(ana.to, offer)
	ctx, giveUp := context.WithCancel(r.ctx)
	defer giveUp()
	result := r.underWay(ctx, m)
	r.arrives(ana, offer)
	giveUp()
	got := r.ends(m, result)
	if got.Status != bot.SendUnknown {
		r.t.Errorf("%+v, want unknown", got)
	}
	// a receipt settles what became of it
	r.receipt(sent{m, got}, bot.ReceiptSent, bot.ReceiptDelivered, bot.ReceiptRead)
	r.accepted(ana.to, "the next one")
	r.has(ana, offer, 1)
}

func closedMeanwhile(r *rig) {
	ana := r.chatWith(anasPhone)
	r.Server.Settle()
	r.Server.Next(Fate{Silent: true})
	m := r.message(ana.to, offer)
	result := r.underWay(r.ctx, m)
	r.arrives(ana, offer)
	r.must(r.Connection.Close())
	if got := r.ends(m, result); got.Status != bot.SendUnknown {
		r.t.Errorf("%+v, want unknown", got)
	}
	r.has(ana, offer, 1)
}

// cut: a wire may mend a cut by itself, as long as it says what is so.
func cut(r *rig, at Cut) {
	ana := r.chatWith(anasPhone)
	r.Server.Settle()
	r.Server.Next(Fate{Cut: at})
	got := r.send(r.message(ana.to, offer))
	n := count(ana, offer)
	right := map[bot.SendStatus]bool{bot.SendAccepted: n == 1, bot.SendUnknown: n < 2, bot.SendNotTried: n == 0, bot.SendRefused: false}
	if !right[got.Status] || at == CutAfter && n != 1 {
		r.t.Errorf("%+v, and it has reached them %d times", got, n)
	}
}

func repeats(a bot.Abilities) string {
	if a.NoRepeats {
		return "on this wire a second try arrives a second time (bot.Abilities.NoRepeats)"
	}
	return ""
}

func secondTry(r *rig) {
	ana := r.chatWith(anasPhone)
	s := r.accepted(ana.to, offer)
	if got := r.send(s.Outgoing); got.Status != bot.SendAccepted {
		r.t.Errorf("%+v, want accepted", got)
	}
	for _, got := range ana.Received() {
		if got.Text == offer && got.ID != s.wireID() {
			r.t.Errorf("it came as %q and as %q", s.wireID(), got.ID)
		}
	}
}

func receipts(r *rig) {
	ana := r.chatWith(anasPhone)
	s := r.accepted(ana.to, offer)
	if r.can.SentLater {
		r.receipt(s, bot.ReceiptSent)
	}
	r.receipt(s, bot.ReceiptDelivered)
	ana.Read(r.arrives(ana, offer))
	r.receipt(s, bot.ReceiptRead)
}

func saysNoMore(a bot.Abilities) string {
	if !a.SentLater {
		return "on this wire what the server has accepted does not fail (bot.Abilities.SentLater)"
	}
	return ""
}

func failsLater(r *rig) {
	ana := r.chatWith(anasPhone)
	if len(r.Failures) == 0 {
		r.t.Fatal("the wire names no failure")
	}
	for _, want := range r.Failures {
		r.Server.Next(Fate{Later: want.Code})
		s := r.accepted(ana.to, offer)
		got := r.receipt(s, bot.ReceiptFailed)
		if got.Cause != want.Cause || got.Code != want.Code || got.Detail == "" {
			r.t.Errorf("%d: %+v, want failed for %q", want.Code, got, want.Cause)
		}
		r.discreet(got.Detail, s.Outgoing)
	}
	r.has(ana, offer, 0)
}

func noWindow(a bot.Abilities) string {
	if a.Window == 0 {
		return "on this wire words may go to anybody at any time (bot.Abilities.Window)"
	}
	return ""
}

// afterTheWindow: to somebody who never wrote. Some refuse it at once, others fail it later.
func afterTheWindow(r *rig) {
	rui := r.Server.Person("+12125550103")
	m := r.message([]bot.Identity{{Kind: bot.Phone, Value: rui.Phone()}}, offer)
	got := r.send(m)
	cause := got.Cause
	if got.Status == bot.SendAccepted {
		cause = r.receipt(sent{m, got}, bot.ReceiptFailed).Cause
	}
	if cause != bot.CauseWindow {
		r.t.Errorf("%+v, for %q", got, cause)
	}
	r.has(rui, offer, 0)
}

func oneByOne(a bot.Abilities) string {
	if a.InFlight < 2 {
		return "this wire sends one message at a time (bot.Abilities.InFlight)"
	}
	return ""
}

// many: each is on its person's phone before any of them is answered.
func many(r *rig) {
	const people = 8
	var chats []chat
	for i := range people {
		chats = append(chats, r.chatWith(fmt.Sprintf("+1212555011%d", i)))
	}
	answers := make(chan struct{})
	r.Server.Next(slices.Repeat([]Fate{{Hold: answers}}, people)...)
	results := make([]<-chan bot.SendResult, people)
	messages := make([]bot.Outgoing, people)
	for i, c := range chats {
		messages[i] = r.message(c.to, offer)
		results[i] = r.underWay(r.ctx, messages[i])
	}
	for _, c := range chats {
		r.arrives(c, offer)
	}
	close(answers)
	for i, c := range chats {
		got := r.ends(messages[i], results[i])
		if got.Status != bot.SendAccepted {
			r.t.Errorf("%+v, want accepted", got)
		}
		if s := (sent{messages[i], got}); r.arrives(c, offer).ID != s.wireID() {
			r.t.Errorf("the answer to one message names another: %+v", got)
		}
	}
}

// same compares what was handed over of one message.
func same(t *testing.T, all []bot.Message) {
	t.Helper()
	for _, m := range all[1:] {
		if m.Text != all[0].Text || m.Kind != all[0].Kind || !m.At.Equal(all[0].At) || m.History != all[0].History ||
			!slices.Equal(m.Identities, all[0].Identities) {
			t.Errorf("it came as %+v and as %+v", all[0], m)
		}
	}
}

func twice(r *rig) {
	ana := r.Server.Person(anasPhone)
	m := r.writes(ana, "stop")
	ana.Repeat(m.ID)
	same(r.t, r.handedOver(m.ID, 2))
	r.writes(ana, "hello?") // an ID of its own
	for _, m := range r.in.got() {
		if (m.Text == "hello?") != (m.ID != r.in.got()[0].ID) {
			r.t.Errorf("two messages have one ID: %+v", r.in.got())
		}
	}
}

func notTaken(r *rig) {
	ana := r.chatWith(anasPhone)
	r.Server.Settle()
	r.in.refuse(true)
	id := ana.Send("stop", r.Server.Now())
	before := len(r.handedOver(id, 1))
	r.in.refuse(false)
	r.Server.Again()
	same(r.t, r.handedOver(id, before+1))
}

func disorder(r *rig) {
	ana, now := r.Server.Person(anasPhone), r.Server.Now()
	late, early := minutesAgo(now, 1), minutesAgo(now, 2)
	second := r.handedOver(ana.Send("written second", late), 1)[0]
	first := r.handedOver(ana.Send("written first", early), 1)[0]
	if !first.At.Equal(early) || !second.At.Equal(late) {
		r.t.Errorf("dated %v and %v, want %v and %v", first.At, second.At, early, late)
	}
}

// stopMeanwhile: the answer to a send is waited for, and nothing else waits for it.
func stopMeanwhile(r *rig) {
	ana := r.chatWith(anasPhone)
	answer := make(chan struct{})
	r.Server.Next(Fate{Hold: answer})
	m := r.message(ana.to, offer)
	result := r.underWay(r.ctx, m)
	r.arrives(ana, offer)
	stop := r.writes(ana, "stop")
	select {
	case got := <-result:
		r.t.Errorf("%+v before the server has answered", got)
		return
	default:
	}
	if stop.Text != "stop" || !slices.Equal(stop.Identities, ana.to) {
		r.t.Errorf("%+v", stop)
	}
	close(answer)
	if got := r.ends(m, result); got.Status != bot.SendAccepted {
		r.t.Errorf("%+v, want accepted", got)
	}
}

func withoutPhone(r *rig) {
	ana := r.Server.Person(anasPhone)
	ana.HidePhone()
	first, second := r.writes(ana, "hi"), r.writes(ana, "stop")
	if len(first.Identities) != 1 || first.Identities[0].Kind == bot.Phone || first.Identities[0].Value == "" ||
		!slices.Equal(first.Identities, second.Identities) {
		r.t.Fatalf("%v, then %v", first.Identities, second.Identities)
	}
	s := r.accepted(first.Identities, "Done")
	if got := r.arrives(ana, "Done"); got.ID != s.wireID() {
		r.t.Errorf("on their phone it is %q, told %q", got.ID, s.wireID())
	}
	r.receipt(s, bot.ReceiptDelivered)
	if rui := r.writes(r.Server.Person("+12125550102"), "hi"); slices.Contains(rui.Identities, first.Identities[0]) {
		r.t.Errorf("two people are %v", first.Identities[0])
	}
}

func marked(r *rig) {
	ana := r.Server.Person(anasPhone)
	m := r.writes(ana, "hi")
	r.must(r.Connection.MarkRead(r.ctx, m.ID, m.Identities))
	r.must(ana.WaitMarked(r.ctx, m.ID))
}
