package app

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump"
)

// A scene leads to a reason: lines of a conversation (see conversation.go), then an act. whose is the person whom it is about.
type scene struct {
	config string
	linked string
	lines  []string
	act    func(*stage) error
	whose  string
}

// onlyAna and anaAndBen are people who wait for nothing; of two, one waits for the number after a broadcast.
var (
	onlyAna   = []string{"Ana +5511900000001 > quero promoções", "Ana > A", "Ana > A"}
	anaAndBen = append([]string{"Ben +5511900000002 > quero promoções", "Ben > A", "Ben > A"}, onlyAna...)
)

func after(people []string, lines ...string) []string {
	return append(append([]string{}, people...), lines...)
}

// scenes has one for every reason.
func scenes() map[bot.Reason]scene {
	sale := "broadcast weekend-offer"
	event := func(kind bot.NumberEventKind) func(*stage) error {
		return func(s *stage) error {
			return s.world.Engine.NumberEvent(s.ctx, bot.NumberEvent{Kind: kind, At: s.world.Now(), Until: s.world.Now().Add(time.Hour)})
		}
	}
	turn := func(to bot.OccurrenceStatus, lines ...string) func(*stage) error {
		return func(s *stage) error {
			o, err := s.Latest(s.ctx, "main", "weekend-offer")
			if err != nil {
				return err
			}
			if _, err := s.Store.SetStatus(s.ctx, o.Number, o.ID, to, string(bot.OperatorPaused), s.world.Now()); err != nil {
				return err
			}
			return s.all(lines)
		}
	}
	return map[bot.Reason]scene{
		bot.AwaitingDisclosure:   {lines: []string{"whatsapp silent", "Ana +5511900000001 > quero promoções", sale}},
		bot.QuestionOpen:         {lines: []string{"Ana +5511900000001 > quero promoções", sale}},
		bot.HumanTakeover:        {lines: after(onlyAna, "takeover Ana", sale)},
		bot.UnsureStop:           {lines: after(onlyAna, "Ana > could you send fewer messages?", sale)},
		bot.QuietHours:           {lines: after(onlyAna, "+10h", sale)},
		bot.DailyCap:             {config: "contact: {gap: 1h}", lines: after(onlyAna, sale, "+2h", sale)},
		bot.WeeklyCap:            {config: "contact: {per_week: 1}", lines: after(onlyAna, sale, "+48h", sale)},
		bot.MinGap:               {lines: after(onlyAna, sale, "+1h", sale)},
		bot.NotDelivering:        {lines: after(onlyAna, "off Ana", sale, "+24h", sale, "+144h", sale)},
		bot.UndecryptableMessage: {lines: after(onlyAna, "Ana [undecryptable] > ?", sale)},
		bot.NeedsInbound:         {lines: after(onlyAna, "whatsapp refuses 463", sale, "whatsapp accepts", "+24h", sale)},
		bot.NumberReassigned:     {lines: []string{"Eva +5511900000009 lid:71 > quero promoções", "Eva > A", "Eva > A", "Zoe +5511900000009 lid:72 > oi", sale}, whose: "Eva"},
		bot.Pace:                 {lines: after(anaAndBen, sale), whose: "Ana"},
		bot.WarmUp:               {linked: "3", lines: after(onlyAna, sale)},
		bot.NumberCap:            {config: "pace: {per_day: 1}", lines: after(anaAndBen, sale), whose: "Ana"},
		bot.OfflineSync:          {lines: after(anaAndBen, sale), act: event(bot.NumberConnected), whose: "Ana"},
		bot.RestrictedUntil:      {lines: after(anaAndBen, sale), act: event(bot.NumberRestricted), whose: "Ana"},
		bot.Disconnected:         {lines: after(anaAndBen, sale), act: event(bot.NumberDisconnected), whose: "Ana"},
		bot.GuardPaused: {act: func(s *stage) error {
			for i := range 12 {
				if err := s.do(fmt.Sprintf("P%d +55119000001%02d > quero promoções", i, i)); err != nil {
					return err
				}
			}
			return s.all([]string{"+31m", sale, "+3m", "P0 > 2", "P1 > 2", "P2 > 2"})
		}, whose: "P11"},
		bot.SlowDown:       {lines: after(anaAndBen, "whatsapp refuses 429", sale), whose: "Ana"},
		bot.OperatorPaused: {lines: after(anaAndBen, sale), act: turn(bot.OccurrencePaused), whose: "Ana"},
		bot.SafeMode: {lines: onlyAna, act: func(s *stage) error {
			if err := s.decide(s.world, s.people["Ana"], bot.HoldForSafety); err != nil {
				return err
			}
			return s.do(sale)
		}},
		bot.NumberChanged: {lines: onlyAna, act: func(s *stage) error {
			if _, err := s.Store.ChangePhone(s.ctx, "main", "new:1@s.whatsapp.net", "+12125550199", s.world.Now(), s.Envs); err != nil {
				return err
			}
			if err := s.world.Engine.NumberEvent(s.ctx, bot.NumberEvent{Kind: bot.NumberSynced, At: s.world.Now()}); err != nil {
				return err
			}
			return s.do(sale)
		}},
		bot.Late:                {lines: after(onlyAna, "whatsapp disconnected", sale, "+3h")},
		bot.NotSubscribed:       {lines: []string{"Ana +5511900000001 > oi", sale}},
		bot.SkippedUnsubscribed: {lines: after(onlyAna, "Ana > 2", sale)},
		bot.Suppressed:          {lines: []string{"optout +5511900000001", "Ana +5511900000001 > oi", sale}},
		bot.NotInAudience:       {lines: onlyAna, act: drafted("bags", `audience: '"bags" in interests'`)},
		bot.AlreadyDelivered:    {lines: after(anaAndBen, sale), act: turn(bot.OccurrenceCancelled, "+24h", sale), whose: "Ben"},
		bot.NoLegalHour:         {config: "broadcast: {expires: 1h}", lines: after(onlyAna, "+10h", sale)},
		bot.Fatigued: {config: "contact: {per_week: 21}", lines: onlyAna, act: func(s *stage) error {
			for range 15 { // days, two of them Sundays
				if err := s.all([]string{sale, "+24h"}); err != nil {
					return err
				}
			}
			return nil
		}},
		bot.Expired:   {lines: after(onlyAna, "Ana > could you send fewer messages?", sale, "+24h")},
		bot.Cancelled: {lines: after(anaAndBen, sale), act: turn(bot.OccurrenceCancelled), whose: "Ana"},
		bot.RenderFailed: {lines: onlyAna, act: func(s *stage) error {
			c := s.pumpConfig(s.world)
			c.Render = func(bot.Occurrence, *bot.Contact) (bot.Promotion, error) {
				return bot.Promotion{Holes: []string{"first_name"}}, nil
			}
			s.world.Engine = pump.New(c)
			if err := s.world.Engine.NumberEvent(s.ctx, bot.NumberEvent{Kind: bot.NumberSynced, At: s.world.Now()}); err != nil {
				return err
			}
			return s.do(sale)
		}},
		bot.Failed: {lines: after(onlyAna, "whatsapp refuses 400", sale)},
		bot.Erased: {lines: after(onlyAna, "takeover Ana", sale), act: func(s *stage) error {
			_, err := s.Store.Erase(s.ctx, []bot.Identity{{Kind: bot.Phone, Value: "+5511900000001"}}, s.Envs)
			return err
		}},
	}
}

