package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/bot/web"
	"optinbot/bot/web/api"
	"optinbot/flows"
	"optinbot/store"
)

// A way is how something is done by one door. For the command line it is a verb. For the API it is a
// request. For the page it is a form.
type way struct {
	verb string // its words. {dir} is the folder of the shop

	request string // its method and path
	body    string // in JSON
	looks   string // the path with the ETag that it wants

	at     string            // the address of the page with the form
	form   string            // where the form goes. "": to the page
	fields map[string]string // what somebody types or chooses. The rest is as the page has it

	none string // why there is no such door
}

// A doorCase is a use case by each door.
type doorCase struct {
	name           string
	before         []string // what was done: see doorShop.does
	cli, api, page way
	fails          bool // the verb ends with 1, as what it did has not gone well
	looks          bool // the verb is refused when it looks first, so it has tried nothing, and there is no row of that
}

// The people of these tests, and what they are asked about.
const (
	doorAna    = "+12125550101"
	doorCy     = "+12125550103"
	doorNobody = "+12125550199"

	doorOffer  = "text: {en: \"Hi {first_name|there}!\", pt: Oi!, es: Hola}\n"
	doorPerson = "/n/main/people/1"
	doorDraft  = "/n/main/broadcasts/weekly"
	doorAPI    = "/numbers/main/broadcasts/weekly"
	doorHook   = "https://crm.example/hook"
)

// Why a door is missing.
const (
	byFile   = "a file is edited where it lies, and `run` takes it"
	notThere = "the page does not offer what would be refused"
	byList   = "a list is a file of the machine, or comes from a program"
	stranger = "somebody who has never written has no page"
)

func typing(words string) way { return way{verb: words} }

func request(methodAndPath, body string) way { return way{request: methodAndPath, body: body} }

func form(at, action string, fields ...string) way {
	w := way{at: at, form: action, fields: map[string]string{}}
	for i := 0; i+1 < len(fields); i += 2 {
		w.fields[fields[i]] = fields[i+1]
	}
	return w
}

func none(why string) way { return way{none: why} }

// after is a request with the ETag of a path.
func (w way) after(path string) way {
	w.looks = path
	return w
}

