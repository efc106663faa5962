package cli

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/play"
	"optinbot/bot/pump"
)

// A scene leads to a reason: lines of a conversation (see conversation.go), then an act. whose is the person whom it is about.
type scene struct {
	config string
	linked string
	lines  []string
	act    func(*play.Player) error
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
	event := func(kind bot.NumberEventKind) func(*play.Player) error {
		return func(s *play.Player) error {
			return s.World.Engine.NumberEvent(s.Ctx, bot.NumberEvent{Kind: kind, At: s.World.Now(), Until: s.World.Now().Add(time.Hour)})
		}
	}
	turn := func(to bot.OccurrenceStatus, lines ...string) func(*play.Player) error {
		return func(s *play.Player) error {
			o, err := s.Latest(s.Ctx, "main", "weekend-offer")
			if err != nil {
				return err
			}
			if _, err := s.Store.SetStatus(s.Ctx, o.Number, o.ID, to, string(bot.OperatorPaused), s.World.Now()); err != nil {
				return err
			}
			return doAll(s, lines)
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
		bot.GuardPaused: {act: func(s *play.Player) error {
			for i := range 12 {
				if err := s.Do(fmt.Sprintf("P%d +55119000001%02d > quero promoções", i, i)); err != nil {
					return err
				}
			}
			return doAll(s, []string{"+31m", sale, "+3m", "P0 > 2", "P1 > 2", "P2 > 2"})
		}, whose: "P11"},
		bot.SlowDown:         {lines: after(anaAndBen, "whatsapp refuses 429", sale), whose: "Ana"},
		bot.MarketingLimit:   {lines: after(onlyAna, "whatsapp refuses marketing_limit", sale, "whatsapp accepts", "+1h", sale)},
		bot.TemplateNotReady: {lines: after(anaAndBen, "whatsapp refuses template", sale), whose: "Ana"},
		bot.NoMarketingThere: {lines: after(onlyAna, "whatsapp refuses no_marketing_there", sale)},
		bot.CostCap: {lines: anaAndBen, act: func(s *play.Player) error {
			c := s.PumpConfig(s.World)
			limits := c.Limits
			c.Limits = func() bot.Limits {
				l := limits()
				l.Budget = bot.Budget{Most: 1, Currency: "USD"}
				return l
			}
			s.World.Engine = pump.New(c)
			if err := s.World.Engine.NumberEvent(s.Ctx, bot.NumberEvent{Kind: bot.NumberSynced, At: s.World.Now()}); err != nil {
				return err
			}
			return s.Do(sale)
		}},
		bot.OperatorPaused: {lines: after(anaAndBen, sale), act: turn(bot.OccurrencePaused), whose: "Ana"},
		bot.SafeMode: {lines: onlyAna, act: func(s *play.Player) error {
			if err := s.Decide(s.World, s.People["Ana"], bot.HoldForSafety); err != nil {
				return err
			}
			return s.Do(sale)
		}},
		bot.NumberChanged: {lines: onlyAna, act: func(s *play.Player) error {
			if _, err := s.Store.ChangePhone(s.Ctx, "main", "new:1@s.whatsapp.net", "+12125550199", s.World.Now(), s.Envs); err != nil {
				return err
			}
			if err := s.World.Engine.NumberEvent(s.Ctx, bot.NumberEvent{Kind: bot.NumberSynced, At: s.World.Now()}); err != nil {
				return err
			}
			return s.Do(sale)
		}},
		bot.Late:                {lines: after(onlyAna, "whatsapp disconnected", sale, "+3h")},
		bot.NotSubscribed:       {lines: []string{"Ana +5511900000001 > oi", sale}},
		bot.SkippedUnsubscribed: {lines: after(onlyAna, "Ana > 2", sale)},
		bot.Suppressed:          {lines: []string{"optout +5511900000001", "Ana +5511900000001 > oi", sale}},
		bot.NotInAudience:       {lines: onlyAna, act: drafted("bags", `audience: '"bags" in interests'`)},
		bot.AlreadyDelivered:    {lines: after(anaAndBen, sale), act: turn(bot.OccurrenceCancelled, "+24h", sale), whose: "Ben"},
		bot.NoLegalHour:         {config: "broadcast: {expires: 1h}", lines: after(onlyAna, "+10h", sale)},
		bot.Fatigued: {config: "contact: {per_week: 21}", lines: onlyAna, act: func(s *play.Player) error {
			for range 15 { // days, two of them Sundays
				if err := doAll(s, []string{sale, "+24h"}); err != nil {
					return err
				}
			}
			return nil
		}},
		bot.Expired:   {lines: after(onlyAna, "Ana > could you send fewer messages?", sale, "+24h")},
		bot.Cancelled: {lines: after(anaAndBen, sale), act: turn(bot.OccurrenceCancelled), whose: "Ana"},
		bot.RenderFailed: {lines: onlyAna, act: func(s *play.Player) error {
			c := s.PumpConfig(s.World)
			c.Render = func(bot.Occurrence, *bot.Contact) (bot.Promotion, error) {
				return bot.Promotion{Holes: []string{"first_name"}}, nil
			}
			s.World.Engine = pump.New(c)
			if err := s.World.Engine.NumberEvent(s.Ctx, bot.NumberEvent{Kind: bot.NumberSynced, At: s.World.Now()}); err != nil {
				return err
			}
			return s.Do(sale)
		}},
		bot.Failed: {lines: after(onlyAna, "whatsapp refuses 400", sale)},
		bot.Erased: {lines: after(onlyAna, "takeover Ana", sale), act: func(s *play.Player) error {
			_, err := s.Store.Erase(s.Ctx, []bot.Identity{{Kind: bot.Phone, Value: "+5511900000001"}}, s.Envs)
			return err
		}},
	}
}

// drafted sends a draft with one more line.
func drafted(name, line string) func(*play.Player) error {
	return func(s *play.Player) error {
		draft := "broadcast: " + name + "\nat: now\n" + line + "\ntext: {en: Hello, pt: Olá, es: Hola}\n"
		if err := os.WriteFile(s.Config.Path("flows/broadcasts/"+name+".yaml"), []byte(draft), 0o600); err != nil {
			return err
		}
		return s.Do("broadcast " + name)
	}
}

func doAll(s *play.Player, lines []string) error {
	for _, line := range lines {
		if err := s.Do(line); err != nil {
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

// TestEveryCauseHasAReason: whatever a wire says, one reason of the table says it of who got nothing, and of who waits behind them.
func TestEveryCauseHasAReason(t *testing.T) {
	t.Parallel()
	want := map[bot.Cause]struct{ refused, behind bot.Reason }{
		bot.CauseBusy:           {bot.SlowDown, bot.SlowDown},
		bot.CausePersonBusy:     {bot.SlowDown, ""},
		bot.CauseAccount:        {bot.Disconnected, bot.Disconnected},
		bot.CauseNeedsInbound:   {bot.Failed, ""},
		bot.CauseNoAccount:      {bot.Failed, ""},
		bot.CauseOptedOut:       {bot.Failed, ""},
		bot.CauseMarketingLimit: {bot.Failed, ""},
		bot.CauseNoMarketing:    {bot.NoMarketingThere, ""},
		bot.CauseWindow:         {bot.Failed, ""},
		bot.CauseReassigned:     {bot.Failed, ""},
		bot.CauseBlocked:        {bot.Failed, ""},
		bot.CauseOwnPhone:       {bot.Failed, ""},
		bot.CauseTestList:       {bot.Failed, ""},
		bot.CauseRequest:        {bot.Failed, "the script says request"},
		bot.CauseTemplate:       {bot.TemplateNotReady, bot.TemplateNotReady},
		bot.CauseMedia:          {bot.Failed, "the script says media"},
		bot.CauseSpam:           {bot.GuardPaused, bot.GuardPaused},
		bot.CauseRestricted:     {bot.GuardPaused, bot.GuardPaused},
	}
	for _, cause := range bot.Causes() {
		t.Run(string(cause), func(t *testing.T) {
			t.Parallel()
			x := scene{lines: after(anaAndBen, "whatsapp refuses "+string(cause), "broadcast weekend-offer"), whose: "Ben"}
			s := x.leadsTo(t, want[cause].refused)
			if behind := want[cause].behind; behind != "" {
				x.saysOf(t, s, "Ana", behind)
			}
		})
	}
}

func (x scene) leadsTo(t *testing.T, reason bot.Reason) *play.Player {
	c := play.Conversation{}
	if x.config != "" {
		c.Setup = append(c.Setup, play.Step{Text: "config " + x.config})
	}
	if x.linked != "" {
		c.Setup = append(c.Setup, play.Step{Text: "linked " + x.linked})
	}
	s := newStage(t, c, false)
	must(t, doAll(s, x.lines))
	if x.act != nil {
		must(t, x.act(s))
	}
	list, err := s.Store.Occurrences(s.Ctx, "main", "")
	must(t, err)
	if reason == bot.Erased { // nobody is left to ask about
		funnel, err := s.Store.Funnel(s.Ctx, list[0].ID)
		must(t, err)
		if len(funnel) != 1 || funnel[0].Reason != reason {
			t.Errorf("%+v", funnel)
		}
		return s
	}
	x.saysOf(t, s, cmp.Or(x.whose, "Ana"), reason)
	return s
}

// saysOf checks what `broadcast why` says of somebody.
func (scene) saysOf(t *testing.T, s *play.Player, whose string, reason bot.Reason) {
	t.Helper()
	list, err := s.Store.Occurrences(s.Ctx, "main", "")
	must(t, err)
	p := s.People[whose]
	if got := whyOf(s, t, list[0], cmp.Or(p.LID, p.Phone)); !strings.Contains(got, "("+string(reason)) {
		t.Errorf("why says %s", got)
	}
}
