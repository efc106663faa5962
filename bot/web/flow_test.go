package web

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"optinbot/bot/desk/desktest"
)

// flowFile is where the flow of a shop lies.
const flowFile = "flows/promotions.yaml"

// field is what a hidden field of a page has.
func (a answer) field(name string) string {
	a.t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(a.body)
	if m == nil {
		a.t.Fatalf("the page has no field %s: %s", name, a.text())
	}
	return m[1]
}

// flowText is the flow of a shop with one text in place of another.
func (s *site) flowText(old, new string) string {
	s.t.Helper()
	text, err := os.ReadFile(s.Path(flowFile))
	if err != nil || !strings.Contains(string(text), old) {
		s.t.Fatalf("the flow has no %q: %v", old, err)
	}
	return strings.ReplaceAll(string(text), old, new)
}

// TestAFlowIsEditedAndPublishedWithoutAScript: a mistake is shown with its line and not saved, what
// is saved is a draft, and after the dialog the number speaks it.
func TestAFlowIsEditedAndPublishedWithoutAScript(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions")
	s.Start()
	page := s.get("/n/main/flow").is(http.StatusOK)
	page.says("promotions", "Where one person is", "No problems", "interests", "Versions")
	version := page.field("version")
	bad := url.Values{"version": {version}, "text": {s.flowText("disclosure:", "disclosur:")}}
	s.post("/n/main/flow/check", bad).is(http.StatusOK).says("One problem", "Line 15", "did you mean")
	s.post("/n/main/flow/save", bad).is(http.StatusConflict).says("That was not done", "Line 15")
	good := url.Values{"version": {version}, "text": {s.flowText("Take care!", "Farewell!")}, "publish": {"1"}}
	s.post("/n/main/flow/test", good).is(http.StatusOK).says("pass", "Farewell!")
	s.post("/n/main/flow/save", good).goesTo("/n/main/flow/publish")
	s.get("/n/main/flow").says("Draft, not published")
	offer := s.get("/n/main/flow/publish").is(http.StatusOK).says("Publish version 2?", "Nobody of 1 people changes state", "Farewell!")
	s.Plays("+1m")
	form := url.Values{"version": {offer.field("version")}, "in_file": {offer.field("in_file")}}
	s.post("/n/main/flow/publish", form).goesTo("/n/main/flow?done=flow_published")
	if got := s.Machine("main").Flow.Version; got == version {
		t.Error("the number speaks what it spoke before")
	}
	page = s.get("/n/main/flow").says("Published", "Roll back")
	back := s.get("/n/main/flow/versions/"+version).is(http.StatusOK).says("Roll back to version 1?", "Farewell!")
	s.Plays("+1m")
	s.post("/n/main/flow/versions/"+version, url.Values{"replaces": {back.field("replaces")}}).goesTo("/n/main/flow?done=flow_rolled_back")
	if got := s.Machine("main").Flow.Version; got != version {
		t.Errorf("the number speaks %s", got)
	}
	s.get("/n/main/flow/versions/nothing").is(http.StatusNotFound)
	if n := compressed(t, page.body); n > 14<<10 {
		t.Errorf("the page takes %d bytes", n)
	}
}

// TestTwoPeopleEditAFlow: the second one keeps their text and sees the other's.
func TestTwoPeopleEditAFlow(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Start()
	version := s.get("/n/main/flow").field("version")
	mine := s.flowText("Take care!", "Farewell!")
	s.Save(flowFile, s.flowText("Take care!", "So long!"))
	page := s.post("/n/main/flow/save", url.Values{"version": {version}, "text": {mine}}).is(http.StatusPreconditionFailed)
	page.says("The file has changed since you opened it", "Farewell!", "So long!")
	s.post("/n/main/flow/save", url.Values{"version": {page.field("version")}, "text": {mine}}).goesTo("/n/main/flow?done=flow_saved")
}

// TestSecurityAViewerEditsNoFlow: they see it, and nothing that they send changes it.
func TestSecurityAViewerEditsNoFlow(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Start()
	page := s.ask("vera", http.MethodGet, "/n/main/flow", nil).is(http.StatusOK).lacks("Publish…", "Save the draft", "Roll back")
	form := url.Values{"version": {page.field("version")}, "text": {s.flowText("Take care!", "Farewell!")}}
	for _, path := range []string{"/n/main/flow/save", "/n/main/flow/drop", "/n/main/flow/publish", "/n/main/try/test"} {
		if got := s.ask("vera", http.MethodPost, path, form); got.status < 400 {
			t.Errorf("%s: %d %s", path, got.status, got.text())
		}
	}
	if _, err := os.Stat(s.Path(flowFile + ".draft")); err == nil {
		t.Error("there is a draft")
	}
}