var doorCases = []doorCase{
	{name: "take a chat over", cli: typing("contacts pause " + doorAna), api: request("POST /numbers/main/contacts/1/pause", ""), page: form(doorPerson, doorPerson+"/take")},
	{name: "give a chat back", before: []string{"take over"}, cli: typing("contacts resume " + doorAna), api: request("POST /numbers/main/contacts/1/resume", ""),
		page: form(doorPerson, doorPerson+"/give_back")},
	{name: "give a chat back that is the bot's", cli: typing("contacts resume " + doorAna), api: request("POST /numbers/main/contacts/1/resume", ""), page: none(notThere)},
	{name: "reply", cli: typing("reply " + doorAna + " Yes."), api: request("POST /numbers/main/contacts/1/reply", `{"text": "Yes."}`),
		page: form(doorPerson, doorPerson+"/reply", "text", "Yes.")},
	{name: "reply to who left", cli: typing("reply " + doorCy + " Yes."), api: request("POST /numbers/main/contacts/3/reply", `{"text": "Yes."}`), page: none(notThere)},
	{name: "release", before: []string{"Ana > I think you send too many messages for a single shop"}, cli: typing("contacts release " + doorAna + " --reason looked"),
		api: request("POST /numbers/main/contacts/1/release", `{"reason": "looked"}`), page: form(doorPerson, doorPerson+"/release", "reason", "looked")},
	{name: "release nothing", cli: typing("contacts release " + doorAna + " --reason looked"), api: request("POST /numbers/main/contacts/1/release", `{"reason": "looked"}`), page: none(notThere)},
	{name: "zone", cli: typing("contacts zone " + doorAna + " Europe/Lisbon"), api: request("PUT /numbers/main/contacts/1/zone", `{"zone": "Europe/Lisbon"}`),
		page: form(doorPerson, doorPerson+"/zone", "zone", "Europe/Lisbon")},
	{name: "no zone", cli: typing("contacts zone " + doorAna + " Mars/Olympus"), api: request("PUT /numbers/main/contacts/1/zone", `{"zone": "Mars/Olympus"}`),
		page: form(doorPerson, doorPerson+"/zone", "zone", "Mars/Olympus")},
	{name: "opt out", cli: typing("optout " + doorAna + " --reason till"), api: request("POST /numbers/main/optouts", `{"phone": "`+doorAna+`", "reason": "till"}`),
		page: form("/n/main/people", "/n/main/people/optout", "phone", doorAna, "reason", "till")},
	{name: "opt out of nobody yet", cli: typing("optout " + doorNobody + " --reason till"), api: request("POST /numbers/main/optouts", `{"phone": "`+doorNobody+`", "reason": "till"}`),
		page: form("/n/main/people", "/n/main/people/optout", "phone", doorNobody, "reason", "till")},
	{name: "tag", cli: none("`contacts import` gives tags"), api: request("PUT /numbers/main/contacts/1/tags/gold", ""), page: form(doorPerson, doorPerson+"/tag", "tag", "gold")},
	{name: "untag", before: []string{"tag"}, cli: typing("contacts untag vip " + doorAna), api: request("DELETE /numbers/main/contacts/1/tags/vip", ""), page: form(doorPerson, doorPerson+"/untag")},
	{name: "untag everybody", before: []string{"tag"}, cli: typing("contacts untag vip --yes"), api: request("DELETE /numbers/main/tags/vip", "").after("/numbers/main/tags/vip"),
		page: none("the page is about one person")},
	{name: "erase", cli: typing("contacts erase " + doorAna + " --yes"), api: request("DELETE /people/1", "").after("/people/1/erasure"),
		page: form(doorPerson+"/erase", doorPerson+"/erase", "typed", doorAna)},
	{name: "erase nobody", cli: typing("contacts erase " + doorNobody + " --yes"), api: request("DELETE /people/"+doorNobody, "").after("/people/" + doorNobody + "/erasure"), page: none(stranger)},
	{name: "import", before: []string{"list"}, cli: typing("contacts import {dir}/list.csv"), page: none(byList),
		api: request("POST /numbers/main/contacts/import", `{"people": [{"phone": "`+doorAna+`", "name": "Ana Souza", "tags": ["vip"]}, {"phone": "`+doorNobody+`", "name": "Nobody"}]}`)},
	{name: "opt outs of a list", before: []string{"list"}, cli: typing("optout --from {dir}/list.csv --column phone --reason before"), page: none(byList),
		api: request("POST /numbers/main/optouts/import", `{"phones": ["`+doorAna+`", "`+doorNobody+`"], "reason": "before"}`)},
	{name: "invite", cli: typing("invite --source window"), api: request("POST /numbers/main/invite", `{"source": "window"}`),
		page: form("/n/main/number", "/n/main/number/source", "source", "window")},
	{name: "release a number that is not restored", looks: true, cli: typing("number release --reason looked --yes"), page: none(notThere),
		api: request("POST /numbers/main/release", `{"reason": "looked", "people": true}`)},

	{name: "schedule", cli: typing("broadcast schedule weekly --yes"), api: request("POST "+doorAPI+"/schedule", `{}`).after(doorAPI + "/preview"),
		page: form(doorDraft+"/draft/arm", doorDraft+"/draft/arm")},
	{name: "schedule twice", before: []string{"arm"}, cli: typing("broadcast schedule weekly --yes"), api: request("POST "+doorAPI+"/schedule", `{}`).after(doorAPI + "/preview"),
		page: form(doorDraft+"/draft/arm", doorDraft+"/draft/arm")},
	{name: "pause", before: []string{"arm"}, cli: typing("broadcast pause weekly"), api: request("POST "+doorAPI+"/pause", ""), page: form(doorDraft+"/pause", doorDraft+"/pause")},
	{name: "pause what is paused", before: []string{"arm", "pause"}, cli: typing("broadcast pause weekly"), api: request("POST "+doorAPI+"/pause", ""), page: form(doorDraft+"/pause", doorDraft+"/pause")},
	{name: "pause nothing", cli: typing("broadcast pause weekly"), api: request("POST "+doorAPI+"/pause", ""), page: none("a broadcast that has no occurrence has no page")},
	{name: "resume", before: []string{"arm", "pause"}, cli: typing("broadcast resume weekly --yes"), api: request("POST "+doorAPI+"/resume", `{}`), page: form(doorDraft+"/resume", doorDraft+"/resume")},
	{name: "cancel", before: []string{"arm"}, cli: typing("broadcast cancel weekly --yes"), api: request("POST "+doorAPI+"/cancel", ""), page: form(doorDraft+"/cancel", doorDraft+"/cancel")},
	{name: "release what is not late", looks: true, before: []string{"arm"}, cli: typing("broadcast release weekly --yes"), api: request("POST "+doorAPI+"/release", ""),
		page: none("the page says first that nothing is late, and has no button then")},
	{name: "resolve nothing", before: []string{"arm", "+8h"}, cli: typing("broadcast resolve weekly --arrived"), api: request("POST "+doorAPI+"/resolve", `{"arrived": true}`), page: none(notThere)},
	{name: "samples", cli: typing("broadcast test weekly --all"), api: request("POST "+doorAPI+"/samples", `{"all": true}`), page: none("the page shows a draft as a phone does")},
	{name: "hand in templates where there are none", cli: typing("broadcast template submit weekly"), api: request("POST "+doorAPI+"/templates", ""),
		page: none(notThere)},
	{name: "write a draft", cli: none(byFile), api: request("PUT "+doorAPI+"/draft", `{"text": "text: {en: Hello, pt: Oi, es: Hola}\n"}`).after(doorAPI + "/draft"),
		page: form(doorDraft+"/draft", doorDraft+"/draft", "text", "text: {en: Hello, pt: Oi, es: Hola}\n")},
	{name: "write a draft that is wrong", cli: none(byFile), api: request("PUT "+doorAPI+"/draft", `{"text": "text: {en: [\n"}`).after(doorAPI + "/draft"),
		page: form(doorDraft+"/draft", doorDraft+"/draft", "text", "text: {en: [\n")},

	{name: "edit the flow", before: []string{"start"}, cli: none(byFile), api: request("PUT /numbers/main/flow/draft", `{"text": `+quotedText(doorFlow())+`}`).after("/numbers/main/flow/draft"),
		page: form("/n/main/flow", "/n/main/flow/save", "text", doorFlow())},
	{name: "drop an edit of the flow", before: []string{"start", "draft"}, cli: none(byFile), api: request("DELETE /numbers/main/flow/draft", "").after("/numbers/main/flow/draft"),
		page: form("/n/main/flow", "/n/main/flow/drop")},
	{name: "publish the flow", before: []string{"start", "draft"}, cli: none(byFile), api: request("POST /numbers/main/flow/publish", "").after("/numbers/main/flow/publish"),
		page: form("/n/main/flow/publish", "/n/main/flow/publish")},

	{name: "webhook add", cli: typing("webhook add " + doorHook + " --type unsubscribed --personal"),
		api:  request("POST /webhooks", `{"url": "`+doorHook+`", "types": ["unsubscribed"], "personal": true}`),
		page: form("/webhooks", "/webhooks/add", "url", doorHook, "type", "unsubscribed", "personal", "1")},
	{name: "webhook add twice", before: []string{"webhook"}, cli: typing("webhook add " + doorHook), api: request("POST /webhooks", `{"url": "`+doorHook+`"}`),
		page: form("/webhooks", "/webhooks/add", "url", doorHook)},
	{name: "webhook add without TLS", cli: typing("webhook add http://crm.example/hook"), api: request("POST /webhooks", `{"url": "http://crm.example/hook"}`),
		page: form("/webhooks", "/webhooks/add", "url", "http://crm.example/hook")},
	{name: "webhook add for a number without a name", cli: typing("webhook add " + doorHook + " --number= --personal"),
		api: request("POST /webhooks", `{"url": "`+doorHook+`", "numbers": [""], "personal": true}`), page: none("the page shows boxes to tick")},
	{name: "webhook rotate", before: []string{"webhook"}, cli: typing("webhook rotate 1"), api: request("POST /webhooks/1/rotate", ""), page: form("/webhooks/1/rotate", "/webhooks/1/rotate")},
	{name: "webhook rotate twice", before: []string{"webhook", "rotate"}, cli: typing("webhook rotate 1"), api: request("POST /webhooks/1/rotate", ""),
		page: form("/webhooks/1/rotate", "/webhooks/1/rotate")},
	{name: "webhook test", before: []string{"webhook"}, fails: true, cli: typing("webhook test 1"), api: request("POST /webhooks/1/test", ""), page: form("/webhooks/1/test", "/webhooks/1/test")},
	{name: "webhook enable what is on", before: []string{"webhook"}, cli: typing("webhook enable 1"), api: request("POST /webhooks/1/enable", ""),
		page: form("/webhooks/1/enable", "/webhooks/1/enable")},
	{name: "webhook enable", before: []string{"webhook", "off"}, cli: typing("webhook enable 1"), api: request("POST /webhooks/1/enable", ""),
		page: form("/webhooks/1/enable", "/webhooks/1/enable")},
	{name: "webhook replay nothing", before: []string{"webhook"}, cli: typing("webhook replay 1"), api: request("POST /webhooks/1/replay", `{}`),
		page: form("/webhooks/1/replay", "/webhooks/1/replay")},
	{name: "webhook replay what is not kept", before: []string{"webhook"}, cli: typing("webhook replay 1 --from 90 --to 91"), api: request("POST /webhooks/1/replay", `{"from": 90, "to": 91}`),
		page: form("/webhooks/1/replay", "/webhooks/1/replay", "from", "90", "to", "91")},
	{name: "webhook replay what was given up of all numbers", before: []string{"webhook", "given up"}, cli: typing("webhook replay 1"), api: request("POST /webhooks/1/replay", `{}`),
		page: form("/webhooks/1/replay", "/webhooks/1/replay")},
	{name: "webhook replay what was given up of a number", before: []string{"webhook", "given up"}, cli: typing("webhook replay 1 --number second"),
		api: request("POST /webhooks/1/replay", `{"number": "second"}`), page: form("/webhooks/1/replay", "/webhooks/1/replay", "of", "second")},
	{name: "webhook replay a range of the only number", before: []string{"webhook of second", "given up"}, cli: typing("webhook replay 1 --from 1"),
		api: request("POST /webhooks/1/replay", `{"from": 1}`), page: form("/webhooks/1/replay", "/webhooks/1/replay", "from", "1")},
	{name: "webhook replay from no seq", before: []string{"webhook"}, cli: typing("webhook replay 1 --from 0 --to 2"), api: request("POST /webhooks/1/replay", `{"from": 0, "to": 2}`),
		page: form("/webhooks/1/replay", "/webhooks/1/replay", "from", "0", "to", "2")},
	{name: "webhook replay to a seq alone", before: []string{"webhook"}, cli: typing("webhook replay 1 --to 2"), api: request("POST /webhooks/1/replay", `{"to": 2}`),
		page: form("/webhooks/1/replay", "/webhooks/1/replay", "to", "2")},
	{name: "webhook remove", before: []string{"webhook"}, cli: typing("webhook remove 1 --yes"), api: request("DELETE /webhooks/1", ""), page: form("/webhooks/1/remove", "/webhooks/1/remove")},
}

