package api_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"image"
	"image/png"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/bot/web/api"
)

// TestWebhooksOfTheAPI: a program adds a receiver, and has its secret once.
func TestWebhooksOfTheAPI(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	const body = `{"url": "` + receiver + `", "personal": true}`
	key := with("Idempotency-Key", "hook")
	var added desk.WebhookSecret
	if w := s.ok("POST", "/webhooks", body, &added, key); w.Code != http.StatusCreated || !strings.HasPrefix(added.Secret, "whsec_") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	s.problem(409, "answer-lost", "POST", "/webhooks", body, key) // a secret is kept nowhere
	file, err := os.ReadFile(filepath.Join(s.Dir, "bot.db"))
	must(t, err)
	if bytes.Contains(file, []byte(added.Secret)) {
		t.Error("the secret is in the database")
	}
	var list []desk.WebhookView
	if w := s.ok("GET", "/webhooks", "", &list); len(list) != 1 || list[0].URL != receiver || strings.Contains(w.Body.String(), "whsec_") {
		t.Errorf("%s", w.Body)
	}
	var rotated desk.WebhookSecret
	s.ok("POST", hook+"/rotate", "", &rotated)
	if rotated.Secret == added.Secret || rotated.Secret == "" {
		t.Errorf("%+v", rotated)
	}
	s.Plays("Ana "+ana+" > I want promotions", "Ana > 2")
	s.problem(409, "refused", "POST", hook+"/replay", `{"from": 1, "to": 2}`) // it has not got to them
	s.problem(422, "invalid", "POST", hook+"/replay", `{"from": -1}`)
	s.problem(422, "invalid", "POST", "/webhooks", `{"url": "https://x.example", "types": ["joined"]}`)
	for _, who := range []string{"viewer", "editor", "second"} {
		s.problem(403, "forbidden", "GET", "/webhooks", "", as(who))
		s.problem(403, "forbidden", "POST", "/webhooks", body, as(who))
		s.problem(403, "forbidden", "DELETE", hook, "", as(who))
	}
	s.ok("DELETE", hook, "", nil)
	s.problem(404, "not-found", "GET", hook, "")
}

// TestLinkByTheAPI: whoever may link a number sees what there is to scan. Others see how far it is.
func TestLinkByTheAPI(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: twoNumbers})
	steps := make(chan func(bot.LinkStep), 1)
	phones := make(chan string, 1)
	s.Pair = func(phone string, tell func(bot.LinkStep)) desk.OpenPairing {
		phones <- phone
		return func(context.Context, string, bool) (desk.Pairing, error) { return &waits{tell: tell, told: steps}, nil }
	}
	const link = "/numbers/second/link"
	s.problem(404, "not-found", "GET", link, "")
	s.problem(403, "forbidden", "POST", link, `{}`, as("editor"))
	var now desk.Linking
	if w := s.ok("POST", link, `{"phone": "+1 212 555 0100"}`, &now); w.Code != http.StatusAccepted || now.Stage != desk.LinkingConnects {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if phone := <-phones; phone != "+12125550100" {
		t.Errorf("a code for %q", phone)
	}
	s.problem(409, "refused", "POST", link, `{}`)
	(<-steps)(bot.LinkStep{Kind: bot.LinkType, Code: "ABCD-EFGH", Good: time.Minute})
	if w := s.ok("GET", link, "", &now); now.Code != "ABCD-EFGH" || now.Stage != desk.LinkingType {
		t.Errorf("%s", w.Body)
	}
	for _, who := range []string{"editor", "viewer"} {
		if w := s.ok("GET", link, "", nil, as(who)); strings.Contains(w.Body.String(), "ABCD") || !strings.Contains(w.Body.String(), `"stage":"type"`) {
			t.Errorf("%s sees %s", who, w.Body)
		}
		s.problem(403, "forbidden", "DELETE", link, "", as(who))
	}
	s.ok("DELETE", link, "", nil)
	now = desk.Linking{}
	s.ok("GET", link, "", &now)
	if now.Stage != desk.LinkingEnded || now.Code != "" {
		t.Errorf("%+v", now)
	}
}

// waits is a session that waits for a phone which never comes.
type waits struct {
	tell func(bot.LinkStep)
	told chan func(bot.LinkStep)
}

func (w *waits) Pair(ctx context.Context, _ bool, _ func(string) error) (string, error) {
	w.told <- w.tell
	<-ctx.Done()
	return "", ctx.Err()
}

func (*waits) Linked() (account, phone string) { return "", "" }
func (*waits) Close() error                    { return nil }

