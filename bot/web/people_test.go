package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// at is the address of somebody who has written.
func (s *site) at(name string) string {
	return "/n/main/people/" + strconv.FormatInt(s.Who(name).ID, 10)
}

// TestT4AReplyByThePage: who waits is found, read and answered. The answer to a chat that has moved
// on is refused, and what was typed is kept.
func TestT4AReplyByThePage(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "+1h", "Ana > I want to talk to a person please", "+1m")
	s.get("/n/main/people?waiting=1").is(http.StatusOK).says("Ana", "I want to talk to a person")
	s.finds("marta", "ana").says("One person found")
	s.finds("marta", "zeno").says("Nobody is called “zeno”")
	at := s.at("Ana")
	page := s.get(at).is(http.StatusOK).says("Ana", "Subscribed", "I want promotions", "Said yes", "They wait for a person")
	form := page.fields(at + "/reply")
	form.Set("text", "Hi Ana, how can we help?")
	s.Plays("Ana > are you there?")
	s.post(at+"/reply", form).is(http.StatusPreconditionFailed).says("they wrote again", "are you there?").says("Hi Ana, how can we help?")
	s.Got("Ana")
	form = s.get(at).fields(at + "/reply")
	form.Set("text", "Hi Ana, how can we help?")
	s.post(at+"/reply", form).goesTo(at + "?done=replied")
	s.post(at+"/reply", form).goesTo(at + "?done=replied") // pressed twice
	s.Plays("+1m")
	if got := s.Got("Ana"); len(got) != 1 || got[0] != "Hi Ana, how can we help?" {
		t.Fatalf("she got %q", got)
	}
	s.get(at).says("You have this chat until")
	s.ask("rui", http.MethodGet, at, nil).says("marta has this chat until")
	s.post(at+"/give_back", nil).goesTo(at + "?done=given_back")
	if s.Who("Ana").Has(bot.HumanTakeover) {
		t.Error("the bot does not have the chat")
	}
	s.get("/n/main/people/999").is(http.StatusNotFound)
	s.get("/n/main/people/x").is(http.StatusConflict)
}

// TestWhatAPersonsPromotionsDo: the page says what the command line says. Nothing waits for somebody who
// gets none, and somebody who reads none is skipped.
func TestWhatAPersonsPromotionsDo(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "+1m")
	at := s.at("Ana")
	s.get(at).says("Nothing holds them.")
	s.post(at+"/take", nil).goesTo(at + "?done=taken")
	held := "They wait, " + bot.HumanTakeover.Info().Says
	s.get(at).says(held).lacks("Nothing holds them.")
	s.change(fmt.Sprintf("UPDATE contacts SET doc = json_set(doc, '$.unread', %d)", bot.FatiguedAfter))
	s.get(at).says(held, "They skip them, "+bot.Fatigued.Info().Says)
	_, err := s.OptOut(s.Ctx, "main", "+447700900001", "till")
	told(t, err)
	s.get(at).says("They get none.").lacks("They wait, ", "They skip them")
}

// TestT4WhoHasLeftAndWaits: a request with legal weight keeps somebody who has left among those who wait. An
// editor takes the chat over, gives it back and sets the zone. There is no reply to them until they write
// again, and a viewer has none of it.
func TestT4WhoHasLeftAndWaits(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "+1h", "Ana > delete my data and stop", "+1m")
	if c := s.Who("Ana"); c.Consent != bot.Unsubscribed {
		_, err := s.OptOut(s.Ctx, "main", "+447700900001", "till")
		told(t, err)
	}
	at := s.at("Ana")
	s.get("/n/main/people?waiting=1").is(http.StatusOK).says("Ana")
	s.ask("rui", http.MethodGet, at, nil).is(http.StatusOK).says("They get none.", "Take over", "Zone").lacks(at + "/reply")
	s.ask("vera", http.MethodGet, at, nil).is(http.StatusOK).lacks(at+"/take", at+"/zone", at+"/reply")
	s.ask("rui", http.MethodPost, at+"/take", url.Values{}).goesTo(at + "?done=taken")
	s.ask("rui", http.MethodGet, at, nil).says("You have this chat until").lacks(at + "/take")
	s.ask("rui", http.MethodPost, at+"/zone", url.Values{"zone": {"Europe/Lisbon"}}).is(http.StatusSeeOther)
	s.ask("rui", http.MethodPost, at+"/give_back", url.Values{}).goesTo(at + "?done=given_back")
	s.get("/n/main/people?waiting=1").lacks(">Ana<")
	s.Plays("+1h", "Ana > did you delete it?")
	form := s.ask("rui", http.MethodGet, at, nil).fields(at + "/reply")
	form.Set("text", "We did.")
	s.ask("rui", http.MethodPost, at+"/reply", form).goesTo(at + "?done=replied")
}