// otherOperations change something, and are not in doorCases.
var otherOperations = map[string]string{
	"POST /backups": "its file is on the machine, and another one each time",
	"POST /numbers/{number}/broadcasts/{broadcast}/draft/check": "nothing changes",
	"POST /numbers/{number}/contacts/search":                    "nothing changes",
	"POST /numbers/{number}/flow/check":                         "nothing changes",
	"POST /numbers/{number}/flow/test":                          "nothing changes",
	"POST /numbers/{number}/flow/reload":                        "it asks `run`, which takes edits by itself on the page",
	"POST /numbers/{number}/flow/rollback":                      "each door has a test of its own: a version is a hash of what the test writes",
	"POST /numbers/{number}/poster":                             "it is invite, drawn",
	"POST /numbers/{number}/link":                               "the numbers of these shops are linked; bot/web and bot/web/api link some",
	"DELETE /numbers/{number}/link":                             "nothing is linked without a phone",
}

// doorFlow is the flow of a new shop with another goodbye.
func doorFlow() string {
	text, err := flows.Defaults.ReadFile("promotions.yaml")
	if err != nil {
		panic(err)
	}
	return strings.Replace(string(text), "Take care!", "Farewell!", 1)
}

func quotedText(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}

// A doorShop is a shop with all its doors.
type doorShop struct {
	*desktest.Shop
	t testing.TB
}

