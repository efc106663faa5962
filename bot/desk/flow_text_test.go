package desk_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"optinbot/bot/desk"
	"optinbot/flows"
)

// edited is the shipped flow with one text in place of another.
func edited(t *testing.T, old, new string) string {
	t.Helper()
	src, err := flows.Defaults.ReadFile("promotions.yaml")
	must(t, err)
	if !strings.Contains(string(src), old) {
		t.Fatalf("the shipped flow has no %q", old)
	}
	return strings.ReplaceAll(string(src), old, new)
}

func TestASavedDraftIsNotSpokenBeforeItIsPublished(t *testing.T) {
	t.Parallel()
	s := running(t)
	before, err := s.FlowText(s.Ctx, "")
	must(t, err)
	if before.Draft || !before.Published() || before.InFile != before.Version || before.File != "flows/promotions.yaml" {
		t.Fatalf("the text of the file is %+v", before)
	}
	// A form sends every line with a carriage return.
	text := strings.ReplaceAll(edited(t, "Take care!", "Farewell!"), "\n", "\r\n")
	draft, err := s.SaveFlow(s.Ctx, "", before.Version, text)
	must(t, err)
	if !draft.Draft || draft.Published() || draft.InFile != before.InFile || strings.Contains(draft.Text, "\r") ||
		!strings.Contains(draft.Text, "Farewell!") {
		t.Errorf("saved %+v", draft)
	}
	must(t, s.Reload(s.Ctx, s.Numbers["main"]))
	if got := s.Machine("main").Flow.Version; got != before.Version {
		t.Errorf("the number speaks %s before the draft is published", got)
	}
	if drafts, err := s.Files.Check(s.Ctx, nil); err != nil || drafts.Refused() {
		t.Errorf("a draft beside the file is checked as a flow: %+v %v", drafts, err)
	}

	offer, err := s.OfferFlow(s.Ctx, "")
	must(t, err)
	if offer.Refused != "" || len(offer.Test.Results) == 0 || offer.Test.Failed > 0 || len(offer.Check.Changes) == 0 {
		t.Errorf("offered %+v", offer)
	}
	s.Plays("+1m")
	done, err := s.PublishFlow(s.Ctx, "", offer.Text.Version, offer.Text.InFile)
	must(t, err)
	if got := s.Machine("main").Flow.Version; got != draft.Version || done.Version != got {
		t.Errorf("the number speaks %s after %+v", got, done)
	}
	after, err := s.FlowText(s.Ctx, "")
	must(t, err)
	if after.Draft || after.InFile != draft.Version || !after.Published() {
		t.Errorf("after publishing the text is %+v", after)
	}
	kept, err := os.ReadFile(done.Kept)
	must(t, err)
	if flows.Version(kept) != before.Version {
		t.Error("the file of before is not kept beside it")
	}
	past, err := s.FlowHistory(s.Ctx, "", 5)
	must(t, err)
	if len(past) != 2 || !past[0].Live || past[0].Ordinal != 2 || past[1].Live || len(past[0].Changes) == 0 {
		t.Errorf("the history is %+v", past)
	}
	if _, err := s.PublishFlow(s.Ctx, "", offer.Text.Version, offer.Text.InFile); !errors.Is(err, desk.ErrStale) {
		t.Errorf("publishing once more: %v", err)
	}
}

func TestAStaleFlowIsNotSaved(t *testing.T) {
	t.Parallel()
	s := running(t)
	shown, err := s.FlowText(s.Ctx, "")
	must(t, err)
	s.Save(flowFile, edited(t, "Take care!", "So long!"))
	mine := edited(t, "Take care!", "Farewell!")
	_, err = s.SaveFlow(s.Ctx, "", shown.Version, mine)
	if !errors.Is(err, desk.ErrStale) || !errors.Is(err, desk.ErrRefused) {
		t.Errorf("the file was changed by somebody else, and saving says %v", err)
	}
	now, err := s.FlowText(s.Ctx, "")
	must(t, err)
	if now.Draft || !strings.Contains(now.Text, "So long!") {
		t.Errorf("the text is %+v", now)
	}
	draft, err := s.SaveFlow(s.Ctx, "", now.Version, mine)
	must(t, err)
	s.Save(flowFile, edited(t, "Take care!", "Until then!"))
	if _, err := s.PublishFlow(s.Ctx, "", draft.Version, draft.InFile); !errors.Is(err, desk.ErrStale) {
		t.Errorf("the file was changed after the draft was looked at, and publishing says %v", err)
	}
	if _, err := s.DropFlowDraft(s.Ctx, "", now.Version); !errors.Is(err, desk.ErrStale) {
		t.Errorf("dropping another draft says %v", err)
	}
	dropped, err := s.DropFlowDraft(s.Ctx, "", draft.Version)
	must(t, err)
	if dropped.Draft || !strings.Contains(dropped.Text, "Until then!") {
		t.Errorf("after dropping the draft the text is %+v", dropped)
	}
}

