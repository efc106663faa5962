package cloud

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cloud/cloudtest"
)

func TestToken(t *testing.T) {
	l := connected(t, setup{})
	state, err := l.c.Token(l.ctx)
	if err != nil || !state.Valid || !state.Expires.IsZero() || state.Missing != nil {
		t.Errorf("%+v %v", state, err)
	}
	l.srv.ExpireToken(l.srv.Now().Add(time.Hour))
	l.srv.Scopes("whatsapp_business_messaging")
	state, err = l.c.Token(l.ctx)
	if err != nil || !state.Expires.Equal(l.srv.Now().Add(time.Hour)) || !slices.Equal(state.Missing, []string{"whatsapp_business_management"}) {
		t.Errorf("%+v %v", state, err)
	}
	l.srv.ReplaceToken()
	if _, err := l.c.Token(l.ctx); err == nil {
		t.Error("it is worth nothing")
	}
}

func TestProofGoesAlong(t *testing.T) {
	l := connected(t, setup{})
	l.srv.RequireProof()
	if err := l.c.Poll(l.ctx); err != nil {
		t.Error(err)
	}
}

func TestSubscription(t *testing.T) {
	l := connected(t, setup{two: true})
	if phones, err := l.c.Phones(l.ctx); err != nil || len(phones) != 1 || phones[0].Phone != cloudtest.DefaultPhone || phones[0].ID != l.srv.Number().ID {
		t.Errorf("%+v %v", phones, err)
	}
	if ok, err := l.c.Subscribed(l.ctx); err != nil || !ok {
		t.Error(ok, err)
	}
	if err := l.c.ask(l.ctx, "DELETE", l.srv.Number().WABA+"/subscribed_apps", nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	if ok, err := l.c.Subscribed(l.ctx); err != nil || ok {
		t.Error(ok, err)
	}
	if err := l.c.Subscribe(l.ctx); err != nil {
		t.Error(err)
	}
	if ok, err := l.c.Subscribed(l.ctx); err != nil || !ok {
		t.Error(ok, err)
	}
}

func TestTemplatesAreHandedInAndReadBack(t *testing.T) {
	l := connected(t, setup{})
	d := bot.TemplateDraft{
		Name: "offer", Language: "pt_BR", Body: "Oi {{name}}, 20 %!", Examples: []bot.TemplateExample{{Name: "name", Text: "Ana"}}, Footer: "PARE encerra",
		Buttons: []string{"Parar promoções"},
	}
	id, status, err := l.c.Submit(l.ctx, d)
	if err != nil || id == "" || status != "PENDING" {
		t.Fatal(id, status, err)
	}
	if _, _, err := l.c.Submit(l.ctx, d); err == nil {
		t.Error("twice")
	}
	for i := range 120 {
		l.srv.Number().AddTemplate(cloudtest.Template{Name: fmt.Sprint("t", i), Language: "en", Body: "x"})
	}
	l.srv.Number().Review("offer", "pt_BR", "APPROVED", "")
	all, err := l.c.Templates(l.ctx, "")
	if err != nil || len(all) != 121 {
		t.Fatal(len(all), err)
	}
	got, err := l.c.Templates(l.ctx, "offer")
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	if g := got[0]; g.ID != id || g.Status != "APPROVED" || g.Category != "MARKETING" || !g.Named || g.Body != d.Body || g.Footer != d.Footer ||
		!slices.Equal(g.Buttons, d.Buttons) || g.Others || g.Language != "pt_BR" {
		t.Errorf("%+v", g)
	}
}

func TestPortfolio(t *testing.T) {
	l := connected(t, setup{})
	if id, err := l.c.Portfolio(l.ctx); err != nil || id != cloudtest.Portfolio {
		t.Error(id, err)
	}
	l.srv.ReplaceToken()
	if id, err := l.c.Portfolio(l.ctx); err == nil {
		t.Error(id)
	}
}

// TestThroughput: what Meta says is what is believed, and before that what every number has.
func TestThroughput(t *testing.T) {
	l := connected(t, setup{})
	if n := l.c.Throughput(); n != 80 {
		t.Error(n)
	}
	l.srv.Number().Set("throughput", map[string]any{"level": "HIGH"})
	if err := l.c.Poll(l.ctx); err != nil {
		t.Fatal(err)
	}
	if n := l.c.Throughput(); n != 1000 {
		t.Error(n)
	}
}
