package web

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk/desktest"
	"optinbot/store/storetest"
)

const coats = "text:\n  en: \"Hi {first_name|there}, coats are 20% off\"\n"

// fields are the hidden fields of the first form of a page that goes to an address.
func (a answer) fields(action string) url.Values {
	a.t.Helper()
	form := regexp.MustCompile(`(?s)<form[^>]*action="` + regexp.QuoteMeta(action) + `".*?</form>`).FindString(a.body)
	if form == "" {
		a.t.Fatalf("no form goes to %s: %s", action, a.body)
	}
	values := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		values.Set(m[1], html.UnescapeString(m[2]))
	}
	for _, m := range regexp.MustCompile(`(?s)<textarea[^>]* name="([^"]*)"[^>]*>\n?(.*?)</textarea>`).FindAllStringSubmatch(form, -1) {
		values.Set(m[1], html.UnescapeString(m[2]))
	}
	return values
}

// TestB3ABroadcastByThePage: a draft is written, looked at, armed as it was shown, taken back, armed
// again, and goes out.
func TestB3ABroadcastByThePage(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "+1h")
	const at = "/n/main/broadcasts/coats"
	s.post("/n/main/new-broadcast", url.Values{"name": {"Coats!"}}).is(http.StatusConflict).says("Small letters")
	s.post("/n/main/new-broadcast", url.Values{"name": {"coats"}}).goesTo(at + "/draft")
	form := s.get(at + "/draft").is(http.StatusOK).fields(at + "/draft")
	form.Set("text", "text:\n  en: [\n")
	s.post(at+"/draft", form).is(http.StatusUnprocessableEntity).says("That was not done", "1 problem", "this is not YAML").says("en: [")
	form.Set("text", coats)
	s.post(at+"/draft", form).goesTo(at + "/draft?done=draft_saved")
	s.get(at+"/draft").says("Hi Ana, coats are 20% off", "Arm for one person")

	armed := s.get(at+"/draft/arm?now=1").is(http.StatusOK).says("people get it, each at most once", "in a minute").fields(at + "/draft/arm")
	s.Save("flows/broadcasts/coats.yaml", strings.Replace(coats, "20", "30", 1)) // somebody else edits it meanwhile
	s.post(at+"/draft/arm", armed).is(http.StatusPreconditionFailed).says("30% off")
	if s.Statuses("coats") != "" {
		t.Fatal("what was not shown is armed")
	}
	armed = s.get(at + "/draft/arm?now=1").fields(at + "/draft/arm")
	s.post(at+"/draft/arm", armed).goesTo(at + "?done=armed")
	s.post(at+"/draft/arm", armed).goesTo(at + "?done=armed") // a second press does nothing
	if got := s.Occurrences("coats"); len(got) != 1 || !got[0].DueAt.Equal(s.Desk.Now().Add(time.Minute)) {
		t.Fatalf("armed: %+v", got)
	}
	s.get(at).says("Take it back", "Armed")
	s.ask("vera", http.MethodPost, at+"/take_back", nil).is(http.StatusForbidden)
	back := s.get(at).fields(at + "/take_back") // one click, and nothing is asked
	s.post(at+"/take_back", back).goesTo(at + "?done=broadcast_cancel")
	s.post(at+"/take_back", back).goesTo(at + "?done=broadcast_cancel") // pressed twice
	s.Plays("+2m")
	if n := s.Promotions(); n != 0 {
		t.Fatalf("it was taken back, and %d went out", n)
	}
	s.post(at+"/draft/arm", s.get(at+"/draft/arm?now=1").fields(at+"/draft/arm")).is(http.StatusSeeOther)
	s.Plays("+2m")
	s.post(at+"/take_back", back).is(http.StatusConflict).says("It has begun")
	if n := s.Promotions(); n != 1 {
		t.Fatalf("%d went out", n)
	}
	page := s.get(at).is(http.StatusOK).says("of 1 sent", "Sent per hour", "the guard would have paused at", "What became of each text, by hour")
	if n := compressed(t, page.body); n > 8<<10 {
		t.Errorf("the page takes %d bytes", n)
	}
	to := s.post(at+"/why", url.Values{"who": {"+44 7700 900001"}}).is(http.StatusSeeOther).header.Get("Location")
	if strings.Contains(to, "7700") {
		t.Errorf("a phone is in the address %s", to)
	}
	s.get(strings.TrimSuffix(to, "#h-why")).says("Ana got it")
	s.post(at+"/why", url.Values{"who": {"ana"}}).goesTo(to)
	s.post(at+"/why", url.Values{"who": {"+447700900009"}}).is(http.StatusConflict).says("Nobody is called")
	s.get(at + "?who=999").is(http.StatusOK).says("there is no contact 999")
	s.get("/n/main/broadcasts").says("coats", "This week and the next")
	s.get("/n/main/broadcasts/nothing").is(http.StatusNotFound)
	s.get(at + "/explode").is(http.StatusNotFound)
}