// TestC2AStopRecordedOnThePage: promotions end at once.
func TestC2AStopRecordedOnThePage(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions")
	s.post("/n/main/people/optout", url.Values{"phone": {"nonsense"}, "reason": {"at the till"}}).says("That was not done")
	s.post("/n/main/people/optout", url.Values{"phone": {"+44 7700 900001"}, "reason": {"at the till"}}).goesTo("/n/main/people?done=opted_out")
	if c := s.Who("Ana"); c.Consent != bot.Unsubscribed {
		t.Errorf("she is %s", c.Consent)
	}
}

// TestSecurityAViewerSeesNoPhones: neither in a list nor beside a name.
func TestSecurityAViewerSeesNoPhones(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions")
	s.finds("vera", "ana").lacks("447700900001", "7700 900001")
	for _, path := range []string{"/n/main/people", s.at("Ana"), "/n/main/people?waiting=1"} {
		s.ask("vera", http.MethodGet, path, nil).is(http.StatusOK).lacks("447700900001", "7700 900001")
	}
	s.ask("vera", http.MethodPost, s.at("Ana")+"/take", url.Values{}).is(http.StatusForbidden)
	s.ask("vera", http.MethodGet, s.at("Ana")+"/erase", nil).is(http.StatusForbidden)
}

// TestSecurityHostilePeople: names and messages are text, whatever is in them.
func TestSecurityHostilePeople(t *testing.T) {
	s := open(t, desktest.Setup{})
	const bad = `<img src=x onerror=alert(1)>`
	s.Plays("Ana +447700900001 > "+bad, "+1h", "Ana > I want promotions", "Ana > \u202etxet desrever {{.}} </script><script>alert(1)</script>")
	s.finds("marta", bad).lacks("<img src", "<script>alert", "\u202e")
	for _, path := range []string{"/", "/n/main/people", s.at("Ana"), "/n/main/broadcasts/x?who=" + url.QueryEscape(bad)} {
		s.get(path).lacks("<img src", "<script>alert", "\u202e")
	}
}

// TestWhoIsNotSubscribedGetsNone: the list does not say of them that nothing holds their promotions.
func TestWhoIsNotSubscribedGetsNone(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "Ana > 2", "Ben +447700900002 > hello")
	s.get("/n/main/people").says("Ana", "Ben", "gets none").lacks("no hold")
}

// TestAPersonsPageTagsAndExports: an editor adds a tag, and an owner downloads what is held. A viewer
// does neither.
func TestAPersonsPageTagsAndExports(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions")
	at := s.at("Ana")
	s.ask("rui", http.MethodPost, at+"/tag", url.Values{"tag": {" VIP "}}).goesTo(at + "?done=tagged")
	s.get(at+"?done=tagged").says("The tag is there.", "vip")
	if tags := s.Who("Ana").Tags; len(tags) != 1 || tags[0] != "vip" {
		t.Errorf("she has the tags %q", tags)
	}
	s.post(at+"/tag", url.Values{"tag": {"a, b"}}).is(http.StatusConflict).says("a tag has no comma in it")
	s.post(at+"/tag", url.Values{"tag": {""}}).is(http.StatusConflict)
	s.ask("vera", http.MethodPost, at+"/tag", url.Values{"tag": {"vip"}}).is(http.StatusForbidden)
	held := s.get(at + "/export.json").is(http.StatusOK)
	if held.header.Get("Content-Type") != "application/json" || !strings.HasPrefix(held.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("it comes as %q, %q", held.header.Get("Content-Type"), held.header.Get("Content-Disposition"))
	}
	var all []desk.PersonExport
	if err := json.Unmarshal([]byte(held.body), &all); err != nil || len(all) != 1 || all[0].Contact.Phone != "+447700900001" {
		t.Errorf("%+v, %v", all, err)
	}
	for _, who := range []string{"rui", "vera"} {
		s.ask(who, http.MethodGet, at+"/export.json", nil).is(http.StatusForbidden).lacks("447700900001")
		s.ask(who, http.MethodGet, at, nil).lacks("export.json")
	}
}

