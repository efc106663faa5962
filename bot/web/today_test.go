package web

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// TestTodaySaysWhatNeedsYou: a person who waits, and how the number is doing, on one page.
func TestTodaySaysWhatNeedsYou(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "Ben +447700900002 > I want to talk to a person please")
	page := s.get("/").is(http.StatusOK)
	page.says("subscribed", "joined today", "There is no backup yet", "Number main")
	if got := s.get("/").header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("it is %s", got)
	}
	if n := compressed(t, page.body); n > 6<<10 {
		t.Errorf("the page takes %d bytes", n)
	}
}

// TestD5TodaySaysWhatWasVerified: of the ledger only what was found, and when. What does not hold needs
// somebody.
func TestD5TodaySaysWhatWasVerified(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions")
	s.get("/").says("Ledger of consent Not verified since the bot started").lacks("intact")
	verify := func() {
		s.post("/n/main/proof/verify", url.Values{"head": {""}}).goesTo("/n/main/proof")
		s.server.working.Wait()
	}
	verify()
	s.Plays("+3h")
	s.get("/").says("Ledger of consent intact", "2 entries, verified 3 h ago")
	s.change("UPDATE ledger SET public = replace(public, 'subscribed', 'pending')")
	verify()
	s.get("/").says("The ledger of consent does not hold", "To the proof", "Ledger of consent does not hold").lacks("intact")
}

// TestD5TheLedgerIsVerifiedWithoutBeingAsked: when the page begins, before anybody looks.
func TestD5TheLedgerIsVerifiedWithoutBeingAsked(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions")
	ctx, end := context.WithCancel(t.Context())
	kept := make(chan struct{})
	_, next := s.follows("/")
	next()
	go func() { defer close(kept); s.server.keepVerified(ctx) }()
	if told := next(); !strings.Contains(told, "2 entries, verified now") {
		t.Errorf("the page is told %s", told)
	}
	end()
	<-kept
}

// TestD5TodaySaysWhatTheGuardSees: while something goes out, and what it is near to. What was paused,
// is late or is unknown needs somebody, each in its own words.
func TestD5TodaySaysWhatTheGuardSees(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.get("/").says("Guard: nothing is going out")
	s.Plays("Ana +447700900001 > I want promotions", "Ben +447700900002 > I want promotions", "+1m", "broadcast weekend-offer", "+1s")
	s.get("/").says("Guard: 0 bad reactions It pauses weekend-offer at 3")
	s.change("UPDATE occurrences SET status = 'paused'")
	s.get("/").says("weekend-offer is paused")
	s.change("UPDATE occurrences SET status = 'late'")
	s.get("/").says("weekend-offer is late", "Its time has passed")
	s.change("UPDATE occurrences SET status = 'done'")
	s.change("UPDATE deliveries SET status = 'unknown'")
	s.get("/").says("Whether 2 people got weekend-offer is unknown", "To the broadcast")
}

// TestTodayDrawsTheWarmUp: as a part of what the number may send when it is over.
func TestTodayDrawsTheWarmUp(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.change("UPDATE numbers SET linked_at = " + strconv.FormatInt(s.Desk.Now().AddDate(0, 0, -8).UnixMilli(), 10))
	page := s.get("/").says("Warm-up, day 9: 30 of 1,000 promotions today")
	if !strings.Contains(page.body, `<rect width="3%"/>`) {
		t.Error("there is no bar")
	}
}

// TestNeedsHaveWords: every kind of need says what it is and what to do, and no other one has words.
func TestNeedsHaveWords(t *testing.T) {
	all, err := readLanguages()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, kind := range append(desk.NeedKinds(), needLedger) {
		for _, form := range []string{".one", ".other", ".do"} {
			known["need."+string(kind)+form] = true
			if !all["en"].has("need." + string(kind) + form) {
				t.Errorf("there are no words for %s%s", kind, form)
			}
		}
	}
	for key := range all["en"].words {
		if strings.HasPrefix(key, "need.") && !known[key] {
			t.Errorf("there are words for %s, and no such need", key)
		}
	}
}

// TestTodayTellsNotices: the newest first, old ones no more, and a viewer sees no phone in them.
func TestTodayTellsNotices(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.get("/").lacks("Notices")
	told(t, s.Store.Notify(s.Ctx, "main", bot.NoticeNumber, "long ago", s.Desk.Now()))
	s.Plays("+192h")
	told(t, s.Store.Notify(s.Ctx, "main", bot.NoticeNumber, "+447700900001 and 447700900001@s.whatsapp.net: `optinbot status` <b>", s.Desk.Now()))
	page := s.get("/").says("Notices", "+447700900001 and", "optinbot status").lacks("long ago", "<b>")
	if !strings.Contains(page.body, "<code>optinbot status</code>") {
		t.Errorf("a command is none: %s", page.body)
	}
	s.ask("vera", http.MethodGet, "/", nil).says("Notices", "optinbot status").lacks("7700900")
}

