package serve

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/whatsapp/whatsapptest"
)

// The tests in this file let people send what they send, through the real client, and look at what the number makes of it.

// subscriber is somebody who has asked for promotions and been asked the first question.
func (s *numberStage) subscriber(phone string) *whatsapptest.Contact {
	s.t.Helper()
	c := s.srv.Contact(phone)
	s.waitTaken(c.Send("quero promoções"))
	s.drain()
	return c
}

func (s *numberStage) contactOf(c *whatsapptest.Contact) *bot.Contact {
	s.t.Helper()
	found, err := s.Store.Contact(s.ctx, "main", c.LID().User)
	must(s.t, err)
	if found == nil {
		s.t.Fatal("no such contact")
	}
	return found
}

// TestT3WhatThisBuildDoesNotKnowHolds: it may have been a stop. When many send it, the build is too old.
func TestT3WhatThisBuildDoesNotKnowHolds(t *testing.T) {
	s := newNumberStage(t)
	ana, eva := s.subscriber("+12125550101"), s.srv.Contact("+12125550102")
	s.waitTaken(ana.SendUnknown(177, "stop"))
	s.waitTaken(eva.SendPlaceholder())
	for _, c := range []*whatsapptest.Contact{ana, eva} {
		if got := s.contactOf(c); !got.Has(bot.UndecryptableMessage) {
			t.Errorf("holds %v", got.Holds)
		}
	}
	before := len(ana.Received())
	s.later(bot.AskResendAfter)
	if r, err := ana.WaitFor(s.ctx, before+1); err != nil || !strings.Contains(r[before].Text, "enviar de novo") {
		t.Errorf("%q %v", ana.Texts(), err)
	}
	outdated := func() (n int) {
		for _, told := range s.notices() {
			if told.Kind == string(bot.NoticeOutdated) {
				n++
			}
		}
		return n
	}
	s.waitTaken(ana.SendUnknown(150, "stop"))
	for i := range 22 {
		if got, want := outdated(), max(0, i-19); got > 1 || got != min(1, want) {
			t.Errorf("%d notices after %d people", got, i+1)
		}
		c := s.srv.Contact("+1212555" + string(rune('0'+i/10)) + string(rune('0'+i%10)) + "03")
		s.waitTaken(c.SendUnknown(177, "oi"))
	}
}

// TestT3TheAnswerToAnAdIsTheGreeting: a click comes without content, and the phone hands it over.
func TestT3TheAnswerToAnAdIsTheGreeting(t *testing.T) {
	s := newNumberStage(t)
	s.srv.Phone().AnswerRequests(true)
	ana := s.srv.Contact("+12125550101")
	id := ana.SendWithoutContent(whatsapptest.AdClick("120200001", "Shoes, 20% off", "quero promoções"))
	s.waitTaken(id)
	s.waitTaken(id)
	s.later(bot.AskResendAfter)
	s.later(time.Minute)
	for _, text := range ana.Texts() {
		if strings.Contains(text, "enviar de novo") {
			t.Errorf("asked for what had come: %q", ana.Texts())
		}
	}
	if c := s.contactOf(ana); c.Consent != bot.Subscribed || len(c.Holds) > 0 {
		t.Errorf("%s, holds %v", c.Consent, c.Holds)
	}
	entries, err := s.Store.Ledger(s.ctx, "main", s.contactOf(ana).ID)
	must(t, err)
	shown := ""
	for _, e := range entries {
		if e.Public.Event == bot.EntryOptedIn {
			shown = e.Public.Shown + " " + e.Personal.Shown
		}
	}
	if shown != "ad:120200001 Shoes, 20% off\nhttps://fb.me/120200001" {
		t.Errorf("shown: %q", shown)
	}
}

