package desk_test

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/flows"
	"optinbot/flows/words"
	"optinbot/store"
)

// older are files that an earlier program accepted and that a newer rule does not.
func older(t *testing.T, folder string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../../flows/testdata/older", folder, "*.yaml"))
	must(t, err)
	if len(files) == 0 {
		t.Fatal("there are none")
	}
	out := map[string]string{}
	for _, file := range files {
		out[strings.TrimSuffix(filepath.Base(file), ".yaml")] = string(readAll(t, file))
	}
	return out
}

// told counts the notices that have some words.
func (s *shop) told(words string) (n int) {
	s.t.Helper()
	for _, text := range s.Notices() {
		n += strings.Count(text, words)
	}
	return n
}

// TestO5AnOlderFlowGoesOn: a number that ran with a flow which breaks a newer rule goes on with it,
// and the operator is told once. An edit has to keep every rule.
func TestO5AnOlderFlowGoesOn(t *testing.T) {
	t.Parallel()
	for name, source := range older(t, "") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, oneNumber)
			s.Remove("flows/tests")
			s.Remove("flows/broadcasts")
			s.Save(flowFile, source)
			if n, err := s.Files.Check(s.Ctx, nil); err != nil || !n.Refused() {
				t.Errorf("before it was accepted: %+v %v", n, err)
			}
			v := store.FlowVersion{Flow: "promotions", Version: flows.Version([]byte(source)), Source: []byte(source), Accepted: s.Now()}
			must(t, s.Store.AcceptFlow(s.Ctx, "main", "brand", v, nil, func() {}))
			for range 2 {
				s.ReloadAll(s.Ctx)
				if got := s.Machine("main").Flow.Version; got != v.Version || s.told("its next edit will be refused until it is mended") != 1 {
					t.Errorf("it speaks %s; told %q", got, s.Notices())
				}
			}
			c, err := s.Files.Check(s.Ctx, nil)
			if err != nil || c.Refused() || len(c.Problems) == 0 {
				t.Errorf("checked: %+v %v", c, err)
			}
			if d := s.Reopen(); d.Machine("main").Flow.Version != v.Version || len(d.Broken) > 0 {
				t.Errorf("after a start it speaks %s", d.Machine("main").Flow.Version)
			}
			s.Save(flowFile, "# edited\n"+source)
			s.ReloadAll(s.Ctx)
			if got := s.Machine("main").Flow.Version; got != v.Version || s.told("flow promotions was edited and has ") != 1 {
				t.Errorf("edited it speaks %s; told %q", got, s.Notices())
			}
		})
	}
}

// TestO5AnOlderDraftGoesOut: a draft that was armed before a rule was made goes out as it was armed,
// once or again and again, and the operator is told once. Edited it does not go out any more.
func TestO5AnOlderDraftGoesOut(t *testing.T) {
	t.Parallel()
	for name, source := range older(t, "broadcasts") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := selling(t, oneNumber, source)
			s.Start()
			n := s.Numbers["main"]
			version := flows.Version([]byte(source))
			if name == "media-file" { // what it attaches is part of it
				page := readAll(t, "../../flows/testdata/older/broadcasts/page.jpg")
				s.Save("flows/broadcasts/page.jpg", string(page))
				version = flows.Version(append([]byte(source), page...))
			}
			_, err := s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{})
			var problems desk.Problems
			if !errors.As(err, &problems) {
				t.Errorf("before it was armed: %v", err)
			}
			_, err = s.Store.Arm(s.Ctx, bot.Occurrence{Number: "main", Broadcast: "weekly", Key: "k", DueAt: s.Now().Add(time.Hour), Content: source, Version: version})
			must(t, err)
			must(t, s.Store.ArmSchedule(s.Ctx, bot.Schedule{Number: "main", Broadcast: "weekly", Status: bot.ScheduleArmed, Cron: "0 10 * * 1", Zone: "UTC",
				Content: source, Version: version, NextAt: s.Now().Add(7 * 24 * time.Hour)}, s.Now()))
			for range 2 {
				s.ReloadAll(s.Ctx)
				armed, err := s.ArmedDrafts(s.Ctx, n)
				if err != nil || len(armed) != 2 || s.told("It goes out as it was armed") != 1 {
					t.Fatalf("armed: %+v %v; told %q", armed, err, s.Notices())
				}
				for _, o := range armed {
					if text, err := s.Render(o, &bot.Contact{Number: "main", Language: "en", Name: "Ana"}); err != nil || text.Text == "" || s.Edited(s.Ctx, o) {
						t.Errorf("%+v %v, edited: %v", text, err, s.Edited(s.Ctx, o))
					}
				}
			}
			s.Save(draft, "# edited\n"+source)
			for range 2 {
				s.ReloadAll(s.Ctx)
			}
			if armed, err := s.ArmedDrafts(s.Ctx, n); err != nil || len(armed) > 0 || s.status() != bot.ScheduleDisarmed || s.Statuses("weekly") != "cancelled" {
				t.Errorf("edited: %+v %v", armed, err)
			}
		})
	}
}