func openDoors(t testing.TB, before []string) *doorShop {
	t.Helper()
	s := &doorShop{desktest.Open(t, desktest.Setup{
		Config: "numbers:\n  - {name: main, flow: promotions}\n  - {name: second, flow: promotions}\n",
		Files:  map[string]string{"flows/broadcasts/weekly.yaml": "at: 2026-03-02 20:00\n" + doorOffer},
	}), t}
	s.PostWebhook = func(context.Context, store.Endpoint, string, []byte) desk.WebhookAnswer {
		return desk.WebhookAnswer{Failed: "nobody is there"}
	}
	must(t, s.RememberLink(s.Ctx, "main", "12125550100@s.whatsapp.net", "+12125550100"))
	s.Plays("Ana "+doorAna+" > I want promotions", "Ben +12125550102 > hello", "Cy "+doorCy+" > I want promotions", "+1m", "Cy > 2", "+1h")
	for _, act := range before {
		s.does(act)
	}
	return s
}

// does does something that a use case needs to have been done, as the program itself.
func (s *doorShop) does(act string) {
	s.t.Helper()
	var err error
	switch act {
	case "take over":
		_, err = s.PauseContact(s.Ctx, "main", doorAna)
	case "tag":
		_, err = s.TagContact(s.Ctx, "main", "vip", doorAna)
	case "list":
		s.Save("list.csv", "phone,name,tags\n"+doorAna+",Ana Souza,vip\n"+doorNobody+",Nobody,\n")
	case "arm":
		var p *desk.Preview
		p, err = s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{})
		must(s.t, err)
		_, err = s.Schedule(s.Ctx, "main", "weekly", desk.ScheduleOptions{}, p.Version)
	case "pause":
		_, err = s.PauseBroadcast(s.Ctx, "main", "weekly")
	case "start":
		s.Start()
	case "draft":
		var t desk.FlowText
		t, err = s.FlowText(s.Ctx, "main")
		must(s.t, err)
		_, err = s.SaveFlow(s.Ctx, "main", t.Version, doorFlow())
	case "webhook":
		_, err = s.AddWebhook(s.Ctx, desk.WebhookToAdd{URL: doorHook})
	case "webhook of second":
		_, err = s.AddWebhook(s.Ctx, desk.WebhookToAdd{URL: doorHook, Numbers: []string{"second"}})
	case "given up":
		s.givesUp()
	case "rotate":
		_, err = s.RotateWebhook(s.Ctx, 1)
	case "off":
		err = s.Store.DisableEndpoint(s.Ctx, 1, "main", "it answered 410", "it is off", s.Desk.Now())
	default:
		s.Plays(act)
	}
	must(s.t, err)
}

