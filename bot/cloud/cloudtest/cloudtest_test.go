package cloudtest_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"optinbot/bot/cloud/cloudtest"
)

// patience is longer than anything here takes.
const patience = 2 * time.Minute

// A shop is a business as small as can be: it keeps what it hears.
type shop struct {
	t    *testing.T
	ctx  context.Context
	srv  *cloudtest.Server
	hook *httptest.Server

	mu     sync.Mutex
	status int // of its answers
	heard  []string
	bad    int // of another signature
}

func open(t *testing.T) *shop {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	s := &shop{t: t, ctx: ctx, srv: cloudtest.NewServer(), status: http.StatusOK}
	s.hook = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() { s.hook.Close(); s.srv.Close(); cancel() })
	if err := s.srv.Subscribe(ctx, s.hook.URL, "the verify token"); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shop) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		if r.FormValue("hub.verify_token") != "the verify token" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, r.FormValue("hub.challenge"))
		return
	}
	body, _ := io.ReadAll(r.Body)
	m := hmac.New(sha256.New, []byte(s.srv.AppSecret()))
	m.Write(body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Header.Get("X-Hub-Signature-256") != "sha256="+hex.EncodeToString(m.Sum(nil)) {
		s.bad++
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if s.status == http.StatusOK {
		s.heard = append(s.heard, string(body))
	}
	w.WriteHeader(s.status)
}

func (s *shop) answers(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

// said are the bodies that came, delivered up to now.
func (s *shop) said() []string {
	s.srv.Deliver(s.ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.heard)
}

// values returns the texts at a path of everything that came, in order.
func (s *shop) values(list, field string) (out []string) {
	for _, body := range s.said() {
		var v struct {
			Entry []struct {
				Changes []struct{ Value map[string]json.RawMessage }
			}
		}
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			s.t.Fatal(err)
		}
		for _, e := range v.Entry {
			for _, c := range e.Changes {
				var items []map[string]any
				_ = json.Unmarshal(c.Value[list], &items)
				for _, item := range items {
					out = append(out, fmt.Sprint(item[field]))
				}
			}
		}
	}
	return out
}

// A reply is what the API answered.
type reply struct {
	Status   int `json:"-"`
	Messages []struct {
		ID   string
		Word string `json:"message_status"`
	}
	Contacts []struct {
		Input string
		WaID  string `json:"wa_id"`
		User  string `json:"user_id"`
	}
	Error struct {
		Code int
		Data struct{ Details string } `json:"error_data"`
	}
	ID     string
	Data   json.RawMessage
	Paging struct{ Next string }
}

func (s *shop) call(method, path, body string) (r reply, err error) {
	req, err := http.NewRequestWithContext(s.ctx, method, s.srv.URL()+"/v25.0/"+path, strings.NewReader(body))
	if err != nil {
		return r, err
	}
	req.Header.Set("Authorization", "Bearer "+s.srv.Token())
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return r, err
	}
	defer func() { _ = resp.Body.Close() }()
	r.Status = resp.StatusCode
	said, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(said, &r)
	}
	return r, err
}

func (s *shop) send(body string) (reply, error) {
	return s.call(http.MethodPost, s.srv.Number().ID+"/messages", body)
}

func (s *shop) must(r reply, err error) reply {
	s.t.Helper()
	if err != nil || r.Status != http.StatusOK {
		s.t.Fatalf("%d %+v, %v", r.Status, r.Error, err)
	}
	return r
}

const anasPhone = "+12125550101"

func text(words, opaque string) string {
	return fmt.Sprintf(`{"messaging_product":"whatsapp","recipient_type":"individual","to":"+12125550101","type":"text",`+
		`"text":{"body":%q},"biz_opaque_callback_data":%q}`, words, opaque)
}