// TestAReplyWithAPictureByThePage: it is sent with the text below it, and shown in the chat. What is no
// picture is refused, and the text is kept.
func TestAReplyWithAPictureByThePage(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > do you have it in blue?")
	s.Got("Ana")
	at := s.at("Ana")
	send := func(text string, data []byte) answer {
		form := s.get(at).fields(at + "/reply")
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for key, value := range map[string]string{"seen": form.Get("seen"), "once": form.Get("once"), "text": text} {
			if err := w.WriteField(key, value); err != nil {
				t.Fatal(err)
			}
		}
		file, err := w.CreateFormFile("picture", "Ana Souza.png")
		if err == nil {
			_, err = file.Write(data)
		}
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		r := s.request(http.MethodPost, at+"/reply")
		r.Header.Set("Content-Type", w.FormDataContentType())
		r.Body, r.ContentLength = io.NopCloser(&body), int64(body.Len())
		return s.send(r)
	}
	var blue bytes.Buffer
	if err := png.Encode(&blue, image.NewRGBA(image.Rect(0, 0, 20, 20))); err != nil {
		t.Fatal(err)
	}
	send("This one?", []byte("no picture at all")).is(http.StatusConflict).says("the picture cannot be sent", "This one?")
	send("This one?", make([]byte, 5<<20+1)).is(http.StatusConflict).says("the picture cannot be sent", "at most 5 MB")
	send("This one?", make([]byte, 12<<20)).is(http.StatusConflict)
	send("This one?", nil).goesTo(at + "?done=replied") // none was chosen
	send("This one?", blue.Bytes()).goesTo(at + "?done=replied")
	s.get(at).says("This one?").lacks("Ana Souza.png")
	line, err := s.Desk.Timeline(t.Context(), "main", "+447700900001", "", 1)
	if err != nil || line.Moments[0].Message.Media == nil {
		t.Errorf("%+v, %v", line, err)
	}
	s.post(at+"/quick", url.Values{"text": {strings.Repeat("x", 2<<20)}}).lacks("xxxx") // the others are as short as ever
}