// TestSecurityAViewerArmsNothing: neither a viewer nor an editor arms, whatever form they send.
func TestSecurityAViewerArmsNothing(t *testing.T) {
	s := open(t, desktest.Setup{Files: map[string]string{"flows/broadcasts/coats.yaml": coats}})
	s.Plays("Ana +447700900001 > I want promotions", "+1h")
	const at = "/n/main/broadcasts/coats/draft/arm"
	form := s.get(at + "?now=1").fields(at)
	for _, who := range []string{"vera", "rui"} {
		s.ask(who, http.MethodPost, at, form).is(http.StatusForbidden)
	}
	s.ask("vera", http.MethodGet, "/n/main/broadcasts/coats/draft", nil).is(http.StatusOK).lacks("<bdi>+447700900001", "Save</button>")
	if s.Statuses("coats") != "" {
		t.Fatal("it is armed")
	}
	s.post(at, form).is(http.StatusSeeOther)
	s.ask("rui", http.MethodPost, "/n/main/broadcasts/coats/pause", url.Values{}).is(http.StatusSeeOther) // whoever sees trouble stops it
	s.ask("rui", http.MethodPost, "/n/main/broadcasts/coats/resume", url.Values{}).is(http.StatusForbidden)
	if got := s.Statuses("coats"); got != string(bot.OccurrencePaused) {
		t.Errorf("it is %s", got)
	}
}

// TestEveryFigureIsAListOfPeople: each number of a broadcast leads to the people behind it, each with a
// why, and no address has a phone in it.
func TestEveryFigureIsAListOfPeople(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "Ben +447700900002 > I want promotions", "Cy +447700900003 > hello", "+25h")
	s.Plays("takeover Ben", "broadcast weekend-offer", "+1h", "reads Ana", "Ana > nice")
	const at = "/n/main/broadcasts/weekend-offer"
	page := s.get(at).is(http.StatusOK)
	links := regexp.MustCompile(`href="(`+at+`/people\?[^"]*)">([0-9]+)<`).FindAllStringSubmatch(page.body, -1)
	if len(links) < 4 {
		t.Fatalf("links to people: %q in %s", links, page.text())
	}
	for _, link := range links {
		to := html.UnescapeString(link[1])
		list := s.get(to).is(http.StatusOK)
		if n := strings.Count(list.body, "#h-why"); strconv.Itoa(n) != link[2] {
			t.Errorf("%s lists %d people, and the figure is %s: %s", to, n, link[2], list.text())
		}
		s.ask("vera", http.MethodGet, to, nil).is(http.StatusOK).lacks("4477009")
	}
	read := s.get(at+"/people?reached=read").says("Ana").lacks(">Ben<", ">Cy<")
	why := regexp.MustCompile(`href="([^"]*who=[0-9]+)#h-why"`).FindStringSubmatch(read.body)
	if len(why) == 0 {
		t.Fatal("nobody has a why")
	}
	s.get(html.UnescapeString(why[1])).says("Ana got it")
	s.get(at + "/people?reached=nonsense").is(http.StatusNotFound)
	s.get(at + "/people?status=held&reason=human_takeover").says("Ben").lacks(">Ana<")
	s.get("/n/main/broadcasts/none/people?reached=sent").is(http.StatusNotFound)
}

