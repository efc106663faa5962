package words_test

import (
	"testing"

	"optinbot/flows/words"
)

// Whether they want to stop is asked of people who may mean it: what asks to go on is a no, and an ok is enough for a yes.
func TestC3TheStopQuestionForgives(t *testing.T) {
	for _, c := range []struct {
		language, text string
		want           words.Answer
	}{
		{"en", "yes", words.Yes}, {"en", "no", words.No},
		{"pt", "não, quero continuar", words.No}, {"pt", "claro que não", words.No}, {"pt", "pode mandar", words.No},
		{"pt", "quero continuar recebendo", words.No}, {"pt", "não pare", words.No}, {"en", "no keep them", words.No},
		{"en", "of course not", words.No}, {"en", "No I don't want to stop", words.No}, {"en", "don't stop", words.No},
		{"es", "no, quiero seguir", words.No}, {"es", "para nada", words.No}, {"fr", "bien sûr que non", words.No},
		{"de", "natürlich nicht", words.No}, {"ru", "конечно нет", words.No}, {"id", "jangan berhenti", words.No},
		{"hi", "band mat karo", words.No}, {"ar", "لا توقفون", words.No}, {"tr", "devam edin", words.No},
		{"it", "certo che no", words.No}, {"nl", "natuurlijk niet", words.No}, {"pl", "nie przestawajcie", words.No},
		{"en", "ok", words.Yes}, {"en", "sure", words.Yes}, {"es", "claro", words.Yes}, {"pt", "pode", words.Yes}, {"pt", "isso", words.Yes},
		{"en", "👍", words.Yes}, {"en", "definitely", words.Yes}, {"en", "yess", words.Yes}, {"de", "klar", words.Yes}, {"fr", "d'accord", words.Yes},
		{"ru", "конечно", words.Yes}, {"tr", "tamam", words.Yes}, {"id", "oke", words.Yes}, {"hi", "theek hai", words.Yes}, {"ar", "تمام", words.Yes},
		{"en", "what time do you open", words.NoAnswer}, {"en", "👎", words.NoAnswer}, {"en", "ok?", words.NoAnswer},
		{"en", "how much are the blue shoes", words.NoAnswer}, {"en", "yes 🚫", words.NoAnswer},
	} {
		v := shopFor(c.language)
		if got := v.Read(c.text).WantsOut(c.language, v.Recognise(c.text, c.language)); got != c.want {
			t.Errorf("%s %q: %v, want %v", c.language, c.text, got, c.want)
		}
	}
}

// A sign of refusal or a question mark takes an opt-in back: they are asked (F5). So does a yes to the confirm question.
func TestC1NoConsentWithASignOfRefusalOrAsAQuestion(t *testing.T) {
	registered := func(tag string) bool { return tag == "poster" }
	for language, phrases := range shopPhrases() {
		v := shopFor(language)
		phrase := phrases[0]
		for _, sign := range []string{"🚫", "❌", "👎", "🛑", "⛔", "✋", "?", "؟", "？", "???", " ?"} {
			for _, text := range []string{phrase + sign, sign + " " + phrase, phrase + " " + sign, "¿" + phrase + "?", phrase + sign + " #poster", phrase + " #poster" + sign} {
				if got := v.OptIn(text, language, registered); got.Match == words.Exact {
					t.Errorf("%s %q: %+v", language, text, got)
				}
				if got := v.Read(text).OptInExactly(language, registered); got.Match != words.NoMatch {
					t.Errorf("%s %q, of somebody who is subscribed: %+v", language, text, got)
				}
			}
		}
		if got := v.OptIn(phrase+" 😊🎉!", language, registered); got.Match != words.Exact {
			t.Errorf("%s %q with a smile: %+v", language, phrase, got)
		}
	}
	v := shopFor("en")
	for _, text := range []string{"🚫 I want promotions", "I want promotions ❌", "I want promotions?"} {
		if got := v.OptIn(text, "en", nil); got.Match != words.Near {
			t.Errorf("%q: %+v", text, got)
		}
	}
	for _, text := range []string{"yes?", "yes 🚫", "YES ❌"} {
		if got := v.YesNo(text, "en"); got != words.NoAnswer {
			t.Errorf("%q: %v", text, got)
		}
	}
	asked := words.New(words.Config{Languages: []string{"es"}, OptIn: map[string][]string{"es": {"¿me apuntas a las ofertas?"}}})
	if got := asked.OptIn("¿me apuntas a las ofertas?", "es", nil); got.Match != words.Exact {
		t.Errorf("a phrase that is a question: %+v", got)
	}
}