func TestAConversation(t *testing.T) {
	s := open(t)
	ana := s.srv.Person(anasPhone)
	id := ana.Send("pâtes 😀 a/b")
	if got := s.values("messages", "id"); !slices.Equal(got, []string{id}) {
		t.Fatalf("heard %q", got)
	}
	if body := s.said()[0]; !strings.Contains(body, `p\u00e2tes \ud83d\ude00 a\/b`) {
		t.Errorf("not written as Meta writes: %s", body)
	}
	r := s.must(s.send(text("Hello.", "m1")))
	got, err := ana.Next(s.ctx)
	if err != nil || got.Text != "Hello." || got.Opaque != "m1" || got.ID != r.Messages[0].ID {
		t.Fatalf("%+v %v", got, err)
	}
	ana.Read(got)
	if got := s.values("statuses", "status"); !slices.Equal(got, []string{"sent", "delivered", "read"}) {
		t.Errorf("statuses %q", got)
	}
	if s.srv.Taken("m1") != 1 || s.srv.Requests("messages") != 1 {
		t.Error("not counted")
	}
	raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(id, "wamid."))
	if !strings.Contains(string(raw), "12125550101") {
		t.Errorf("a wamid has the phone in it, as Meta's have: %q", raw)
	}
}

func TestFreeWordsNeedAnOpenWindow(t *testing.T) {
	for _, atOnce := range []bool{false, true} {
		s := open(t)
		s.srv.AtOnce(atOnce)
		ana := s.srv.Person(anasPhone)
		ana.Send("hi")
		s.srv.Advance(cloudtest.Window - time.Second)
		s.must(s.send(text("in time", "m1")))
		s.srv.Advance(time.Second)
		r, err := s.send(text("too late", "m2"))
		if err != nil || (r.Error.Code == 131047) != atOnce {
			t.Fatalf("%+v %v", r, err)
		}
		if len(ana.Received()) != 1 {
			t.Errorf("received %v", ana.Received())
		}
		if got := s.values("statuses", "status"); slices.Contains(got, "failed") == atOnce {
			t.Errorf("at once %v: %q", atOnce, got)
		}
	}
}

func offer() cloudtest.Template {
	return cloudtest.Template{
		Name: "weekend_3", Language: "pt_BR", Body: "Hi {{name}}, 20 % off.", Footer: "STOP ends it", Buttons: []string{"Stop promotions"},
	}
}

func template(parameters string) string {
	return `{"messaging_product":"whatsapp","recipient_type":"individual","to":"+12125550101","type":"template","template":{"name":"weekend_3",` +
		`"language":{"code":"pt_BR"},"components":[{"type":"body","parameters":[` + parameters + `]},{"type":"button","sub_type":"quick_reply",` +
		`"index":"0","parameters":[{"type":"payload","payload":"stop"}]}]}}`
}

const anasName = `{"type":"text","parameter_name":"name","text":"Ana"}`

func TestATemplateIsFilledInOrRefused(t *testing.T) {
	s := open(t)
	n := s.srv.Number()
	n.AddTemplate(offer())
	ana := s.srv.Person(anasPhone)
	s.must(s.send(template(anasName)))
	got, err := ana.Next(s.ctx)
	if err != nil || got.Text != "Hi Ana, 20 % off.\n\nSTOP ends it" {
		t.Fatalf("%q %v", got.Text, err)
	}
	if _, err := ana.Tap(got, "Stop promotions"); err != nil {
		t.Fatal(err)
	}
	if said := s.said(); !strings.Contains(said[len(said)-1], `"payload":"stop"`) {
		t.Errorf("tapped: %s", said)
	}
	for parameters, code := range map[string]int{
		``: 100, `{"type":"text","text":"Ana"}`: 100, anasName + "," + anasName: 132000,
		`{"type":"text","parameter_name":"name","text":"A\nna"}`:    132018,
		`{"type":"text","parameter_name":"name","text":"A      b"}`: 132018,
		`{"type":"text","parameter_name":"nom","text":"Ana"}`:       132000,
	} {
		if r, err := s.send(template(parameters)); err != nil || r.Error.Code != code {
			t.Errorf("%s: %+v %v, want %d", parameters, r.Error, err, code)
		}
	}
	for _, c := range []struct {
		status string
		code   int
	}{{"PAUSED", 132015}, {"DISABLED", 132016}, {"REJECTED", 132001}, {"APPROVED", 0}} {
		status, code := c.status, c.code
		if !n.Review("weekend_3", "pt_BR", status, "") {
			t.Fatal("no such template")
		}
		if r, err := s.send(template(anasName)); err != nil || r.Error.Code != code {
			t.Errorf("%s: %+v %v", status, r.Error, err)
		}
	}
	ana.StopOffers()
	s.must(s.send(template(anasName)))
	if said := s.said(); !strings.Contains(said[len(said)-1], "131050") {
		t.Errorf("they stopped: %s", said[len(said)-1])
	}
}