// drafted sends a draft with one more line.
func drafted(name, line string) func(*stage) error {
	return func(s *stage) error {
		draft := "broadcast: " + name + "\nat: now\n" + line + "\ntext: {en: Hello, pt: Olá, es: Hola}\n"
		if err := os.WriteFile(s.Config.Path("flows/broadcasts/"+name+".yaml"), []byte(draft), 0o600); err != nil {
			return err
		}
		return s.do("broadcast " + name)
	}
}

func (s *stage) all(lines []string) error {
	for _, line := range lines {
		if err := s.do(line); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	return nil
}

// TestB8EveryReasonIsReached: each reason of the table comes of something that happens, by way of the real engine, and `broadcast why`
// names it. A reason without a scene fails.
func TestB8EveryReasonIsReached(t *testing.T) {
	t.Parallel()
	all := scenes()
	for _, info := range bot.Reasons() {
		scene, ok := all[info.Reason]
		if !ok {
			t.Errorf("no scene leads to %s", info.Reason)
			continue
		}
		delete(all, info.Reason)
		t.Run(string(info.Reason), func(t *testing.T) {
			t.Parallel()
			scene.leadsTo(t, info.Reason)
		})
	}
	for reason := range all {
		t.Errorf("a scene leads to %s, which is not in the table", reason)
	}
}

func (x scene) leadsTo(t *testing.T, reason bot.Reason) {
	c := conversation{}
	if x.config != "" {
		c.setup = append(c.setup, step{text: "config " + x.config})
	}
	if x.linked != "" {
		c.setup = append(c.setup, step{text: "linked " + x.linked})
	}
	s := newStage(t, c, false)
	must(t, s.all(x.lines))
	if x.act != nil {
		must(t, x.act(s))
	}
	list, err := s.Store.Occurrences(s.ctx, "main", "")
	must(t, err)
	if reason == bot.Erased { // nobody is left to ask about
		funnel, err := s.Store.Funnel(s.ctx, list[0].ID)
		must(t, err)
		if len(funnel) != 1 || funnel[0].Reason != reason {
			t.Errorf("%+v", funnel)
		}
		return
	}
	p := s.people[cmp.Or(x.whose, "Ana")]
	if got := s.why(t, list[0], cmp.Or(p.lid, p.phone)); !strings.Contains(got, "("+string(reason)) {
		t.Errorf("why says %s", got)
	}
}
