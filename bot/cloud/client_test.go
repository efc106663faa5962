package cloud

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cloud/cloudtest"
)

func buttons(n int, title string) *bot.Buttons {
	b := &bot.Buttons{Title: "What do you like?", Choose: "Choose"}
	for i := range n {
		b.Options = append(b.Options, bot.Button{ID: fmt.Sprint("id", i), Title: fmt.Sprint(title, i)})
	}
	return b
}

// TestEveryKindGoesOut: the server refuses what Meta's rules refuse, so what arrives was well made.
func TestEveryKindGoesOut(t *testing.T) {
	l := connected(t, setup{})
	ana := l.ana()
	l.srv.Number().AddTemplate(cloudtest.Template{
		Name: "offer", Language: "pt_BR", Header: "IMAGE", Body: "Hi {{name}}, {{1}} off!", Footer: "STOP ends it",
		Buttons: []string{"Stop promotions"}, Format: "NAMED",
	})
	picture := &bot.Media{Kind: bot.MediaImage, MIME: "image/png", Hash: "h"}
	document := &bot.Media{Kind: bot.MediaDocument, MIME: "application/pdf", Hash: "d", Name: "list \"1\".pdf"}
	video := &bot.Media{Kind: bot.MediaVideo, MIME: "video/mp4", Hash: "v"}
	for _, file := range []*bot.Media{picture, document, video} {
		ready, _ := l.c.Prepare(*file)
		<-ready
	}
	long := strings.Repeat("é", maxText)
	for name, c := range map[string]struct {
		m    bot.Outgoing
		kind string
		text string
		taps int
	}{
		"text":       {m: bot.Outgoing{Text: "Hello.", ReplyTo: "wamid.X"}, kind: "text", text: "Hello."},
		"long text":  {m: bot.Outgoing{Text: long}, kind: "text", text: long},
		"image":      {m: bot.Outgoing{Text: "See.", Media: picture}, kind: "image", text: "See."},
		"video":      {m: bot.Outgoing{Media: video}, kind: "video"},
		"document":   {m: bot.Outgoing{Text: "Read.", Media: document}, kind: "document", text: "Read."},
		"card":       {m: bot.Outgoing{Card: &bot.Card{Name: "Sol", Phone: "+15550000001"}}, kind: "contacts", text: "Sol +15550000001"},
		"poll":       {m: bot.Outgoing{Text: "1 a, 2 b", Poll: &bot.Poll{Title: "?"}}, kind: "text", text: "1 a, 2 b"},
		"buttons":    {m: bot.Outgoing{Text: "menu", Buttons: buttons(3, "t")}, kind: "interactive", text: "What do you like?", taps: 3},
		"list":       {m: bot.Outgoing{Text: "menu", Buttons: buttons(10, "twenty characters and ")}, kind: "interactive", text: "What do you like?", taps: 10},
		"too many":   {m: bot.Outgoing{Text: "menu", Buttons: buttons(11, "t")}, kind: "text", text: "menu"},
		"too long":   {m: bot.Outgoing{Text: "menu", Buttons: buttons(2, strings.Repeat("x", 24))}, kind: "text", text: "menu"},
		"long words": {m: bot.Outgoing{Text: "menu", Buttons: &bot.Buttons{Title: strings.Repeat("x", 1025), Choose: "Choose", Options: buttons(10, "t").Options}}, kind: "text", text: "menu"},
		"same title": {m: bot.Outgoing{Text: "menu", Buttons: &bot.Buttons{Title: "?", Options: []bot.Button{{ID: "1", Title: "x"}, {ID: "2", Title: "x"}}}}, kind: "text", text: "menu"},
		"template": {
			m: bot.Outgoing{Media: picture, Template: &bot.Template{
				Name: "offer", Language: "pt_BR", Parameters: []bot.Parameter{{Name: "name", Text: "Ana\nSilva"}, {Name: "1", Text: "20 %"}},
				Buttons: []string{"stop"},
			}}, kind: "template", text: "Hi Ana Silva, 20 % off!\n\nSTOP ends it", taps: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.m.ID = "ours-" + name
			r := l.send(c.m)
			all := ana.Received()
			got := all[len(all)-1]
			if r.Status != bot.SendAccepted || r.WireID != got.ID || got.Opaque != c.m.ID || got.Type != c.kind || got.Text != c.text ||
				len(got.Buttons) != c.taps || got.ReplyTo != c.m.ReplyTo {
				t.Errorf("%+v\n%+v", r, got)
			}
		})
	}
	if n := l.srv.Requests("refused"); n != 0 {
		t.Errorf("%d requests were not well made", n)
	}
	if l.srv.Requests("media") != 3 {
		t.Error("a file is uploaded once")
	}
}