func TestTemplatesAreHandedInAndReviewed(t *testing.T) {
	s := open(t)
	n := s.srv.Number()
	in := func(body, footer string) string {
		return `{"name":"offer","language":"en","category":"MARKETING","parameter_format":"NAMED","components":[{"type":"BODY","text":"` + body +
			`","example":{"body_text_named_params":[{"param_name":"name","example":"Ana"}]}},{"type":"FOOTER","text":"` + footer + `"},` +
			`{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Stop promotions"}]}]}`
	}
	path := n.WABA + "/message_templates"
	for _, bad := range []string{
		in("{{name}}, hello", "STOP"), in("Hello {{name}}", "STOP"), in("Hi {{name}}!", "{{name}}"), in("Hi {{name}}!", strings.Repeat("x", 61)),
		in("Hi {{name}}, {{other}}!", "STOP"), `{"name":"offer"}`, strings.Replace(in("Hi {{name}}!", ""), `"offer"`, `"Offer 1"`, 1),
	} {
		if r, err := s.call(http.MethodPost, path, bad); err != nil || r.Error.Code != 100 {
			t.Errorf("%s: %+v %v", bad, r, err)
		}
	}
	s.must(s.call(http.MethodPost, path, in("Hi {{name}}!", "STOP")))
	if got := n.Templates(); len(got) != 1 || got[0].Status != "PENDING" || got[0].Buttons[0] != "Stop promotions" {
		t.Fatalf("%+v", got)
	}
	n.Review("offer", "en", "REJECTED", "PROMOTIONAL")
	n.Rate("offer", "en", "RED")
	n.Recategorise("offer", "en", "UTILITY")
	r := s.must(s.call(http.MethodGet, path+"?name=offer", ""))
	for _, want := range []string{`"REJECTED"`, `"PROMOTIONAL"`, `"RED"`, `"UTILITY"`, `"Hi {{name}}!"`} {
		if !strings.Contains(string(r.Data), want) {
			t.Errorf("%s lacks %s", r.Data, want)
		}
	}
	if said := s.said(); len(said) != 3 {
		t.Errorf("heard %q", said)
	}
}

// TestEveryCodeComesAtOnceAndLater: a refusal leaves nobody anything to read.
func TestEveryCodeComesAtOnceAndLater(t *testing.T) {
	s := open(t)
	ana := s.srv.Person(anasPhone)
	ana.Send("hi")
	for _, c := range cloudtest.Codes {
		if c.Code == 0 {
			continue
		}
		s.srv.Next(cloudtest.Fate{Code: c.Code}, cloudtest.Fate{Later: c.Code})
		if r, err := s.send(text("x", "")); err != nil || r.Error.Code != c.Code || r.Status != c.HTTP {
			t.Errorf("%d: %d %+v %v", c.Code, r.Status, r.Error, err)
		}
		s.must(s.send(text("x", "")))
		if said := s.said(); !strings.Contains(said[len(said)-1], fmt.Sprintf(`"code":%d,`, c.Code)) {
			t.Errorf("%d: %s", c.Code, said[len(said)-1])
		}
	}
	if len(ana.Received()) != 0 {
		t.Error("somebody read it")
	}
}