// onePicture is a JPEG of so many points in a row.
func onePicture(t *testing.T, points int) string {
	t.Helper()
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, points, 1)), nil))
	return b.String()
}

// withPicture is a draft with a picture.
const withPicture = "media: {image: offer.jpg}\n" + offer

// TestO5AnArmedFileGoesOn: a file that is not what its name says was accepted by earlier programs.
// Where it is armed it goes on. An edit of the draft, or another such file, is refused.
func TestO5AnArmedFileGoesOn(t *testing.T) {
	t.Parallel()
	const page = "<html>not found</html>"
	s := shopOf(t, desktest.Setup{Config: oneNumber, Files: map[string]string{draft: withPicture, "flows/broadcasts/offer.jpg": page}})
	read := func() (*flows.Broadcast, error) { return s.Files.Draft(s.Ctx, "weekly", s.Machine("main").Flow) }
	_, err := read()
	says(t, err, "it is a web page")
	version := flows.Version([]byte(withPicture + page))
	o, err := s.Store.Arm(s.Ctx, bot.Occurrence{Number: "main", Broadcast: "weekly", Key: "k", DueAt: s.Now(), Content: withPicture, Version: version})
	must(t, err)
	if b, err := read(); err != nil || b.Version != version || len(b.Warnings) != 1 || s.Edited(s.Ctx, o) {
		t.Errorf("%+v %v, edited: %v", b, err, s.Edited(s.Ctx, o))
	}
	s.Save("flows/broadcasts/offer.jpg", page+"\n")
	_, err = read()
	says(t, err, "it is a web page")
}

// TestWhatCannotBeReadIsNotEdited: a draft that was changed, broken or taken away counts as edited. One
// whose file cannot be read now does not.
func TestWhatCannotBeReadIsNotEdited(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, "at: 2026-03-02 16:00\n"+offer)
	s.arms()
	o, err := s.Latest(s.Ctx, "main", "weekly")
	must(t, err)
	look := func(what string, edited bool) {
		t.Helper()
		if s.Edited(s.Ctx, *o) != edited {
			t.Errorf("%s: edited is %v", what, !edited)
		}
	}
	look("as it was armed", false)
	s.Save(draft, "text: {en: other. Reply 2 to stop.}\n")
	look("edited", true)
	s.Save(draft, "text: [\n")
	look("broken", true)
	must(t, os.Remove(s.Path(draft)))
	look("gone", true)
	if err := os.Symlink(filepath.Base(draft), s.Path(draft)); err != nil {
		t.Skip(err)
	}
	look("a file that leads to itself", false)
}

// TestB7AnotherPictureDisarms: the file is part of what was armed. What goes out is the copy, and a
// draft whose file was changed since is edited.
func TestB7AnotherPictureDisarms(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: oneNumber, Files: map[string]string{draft: "at: 2026-03-09 10:00\n" + withPicture, "flows/broadcasts/offer.jpg": onePicture(t, 1)}})
	p, err := s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{})
	if err != nil || p.Media == nil || p.Media.File != "offer.jpg" {
		t.Fatalf("%+v %v", p, err)
	}
	sent, err := s.SendSamples(s.Ctx, "main", "weekly", "en", false)
	if err != nil || sent.Media != "image" {
		t.Errorf("samples: %+v %v", sent, err)
	}
	s.arms()
	o := s.Occurrences("weekly")[0]
	if s.Edited(s.Ctx, o) {
		t.Error("nothing was edited")
	}
	s.Save("flows/broadcasts/offer.jpg", onePicture(t, 2))
	if !s.Edited(s.Ctx, o) {
		t.Error("another picture, and nothing was edited")
	}
	content, err := s.Store.Media(s.Ctx, o.Media.Hash)
	if err != nil || string(content) != onePicture(t, 1) || o.Media.MIME != "image/jpeg" {
		t.Errorf("kept %q as %+v, %v", content, o.Media, err)
	}
	s.refused("is not what the preview showed", func() error {
		_, err := s.Schedule(s.Ctx, "main", "weekly", desk.ScheduleOptions{}, p.Version)
		return err
	})
}

