package desk_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"optinbot/bot/desk"
	"optinbot/flows"
)

func TestADraftIsSavedWithTheOneOfBeforeBesideIt(t *testing.T) {
	t.Parallel()
	s := running(t)
	shown, err := s.DraftText(s.Ctx, "", "weekend-offer")
	must(t, err)
	text := strings.Replace(shown.Text, "text:", "first: 3\ntext:", 1)
	saved, err := s.SaveDraft(s.Ctx, "", "weekend-offer", shown.Version, text)
	must(t, err)
	before, err := os.ReadFile(s.Path("flows/broadcasts/weekend-offer.yaml.before"))
	must(t, err)
	if saved.Text != text || string(before) != shown.Text {
		t.Errorf("saved %+v, and before it was %q", saved, before)
	}
	if again, err := s.SaveDraft(s.Ctx, "", "weekend-offer", saved.Version, text); err != nil || again != saved {
		t.Errorf("saving once more: %+v %v", again, err)
	}
	if _, err := s.SaveDraft(s.Ctx, "", "weekend-offer", shown.Version, text+"# more\n"); !errors.Is(err, desk.ErrStale) {
		t.Errorf("saving over what somebody else saved: %v", err)
	}
	if _, err := s.SaveDraft(s.Ctx, "", "weekend-offer", "", text); !errors.Is(err, desk.ErrStale) {
		t.Errorf("a new draft of that name: %v", err)
	}
}

func TestADraftWithProblemsIsNotSaved(t *testing.T) {
	t.Parallel()
	s := running(t)
	var problems desk.Problems
	if _, err := s.SaveDraft(s.Ctx, "", "new-one", "", "text: {en: hi}\nfirts: 3\n"); !errors.As(err, &problems) {
		t.Errorf("saving says %v", err)
	}
	check, err := s.CheckDraftText(s.Ctx, "", "new-one", "text: {en: hi}\nfirts: 3\n")
	must(t, err)
	if check.Broadcast != nil || len(check.Problems) == 0 || check.Problems[0].Line != 2 {
		t.Errorf("checked %+v", check)
	}
	if _, err := s.DraftText(s.Ctx, "", "new-one"); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("there is a draft: %v", err)
	}
	made, err := s.SaveDraft(s.Ctx, "", "new-one", "", "broadcast: new-one\r\ntext: Hello {first_name|there}\r\n")
	must(t, err)
	if made.Version != flows.Version([]byte(made.Text)) || strings.Contains(made.Text, "\r") {
		t.Errorf("made %+v", made)
	}
}

func TestADraftLiesInItsFolderOnly(t *testing.T) {
	t.Parallel()
	s := running(t)
	for _, name := range []string{"", "../promotions", "a/b", `a\b`, ".x", "a.yaml", "A", "a\x00b", strings.Repeat("a", 200)} {
		_, err := s.SaveDraft(s.Ctx, "", name, "", "text: hi\n")
		if !errors.Is(err, desk.ErrRefused) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