func TestFates(t *testing.T) {
	for name, c := range map[string]struct {
		fate      cloudtest.Fate
		fails     bool // the request ends without an answer
		received  int
		taken     int
		statusOf  int
		noMessage bool
	}{
		"nothing":       {received: 1, taken: 1, statusOf: 200},
		"cut before":    {fate: cloudtest.Fate{Cut: cloudtest.CutBefore}, fails: true},
		"cut after":     {fate: cloudtest.Fate{Cut: cloudtest.CutAfter}, fails: true, received: 1, taken: 1},
		"cut within":    {fate: cloudtest.Fate{Cut: cloudtest.CutWithin}, fails: true, received: 1, taken: 1},
		"dropped":       {fate: cloudtest.Fate{Dropped: true}, taken: 1, statusOf: 200},
		"no id":         {fate: cloudtest.Fate{NoID: true}, received: 1, taken: 1, statusOf: 200, noMessage: true},
		"503 and taken": {fate: cloudtest.Fate{Code: 2, HTTP: 503, Take: true}, received: 1, taken: 1, statusOf: 503},
		"a page":        {fate: cloudtest.Fate{HTTP: 502, Body: "<html>"}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			ana := s.srv.Person(anasPhone)
			ana.Send("hi")
			s.srv.Next(c.fate)
			r, err := s.send(text("x", "m1"))
			if (err != nil) != c.fails || !c.fails && r.Status != c.statusOf || c.noMessage && len(r.Messages) > 0 {
				t.Errorf("%+v %v", r, err)
			}
			if got := len(ana.Received()); got != c.received || s.srv.Taken("m1") != c.taken {
				t.Errorf("received %d, taken %d", got, s.srv.Taken("m1"))
			}
		})
	}
}

func TestAStatusComesBeforeTheAnswer(t *testing.T) {
	s := open(t)
	s.srv.Person(anasPhone).Send("hi")
	s.said()
	s.srv.Next(cloudtest.Fate{Early: true})
	s.must(s.send(text("x", "m1")))
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.heard) != 3 || !strings.Contains(s.heard[1], `"sent"`) {
		t.Errorf("heard %q", s.heard)
	}
}

// TestWhatIsNotAnsweredComesAgain: for seven days by the clock, ever more rarely.
func TestWhatIsNotAnsweredComesAgain(t *testing.T) {
	s := open(t)
	s.answers(http.StatusInternalServerError)
	s.srv.Person(anasPhone).Send("2")
	var last time.Duration
	for i := 0; ; i++ {
		if n := s.srv.Deliver(s.ctx); n != 1 {
			t.Fatalf("try %d: %d posts", i, n)
		}
		n, next := s.srv.Pending()
		if n == 0 {
			break
		}
		pause := next.Sub(s.srv.Now())
		if pause < last {
			t.Errorf("try %d after %s, before that %s", i, pause, last)
		}
		last = pause
		s.srv.Advance(pause)
	}
	if passed := s.srv.Now().Sub(cloudtest.Begin); passed < cloudtest.GivesUp-9*time.Hour || passed > cloudtest.GivesUp {
		t.Errorf("tried for %s", passed)
	}
	if len(s.srv.Attempts()) < 20 {
		t.Errorf("%d tries", len(s.srv.Attempts()))
	}

	s.srv.Person(anasPhone).Send("2")
	s.srv.Deliver(s.ctx)
	s.answers(http.StatusOK)
	if s.srv.Deliver(s.ctx) != 0 {
		t.Error("too early")
	}
	s.srv.Advance(10 * time.Second)
	if len(s.said()) != 1 {
		t.Error("it did not come again")
	}
}

func TestBatchesDisorderAndDuplicates(t *testing.T) {
	s := open(t)
	other := s.srv.AddNumber("+15550000002")
	if err := s.srv.Subscribe(s.ctx, s.hook.URL, "the verify token"); err != nil {
		t.Fatal(err)
	}
	s.srv.Hold()
	ana := s.srv.Person(anasPhone)
	var ids []string
	for _, n := range []*cloudtest.Number{s.srv.Number(), other} {
		for i := range 6 {
			ids = append(ids, ana.Write(n, cloudtest.Text(fmt.Sprint("message ", i))))
		}
	}
	if s.srv.Held() != 12 || len(s.said()) != 0 {
		t.Fatal("they are not held")
	}
	order := []int{11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}
	bodies := s.srv.Release(cloudtest.Packing{Together: true, Items: 3, Order: order, Copies: 2})
	if len(bodies) != 1 || strings.Count(string(bodies[0]), `"changes"`) != 2 || strings.Count(string(bodies[0]), `"field"`) != 4 {
		t.Fatalf("%s", bodies)
	}
	got := s.values("messages", "id")
	slices.Reverse(ids)
	if !slices.Equal(got, slices.Concat(ids, ids)) {
		t.Errorf("got %q", got)
	}
}

