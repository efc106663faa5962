package api_test

import (
	"bufio"
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/bot/web/api"
	"optinbot/flows"
	"optinbot/store/storetest"
)

// patience is how long a test waits for what comes of its own accord.
const patience = 2 * time.Minute

// TestKeys: no key, an unknown one, one that is for something else, another number's, and a role
// that does not allow it. Nothing changes.
func TestKeys(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: twoNumbers})
	s.Plays("Ana "+ana+" > I want promotions", "+1h")
	s.problem(401, "no-key", "GET", "/numbers", "", without("Authorization"))
	s.problem(401, "no-key", "GET", "/numbers", "", as("nobody"))
	s.problem(401, "no-key", "GET", "/nope", "", with("Authorization", "Basic b3B0"))
	s.problem(403, "forbidden", "GET", "/numbers", "", as("none"))
	s.problem(403, "forbidden", "GET", "/numbers/main", "", as("second"))
	s.problem(403, "forbidden", "GET", "/numbers/nope", "", as("second"))
	s.problem(403, "forbidden", "POST", one+"/pause", "", as("second"))
	s.problem(403, "forbidden", "POST", one+"/pause", "", as("viewer"))
	s.problem(403, "forbidden", "GET", "/people/"+ana, "", as("editor"))
	s.problem(403, "forbidden", "POST", "/backups", "", as("editor"))
	s.problem(404, "not-found", "GET", "/numbers/nope", "")
	s.problem(404, "no-such-path", "GET", "/nope", "")
	w := s.send("DELETE", "/numbers", "")
	if w.Code != http.StatusMethodNotAllowed || !strings.Contains(w.Header().Get("Allow"), "GET") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	var numbers []desk.NumberStatus
	s.ok("GET", "/numbers", "", &numbers, as("second"))
	if len(numbers) != 1 || numbers[0].Name != "second" {
		t.Errorf("who may see one number sees %+v", numbers)
	}
	if c := s.Who("Ana"); !c.TakeoverUntil().IsZero() {
		t.Error("somebody took a chat over who may not")
	}
}

// TestViewersSeeNoPhones: whoever only reads finds people by their ID.
func TestViewersSeeNoPhones(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	const lid = "99887766554"
	s.Plays("Ana "+ana+" lid:"+lid+" > I want promotions", "Ana > call me at "+ben, "+1h")
	for _, path := range []string{"/numbers/main/contacts", "/numbers/main/contacts/1", "/numbers/main/waiting",
		"/numbers/main/contacts/1/consent", "/numbers/main/broadcasts/weekend-offer/preview?now=true", "/numbers"} {
		w := s.ok("GET", path, "", nil, as("viewer"))
		if body := w.Body.String(); strings.Contains(body, ana) || strings.Contains(body, ben) || strings.Contains(body, lid) {
			t.Errorf("%s: %s", path, body)
		}
	}
	if body := s.ok("GET", "/numbers/main/contacts", "", nil).Body.String(); !strings.Contains(body, ana) {
		t.Errorf("an owner sees %s", body)
	}
}