func TestATextWithProblemsIsNotSaved(t *testing.T) {
	t.Parallel()
	s := running(t)
	shown, err := s.FlowText(s.Ctx, "")
	must(t, err)
	bad := edited(t, "disclosure:", "disclosur:")
	var problems desk.Problems
	if _, err := s.SaveFlow(s.Ctx, "", shown.Version, bad); !errors.As(err, &problems) {
		t.Errorf("saving says %v", err)
	}
	if now, err := s.FlowText(s.Ctx, ""); err != nil || now != shown {
		t.Errorf("the text is %+v, %v", now, err)
	}
	check, err := s.CheckFlowText(s.Ctx, "", bad)
	must(t, err)
	if check.Usable() || len(check.Refusals()) != 1 || check.Problems[0].Line != 15 || check.Problems[0].Col != 3 {
		t.Errorf("checked %+v", check)
	}
	if _, err := s.TestFlowText(s.Ctx, "", bad); !errors.As(err, &problems) {
		t.Errorf("testing says %v", err)
	}
}

func TestACheckSaysWhoWouldMove(t *testing.T) {
	t.Parallel()
	s := running(t) // Ana stands on interests
	renamed := edited(t, "\n  interests:\n", "\n  tastes:\n")
	renamed = strings.ReplaceAll(renamed, "goto: interests", "goto: tastes")
	check, err := s.CheckFlowText(s.Ctx, "", renamed)
	must(t, err)
	if check.Usable() || len(check.Gone) != 1 || check.People != 1 {
		t.Errorf("checked %+v", check)
	}
	check, err = s.CheckFlowText(s.Ctx, "", renamed+"\nmoved: {interests: tastes}\n")
	must(t, err)
	want := desk.FlowMove{From: "interests", To: "tastes", People: 1}
	if !check.Usable() || len(check.Moves) != 1 || check.Moves[0] != want || len(check.Changes) == 0 {
		t.Errorf("checked %+v", check)
	}
	for _, state := range check.States {
		lines := strings.Split(renamed, "\n")
		if !strings.HasPrefix(strings.TrimSpace(lines[state.Line-1]), state.Name+":") {
			t.Errorf("state %s is said to be at line %d: %q", state.Name, state.Line, lines[state.Line-1])
		}
	}
}

func TestATextIsTestedWithoutBeingSaved(t *testing.T) {
	t.Parallel()
	s := running(t)
	good, err := s.TestFlowText(s.Ctx, "", edited(t, "Take care!", "Farewell!"))
	must(t, err)
	bad, err := s.TestFlowText(s.Ctx, "", edited(t, "card: true ", "card: false "))
	must(t, err)
	if len(good.Results) == 0 || good.Failed > 0 || bad.Failed == 0 || len(bad.Results) != len(good.Results) {
		t.Errorf("good: %+v\nbad: %+v", good, bad)
	}
	if text, err := s.FlowText(s.Ctx, ""); err != nil || text.Draft {
		t.Errorf("the text is %+v, %v", text, err)
	}
}

func TestATextThatAConversationDoesNotExpectIsNotPublished(t *testing.T) {
	t.Parallel()
	s := running(t)
	shown, err := s.FlowText(s.Ctx, "")
	must(t, err)
	draft, err := s.SaveFlow(s.Ctx, "", shown.Version, edited(t, "card: true ", "card: false "))
	must(t, err)
	_, err = s.PublishFlow(s.Ctx, "", draft.Version, draft.InFile)
	if !errors.Is(err, desk.ErrRefused) || errors.Is(err, desk.ErrStale) {
		t.Errorf("publishing says %v", err)
	}
	if now, err := s.FlowText(s.Ctx, ""); err != nil || !now.Draft || now.InFile != shown.InFile {
		t.Errorf("the text is %+v, %v", now, err)
	}
}

func TestHintsKnowTheFlow(t *testing.T) {
	t.Parallel()
	s := running(t)
	h, err := s.FlowHints(s.Ctx, "")
	must(t, err)
	if len(h.Keys) != len(flows.FlowKeys()) || len(h.States) != 5 || len(h.Explained["place"]) == 0 ||
		len(h.Preferences["place"]) == 0 {
		t.Errorf("the hints are %+v", h)
	}
	if h, err = s.DraftHints(s.Ctx, ""); err != nil || len(h.Keys) != len(flows.BroadcastKeys()) {
		t.Errorf("the hints of drafts are %+v, %v", h, err)
	}
}

func TestAPictureCountsWhoWentOn(t *testing.T) {
	t.Parallel()
	s := running(t) // Ana has joined
	s.Plays("Ben +447700900002 > hello", "Ben > I want promotions", "Ben > A", "Ben > A", "Cy +447700900003 > hi")
	counts, err := s.FlowTraffic(s.Ctx, "", s.Machine("main").Flow)
	must(t, err)
	for way, want := range map[[2]string]int{
		{"welcome", "interests"}: 2, {"interests", "place"}: 1, {"place", "thanks"}: 1, {"thanks", "member"}: 1,
		{"place", "member"}: 0, {"interests", "member"}: 0,
	} {
		if got := counts.Arrows[way]; got != want {
			t.Errorf("%d went the way %v, want %d", got, way, want)
		}
	}
	if counts.States["welcome"] != 1 || counts.States["interests"] != 1 || counts.States["member"] != 1 {
		t.Errorf("they stand on %v", counts.States)
	}
	s.Plays("+24h", "+24h")
	if counts, err = s.FlowTraffic(s.Ctx, "", s.Machine("main").Flow); err != nil || counts.Arrows[[2]string{"interests", "member"}] != 1 {
		t.Errorf("after a silence: %v %v", counts.Arrows, err)
	}
}