func TestSignatures(t *testing.T) {
	s := open(t)
	for i, how := range []cloudtest.Signature{cloudtest.SignNone, cloudtest.SignWrong, cloudtest.SignOther, cloudtest.SignBody} {
		s.srv.Sign(how)
		if status, err := s.srv.Post(s.ctx, []byte(`{"a":"\u00e9"}`)); err != nil || status != http.StatusUnauthorized || s.bad != i+1 {
			t.Errorf("signature %d: %d %v", how, status, err)
		}
	}
	s.srv.Sign(cloudtest.SignRight)
	if status, err := s.srv.Post(s.ctx, []byte(`{"a":"\u00e9"}`)); err != nil || status != http.StatusOK {
		t.Errorf("%d %v", status, err)
	}
	if err := s.srv.Subscribe(s.ctx, s.hook.URL, "another"); err == nil {
		t.Error("a wrong verify token passes the handshake")
	}
}

func TestPeopleWithoutAPhone(t *testing.T) {
	s := open(t)
	ana := s.srv.Person(anasPhone)
	ana.HidePhone("ana.silva")
	ana.Send("hi")
	if said := s.said()[0]; strings.Contains(said, "2125550101") || !strings.Contains(said, ana.BSUID()) {
		t.Errorf("%s", said)
	}
	body := strings.Replace(text("x", "m1"), `"to":"+12125550101"`, `"recipient":"`+ana.BSUID()+`"`, 1)
	s.must(s.send(body))
	s.must(s.send(strings.Replace(body, `"recipient"`, `"to"`, 1))) // in the wrong field it reaches nobody
	if len(ana.Received()) != 1 {
		t.Errorf("received %v", ana.Received())
	}
}

func TestAddresses(t *testing.T) {
	s := open(t)
	ana, bia := s.srv.Person("+5511900000001"), s.srv.Person("+1"+"5511900000001")
	ana.SetWaID("551190000001")
	ana.Send("hi")
	bia.Send("hi")
	to := func(address string) reply {
		return s.must(s.send(strings.Replace(text("x", ""), anasPhone, address, 1)))
	}
	if r := to("+5511900000001"); r.Contacts[0].WaID != "551190000001" || r.Contacts[0].Input != "+5511900000001" {
		t.Errorf("%+v", r)
	}
	to("5511900000001") // without the plus: our own country
	to("+12125550199")
	if len(ana.Received()) != 1 || len(bia.Received()) != 1 {
		t.Errorf("%d %d", len(ana.Received()), len(bia.Received()))
	}
	if got := s.values("statuses", "status"); got[len(got)-1] != "failed" {
		t.Errorf("%q", got)
	}
	old := ana.BSUID()
	ana.ChangeNumber("+5511900000002")
	said := s.said()
	if last := said[len(said)-1]; !strings.Contains(last, "user_changed_number") || strings.Contains(last, `"contacts"`) || ana.BSUID() == old {
		t.Errorf("%s", last)
	}
}

func TestChoicesAreTapped(t *testing.T) {
	s := open(t)
	ana := s.srv.Person(anasPhone)
	ana.Send("hi")
	head := `{"messaging_product":"whatsapp","recipient_type":"individual","to":"+12125550101","type":"interactive","interactive":`
	s.must(s.send(head + `{"type":"button","body":{"text":"Stop?"},"action":{"buttons":[{"type":"reply","reply":{"id":"y","title":"Yes"}}]}}}`))
	s.must(s.send(head + `{"type":"list","body":{"text":"What?"},"action":{"button":"Choose","sections":[{"title":"T","rows":[{"id":"i1","title":"Shoes"}]}]}}}`))
	for i, title := range []string{"Yes", "Shoes"} {
		if _, err := ana.Tap(ana.Received()[i], title); err != nil {
			t.Error(err)
		}
	}
	all := strings.Join(s.said(), "\n")
	for _, want := range []string{`"button_reply":{"id":"y","title":"Yes"}`, `"list_reply":{"id":"i1","title":"Shoes"}`} {
		if !strings.Contains(all, want) {
			t.Errorf("no %s in %s", want, all)
		}
	}
}

