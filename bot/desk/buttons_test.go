package desk_test

import (
	"strings"
	"testing"

	"optinbot/bot/desk/desktest"
	"optinbot/flows"
)

// onCloud is a number on the Cloud API.
const onCloud = "numbers:\n  - {name: main, flow: promotions, transport: cloud, cloud: {phone_number_id: \"100000000001001\", " +
	"waba_id: \"300000000001002\", token_file: token, app_secret_file: app, verify_token_file: verify}}\n"

// TestTheCheckKnowsWhichNumbersHaveButtons: what does not fit a button matters to a number that
// shows buttons, and to no other.
func TestTheCheckKnowsWhichNumbersHaveButtons(t *testing.T) {
	t.Parallel()
	source, err := flows.Defaults.ReadFile("promotions.yaml")
	must(t, err)
	text := strings.Replace(string(source), "{en: Bags, pt", "{en: Bags and whatever goes with them, pt", 1)
	for settings, want := range map[string]int{oneNumber: 0, onCloud: 1} {
		s := desktest.Open(t, desktest.Setup{Config: settings, Files: map[string]string{"flows/promotions.yaml": text, "flows/broadcasts/weekend-offer.yaml": ""}})
		byFiles, err := s.Files.Check(s.Ctx, nil)
		must(t, err)
		byPage, err := s.CheckFlowText(s.Ctx, "main", text)
		must(t, err)
		for door, problems := range map[string][]flows.Problem{"flow check": byFiles.Problems, "the page": byPage.Problems} {
			if len(problems) != want || want == 1 && (!problems[0].Advises() && !problems[0].Warning || problems[0].Rule != "text-too-long") {
				t.Errorf("%s of %s tells %v", door, settings, problems)
			}
		}
	}
}

// TestK1AConversationHasTheNumbersButtons: a conversation on a number of the Cloud API may tap.
func TestK1AConversationHasTheNumbersButtons(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{Config: onCloud})
	for _, line := range []string{"Ben +447700900001 > I want promotions", "Ben [tap] > Bags"} {
		must(t, s.Do(line))
	}
	c, err := s.FindContact(s.People["Ben"])
	must(t, err)
	if got := c.Preferences["interests"]; len(got) != 1 || got[0] != "bags" {
		t.Errorf("he likes %v", got)
	}
}