// givesUp gives up the last event of each number, for the first webhook.
func (s *doorShop) givesUp() {
	s.t.Helper()
	sent := store.Sent{Endpoint: 1, Cursors: map[string]int64{}}
	for _, number := range []string{"main", "second"} {
		_, err := s.OptOut(s.Ctx, number, doorAna, "till")
		must(s.t, err)
		events, err := s.Store.EventsAfter(s.Ctx, number, 0, 1000)
		must(s.t, err)
		last := events[len(events)-1]
		sent.Cursors[number] = last.Seq
		sent.Waiting = append(sent.Waiting, store.WaitingEvent{EventRow: last, Attempts: 9, First: s.Now(), Next: s.Now(), Dead: s.Now()})
	}
	must(s.t, s.Store.NoteSent(s.Ctx, sent))
}

// A doorAnswer is what came of a use case by one door.
type doorAnswer struct {
	refused bool
	says    string // why, as far as it was refused
}

// byVerb runs a verb of the command line in the shop's folder, as another process does.
func (s *doorShop) byVerb(w way, fails bool) doorAnswer {
	s.t.Helper()
	var out, errs bytes.Buffer
	a := &App{in: strings.NewReader(""), out: &out, err: &errs, now: s.Desk.Now, environ: map[string]string{}, defaults: desktest.Defaults(s.t)}
	args := append([]string{"--config", s.Path("config.yaml")}, strings.Fields(strings.ReplaceAll(w.verb, "{dir}", s.Path("")))...)
	code := a.run(s.Ctx, args)
	if code == exitDone || fails && code == exitFailed {
		return doorAnswer{}
	}
	return doorAnswer{true, errs.String()}
}