// TestTodayOfANumberThatIsNotLinked: nothing goes out by it, so there is no most.
func TestTodayOfANumberThatIsNotLinked(t *testing.T) {
	s := open(t, desktest.Setup{Unlinked: true})
	if page := s.get("/").is(http.StatusOK); strings.Contains(page.body, "of at most") {
		t.Errorf("it says how many go out at most:\n%s", page.body)
	}
}

// TestThePageIsForWhoIsLoggedIn: nothing is shown or done without a session.
func TestD4NothingWithoutASession(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.ask("", http.MethodGet, "/", nil).goesTo("/login")
	s.ask("over", http.MethodGet, "/?done=x", nil).goesTo("/login")
	s.ask("", http.MethodPost, "/n/main/broadcasts/x/pause", nil).is(http.StatusUnauthorized)
	s.ask("", http.MethodGet, "/n/main/people", nil).is(http.StatusSeeOther)
	s.ask("", http.MethodGet, "/?live", nil).is(http.StatusUnauthorized)
}

// TestSecurityHeaders: each answer says that nothing inline runs and nothing frames it.
func TestSecurityHeaders(t *testing.T) {
	s := open(t, desktest.Setup{})
	for _, path := range []string{"/", "/nothing", "/assets/nothing"} {
		h := s.get(path).header
		if h.Get("Content-Security-Policy") != policy || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

// TestSecurityAForeignNameIsNotServed: a name that somebody else points here gets nothing.
func TestSecurityAForeignNameIsNotServed(t *testing.T) {
	s := open(t, desktest.Setup{})
	for host, status := range map[string]int{
		"evil.example:8420": http.StatusMisdirectedRequest, "localhost:8420": http.StatusOK, "[::1]:8420": http.StatusOK, "127.0.0.1": http.StatusOK,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.http.URL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		r.AddCookie(&http.Cookie{Name: "session", Value: "marta"})
		s.send(r).is(status)
	}
}

// TestSecurityAForeignOrigin: a form that another site sends is not acted on.
func TestSecurityAForeignOrigin(t *testing.T) {
	s := open(t, desktest.Setup{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.http.URL+"/language", strings.NewReader("language=pt&to=/"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://evil.example")
	s.send(r).is(http.StatusForbidden)
	s.post("/language", map[string][]string{"language": {"pt"}, "to": {"//evil.example"}}).goesTo("/")
	s.post("/language", map[string][]string{"language": {"xx"}}).is(http.StatusUnprocessableEntity)
}

// TestEveryLanguage: the whole page speaks it.
func TestEveryLanguage(t *testing.T) {
	s := open(t, desktest.Setup{})
	for code, says := range map[string]string{"en": "Needs you", "pt": "Precisa de você", "es": "Te necesita"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.http.URL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(&http.Cookie{Name: "session", Value: "marta"})
		r.Header.Set("Accept-Language", code+"-XX,"+code+";q=0.9")
		s.send(r).is(http.StatusOK).says(says)
	}
}

// TestAnotherNumberIsNotSeen: whoever is limited to some numbers sees no other.
func TestSecurityAnotherNumberIsNotSeen(t *testing.T) {
	s := open(t, desktest.Setup{Config: "numbers:\n  - {name: main, flow: promotions}\n  - {name: second, flow: promotions}\n"})
	s.people["of second"] = desk.Who{Name: "of second", Via: desk.ViaWeb, Role: desk.Owner, Numbers: []string{"second"}}
	s.get("/").says("Number main", "Number second")
	s.ask("of second", http.MethodGet, "/", nil).says("Number second").lacks("/n/main/")
}

// follows opens the stream of a page. next is its next event.
func (s *site) follows(path string) (events *bufio.Scanner, next func() string) {
	s.t.Helper()
	ctx, leave := context.WithCancel(context.Background())
	s.t.Cleanup(leave)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.http.URL+path+"?live", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "session", Value: "marta"})
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = response.Body.Close() })
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		s.t.Fatalf("it is %s", kind)
	}
	events = bufio.NewScanner(response.Body)
	return events, func() (event string) {
		s.t.Helper()
		for events.Scan() {
			if events.Text() == "" {
				return event
			}
			event += events.Text() + "\n"
		}
		s.t.Fatal("the stream has ended")
		return ""
	}
}

// TestAPageIsNotToldWhatWasBefore: after an act every page is told what is now, also one whose
// stream begins before anybody has noticed the change.
func TestAPageIsNotToldWhatWasBefore(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "broadcast weekend-offer")
	const at = "/n/main/broadcasts/weekend-offer"
	_, open := s.follows(at)
	if told := open(); !strings.Contains(told, "Under way") {
		t.Fatalf("the page is told %s", told)
	}
	s.post(at+"/cancel", s.get(at+"/cancel").fields(at+"/cancel")).is(http.StatusSeeOther)
	_, after := s.follows(at)
	for _, next := range []func() string{after, open} {
		if told := next(); !strings.Contains(told, "Cancelled") {
			t.Errorf("the page is told %s", told)
		}
	}
}

