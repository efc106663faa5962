package desk_test

import (
	"fmt"
	"strings"
	"testing"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// TestSecuritySettingsOfAnotherNumber: whoever is limited to some numbers sees the settings of no other
// one, and a viewer sees no phone in one.
func TestSecuritySettingsOfAnotherNumber(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: "numbers:\n  - {name: main, flow: promotions, card: Casa}\n" +
		"  - {name: outlet, flow: promotions, card: Saldos, transport: cloud, notify: \"" + ana + "\", " +
		"cloud: {phone_number_id: \"1\", waba_id: \"2\", token_file: t, app_secret_file: s, verify_token_file: v}}\n"})
	for _, row := range []struct {
		who  desk.Who
		sees string
	}{
		{desk.Who{Role: desk.Owner}, "Casa Saldos " + ana},
		{desk.Who{Role: desk.Owner, Numbers: []string{"outlet"}}, "Saldos " + ana},
		{desk.Who{Role: desk.Owner, Numbers: []string{"main"}}, "Casa"},
		{desk.Who{Role: desk.Viewer}, "Casa Saldos +12…01"},
		{desk.Who{Role: desk.Metrics}, ""},
	} {
		groups, err := s.Settings(desk.As(s.Ctx, row.who))
		must(t, err)
		all := fmt.Sprint(groups)
		for _, value := range []string{"Casa", "Saldos", ana, "+12…01"} {
			if strings.Contains(all, value) != strings.Contains(row.sees, value) {
				t.Errorf("%+v sees %s: %v", row.who, value, !strings.Contains(row.sees, value))
			}
		}
		if !strings.Contains(all, "pace.every") {
			t.Errorf("%+v does not see the shop's own", row.who)
		}
	}
}
