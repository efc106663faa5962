package desk_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/bot/lock"
)

// examined is all that `doctor` says of a folder: "ok" or "do", the check, what it says.
func examined(t *testing.T, o desk.Options) string {
	t.Helper()
	var out strings.Builder
	built := desk.Build{Library: "v1.2.3", LibraryDate: o.Now()}
	for _, f := range desk.Examine(t.Context(), o, built, nil).Findings {
		state := "ok"
		if !f.OK {
			state = "do"
		}
		if f.OK != (f.Do == "") {
			t.Errorf("%+v", f)
		}
		out.WriteString(state + " " + f.Check + ": " + f.Says + "\n")
	}
	return out.String()
}

// TestExamineAHealthyShop: every check is there, and nothing has to be done.
func TestExamineAHealthyShop(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: oneNumber})
	s.Start()
	write(t, s.Config.SessionFile("main"), "a session")
	s.phoneSeen()
	s.writes(ana, phrase)
	s.backedUp()
	s.unchanged("looking", func() {
		out := examined(t, s.Options)
		for _, check := range []string{
			"configuration: config.yaml can be read", "who may edit: ", "version: whatsmeow v1.2.3, of 2026-03-02", "flow promotions: it has no problems",
			"conversations of promotions: they are as expected", "files: only their owner can read", "disk: ", "database: it is whole", "clock: ",
			"main session: linked since ", "main phone: ", "main ledger: ", "main backup: the last one was written at", "optouts.log: nobody has left yet, so there is none",
		} {
			if !strings.Contains(out, "ok "+check) {
				t.Errorf("no %q in\n%s", check, out)
			}
		}
		if strings.Contains(out, "do ") {
			t.Errorf("something is wrong:\n%s", out)
		}
	})
}

// TestExamineWithoutAShop: where there is nothing to look at, that is all it says.
func TestExamineWithoutAShop(t *testing.T) {
	t.Parallel()
	o := desktest.Folder(t, desktest.Setup{Config: oneNumber})
	broken := desk.Examine(t.Context(), o, desk.Build{}, errors.New("line 3 is wrong"))
	if len(broken.Findings) != 1 || broken.NoShop || broken.Findings[0].Says != "line 3 is wrong" || broken.Findings[0].OK {
		t.Errorf("%+v", broken)
	}
	nowhere := desktest.Options(t, defaultConfig(t), desktest.Setup{})
	none := desk.Examine(t.Context(), nowhere, desk.Build{}, nil)
	if len(none.Findings) != 1 || !none.NoShop || none.Findings[0].Says != "there is no config.yaml here" {
		t.Errorf("%+v", none)
	}
	if out := examined(t, o); !strings.Contains(out, "do data: there is no database yet") {
		t.Error(out)
	}
	o = desktest.Folder(t, desktest.Setup{Config: oneNumber, Files: map[string]string{"data/bot.db": "this is no database"}})
	if out := examined(t, o); !strings.Contains(out, "do database: ") {
		t.Error(out)
	}
}