// TestWhatMetaCannotTakeIsNotSent: it is refused here, with its cause.
func TestWhatMetaCannotTakeIsNotSent(t *testing.T) {
	l := connected(t, setup{})
	for name, c := range map[string]struct {
		m     bot.Outgoing
		cause bot.Cause
	}{
		"LID only":        {bot.Outgoing{Text: "x", To: []bot.Identity{{Kind: bot.LID, Value: "9"}}}, bot.CauseNeedsInbound},
		"empty":           {bot.Outgoing{Text: " "}, bot.CauseRequest},
		"too long":        {bot.Outgoing{Text: strings.Repeat("x", maxText+1)}, bot.CauseRequest},
		"empty parameter": {bot.Outgoing{Template: &bot.Template{Name: "a", Language: "en", Parameters: []bot.Parameter{{Text: " \n"}}}}, bot.CauseRequest},
		"no name":         {bot.Outgoing{Template: &bot.Template{Language: "en"}}, bot.CauseTemplate},
	} {
		if r := l.send(c.m); r.Status != bot.SendRefused || r.Cause != c.cause || r.Detail == "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if r := l.send(bot.Outgoing{Text: "x", Media: &bot.Media{Kind: bot.MediaImage}}); r.Status != bot.SendNotTried {
		t.Errorf("a file that is not there: %+v", r)
	}
	if r := l.c.Send(l.ctx, bot.Outgoing{Text: "x", To: to(anasPhone)}); r.Status != bot.SendNotTried {
		t.Errorf("no ID: %+v", r)
	}
	if l.srv.Requests("messages")+l.srv.Requests("refused") != 0 {
		t.Error("something was sent")
	}
	_ = l.c.Close()
	if r := l.send(bot.Outgoing{Text: "x"}); r.Status != bot.SendNotTried {
		t.Errorf("closed: %+v", r)
	}
}

// TestEveryCodeHasItsCause: at once and later alike.
func TestEveryCodeHasItsCause(t *testing.T) {
	l := connected(t, setup{})
	l.ana()
	for _, code := range cloudtest.Codes {
		if _, known := meanings[code.Code]; !known && (code.Code < 200 || code.Code > 299) && code.Code/1000 != 134 {
			t.Errorf("%d has no meaning", code.Code)
		}
		m := meaningOf(code.Code)
		l.srv.Next(cloudtest.Fate{Code: code.Code, HTTP: code.HTTP})
		r := l.send(bot.Outgoing{Text: "x", ID: "a"})
		switch {
		case code.HTTP >= 500 || m.unclear:
			if r.Status != bot.SendUnknown {
				t.Errorf("%d at once: %+v", code.Code, r)
			}
		case r.Status != bot.SendRefused || r.Code != code.Code || r.Cause != m.cause || r.Detail == "":
			t.Errorf("%d at once: %+v", code.Code, r)
		}
		if code.Code == 0 {
			continue
		}
		l.srv.Next(cloudtest.Fate{Later: code.Code})
		if r := l.send(bot.Outgoing{Text: "x", ID: "b"}); r.Status != bot.SendAccepted {
			t.Errorf("%d: %+v", code.Code, r)
		}
		l.srv.Deliver(l.ctx)
		all := l.in.heard()
		last := all[len(all)-1]
		if last.Kind != bot.ReceiptFailed || last.Code != code.Code || last.Cause != m.cause || last.MessageIDs[0] != "b" {
			t.Errorf("%d later: %+v", code.Code, last)
		}
	}
}

// TestProofOfNotSent: only a failure to connect proves that nothing left.
func TestProofOfNotSent(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := silent.Addr().String()
	_ = silent.Close()
	l := connected(t, setup{})
	closed := l.open2(t, "http://"+address)
	if r := closed.Send(l.ctx, bot.Outgoing{ID: "m1", To: to(anasPhone), Text: "x"}); r.Status != bot.SendNotTried {
		t.Errorf("nobody listens: %+v", r)
	}
	expired, cancel := context.WithCancel(l.ctx)
	cancel()
	if r := l.c.Send(expired, bot.Outgoing{ID: "m1", To: to(anasPhone), Text: "x"}); r.Status != bot.SendNotTried {
		t.Errorf("over before it began: %+v", r)
	}

	l.ana()
	for name, fate := range map[string]cloudtest.Fate{
		"cut before":    {Cut: cloudtest.CutBefore},
		"cut after":     {Cut: cloudtest.CutAfter},
		"cut within":    {Cut: cloudtest.CutWithin},
		"500":           {Code: 131000, HTTP: 500},
		"503 with 190":  {Code: 190, HTTP: 503},
		"trouble, 400":  {Code: 131000, HTTP: 400},
		"a proxy's 502": {HTTP: 502, Body: "<html>bad gateway"},
		"a proxy's 403": {HTTP: 403, Body: "<html>no"},
		"a proxy's 200": {HTTP: 200, Body: "<html>welcome"},
		"no code":       {HTTP: 400, Body: `{"error":{"message":"no"}}`},
		"429 bare":      {HTTP: 429, Body: `slow`},
		"no ID":         {NoID: true},
		"empty ID":      {HTTP: 200, Body: `{"messages":[{"id":""}]}`},
	} {
		before := l.srv.Requests("messages")
		l.srv.Next(fate)
		r := l.send(bot.Outgoing{Text: "x"})
		if r.Status != bot.SendUnknown || r.Detail == "" {
			t.Errorf("%s: %+v", name, r)
		}
		if n := l.srv.Requests("messages") - before; n != 1 {
			t.Errorf("%s: sent %d times", name, n)
		}
	}
}