// TestO4WhoHasNoPhoneByTheAPI: paths and bodies take a LID or a BSUID where they take a phone. No refusal
// has it in it, and a viewer sees none.
func TestO4WhoHasNoPhoneByTheAPI(t *testing.T) {
	t.Parallel()
	for named, id := range map[string]bot.Identity{
		"lid:710071": {Kind: bot.LID, Value: "710071"}, "bsuid:9001/US.1a2b": {Kind: bot.BSUID, Value: "9001/US.1a2b"},
	} {
		t.Run(named, func(t *testing.T) {
			t.Parallel()
			s, path := newShop(t, oneNumber), url.PathEscape(named)
			m := bot.Message{ID: "IN1", Kind: bot.KindText, At: s.Now(), Text: "I want promotions", Identities: []bot.Identity{id}}
			_, err := s.Store.HandleMessage(s.Ctx, "main", m, s.Envs)
			must(t, err)
			var found struct{ LID, BSUID, Phone string }
			s.ok("GET", "/numbers/main/contacts/"+path, "", &found)
			if found.LID+found.BSUID != id.Value {
				t.Errorf("%+v", found)
			}
			for _, at := range []string{"/numbers/main/contacts", "/numbers/main/contacts/" + path, "/numbers/main/contacts/1/consent"} {
				if body := s.ok("GET", at, "", nil, as("viewer")).Body.String(); strings.Contains(body, id.Value) {
					t.Errorf("a viewer sees of %s: %s", at, body)
				}
			}
			s.ok("POST", "/numbers/main/contacts/"+path+"/pause", "", nil)
			s.ok("POST", "/numbers/main/optouts", `{"phone": "`+named+`", "reason": "asked at the till"}`, nil)
			if c, err := s.Contact(s.Ctx, "main", named); err != nil || c.Consent != bot.Unsubscribed {
				t.Errorf("after the stop: %+v, %v", c, err)
			}
			version := s.ok("GET", "/people/"+path+"/erasure", "", nil).Header().Get("ETag")
			s.ok("DELETE", "/people/"+path, "", nil, with("If-Match", version))
			gone := s.problem(404, "not-found", "GET", "/numbers/main/contacts/"+path, "")
			if !strings.Contains(gone.Detail, "the person has never written") {
				t.Errorf("%+v", gone)
			}
		})
	}
}

// TestSecurityCostlyReadingsByTheAPI: beyond so many at once the answer says when to ask again.
func TestSecurityCostlyReadingsByTheAPI(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.Save("flows/broadcasts/weekly.yaml", "text: {en: Hi}\n")
	s.Plays("Ana " + ana + " > I want promotions")
	must(t, storetest.Edit(t.Context(), s.Dir, "UPDATE contact_counts SET people = people + 2000 WHERE what = 'consent' AND value = 'subscribed'"))
	reading := []string{
		"/numbers/main/contacts?order=name", "/numbers/main/broadcasts/weekly/preview?now=true", "/numbers/main/consent/verification", "/doctor",
	}
	take := func(who string) {
		_, _, err := s.Costly(desk.As(t.Context(), desk.Who{Name: who, Via: desk.ViaAPI, Role: desk.Viewer}), "main")
		must(t, err)
	}
	looks := func(status int, reason string) {
		for _, path := range reading {
			w := s.send("GET", path, "", as("viewer"))
			if w.Code != status || w.Header().Get("Retry-After") != "5" || !strings.Contains(w.Body.String(), "/problems/"+reason) {
				t.Errorf("%s: %d %v %s", path, w.Code, w.Header(), w.Body)
			}
			s.ok("GET", path, "", nil)
		}
	}
	take("key:viewer")
	take("key:viewer")
	looks(429, "too-many")
	s.ok("GET", "/numbers/main/contacts", "", nil, as("viewer"))
}

// TestSecurityNoFlowOfAnotherNumberIsShown: a key that is limited to some numbers hears nothing of
// flows that those do not speak.
func TestSecurityNoFlowOfAnotherNumberIsShown(t *testing.T) {
	t.Parallel()
	flow, err := flows.Defaults.ReadFile("promotions.yaml")
	must(t, err)
	s := shopOf(t, desktest.Setup{Config: oneNumber + "  - {name: second, flow: two}\n", Files: map[string]string{"flows/two.yaml": string(flow)}})
	for _, file := range []string{"flows/promotions.yaml", "flows/two.yaml"} {
		s.Save(file, string(flow)+"\nnonsense: 1\n")
	}
	for key, want := range map[string][]string{"owner": {"promotions.yaml", "two.yaml"}, "second": {"two.yaml"}} {
		var found []flows.Problem
		s.ok("GET", "/flows/check", "", &found, as(key))
		files := map[string]bool{}
		for _, p := range found {
			files[path.Base(p.File)] = true
		}
		if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, want) {
			t.Errorf("%s hears of %v, want %v", key, got, want)
		}
	}
}