// byRequest asks the API, as a program with the key of an owner.
func (s *doorShop) byRequest(w way) doorAnswer {
	s.t.Helper()
	server := api.New(api.Options{Desk: s.Desk, Keys: openDoor{s.Desk}, Log: s.Log, Now: s.Desk.Now})
	ask := func(methodAndPath, body, etag string) *httptest.ResponseRecorder {
		method, path, _ := strings.Cut(methodAndPath, " ")
		r := httptest.NewRequestWithContext(s.t.Context(), method, api.Prefix+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer opt_owner")
		r.Header.Set("Content-Type", "application/json")
		if etag != "" {
			r.Header.Set("If-Match", etag)
		}
		said := httptest.NewRecorder()
		server.ServeHTTP(said, r)
		return said
	}
	etag := ""
	if w.looks != "" {
		looked := ask("GET "+w.looks, "", "")
		if etag = looked.Header().Get("ETag"); etag == "" {
			return refusedBy(s.t, looked)
		}
	}
	said := ask(w.request, w.body, etag)
	if said.Code/100 == 2 {
		return doorAnswer{}
	}
	return refusedBy(s.t, said)
}

// refusedBy is why the API refuses.
func refusedBy(t testing.TB, said *httptest.ResponseRecorder) doorAnswer {
	t.Helper()
	var p struct {
		Detail   string
		Problems []flows.Problem
	}
	must(t, json.Unmarshal(said.Body.Bytes(), &p))
	if len(p.Problems) > 0 { // the page shows them beside the text
		return doorAnswer{true, p.Problems[0].Message}
	}
	return doorAnswer{true, p.Detail}
}

// openDoor lets in whoever comes, as an owner.
type openDoor struct{ *desk.Desk }

func (openDoor) Key(context.Context, string) (desk.Who, error) {
	return desk.Who{Name: "key:owner", Via: desk.ViaAPI, Role: desk.Owner}, nil
}

func (openDoor) Session(context.Context, string) (desk.Who, error) {
	return desk.Who{Name: "marta", Via: desk.ViaWeb, Role: desk.Owner, Fresh: true}, nil
}

var (
	forms   = regexp.MustCompile(`(?s)<form[^>]*>.*?</form>`)
	selects = regexp.MustCompile(`(?s)<select\b([^>]*)>(.*?)</select>`)
	options = regexp.MustCompile(`<option\b([^>]*)>([^<]*)`)
	inputs  = regexp.MustCompile(`<(?:input|select|textarea|button)\b[^>]*>`)
	says    = regexp.MustCompile(`(?s)<p class="note bad"[^>]*id="refused">(.*?)</p>`)
	marks   = regexp.MustCompile(`<[^>]*>`)
)

// byForm opens a page, fills in a form of it, and sends that.
func (s *doorShop) byForm(w way) doorAnswer {
	s.t.Helper()
	server, err := web.New(web.Options{
		Desk: s.Desk, Accounts: openDoor{s.Desk}, Config: s.Desk.Config.Web, Log: s.Log, Now: s.Desk.Now, NewToken: func() string { return "once" }, Version: "test",
	})
	must(s.t, err)
	ask := func(method, path string, body io.Reader) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(s.t.Context(), method, "http://127.0.0.1"+path, body)
		r.AddCookie(&http.Cookie{Name: "session", Value: "marta"})
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		said := httptest.NewRecorder()
		server.ServeHTTP(said, r)
		return said
	}
	page := ask(http.MethodGet, w.at, nil)
	if page.Code != http.StatusOK {
		s.t.Fatalf("%s: %d %s", w.at, page.Code, page.Body)
	}
	said := ask(http.MethodPost, w.form, strings.NewReader(filled(s.t, page.Body.String(), w).Encode()))
	if said.Code/100 == 3 || said.Code == http.StatusOK {
		return doorAnswer{}
	}
	why := says.FindStringSubmatch(said.Body.String())
	if why == nil {
		s.t.Fatalf("%s: %d, and it does not say why: %s", w.form, said.Code, said.Body)
	}
	if said.Code == http.StatusUnprocessableEntity {
		why[1] = said.Body.String()
	}
	return doorAnswer{true, html.UnescapeString(marks.ReplaceAllString(why[1], " "))}
}

