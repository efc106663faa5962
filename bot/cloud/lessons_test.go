package cloud

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/cloud/cloudtest"
)

// The tests here have each been a fault of somebody else's program for this platform.

// TestLessonNobodyWithoutAPhoneIsDropped: a message without "from" was answered with 200 and lost.
// Here it was a stop.
func TestLessonNobodyWithoutAPhoneIsDropped(t *testing.T) {
	l := connected(t, setup{})
	ana := l.srv.Person(anasPhone)
	ana.HidePhone("ana.silva")
	ana.Send("2")
	l.srv.Deliver(l.ctx)
	got := l.in.got()
	if len(got) != 1 || got[0].Text != "2" || !slices.Equal(got[0].Identities, []bot.Identity{{Kind: bot.BSUID, Value: portfolio + "/" + ana.BSUID()}}) {
		t.Fatalf("%+v", got)
	}
	r := l.send(bot.Outgoing{Text: "Done.", To: got[0].Identities})
	if r.Status != bot.SendAccepted || len(ana.Received()) != 1 {
		t.Errorf("%+v: the answer goes to the BSUID", r)
	}
}

// TestLessonEveryLevelIsLooped: two entries with two changes of three items each, of two numbers,
// and each is taken once.
func TestLessonEveryLevelIsLooped(t *testing.T) {
	l := connected(t, setup{two: true})
	l.srv.Hold()
	var want []string
	for i := range 6 {
		for j, n := range []*cloudtest.Number{l.srv.Number(), l.two} {
			ana := l.srv.Person(fmt.Sprintf("+1212555010%d", i))
			ana.Write(n, cloudtest.Text(fmt.Sprintf("%d%d", j, i)))
		}
		want = append(want, fmt.Sprintf("0%d", i))
	}
	l.srv.Release(cloudtest.Packing{Together: true, Items: 3, Copies: 2})
	l.srv.Deliver(l.ctx)
	if got := l.in.texts(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := l.other.texts(); len(got) != 6 || got[0] != "10" {
		t.Errorf("the other number: %q", got)
	}
	if c := l.hook.Counts(); c.Repeated != 1 || c.Taken != 1 {
		t.Errorf("%+v", c)
	}
}

// TestLessonAStatusDropsNoMessage: a status that fails, or cannot be read, stands in the same webhook
// as a stop.
func TestLessonAStatusDropsNoMessage(t *testing.T) {
	l := connected(t, setup{})
	body := func(status string) []byte {
		return fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"id":%q,"changes":[{"field":"messages","value":{"messaging_product":`+
			`"whatsapp","metadata":{"phone_number_id":%q},"statuses":[%s],"messages":[{"from":"12125550101","id":"wamid.A","timestamp":`+
			`"1793620800","type":"text","text":{"body":"2"}}]}}]}]}`, l.srv.Number().WABA, l.srv.Number().ID, status)
	}
	order := []string{}
	l.in.failing(func(what any) error {
		if _, receipt := what.(bot.Receipt); receipt {
			order = append(order, "status")
			return errDisk
		}
		if _, message := what.(bot.Message); message {
			order = append(order, "message")
		}
		return nil
	})
	if status, _ := l.srv.Post(l.ctx, body(`{"id":"wamid.B","status":"sent","timestamp":"1793620800"}`)); status != http.StatusInternalServerError {
		t.Errorf("status %d", status)
	}
	if !slices.Equal(order, []string{"message", "status"}) || !slices.Equal(l.in.texts(), []string{"2"}) {
		t.Errorf("%q, %q", order, l.in.texts())
	}
	l.in.failing(nil)
	for _, broken := range []string{`7`, `"x"`, `null`, `{}`, `{"id":{}}`, `{"id":"wamid.B","status":[],"errors":"x"}`} {
		if status, _ := l.srv.Post(l.ctx, body(broken)); status != http.StatusOK {
			t.Errorf("%s: status %d", broken, status)
		}
	}
}

// TestLessonALateSentUndoesNothing: all orders of the statuses come through as what they are, each
// with its own kind, so that the core can rank them. (Rank: the core's.)
func TestLessonALateSentUndoesNothing(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		l := connected(t, setup{})
		ana := l.ana()
		l.srv.Hold()
		l.send(bot.Outgoing{Text: "x"})
		ana.Read(ana.Received()[0])
		l.srv.Release(cloudtest.Packing{Order: order, Copies: 2})
		l.srv.Deliver(l.ctx)
		kinds := []bot.ReceiptKind{bot.ReceiptSent, bot.ReceiptDelivered, bot.ReceiptRead}
		got := l.in.heard()
		if len(got) != 3 {
			t.Fatalf("%v: %+v", order, got)
		}
		for i, r := range got {
			if r.Kind != kinds[order[i]] || !slices.Equal(r.MessageIDs, []string{"m1"}) || r.WireIDs != nil {
				t.Errorf("%v: %+v", order, got)
			}
		}
	}
}

// TestLessonAStatusBeforeTheAnswer: it names our ID, so it needs no row that knows Meta's.
func TestLessonAStatusBeforeTheAnswer(t *testing.T) {
	l := connected(t, setup{})
	l.ana()
	l.srv.Next(cloudtest.Fate{Early: true})
	early := 0
	l.in.failing(func(what any) error {
		if _, receipt := what.(bot.Receipt); receipt {
			early++
		}
		return nil
	})
	r := l.send(bot.Outgoing{Text: "x"})
	if got := l.in.heard(); r.Status != bot.SendAccepted || early != 2 || got[0].Kind != bot.ReceiptSent || got[0].MessageIDs[0] != "m1" {
		t.Errorf("%+v, %d, %+v", r, early, got)
	}
}

// TestLessonTheSignatureIsOverTheBytes: not over JSON that was read and written again.
func TestLessonTheSignatureIsOverTheBytes(t *testing.T) {
	l := connected(t, setup{})
	const words = `pâtes 😀 a@b / <&> \`
	l.srv.Person(anasPhone).Send(words)
	l.srv.Deliver(l.ctx)
	if got := l.in.texts(); !slices.Equal(got, []string{words}) {
		t.Errorf("%q", got)
	}
}

// TestLessonWhatIsNotSignedIsNotStored: missing, wrong, of another app, or over other bytes.
func TestLessonWhatIsNotSignedIsNotStored(t *testing.T) {
	l := connected(t, setup{})
	for how, count := range map[cloudtest.Signature]func(HookCounts) int{
		cloudtest.SignNone:  func(c HookCounts) int { return c.Unsigned },
		cloudtest.SignWrong: func(c HookCounts) int { return c.Forged },
		cloudtest.SignOther: func(c HookCounts) int { return c.Forged },
		cloudtest.SignBody:  func(c HookCounts) int { return c.Forged },
	} {
		before := count(l.hook.Counts())
		l.srv.Sign(how)
		l.srv.Person(anasPhone).Send("pâtes")
		l.srv.Deliver(l.ctx)
		all := l.srv.Attempts()
		if all[len(all)-1].Status != http.StatusUnauthorized || count(l.hook.Counts()) == before {
			t.Errorf("signature %d: %d, %+v", how, all[len(all)-1].Status, l.hook.Counts())
		}
	}
	if len(l.in.got()) != 0 {
		t.Error("it was stored")
	}
}

// TestLessonALostAnswerIsNotAskedForAgain: the server takes the message and cuts the line. It is one
// message, unknown, until its status settles it.
func TestLessonALostAnswerIsNotAskedForAgain(t *testing.T) {
	l := connected(t, setup{})
	ana := l.ana()
	l.srv.Next(cloudtest.Fate{Cut: cloudtest.CutAfter})
	r := l.send(bot.Outgoing{Text: "x"})
	if r.Status != bot.SendUnknown || len(ana.Received()) != 1 || l.srv.Requests("messages") != 1 {
		t.Fatalf("%+v, received %d", r, len(ana.Received()))
	}
	l.srv.Deliver(l.ctx)
	if got := l.in.heard(); len(got) != 2 || got[0].Kind != bot.ReceiptSent || got[0].MessageIDs[0] != "m1" {
		t.Errorf("%+v", got)
	}
}

// TestLessonValuesAreOnOneLine: one new line in a name, and Meta refuses the message to everybody.
func TestLessonValuesAreOnOneLine(t *testing.T) {
	l := connected(t, setup{})
	l.srv.Number().AddTemplate(cloudtest.Template{Name: "t", Language: "en", Body: "Hi {{name}}!"})
	ana := l.ana()
	r := l.send(bot.Outgoing{Template: &bot.Template{
		Name: "t", Language: "en", Parameters: []bot.Parameter{{Name: "name", Text: " Ana\r\n\tMaria      Silva "}},
	}})
	if r.Status != bot.SendAccepted || ana.Received()[0].Text != "Hi Ana Maria Silva!" {
		t.Errorf("%+v", r)
	}
}

// TestLessonBothFormatsOfParameters: named ones carry their name, numbered ones must not.
func TestLessonBothFormatsOfParameters(t *testing.T) {
	l := connected(t, setup{})
	l.srv.Number().AddTemplate(cloudtest.Template{Name: "named", Language: "en", Body: "Hi {{name}}, {{what}}!"})
	l.srv.Number().AddTemplate(cloudtest.Template{Name: "numbered", Language: "en", Body: "Hi {{1}}, {{2}}!", Format: "POSITIONAL"})
	ana := l.ana()
	for name, parameters := range map[string][]bot.Parameter{
		"named": {{Name: "what", Text: "shoes"}, {Name: "name", Text: "Ana"}}, "numbered": {{Text: "Ana"}, {Text: "shoes"}},
	} {
		r := l.send(bot.Outgoing{Template: &bot.Template{Name: name, Language: "en", Parameters: parameters}})
		all := ana.Received()
		if r.Status != bot.SendAccepted || all[len(all)-1].Text != "Hi Ana, shoes!" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestLessonAMismatchIsOfTheMessage: 132000 is nobody's fault but ours, so it has a cause that stops
// the occurrence, and not one of the person.
func TestLessonAMismatchIsOfTheMessage(t *testing.T) {
	l := connected(t, setup{})
	l.srv.Number().AddTemplate(cloudtest.Template{Name: "t", Language: "en", Body: "Hi {{name}}!"})
	l.ana()
	r := l.send(bot.Outgoing{Template: &bot.Template{Name: "t", Language: "en"}})
	if r.Status != bot.SendRefused || r.Code != 132000 || r.Cause != bot.CauseRequest {
		t.Errorf("%+v", r)
	}
}

// TestLessonATemplateIsNeverSentAsText: nor as another template, whatever Meta says of it.
func TestLessonATemplateIsNeverSentAsText(t *testing.T) {
	l := connected(t, setup{})
	n := l.srv.Number()
	n.AddTemplate(cloudtest.Template{Name: "t", Language: "en", Body: "Hi!"})
	ana := l.ana()
	for _, status := range []string{"PAUSED", "DISABLED", "REJECTED"} {
		n.Review("t", "en", status, "")
		r := l.send(bot.Outgoing{Text: "Hi!", Template: &bot.Template{Name: "t", Language: "en"}})
		if r.Status != bot.SendRefused || r.Cause != bot.CauseTemplate {
			t.Errorf("%s: %+v", status, r)
		}
	}
	if len(ana.Received()) != 0 {
		t.Error("something went out")
	}
}

// TestLessonAnotherSpellingIsTheSamePerson: Meta knows Brazilian and Argentinian phones in two ways.
// What we sent to and what comes back makes nobody a second person.
func TestLessonAnotherSpellingIsTheSamePerson(t *testing.T) {
	l := connected(t, setup{})
	ana := l.srv.Person("+5511900000001")
	ana.SetWaID("551190000001")
	ana.Send("hi")
	l.srv.Deliver(l.ctx)
	r := l.send(bot.Outgoing{Text: "x", To: to("+5511900000001")})
	if r.Status != bot.SendAccepted || len(ana.Received()) != 1 {
		t.Fatalf("%+v", r)
	}
	ana.Send("2")
	l.srv.Deliver(l.ctx)
	got := l.in.got()
	if !slices.Equal(got[0].Identities, got[1].Identities) || bot.PhoneOf(got[0].Identities) != "+551190000001" {
		t.Errorf("%+v", got)
	}
	for _, id := range got[1].Identities {
		if id.Kind == bot.Phone && id.Value != "+551190000001" {
			t.Errorf("a second phone: %v", got[1].Identities)
		}
	}
}

// TestLessonCausesTellPersonNumberAndTemplate: one bad address must not end a campaign, and a bad
// template must.
func TestLessonCausesTellPersonNumberAndTemplate(t *testing.T) {
	for code, cause := range map[int]bot.Cause{
		131026: bot.CauseNoAccount, 131049: bot.CauseMarketingLimit, 130497: bot.CauseNoMarketing, 137000: bot.CauseReassigned,
		130403: bot.CauseBlocked, 131021: bot.CauseOwnPhone, 131030: bot.CauseTestList,
		131047: bot.CauseWindow, 131050: bot.CauseOptedOut, 131056: bot.CausePersonBusy,
		190: bot.CauseAccount, 131042: bot.CauseAccount, 130429: bot.CauseBusy, 131048: bot.CauseSpam, 368: bot.CauseRestricted,
		132001: bot.CauseTemplate, 132015: bot.CauseTemplate, 134101: bot.CauseTemplate, 132012: bot.CauseRequest, 131053: bot.CauseMedia,
		299: bot.CauseAccount, 999999: bot.CauseOther,
	} {
		if m := meaningOf(code); m.cause != cause || !strings.HasPrefix(m.words, fmt.Sprint(code, ": ")) {
			t.Errorf("%d: %+v, want %q", code, m, cause)
		}
	}
}

// TestLessonMetasOwnWaysOutAreStops: words, the template's button, WhatsApp's own button, and the code
// that says that they used it. Its way back in says nothing.
func TestLessonMetasOwnWaysOutAreStops(t *testing.T) {
	l := connected(t, setup{})
	l.srv.Number().AddTemplate(cloudtest.Template{Name: "t", Language: "en", Body: "Hi!", Buttons: []string{"Stop promotions"}})
	ana := l.ana()
	offer := bot.Outgoing{Template: &bot.Template{Name: "t", Language: "en", Buttons: []string{"stop"}}}
	l.send(offer)
	if _, err := ana.Tap(ana.Received()[0], "Stop promotions"); err != nil {
		t.Fatal(err)
	}
	ana.StopOffers()
	l.srv.Advance(1e9)
	ana.ResumeOffers()
	ana.StopOffers()
	l.srv.Deliver(l.ctx)
	got := l.in.got()[1:]
	if len(got) != 3 || got[0].Button != "stop" || got[0].Text != "Stop promotions" || got[0].ReplyTo != ana.Received()[0].ID {
		t.Fatalf("%+v", got)
	}
	for _, m := range got[1:] {
		if m.Kind != bot.KindMarketingStop || m.Text != "" || len(m.Identities) != 2 || m.At.IsZero() {
			t.Errorf("%+v", m)
		}
	}
	if got[1].ID == got[2].ID {
		t.Error("two stops at two times are one")
	}
	for _, atOnce := range []bool{false, true} {
		l.srv.AtOnce(atOnce)
		offer.ID = fmt.Sprint("offer", atOnce)
		r := l.send(offer)
		l.srv.Deliver(l.ctx)
		all := l.in.heard()
		last := all[len(all)-1]
		if atOnce && r.Cause != bot.CauseOptedOut || !atOnce && (last.Kind != bot.ReceiptFailed || last.Cause != bot.CauseOptedOut) {
			t.Errorf("at once %v: %+v, %+v", atOnce, r, last)
		}
	}
}

// TestLessonATitleThatIsTooLongIsNotSent: Meta takes 20 characters, and a question with more never
// arrives. The menu in words does.
func TestLessonATitleThatIsTooLongIsNotSent(t *testing.T) {
	l := connected(t, setup{})
	ana := l.ana()
	for _, title := range []string{strings.Repeat("é", 20), strings.Repeat("é", 21), strings.Repeat("é", 25)} {
		b := &bot.Buttons{Title: "What?", Choose: "Choose", Options: []bot.Button{{ID: "1", Title: title}, {ID: "2", Title: "b"}}}
		if r := l.send(bot.Outgoing{Text: "What? 1 a, 2 b", Buttons: b}); r.Status != bot.SendAccepted {
			t.Errorf("%d: %+v", len(title), r)
		}
	}
	var forms []string
	for _, r := range ana.Received() {
		forms = append(forms, fmt.Sprint(r.Type, len(r.Buttons), strings.Contains(string(r.Body), "sections")))
	}
	if !slices.Equal(forms, []string{"interactive2 false", "interactive2 true", "text0 false"}) {
		t.Errorf("%q", forms)
	}
}

// TestLessonAnErrorIsNeverAnswered200: what is not committed comes again, until it is.
func TestLessonAnErrorIsNeverAnswered200(t *testing.T) {
	l := connected(t, setup{})
	l.srv.Hold()
	l.srv.Person("+12125550102").Send("first")
	l.srv.Person(anasPhone).Send("2")
	l.srv.Release(cloudtest.Packing{Together: true})
	l.in.failing(func(what any) error {
		if m, ok := what.(bot.Message); ok && m.Text == "first" {
			return errDisk
		}
		return nil
	})
	l.srv.Deliver(l.ctx)
	if !slices.Equal(l.in.texts(), []string{"2"}) {
		t.Errorf("the one that fails keeps the others: %q", l.in.texts())
	}
	l.in.failing(func(any) error { panic("a fault of the core") })
	l.srv.Advance(60e9)
	l.srv.Deliver(l.ctx)
	l.in.failing(nil)
	l.srv.Advance(60e9)
	l.srv.Deliver(l.ctx)
	if !slices.Equal(l.in.texts(), []string{"2", "first"}) {
		t.Errorf("%q", l.in.texts())
	}
	var statuses []int
	for _, a := range l.srv.Attempts() {
		statuses = append(statuses, a.Status)
	}
	if !slices.Equal(statuses, []int{500, 500, 200}) {
		t.Errorf("%v", statuses)
	}
}