// TestOnce: a request that comes again is carried out once, and told the same.
func TestOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.Plays("Ana "+ana+" > I want promotions", "+1h")
	key := with("Idempotency-Key", "ticket-4711")
	const blue = `{"text": "We have it in blue."}`
	first := s.ok("POST", one+"/reply", blue, nil, key)
	second := s.ok("POST", one+"/reply", blue, nil, key)
	if first.Code != second.Code || first.Body.String() != second.Body.String() || second.Header().Get("Idempotency-Replayed") != "true" ||
		first.Header().Get("Content-Type") != second.Header().Get("Content-Type") {
		t.Errorf("%d %s, and then %d %s %v", first.Code, first.Body, second.Code, second.Body, second.Header())
	}
	s.problem(422, "key-reused", "POST", one+"/reply", `{"text": "We have it in red."}`, key)
	s.problem(409, "refused", "POST", one+"/release", why, with("Idempotency-Key", "2"))
	s.problem(409, "refused", "POST", one+"/release", why, with("Idempotency-Key", "2"))
	s.ok("POST", one+"/reply", blue, nil, key, as("editor")) // of another program it is another request
	s.Got("Ana")
	s.Plays("+1m")
	if got := s.Got("Ana"); len(got) != 2 {
		t.Errorf("she got %q", got)
	}
	s.Plays("+25h")
	if w := s.send("POST", one+"/reply", blue, key); w.Header().Get("Idempotency-Replayed") != "" {
		t.Error("an answer was kept for more than a day")
	}
}

// TestWrongRequests: every fault is named with its place, and what was sent is not repeated.
func TestWrongRequests(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	p := s.problem(422, "invalid", "POST", "/numbers/main/optouts", `{"phone": "5551234567", "text": "x"}`)
	var at []string
	for _, f := range p.Errors {
		at = append(at, f.Location)
		if strings.Contains(f.Message, "5551234567") {
			t.Errorf("%+v", f)
		}
	}
	for _, want := range []string{"body.phone", "body.text", "body"} {
		if !strings.Contains(strings.Join(at, " "), want) {
			t.Errorf("%s is not named: %q", want, at)
		}
	}
	s.problem(422, "invalid", "GET", "/numbers/main/contacts?limit=0", "")
	s.problem(422, "invalid", "GET", "/numbers/main/contacts?colour=blue", "")
	s.problem(422, "invalid", "GET", "/numbers/main/contacts?order=name&tag=vip", "")
	s.problem(412, "stale", "GET", "/numbers/main/contacts?order=name&cursor=OTk", "")
	s.problem(422, "invalid", "GET", "/numbers/main/contacts?cursor=x", "")
	const search = "/numbers/main/contacts/search"
	for body, at := range map[string]string{
		`{"order": "name", "tag": "vip"}`: "body.order", `{"cursor": "x"}`: "body.cursor", `{"limit": 201}`: "body.limit",
		`{"colour": "blue"}`: "body.colour", `{"consent": "yes"}`: "body.consent",
	} {
		if p := s.problem(422, "invalid", "POST", search, body); len(p.Errors) != 1 || p.Errors[0].Location != at {
			t.Errorf("%s: %+v", body, p.Errors)
		}
	}
	s.problem(412, "stale", "POST", search, `{"order": "name", "cursor": "OTk"}`)
	s.problem(422, "invalid", "GET", "/numbers/main/contacts/ana", "")
	s.problem(400, "invalid", "POST", "/numbers/main/optouts", `{"phone": `)
	s.problem(415, "not-json", "POST", "/numbers/main/optouts", "phone=1", with("Content-Type", "application/x-www-form-urlencoded"))
	long := `{"reason": "` + strings.Repeat("x", 2<<20) + `", "phone": "` + nobody + `"}`
	s.problem(413, "too-large", "POST", "/numbers/main/optouts", long)
	s.problem(413, "too-large", "POST", "/numbers/main/optouts", long, with("Idempotency-Key", "1"))
	if strings.Contains(s.send("GET", "/numbers/main/contacts/"+nobody, "").Body.String(), nobody) {
		t.Error("a refusal repeats the phone")
	}
}