// Coming back gets the confirm question (F12): the phrase "again", START, "add me back".
func TestC5ComingBackIsANearMiss(t *testing.T) {
	for _, c := range [][2]string{
		{"en", "I want promotions again"}, {"pt", "quero promoções de novo"}, {"es", "quiero promociones otra vez"},
		{"fr", "je veux des promotions à nouveau"}, {"de", "ich möchte wieder angebote"}, {"it", "voglio promozioni di nuovo"},
		{"nl", "ik wil weer aanbiedingen"}, {"pl", "chcę znowu promocje"}, {"ru", "хочу снова акции"}, {"tr", "kampanyaları tekrar istiyorum"},
		{"id", "saya mau promo lagi"}, {"ar", "أريد العروض مرة أخرى"},
		{"en", "START"}, {"en", "UNSTOP"}, {"pt", "start"}, {"en", "please add me back"}, {"en", "sorry wrong button"}, {"pt", "foi sem querer"},
		{"es", "quiero volver"}, {"ru", "верните меня"}, {"hi", "galti se"},
	} {
		if got := shopFor(c[0]).OptIn(c[1], c[0], nil); got.Match != words.Near {
			t.Errorf("%s %q: %+v", c[0], c[1], got)
		}
	}
	for _, c := range [][2]string{
		{"en", "never again"}, {"en", "sorry"}, {"en", "please"}, {"en", "when do you start?"}, {"en", "I do not want promotions again"}, {"en", "start the delivery"},
	} {
		if got := shopFor(c[0]).OptIn(c[1], c[0], nil); got.Match != words.NoMatch {
			t.Errorf("%s %q: %+v", c[0], c[1], got)
		}
	}
}

// A stop word counts in every language that the contact may speak, unless it is an ordinary word in their own.
func TestC3TheLanguagesOfAContact(t *testing.T) {
	for _, c := range []struct {
		text, language string
		flow, spoken   []string
		want           words.Outcome
	}{
		{"sair", "en", []string{"en"}, nil, words.Unsure},
		{"sair", "en", []string{"en", "pt"}, nil, words.Out},
		{"sair", "en", []string{"en"}, []string{"pt"}, words.Out},
		{"alto", "en", []string{"en", "es"}, nil, words.Unsure},
		{"fine", "en", []string{"en", "it"}, []string{"it"}, words.Unsure},
		{"son", "es", []string{"es", "tr"}, nil, words.Unsure},
		{"para", "tr", []string{"tr", "pt"}, nil, words.Unsure},
		{"bus", "en", []string{"en", "hi"}, nil, words.Unsure},
		{"хватит", "en", []string{"en"}, []string{"ru"}, words.Out},
		{"stop", "en", []string{"en"}, nil, words.Out},
		{"¡Baja, baja!", "en", []string{"en", "es"}, nil, words.Out},
	} {
		v := words.New(words.Config{Languages: c.flow})
		if got := v.Recognise(c.text, c.language, c.spoken...); got.Outcome != c.want {
			t.Errorf("%s %q of a flow in %v, phone's country %v: %+v", c.language, c.text, c.flow, c.spoken, got)
		}
	}
}

// What else they ask for or say is named, whatever becomes of the message (F9).
func TestC6RequestsWithLegalWeightAreNamed(t *testing.T) {
	for _, c := range []struct {
		language, text string
		want           words.Request
	}{
		{"en", "delete my data", words.Erasure}, {"pt", "LGPD: solicito a exclusão de todos os meus dados pessoais", words.Erasure},
		{"tr", "verilerimi silin", words.Erasure}, {"de", "löscht bitte alle meine Daten", words.Erasure}, {"ru", "удалите мои персональные данные", words.Erasure},
		{"en", "I object to the processing of my data for direct marketing", words.Objection}, {"fr", "je m'oppose au traitement de mes données", words.Objection},
		{"de", "hiermit widerspreche ich der Verarbeitung meiner Daten", words.Objection}, {"pl", "cofam zgodę", words.Objection},
		{"en", "I am 12 years old", words.Minor}, {"en", "this is a child's phone", words.Minor}, {"es", "soy menor de edad", words.Minor},
		{"en", "you have the wrong person", words.WrongPerson}, {"en", "he passed away last month", words.WrongPerson}, {"ru", "вы ошиблись номером", words.WrongPerson},
		{"en", "I'm calling my lawyer", words.Lawyer}, {"en", "I will sue you", words.Lawyer}, {"it", "ho già sentito il mio avvocato", words.Lawyer},
		{"en", "I want my data deleted", words.Erasure}, {"de", "Ich möchte, dass meine Daten gelöscht werden", words.Erasure},
		{"de", "Ich möchte meine Daten gelöscht haben", words.Erasure}, {"es", "quiero que mis datos sean eliminados", words.Erasure},
		{"pt", "quero os meus dados apagados", words.Erasure}, {"fr", "je veux que mes données soient supprimées", words.Erasure},
		{"it", "voglio che i miei dati vengano cancellati", words.Erasure}, {"nl", "ik wil mijn gegevens verwijderd hebben", words.Erasure},
		{"pl", "chcę, żeby moje dane zostały usunięte", words.Erasure}, {"ru", "хочу, чтобы мои данные были удалены", words.Erasure},
		{"tr", "kişisel verilerimin silinmesini istiyorum", words.Erasure}, {"id", "saya mau data saya dihapus", words.Erasure},
		{"ar", "اريد ان تحذف بياناتي", words.Erasure}, {"hi", "main chahta hoon mera data delete ho", words.Erasure},
		{"id", "saya menarik persetujuan saya", words.Objection}, {"hi", "main apni sahmati wapas leta hoon", words.Objection},
		{"hi", "मैं अपनी सहमति वापस लेता हूं", words.Objection}, {"es", "voy a demandarlos", words.Lawyer},
		{"en", "stop", words.NoRequest}, {"en", "do you have shoes in 42?", words.NoRequest},
	} {
		if got := shopFor(c.language).Recognise(c.text, c.language); got.Request != c.want {
			t.Errorf("%s %q: %+v, want %q", c.language, c.text, got, c.want)
		}
	}
}
