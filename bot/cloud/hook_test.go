package cloud

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cloud/cloudtest"
)

// ask makes a request of the hook.
func (l *line) ask(method, path, body, signature string) (status int, said string) {
	l.t.Helper()
	req, err := http.NewRequestWithContext(l.ctx, method, l.web.URL+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	if signature != "" {
		req.Header.Set("X-Hub-Signature-256", signature)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

func (l *line) signed(body string) string {
	m := hmac.New(sha256.New, []byte(l.srv.AppSecret()))
	m.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(m.Sum(nil))
}

// post posts a signed body as Meta does.
func (l *line) post(body string) int {
	l.t.Helper()
	status, err := l.srv.Post(l.ctx, []byte(body))
	if err != nil {
		l.t.Fatal(err)
	}
	return status
}

func TestHandshake(t *testing.T) {
	l := connected(t, setup{})
	q := func(mode, token string) string {
		return "?" + url.Values{"hub.mode": {mode}, "hub.verify_token": {token}, "hub.challenge": {"<b>1158"}}.Encode()
	}
	for path, want := range map[string]int{
		"/whatsapp/main" + q("subscribe", verify): 200, "/whatsapp/main" + q("subscribe", "x"): 403,
		"/whatsapp/main" + q("unsubscribe", verify): 403, "/whatsapp/main": 403, "/whatsapp/other" + q("subscribe", verify): 404,
	} {
		status, said := l.ask(http.MethodGet, path, "", "")
		if status != want || (said == "<b>1158") != (want == 200) {
			t.Errorf("%s: %d %q", path, status, said)
		}
	}
	if status, _ := l.ask(http.MethodPut, "/whatsapp/main", "", ""); status != http.StatusMethodNotAllowed {
		t.Errorf("%d", status)
	}
}

// TestBadWebhooksChangeNothing: they cost little, and each is counted.
func TestBadWebhooksChangeNothing(t *testing.T) {
	l := connected(t, setup{})
	large := strings.Repeat(" ", maxWebhook+1)
	foreign := `{"object":"whatsapp_business_account","entry":[{"id":"9","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"8"},` +
		`"messages":[{"from":"12125550101","id":"wamid.A","timestamp":"1","type":"text","text":{"body":"2"}}]}}]}]}`
	for _, c := range []struct {
		name, body, signature string
		status                int
		count                 func(HookCounts) int
	}{
		{"no signature", "{}", "", 401, func(c HookCounts) int { return c.Unsigned }},
		{"half a signature", "{}", "sha256=00", 401, func(c HookCounts) int { return c.Unsigned }},
		{"SHA-1", "{}", "sha1=" + strings.Repeat("0", 40), 401, func(c HookCounts) int { return c.Unsigned }},
		{"another's", "{}", "sha256=" + strings.Repeat("00", 32), 401, func(c HookCounts) int { return c.Forged }},
		{"too large", large, l.signed(large), 413, func(c HookCounts) int { return c.TooLarge }},
		{"foreign", foreign, l.signed(foreign), 200, func(c HookCounts) int { return c.Foreign }},
	} {
		// Over a connection, who is refused before all of it was sent may be cut off before the answer.
		r := httptest.NewRequestWithContext(l.ctx, http.MethodPost, "/whatsapp/main", strings.NewReader(c.body))
		if c.signature != "" {
			r.Header.Set("X-Hub-Signature-256", c.signature)
		}
		w := httptest.NewRecorder()
		l.hook.ServeHTTP(w, r)
		status := w.Code
		if got := l.hook.Counts(); status != c.status || c.count(got) == 0 {
			t.Errorf("%s: %d %+v", c.name, status, got)
		}
	}
	if status, _ := l.ask(http.MethodPost, "/whatsapp/other", "{}", l.signed("{}")); status != 404 {
		t.Errorf("no such number: %d", status)
	}
	if len(l.in.got())+len(l.in.heard())+len(l.keeps) != 0 {
		t.Error("something was taken")
	}
}

// TestAReplayOfLastWeekIsHistory: history makes nobody subscribed.
func TestAReplayOfLastWeekIsHistory(t *testing.T) {
	l := connected(t, setup{})
	l.srv.Hold()
	l.srv.Person(anasPhone).Send("I want promotions")
	bodies := l.srv.Release(cloudtest.Packing{})
	l.srv.Deliver(l.ctx)
	if got := l.post(string(bodies[0])); got != 200 || l.hook.Counts().Repeated != 1 {
		t.Errorf("the same bytes: %d %+v", got, l.hook.Counts())
	}
	l.srv.Advance(7*24*time.Hour + time.Minute)
	l.in.seen = map[string]bool{}
	l.post(string(bodies[0]) + " ")
	l.srv.Advance(time.Hour)
	l.post(string(bodies[0]) + "  ")
	l.in.seen = map[string]bool{}
	l.post(string(bodies[0]) + "   ")
	got := l.in.got()
	if len(got) != 3 || got[0].History || got[1].History || !got[2].History || l.hook.Counts().Late != 2 {
		t.Errorf("%+v %+v", got, l.hook.Counts())
	}
}

// TestWhatCannotBeReadIsKept: the person whom it names is held, the operator is told, and Meta does
// not repeat it for a week.
func TestWhatCannotBeReadIsKept(t *testing.T) {
	l := connected(t, setup{})
	n := l.srv.Number()
	value := func(inside string) string {
		return fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":%q,"changes":[{"field":"messages","value":{"metadata":`+
			`{"phone_number_id":%q},%s}}]}]}`, n.WABA, n.ID, inside)
	}
	for i, c := range []struct {
		name, body string
		held       bool
	}{
		{"no JSON", `{"object":`, false},
		{"deep", strings.Repeat(`[`, 100000), false},
		{"deep in it", value(`"messages":[` + strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat(`}`, 100) + `]`), false},
		{"no list", `{"object":"whatsapp_business_account","entry":"x"}`, false},
		{"a message that is none", value(`"contacts":[{"wa_id":"12125550101"}],"messages":["x"]`), true},
		{"nobody named", value(`"messages":[{"id":"wamid.Z","type":"text","text":{"body":"2"}}]`), false},
		{"a stop of nobody", value(`"user_preferences":[{"value":"stop"}]`), false},
	} {
		before := len(l.in.got())
		if status := l.post(c.body); status != http.StatusOK {
			t.Errorf("%s: %d", c.name, status)
		}
		if len(l.keeps) != i+1 {
			t.Errorf("%s: %d kept", c.name, len(l.keeps))
		}
		got := l.in.got()[before:]
		if (len(got) == 1 && got[0].Kind == bot.KindUndecryptable && got[0].ID != "") != c.held {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	trouble := 0
	for _, kind := range l.in.kinds() {
		if kind == bot.NumberTrouble {
			trouble++
		}
	}
	if trouble != 1 {
		t.Errorf("%d notices in an hour", trouble)
	}
}

// TestWhatCannotBeKeptComesAgain: a full disk is not the end of it.
func TestWhatCannotBeKeptComesAgain(t *testing.T) {
	l := connected(t, setup{options: func(o *Options) {
		o.Keep = func(context.Context, []byte) error { return errDisk }
	}})
	if status := l.post(`[`); status != http.StatusInternalServerError {
		t.Errorf("%d", status)
	}
}

// TestANumberThatIsNotConnectedHasItsWebhooksRepeated: and those of the other number are taken.
func TestANumberThatIsNotConnectedHasItsWebhooksRepeated(t *testing.T) {
	l := connected(t, setup{two: true})
	l.c.Disconnect()
	l.srv.Hold()
	ana := l.srv.Person(anasPhone)
	ana.Write(l.srv.Number(), cloudtest.Text("2"))
	ana.Write(l.two, cloudtest.Text("hi"))
	l.srv.Release(cloudtest.Packing{Together: true})
	l.srv.Deliver(l.ctx)
	if got := l.srv.Attempts()[0].Status; got != http.StatusServiceUnavailable || len(l.in.got()) != 0 || len(l.other.got()) != 1 {
		t.Fatalf("%d %v %v", got, l.in.texts(), l.other.texts())
	}
	if err := l.c.Connect(l.ctx); err != nil {
		t.Fatal(err)
	}
	if err := l.c.Connect(l.ctx); err != nil {
		t.Error("twice:", err)
	}
	l.srv.Advance(10 * time.Second)
	l.srv.Deliver(l.ctx)
	if !slices.Equal(l.in.texts(), []string{"2"}) || len(l.other.got()) != 1 {
		t.Errorf("%q %q", l.in.texts(), l.other.texts())
	}
}

// TestAMessageWithoutANumberIsOfOne: two numbers of one account, and the webhook does not say which. It
// must not opt anybody in twice.
func TestAMessageWithoutANumberIsOfOne(t *testing.T) {
	l := connected(t, setup{two: true})
	body := `{"entry":[{"changes":[{"field":"messages","value":{"messages":[{"from":"12125550101","id":"wamid.A","type":"text","text":{"body":"2"}}]}}]}]}`
	if status := l.post(body); status != 200 || len(l.in.got()) != 1 || len(l.other.got()) != 0 {
		t.Errorf("%d %v %v", status, l.in.texts(), l.other.texts())
	}
}

// TestWebhooksAtOnce: Meta posts many at a time. Each message is taken once.
func TestWebhooksAtOnce(t *testing.T) {
	l := connected(t, setup{})
	for i := range 100 {
		l.srv.Person(fmt.Sprintf("+121255501%02d", i)).Send(fmt.Sprint("message ", i))
	}
	l.srv.DeliverAtOnce(l.ctx)
	l.srv.Deliver(l.ctx)
	if got := l.in.texts(); len(got) != 100 {
		t.Errorf("%d taken", len(got))
	}
}

// TestAnotherAppSpeaksForItsOwnNumbersOnly: two apps, and the secret of one says nothing of the other's
// number.
func TestAnotherAppSpeaksForItsOwnNumbersOnly(t *testing.T) {
	l := connected(t, setup{})
	theirs := HookNumber{Name: "theirs", PhoneNumberID: "77", AppSecret: "their secret", VerifyToken: verify}
	l.hook.numbers = append(l.hook.numbers, theirs)
	body := fmt.Sprintf(`{"entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":%q},"messages":[{"from":"12125550101",`+
		`"id":"wamid.A","type":"text","text":{"body":"I want promotions"}}]}}]}]}`, l.srv.Number().ID)
	m := hmac.New(sha256.New, []byte(theirs.AppSecret))
	m.Write([]byte(body))
	status, _ := l.ask(http.MethodPost, "/whatsapp/theirs", body, "sha256="+hex.EncodeToString(m.Sum(nil)))
	if status != 200 || len(l.in.got()) != 0 || l.hook.Counts().Foreign != 1 {
		t.Errorf("%d %v %+v", status, l.in.texts(), l.hook.Counts())
	}
}

func TestHooksAreChecked(t *testing.T) {
	good := HookNumber{Name: "main", PhoneNumberID: "1", AppSecret: "s", VerifyToken: "v"}
	twice := good
	twice.Name = "two"
	for _, bad := range [][]HookNumber{{{Name: "main"}}, {good, good}, {good, twice}} {
		if _, err := NewHook(bad, nil, nil); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
	h, err := NewHook([]HookNumber{good}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"another", "s", "s"} {
		c, err := Open(Options{Number: "main", PhoneNumberID: "1", Portfolio: "3", Token: "t", AppSecret: secret, Hook: h, Server: "http://127.0.0.1:1", RetryDelay: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		err = c.Connect(context.Background())
		if (err == nil) != (secret == "s" && len(h.working) == 1 && h.clients["1"] == c) {
			t.Errorf("%s: %v", secret, err)
		}
	}
}

// TestTheHookLearns: a number that is added later, or has another secret since, is known. One that
// Meta has asked about is met.
func TestTheHookLearns(t *testing.T) {
	l := connected(t, setup{})
	select {
	case <-l.hook.Met("main"): // the harness has subscribed
	default:
		t.Error("Meta has asked, and nobody noticed")
	}
	handshake := func(name, token string) int {
		status, _ := l.ask("GET", "/whatsapp/"+name+"?hub.mode=subscribe&hub.challenge=1&hub.verify_token="+token, "", "")
		return status
	}
	if got := handshake("two", "t"); got != http.StatusNotFound || l.hook.Met("two") != nil {
		t.Error(got)
	}
	if err := l.hook.Know(HookNumber{Name: "two", PhoneNumberID: "2", AppSecret: "s", VerifyToken: "t"}); err != nil {
		t.Fatal(err)
	}
	if got := handshake("two", "wrong"); got != http.StatusForbidden {
		t.Error(got)
	}
	select {
	case <-l.hook.Met("two"):
		t.Error("a wrong token counts")
	default:
	}
	if got := handshake("two", "t"); got != http.StatusOK {
		t.Error(got)
	}
	<-l.hook.Met("two")
	if err := l.hook.Know(HookNumber{Name: "two", PhoneNumberID: "2", AppSecret: "s", VerifyToken: "new"}); err != nil {
		t.Fatal(err)
	}
	if old, now := handshake("two", "t"), handshake("two", "new"); old != http.StatusForbidden || now != http.StatusOK {
		t.Error(old, now)
	}
	if err := l.hook.Know(HookNumber{Name: "three", PhoneNumberID: "2", AppSecret: "s", VerifyToken: "t"}); err == nil {
		t.Error("two numbers have one ID")
	}
}

// TestSecurityLargeBodiesTakeLittleMemory: so many at once are read of what nobody has signed, and the
// next one is when one of them is over. Small ones do not wait for them.
func TestSecurityLargeBodiesTakeLittleMemory(t *testing.T) {
	l := connected(t, setup{})
	body := strings.Repeat("x", large+1)
	var slow []*io.PipeWriter
	answers := make(chan int, maxLarge+1)
	begin := func() *io.PipeWriter {
		r, w := io.Pipe()
		go func() {
			req, err := http.NewRequestWithContext(l.ctx, "POST", l.web.URL+"/whatsapp/main", r)
			if err == nil {
				req.ContentLength = int64(len(body))
				req.Header.Set("X-Hub-Signature-256", "sha256="+strings.Repeat("00", sha256.Size))
				if resp, err := http.DefaultClient.Do(req); err == nil {
					_ = resp.Body.Close()
					answers <- resp.StatusCode
					return
				}
			}
			answers <- 0
		}()
		if _, err := io.WriteString(w, body[:1]); err != nil {
			t.Error(err)
		}
		return w
	}
	for range maxLarge {
		slow = append(slow, begin())
	}
	for len(l.hook.large) < maxLarge {
		select {
		case <-l.ctx.Done():
			t.Fatal("they are not read")
		case status := <-answers:
			t.Fatalf("one was answered with %d", status)
		case <-time.After(time.Millisecond):
		}
	}
	last := begin()
	if got := l.post(`{"object":"whatsapp_business_account","entry":[]}`); got != http.StatusOK {
		t.Errorf("a small one that is signed waits, or gets %d", got)
	}
	for _, w := range append(slow, last) {
		_, _ = io.WriteString(w, body[1:]) // fails where a slow machine was longer than readFor
		_ = w.Close()
	}
	for range maxLarge + 1 {
		if status := <-answers; status == http.StatusOK {
			t.Error("what is not signed is taken")
		}
	}
	l.web.Close() // waits for all of them
	if len(l.hook.large) != 0 {
		t.Errorf("%d are not given back", len(l.hook.large))
	}
}
