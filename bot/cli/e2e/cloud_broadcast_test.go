package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"optinbot/bot"
	"optinbot/bot/cloud/cloudtest"
)

// A handedIn is a template of a draft, as `broadcast template` tells it.
type handedIn struct {
	Template, Code, Status string
	Ready                  bool
}

// templates runs `broadcast template submit` or `status`.
func (s *cloudShop) templates(verb, draft string) (list []handedIn) {
	s.t.Helper()
	var said struct{ Templates []handedIn }
	must(s.t, json.Unmarshal([]byte(s.do("broadcast", "template", verb, draft, "--json")), &said))
	return said.Templates
}

// review lets WhatsApp decide about every template of a draft, and waits until the bot that runs has
// taken what it is told of that.
func (s *cloudShop) review(draft, status string) {
	s.t.Helper()
	for _, t := range s.templates("status", draft) {
		before := len(s.srv.Attempts())
		if !s.srv.Number().Review(t.Template, t.Code, status, "") {
			s.t.Fatalf("WhatsApp has no template %s in %s", t.Template, t.Code)
		}
		must(s.t, s.srv.WaitUntil(s.ctx, func() bool {
			return slices.ContainsFunc(s.srv.Attempts()[before:], func(a cloudtest.Attempt) bool {
				return a.Status == http.StatusOK && bytes.Contains(a.Body, []byte("message_template_status_update")) &&
					bytes.Contains(a.Body, []byte(t.Template)) && bytes.Contains(a.Body, []byte(strings.ReplaceAll(t.Code, "_", "-")))
			})
		}))
	}
}

// approved writes a draft, hands its templates in, and lets WhatsApp approve them.
func (s *cloudShop) approved(draft, text string) {
	s.t.Helper()
	must(s.t, os.WriteFile(filepath.Join(s.dir, "flows", "broadcasts", draft+".yaml"),
		[]byte("broadcast: "+draft+"\nat: now\n"+text), 0o600))
	for _, t := range s.templates("submit", draft) {
		if t.Status != "PENDING" || t.Ready {
			s.t.Errorf("what was just handed in is %+v", t)
		}
	}
	s.refused("not ready", "broadcast", "schedule", draft, "--now", "--yes")
	s.review(draft, "APPROVED")
	for _, t := range s.templates("status", draft) {
		if t.Status != "APPROVED" || !t.Ready {
			s.t.Errorf("what was approved is %+v", t)
		}
	}
}

