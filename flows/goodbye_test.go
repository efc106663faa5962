package flows

import "testing"

// TestC4GoodbyesOnlyConfirm: what a text to somebody who left may say, and what not.
func TestC4GoodbyesOnlyConfirm(t *testing.T) {
	for text, rule := range map[string]string{
		"Done: no more promotions from {brand}.":                 "",
		"Done. We are open until 6 p.m., e.g. on Mondays.":       "",
		"Done.Thank you...and goodbye":                           "",
		"Done. The shop opens at 9.30h.":                         "",
		"Done: you get no more offers.":                          "",
		"Pronto: você não receberá mais promoções.":              "",
		"Done. See shop.example":                                 "goodbye-with-link",
		"Done. See www.casa.de":                                  "goodbye-with-link",
		"Done. See my-casa.moda!":                                "goodbye-with-link",
		"Done. To come back write: I want promotions":            "goodbye-invites",
		"Done. To come back write *I WANT PROMOTIONS*":           "goodbye-invites",
		"Done. Para voltar, escreva quero promoções.":            "goodbye-invites",
		"Done. To come back write *offers*":                      "goodbye-invites",
		"Done. Write “Offers!” to come back, or \"offers\" even": "goodbye-invites",
	} {
		for _, where := range []string{"goodbye", "after"} {
			src := "languages: [en, pt]\nopt_in:\n  phrases: {en: [I want promotions, offers], pt: [quero promoções]}\n  confirm: true\n" +
				"  disclosure: {en: \"{brand}: reply 2 to stop.\", pt: \"{brand}: 2 para sair.\"}\n  goto: welcome\n" +
				"states:\n  welcome:\n    say: {en: Hi!, pt: Oi!}\nopt_out:\n  " + where + ": {en: '" + text + "', pt: Fim.}\n"
			_, problems := Load("c4.yaml", []byte(complete(src)))
			if rule == "" && len(problems) > 0 || rule != "" && !hasRule(problems, rule) {
				t.Errorf("%s %q: %v", where, text, problems)
			}
		}
	}
}