// TestT3WhateverComesWithItsIDEndsTheWait: a reaction that had to be sent twice was no stop.
func TestT3WhateverComesWithItsIDEndsTheWait(t *testing.T) {
	s := newNumberStage(t)
	ana := s.subscriber("+12125550101")
	question := ana.Received()[len(ana.Received())-1].ID
	for name, send := range map[string]func() string{
		"reaction": func() string { return ana.React(question, "👍", whatsapptest.Unreadable(1)) },
		"timer":    func() string { return ana.SetTimer(time.Hour, whatsapptest.Unreadable(1)) },
		"pin": func() string {
			return ana.SendMessage(&waE2E.Message{PinInChatMessage: &waE2E.PinInChatMessage{}}, whatsapptest.Unreadable(1))
		},
	} {
		id := send()
		s.waitTaken(id)
		s.waitTaken(id)
		if c := s.contactOf(ana); len(c.Holds) > 1 || c.Has(bot.UndecryptableMessage) {
			t.Errorf("%s: holds %v", name, c.Holds)
		}
	}
	before := len(ana.Received())
	s.waitTaken(ana.React(question, "👎", whatsapptest.Unreadable(-1)))
	s.later(bot.AskResendAfter)
	s.later(time.Minute)
	if c := s.contactOf(ana); !c.Has(bot.UndecryptableMessage) || len(ana.Received()) != before {
		t.Errorf("holds %v, texts %q", c.Holds, ana.Texts()[before:])
	}
}

// TestT3AnEditIsOpenedUnderEveryAddress: phones mix a person's phone and LID, in what they write and what they seal it with.
func TestT3AnEditIsOpenedUnderEveryAddress(t *testing.T) {
	s := newNumberStage(t)
	i := 0
	for _, wrote := range []whatsapptest.Addressing{whatsapptest.FromLID, whatsapptest.FromPhone} {
		for _, edits := range []whatsapptest.Addressing{whatsapptest.FromLID, whatsapptest.FromPhone} {
			for under := range 4 {
				i++
				ana := s.srv.Contact("+121255501" + string(rune('0'+i/10)) + string(rune('0'+i%10)))
				ana.SetAddressing(wrote)
				s.waitTaken(ana.Send("quero promoções"))
				id := ana.Send("oi", whatsapptest.WithSecret())
				s.waitTaken(id)
				ana.SetAddressing(edits)
				addresses := []types.JID{ana.LID(), ana.PhoneJID()}
				edit, err := ana.EditSealed(id, "sair", addresses[under%2], addresses[under/2])
				must(t, err)
				s.waitTaken(edit)
				if c := s.contactOf(ana); c.Consent != bot.Unsubscribed || c.Has(bot.UndecryptableMessage) {
					t.Errorf("wrote %v, edits %v, sealed %02b: %s, holds %v", wrote, edits, under, c.Consent, c.Holds)
				}
			}
		}
	}
}

// TestT3TheTimerIsLearned: by the setting, whoever sets it, and only from what can tell it.
func TestT3TheTimerIsLearned(t *testing.T) {
	s := newNumberStage(t)
	ana, phone := s.subscriber("+12125550101"), s.srv.Phone()
	is := func(what string, want time.Duration) {
		t.Helper()
		before := len(ana.Received())
		s.waitTaken(ana.Send("HELP"))
		s.drain()
		got, err := ana.WaitFor(s.ctx, before+1)
		must(t, err)
		if timer := got[before].Message.GetExtendedTextMessage().GetContextInfo().GetExpiration(); time.Duration(timer)*time.Second != want {
			t.Errorf("%s: the answer has %ds, want %s", what, timer, want)
		}
	}
	s.waitTaken(ana.SetTimer(24 * time.Hour))
	is("they switched it on", 24*time.Hour)
	words := ana.SendDisappearing("A", 24*time.Hour)
	s.waitTaken(words)
	s.waitTaken(ana.SendPoll("Which?", []string{"a", "b"}))
	s.waitTaken(ana.SendOrder(2, ""))
	s.waitTaken(ana.Edit(words, "B"))
	s.drain()
	is("after a poll, an order and an edit", 24*time.Hour)
	s.ahead.Add(int64(time.Second))
	s.waitTaken(ana.SetTimer(0))
	is("they switched it off", 0)
	s.ahead.Add(int64(time.Second))
	s.waitTaken(phone.SendMessage(ana, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_EPHEMERAL_SETTING.Enum(), EphemeralExpiration: proto.Uint32(3600),
	}}))
	is("the shop switched it on", time.Hour)
	if c := s.contactOf(ana); !c.LastHuman.IsZero() {
		t.Error("a setting is taken for typing")
	}
}

