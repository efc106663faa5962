package cli

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"optinbot/bot"
	"optinbot/flows"
)

// prelude lets a few people opt in without trouble, so that there is somebody to write to.
func (w *propertyWorld) prelude() {
	w.smooth = true
	for i, number := range []string{mainNumber, mainNumber, mainNumber, otherNumber} {
		if rapid.IntRange(0, 3).Draw(w.t, "has opted in") == 0 {
			continue
		}
		ids := [][]bot.Identity{{anna}, {bob, lid("202")}, {lid("303")}, {anna, lid("101")}}[i]
		for _, said := range []struct {
			text string
			label
		}{{"I want promotions", labelOptIn}, {"yes", labelYes}, {"A", labelOther}, {"A", labelOther}} {
			if said.label == labelYes && !w.model.confirm[number] {
				continue
			}
			w.unacked[number] = append(w.unacked[number], written{number: number, label: said.label, Message: bot.Message{
				ID: "IN" + w.newID(), Identities: ids, Kind: bot.KindText, Text: said.text, At: w.now,
			}})
			w.must(w.deliver(number))
		}
		for sent := true; sent; {
			var err error
			sent, err = w.pumps[number].SendNext(w.ctx)
			w.must(err)
		}
	}
	w.smooth = false
	w.now = w.now.Add(31 * time.Minute) // whatever they were asked no longer holds promotions
}

// write lets somebody write.
func (w *propertyWorld) write() {
	number := w.number()
	w.compose(number)
	w.risk(func() error { return w.deliver(number) })
}

// compose puts a new message into what WhatsApp has for the number.
func (w *propertyWorld) compose(number string) {
	w.composeFrom(number, rapid.SampledFrom(senders()).Draw(w.t, "from"), rapid.SampledFrom([]label{
		labelOptIn, labelOptIn, labelOptIn, labelStop, labelStop, labelOther, labelOther, labelNear, labelYes, labelNo, labelUnsure,
	}).Draw(w.t, "means"))
}

func (w *propertyWorld) composeFrom(number string, ids []bot.Identity, l label) {
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 2).Draw(w.t, "seconds later")) * time.Second)
	m := written{number: number, label: l, holder: w.model.holder(number, bot.Phone, bot.PhoneOf(ids)), Message: bot.Message{
		ID: "IN" + w.newID(), Identities: ids, Name: "Ana", Kind: bot.KindText, At: w.now,
		Text: rapid.SampledFrom(propertyTexts()[l]).Draw(w.t, "text"),
	}}
	switch rapid.SampledFrom([]string{"", "", "", "", "", "", "", "", "edit", "forwarded", "history", "human", "undecryptable", "late", "old", "reaction"}).Draw(w.t, "how") {
	case "edit":
		m.EditOf = "IN0"
	case "forwarded":
		m.Forwarded = true
	case "history":
		m.History, m.At = true, w.now.Add(-time.Duration(rapid.IntRange(1, 100).Draw(w.t, "hours ago"))*time.Hour)
	case "human":
		m.FromMe = true
	case "undecryptable":
		again := m // their phone sends it again, sooner or later
		again.resend = true
		w.away[number] = append(w.away[number], again)
		m.Kind, m.Text, m.label = bot.KindUndecryptable, "", labelOther
	case "late":
		m.At = w.now.Add(-10 * time.Minute)
	case "old":
		m.At = w.now.Add(-7 * time.Hour)
	case "reaction":
		m.Kind, m.Text, m.label = bot.KindReaction, "", labelOther
	}
	if !w.busy && rapid.IntRange(0, 3).Draw(w.t, "takes its time") == 0 {
		w.away[number] = append(w.away[number], m)
		return
	}
	w.unacked[number] = append(w.unacked[number], m)
}

// arrive lets some of what is on its way come, in any order.
func (w *propertyWorld) arrive() {
	number := w.number()
	for range rapid.IntRange(1, 3).Draw(w.t, "messages") {
		n := len(w.away[number])
		if n == 0 {
			break
		}
		i := rapid.IntRange(0, n-1).Draw(w.t, "which")
		m := w.away[number][i]
		w.away[number] = slices.Delete(w.away[number], i, i+1)
		if w.model.holder(number, bot.Phone, bot.PhoneOf(m.Identities)) != m.holder && len(m.Identities) == 1 {
			continue // see again
		}
		if m.resend && rapid.Bool().Draw(w.t, "dated anew") {
			m.At = w.now
		}
		w.unacked[number] = append(w.unacked[number], m)
	}
	w.risk(func() error { return w.deliver(number) })
}

// again delivers a message a second time, though it was acknowledged. (A message known by phone only is left out once that
// phone has passed to another account: WhatsApp does not deliver in that order.)
func (w *propertyWorld) again() {
	if len(w.past) == 0 {
		return
	}
	m := rapid.SampledFrom(w.past).Draw(w.t, "which")
	if holder := w.model.holder(m.number, bot.Phone, bot.PhoneOf(m.Identities)); holder != m.holder && len(m.Identities) == 1 {
		return
	}
	w.unacked[m.number] = append(w.unacked[m.number], m)
	w.risk(func() error { return w.deliver(m.number) })
}

// clock moves the clock and lets happen what is due.
func (w *propertyWorld) clock() {
	w.now = w.now.Add(rapid.SampledFrom([]time.Duration{
		time.Second, 40 * time.Second, 10 * time.Minute, 45 * time.Minute, 3 * time.Hour, 13 * time.Hour, 25 * time.Hour, 4 * 24 * time.Hour,
	}).Draw(w.t, "by"))
	for _, n := range propertyNumbers {
		w.risk(func() error { return w.pumps[n].Tick(w.ctx) })
	}
}