// TestExamineFinds: each thing that can be wrong has its finding, and says what to do.
func TestExamineFinds(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	event := func(s *shop, e bot.NumberEvent) { must(t, s.Store.NumberEvent(ctx, "main", e)) }
	for name, c := range map[string]struct {
		breaks func(s *shop)
		finds  string
	}{
		"a broken flow": {func(s *shop) { s.Save("flows/promotions.yaml", "flow: promotions\n") }, "do flow promotions: "},
		"an unexpected talk": {func(s *shop) {
			s.Save("flows/tests/x.chat", "# Greeting\nAna +12125550101 > hello\n< Good morning, Madam.\n")
		}, "do conversations of promotions: 1 conversation is not as expected"},
		"a talk that is none":     {func(s *shop) { s.Save("flows/tests/x.chat", "what is this\n") }, "do conversations of promotions: "},
		"a database that is gone": {func(s *shop) { must(t, os.Remove(s.data("bot.db"))) }, "do database: "},
		"the session's file":      {func(*shop) {}, "do main session: the file of the WhatsApp session is gone"},
		"another side's session": {func(s *shop) {
			s.session()
			s.WhatsApp.Foreign = map[string]error{"main": errors.New("it is WhatsApp's")}
		}, "do main session: it is WhatsApp's"},
		"a broken session":           {func(s *shop) { s.session(); s.WhatsApp.Faults = map[string]error{"main": errors.New("it is torn")} }, "do main session: it is torn"},
		"logged out":                 {func(s *shop) { event(s, bot.NumberEvent{Kind: bot.NumberLoggedOut, At: s.Now()}) }, "do main session: the number is not linked"},
		"outdated":                   {func(s *shop) { event(s, bot.NumberEvent{Kind: bot.NumberOutdated, At: s.Now(), Detail: "x"}) }, "do main connection: WhatsApp said client_outdated at"},
		"an unseen phone":            {func(s *shop) { s.phoneSeen(); s.later(bot.PhoneNotice + time.Hour) }, "do main phone: no sign of it for 12 days"},
		"no backup":                  {func(*shop) {}, "do main backup: there has been none"},
		"an old backup":              {func(s *shop) { s.backedUp(); s.later(desk.BackupOld + 24*time.Hour) }, "do main backup: the last one is 8 days old"},
		"an edited ledger":           {func(s *shop) { s.tampers("UPDATE ledger SET public = public || ' ' WHERE seq = 1") }, "do main ledger: it does not hold: "},
		"a log that is gone":         {func(s *shop) { s.writes(ana, "stop"); s.Remove("data/optouts.log") }, "do optouts.log: 1 person has left, and it is gone"},
		"a log that is there":        {func(s *shop) { s.writes(ana, "stop") }, "ok optouts.log: it is there"},
		"a log of somebody else's":   {func(s *shop) { s.writes(ana, "stop"); s.Save("data/optouts.log", "x\n") }, "do optouts.log: "},
		"files that others read":     {func(s *shop) { must(t, os.Chmod(s.data("secret.key"), 0o644)) }, "do files: others on this machine can read 1 file or folder of "},
		"flows that others write":    {func(s *shop) { must(t, os.Chmod(s.Path("flows/promotions.yaml"), 0o666)) }, "do who may edit: everybody on this machine can change what the bot says"},
		"a clock that was off":       {func(s *shop) { must(t, s.seesClock(40*time.Second)) }, "do clock: it was 40s ahead of WhatsApp's at"},
		"a clock that was behind":    {func(s *shop) { must(t, s.seesClock(-40*time.Second)) }, "do clock: it was 40s behind WhatsApp's at"},
		"a clock that was never set": {func(s *shop) { must(t, s.seesClock(-72*time.Hour)) }, "do clock: it was 3 days behind WhatsApp's at"},
		"a clock that was set":       {func(s *shop) { s.future() }, "do clock: it is 1m behind the newest message that WhatsApp dated"},
		"a leftover":                 {func(s *shop) { write(t, s.data("backup-1/bot.db"), "x") }, "do leftovers: 1 copy of the database"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" && strings.Contains(name, "others") {
				t.Skip("access lists decide there")
			}
			s := shopOf(t, desktest.Setup{Config: oneNumber})
			s.writes(ana, phrase)
			c.breaks(s)
			if out := examined(t, s.Options); !strings.Contains(out, c.finds) {
				t.Errorf("no %q in\n%s", c.finds, out)
			}
		})
	}
}

// session makes a file where the session of the number is.
func (s *shop) session() { write(s.t, s.Config.SessionFile("main"), "a session") }

// phoneSeen notes a sign of the phone itself.
func (s *shop) phoneSeen() {
	s.t.Helper()
	must(s.t, s.Store.NumberEvent(s.Ctx, "main", bot.NumberEvent{Kind: bot.NumberPhoneSeen, At: s.Now()}))
}

// seesClock notes by how much the machine's clock is ahead of WhatsApp's.
func (s *shop) seesClock(ahead time.Duration) error {
	_, err := s.Store.SeeClock(s.Ctx, "main", ahead, s.Envs)
	return err
}

// future lets a message come that WhatsApp dated a minute from now.
func (s *shop) future() {
	s.t.Helper()
	m := bot.Message{ID: "F1", Kind: bot.KindText, Text: "hello", At: s.Now().Add(time.Minute), Identities: []bot.Identity{{Kind: bot.Phone, Value: ben}}}
	_, err := s.Store.HandleMessage(s.Ctx, "main", m, s.Envs)
	must(s.t, err)
}

