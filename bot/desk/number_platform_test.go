package desk_test

import (
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// TestK1TheMessagingLimitIsShownAndCounts: in status, in what a preview foresees, and in what the number
// waits for.
func TestK1TheMessagingLimitIsShownAndCounts(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{Config: onCloud, Files: weekend})
	must(t, s.Store.LinkedCloud(s.Ctx, "main", "100000000001001", "+12125550100", "300", s.World.Now()))
	for _, x := range []struct {
		standing bot.Standing
		says     []string
		perDay   int
	}{
		{bot.Standing{}, []string{"0 people written to first in 24 hours; how many Meta allows is not known yet"}, bot.UnlimitedPerDay},
		{bot.Standing{Rating: "GREEN", Limit: bot.UnlimitedPerDay}, []string{"Meta rates it GREEN", "Meta sets no limit"}, bot.UnlimitedPerDay},
		{
			bot.Standing{Rating: "YELLOW", Limit: 250, TokenEnds: s.World.Now().Add(3 * 24 * time.Hour)},
			[]string{"Meta rates it YELLOW", "0 people written to first in 24 hours, of 225 that go out by themselves (Meta allows 250)", "good until"}, 225,
		},
	} {
		must(t, s.Store.NumberEvent(s.Ctx, "main", bot.NumberEvent{Kind: bot.NumberStanding, Standing: x.standing, At: s.World.Now()}))
		statuses, err := s.Desk.Statuses(s.Ctx, 0)
		must(t, err)
		o, err := s.Overview(s.Ctx, statuses)
		must(t, err)
		var says []string
		for _, f := range o.Numbers[0].Facts {
			says = append(says, f.Says)
		}
		for _, want := range x.says {
			if !strings.Contains(strings.Join(says, "\n"), want) {
				t.Errorf("%+v: %q lacks %q", x.standing, says, want)
			}
		}
		p, err := s.Preview(s.Ctx, "main", "weekend-offer", desk.PreviewOptions{Now: true})
		must(t, err)
		if p.PerDay != x.perDay {
			t.Errorf("%+v: %d a day", x.standing, p.PerDay)
		}
	}
}