// send lets a number send for a while.
func (w *propertyWorld) send() {
	number := w.number()
	w.risk(func() error { return w.sends(number) })
}

func (w *propertyWorld) sends(number string) error {
	for range rapid.IntRange(1, 12).Draw(w.t, "messages") {
		if sent, err := w.pumps[number].SendNext(w.ctx); err != nil || !sent {
			return err
		}
	}
	return nil
}

const propertyBroadcast = "broadcast: weekly\nat: now\ntext:\n  en: \"Hi {first_name|there}, everything at {brand} is 20% off.\"\n" +
	"  pt: \"Oi, {first_name|tudo bem}: tudo na {brand} com 20% de desconto.\"\n  es: \"Hola, {first_name|qué tal}: todo en {brand} al 20% menos.\"\n"

// broadcast arms an occurrence and, most times, lets it begin.
func (w *propertyWorld) broadcast() {
	number := w.number()
	wait := rapid.SampledFrom([]time.Duration{0, 0, 0, 30 * time.Minute}).Draw(w.t, "due in")
	w.risk(func() error {
		o, err := w.house.Store.Arm(w.ctx, bot.Occurrence{
			Number: number, Broadcast: "weekly", Key: w.newID(), DueAt: w.now.Add(wait), ArmedAt: w.now, Content: propertyBroadcast, Version: "1",
		})
		if err == nil {
			w.occurrences = append(w.occurrences, o.ID)
			w.occurrence[o.ID] = o
			err = w.pumps[number].Tick(w.ctx)
		}
		if err == nil && wait == 0 {
			err = w.sends(number)
		}
		return err
	})
}

func (w *propertyWorld) turnOccurrence() {
	if len(w.occurrences) == 0 {
		return
	}
	o := rapid.SampledFrom(w.occurrences).Draw(w.t, "occurrence")
	number := w.occurrence[o].Number
	what := rapid.SampledFrom([]string{"pause", "resume", "resume", "cancel"}).Draw(w.t, "what")
	w.risk(func() (err error) {
		var done bool
		switch what {
		case "pause":
			done, err = w.house.Store.SetStatus(w.ctx, number, o, bot.OccurrencePaused, "", w.now)
		case "resume":
			done, err = w.house.Store.Resume(w.ctx, number, o, w.now)
		case "cancel":
			done, err = w.house.Store.SetStatus(w.ctx, number, o, bot.OccurrenceCancelled, "", w.now)
		}
		if done && err == nil {
			w.model.halted[o] = what != "resume"
		}
		return err
	})
}

// template lets WhatsApp pause what promotions of a number need, or approve it again. A process that dies meanwhile has heard of some of
// them, and hears it again after its start.
func (w *propertyWorld) template() {
	number := w.number()
	status, ready := "PAUSED", rapid.IntRange(0, 2).Draw(w.t, "approved") > 0
	if ready {
		status = bot.TemplateApproved
		delete(w.model.unready, number) // while some are approved and others not, each claim asks for its own
	}
	heard := false
	w.risk(func() error {
		err := w.templates(number, status)
		heard = err == nil
		return err
	})
	if !heard {
		w.did["told of templates again"]++
		w.must(w.templates(number, status))
	}
	w.model.unready[number] = w.cloud && !ready
}

// templates is what WhatsApp says of them.
func (w *propertyWorld) templates(number, status string) error {
	flow := w.house.Machine(number).Flow
	draft, bad := flows.LoadBroadcast("weekly.yaml", []byte(propertyBroadcast), flow)
	if len(bad) > 0 {
		w.t.Fatal(bad)
	}
	for _, ref := range bot.TemplatesOf(flow, draft) {
		state := bot.TemplateState{TemplateRef: ref, Status: status, Category: bot.TemplateMarketing, Quality: "GREEN"}
		if err := w.house.Store.SawTemplates(w.ctx, number, ref.Name, []bot.TemplateState{state}, w.now); err != nil {
			return err
		}
	}
	return nil
}

// operator records an opt-out from outside, by whatever spelling of the phone.
func (w *propertyWorld) operator() {
	number := w.number()
	phone := rapid.SampledFrom([]string{anna.Value, "+551100000001", bob.Value, cleo.Value}).Draw(w.t, "phone")
	w.risk(func() error {
		_, err := w.house.Store.OptOutPhone(w.ctx, number, phone, "said so", w.house.Envs)
		if err == nil {
			w.model.operatorOptOut(number, phone, w.now)
		}
		return err
	})
}

// receipt lets a phone report a message, as delivered or read.
func (w *propertyWorld) receipt() {
	if len(w.sent) == 0 {
		return
	}
	id := rapid.SampledFrom(w.sent).Draw(w.t, "message")
	r := bot.Receipt{MessageIDs: []string{id}, Kind: bot.DeliveredOrRead(rapid.Bool().Draw(w.t, "read")), At: w.now}
	if rapid.IntRange(0, 3).Draw(w.t, "fails late") == 3 {
		r.Kind, r.Cause = bot.ReceiptFailed, rapid.SampledFrom(propertyCauses()).Draw(w.t, "cause")
	} else {
		w.model.accepted[id] = true // what a phone has, the server took
	}
	w.risk(func() error {
		for _, n := range propertyNumbers {
			if err := w.pumps[n].Receipt(w.ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
}