// filled is what a browser sends of the form that goes to an address.
func filled(t testing.TB, page string, w way) url.Values {
	t.Helper()
	for _, found := range forms.FindAllString(page, -1) {
		if !strings.Contains(found, `action="`+w.form+`"`) {
			continue
		}
		values, names := url.Values{}, map[string]bool{}
		for _, field := range inputs.FindAllString(found, -1) {
			name, value := attribute(field, "name"), attribute(field, "value")
			names[name] = true
			if attribute(field, "type") == "hidden" || strings.Contains(field, "checked") && w.fields[name] == "" {
				values.Add(name, value)
			}
		}
		for _, list := range selects.FindAllStringSubmatch(found, -1) {
			values.Set(attribute(list[0], "name"), chosen(list[2]))
		}
		for name, value := range w.fields {
			if !names[name] {
				t.Fatalf("the form to %s has no field %s: %s", w.form, name, found)
			}
			values.Set(name, value)
		}
		return values
	}
	t.Fatalf("no form goes to %s: %s", w.form, page)
	return nil
}

// chosen is what a list sends that nobody touches: what is selected, or the first.
func chosen(list string) string {
	all := options.FindAllStringSubmatch(list, -1)
	which := max(0, slices.IndexFunc(all, func(o []string) bool { return strings.Contains(o[1], " selected") }))
	if len(all) == 0 {
		return ""
	}
	if strings.Contains(all[which][1], " value=") {
		return attribute("<option"+all[which][1]+">", "value")
	}
	return html.UnescapeString(all[which][2])
}

func attribute(tag, name string) string {
	_, rest, found := strings.Cut(tag, " "+name+`="`)
	if !found {
		return ""
	}
	value, _, _ := strings.Cut(rest, `"`)
	return html.UnescapeString(value)
}

// TestD1EveryDoorLeadsToTheSame: a use case by the command line, the API and the page has the same
// outcome, the same refusal in the same words, the same ledger, and the same row of who did what.
func TestD1EveryDoorLeadsToTheSame(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("opens a shop for each door of each use case")
	}
	for _, c := range doorCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			byAPI := openDoors(t, c.before)
			asked := byAPI.byRequest(c.api)
			want := byAPI.left(desk.ViaAPI)
			for door, w := range map[desk.Door]way{desk.ViaCLI: c.cli, desk.ViaWeb: c.page} {
				if w.none != "" {
					continue
				}
				s := openDoors(t, c.before)
				got := s.byWay(door, w, c.fails)
				sameWords(t, door, got, asked)
				if c.looks && door == desk.ViaCLI {
					continue
				}
				for _, line := range unlike(want, s.left(door)) {
					t.Errorf("%s %s", door, line)
				}
			}
		})
	}
}

// unlike are the lines that only one of two has: < the API's, > the other door's.
func unlike(want, got string) (lines []string) {
	counts := map[string]int{}
	for line := range strings.Lines(want) {
		counts[line]++
	}
	for line := range strings.Lines(got) {
		counts[line]--
	}
	for _, line := range slices.Sorted(maps.Keys(counts)) {
		if counts[line] > 0 {
			lines = append(lines, "< "+line)
		} else if counts[line] < 0 {
			lines = append(lines, "> "+line)
		}
	}
	return lines
}

func (s *doorShop) byWay(door desk.Door, w way, fails bool) doorAnswer {
	if door == desk.ViaCLI {
		return s.byVerb(w, fails)
	}
	return s.byForm(w)
}

// sameWords fails unless a door refuses what the API refuses, in its words.
func sameWords(t *testing.T, door desk.Door, got, asked doorAnswer) {
	t.Helper()
	words := strings.Join(strings.Fields(got.says), " ")
	for _, phone := range []string{doorAna, doorCy, doorNobody} {
		words = strings.ReplaceAll(words, phone, "the phone")
	}
	detail := strings.TrimPrefix(asked.says, desk.ErrRefused.Error()+"; ")
	if got.refused != asked.refused || asked.refused && (len(detail) < 10 || !strings.Contains(words, detail)) {
		t.Errorf("%s: refused: %t %q; the API: %t %q", door, got.refused, words, asked.refused, detail)
	}
}