// TestLimit: a key may make so many requests a minute, and is told how many are left.
func TestLimit(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.api = api.New(api.Options{Desk: s.Desk, Keys: known, Log: s.Log, Now: s.Now, PerMinute: 2})
	if w := s.ok("GET", "/flows/check", "", nil); w.Header().Get("RateLimit") != `"key";r=1;t=30` || w.Header().Get("RateLimit-Policy") != `"key";q=2;w=60` {
		t.Errorf("%v", w.Header())
	}
	s.ok("GET", "/flows/check", "", nil)
	s.problem(429, "too-many", "GET", "/flows/check", "")
	if w := s.send("GET", "/flows/check", ""); w.Header().Get("Retry-After") != "30" {
		t.Errorf("%v", w.Header())
	}
	s.ok("GET", "/flows/check", "", nil, as("editor"))
	s.Plays("+30s")
	s.ok("GET", "/flows/check", "", nil)
}

// TestPictures: a poster, and the graph of a flow.
func TestPictures(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	for format, begins := range map[string]string{"svg": "<svg", "png": "\x89PNG"} {
		w := s.ok("POST", "/numbers/main/poster", `{"source": "window", "format": "`+format+`"}`, nil, with("Idempotency-Key", format))
		again := s.ok("POST", "/numbers/main/poster", `{"source": "window", "format": "`+format+`"}`, nil, with("Idempotency-Key", format))
		if !strings.Contains(w.Body.String()[:200], begins) || again.Body.String() != w.Body.String() ||
			again.Header().Get("Content-Type") != w.Header().Get("Content-Type") {
			t.Errorf("%s: %v %.80q", format, w.Header(), w.Body)
		}
	}
	for format, begins := range map[string]string{"svg": "<svg", "dot": "digraph", "mermaid": "flowchart"} {
		if w := s.ok("GET", "/numbers/main/flow/graph?format="+format, "", nil); !strings.Contains(w.Body.String(), begins) {
			t.Errorf("%s: %v %.80q", format, w.Header(), w.Body)
		}
	}
}

// TestRollback: what was looked at is what is written over.
func TestRollback(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.Start()
	was := s.Read("flows/promotions.yaml")
	s.Edit("flows/promotions.yaml", "Take care!", "Farewell!")
	const path = "/numbers/main/flow/rollback"
	var offer desk.RollbackOffer
	etag := with("If-Match", s.ok("GET", path, "", &offer).Header().Get("ETag"))
	body := `{"version": "` + offer.Version + `"}`
	s.problem(428, "version-needed", "POST", path, body)
	s.Edit("flows/promotions.yaml", "Farewell!", "So long!")
	s.problem(412, "stale", "POST", path, body, etag)
	if !strings.Contains(s.Read("flows/promotions.yaml"), "So long!") {
		t.Error("what was edited meanwhile is lost")
	}
	etag = with("If-Match", s.ok("GET", path, "", nil).Header().Get("ETag"))
	s.ok("POST", path, body, nil, etag)
	if s.Read("flows/promotions.yaml") != was {
		t.Error("the version is not in the file")
	}
}

