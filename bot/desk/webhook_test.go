package desk_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/store"
)

// TestAWebhookIsToldOfADay: what people do at the shop becomes events, each with its type, in order.
func TestAWebhookIsToldOfADay(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{})
	added, err := s.AddWebhook(t.Context(), desk.WebhookToAdd{URL: "https://crm.example/hook"})
	must(t, err)
	for _, line := range []string{
		"Ana +447700900001 > I want promotions", "Ana > A", "Ana > B", "Ana > 2", "Bob +447700900002 > 2",
	} {
		must(t, s.Do(line))
	}
	_, err = s.OptOut(t.Context(), desktest.Main, "+447700900003", "said so at the till")
	must(t, err)
	kinds := func() (all []string) {
		events, err := s.Store.EventsFor(t.Context(), added.ID, desktest.Main, 0, 1000)
		must(t, err)
		for i, e := range events {
			if e.Seq != int64(i+1) {
				t.Errorf("event %d has seq %d", i+1, e.Seq)
			}
			all = append(all, string(e.Type)+" "+e.What)
		}
		return all
	}
	want := []string{"subscribed ", "preference_changed interests", "preference_changed place", "unsubscribed ", "unsubscribed ", "unsubscribed "}
	if got := kinds(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}

	preview, err := s.PreviewErase(t.Context(), "+447700900001")
	must(t, err)
	contact, err := s.Store.Contact(t.Context(), desktest.Main, "+447700900001")
	must(t, err)
	held, err := s.ExportPerson(t.Context(), "+447700900001")
	must(t, err)
	if len(held[0].Events) != 4 {
		t.Errorf("what is held on Ana has the events %+v", held[0].Events)
	}
	_, err = s.ErasePerson(t.Context(), "+447700900001", preview.Version)
	must(t, err)
	left, err := s.Store.EventsAbout(t.Context(), contact.ID)
	must(t, err)
	if len(left) > 0 {
		t.Errorf("after an erasure they are of a contact still: %+v", left)
	}
	if got := kinds(); !slices.Equal(got, want) {
		t.Errorf("after the erasure of somebody who had left: %q", got)
	}
}

// TestWebhooksAreForOwners: whoever may not do everything in the shop neither adds nor sees them.
func TestWebhooksAreForOwners(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{})
	added, err := s.AddWebhook(t.Context(), desk.WebhookToAdd{URL: "https://crm.example/hook"})
	must(t, err)
	for _, who := range []desk.Who{
		{Name: "vera", Role: desk.Viewer}, {Name: "ed", Role: desk.Editor}, {Name: "ou", Role: desk.Owner, Numbers: []string{desktest.Main}},
	} {
		ctx := desk.As(t.Context(), who)
		for name, do := range map[string]func() error{
			"add":    func() error { _, err := s.AddWebhook(ctx, desk.WebhookToAdd{URL: "https://x.example"}); return err },
			"list":   func() error { _, err := s.ListWebhooks(ctx); return err },
			"log":    func() error { _, err := s.WebhookLog(ctx, 0, 0); return err },
			"test":   func() error { _, err := s.TestWebhook(ctx, added.ID); return err },
			"replay": func() error { _, err := s.ReplayWebhook(ctx, added.ID, desk.WebhookReplay{}); return err },
			"rotate": func() error { _, err := s.RotateWebhook(ctx, added.ID); return err },
			"enable": func() error { _, err := s.EnableWebhook(ctx, added.ID); return err },
			"remove": func() error { return s.RemoveWebhook(ctx, added.ID) },
		} {
			if err := do(); !errors.Is(err, desk.ErrForbidden) {
				t.Errorf("%s: %s: %v", who.Name, name, err)
			}
		}
	}
}

// TestSecurityAWebhookOfABackup is switched on at the command line only: it may have been removed since.
func TestSecurityAWebhookOfABackup(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{})
	added, err := s.AddWebhook(t.Context(), desk.WebhookToAdd{URL: "https://crm.example/hook"})
	must(t, err)
	for why, want := range map[string]error{"nothing has arrived for 5 days": nil, store.OffByRestore: desk.ErrForbidden} {
		for _, via := range []desk.Door{desk.ViaWeb, desk.ViaAPI, desk.ViaCLI} {
			_, err := s.Store.EnableEndpoint(t.Context(), added.ID)
			must(t, err)
			must(t, s.Store.DisableEndpoint(t.Context(), added.ID, desktest.Main, why, "off", s.Now()))
			if via == desk.ViaCLI {
				want = nil
			}
			_, err = s.EnableWebhook(desk.As(t.Context(), desk.Who{Name: "marta", Via: via, Role: desk.Owner, Fresh: true}), added.ID)
			if !errors.Is(err, want) {
				t.Errorf("%s, by %s: %v", why, via, err)
			}
		}
	}
}

// TestAWebhookThatIsTested gets an event of the type "test", signed with its secret.
func TestAWebhookThatIsTested(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{})
	added, err := s.AddWebhook(t.Context(), desk.WebhookToAdd{URL: "https://crm.example/hook", Types: []string{"unsubscribed"}})
	must(t, err)
	s.PostWebhook = func(_ context.Context, e store.Endpoint, id string, body []byte) desk.WebhookAnswer {
		var got struct{ Type, Number string }
		if err := json.Unmarshal(body, &got); err != nil || got.Type != "test" || got.Number != desktest.Main || id == "" || e.Secret != added.Secret {
			t.Errorf("%s %s to %+v: %v", id, body, e, err)
		}
		return desk.WebhookAnswer{Status: 500, Failed: "it answered 500", Answer: "no"}
	}
	got, err := s.TestWebhook(t.Context(), added.ID)
	if want := (desk.WebhookTest{Status: 500, Failed: "it answered 500", Answer: "no"}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := s.TestWebhook(t.Context(), 99); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("of one that does not exist: %v", err)
	}
}

// TestANumbersNewsIsToldOnce: what programs outside hear of a connection that comes and goes.
func TestANumbersNewsIsToldOnce(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{})
	added, err := s.AddWebhook(t.Context(), desk.WebhookToAdd{URL: "https://crm.example/hook", Types: []string{"number"}})
	must(t, err)
	before, err := s.Store.Cursors(t.Context(), added.ID)
	must(t, err)
	at := s.Now()
	for _, e := range []struct {
		after time.Duration
		kind  bot.NumberEventKind
	}{
		{0, bot.NumberConnected}, {time.Minute, bot.NumberDisconnected}, {14 * time.Minute, bot.NumberUnanswered}, {15 * time.Minute, bot.NumberConnected},
		{20 * time.Minute, bot.NumberDisconnected}, {30 * time.Minute, bot.NumberUnanswered}, {36 * time.Minute, ""}, {37 * time.Minute, ""},
		{40 * time.Minute, bot.NumberConnected}, {41 * time.Minute, bot.NumberRestricted}, {42 * time.Minute, bot.NumberRestricted}, {43 * time.Minute, bot.NumberLoggedOut},
	} {
		if e.kind != "" {
			must(t, s.Store.NumberEvent(t.Context(), desktest.Main, bot.NumberEvent{Kind: e.kind, At: at.Add(e.after)}))
		}
		must(t, s.Store.MissConnections(t.Context(), at.Add(e.after)))
	}
	events, err := s.Store.EventsFor(t.Context(), added.ID, desktest.Main, before[desktest.Main], 1000)
	must(t, err)
	var got []string
	for _, e := range events {
		if e.Type == bot.EventNumber {
			got = append(got, e.What)
		}
	}
	if want := []string{"connected", "disconnected", "connected", "restricted", "logged_out"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