// left is what a use case has left behind: what the shop has, its ledger, its files, and who did what.
func (s *doorShop) left(door desk.Door) string {
	s.t.Helper()
	all := map[string]any{}
	keep := func(name string, v any, err error) {
		s.t.Helper()
		must(s.t, err)
		all[name] = v
	}
	contacts, err := s.ListContacts(s.Ctx, "main", desk.ContactQuery{})
	must(s.t, err)
	keep("contacts", contacts.Contacts, nil)
	broadcasts, err := s.ListBroadcasts(s.Ctx, "main")
	keep("broadcasts", broadcasts, err)
	entries, err := s.Store.EntriesAfter(s.Ctx, "main", 0)
	keep("ledger", entries, err)
	events, err := s.Desk.Events(s.Ctx, "main", 0, 1000)
	keep("events", events, err)
	hooks, err := s.ListWebhooks(s.Ctx)
	keep("webhooks", hooks, err)
	waiting, err := s.Waiting(s.Ctx, "main")
	keep("waiting", waiting, err)
	for _, file := range []string{"flows/promotions.yaml", "flows/promotions.yaml.draft", "flows/broadcasts/weekly.yaml"} {
		text, err := os.ReadFile(s.Path(file))
		if err != nil && !os.IsNotExist(err) {
			must(s.t, err)
		}
		all[file] = string(text)
	}
	rows, err := s.Acts(s.Ctx, desk.ActQuery{})
	must(s.t, err)
	var acts []string
	for _, row := range rows {
		if row.Via == string(door) {
			acts = append(acts, row.Act+" "+row.Number+" "+row.Result)
		}
	}
	slices.Sort(acts)
	keep("acts", acts, nil)
	text, err := json.MarshalIndent(all, "", " ")
	must(s.t, err)
	return string(text)
}

// TestEveryOperationIsADoor: what changes something by the API is compared with the other doors, or
// otherOperations says why not.
func TestEveryOperationIsADoor(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../web/api/openapi.json")
	must(t, err)
	var document struct{ Paths map[string]map[string]any }
	must(t, json.Unmarshal(text, &document))
	for path, methods := range document.Paths {
		like := regexp.MustCompile("^" + regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(regexp.QuoteMeta(path), "[^/]+") + "$")
		for method := range methods {
			operation := strings.ToUpper(method) + " " + path
			tried := slices.ContainsFunc(doorCases, func(c doorCase) bool {
				m, at, _ := strings.Cut(c.api.request, " ")
				return m == strings.ToUpper(method) && like.MatchString(at)
			})
			if method != "get" && !tried && otherOperations[operation] == "" {
				t.Errorf("%s: add it to doorCases", operation)
			}
		}
	}
}

// TestEveryDoorSaysTheSameOfAReplay: which events go out again is said in the same words by the verb's
// help and by the document of the API, and the page does not say another thing.
func TestEveryDoorSaysTheSameOfAReplay(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../web/api/openapi.json")
	must(t, err)
	verb := reflect.TypeFor[WebhookReplayCmd]()
	for i := range verb.NumField() {
		if says := verb.Field(i).Tag.Get("help"); !strings.Contains(string(text), says) {
			t.Errorf("%s: the API does not say %q", verb.Field(i).Name, says)
		}
	}
	words, err := os.ReadFile("../web/words/en/webhooks.yaml")
	must(t, err)
	if says := "what was given up of all of them, or a range of the first that the webhook gets."; !strings.Contains(string(words), says) {
		t.Errorf("the page does not say %q", says)
	}
}

// TestAKeyThatIsOverIsNotSaidToCount: a restore may have switched it off, but its days are over too.
func TestAKeyThatIsOverIsNotSaidToCount(t *testing.T) {
	t.Parallel()
	s := openDoors(t, nil)
	days := 1
	_, err := s.AddKey(s.Ctx, "crm", desk.Viewer, nil, &days)
	must(t, err)
	enable := func() string {
		var out bytes.Buffer
		a := &App{in: strings.NewReader(""), out: &out, err: &out, now: s.Desk.Now, environ: map[string]string{}, defaults: desktest.Defaults(t)}
		if code := a.run(s.Ctx, []string{"--config", s.Path("config.yaml"), "key", "enable", "crm"}); code != exitDone {
			t.Errorf("it ends with %d: %s", code, out.String())
		}
		return out.String()
	}
	if said := enable(); !strings.Contains(said, "The key crm counts again.") {
		t.Error(said)
	}
	s.Plays("+24h")
	if said := enable(); !strings.Contains(said, "has expired") || strings.Contains(said, "counts again") {
		t.Error(said)
	}
}