// TestT4WhatsAppBusinessAnswersByItself: the app's greeting takes no chat over once two people got it.
func TestT4WhatsAppBusinessAnswersByItself(t *testing.T) {
	s := newNumberStage(t)
	s.srv.Phone().SetAutoReply("Olá! Obrigado por escrever para a Casa Aurora.")
	people := []*whatsapptest.Contact{}
	for _, number := range []string{"+12125550101", "+12125550102", "+12125550103"} {
		c := s.srv.Contact(number)
		s.waitTaken(c.Send("oi"))
		must(t, s.srv.Phone().WaitIdle(s.ctx))
		s.drain()
		people = append(people, c)
		s.ahead.Add(int64(time.Hour))
	}
	for i, c := range people {
		if got := s.contactOf(c); !got.LastHuman.IsZero() {
			t.Errorf("person %d: a person of the shop is said to have written at %s", i, got.LastHuman)
		}
	}
	told := s.notices()
	if len(told) != 1 || told[0].Kind != string(bot.NoticeAppAnswers) {
		t.Errorf("%+v", told)
	}
	d := &desk.Doctor{Options: s.Options, Store: s.Store}
	d.Number(t.Context(), s.number)
	if !slices.ContainsFunc(d.Found, func(f desk.Finding) bool {
		return f.Check == "main phone" && strings.Contains(f.Do, "Greeting message")
	}) {
		t.Errorf("doctor does not name it: %+v", d.Found)
	}
}

// TestT3TheTimerOfTheHistory: the phone's history knows the chat's timer too, and what was set later wins.
func TestT3TheTimerOfTheHistory(t *testing.T) {
	s := newNumberStage(t)
	ana := s.subscriber("+12125550101")
	past := []whatsapptest.Past{{ID: "H1", At: s.Now().Add(-48 * time.Hour), Text: "oi"}}
	s.srv.Phone().SyncHistory(whatsapptest.Chat{With: ana, Past: past, Timer: 24 * time.Hour, Set: s.Now().Add(-time.Hour)})
	s.wait(bot.NumberHistoryRead)
	if c := s.contactOf(ana); c.Expires != 24*time.Hour {
		t.Errorf("from the history: %s", c.Expires)
	}
	s.waitTaken(ana.SetTimer(0))
	past[0].ID = "H2"
	s.srv.Phone().SyncHistory(whatsapptest.Chat{With: ana, Past: past, Timer: 24 * time.Hour, Set: s.Now().Add(-2 * time.Hour)})
	s.wait(bot.NumberHistoryRead)
	if c := s.contactOf(ana); c.Expires != 0 {
		t.Errorf("after it was switched off: %s", c.Expires)
	}
}

// TestT4TheGreetingOfTheAppIsKnownFromTheHistory: it began no takeover, and nobody of the shop was in those chats.
func TestT4TheGreetingOfTheAppIsKnownFromTheHistory(t *testing.T) {
	s := newNumberStage(t)
	people := []*whatsapptest.Contact{s.srv.Contact("+12125550101"), s.srv.Contact("+12125550102"), s.srv.Contact("+12125550103")}
	at, chats := s.Now().Add(-72*time.Hour).Truncate(time.Second), []whatsapptest.Chat{}
	for i, c := range people {
		began := at.Add(time.Duration(i) * time.Hour)
		chat := whatsapptest.Chat{With: c, Past: []whatsapptest.Past{
			{At: began.Add(time.Second), FromMe: true, Text: "Olá! Obrigado por escrever para a Casa Aurora."}, {At: began, Text: "oi"},
		}}
		if i == 2 {
			chat.Past = append([]whatsapptest.Past{{At: began.Add(time.Minute), FromMe: true, Text: "Temos sim"}}, chat.Past...)
		}
		chats = append(chats, chat)
	}
	s.srv.Phone().SyncHistory(chats...)
	s.wait(bot.NumberHistoryRead)
	for i, c := range people {
		if got := s.contactOf(c); got.LastHuman.IsZero() != (i < 2) {
			t.Errorf("person %d: a person of the shop is said to have written at %s", i, got.LastHuman)
		}
	}
}

// TestT3ACallIsKept: who calls a shop and never writes is not lost to it.
func TestT3ACallIsKept(t *testing.T) {
	s := newNumberStage(t)
	ana := s.srv.Contact("+12125550101")
	s.waitTaken(ana.Call())
	s.drain()
	waits := bot.WaitsForPerson(s.contactOf(ana), nil)
	if len(waits) != 1 || waits[0].Reason != "call" || len(ana.Received()) > 0 {
		t.Errorf("%+v, received %q", waits, ana.Texts())
	}
	lines, err := s.Store.Conversation(s.ctx, s.contactOf(ana).ID, 5)
	if err != nil || len(lines) != 1 || lines[0].Kind != "call" {
		t.Errorf("%+v %v", lines, err)
	}
}