// TestAReplyToAChatThatMovedOn is refused where a program says what it has seen.
func TestAReplyToAChatThatMovedOn(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.Plays("Ana "+ana+" > I want promotions", "+1h")
	seen := s.Now().Format(time.RFC3339)
	s.Plays("+1m", "Ana > are you there?")
	body := func(seen string) string { return fmt.Sprintf(`{"text": "We are.", "seen": %q}`, seen) }
	s.problem(412, "stale", "POST", one+"/reply", body(seen))
	s.ok("POST", one+"/reply", body(s.Now().Format(time.RFC3339)), nil)
	var blue bytes.Buffer
	if err := png.Encode(&blue, image.NewRGBA(image.Rect(0, 0, 20, 20))); err != nil {
		t.Fatal(err)
	}
	with := func(data []byte) string { return `{"picture": "` + base64.StdEncoding.EncodeToString(data) + `"}` }
	s.ok("POST", one+"/reply", with(blue.Bytes()), nil)
	s.problem(409, "refused", "POST", one+"/reply", with([]byte("no picture")))
	s.problem(409, "refused", "POST", one+"/reply", with(make([]byte, 5<<20+1)))
	s.problem(409, "refused", "POST", one+"/reply", "{}")
}

// TestEditsNeedTheirVersion: nobody replaces a text that they have not seen.
func TestEditsNeedTheirVersion(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.Start()
	text := `{"text": ` + asJSON(farewell(flowText())) + `}`
	s.problem(428, "version-needed", "PUT", flowAt+"/draft", text)
	s.problem(412, "stale", "PUT", flowAt+"/draft", text, with("If-Match", `"other"`))
	old := with("If-Match", s.ok("GET", flowAt+"/publish", "", nil).Header().Get("ETag"))
	etag := with("If-Match", s.ok("GET", flowAt+"/draft", "", nil).Header().Get("ETag"))
	if w := s.ok("PUT", flowAt+"/draft", text, nil, etag); w.Header().Get("ETag") == "" {
		t.Error("what was written has no version")
	}
	s.problem(412, "stale", "PUT", flowAt+"/draft", text, etag)
	s.problem(422, "file", "PUT", flowAt+"/draft", `{"text": "states: ["}`, with("If-Match", s.ok("GET", flowAt+"/draft", "", nil).Header().Get("ETag")))
	s.problem(428, "version-needed", "POST", flowAt+"/publish", "")
	s.problem(412, "stale", "POST", flowAt+"/publish", "", old)
	s.ok("POST", flowAt+"/publish", "", nil, with("If-Match", s.ok("GET", flowAt+"/publish", "", nil).Header().Get("ETag")))
	if !strings.Contains(s.Read("flows/promotions.yaml"), "Farewell!") {
		t.Error("the draft is not the file")
	}
	const draft = "/numbers/main/broadcasts/fresh/draft"
	s.ok("PUT", draft, `{"text": `+asJSON(offer)+`}`, nil)
	s.problem(428, "version-needed", "PUT", draft, `{"text": `+asJSON(offer)+`}`)
}

// TestEventsOutliveARestart: what webhooks tell is told to whoever listens too, each event once, also
// what happened while the bot was away.
func TestEventsOutliveARestart(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: oneNumber})
	web := httptest.NewServer(s.api)
	defer web.Close()
	events, hangUp := s.listens(web.URL, "")
	s.Plays("Ana " + ana + " > I want promotions")
	first := next(t, events, "subscribed")
	if first.data != `{"type":"subscribed","number":"main","contact":1,"at":"2026-03-02T14:00:01Z","seq":1}` {
		t.Errorf("%+v", first)
	}
	hangUp()
	s.Plays("Ana > A", "Ana > 2", "Ben "+ben+" > I want promotions")
	again := httptest.NewServer(api.New(api.Options{Desk: s.Reopen(), Keys: known, Log: s.Log, Now: s.Now}))
	defer again.Close()
	events, hangUp = s.listens(again.URL, first.id)
	defer hangUp()
	var got []string
	for len(got) < 3 {
		if e := <-events; e.name != "news" {
			if strings.Contains(e.data, ana) || strings.Contains(e.data, ben) {
				t.Errorf("a phone is told: %s", e.data)
			}
			got = append(got, e.name)
		}
	}
	if want := []string{"preference_changed", "unsubscribed", "subscribed"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	old, ahead := first.id[:strings.LastIndex(first.id, ":")], "main:9:9:999"
	for _, id := range []string{old, ahead} { // of the version before; of before a restore
		events, hangUp := s.listens(again.URL, id)
		s.Plays("Cy "+cy+" > I want promotions", "Cy > 2")
		next(t, events, "unsubscribed")
		hangUp()
	}
}

// next is the next event of a type.
func next(t *testing.T, events chan event, name string) event {
	t.Helper()
	for e := range events {
		if e.name == name {
			return e
		}
	}
	t.Fatalf("no %s is told", name)
	return event{}
}