// TestB7AnEditedDraftIsDisarmed: what was armed and then edited or taken away does not start, and the
// operator hears of it once.
func TestB7AnEditedDraftIsDisarmed(t *testing.T) {
	t.Parallel()
	for what, edit := range map[string]func(s *shop){
		"as it was": nil,
		"edited":    func(s *shop) { s.Edit(draft, "Hi ", "Hello ") },
		"gone":      func(s *shop) { s.Remove(draft) },
	} {
		for _, seen := range []bool{true, false} { // by the watch of the files, or when it is due
			s := selling(t, oneNumber, "at: 2026-03-02 16:00\n"+offer)
			s.Plays("Ana "+cy+" > I want promotions", "+31m")
			s.arms()
			if edit != nil {
				edit(s)
			}
			before := len(s.Notices())
			for range 2 {
				if seen {
					must(t, s.DisarmEdited(s.Ctx, s.Numbers["main"]))
				}
			}
			s.Plays("at 2026-03-02T16:01:00Z")
			sent, told := s.Promotions(), len(s.Notices())-before
			if edit == nil && (sent != 1 || told != 0) || edit != nil && (sent != 0 || told != 1 || s.Statuses("weekly") != "cancelled") {
				t.Errorf("%s, seen %v: %d sent, %d notices, %s", what, seen, sent, told, s.Statuses("weekly"))
			}
		}
	}
}

// TestB7AnEditedScheduleIsDisarmed: its view says that the draft was edited, and how to arm it again.
func TestB7AnEditedScheduleIsDisarmed(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, daily)
	s.arms()
	s.Edit(draft, "Hi ", "Hello ")
	list, err := s.Schedules(s.Ctx, "main", "weekly")
	const edited = "0 10 * * *, UTC: the draft was edited, so it does not go out again; `optinbot broadcast schedule weekly` arms it as it is now"
	if err != nil || len(list) != 1 || !list[0].Edited || list[0].Says != edited {
		t.Errorf("%+v %v", list, err)
	}
	for range 2 {
		must(t, s.DisarmEdited(s.Ctx, s.Numbers["main"]))
	}
	if s.status() != bot.ScheduleDisarmed || len(s.Notices()) != 1 {
		t.Errorf("%s; told %q", s.status(), s.Notices())
	}
	s.arms()
	if s.status() != bot.ScheduleArmed {
		t.Error("armed again it is", s.status())
	}
}

// TestO5ABroadcastsWayOutIsHeard: before a promotion goes out, the stop word that its text names is a
// stop for everybody, and so it stays for 30 days, also after a start.
func TestO5ABroadcastsWayOutIsHeard(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.Start()
	n := s.Numbers["main"]
	heard := func(d *desk.Desk) bool {
		d.Now = s.Now
		must(t, d.HearArmed(s.Ctx, n))
		return d.Machine("main").Flow.Words.Recognise("alto", "en").Outcome == words.Out
	}
	if heard(s.Reopen()) {
		t.Fatal("it is a stop already")
	}
	s.Save(draft, "at: 2026-03-02 16:00\ntext: {en: Sale, pt: Oferta, es: Responde ALTO para salir.}\n")
	s.arms()
	d := s.Reopen()
	for range 2 {
		if !heard(d) {
			t.Error("it is no stop")
		}
	}
	s.later(32 * 24 * time.Hour)
	if got := s.Statuses("weekly"); got != "done" {
		t.Fatal("it is", got)
	}
	if heard(s.Reopen()) {
		t.Error("it is a stop a month later")
	}
}

// TestO5AnAnswerStaysAnAnswer: a word that only newer tables take for a stop answers the open
// question of an accepted flow. Without the question, and in an edited flow, it is a stop.
func TestO5AnAnswerStaysAnAnswer(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	source := strings.Replace(s.Read(flowFile), "label: {en: Bags,", "label: {en: Unsubscribe,", 1) // as if it were no stop then
	flow, bad := flows.LoadAccepted("promotions.yaml", []byte(source))
	if flow == nil {
		t.Fatal(bad)
	}
	s.Swap("main", bot.NewMachine(flow))
	s.Plays("Ana +5511900000001 > I want promotions", "Ana > unsubscribe")
	if c := s.Who("Ana"); c.Consent != bot.Subscribed || len(c.Preferences["interests"]) != 1 {
		t.Errorf("%s with %v", c.Consent, c.Preferences)
	}
	s.Plays("Ana > A", "Ana > A", "Ana > A", "Ana > unsubscribe") // after the other questions
	if c := s.Who("Ana"); c.Consent != bot.Unsubscribed {
		t.Error("without its question the word is no stop:", c.Consent)
	}
}

