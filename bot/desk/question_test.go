package desk_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// TestWhatIsAsked: each act that asks first asks in words that name what is about to be done, and an
// earlier yes is an answer.
func TestWhatIsAsked(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	zone := time.FixedZone("", -3*3600)
	rollback := desk.RollbackOffer{
		File: "flow.yaml", Version: "2de4c7d96077", Accepted: time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC), ShopZone: zone,
	}
	s.linked("main", "+12125550100")
	change, err := s.OfferNumberChange(s.Ctx, "main")
	must(t, err)
	for asks, questions := range map[string][]desk.Question{
		"Erase?":                 desk.ErasePreview{Numbers: 1, What: desk.ErasesPerson}.Questions(),
		"Erase it, and not ask?": desk.ErasePreview{What: desk.ErasesWaiting}.Questions(),
		"Remove the webhook to https://crm.example.com/?":                                  desk.WebhookView{URL: "https://crm.example.com/"}.RemovalQuestions(),
		"Take rui away? Their sessions end at once, and what they did stays known.":        desk.RemovalQuestions("rui"),
		"Revoke the key crm? Whatever uses it is locked out at once.":                      desk.RevocationQuestions("crm"),
		`Take the tag "vip" away from 2 people?`:                                           desk.TaggedView{Tag: "vip", People: 2}.Questions(),
		"Write version 2de4c7d96077, in use since 2026-03-02 11:00 -0300, into flow.yaml?": rollback.Questions(),
		"Link another phone?": change.Questions(),
	} {
		if len(questions) != 1 || questions[0] != (desk.Question{Asks: asks}) {
			t.Errorf("%+v, want %q", questions, asks)
		}
	}
	left := desk.WebhookView{URL: "https://crm.example.com/", Waiting: 1, Dead: 2}.RemovalQuestions()
	if len(left) != 1 || left[0].Before != "What it has not got (3 events) would be dropped." {
		t.Errorf("%+v", left)
	}
}

// TestARestoreAsks: it names the backup, and where it would go.
func TestARestoreAsks(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.linked("main", "+12125550100")
	file := s.backedUp()
	o := desktest.Folder(t, desktest.Setup{Config: oneNumber})
	r, err := desk.OpenRestore(t.Context(), o, desk.RestoreOrder{File: file})
	must(t, err)
	defer r.Close()
	asked := r.Questions()
	if len(asked) != 1 || !strings.HasPrefix(asked[0].Asks, "Restore ") || !strings.Contains(asked[0].Asks, filepath.Base(file)+" into "+r.Folder+"?") {
		t.Errorf("%+v", asked)
	}
	if _, err := os.Stat(filepath.Join(r.Folder, "bot.db")); !os.IsNotExist(err) {
		t.Errorf("a question has restored: %v", err)
	}
}
