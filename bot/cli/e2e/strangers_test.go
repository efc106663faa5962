package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestC1C2C3WhatStrangersWrote drives the built program: what people wrote to a shop, one contact a sentence, and what they are to it
// afterwards. The sentences are those of flows/words/testdata/strangers.tsv in the three languages of the shop that `init` makes.
func TestC1C2C3WhatStrangersWrote(t *testing.T) {
	file, err := program()
	must(t, err)
	dir := filepath.Join(t.TempDir(), "shop")
	if out, err := exec.Command(file, "init", dir).CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	join := map[string]string{"en": "I want promotions", "pt": "quero promoções", "es": "quiero promociones"}
	phones := map[string]string{"en": "+121255501%02d", "pt": "+55119000000%02d", "es": "+346000000%02d"}
	var in bytes.Buffer
	second := 0
	say := func(phone, text string) {
		second++
		line, err := json.Marshal(map[string]string{"from": phone, "text": text, "id": fmt.Sprintf("S%d", second),
			"at": fmt.Sprintf("2026-03-02T%02d:%02d:%02dZ", 10+second/3600, second/60%60, second%60)})
		must(t, err)
		in.Write(append(line, '\n'))
	}
	want, said := map[string]string{}, map[string]string{}
	for i, c := range strangers {
		phone := fmt.Sprintf(phones[c.language], i)
		say(phone, join[c.language])
		for _, text := range c.says {
			say(phone, text)
		}
		want[phone], said[phone] = c.consent, strings.Join(c.says, " | ")
	}
	cmd := exec.Command(file, "chat", "--json")
	cmd.Dir, cmd.Stdin = dir, &in
	out, err := cmd.Output()
	must(t, err)
	got := map[string]string{}
	for _, line := range bytes.Split(out, []byte("\n")) {
		var l struct {
			Turn *struct{ From, Consent string }
		}
		if json.Unmarshal(line, &l) == nil && l.Turn != nil {
			got[l.Turn.From] = l.Turn.Consent
		}
	}
	for phone, consent := range want {
		if got[phone] != consent {
			t.Errorf("%q: %s, should be %s", said[phone], got[phone], consent)
		}
	}
}

// strangers have joined before they say what is here.
var strangers = []struct {
	language string
	says     []string
	consent  string // afterwards
}{
	{"pt", []string{"vocês não me mandam mais ofertas"}, "subscribed"},
	{"en", []string{"you never send me offers"}, "subscribed"},
	{"es", []string{"ya no me mandan ofertas"}, "subscribed"},
	{"en", []string{"I have no coupon"}, "subscribed"},
	{"en", []string{"please text me, don't call"}, "subscribed"},
	{"pt", []string{"não me ligue, me chama no whats"}, "subscribed"},
	{"es", []string{"no llamen, escriban"}, "subscribed"},
	{"en", []string{"Thanks for your message! Reply STOP to unsubscribe"}, "subscribed"},
	{"es", []string{"para nada"}, "subscribed"},
	{"en", []string{"Reply 2"}, "unsubscribed"},
	{"pt", []string{"quero a opção 2"}, "unsubscribed"},
	{"es", []string{"marco 2"}, "unsubscribed"},
	{"en", []string{"2\n\nSent from my iPhone"}, "unsubscribed"},
	{"en", []string{"SТОP"}, "unsubscribed"}, // T and O are Cyrillic
	{"en", []string{"Hi, my inbox is full of your promos, make it stop"}, "unsubscribed"},
	{"pt", []string{"LGPD: solicito a exclusão de todos os meus dados pessoais"}, "unsubscribed"},
	{"en", []string{"could you send fewer messages?", "sure"}, "unsubscribed"},
	{"pt", []string{"sair", "🚫 quero promoções"}, "unsubscribed"},
	{"en", []string{"stop", "I want promotions?"}, "unsubscribed"},
	{"es", []string{"salir", "quiero promociones ❌"}, "unsubscribed"},
}