func TestFilesAreUploaded(t *testing.T) {
	s := open(t)
	s.srv.Person(anasPhone).Send("hi")
	upload := func(kind string, size int) reply {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		_ = w.WriteField("messaging_product", "whatsapp")
		part, _ := w.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {`form-data; name="file"; filename="a"`}, "Content-Type": {kind},
		})
		_, _ = part.Write(make([]byte, size))
		_ = w.Close()
		req, _ := http.NewRequestWithContext(s.ctx, http.MethodPost, s.srv.URL()+"/v25.0/"+s.srv.Number().ID+"/media", &b)
		req.Header.Set("Content-Type", w.FormDataContentType())
		req.Header.Set("Authorization", "Bearer "+s.srv.Token())
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		var r reply
		if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	for kind, size := range map[string]int{"image/jpeg": 6 << 20, "image/heic": 10} {
		if r := upload(kind, size); r.Error.Code != 131053 {
			t.Errorf("%s: %+v", kind, r)
		}
	}
	image := func(id string) string {
		return strings.Replace(text("x", ""), `"type":"text","text":{"body":"x"}`, `"type":"image","image":{"id":"`+id+`","caption":"see"}`, 1)
	}
	s.must(s.send(image(upload("image/png", 10).ID)))
	if r, err := s.send(image("1")); err != nil || r.Error.Code != 131009 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestTokensAndSetUp(t *testing.T) {
	s := open(t)
	n := s.srv.Number()
	r := s.must(s.call(http.MethodGet, "debug_token?input_token="+s.srv.Token(), ""))
	if !strings.Contains(string(r.Data), `"is_valid":true`) || !strings.Contains(string(r.Data), "whatsapp_business_messaging") {
		t.Errorf("%s", r.Data)
	}
	n.Set("quality_rating", "YELLOW")
	req, _ := http.NewRequestWithContext(s.ctx, http.MethodGet, s.srv.URL()+"/v25.0/"+n.ID+"?fields=quality_rating,throughput", nil)
	req.Header.Set("Authorization", "Bearer "+s.srv.Token())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	said, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if !strings.Contains(string(said), "YELLOW") || strings.Contains(string(said), "verified_name") {
		t.Errorf("%s", said)
	}
	s.must(s.call(http.MethodDelete, n.WABA+"/subscribed_apps", ""))
	s.srv.Person(anasPhone).Send("nobody hears this")
	s.must(s.call(http.MethodPost, n.WABA+"/subscribed_apps", ""))
	s.srv.Person(anasPhone).Send("hi")
	if got := s.said(); len(got) != 1 {
		t.Errorf("heard %q", got)
	}
	s.srv.RequireProof()
	if r, err := s.send(text("x", "")); err != nil || r.Error.Code != 100 {
		t.Errorf("without a proof: %+v %v", r, err)
	}
	s.srv.ExpireToken(s.srv.Now())
	if r, err := s.send(text("x", "")); err != nil || r.Error.Code != 190 || r.Status != http.StatusUnauthorized {
		t.Errorf("%+v %v", r, err)
	}
}

// TestRunDelivers: without anybody who calls Deliver.
func TestRunDelivers(t *testing.T) {
	s := open(t)
	ctx, cancel := context.WithCancel(s.ctx)
	over := make(chan struct{})
	go func() { defer close(over); s.srv.Run(ctx, nil) }()
	s.srv.Person(anasPhone).Send("hi")
	if err := s.srv.WaitUntil(s.ctx, func() bool { return len(s.srv.Attempts()) == 1 }); err != nil {
		t.Fatal(err)
	}
	s.answers(http.StatusInternalServerError)
	s.srv.Person(anasPhone).Send("hi")
	s.srv.Advance(time.Minute)
	if err := s.srv.WaitUntil(s.ctx, func() bool { return len(s.srv.Attempts()) >= 2 }); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-over
}