// TestEvents: what happens is told, and what happened while nobody listened.
func TestEvents(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: oneNumber, Files: map[string]string{weekly: "at: 2026-03-02 20:00\n" + offer}})
	web := httptest.NewServer(s.api)
	defer web.Close()
	events, hangUp := s.listens(web.URL, "")
	s.Plays("Ana " + ana + " > I want promotions")
	first := next(t, events, "news")
	if !strings.Contains(first.data, `"joined":1`) || strings.Contains(first.data, ana) {
		t.Errorf("%+v", first)
	}
	hangUp()
	s.Plays("Ben "+ben+" > I want promotions", "+1h")
	s.does("arm")
	events, hangUp = s.listens(web.URL, first.id)
	defer hangUp()
	missed := next(t, events, "news")
	if !strings.Contains(missed.data, `"joined":1`) || !strings.Contains(missed.data, `"subscribed":2`) || !strings.Contains(missed.data, `"weekly"`) {
		t.Errorf("%+v", missed)
	}
	s.problem(422, "invalid", "GET", "/events", "", with("Last-Event-ID", "nonsense"))
	s.problem(404, "not-found", "GET", "/events?number=nope", "")
}

// A dyingKey is a key until it is revoked.
type dyingKey struct{ revoked atomic.Bool }

func (k *dyingKey) Key(context.Context, string) (desk.Who, error) {
	if k.revoked.Load() {
		return desk.Who{}, desk.ErrNoKey
	}
	return known["opt_owner"], nil
}

// TestSecurityAStreamEndsWithItsKey: whoever follows what happens is told nothing any more as soon as
// the key is revoked or over.
func TestSecurityAStreamEndsWithItsKey(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	key := &dyingKey{}
	web := httptest.NewServer(api.New(api.Options{Desk: s.Desk, Keys: key, Log: s.Log, Now: s.Now}))
	defer web.Close()
	events, hangUp := s.listens(web.URL, "")
	defer hangUp()
	key.revoked.Store(true)
	s.Plays("Ana " + ana + " > I want promotions")
	for e := range events {
		t.Errorf("it is told %+v", e)
	}
}

type event struct{ id, name, data string }

// listens follows the events from one on.
func (s *shop) listens(url, after string) (events chan event, hangUp func()) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+api.Prefix+"/events", nil)
	must(s.t, err)
	r.Header.Set("Authorization", "Bearer opt_owner")
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	answer, err := http.DefaultClient.Do(r)
	must(s.t, err)
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		s.t.Fatalf("%v", answer)
	}
	events = make(chan event, 100)
	go func() {
		defer close(events)
		defer answer.Body.Close()
		var e event
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch {
			case name == "id":
				e.id = value
			case name == "event":
				e.name = value
			case name == "data":
				e.data = value
			case lines.Text() == "" && e.data != "":
				events <- e
				e = event{}
			}
		}
	}()
	return events, cancel
}

// TestExamples runs the examples of docs/api.md.
func TestExamples(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("no curl")
		}
		t.Skip("no curl: apt install curl")
	}
	s := newShop(t, oneNumber)
	s.Start()
	s.Pair = func(_ string, tell func(bot.LinkStep)) desk.OpenPairing {
		return func(context.Context, string, bool) (desk.Pairing, error) {
			return &waits{tell: tell, told: make(chan func(bot.LinkStep), 1)}, nil
		}
	}
	s.Plays("Ana "+ana+" > I want promotions", "+1h")
	web := httptest.NewServer(s.api)
	defer web.Close()
	page, err := os.ReadFile("../../../docs/api.md")
	must(t, err)
	examples := strings.Split(string(page), "```sh\n")[1:]
	if len(examples) < 5 {
		t.Fatalf("%d examples", len(examples))
	}
	for _, example := range examples {
		commands, _, _ := strings.Cut(example, "```")
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		c := exec.CommandContext(ctx, "sh", "-e", "-c", commands)
		c.Dir, c.Env = t.TempDir(), append(os.Environ(), "URL="+web.URL, "KEY=opt_owner")
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, &out
		if err := c.Run(); err != nil {
			t.Errorf("%v\n%s\n%s", err, commands, out.String())
		}
		cancel()
	}
}
