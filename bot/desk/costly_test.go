package desk_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// findings are what the doctor of an open desk finds.
func findings(t *testing.T, d *desk.Desk, ctx context.Context) []desk.Finding {
	t.Helper()
	found, err := d.Examine(ctx)
	must(t, err)
	return found.Findings
}

// many makes a number that knows many people.
func (s *shop) many() {
	s.t.Helper()
	s.writes(ana, phrase)
	s.tampers("UPDATE contact_counts SET people = people + 2000 WHERE what = 'consent' AND value = 'subscribed'")
	consents, err := s.Store.CountConsents(s.Ctx, "main")
	must(s.t, err)
	if consents[bot.Subscribed] < 2000 {
		s.t.Fatalf("%v", consents)
	}
}

// TestSecurityCostlyReadingsAreLimited: of what looks at everybody only so much runs at once, for one who asks and
// for all. Viewers cannot take all of it, and who is at the command line waits for nobody.
func TestSecurityCostlyReadingsAreLimited(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.Save("flows/broadcasts/weekly.yaml", "text: Hi\n")
	as := func(name string, role desk.Role) context.Context {
		return desk.As(s.Ctx, desk.Who{Name: name, Via: desk.ViaAPI, Role: role})
	}
	readings := func(ctx context.Context) map[string]error {
		all := map[string]error{}
		_, all["list"] = s.ListContacts(ctx, "main", desk.ContactQuery{Order: desk.ByName})
		_, all["preview"] = s.Preview(ctx, "main", "weekly", desk.PreviewOptions{Now: true})
		_, all["verification"] = s.VerifyConsent(ctx, "main", "", nil)
		_, all["doctor"] = s.Examine(ctx)
		return all
	}
	looks := func(who string, ctx context.Context, busy, mine bool) {
		t.Helper()
		for reading, err := range readings(ctx) {
			var is desk.Busy
			if errors.As(err, &is) != busy || is.Mine != mine || (err != nil) != busy {
				t.Errorf("%s of %s: %v", reading, who, err)
			}
		}
	}
	take := func(ctx context.Context) (of context.Context, end func()) {
		t.Helper()
		of, end, err := s.Costly(ctx, "main")
		must(t, err)
		return of, end
	}
	for range 20 { // of few people nothing is costly
		take(as("vera", desk.Viewer))
	}
	s.many()
	vera := as("vera", desk.Viewer)
	_, first := take(vera)
	looks("vera, with one under way", vera, false, false)
	inside, second := take(vera)
	looks("vera, with two under way", vera, true, true)
	looks("vera, within one of them", inside, false, false)
	looks("another viewer", as("vito", desk.Viewer), false, false)
	_, third := take(as("vito", desk.Viewer))
	take(as("vito", desk.Viewer))
	looks("a third viewer", as("viola", desk.Viewer), true, false)
	looks("an editor", as("rui", desk.Editor), false, false)
	take(as("rui", desk.Editor))
	take(as("rui", desk.Editor))
	looks("an owner, with all taken", as("marta", desk.Owner), true, false)
	looks("the command line", desk.As(s.Ctx, desk.Who{Name: "cli:marta", Via: desk.ViaCLI, Role: desk.Owner}), false, false)
	looks("the program itself", s.Ctx, false, false)
	third()
	looks("an owner", as("marta", desk.Owner), false, false)
	first()
	second()
	looks("vera, when hers have ended", vera, false, false)
	if kind := desk.KindOf(fmt.Errorf("x: %w", desk.Busy{Mine: true})); kind.Status != 429 || desk.KindOf(desk.Busy{}).Status != 503 {
		t.Errorf("%+v", kind)
	}
}
