package play

import (
	"context"
	"fmt"
	"slices"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/sim"
	"optinbot/bot/text"
)

// talkName is what a recorded talk calls the customer. Whatever they are called in the talk is in
// their messages only.
const talkName = "Ana"

// A Talk is one customer who talks to the flow of a number, for desk.Talk.
type Talk struct {
	*Simulation
	as      desk.Customer
	options desk.Options
	flow    string
	lines   []desk.TryLine
	record  *Recording
	sent    int
}

// NewTalk begins a talk, on a Monday at 10:00 where the shop is: within the hours of promotions. A
// phone that is none is refused. Whoever calls it closes the talk.
func NewTalk(ctx context.Context, o desk.Options, n config.Number, as desk.Customer) (*Talk, error) {
	phone, ok := bot.ParsePhone(as.Phone)
	if !ok {
		return nil, desk.Refuse("%q is not a phone with its country code, such as +5511900000001", text.Line(as.Phone))
	}
	as.Phone = phone
	s, err := Simulate(ctx, o, n.Name, usualDaysLinked)
	if err != nil {
		return nil, err
	}
	t := &Talk{Simulation: s, as: as, options: o, flow: n.Flow}
	start := talkStart(s.Limits(n.Name).Zone)
	t.record, err = s.recording("recorded on the page", start)
	if err != nil {
		return nil, fmt.Errorf("%w (%v)", err, s.Close())
	}
	s.World.Out = t.saw
	if err := s.World.Advance(ctx, start); err != nil {
		return nil, fmt.Errorf("%w (%v)", err, s.Close())
	}
	return t, nil
}

func (t *Talk) zone() *time.Location { return t.Limits(t.NumberName).Zone }

// saw shows what came of something.
func (t *Talk) saw(e sim.Event) {
	t.lines = append(t.lines, desk.TryLine{At: e.At.In(t.zone()), Kind: string(e.Kind), Text: e.Text, Held: e.Held, Skip: e.Skip})
}

// talkKinds are what a customer can send beside words.
var talkKinds = []bot.Kind{bot.KindText, bot.KindImage, bot.KindVideo, bot.KindAudio, bot.KindSticker, bot.KindDocument,
	bot.KindLocation, bot.KindReaction}

// Write lets the customer write, a second after whatever happened before.
func (t *Talk) Write(ctx context.Context, kind bot.Kind, words string) error {
	if !slices.Contains(talkKinds, kind) {
		return desk.Refuse("a customer cannot send %q here", text.Line(string(kind)))
	}
	if err := t.World.Advance(ctx, t.World.Now().Add(time.Second)); err != nil {
		return err
	}
	t.sent++
	flags, line := "", desk.TryLine{At: t.World.Now().In(t.zone()), Mine: true, Text: words}
	if kind != bot.KindText {
		flags, line.Kind = "["+string(kind)+"]", string(kind)
	}
	t.lines = append(t.lines, line)
	t.record.Wrote(talkName, t.as.Phone, flags, words)
	_, err := t.World.Write(ctx, bot.Message{
		ID: fmt.Sprintf("TRY%d", t.sent), Identities: []bot.Identity{{Kind: bot.Phone, Value: t.as.Phone}},
		Name: t.as.Name, Kind: kind, Text: words, OnOurs: kind == bot.KindReaction, At: t.World.Now(),
	})
	return err
}

// Wait moves the clock, by whole minutes.
func (t *Talk) Wait(ctx context.Context, by time.Duration) error {
	by = max(by.Truncate(time.Minute), time.Minute)
	to := t.World.Now().Add(by)
	t.lines = append(t.lines, desk.TryLine{At: to.In(t.zone()), Waited: by})
	t.record.Act("+"+text.Duration(by), "")
	return t.World.Advance(ctx, to)
}

// WaitForNext moves the clock to what comes next, to the end of its minute. It is false where
// nothing comes.
func (t *Talk) WaitForNext(ctx context.Context) (bool, error) {
	next, ok, err := t.next(ctx)
	if err != nil || !ok {
		return false, err
	}
	by := next.Sub(t.World.Now()).Truncate(time.Minute)
	if t.World.Now().Add(by).Before(next) {
		by += time.Minute
	}
	return true, t.Wait(ctx, by)
}

func (t *Talk) next(ctx context.Context) (time.Time, bool, error) {
	return t.Store.NextDue(ctx, t.NumberName, t.Limits(t.NumberName), t.World.Now())
}

// Send sends them a broadcast, as far as holds and caps let it.
func (t *Talk) Send(ctx context.Context, broadcast string) error {
	if err := t.World.Broadcast(ctx, broadcast); err != nil {
		return err
	}
	t.record.Act("broadcast", broadcast)
	return nil
}

// View is what their phone shows, and where they stand.
func (t *Talk) View(ctx context.Context) (desk.TryView, error) {
	v := desk.TryView{Lines: slices.Clone(t.lines), Now: t.World.Now().In(t.zone()), Name: t.as.Name, Phone: t.as.Phone}
	next, ok, err := t.next(ctx)
	if err != nil {
		return v, err
	}
	if ok {
		v.Next = next.In(t.zone())
	}
	c, err := t.Store.Contact(ctx, t.NumberName, t.as.Phone)
	if err != nil || c == nil {
		return v, err
	}
	v.Known, v.Consent, v.State, v.Language, v.Preferences = true, c.Consent, c.State, c.Language, c.Preferences
	v.QuestionOpen = c.FlowQuestion != nil
	if state := t.Machine(t.NumberName).Flow.States[c.State]; ok && v.QuestionOpen && state != nil && state.Ask != nil {
		switch q := state.Ask; {
		case next.Equal(c.FlowQuestion.Timeout):
			v.NextIs, v.NextTo = "timeout", q.Timeout.Goto
		case q.Reminder != nil && next.Equal(c.FlowQuestion.Asked.Add(q.Reminder.After)):
			v.NextIs = "reminder"
		}
	}
	c.Proven = c.Consent == bot.Subscribed
	limits := t.Limits(t.NumberName)
	if may := bot.MaySend(c, limits, t.World.Now(), t.World.Now().Add(limits.Expires)); may.Action != bot.ActionSend {
		v.Promotion = may.Reason
	}
	return v, nil
}

// Test is the talk as a conversation that `flow test` plays.
func (t *Talk) Test(ctx context.Context, title string) (string, error) {
	if t.sent == 0 {
		return "", desk.Refuse("nothing has been said yet")
	}
	r := *t.record
	r.title = text.Line(title)
	return r.Finish(ctx, t.options)
}