// TestTheEditorIsAnswered: what a script asks for are parts of the page, and what it completes.
func TestTheEditorIsAnswered(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Start()
	s.get("/n/main/flow/hints").is(http.StatusOK).says(`"states.*.timeout.after"`, `"explained"`)
	form := url.Values{"version": {"x"}, "text": {s.flowText("disclosure:", `"<script>alert(1)</script>":`)}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.http.URL+"/n/main/flow/check", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Part", "1")
	r.AddCookie(&http.Cookie{Name: "session", Value: "marta"})
	part := s.send(r).is(http.StatusOK).lacks("<html", "<script").says("2 problems")
	for _, want := range []string{`id="flow-verdict"`, `id="flow-graph"`, `id="flow-diff"`, `data-line="15"`, `data-severity="error"`} {
		if !strings.Contains(part.body, want) {
			t.Errorf("the answer lacks %s", want)
		}
	}
}

// TestAFlowIsTriedOnThePage: a phone that talks to the draft, a clock to move, and a test of it.
func TestAFlowIsTriedOnThePage(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Start()
	say := func(text string) {
		s.t.Helper()
		s.post("/n/main/try", url.Values{"text": {text}}).goesTo("/n/main/try")
	}
	s.get("/n/main/try").is(http.StatusOK).says("You talk to what is published", "The bot does not know them yet")
	say("<img src=x onerror=alert(1)>")
	say("I want promotions")
	s.get("/n/main/try").says("Subscribed", "interests", "open", "a reminder", "<img src=x").lacks("<img")
	s.post("/n/main/try", url.Values{"next": {"1"}, "text": {"not said"}}).goesTo("/n/main/try")
	s.get("/n/main/try").says("later", "no answer, to member").lacks("not said")
	s.post("/n/main/try", url.Values{"kind": {"audio"}}).goesTo("/n/main/try")
	s.post("/n/main/try", url.Values{"wait": {"soon"}}).is(http.StatusConflict)
	s.post("/n/main/try", url.Values{"send": {"weekend-offer"}, "broadcast": {"1"}}).goesTo("/n/main/try")
	s.post("/n/main/try/test", url.Values{"title": {"A first one"}}).goesTo("/n/main/try?done=test_saved")
	if _, err := os.Stat(s.Path("flows/tests/a-first-one.chat")); err != nil {
		t.Error(err)
	}
	s.post("/n/main/try/test", url.Values{"title": {"A first one"}}).is(http.StatusConflict).says("a test of that name already")
	s.ask("rui", http.MethodGet, "/n/main/try", nil).is(http.StatusOK).lacks("Subscribed")
	for _, country := range tryCountries {
		s.post("/n/main/try", url.Values{"begin": {"1"}, "phone": {country[1]}}).goesTo("/n/main/try")
	}
	s.get("/n/main/try").is(http.StatusOK).says("The bot does not know them yet")
}

// TestARollBackThatTheBotRefuses: a test holds what the flow of today says, so the bot does not speak the
// one of before. The page does not say that it does.
func TestARollBackThatTheBotRefuses(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Start()
	version := s.get("/n/main/flow").field("version")
	s.post("/n/main/flow/save", url.Values{"version": {version}, "text": {s.flowText("Take care!", "Farewell!")}, "publish": {"1"}}).goesTo("/n/main/flow/publish")
	offer := s.get("/n/main/flow/publish")
	s.Plays("+1m")
	s.post("/n/main/flow/publish", url.Values{"version": {offer.field("version")}, "in_file": {offer.field("in_file")}}).is(http.StatusSeeOther)
	for _, text := range []string{"I want promotions", "stop"} {
		s.post("/n/main/try", url.Values{"text": {text}}).is(http.StatusSeeOther)
	}
	s.post("/n/main/try/test", url.Values{"title": {"How we part"}}).goesTo("/n/main/try?done=test_saved")
	back := s.get("/n/main/flow/versions/" + version)
	s.Plays("+1m")
	s.post("/n/main/flow/versions/"+version, url.Values{"replaces": {back.field("replaces")}}).is(http.StatusConflict).says("the bot cannot use it")
}