// elsewhere are the methods of the desk and its files that no operation calls, and why.
var elsewhere = map[string]string{
	"LinkCloud SetUpCloud":                             "it needs the machine: the files with the secrets, and a terminal. doctor asks Meta the same",
	"Link ChangeNumber OfferNumberChange RememberLink": "they need the machine: a session of WhatsApp in the foreground. StartLinking links step by step",

	"Fleet MoveNumber DrainHost EndDrain": "fleet: whoever runs the machines says which serves what; show-number says which does",

	"AddOperator ListOperators SetOperatorRole ResetOperator RemoveOperator EnableOperator FirstOperatorLink": "operator: a program lets nobody in",
	"AddKey ListKeys RevokeKey EnableKey": "key: a program makes no keys",

	"LogIn LogOut Session ListSessions EndSession EndSessions SetPassword ConfirmPassword StartTOTP ConfirmTOTP DropTOTP": "they are what people do to come in",

	"Try EndTry SaveTry":                   "the phone of the page is held by the process; programs talk by `chat --json`",
	"Reply":                                "ReplyTo with a text alone",
	"QuickReplies RepliesText SaveReplies": "texts for people who answer by hand",
	"FindAudience AudienceHints":           "a screen's look at a part of the people; preview-broadcast counts all of an audience",
	"PromotionTexts PreviewFor":            "a screen's look at single texts; preview-broadcast has those of up to 50 people",
	"BroadcastPeople":                      "a screen's look at a part of the people; show-broadcast counts them, and why tells each",
	"ChatAsTest SaveTest":                  "a person reads a conversation before it becomes a test: `contacts show --as-test`, and the page",
	"FlowHints DraftHints FlowTraffic":     "what an editor and a picture show while somebody types",
	"FlowHistory":                          "list-flow-versions is the same for programs",
	"Settings":                             "config.yaml is the machine's",
	"NumberDetail Briefs Overview Today":   "screens, made of what show-number and list-broadcasts have",
	"WaitingWithLast":                      "a screen, made of list-waiting and show-timeline",
	"GuardOf Story Schedules Occurrence":   "parts of show-broadcast, why and list-broadcasts",
	"OfferCancel OfferRelease":             "questions, for whoever has to be asked; show-broadcast says how it stands",
	"Invitation":                           "a look before invite, which may be repeated",
	"WatchBroadcast FollowAll":             "follow tells it",
	"Figures MayReadFigures":               "/metrics tells it",
	"ReadSheet":                            "a file of the machine; a program sends a list",
	"Key":                                  "how requests come in",
	"Costly":                               "what looks at everybody begins with it",
	"CardName ShopZone View Limits Machine Envs Contact Latest Pending Progress Render StrangeNames Edited ArmedDrafts ArmedNow Arm": "use cases are made of them",
	"TakeCloud CloudTaken Hooks SayHooks": "`run` and status say it",
	"Wire Check Flow Draft Drafts Conversations States FlowPath With Page ScratchFolders RunLock":                                                                                  "use cases are made of them",
	"Act Alive ApplyOptouts Close Daily DisarmEdited HearArmed Introduce KeepMedia NewCheckup OlderDrafts Reload ReloadAll RenamedNumbers SayPage SettleAll SettleFlow Swap Sweep": "`run` does them by itself",
	"KnownTemplates": "list-templates asks, and tells the same",
	"AskTemplates":   "`run` does it before a recurring broadcast goes out again",
	"HearTemplate":   "`run` does it when WhatsApp tells of a template",
}

// TestEveryUseCaseHasAnOperation: what an operator can do, a program can, but for what is said here.
func TestEveryUseCaseHasAnOperation(t *testing.T) {
	t.Parallel()
	called := map[string]bool{}
	sources, err := filepath.Glob("*.go")
	must(t, err)
	for _, file := range sources {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		must(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && isDesk(s.X) {
				called[s.Sel.Name] = true
			}
			return true
		})
	}
	excused := map[string]bool{}
	for names := range elsewhere {
		for _, name := range strings.Fields(names) {
			excused[name] = true
		}
	}
	all := map[string]bool{}
	for _, of := range []reflect.Type{reflect.TypeFor[*desk.Desk](), reflect.TypeFor[*desk.Files]()} {
		for i := range of.NumMethod() {
			all[of.Method(i).Name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !called[name] && !excused[name] {
			t.Errorf("no operation calls %s, and elsewhere does not say why", name)
		}
	}
	for name := range excused {
		if !all[name] || called[name] {
			t.Errorf("elsewhere has %s, which is none, or is called", name)
		}
	}
}

// isDesk reports whether an expression of the API is the desk, or its files: a.Desk, a.Desk.Files, d.
func isDesk(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name == "Desk" || e.Sel.Name == "Files"
	case *ast.Ident:
		return e.Name == "d"
	}
	return false
}

// TestSecurityManyStreams: a key follows so many streams of events, and no more.
func TestSecurityManyStreams(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	web := httptest.NewServer(s.api)
	defer web.Close()
	var hangUps []func()
	for range 10 {
		_, hangUp := s.listens(web.URL, "")
		hangUps = append(hangUps, hangUp)
	}
	s.problem(429, "too-many", "GET", "/events", "")
	for _, hangUp := range hangUps {
		hangUp()
	}
	web.CloseClientConnections()
	web.Close() // every stream has ended then
	again := httptest.NewServer(s.api)
	defer again.Close()
	_, hangUp := s.listens(again.URL, "")
	hangUp()
}

// TestSecurityAViewerWhoPlaysTests: whoever only reads makes the bot play nothing.
func TestSecurityAViewerWhoPlaysTests(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.problem(403, "forbidden", "POST", flowAt+"/test", `{}`, as("viewer"))
}