// refused runs a verb that has to say no, with these words.
func (s *cloudShop) refused(words string, args ...string) {
	s.t.Helper()
	out, err := s.cmd(args...).CombinedOutput()
	var ended *exec.ExitError
	if !errors.As(err, &ended) || ended.ExitCode() != exitRefused || !strings.Contains(string(out), words) {
		s.t.Errorf("optinbot %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// asks opts somebody into a shop that has no questions, in their language.
func (s *cloudShop) asks(p *cloudtest.Person, phrase, welcome string) {
	s.t.Helper()
	p.Send(phrase)
	s.hears(p, welcome)
}

// settled waits until the bot has taken every webhook that Meta has for it.
func (s *cloudShop) settled() {
	s.t.Helper()
	for {
		s.srv.Deliver(s.ctx) // not before those that are on their way were answered
		n, next := s.srv.Pending()
		if n == 0 {
			return
		}
		must(s.t, s.ctx.Err())
		s.ahead.Add(int64(max(0, next.Sub(s.srv.Now()))))
	}
}

// status is how a broadcast stands.
func (s *cloudShop) status(name string) (is struct {
	Status bot.OccurrenceStatus
	Note   string
	Reason bot.Reason
},
) {
	s.t.Helper()
	must(s.t, json.Unmarshal([]byte(s.do("broadcast", "status", name, "--json")), &is))
	return is
}

// waitStatus waits until a broadcast stands like that.
func (s *cloudShop) waitStatus(name string, want bot.OccurrenceStatus) {
	s.t.Helper()
	if err := eventually(s.ctx, func() bool { return s.status(name).Status == want }); err != nil {
		s.t.Fatalf("the broadcast is not %s: %s%s", want, s.do("broadcast", "status", name), s.do("status"))
	}
}

// goesOut waits until a broadcast is over. Where many have left, the guard pauses it, and it is resumed.
func (s *cloudShop) goesOut(name string) {
	s.t.Helper()
	for {
		var is bot.OccurrenceStatus
		if err := eventually(s.ctx, func() bool {
			is = s.status(name).Status
			return is == bot.OccurrencePaused || is == bot.OccurrenceDone
		}); err != nil {
			s.t.Fatalf("the broadcast is %s: %s", is, s.do("broadcast", "status", name))
		}
		if is == bot.OccurrenceDone {
			return
		}
		s.do("broadcast", "resume", name)
	}
}

// rules are the rules of the ledger's entries about somebody, in order.
func (s *cloudShop) rules(phone string) (list []string) {
	s.t.Helper()
	var entries []struct{ Public struct{ Rule string } }
	must(s.t, json.Unmarshal([]byte(s.do("consent", "show", phone, "--json")), &entries))
	for _, e := range entries {
		list = append(list, e.Public.Rule)
	}
	return list
}

// TestCloudBroadcastInThreeLanguages: templates are handed in, reviewed and sent, each word for word in
// the language of who gets it. One leaves by text, one by the button of the template, one by
// WhatsApp's own button, and of one WhatsApp tells only when it refuses the next promotion. Nobody of
// them gets another.
func TestCloudBroadcastInThreeLanguages(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	s := onCloud(t, "--kind", "minimal", "--name", "Corner Shop")
	kill := s.serves()
	person := func(i int, name string) *cloudtest.Person {
		p := s.srv.Person(fmt.Sprintf("+44770090%04d", i))
		p.SetName(name)
		return p
	}
	ana, bob, cy := person(1, "Ana Lima"), person(2, "Bob"), person(3, "")
	rui, mia := person(4, "Rui"), person(5, "Mia Costa")
	sol, eva := person(6, "Sol"), person(7, "Eva")
	cy.HidePhone("cy") // is known by a BSUID alone
	english, portuguese, spanish := []*cloudtest.Person{ana, bob, cy}, []*cloudtest.Person{rui, mia}, []*cloudtest.Person{sol, eva}
	for _, p := range english {
		s.asks(p, "I want promotions", "You are in! Corner Shop")
	}
	for _, p := range portuguese {
		s.asks(p, "quero promoções", "você está na lista! Corner Shop")
	}
	for _, p := range spanish {
		s.asks(p, "quiero promociones", "ya estás en la lista! Corner Shop")
	}
	s.settled() // who may not have got the disclosure waits

	s.approved("weekend", `text:
  en: "Hi {first_name|there}! 20% off at {brand} until Sunday, with this message."
  pt: "Oi, {first_name|tudo bem}! 20% de desconto na {brand} até domingo, com esta mensagem."
  es: "¡Hola, {first_name|qué tal}! 20% de descuento en {brand} hasta el domingo, con este mensaje."
`)
	s.do("broadcast", "schedule", "weekend", "--now", "--yes")
	got := map[*cloudtest.Person]cloudtest.Received{}
	for p, want := range map[*cloudtest.Person]string{
		ana: "Hi Ana! 20% off at Corner Shop until Sunday, with this message.\n\nReply 2 to stop.",
		bob: "Hi Bob! 20% off at Corner Shop until Sunday, with this message.\n\nReply 2 to stop.",
		cy:  "Hi there! 20% off at Corner Shop until Sunday, with this message.\n\nReply 2 to stop.",
		rui: "Oi, Rui! 20% de desconto na Corner Shop até domingo, com esta mensagem.\n\nResponda 2 para sair.",
		mia: "Oi, Mia! 20% de desconto na Corner Shop até domingo, com esta mensagem.\n\nResponda 2 para sair.",
		sol: "¡Hola, Sol! 20% de descuento en Corner Shop hasta el domingo, con este mensaje.\n\nResponde 2 para salir.",
		eva: "¡Hola, Eva! 20% de descuento en Corner Shop hasta el domingo, con este mensaje.\n\nResponde 2 para salir.",
	} {
		got[p] = s.hears(p, want)
		if r := got[p]; r.Type != "template" || r.Text != want {
			t.Errorf("%s arrived as %s: %q", r.Template, r.Type, r.Text)
		}
	}
	s.waitStatus("weekend", bot.OccurrenceDone)

	bob.Send("2")
	s.hears(bob, "no more promotions")
	_, err := rui.Tap(got[rui], "Parar promoções")
	must(t, err)
	s.hears(rui, "não vai mais receber promoções")
	sol.StopOffers()
	s.settled()
	s.consent(bob.Phone(), "unsubscribed")
	s.consent(rui.Phone(), "unsubscribed")
	s.consent(sol.Phone(), "unsubscribed")

	s.approved("sunday", `text:
  en: "The Sunday offer is here: show this message."
  pt: "Chegou a oferta de domingo: mostre esta mensagem."
  es: "Llegó la oferta del domingo: muestra este mensaje."
`)
	s.srv.Hold()
	eva.StopOffers() // and the webhook gets lost
	s.do("broadcast", "schedule", "sunday", "--now", "--yes")
	s.goesOut("sunday")
	s.hears(ana, "The Sunday offer")
	s.hears(cy, "The Sunday offer")
	s.hears(mia, "Chegou a oferta de domingo")
	const statuses = 3*2 + 1 // sent and delivered of three, failed of one
	must(t, s.srv.WaitUntil(s.ctx, func() bool { return s.srv.Held() == 1+statuses }))
	order := make([]int, statuses)
	for i := range order {
		order[i] = i + 1
	}
	s.srv.Release(cloudtest.Packing{Order: order})
	s.settled()
	s.consent(eva.Phone(), "unsubscribed")

	var mu sync.Mutex
	tried := map[*cloudtest.Person]int{}
	s.srv.Decide(func(m cloudtest.Outbound) cloudtest.Fate {
		mu.Lock()
		defer mu.Unlock()
		tried[m.To]++
		return cloudtest.Fate{}
	})
	s.do("broadcast", "schedule", "sunday", "--now", "--again", "--yes")
	s.goesOut("sunday")
	kill()
	mu.Lock()
	defer mu.Unlock()
	for _, p := range []*cloudtest.Person{ana, cy, mia} {
		if n := receivedOf(p, "The Sunday offer") + receivedOf(p, "a oferta de domingo"); n != 2 || tried[p] != 1 {
			t.Errorf("who stayed has %d of 2 promotions, tried %d times: %q", n, tried[p], texts(p))
		}
	}
	for _, left := range []struct {
		who      *cloudtest.Person
		goodbyes int
		rule     string
	}{{bob, 1, "tier1.two"}, {rui, 1, "template.stop_button"}, {sol, 0, "whatsapp.stop_button"}, {eva, 0, "whatsapp.refused"}} {
		sunday := receivedOf(left.who, "Sunday offer") + receivedOf(left.who, "oferta de domingo") + receivedOf(left.who, "oferta del domingo")
		goodbyes := receivedOf(left.who, "no more promotions") + receivedOf(left.who, "não vai mais receber") +
			receivedOf(left.who, "ya no recibirás")
		if sunday != 0 || tried[left.who] != 0 || goodbyes != left.goodbyes {
			t.Errorf("who left by %s was tried %d times, and has %q", left.rule, tried[left.who], texts(left.who))
		}
		if rules := s.rules(left.who.Phone()); rules[len(rules)-1] != left.rule {
			t.Errorf("who left by %s has these entries in the ledger: %q", left.rule, rules)
		}
	}
}

// TestCloudTemplatePausedWhileUnderWay: a template that WhatsApp pauses pauses the broadcast, whether
// the webhook tells of it or the refusal of a message. Nobody gets anything until the template is
// approved again and `broadcast resume` was said, which refuses before. Then who waits gets it, and nobody twice.
func TestCloudTemplatePausedWhileUnderWay(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	s := onCloud(t, "--kind", "minimal")
	kill := s.serves()
	var people []*cloudtest.Person
	for i := range 3 {
		people = append(people, s.srv.Person(fmt.Sprintf("+44770090%04d", i)))
		s.asks(people[i], "I want promotions", "You are in!")
	}
	s.settled()
	has := func(text string, want ...int) {
		t.Helper()
		for i, p := range people {
			if n := receivedOf(p, text); n != want[i] {
				t.Errorf("person %d has %q %d times: %q", i, text, n, texts(p))
			}
		}
	}
	paused := func(draft string) {
		t.Helper()
		s.waitStatus(draft, bot.OccurrencePaused)
		if is := s.status(draft); is.Reason != bot.TemplateNotReady {
			t.Errorf("it is paused because of %q: %s", is.Reason, s.do("broadcast", "status", draft))
		}
	}

	const heard, refused = "The offer of which a webhook tells.", "The offer of which a refusal tells."
	s.approved("heard", fmt.Sprintf("text: {en: %[1]q, pt: %[1]q, es: %[1]q}\n", heard))
	s.do("contacts", "pause", people[2].Phone()) // promotions to them wait
	s.do("broadcast", "schedule", "heard", "--now", "--yes")
	s.hears(people[0], heard)
	s.hears(people[1], heard)
	s.review("heard", "PAUSED")
	s.do("contacts", "resume", people[2].Phone())
	paused("heard")
	s.refused("stays paused", "broadcast", "resume", "heard")
	paused("heard")
	has(heard, 1, 1, 0)
	s.review("heard", "APPROVED")
	s.do("broadcast", "resume", "heard")
	s.hears(people[2], heard)
	s.waitStatus("heard", bot.OccurrenceDone)

	s.approved("refused", fmt.Sprintf("text: {en: %[1]q, pt: %[1]q, es: %[1]q}\n", refused))
	list := s.templates("status", "refused")
	s.srv.Hold() // what WhatsApp has to tell comes late
	s.srv.Decide(func(m cloudtest.Outbound) cloudtest.Fate {
		for _, t := range list {
			s.srv.Number().Review(t.Template, t.Code, "PAUSED", "")
		}
		return cloudtest.Fate{}
	})
	s.do("broadcast", "schedule", "refused", "--now", "--yes")
	paused("refused")
	has(refused, 0, 0, 0)
	s.srv.Decide(nil)
	s.srv.Release(cloudtest.Packing{})
	s.settled()
	s.review("refused", "APPROVED")
	s.do("broadcast", "resume", "refused")
	for _, p := range people {
		s.hears(p, refused)
	}
	s.waitStatus("refused", bot.OccurrenceDone)
	kill()
	has(heard, 1, 1, 1)
	has(refused, 1, 1, 1)
}