// open2 opens the same number at another server, unconnected.
func (l *line) open2(t *testing.T, server string) *Client {
	t.Helper()
	o := l.c.options
	o.Server, o.Hook = server, nil
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestADeadlineAfterTheHeadersIsUnknown: the server has the message and says nothing.
func TestADeadlineAfterTheHeadersIsUnknown(t *testing.T) {
	l := connected(t, setup{})
	l.ana()
	l.srv.Next(cloudtest.Fate{Hold: make(chan struct{})})
	ctx, cancel := context.WithCancel(l.ctx)
	result := make(chan bot.SendResult, 1)
	go func() { result <- l.c.Send(ctx, bot.Outgoing{ID: "m1", To: to(anasPhone), Text: "x"}) }()
	if err := l.srv.WaitUntil(l.ctx, func() bool { return l.srv.Taken("m1") == 1 }); err != nil {
		t.Fatal(err)
	}
	cancel()
	if r := <-result; r.Status != bot.SendUnknown {
		t.Errorf("%+v", r)
	}
}

// TestNoRedirectIsFollowed: it would carry the token elsewhere, and the message twice.
func TestNoRedirectIsFollowed(t *testing.T) {
	followed := 0
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed++ }))
	defer target.Close()
	var headers http.Header
	status := 0
	from := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers = r.Header
		w.Header().Set("Location", target.URL)
		w.WriteHeader(status)
	}))
	defer from.Close()
	l := connected(t, setup{})
	c := l.open2(t, from.URL)
	for _, status = range []int{http.StatusFound, http.StatusTemporaryRedirect} {
		r := c.Send(l.ctx, bot.Outgoing{ID: "m1", To: to(anasPhone), Text: "x"})
		if r.Status != bot.SendUnknown || followed != 0 {
			t.Errorf("%+v, followed %d times", r, followed)
		}
	}
	if headers.Get("Idempotency-Key")+headers.Get("X-Idempotency-Key") != "" {
		t.Error("an idempotency key makes net/http repeat the request")
	}
}

// TestNothingPersonalIsTold: no phone, BSUID, wamid, token or text in logs and details.
func TestNothingPersonalIsTold(t *testing.T) {
	var out bytes.Buffer
	l := connected(t, setup{options: func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}})
	ana := l.ana()
	got := ana.Send("my secret words")
	l.in.failing(func(any) error { return fmt.Errorf("%w: %s of %s %s", errDisk, got, anasPhone, ana.BSUID()) })
	l.srv.Deliver(l.ctx)
	l.in.failing(nil)
	details := []string{}
	for _, fate := range []cloudtest.Fate{
		{HTTP: 400, Body: `{"error":{"code":131009,"error_data":{"details":"to +12125550101 ` + got + ` EAAtest123 ` + ana.BSUID() + `"}}}`},
		{Cut: cloudtest.CutBefore}, {Code: 190},
	} {
		l.srv.Next(fate)
		details = append(details, l.send(bot.Outgoing{Text: "more secret words"}).Detail)
	}
	_ = l.c.MarkRead(l.ctx, got, to(anasPhone))
	_ = l.c.Close()
	all := out.String() + strings.Join(details, "\n")
	for _, e := range l.in.events {
		all += e.Detail
	}
	for _, secret := range []string{"2125550101", got, ana.BSUID(), l.srv.Token(), l.srv.AppSecret(), "secret words", l.c.proof, "wamid.", "appsecret_proof"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is told:\n%s", secret, all)
		}
	}
	if !strings.Contains(all, "disk is full") {
		t.Errorf("nothing is told: %s", all)
	}
}

func TestReadReceipts(t *testing.T) {
	l := connected(t, setup{})
	ana := l.ana()
	id := ana.Send("hi")
	for _, id := range []string{"", "raw:1", id} {
		if err := l.c.MarkRead(l.ctx, id, to(anasPhone)); err != nil {
			t.Error(err)
		}
	}
	if err := l.srv.WaitUntil(l.ctx, func() bool { return len(l.srv.Reads()) > 0 }); err != nil {
		t.Fatal(err)
	}
	if got := l.srv.Reads(); !slices.Equal(got, []string{id}) {
		t.Errorf("read %q", got)
	}
	l.c.Disconnect()
	if l.c.MarkRead(l.ctx, id, to(anasPhone)) == nil {
		t.Error("it is not connected")
	}
}