// TestWhomSomebodyMeans: of several people of one name the visitor chooses.
func TestWhomSomebodyMeans(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "Anabel +447700900002 > I want promotions")
	page := s.post("/n/main/proof/find", url.Values{"who": {"ana"}}).is(http.StatusOK).says("Several people may be meant", "Anabel")
	if n := strings.Count(page.body, "#person\">Ana"); n < 2 {
		t.Errorf("%d people to choose from", n)
	}
	s.ask("vera", http.MethodPost, "/n/main/proof/find", url.Values{"who": {"ana"}}).is(http.StatusOK).lacks("4477009")
	s.post("/n/main/proof/find", url.Values{"who": {"anabel"}}).is(http.StatusSeeOther)
}

// TestADraftIsCheckedAsItIsTyped: the editor gets what is wrong, and nothing is saved.
func TestADraftIsCheckedAsItIsTyped(t *testing.T) {
	s := open(t, desktest.Setup{})
	const at = "/n/main/broadcasts/weekend-offer/draft"
	bad := url.Values{"text": {"text:\n  en: Hi {nobody}!\n"}, "version": {"x"}}
	s.post(at+"/check", bad).is(http.StatusOK).says("Hi {nobody}!", "2:10")
	r := s.request(http.MethodPost, at+"/check?"+bad.Encode())
	r.Header.Set("X-Part", "1")
	part := s.send(r).is(http.StatusOK).lacks("<html")
	if !strings.Contains(part.body, `id="problems" data-part`) {
		t.Errorf("it answers %s", part.body)
	}
	if hints := s.get(at + "/hints").is(http.StatusOK); !strings.Contains(hints.body, "audience") {
		t.Errorf("the hints are %s", hints.body)
	}
	s.get(at).lacks("{nobody}")
}

// TestManyPeopleArePreviewedBesideThePage: while everybody is looked at, the page says so, and it
// never shows what was found of another text.
func TestManyPeopleArePreviewedBesideThePage(t *testing.T) {
	s := open(t, desktest.Setup{Files: map[string]string{"flows/broadcasts/coats.yaml": coats}})
	s.server.atOnce = 0
	s.Plays("Ana +447700900001 > I want promotions", "+1h")
	const at = "/n/main/broadcasts/coats/draft"
	s.get(at).is(http.StatusOK)
	s.server.working.Wait()
	form := s.get(at).is(http.StatusOK).says("Hi Ana, coats are 20% off", "Arm for one person").fields(at)
	s.get(at + "/arm?now=1").is(http.StatusOK)
	s.server.working.Wait()
	s.get(at + "/arm?now=1").is(http.StatusOK).says("people get it, each at most once").lacks(`http-equiv="refresh"`)
	form.Set("text", strings.Replace(coats, "20%", "30%", 1))
	s.post(at, form).goesTo(at + "?done=draft_saved")
	held := s.server.previewing("main\x00coats\x00true")
	held.mu.Lock()
	held.done, held.found.Running = make(chan struct{}), true // as if it took its time
	held.mu.Unlock()
	s.get(at+"/arm?now=1").is(http.StatusOK).says("Everybody is being looked at").lacks("20%", "<form class=\"stack\"")
	s.get(at)
	s.server.working.Wait()
	s.get(at).says("Hi Ana, coats are 30% off")
}

