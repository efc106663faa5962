package desk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// TestOverviewSaysWhatIsNeeded: what an operator has to do comes first, with the command that does
// it. What is as it should be needs nothing.
func TestOverviewSaysWhatIsNeeded(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	now := s.Now()
	well := desk.NumberStatus{
		Name: "main", Flow: "promotions@0123456789ab", Linked: true, Served: true, Runs: true, LinkedAt: now.AddDate(-1, 0, 0),
		Status: bot.NumberSynced, PhoneAt: now, BackedUp: now, PerDay: 1000, WarmUp: 2000,
		Contacts: map[bot.Consent]int{bot.Subscribed: 2}, Holds: map[bot.Reason]int{bot.UnsureStop: 1},
	}
	for _, row := range []struct {
		says   string
		change func(*desk.NumberStatus)
		needs  []string
	}{
		{"all is well", func(*desk.NumberStatus) {}, nil},
		{"not linked", func(n *desk.NumberStatus) { n.Linked, n.Served, n.Runs = false, false, false },
			[]string{"the number is not linked to WhatsApp -> optinbot link"}},
		{"not running", func(n *desk.NumberStatus) { n.Served, n.Runs = false, false },
			[]string{"the bot is not running; nobody gets answers -> optinbot run"}},
		{"not for this number", func(n *desk.NumberStatus) { n.Served = false },
			[]string{"the bot runs, but not for this number: its connection says why; nobody gets answers -> "}},
		{"banned", func(n *desk.NumberStatus) { n.Status, n.Detail = bot.NumberBanned, "for\na day" },
			[]string{"the connection to WhatsApp is banned (for a day) -> "}},
		{"people wait", func(n *desk.NumberStatus) { n.ForYou = 2 }, []string{"2 people wait for you -> optinbot contacts waiting"}},
		{"the phone lies in a drawer", func(n *desk.NumberStatus) { n.PhoneAt = now.Add(-bot.PhoneNotice) }, []string{
			"the phone of the number gave no sign for 12 days -> open WhatsApp on it, or this device is logged out after 14 days",
		}},
		{"the phone was seen a moment later", func(n *desk.NumberStatus) { n.PhoneAt = now.Add(time.Second - bot.PhoneNotice) }, nil},
		{"safe mode", func(n *desk.NumberStatus) { n.Waits = bot.SafeMode }, []string{
			"no promotions are sent, because the store was restored from a backup and nobody has released the number -> " +
				"optinbot number release",
		}},
		{"paused", func(n *desk.NumberStatus) {
			n.Running = []desk.OccurrenceView{{Broadcast: "weekly", Status: bot.OccurrencePaused}}
		}, []string{"broadcast weekly is paused -> optinbot broadcast status weekly"}},
		{"under way", func(n *desk.NumberStatus) {
			n.Running = []desk.OccurrenceView{{Broadcast: "weekly", Status: bot.OccurrenceRunning}}
		}, nil},
		{"no backup", func(n *desk.NumberStatus) { n.BackedUp = time.Time{} },
			[]string{"there is no backup yet -> optinbot backup FILE"}},
		{"an old backup", func(n *desk.NumberStatus) { n.BackedUp = now.Add(-desk.BackupOld - time.Second) },
			[]string{"the last backup is 7 days old -> optinbot doctor"}},
		{"a backup that is not old yet", func(n *desk.NumberStatus) { n.BackedUp = now.Add(-desk.BackupOld) }, nil},
	} {
		n := well
		row.change(&n)
		o := overview(t, s, n)
		var got []string
		for _, need := range o.Needs {
			if !strings.Contains(need.Says, "free on the disk") { // of the machine
				got = append(got, need.Says+" -> "+need.Do)
			}
		}
		if !slices.Equal(got, row.needs) {
			t.Errorf("%s: %q, want %q", row.says, got, row.needs)
		}
	}
}

// TestOverviewSpeaksWords: no name that only the program knows is shown, and no hash. Nothing is
// out of nothing.
func TestOverviewSpeaksWords(t *testing.T) {
	t.Parallel()
	s := newShop(t, twoNumbers)
	n := desk.NumberStatus{
		Name: "main", Flow: "promotions@0123456789ab", Linked: true, LinkedAt: s.Now(), WarmDay: 1,
		Holds: map[bot.Reason]int{bot.UnsureStop: 1}, Head: "abcdef",
	}
	other := n
	other.Name, other.ForYou = "second", 1
	o := overview(t, s, n, other)
	if need := o.Needs[len(o.Needs)-1]; need.Number != "second" {
		t.Errorf("whose is it? %+v", need)
	}
	facts := o.Numbers[0].About
	for _, f := range o.Numbers[0].Facts {
		facts += "\n" + f.About + ": " + f.Says
	}
	for _, no := range []string{"_", "@", "abcdef", "at most 0"} {
		if strings.Contains(facts, no) {
			t.Errorf("it shows %q:\n%s", no, facts)
		}
	}
	says := "none today (warm-up, day 1), because a newly linked number sends few promotions a day at first"
	if !strings.Contains(facts, says) {
		t.Errorf("it does not say %q:\n%s", says, facts)
	}
	n.Today = 53 // sent before the limit became so low
	says = "53 today, and no more (warm-up, day 1), because"
	if facts := overview(t, s, n).Numbers[0].Facts; !slices.ContainsFunc(facts, func(f desk.Fact) bool {
		return strings.Contains(f.Says, says)
	}) {
		t.Errorf("it does not say %q: %+v", says, facts)
	}
}

func overview(t *testing.T, s *shop, found ...desk.NumberStatus) *desk.Overview {
	t.Helper()
	o, err := s.Overview(s.Ctx, found)
	must(t, err)
	return o
}

// TestAnOverviewOfAShopThatReachesNobody: a test server that was forgotten, and a number that may
// have been renamed, are the first things that a shop has to be told, through every door.
func TestAnOverviewOfAShopThatReachesNobody(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, "oi")
	s.Save("config.yaml", "data: data\nnumbers:\n  - {name: shop, flow: promotions}\nwhatsapp:\n  test_server: test.yaml\n")
	d, err := desk.Open(s.Ctx, s.reread())
	must(t, err)
	defer d.Close()
	o, err := d.Overview(s.Ctx, nil)
	must(t, err)
	var kinds []desk.NeedKind
	for _, n := range o.Needs {
		kinds = append(kinds, n.Kind)
	}
	if len(kinds) < 2 || kinds[0] != desk.NeedTest || kinds[1] != desk.NeedRename {
		t.Errorf("%v", kinds)
	}
}