// TestAFileThatDoesNotGetThereIsTriedAgain: why it failed is told.
func TestAFileThatDoesNotGetThereIsTriedAgain(t *testing.T) {
	broken := true
	l := connected(t, setup{options: func(o *Options) {
		o.Media = func(context.Context, string) ([]byte, error) {
			if broken {
				return nil, errDisk
			}
			return []byte("x"), nil
		}
	}})
	file := bot.Media{Kind: bot.MediaImage, MIME: "image/png", Hash: "h"}
	ready, failed := l.c.Prepare(file)
	if ready == nil || failed != nil {
		t.Fatal("it is there already")
	}
	<-ready
	broken = false
	ready, failed = l.c.Prepare(file)
	if ready == nil || failed == nil || !strings.Contains(failed.Error(), "disk is full") {
		t.Fatalf("%v %v", ready, failed)
	}
	<-ready
	if ready, failed = l.c.Prepare(file); ready != nil || failed != nil {
		t.Errorf("%v %v", ready, failed)
	}
	l.srv.Advance(uploadLasts)
	if ready, _ = l.c.Prepare(file); ready == nil {
		t.Error("Meta forgets files")
	} else {
		<-ready
	}
	if l.srv.Requests("media") != 2 {
		t.Errorf("%d uploads", l.srv.Requests("media"))
	}
	_ = l.c.Close()
	other := bot.Media{Kind: bot.MediaImage, Hash: "o"}
	ready, _ = l.c.Prepare(other)
	<-ready
}

// TestNoticesGoToTheOperatorWhileTheWindowIsOpen: this wire has no chat with oneself.
func TestNoticesGoToTheOperatorWhileTheWindowIsOpen(t *testing.T) {
	const operator = "+12125550199"
	l := connected(t, setup{options: func(o *Options) { o.Notify = operator }})
	if err := l.c.Notify(l.ctx, "x"); !errors.Is(err, bot.ErrNotTried) {
		t.Error(err)
	}
	rui := l.srv.Person(operator)
	rui.Send("hello bot")
	l.srv.Deliver(l.ctx)
	if err := l.c.Notify(l.ctx, "three people left"); err != nil || rui.Received()[0].Text != "three people left" {
		t.Errorf("%v %v", err, rui.Received())
	}
	l.srv.Advance(cloudtest.Window)
	if err := l.c.Notify(l.ctx, "x"); !errors.Is(err, bot.ErrNotTried) {
		t.Error(err)
	}
}

// TestAPersonOfAnotherPortfolio: the same BSUID is somebody else's there, so nothing goes to it here.
func TestAPersonOfAnotherPortfolio(t *testing.T) {
	ids := []bot.Identity{{Kind: bot.BSUID, Value: "501/US.1a"}, {Kind: bot.Phone, Value: anasPhone}, {Kind: bot.BSUID, Value: "500/US.1b"}}
	if got := ofPortfolio(ids, "500"); len(got) != 2 || got[0].Kind != bot.Phone || got[1].Value != "US.1b" {
		t.Errorf("%v", got)
	}
	if got := inPortfolio([]bot.Identity{{Kind: bot.BSUID, Value: "US.1b"}}, "500"); got[0] != ids[2] {
		t.Errorf("%v", got)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	good := Options{Number: "main", PhoneNumberID: "1", WABA: "2", Portfolio: "3", Token: "t", AppSecret: "s"}
	for name, change := range map[string]func(*Options){
		"no token": func(o *Options) { o.Token = "" }, "a line": func(o *Options) { o.Token = "a\n" },
		"no portfolio":  func(o *Options) { o.Portfolio, o.Inbound = "", newInbox() },
		"hasty at Meta": func(o *Options) { o.Hasty = true },
		"no secret":     func(o *Options) { o.AppSecret = "" }, "a path": func(o *Options) { o.PhoneNumberID = "1/../2" },
		"far away": func(o *Options) { o.Server = "http://192.0.2.1:80" }, "a name": func(o *Options) { o.Server = "http://localhost:80" },
	} {
		o := good
		change(&o)
		if c, err := Open(o); err == nil {
			_ = c.Close()
			t.Errorf("%s is taken", name)
		} else if strings.Contains(err.Error(), "192.0.2.1") {
			t.Error(err)
		}
	}
	c, err := good.OpenConnection(context.Background(), bot.ConnectionOptions{Number: "main", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if account, phone := c.Linked(); account != "1" || phone != "" || c.Directory() != nil {
		t.Error(account, phone)
	}
	_ = c.Close()
}