// TestManyAreArmedWithoutCountingThemAgain: their preview counts them beside the page, and the button
// only arms. Where that was long ago, they are counted first.
func TestManyAreArmedWithoutCountingThemAgain(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "Ana > 2")
	like := *s.Who("Ana")
	like.State, like.FlowQuestion, like.Holds = "member", nil, nil
	data := s.Desk.Config.Path(s.Desk.Config.Data)
	if err := storetest.FillPeople(t.Context(), data, "main", like, 5100, s.Now()); err != nil {
		t.Fatal(err)
	}
	const at = "/n/main/broadcasts/weekend-offer/draft/arm"
	counted := func() answer {
		for {
			page := s.get(at + "?now=1")
			w := s.server.previewing("main\x00weekend-offer\x00true")
			w.mu.Lock()
			done := w.done
			w.mu.Unlock()
			if done == nil && strings.Contains(page.body, `name="version"`) {
				return page
			}
			if done != nil {
				<-done
			}
		}
	}
	form := counted().fields(at)
	form.Set("typed", form.Get("people"))
	s.Sleeps(61 * 60e9)
	s.post(at, form).is(http.StatusConflict).says("Not armed. The people were counted long ago")
	counted()
	form.Del("once")
	s.post(at, form).goesTo("/n/main/broadcasts/weekend-offer?done=armed")
}

// TestMoreThanWereShownAreNotArmed: the page says in the words of whoever looks how many joined, and asks
// with the new count.
func TestMoreThanWereShownAreNotArmed(t *testing.T) {
	const at = "/n/main/broadcasts/weekend-offer/draft/arm"
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions")
	form := s.get(at + "?now=1").fields(at)
	s.Plays("Ben +447700900002 > I want promotions", "Cleo +447700900003 > I want promotions")
	again := s.post(at, form).is(http.StatusConflict).says("Not armed. More people would get it now (3) than you were shown (1)", "Arm for 3 people")
	s.post(at, again.fields(at)).goesTo("/n/main/broadcasts/weekend-offer?done=armed")
}

// TestADraftAsOnePersonGetsIt: found by a name or a phone, which no address has, with their language,
// and why they would not get it. Beside it stands every text of the draft.
func TestADraftAsOnePersonGetsIt(t *testing.T) {
	const vips = "audience: '\"vip\" in tags'\ntext:\n  en: [\"Hi {first_name|there}, one\", \"Hi {first_name|there}, two\"]\n  pt: \"Oi {first_name|tu}\"\n  es: \"Hola\"\n"
	s := open(t, desktest.Setup{Files: map[string]string{"flows/broadcasts/vips.yaml": vips}})
	s.Plays("Ana +447700900001 > I want promotions", "Ben +447700900002 > I want promotions", "Anabel +447700900003 > hello", "+2h")
	s.post(s.at("Ana")+"/tag", url.Values{"tag": {"vip"}})
	const at = "/n/main/broadcasts/vips/draft"
	s.get(at).says("Every text (4)", "In “en”, text 2 of 2.", "Hi Ana, two", "Oi Ana")
	as := func(who string) answer { return s.post(at+"/as", url.Values{"who": {who}}) }
	id := strconv.FormatInt(s.Who("Ana").ID, 10)
	as("+44 7700 900001").goesTo(at + "?who=" + id + "#h-prev")
	as("ana").is(http.StatusOK).says("Several people may be meant", "Anabel")
	as("zeno").is(http.StatusConflict).says("Nobody is called")
	s.get(at + "?who=" + id).says("Hi Ana,").lacks("They would not get it now")
	ben := s.get(at+"?who="+strconv.FormatInt(s.Who("Ben").ID, 10)).says("Hi Ben,", "They would not get it now")
	if !strings.Contains(ben.text(), "audience") {
		t.Errorf("it does not say why: %s", ben.text())
	}
	s.get(at + "?who=999").is(http.StatusOK)
	s.ask("vera", http.MethodGet, at+"?who="+id, nil).is(http.StatusOK).says("Hi Ana,").lacks("7700 900001", "447700900001")
}