// TestAnOpenPageIsTold: what changes on an open page is sent to it, as parts that begin and end in
// one event.
func TestAnOpenPageIsTold(t *testing.T) {
	s := open(t, desktest.Setup{})
	events, next := s.follows("/")
	first := next()
	for _, name := range []string{"live-verdict", "live-needs", "live-numbers"} {
		if !strings.Contains(first, `hx-target="#`+name+`"`) {
			t.Errorf("the first event lacks %s", name)
		}
	}
	s.Plays("Ana +447700900001 > I want promotions")
	s.server.live.look()
	if told := next(); !strings.Contains(told, "live-figures") || strings.Contains(told, "live-out") {
		t.Errorf("the page is told %s", told)
	}
	s.server.live.look()
	if told := next(); !strings.HasPrefix(told, ": ") {
		t.Errorf("nothing has changed, and the page is told %s", told)
	}
	delete(s.people, "marta")
	s.server.live.look()
	for events.Scan() {
		if events.Text() != "" {
			t.Errorf("the session is over, and the page is told %s", events.Text())
		}
	}
}

// TestEveryTemplateIsAScreens: no template lies about that no screen uses.
func TestEveryTemplateIsAScreens(t *testing.T) {
	s := open(t, desktest.Setup{})
	used := map[string]bool{"layout": true, "parts": true, "message": true, "confirm": true}
	for _, sc := range s.server.screens() {
		if sc.file != nil {
			continue
		}
		used[sc.name] = true
		for code := range s.server.look.languages {
			if s.server.look.templates[code][sc.name] == nil {
				t.Errorf("the screen %s has no template", sc.path)
			}
		}
	}
	files, err := fs.Glob(embedded, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(strings.TrimPrefix(file, "templates/"), ".html"); !used[name] {
			t.Errorf("no screen uses %s", file)
		}
	}
}

// TestRequestsAreCountedByTheirPattern: never by their path, in which a contact may be.
func TestRequestsAreCountedByTheirPattern(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.get("/n/main/people/7?who=%2B447700900001").is(http.StatusNotFound)
	s.get("/nothing/at/all")
	s.http.Close() // every request has been counted then
	if got := strings.Join(s.routes.seen, ", "); got != "404 GET /n/{number}/people/{id}, 404 /" {
		t.Errorf("counted: %s", got)
	}
}

// TestTodayDrawsTheMessagingLimit: of a number on the Cloud API, in the place of the warm-up that it has
// not, in the language of whoever looks.
func TestTodayDrawsTheMessagingLimit(t *testing.T) {
	s := open(t, desktest.Setup{Config: "numbers:\n  - {name: main, flow: promotions, transport: cloud, cloud: {phone_number_id: \"1001\", " +
		"waba_id: \"3001\", token_file: a, app_secret_file: b, verify_token_file: c}}\n"})
	if err := s.Store.LinkedCloud(s.Ctx, "main", "1001", "+12125550100", "300", s.Desk.Now()); err != nil {
		t.Fatal(err)
	}
	stands := func(standing bot.Standing) {
		if err := s.Store.NumberEvent(s.Ctx, "main", bot.NumberEvent{Kind: bot.NumberStanding, Standing: standing, At: s.Desk.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	s.get("/").says("How many people Meta allows is not known yet", "0 people were written to first").lacks("arm-up", "1,000,000", "Sent today")
	s.change(fmt.Sprintf("INSERT INTO written_first (number, piece, people) VALUES ('main', %d, 90)", s.Desk.Now().UnixMilli()/600_000))
	stands(bot.Standing{Rating: "YELLOW", Limit: 250, TokenEnds: s.Desk.Now().AddDate(0, 0, 9)})
	page := s.get("/").says("Messaging limit: 90 of 225 people", "Meta allows 250", "Quality, as Meta rates it: YELLOW", "The access token is good until")
	if !strings.Contains(page.body, `class="bar"`) || !strings.Contains(page.body, `<rect width="40%"/>`) {
		t.Error("there is no bar")
	}
	s.get("/").lacks("arm-up", "1,000,000")
	stands(bot.Standing{Rating: "GREEN", Limit: 100})
	if page := s.get("/").says("90 of 90 people").lacks("access token"); !strings.Contains(page.body, `class="bar warn"`) {
		t.Error("it does not say that the limit is used")
	}
	stands(bot.Standing{Rating: "GREEN", Limit: bot.UnlimitedPerDay})
	s.get("/").says("Meta sets no limit on how many people", "90 people were written to first")
	r := s.request(http.MethodGet, "/")
	r.AddCookie(&http.Cookie{Name: languageCookie, Value: "es"})
	s.send(r).says("Meta no limita", "Calidad, según Meta: GREEN")
}
