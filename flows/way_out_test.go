package flows

import "testing"

// TestB2TheWayOutIsSaid: what names 2 or a stop word as something to send, and what only looks so.
func TestB2TheWayOutIsSaid(t *testing.T) {
	for _, c := range []struct {
		language, brand, text string
		want                  bool
	}{
		{"en", "Casa", "Reply 2 to stop.", true},
		{"en", "Casa", "2 = stop", true},
		{"en", "Casa", "Send 2, any time", true},
		{"en", "Casa", "Don't want these? Send STOP", true},
		{"en", "Casa", "We never spam: reply stop", true},
		{"en", "Casa", "Only 2.99! Reply 2.", true},
		{"en", "Casa", "2 offers a week; 2 stops them", true},
		{"en", "Stop & Shop", "{brand}: reply STOP to end", true},
		{"en", "Stop", "{brand}: reply 2", true},
		{"ca", "Casa", "Respon 2 per sortir", true},
		{"it", "Casa", "Rispondi 2 per non ricevere più messaggi.", true},
		{"fr", "Casa", "Répondez 2 pour arrêter.", true},
		{"pt", "Casa", "Responda 2 para sair", true},
		{"pt", "Casa", "Para sair, mande 2 por favor", true},
		{"es", "Casa", "Envía 2 a cualquier hora", true},
		{"de", "Casa", "Mit 2 abmelden", true},
		{"en", "Casa", "Only 2.99!", false},
		{"en", "Casa", "Only 1.2 euros", false},
		{"pt", "Casa", "Leve 2 pague 1", false},
		{"en", "Casa", "2 for 1", false},
		{"en", "Casa", "Buy 2 shoes", false},
		{"en", "Casa", "You cannot stop this", false},
		{"en", "Casa", "Stop by today!", false},
		{"en", "Casa", "At most 2 a week", false},
		{"es", "Casa", "2 a la semana", false},
		{"it", "Casa", "2 per settimana", false},
		{"ca", "Casa", "2 per setmana", false},
		{"en", "Stop & Shop", "{brand}", false},
		{"en", "Stop & Shop", "Stop & Shop writes twice a week", false},
		{"en", "Casa", "Hi {first_name|2}", false},
	} {
		tmpl, err := ParseTemplate(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := wayOut(tmpl, c.brand, c.language); got != c.want {
			t.Errorf("%s %q: %v", c.language, c.text, got)
		}
	}
}
