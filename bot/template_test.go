package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump/pumptest"
	"optinbot/flows"
)

// words are a draft of these tests.
const offerText = "text: {en: \"Hi {first_name|there}, our new {interests|things} are here: 20 %.\"}"

func shippedFlow(t *testing.T) *flows.Flow {
	t.Helper()
	flow, bad := flows.Load("promotions.yaml", []byte(pumptest.Shipped(t)))
	if flow == nil {
		t.Fatal(bad)
	}
	return flow
}

func draftOf(t *testing.T, source string) *flows.Broadcast {
	t.Helper()
	b, bad := flows.LoadBroadcast("offer.yaml", []byte(source), shippedFlow(t))
	if b == nil {
		t.Fatal(bad)
	}
	return b
}

// TestK3APromotionIsItsTemplate: name, language, the words that fill its holes and the stop button.
// Each hole is filled on one line.
func TestK3APromotionIsItsTemplate(t *testing.T) {
	b := draftOf(t, offerText)
	c := &bot.Contact{ID: 1, Language: "pt", Name: "Ana\n\tMaria   Souza"}
	c.Preferences = map[string][]string{"interests": {"shoes", "bags"}}
	p := bot.RenderTemplate(shippedFlow(t), b, c)
	if len(p.Holes) > 0 || p.Template == nil {
		t.Fatalf("%+v", p)
	}
	want := []bot.Parameter{{Name: "first_name", Text: "Ana"}, {Name: "interests", Text: "Calçados e Bolsas"}}
	if got := p.Template; got.Language != "pt_BR" || !strings.HasPrefix(got.Name, "offer_") || len(got.Name) != len("offer_")+8 ||
		!slices.Equal(got.Parameters, want) || !slices.Equal(got.Buttons, []string{bot.StopPayload}) {
		t.Errorf("%+v", got)
	}
	if p.Text != "Hi Ana, our new Calçados e Bolsas are here: 20 %.\n\nResponda 2 para sair." {
		t.Errorf("they read %q", p.Text)
	}
	// who is not known has the words for that, and nothing is empty
	if p := bot.RenderTemplate(shippedFlow(t), b, &bot.Contact{ID: 1, Language: "en"}); p.Template.Parameters[0].Text != "there" {
		t.Errorf("%+v", p.Template)
	}
}

// TestK3TheBodyAsItIsHandedIn: the draft's words with named holes, the brand as a word, the hint as
// footer, the way out as first button.
func TestK3TheBodyAsItIsHandedIn(t *testing.T) {
	b := draftOf(t, "text: {en: [\"Hi {first_name|you} at {brand}: {first_name|friend}, look!\", \"Hi, look!\"]}")
	all := b.Approvals(shippedFlow(t))
	if len(all) != 6 {
		t.Fatalf("%d templates for 3 languages and 2 variants", len(all))
	}
	a := all[0]
	if a.Body != "Hi {{first_name}} at Casa Aurora: {{first_name_2}}, look!" || a.Footer != "Reply 2 to stop." ||
		!slices.Equal(a.Buttons, []string{"Stop promotions"}) || len(a.Holes) != 2 || a.Holes[0].Example == "" {
		t.Errorf("%+v", a)
	}
	if all[2].Code != "pt_BR" || all[2].Footer != "Responda 2 para sair." || all[2].Buttons[0] != "Parar promoções" {
		t.Errorf("%+v", all[2])
	}
	names := map[string]bool{}
	for _, a := range all {
		names[a.Name] = true
	}
	if len(names) != 6 {
		t.Errorf("different words have one name: %v", names)
	}
	named := draftOf(t, "template: {name: [first, second], languages: {pt: pt_PT}}\ntext: {en: [\"Hi, look!\", \"Ho, look!\"]}")
	if got := named.Approvals(shippedFlow(t)); got[1].Name != "second" || got[2].Code != "pt_PT" || got[2].Name != "first" {
		t.Errorf("%+v", got)
	}
}