// TestO2OneNumbersFlowIsItsOwn: whatever is wrong with the flow of one number when `run` starts, the
// other one is served. The number itself goes on with the last version that it ran with, or waits
// for its file where it never ran.
func TestO2OneNumbersFlowIsItsOwn(t *testing.T) {
	t.Parallel()
	good, err := flows.Defaults.ReadFile("promotions.yaml")
	must(t, err)
	outlets := strings.Replace(string(good), "flow: promotions", "flow: outlet", 1)
	lost := strings.ReplaceAll(strings.ReplaceAll(outlets, "\n  interests:\n", "\n  tastes:\n"), "goto: interests", "goto: tastes")
	for what, file := range map[string]string{
		"it cannot be read as YAML":             "flow: [\n",
		"it breaks a rule":                      strings.Replace(outlets, "start: welcome", "start: nowhere", 1),
		"it is gone":                            "",
		"it has lost a state with people on it": lost,
	} {
		for _, ran := range []bool{true, false} {
			if !ran && file == lost {
				continue // nobody stands anywhere
			}
			t.Run(what+map[bool]string{true: ", and it ran before", false: ""}[ran], func(t *testing.T) {
				t.Parallel()
				s := shopOf(t, desktest.Setup{Config: oneNumber + "  - {name: outlet, flow: outlet}\n", Files: map[string]string{"flows/outlet.yaml": outlets}})
				if ran {
					s.Start()
					s.Plays("Ana " + ana + " @outlet > I want promotions")
				}
				s.Save("flows/outlet.yaml", file)
				if file == "" {
					s.Remove("flows/outlet.yaml")
				}
				d := s.Reopen()
				must(t, d.SettleAll(s.Ctx))
				if d.Machine("main") == nil {
					t.Error("the other number has no flow")
				}
				if spoken := d.Machine("outlet"); (spoken != nil) != ran || ran && spoken.Flow.Version != flows.Version([]byte(outlets)) {
					t.Errorf("the number speaks %s, want the version it ran with: %v", spoken.Version(), ran)
				}
				notices, err := d.Store.Notices(s.Ctx, "outlet", 10)
				must(t, err)
				part := map[bool]string{true: "oes on", false: "not served"}[ran]
				if len(notices) != 1 || !strings.Contains(notices[0].Text, part) {
					t.Errorf("the operator is told %+v, want one notice with %q", notices, part)
				}
				if ran { // a stop is obeyed meanwhile, wherever they stand
					turn, err := d.Store.HandleMessage(s.Ctx, "outlet", bot.Message{ID: "A2", Kind: bot.KindText, Text: "2",
						At: s.Now().Add(time.Second), Identities: []bot.Identity{{Kind: bot.Phone, Value: ana}}}, d.Envs)
					must(t, err)
					if turn.Contact.Consent != bot.Unsubscribed {
						t.Error("their stop left them", turn.Contact.Consent)
					}
				}
				s.Save("flows/outlet.yaml", outlets)
				d.ReloadAll(s.Ctx)
				if spoken := d.Machine("outlet"); spoken == nil || spoken.Flow.Version != flows.Version([]byte(outlets)) {
					t.Errorf("the file is well again, and the number speaks %s", spoken.Version())
				}
				if _, err := d.Number("outlet"); err != nil {
					t.Errorf("the file is well again, and the operator hears %v", err)
				}
			})
		}
	}
}

// TestO2NoFlowAtAll: where no number has a flow that can be used, a file must change first.
func TestO2NoFlowAtAll(t *testing.T) {
	t.Parallel()
	o := desktest.Folder(t, desktest.Setup{Config: "numbers:\n  - {name: main, flow: nowhere}\n  - {name: outlet, flow: nobody}\n"})
	_, err := desk.Open(t.Context(), o)
	says(t, err, "nowhere.yaml")
	says(t, err, "nobody.yaml")
}

// TestReloadAllGoesOn: what cannot be looked at is logged, and the next number is looked at.
func TestReloadAllGoesOn(t *testing.T) {
	t.Parallel()
	s := twoFlows(t)
	s.Replay = nil
	must(t, os.RemoveAll(s.Path("flows/broadcasts")))
	s.ReloadAll(s.Ctx)
	d := s.Reopen()
	must(t, d.Close())
	d.ReloadAll(s.Ctx)
	for _, part := range []string{"the flow could not be looked at", "the drafts could not be looked at", "the armed broadcasts could not be looked at"} {
		if !strings.Contains(s.Logged.String(), part) {
			t.Errorf("the log does not say %q: %s", part, s.Logged)
		}
	}
}