// TestAQuickReplyFillsTheReply: without a script the server puts it below what was typed, and sends
// nothing. What is wrong with the file is said with its place.
func TestAQuickReplyFillsTheReply(t *testing.T) {
	s := open(t, desktest.Setup{Files: map[string]string{"flows/replies.yaml": "hours: We open at 9.\n'<b>': \"<i>&\\\"\"\n"}})
	s.Plays("Ana +447700900001 > I want promotions")
	s.Got("Ana")
	at := s.at("Ana")
	form := s.get(at).says("Quick reply").fields(at + "/reply")
	form.Set("quick", "hours")
	page := s.post(at+"/quick", form).is(http.StatusOK)
	if got := page.fields(at + "/reply").Get("text"); got != "We open at 9." {
		t.Errorf("the reply is %q", got)
	}
	form = page.fields(at + "/reply")
	form.Set("text", "Hi Ana,\r\n")
	form.Set("quick", "<b>")
	page = s.post(at+"/quick", form).is(http.StatusOK).lacks("<i>")
	if got := page.fields(at + "/reply").Get("text"); got != "Hi Ana,\n<i>&\"" {
		t.Errorf("the reply is %q", got)
	}
	form.Set("quick", "gone")
	form.Del("once")
	s.post(at+"/quick", form).is(http.StatusConflict).says("There is no such quick reply any more.", "Hi Ana")
	s.Plays("+1m")
	if got := s.Got("Ana"); len(got) > 0 {
		t.Errorf("she got %q", got)
	}
	if err := os.WriteFile(s.Path("flows/replies.yaml"), []byte("hours: We open at 9.\nhours: at 10\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.get(at).says("The file of quick replies has a problem", "replies.yaml:2:1")
	s.ask("vera", http.MethodGet, at, nil).lacks("replies.yaml")
}

// TestAChatBecomesATest: with another name and phone, edited by its reader, and played anew.
func TestAChatBecomesATest(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Zelda +447700900077 > I want promotions", "+1h", "Zelda > my name is Zelda and I live in Elm Street")
	at := s.at("Zelda")
	page := s.get(at+"/as-test").is(http.StatusOK).says("Ana +447700900001 > I want promotions").lacks("Zelda", "447700900077")
	form := page.fields(at + "/as-test")
	form.Set("title", "from the shop")
	form.Set("conversation", strings.ReplaceAll(form.Get("conversation"), "Elm Street", "a street"))
	bad := url.Values{"title": {"x"}, "conversation": {"# x\nnonsense\n"}}
	s.post(at+"/as-test", bad).is(http.StatusConflict).says("cannot be played", "nonsense")
	s.ask("vera", http.MethodGet, at+"/as-test", nil).is(http.StatusForbidden)
	s.ask("vera", http.MethodPost, at+"/as-test", form).is(http.StatusForbidden)
	s.ask("rui", http.MethodPost, at+"/as-test", form).goesTo("/n/main/flow?done=test_saved")
	kept, err := os.ReadFile(s.Path("flows/tests/from-the-shop.chat"))
	if err != nil || !strings.Contains(string(kept), "I live in a street") || !strings.Contains(string(kept), "\n< ") {
		t.Errorf("%s, %v", kept, err)
	}
	form.Del("once")
	s.post(at+"/as-test", form).is(http.StatusConflict).says("there is a test of that name already")
}

// TestAFilterIsAnAudience: what is typed finds who a broadcast would reach, page by page, and what is
// wrong with it is shown at its character.
func TestAFilterIsAnAudience(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "Ben +447700900002 > I want promotions", "Cy +447700900003 > hello")
	s.post(s.at("Ben")+"/tag", url.Values{"tag": {"vip"}})
	const at = "/n/main/people?audience="
	s.get(at+url.QueryEscape(`"vip" in tags`)).is(http.StatusOK).says("One person found", "Ben", "3 of 3 people were looked at so far.").lacks(">Ana<", ">Cy<")
	s.get(at+url.QueryEscape(`not ("vip" in tags)`)).says("One person found", "Ana").lacks(">Ben<", ">Cy<")
	s.post("/n/main/people/find", url.Values{"audience": {` not ("vip" in tags) `}}).goesTo(at + url.QueryEscape(`not ("vip" in tags)`))
	s.post("/n/main/people/find", url.Values{"audience": {`"vip" in tgas`}}).is(http.StatusOK).says("Character 10:", "Nobody was looked for.")
	s.get(at+url.QueryEscape(`"vip" in tgas`)).is(http.StatusOK).says("Character 10:", `nothing is called "tgas"`, "Nobody was looked for.").lacks(">Ben<")
	s.get(at+url.QueryEscape(`"<b>" in <script>`)).says("Character").lacks("<b>\"", "in <script>")
	s.get("/n/main/people?tag=vip").says("Ben", "#vip").lacks(">Ana<")
	s.ask("vera", http.MethodGet, at+"true", nil).is(http.StatusOK).says("Ana").lacks("447700900001", "new-broadcast?audience")
	page := s.get("/n/main/new-broadcast?audience=" + url.QueryEscape(`"vip" in tags`))
	form := page.fields("/n/main/new-broadcast")
	form.Set("name", "vips")
	s.post("/n/main/new-broadcast", form).goesTo("/n/main/broadcasts/vips/draft?audience=%22vip%22+in+tags")
	s.Save("flows/broadcasts/all.yaml", "text: {en: Hi everybody!}\n")
	taken := page.fields("/n/main/new-broadcast")
	taken.Set("name", "all")
	s.post("/n/main/new-broadcast", taken).is(http.StatusConflict).says("There is a draft of that name already")
	s.get("/n/main/broadcasts/vips/draft?audience=%22vip%22+in+tags").says(`audience: '"vip" in tags'`)
}

// finds searches people as somebody, by the form.
func (s *site) finds(who, typed string) answer {
	s.t.Helper()
	return s.ask(who, http.MethodGet, s.ask(who, http.MethodPost, "/n/main/people/find", url.Values{"q": {typed}}).is(http.StatusSeeOther).header.Get("Location"), nil)
}

// TestSecurityNoAddressHasWhatWasSearchedFor: not that of the page, of the next one or of what keeps
// it live. Nobody else gets it, and it is over after some time.
func TestSecurityNoAddressHasWhatWasSearchedFor(t *testing.T) {
	s := open(t, desktest.Setup{})
	for i := range peopleShown + 2 {
		s.Plays(fmt.Sprintf("Ana%d +4477009%05d > I want promotions", i, i))
	}
	at := s.post("/n/main/people/find", url.Values{"q": {" +44 7700 9 "}, "consent": {"subscribed"}}).is(http.StatusSeeOther).header.Get("Location")
	if strings.Contains(at, "7700") || !strings.HasPrefix(at, "/n/main/people?consent=subscribed&s=") {
		t.Fatalf("it goes to %s", at)
	}
	address := regexp.MustCompile(`(?:href|action|hx-sse:connect|formaction)="([^"]*)"`)
	for pages := 1; at != ""; pages++ {
		page := s.get(at).is(http.StatusOK).says("people found")
		at = ""
		for _, found := range address.FindAllStringSubmatch(page.body, -1) {
			if strings.Contains(found[1], "7700") {
				t.Errorf("page %d has the address %s", pages, found[1])
			}
			if strings.Contains(found[1], "after=") && !strings.Contains(found[1], "live=") {
				at = strings.ReplaceAll(found[1], "&amp;", "&")
			}
		}
		if (at == "") != (pages == 2) {
			t.Fatalf("page %d goes on at %q", pages, at)
		}
	}
	for _, form := range regexp.MustCompile(`<form[^>]*>`).FindAllString(s.get("/n/main/people").body, -1) {
		if !strings.Contains(form, `method="post"`) {
			t.Errorf("%s puts what is typed into the address", form)
		}
	}
	mine := s.post("/n/main/people/find", url.Values{"q": {"ana"}}).header.Get("Location")
	s.ask("rui", http.MethodGet, mine, nil).is(http.StatusOK).says("This search is over").lacks("Ana1")
	s.Sleeps(13 * 3600e9)
	s.get(mine).is(http.StatusOK).says("This search is over").lacks("Ana1")
}

// TestQuickRepliesOnThePage: an editor writes the file, also the first one, and a reply has them at
// once. What is wrong and what is older is not written, and what was typed stays.
func TestQuickRepliesOnThePage(t *testing.T) {
	s := open(t, desktest.Setup{Config: "numbers:\n  - {name: main, flow: promotions}\n  - {name: second, flow: promotions}\n"})
	s.Plays("Ana +447700900001 > I want promotions")
	const at = "/n/main/replies"
	s.get("/n/main/flow").says("Quick replies")
	s.get(s.at("Ana")).says("Edit quick replies")
	form := s.get(at).is(http.StatusOK).says("There is no such file yet", "flows/replies.yaml").fields(at)
	form.Set("text", "hours: [\n")
	s.ask("rui", http.MethodPost, at, form).is(http.StatusConflict).says("The text has problems", "replies.yaml:", "hours: [").lacks("There is no such quick reply")
	form.Set("text", "hours: We open at 9.\r\n")
	s.ask("vera", http.MethodPost, at, form).is(http.StatusForbidden)
	s.people["of one"] = desk.Who{Name: "of one", Via: desk.ViaWeb, Role: desk.Editor, Numbers: []string{"main"}}
	s.ask("of one", http.MethodPost, at, form).is(http.StatusForbidden)
	s.ask("rui", http.MethodPost, at, form).goesTo(at + "?done=replies_saved")
	if got := s.Read("flows/replies.yaml"); got != "hours: We open at 9.\n" {
		t.Errorf("the file has %q", got)
	}
	s.get(s.at("Ana")).says("hours")
	form.Set("text", "hours: We open at 10.\n")
	form.Set("once", "another")
	s.post(at, form).is(http.StatusPreconditionFailed).says("We open at 10.", "Open this page again")
	form = s.get(at).fields(at)
	form.Set("text", "hours: We open at 10.\n")
	s.post(at, form).goesTo(at + "?done=replies_saved")
	if now, before := s.Read("flows/replies.yaml"), s.Read("flows/replies.yaml.before"); !strings.Contains(now, "10") || !strings.Contains(before, "9") {
		t.Errorf("the file has %q, and before %q", now, before)
	}
	s.ask("vera", http.MethodGet, at, nil).is(http.StatusOK).says("We open at 10.").lacks("Save</button>")
}

// TestWhoHasTheChat: by name, whoever took it or answered last. Who typed on the phone has none.
func TestWhoHasTheChat(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions")
	at := s.at("Ana")
	s.get(at).lacks("this chat until")
	s.ask("rui", http.MethodPost, at+"/take", url.Values{"once": {"1"}}).is(http.StatusSeeOther)
	s.get(at).says("rui has this chat until")
	s.ask("rui", http.MethodGet, at, nil).says("You have this chat until")
	s.Plays("+1h", "takeover Ana")
	s.get(at).says("A person of the shop has this chat until")
	s.ask("rui", http.MethodPost, at+"/take", url.Values{"once": {"2"}}).is(http.StatusSeeOther)
	s.ask("rui", http.MethodPost, at+"/give_back", url.Values{"once": {"3"}}).is(http.StatusSeeOther)
	s.get(at).lacks("this chat until")
}

// TestAFormSentAgainWithAnotherText: whoever goes back to a page and writes something else means it. Only
// the same form is one that was sent twice, and another button of the page is another form.
func TestAFormSentAgainWithAnotherText(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > do you open on Sunday?")
	at := s.at("Ana")
	form := s.get(at).fields(at + "/reply")
	say := func(text string) answer {
		form.Set("text", text)
		form.Del("answered") // as a page that was open before
		return s.post(at+"/reply", form).goesTo(at + "?done=replied")
	}
	say("We open at 9")
	say("We open at 9")
	say("Sorry, at 10")
	s.post(at+"/tag", url.Values{"once": form["once"], "tag": {"sunday"}}).goesTo(at + "?done=tagged")
	line, err := s.Desk.Timeline(t.Context(), "main", "+447700900001", "", 10)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]int{}
	for _, m := range line.Moments {
		if m.Message != nil && m.Message.FromUs {
			said[m.Message.Text]++
		}
	}
	if said["We open at 9"] != 1 || said["Sorry, at 10"] != 1 {
		t.Errorf("said %v", said)
	}
	s.get(at).says("#sunday")
}

// TestAReplyToAChatThatSomebodyElseAnswered: two who look at the same chat do not both answer it.
func TestAReplyToAChatThatSomebodyElseAnswered(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > do you open on Sunday?")
	at := s.at("Ana")
	mine, theirs := s.get(at).fields(at+"/reply"), s.get(at).fields(at+"/reply")
	theirs.Set("text", "Yes, at 9")
	s.ask("rui", http.MethodPost, at+"/reply", theirs).goesTo(at + "?done=replied")
	mine.Set("text", "No, we are closed")
	s.post(at+"/reply", mine).is(http.StatusPreconditionFailed).says("somebody of the shop answered", "No, we are closed")
	again := s.get(at).fields(at + "/reply")
	again.Set("text", "I am sorry")
	s.post(at+"/reply", again).goesTo(at + "?done=replied")
}