// TestK3EachDeliveryAsksForItsTemplate: what WhatsApp has is compared at every claim, word for word.
func TestK3EachDeliveryAsksForItsTemplate(t *testing.T) {
	good := func(*bot.TemplateState) {}
	for what, change := range map[string]func(*bot.TemplateState){
		"":               good,
		"not approved":   func(s *bot.TemplateState) { s.Status = "PAUSED" },
		"utility":        func(s *bot.TemplateState) { s.Category = "UTILITY" },
		"another text":   func(s *bot.TemplateState) { s.Hash = flows.HashApproval("", "else", "", nil) },
		"red":            func(s *bot.TemplateState) { s.Quality = bot.TemplateRed },
		"other language": func(s *bot.TemplateState) { s.Language = "en_GB" },
	} {
		r := newRoom(t)
		r.Can = bot.Abilities{Buttons: true, Templates: true}
		r.says(ana, "I want promotions")
		r.says(ana, "all")
		r.says(ana, "A")
		r.must(r.Store.Linked(t.Context(), pumptest.Name, "jid", "", r.Now().AddDate(0, 0, -90)))
		o := pumptest.Draft("offer")
		o.Content, o.Key, o.DueAt, o.ArmedAt = offerText, "k", r.Now(), r.Now()
		for _, want := range bot.TemplatesOf(shippedFlow(t), draftOf(t, offerText)) {
			s := bot.TemplateState{TemplateRef: want, Status: bot.TemplateApproved, Category: bot.TemplateMarketing, Quality: "GREEN"}
			change(&s)
			r.must(r.Store.SawTemplates(t.Context(), pumptest.Name, want.Name, []bot.TemplateState{s}, r.Now()))
		}
		_, err := r.Store.Arm(t.Context(), o)
		r.must(err)
		r.Messages(ana)
		r.must(r.Pump.Tick(t.Context()))
		r.Sends()
		got := r.Messages(ana)
		all, err := r.Store.Occurrences(t.Context(), pumptest.Name, "offer")
		r.must(err)
		switch {
		case what == "" && (len(got) != 1 || got[0].Template == nil):
			t.Errorf("it did not go out by its template: %+v, %+v", got, all)
		case what != "" && (len(got) != 0 || all[0].Status != bot.OccurrencePaused || all[0].Note != string(bot.TemplateNotReady)):
			t.Errorf("%s: %d went out, and the broadcast is %s (%s)", what, len(got), all[0].Status, all[0].Note)
		}
	}
}

// TestK3AnUpdateDisarmsWhatHasNotBegun: a template that is changed after the broadcast was armed.
func TestK3AnUpdateDisarmsWhatHasNotBegun(t *testing.T) {
	r := newRoom(t)
	r.Can = bot.CloudAbilities()
	refs := bot.TemplatesOf(shippedFlow(t), draftOf(t, offerText))
	saw := func(name, status, id string) {
		for _, want := range refs {
			if want.Name == name {
				want.ID = id
				r.must(r.Store.SawTemplates(t.Context(), pumptest.Name, name, []bot.TemplateState{{
					TemplateRef: want, Status: status, Category: bot.TemplateMarketing}}, r.Now()))
			}
		}
	}
	o := pumptest.Draft("offer")
	o.Content, o.Key, o.DueAt, o.ArmedAt = offerText, "k", r.Now().AddDate(0, 0, 1), r.Now()
	for _, want := range refs {
		saw(want.Name, bot.TemplateApproved, "1")
		want.ID = "1"
		o.Templates = append(o.Templates, want)
	}
	_, err := r.Store.Arm(t.Context(), o)
	r.must(err)
	status := func() bot.OccurrenceStatus {
		all, err := r.Store.Occurrences(t.Context(), pumptest.Name, "offer")
		r.must(err)
		if len(all[0].Templates) != len(refs) || all[0].Templates[0].ID != "1" {
			t.Errorf("it keeps %+v", all[0].Templates)
		}
		return all[0].Status
	}
	saw(refs[0].Name, bot.TemplateApproved, "1")
	if got := status(); got != bot.OccurrenceScheduled {
		t.Errorf("nothing has changed, and it is %s", got)
	}
	saw(refs[1].Name, bot.TemplateApproved, "2") // taken away and made anew
	if got := status(); got != bot.OccurrenceCancelled {
		t.Errorf("its template is another, and it is %s", got)
	}
}

// TestK3AnAnswerThatIsOvertakenSaysNothing: several may ask at a time. What WhatsApp said to who asked last stays.
func TestK3AnAnswerThatIsOvertakenSaysNothing(t *testing.T) {
	r := newRoom(t)
	saw := func(status string, asked time.Time) {
		r.must(r.Store.SawTemplates(t.Context(), pumptest.Name, "offer", []bot.TemplateState{{
			TemplateRef: bot.TemplateRef{Name: "offer", Language: "en"}, Status: status, Seen: asked}}, asked))
	}
	earlier := r.Now()
	saw("PAUSED", earlier.Add(time.Second))
	saw(bot.TemplateApproved, earlier)
	known, err := r.Store.Templates(t.Context(), pumptest.Name, "offer")
	r.must(err)
	if len(known) != 1 || known[0].Status != "PAUSED" {
		t.Errorf("%+v", known)
	}
	saw(bot.TemplateApproved, earlier.Add(time.Second)) // in the same millisecond
	if known, err = r.Store.Templates(t.Context(), pumptest.Name, "offer"); err != nil || known[0].Status != bot.TemplateApproved {
		t.Errorf("%+v, %v", known, err)
	}
}
