package desk_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// TestStatus: a number as it is after the first people came, with what needs the operator. It
// changes nothing.
func TestStatus(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: oneNumber, Linked: 10})
	s.Start()
	s.writes(ana, phrase)
	s.writes(ben, "hello")
	_, err := s.OptOut(s.Ctx, "main", nobody, "a letter")
	must(t, err)
	hold(t, s, ana)
	must(t, s.Store.Notify(s.Ctx, "main", bot.NoticeNumber, "look here", s.Now()))
	s.backedUp()
	s.WhatsApp.Used = map[string]bool{"main": true}
	s.unchanged("looking", func() {
		v, err := s.Status(s.Ctx, s.Config.Numbers[0], 10)
		must(t, err)
		head, err := s.Store.Head(s.Ctx, "main")
		must(t, err)
		if v.Name != "main" || !v.Linked || !v.Served || v.Runs || v.Head != head || !v.BackedUp.Equal(s.Now()) {
			t.Errorf("%+v", v)
		}
		if v.Contacts[bot.Subscribed] != 1 || v.Contacts[bot.Pending] != 1 || v.Holds[bot.SafeMode] != 1 {
			t.Errorf("contacts %v, holds %v", v.Contacts, v.Holds)
		}
		if v.WarmDay != 11 || v.WarmUp == 0 || v.PerDay != v.WarmUp || v.Today != 0 || v.Waits != "" {
			t.Errorf("day %d of the warm-up, %d a day, %d at most, %d today, waits for %q", v.WarmDay, v.WarmUp, v.PerDay, v.Today, v.Waits)
		}
		if len(v.Notices) != 1 || v.Notices[0].Text != "look here" || v.Running == nil || v.Schedule == nil {
			t.Errorf("%+v", v)
		}
	})
	must(t, s.Store.NumberEvent(s.Ctx, "main", bot.NumberEvent{Kind: bot.NumberDisconnected, At: s.Now()}))
	if v, err := s.Status(s.Ctx, s.Config.Numbers[0], 0); err != nil || v.Waits != bot.Disconnected || len(v.Notices) != 0 {
		t.Errorf("waits for %q, %d notices: %v", v.Waits, len(v.Notices), err)
	}
}

// TestStatusShowsBroadcasts: those that are not over, and the schedules that may go out again.
func TestStatusShowsBroadcasts(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: oneNumber, Files: map[string]string{
		"flows/broadcasts/later.yaml":  "at: 2026-03-02 18:00\ntext: {en: Hi!, pt: Oi!, es: Hola}\n",
		"flows/broadcasts/weekly.yaml": "cron: \"0 10 * * 3\"\ntext: {en: Hi!, pt: Oi!, es: Hola}\n",
	}})
	s.Start()
	s.Plays("Ana " + cy + " > " + phrase)
	for _, draft := range []string{"later", "weekly"} {
		p, err := s.Preview(s.Ctx, "main", draft, desk.PreviewOptions{})
		must(t, err)
		_, err = s.Schedule(s.Ctx, "main", draft, desk.ScheduleOptions{}, p.Version)
		must(t, err)
	}
	v, err := s.Status(s.Ctx, s.Config.Numbers[0], 10)
	must(t, err)
	if len(v.Running) != 1 || v.Running[0].Broadcast != "later" || len(v.Schedule) != 1 || v.Schedule[0].Broadcast != "weekly" {
		t.Errorf("running %+v, schedules %+v", v.Running, v.Schedule)
	}
	s.Plays("+24h")
	v, err = s.Status(s.Ctx, s.Config.Numbers[0], 10)
	must(t, err)
	if len(v.Running) != 0 {
		t.Errorf("it is over, and still there: %+v", v.Running)
	}
}

// TestApplyOptouts: what optouts.log has and the database has not is obeyed, and what is wrong with
// it is told. Without a difference nobody is told anything.
func TestApplyOptouts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		breaks func(s *shop)
		says   string // the notice
		out    bool   // Ana is unsubscribed
	}{
		"nothing":         {func(*shop) {}, "", true},
		"the log is gone": {func(s *shop) { s.Remove("data/optouts.log") }, "optouts.log was gone. It has been written anew from the database", true},
		"another log":     {func(s *shop) { s.Save("data/optouts.log", "hello\n") }, "optouts.log: ", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, oneNumber)
			s.writes(ana, phrase)
			s.writes(ana, "stop")
			before := len(s.Notices())
			c.breaks(s)
			must(t, s.ApplyOptouts(s.Ctx))
			told := s.Notices()[:len(s.Notices())-before]
			if c.says == "" && len(told) != 0 || c.says != "" && (len(told) != 1 || !strings.Contains(told[0], c.says)) {
				t.Errorf("told %q", told)
			}
			if out := s.contact(ana).Consent == bot.Unsubscribed; out != c.out {
				t.Errorf("Ana is %s", s.contact(ana).Consent)
			}
		})
	}
}