// TestExamineWhileItRuns: a bot that runs has the folder, and `doctor` looks all the same.
func TestExamineWhileItRuns(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	release, err := lock.Take(s.Files.RunLock())
	must(t, err)
	defer func() { must(t, release()) }()
	if found := s.finding("database"); !found.OK {
		t.Errorf("%+v", found)
	}
	if found := s.finding("main session"); found.Do != "`optinbot link`" {
		t.Errorf("%+v", found)
	}
	if _, err := os.Stat(filepath.Join(s.Path("data"), "bot.db")); err != nil {
		t.Error(err)
	}
}

// TestExamineAnOldLibrary: WhatsApp refuses old clients after a while.
func TestExamineAnOldLibrary(t *testing.T) {
	t.Parallel()
	o := desktest.Folder(t, desktest.Setup{Config: oneNumber})
	for days, ok := range map[int]bool{119: true, 121: false} {
		built := desk.Build{Library: "v1", LibraryDate: o.Now().AddDate(0, 0, -days)}
		for _, f := range desk.Examine(t.Context(), o, built, nil).Findings {
			if f.Check == "version" && f.OK != ok {
				t.Errorf("%d days old: %+v", days, f)
			}
		}
	}
}

// TestExamineARestoredShop: it says that promotions wait, until the number is released.
func TestExamineARestoredShop(t *testing.T) {
	t.Parallel()
	d := restoredShop(t)
	if out := examined(t, d.Options); !strings.Contains(out, "do main safe mode: restored from a backup: promotions wait") {
		t.Error(out)
	}
	_, err := d.ReleaseNumber(t.Context(), "main", "looked", false)
	must(t, err)
	if out := examined(t, d.Options); strings.Contains(out, "safe mode") {
		t.Error(out)
	}
}

// TestExamineANumberOfBefore: a number that the configuration does not have any more has left its
// people behind, where another one is new.
func TestExamineANumberOfBefore(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	s.Save("config.yaml", "data: data\nnumbers:\n  - {name: shop, flow: promotions}\n")
	renamed := s.reread()
	d, err := desk.Open(s.Ctx, renamed)
	must(t, err)
	defer d.Close()
	out := examined(t, renamed)
	if !strings.Contains(out, `do numbers: the database knows a number "main" with 1 person, and config.yaml does not. Number "shop" has nobody yet`) {
		t.Error(out)
	}
	strays, err := desk.StrayNumbers(s.Ctx, renamed.Config, d.Store)
	if err != nil || len(strays) != 1 || !strays[0].Renamed {
		t.Errorf("%+v %v", strays, err)
	}
	if says, err := d.RenamedNumbers(s.Ctx); err != nil || len(says) != 1 || says[0] != strays[0].Says {
		t.Errorf("%q %v", says, err)
	}
	must(t, d.RememberLink(s.Ctx, "shop", "2:1@s.whatsapp.net", "+12125550111"))
	strays, err = desk.StrayNumbers(s.Ctx, renamed.Config, d.Store)
	if err != nil || len(strays) != 1 || strays[0].Renamed {
		t.Errorf("the new one is linked, so it is no other name: %+v %v", strays, err)
	}
	if says, err := d.RenamedNumbers(s.Ctx); err != nil || len(says) > 0 {
		t.Errorf("%q %v", says, err)
	}
	if out := examined(t, renamed); !strings.Contains(out, `ok numbers: the database knows a number "main"`) {
		t.Error(out)
	}
}

// TestDoctorShowsTheShopsTime, as `status` does.
func TestDoctorShowsTheShopsTime(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{Config: "zone: America/Sao_Paulo\nnumbers: [{name: main, flow: promotions}]\n"})
	must(t, s.Store.BackedUp(s.Ctx, s.Now()))
	got := examined(t, s.Options)
	if want := "2026-03-02 11:00 -03"; !strings.Contains(got, want) || strings.Contains(got, " UTC") {
		t.Errorf("no %s in\n%s", want, got)
	}
}
