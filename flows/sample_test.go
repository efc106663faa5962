package flows

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// choices are the ways in which some languages can be chosen: one of them, two in both orders, all.
func choices() (all [][]string) {
	for _, a := range SampleLanguages() {
		all = append(all, []string{a})
		for _, b := range SampleLanguages() {
			if a != b {
				all = append(all, []string{a, b})
			}
		}
	}
	return append(all, SampleLanguages(), []string{"es", "pt", "en"})
}

// TestSamplesCheckClean: every sample in every choice of languages passes `flow check` without a warning, and has nothing left of the
// languages that were not chosen.
func TestSamplesCheckClean(t *testing.T) {
	for _, kind := range Kinds() {
		for _, languages := range choices() {
			files, err := Sample(kind.Name, languages, `Ana's "Corner" #1: shop`, "America/Manaus")
			if err != nil {
				t.Fatal(err)
			}
			flow, bad := Load("promotions.yaml", files["promotions.yaml"])
			for _, p := range bad {
				t.Errorf("%s %v: %s", kind.Name, languages, p)
			}
			if flow == nil {
				continue
			}
			if flow.Brand != `Ana's "Corner" #1: shop` || !slices.Equal(flow.Languages, languages) {
				t.Errorf("%s: brand %q, languages %v", kind.Name, flow.Brand, flow.Languages)
			}
			drafts, chats := 0, 0
			for name, text := range files {
				switch {
				case strings.HasPrefix(name, "broadcasts/") && strings.HasSuffix(name, ".yaml"):
					drafts++
					draft, bad := LoadBroadcast(name, text, flow)
					if len(bad) > 0 || draft.Zone != "America/Manaus" {
						t.Errorf("%s %v: %s: %v", kind.Name, languages, name, bad)
					}
				case strings.HasSuffix(name, ".chat"):
					chats++
				}
				if strings.HasSuffix(name, ".yaml") && !slices.Contains(languages, "pt") && strings.Contains(string(text), "você") {
					t.Errorf("%s %v: %s still has Portuguese texts", kind.Name, languages, name)
				}
			}
			if drafts != 1 || chats != len(languages) {
				t.Errorf("%s %v: %d drafts, %d files of conversations", kind.Name, languages, drafts, chats)
			}
		}
	}
}

// TestSampleRefuses: a kind or a language that there is no sample of.
func TestSampleRefuses(t *testing.T) {
	if _, err := Sample("zoo", []string{"en"}, "", ""); err == nil {
		t.Error("there is a sample of a zoo")
	}
	if _, err := Sample("food", []string{"fr"}, "", ""); err == nil {
		t.Error("there is a sample in French")
	}
}

// TestK3EverySampleMayBeApproved: WhatsApp would approve each promotion of each sample, so that a new
// shop on the Cloud API can hand it in.
func TestK3EverySampleMayBeApproved(t *testing.T) {
	for _, kind := range Kinds() {
		files, err := Sample(kind.Name, SampleLanguages(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		flow, bad := Load("promotions.yaml", files["promotions.yaml"])
		if len(bad) > 0 {
			t.Fatal(bad)
		}
		drafts := 0
		for name, text := range files {
			if path.Dir(name) != "broadcasts" || path.Ext(name) != ".yaml" {
				continue
			}
			drafts++
			b, bad := LoadBroadcast(path.Base(name), text, flow)
			if len(bad) > 0 {
				t.Fatal(bad)
			}
			for _, p := range b.ApprovalProblems(name, flow) {
				t.Errorf("%s: %s:%d: %s", kind.Name, name, p.Line, p.Message)
			}
		}
		if drafts == 0 {
			t.Errorf("%s has no draft", kind.Name)
		}
	}
}