// TestApplyOptoutsThatTheDatabaseLost: bot.db comes back from a copy, and the log knows a stop that
// the copy does not have.
func TestApplyOptoutsThatTheDatabaseLost(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	older := t.TempDir() + "/bot.db"
	s.tampers("VACUUM INTO '" + older + "'")
	s.writes(ana, "stop")
	folder := desktest.Folder(t, desktest.Setup{Config: oneNumber})
	copied := folder.Config.Path("data")
	write(t, copied+"/bot.db", string(readAll(t, older)))
	write(t, copied+"/secret.key", s.Read("data/secret.key"))
	write(t, copied+"/optouts.log", s.Read("data/optouts.log"))
	folder.Now = s.Now
	d, err := desk.Open(s.Ctx, folder)
	must(t, err)
	defer d.Close()
	for range 2 { // it may be repeated, and is told once
		must(t, d.ApplyOptouts(s.Ctx))
	}
	c, err := d.Contact(s.Ctx, "main", ana)
	must(t, err)
	notices, err := d.Store.Notices(s.Ctx, "main", 10)
	must(t, err)
	if c.Consent != bot.Unsubscribed || len(notices) != 1 || !strings.Contains(notices[0].Text, "that the database did not have: 1 person left by it, and 0 were erased. That is obeyed") {
		t.Errorf("Ana is %s; the operator is told %+v", c.Consent, notices)
	}
}

// TestSettle: what `run` does with each number before it serves it.
func TestSettle(t *testing.T) {
	t.Parallel()
	broken := "flow: promotions\n"
	for name, c := range map[string]struct {
		edit    func(s *shop) // between the first start and the second
		version string        // of the flow that is spoken then: "old", "new" or ""
		notice  string
		err     string
	}{
		"as it was":        {func(*shop) {}, "old", "", ""},
		"an edit":          {func(s *shop) { s.Edit("flows/promotions.yaml", "Casa Aurora", "Casa Aurora ") }, "new", "", ""},
		"a broken file":    {func(s *shop) { s.Save("flows/promotions.yaml", broken) }, "old", "flow promotions", ""},
		"a state is gone":  {func(s *shop) { s.renamesState("") }, "old", "member", ""},
		"a state is moved": {func(s *shop) { s.renamesState("moved: {member: members}\n") }, "new", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, oneNumber)
			s.Start()
			s.writes(ana, phrase)
			s.later(49 * time.Hour) // she has not answered, and is a member
			if state := s.contact(ana).State; state != "member" {
				t.Fatalf("Ana is on %s", state)
			}
			old := s.Machine("main").Version()
			c.edit(s)
			d, err := desk.Open(s.Ctx, s.Options)
			must(t, err)
			defer d.Close()
			for range 2 { // it may be repeated
				if err := d.SettleAll(s.Ctx); err != nil {
					t.Error(err)
				}
			}
			m := d.Machine("main")
			if m == nil || (m.Version() == old) != (c.version == "old") {
				t.Errorf("it speaks %v, before %s; want %s", m, old, c.version)
			}
			told := strings.Join(s.Notices(), "\n")
			if (c.notice == "") != (told == "") || !strings.Contains(told, c.notice) {
				t.Errorf("told %q, want %q", told, c.notice)
			}
			if c.notice != "" && len(s.Notices()) != 1 {
				t.Errorf("told %d times: %q", len(s.Notices()), s.Notices())
			}
		})
	}
}

// renamesState calls the flow's last state members, with more at the top of the file.
func (s *shop) renamesState(more string) {
	s.t.Helper()
	text := s.Read("flows/promotions.yaml")
	text = strings.ReplaceAll(text, "goto: member\n", "goto: members\n")
	text = strings.ReplaceAll(text, "goto: member}", "goto: members}")
	text = strings.ReplaceAll(text, "next: member\n", "next: members\n")
	text = strings.ReplaceAll(text, "\n  member: ", "\n  members: ")
	s.Save("flows/promotions.yaml", more+text)
}

// TestSettleANumberThatCannotSpeak: without any version of its flow it is not served, and the
// operator is told once. The others are. Where no number can speak, `run` cannot start.
func TestSettleANumberThatCannotSpeak(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{
		Config: oneNumber + "  - {name: second, flow: other}\n", Files: map[string]string{"flows/other.yaml": "flow: other\n"}, Unlinked: true,
	})
	for range 2 {
		must(t, s.SettleAll(s.Ctx))
	}
	if s.Machine("main") == nil || s.Machine("second") != nil {
		t.Error("the wrong one speaks")
	}
	if _, err := s.Number("second"); err == nil {
		t.Error("it is as if it could speak")
	}
	notices, err := s.Store.Notices(s.Ctx, "second", 10)
	must(t, err)
	if len(notices) != 1 || !strings.HasPrefix(notices[0].Text, "number second is not served, for there is no version of its flow that can be used") {
		t.Errorf("%+v", notices)
	}
	dumb := desktest.Folder(t, desktest.Setup{Config: oneNumber, Files: map[string]string{"flows/promotions.yaml": "flow: promotions\n"}})
	_, err = desk.Open(s.Ctx, dumb)
	var problems desk.Problems
	if !errors.As(err, &problems) || !desk.FileFirst(err) {
		t.Errorf("no number can speak: %v", err)
	}
}

// TestSettlePeopleOnAStateThatIsGone: the very first flow is edited before `run` has accepted any.
func TestSettlePeopleOnAStateThatIsGone(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	s.later(49 * time.Hour)
	s.renamesState("")
	d, err := desk.Open(s.Ctx, s.Options)
	must(t, err)
	defer d.Close()
	err = d.SettleAll(s.Ctx)
	says(t, err, `number main: flow promotions has no state for people who stand there: 1 person on "member"`)
	if !desk.FileFirst(err) || !slices.ContainsFunc(s.Notices(), func(text string) bool { return strings.Contains(text, "is not served") }) {
		t.Errorf("%v; told %q", err, s.Notices())
	}
}