// TestRules: each rule of the table refuses what breaks it.
func TestRules(t *testing.T) {
	good := map[string]string{
		"text":     `"text":{"body":"x","preview_url":false},"context":{"message_id":"wamid.IN"},"biz_opaque_callback_data":"o"`,
		"image":    `"image":{"id":"1","caption":"c"}`,
		"video":    `"video":{"id":"1","caption":"c"}`,
		"document": `"document":{"id":"1","caption":"c","filename":"f.pdf"}`,
		"audio":    `"audio":{"id":"1"}`,
		"sticker":  `"sticker":{"id":"1"}`,
		"contacts": `"contacts":[{"name":{"formatted_name":"S","first_name":"S"},"phones":[{"phone":"+12125550109","type":"WORK","wa_id":"1"}]}]`,
		"reaction": `"reaction":{"message_id":"m","emoji":"e"}`,
		"template": `"template":{"name":"n","language":{"code":"en"},"components":[{"type":"body","sub_type":"url","index":"0","parameters":[` +
			`{"type":"text","text":"t","parameter_name":"p","payload":"x","image":{"id":"1"},"video":{"id":"1"},"document":{"id":"1","filename":"f"}}]}]}`,
		"interactive/button":  `"interactive":{"type":"button","body":{"text":"b"},"action":{"buttons":[{"type":"reply","reply":{"id":"i","title":"t"}}]}}`,
		"interactive/list":    `"interactive":{"type":"list","body":{"text":"b"},"action":{"button":"b","sections":[{"title":"t","rows":[{"id":"i","title":"t","description":"d"}]}]}}`,
		"interactive/cta_url": `"interactive":{"type":"cta_url","body":{"text":"b"},"action":{"name":"cta_url","parameters":{"display_text":"d","url":"u"}}}`,
	}
	for kind, rules := range cloudtest.Rules {
		base, _, _ := strings.Cut(kind, "/")
		body := fmt.Sprintf(`{"messaging_product":"whatsapp","recipient_type":"individual","to":"+12125550101","type":%q,%s}`, base, good[kind])
		if err := cloudtest.Check([]byte(body)); err != nil {
			t.Errorf("%s: %v\n%s", kind, err, body)
			continue
		}
		for _, r := range rules {
			for how, broken := range breakings(r, body) {
				if cloudtest.Check(broken) == nil {
					t.Errorf("%s: %s %s is taken\n%s", kind, r.Path, how, broken)
				}
			}
		}
	}
	for _, bad := range []string{``, `[]`, `{}`, `{"type":"text"}`, text("x", strings.Repeat("o", 513)), strings.Replace(text("x", ""), `"to":"+12125550101",`, "", 1)} {
		if cloudtest.Check([]byte(bad)) == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	if err := cloudtest.Check([]byte(`{"messaging_product":"whatsapp","status":"read","message_id":"m"}`)); err != nil {
		t.Error(err)
	}
}

// breakings are bodies that break a rule, each in one way.
func breakings(r cloudtest.Rule, body string) map[string][]byte {
	out := map[string][]byte{}
	change := func(how string, to func(parent map[string]any, field string)) {
		var m map[string]any
		_ = json.Unmarshal([]byte(body), &m)
		at, field := m, r.Path
		for strings.Contains(field, ".") {
			var name string
			name, field, _ = strings.Cut(field, ".")
			switch inner := at[strings.TrimSuffix(name, "[]")].(type) {
			case map[string]any:
				at = inner
			case []any:
				at = inner[0].(map[string]any)
			}
		}
		to(at, field)
		out[how], _ = json.Marshal(m)
	}
	change("of another kind", func(p map[string]any, f string) { p[f] = nil })
	change("with a stranger beside it", func(p map[string]any, f string) { p["stranger"] = 1 })
	if r.Required {
		change("left out", func(p map[string]any, f string) { delete(p, f) })
	}
	if r.Max > 0 && r.Kind == 0 {
		change("too long", func(p map[string]any, f string) { p[f] = strings.Repeat("é", r.Max+1) })
	}
	if r.Max > 0 && r.Kind == 'l' {
		change("too many", func(p map[string]any, f string) {
			for range r.Max + 1 {
				p[f] = append(p[f].([]any), p[f].([]any)[0])
			}
		})
	}
	if r.Min > 0 {
		change("empty", func(p map[string]any, f string) { p[f] = []any{} })
	}
	if len(r.Enum) > 0 {
		change("of no such value", func(p map[string]any, f string) { p[f] = "stranger" })
	}
	return out
}

func TestNobodyCanWriteAfterTheEnd(t *testing.T) {
	s := open(t)
	s.srv.Close()
	if _, err := s.srv.Person(anasPhone).Next(expired()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func expired() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
