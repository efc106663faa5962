package desk_test

import (
	"errors"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk/desktest"
)

// TestT4AnsweredFromTheCommandLine: `reply` and `contacts pause` are a takeover; neither makes anybody subscribed, promotions wait, a stop
// takes back what waits, and whoever left is written to only when they wrote after it.
func TestT4AnsweredFromTheCommandLine(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: oneNumber})
	act := func(decide bot.Act) (*bot.Contact, error) {
		c, err := s.Store.Contact(s.Ctx, "main", "+5511900000001")
		must(t, err)
		turn, err := s.Store.Act(s.Ctx, "main", c.ID, s.Envs, decide)
		return &turn.Contact, err
	}
	reply := func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
		return bot.Reply(e, c, "Temos em azul.")
	}
	must(t, s.Do("Ana +5511900000001 > oi"))
	c, err := act(bot.Pause)
	must(t, err)
	now := s.World.Now()
	if c.Consent != bot.Pending || !c.TakeoverUntil().Equal(now.Add(bot.TakeoverLasts)) || !c.LastHuman.IsZero() {
		t.Errorf("paused: %s until %s", c.Consent, c.TakeoverUntil())
	}
	_, err = act(bot.Resume)
	must(t, err)
	must(t, s.Do("Ana > quero promoções"))
	_, err = act(reply)
	must(t, err)
	c, err = s.Store.Contact(s.Ctx, "main", "+5511900000001")
	must(t, err)
	limits := s.Limits("main")
	if v := bot.MaySend(c, limits, now.Add(time.Minute), now.Add(time.Hour)); v.Reason != bot.HumanTakeover {
		t.Errorf("a promotion during the takeover: %+v", v)
	}
	if n, err := s.Store.Waiting(s.Ctx, "main"); n == 0 || err != nil {
		t.Errorf("%d wait, %v", n, err)
	}
	turn, err := s.Store.HandleMessage(s.Ctx, "main", bot.Message{ID: "S1", Identities: c.Identities, Kind: bot.KindText, Text: "2", At: now.Add(time.Second)}, s.Envs)
	must(t, err)
	if turn.Contact.Consent != bot.Unsubscribed {
		t.Fatalf("a stop during the takeover: %s", turn.Contact.Consent)
	}
	for k, err := s.Store.ClaimReply(s.Ctx, "main", now, bot.Brake{}, true); k != nil || err != nil; k, err = s.Store.ClaimReply(s.Ctx, "main", now, bot.Brake{}, true) {
		must(t, err)
		if k.Kind == bot.SayHuman {
			t.Error("the answer goes out after the stop")
		}
	}
	if _, err = act(reply); !errors.Is(err, bot.ErrTheyLeft) {
		t.Errorf("somebody who left is written to: %v", err)
	}
}