// TestWhatCannotBeDoneToABroadcastIsSaidFirst: before anybody presses a button for it.
func TestWhatCannotBeDoneToABroadcastIsSaidFirst(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "+2h", "broadcast weekend-offer", "+2h")
	const at = "/n/main/broadcasts/weekend-offer/"
	for _, act := range []string{"release", "cancel"} {
		s.get(at+act).is(http.StatusOK).says("Back").lacks("<form class=\"acts\"", `action="`+at+act+`"`)
		s.post(at+act, nil).is(http.StatusConflict).says("That was not done")
	}
}

// templates stands in for WhatsApp's template manager. What is handed in is in review.
type templates struct{ list []bot.SeenTemplate }

func (o *templates) Submit(_ context.Context, d bot.TemplateDraft) (id, status string, err error) {
	o.list = append(o.list, bot.SeenTemplate{ID: "1", Name: d.Name, Language: d.Language, Category: "MARKETING", Status: "PENDING", Named: true,
		Body: d.Body, Footer: d.Footer, Buttons: d.Buttons})
	return "1", "PENDING", nil
}

func (o *templates) Templates(_ context.Context, name string) (found []bot.SeenTemplate, err error) {
	for _, t := range o.list {
		if t.Name == name {
			found = append(found, t)
		}
	}
	return found, nil
}

// TestADraftShowsItsTemplates: in each language how WhatsApp has it and what to do, and only an owner
// hands them in.
func TestADraftShowsItsTemplates(t *testing.T) {
	const at = "/n/main/broadcasts/weekly/draft"
	s := open(t, desktest.Setup{
		Config: "numbers:\n  - {name: main, flow: promotions, transport: cloud, cloud: {phone_number_id: 1001, waba_id: 3001, " +
			"token_file: token, app_secret_file: app-secret, verify_token_file: verify-token}}\n",
		Files: map[string]string{"flows/broadcasts/weekly.yaml": "text: {en: \"Hi {first_name|there}, 20% off!\", pt: 20% de desconto!}\n"},
	})
	o := &templates{}
	s.TemplateManagers = func(config.Number) (bot.TemplateManager, error) { return o, nil }
	s.get(at).is(200).says("Templates at WhatsApp", "WhatsApp does not have it. Hand it in.")
	if a := s.ask("rui", "GET", at, nil).is(200); strings.Contains(a.body, at+"/submit") {
		t.Error("an editor is offered to hand them in")
	}
	submit, ask := s.get(at).fields(at+"/submit"), s.get(at).fields(at+"/ask")
	s.post(at+"/submit", submit).is(303)
	if len(o.list) < 2 {
		t.Fatalf("%d are handed in", len(o.list))
	}
	s.get(at).is(200).says("WhatsApp looks at it")
	o.list[0].Status, o.list[0].Reason = "REJECTED", "<b>TAG</b>"
	o.list[1].Status = "APPROVED"
	s.post(at+"/ask", ask).is(303)
	s.get(at).is(200).says("WhatsApp has it as REJECTED.", "WhatsApp says: <b>TAG</b>.", "Ready.").lacks("<b>TAG")
}

// TestTemplatesHaveWords: whatever a template may lack is said.
func TestTemplatesHaveWords(t *testing.T) {
	all, err := readLanguages()
	if err != nil {
		t.Fatal(err)
	}
	for _, lack := range []bot.TemplateLack{
		"ready", bot.TemplateMissing, bot.TemplateInReview, bot.TemplateUnasked, bot.TemplateRefused, bot.TemplateCategory, bot.TemplateWords,
		bot.TemplateAnother, bot.TemplateQuality,
	} {
		if !all["en"].has("template." + string(lack)) {
			t.Errorf("there are no words for %s", lack)
		}
	}
}
