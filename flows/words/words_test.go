package words_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"optinbot/flows/words"
)

// Promises in product: C1 only they can say yes, C2 stop always works, C3 forgiving out, strict in, C5 writing again is not opting
// in, T5 answers cannot be stops.

func TestNormalise(t *testing.T) {
	for _, c := range [][2]string{
		{"  STOP!!  ", "stop"},
		{"stoooop", "stop"},
		{"stopp", "stopp"},
		{"Ｓｔｏｐ", "stop"},
		{"𝐒𝐓𝐎𝐏", "stop"},
		{"🅂🅃🄾🄿", "stop"},
		{"🆂🆃🅾🅿", "stop"},
		{"st\u200bop", "stop"},
		{"s\u0336t\u0336o\u0336p\u0336", "stop"},
		{"arrêt", "arret"},
		{"İPTAL", "iptal"},
		{"ıptal", "iptal"},
		{"Straße", "strasse"},
		{"إيقاف", "ايقاف"},
		{"أُوقِفْ", "اوقف"},
		{"إلغـــاء", "الغاء"},
		{"كفى", "كفي"},
		{"2️⃣", "2"},
		{"２", "2"},
		{"٢", "2"},
		{"۲", "2"},
		{"२", "2"},
		{"②", "2"},
		{"❷", "2"},
		{"𝟐", "2"},
		{"🔟", "10"},
		{"222", "222"},
		{"मैं", "मैं"},
		{"ไทย", "ไทย"},
		{"don't  stop\n now", "don't stop now"},
		{"😀🎉", ""},
		{"\xff\xfe", ""},
		{"", ""},
	} {
		if got := words.Normalise(c[0]); got != c[1] {
			t.Errorf("Normalise(%q) = %q, want %q", c[0], got, c[1])
		}
	}
}

func TestNormaliseIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := words.Normalise(rapid.String().Draw(t, "text"))
		if again := words.Normalise(s); again != s {
			t.Fatalf("%q becomes %q", s, again)
		}
	})
}

func TestC3ForgivingOutStrictInTiers(t *testing.T) {
	v := corpusVocabulary()
	for _, c := range []struct {
		text, language string
		want           words.Outcome
		rule           string
	}{
		{"stop", "en", words.Out, "tier1.word"},
		{"stop", "xx", words.Out, "tier1.word"},
		{"Parar, por favor", "en", words.Out, "tier1.word"},
		{"2", "", words.Out, "tier1.two"},
		{"2 please", "en", words.Out, "tier1.two"},
		{"alto", "es", words.Out, "tier1.word"},
		{"alto", "en", words.Unsure, "tier3.scope"}, // an ordinary word in English, whatever the flow speaks
		{"dur", "tr", words.Out, "tier1.word"},
		{"ret", "de", words.Unsure, "tier3.scope"},
		{"td", "en", words.Out, "tier1.word"},
		{"proszę przestać", "pl", words.Out, "tier1.word"},
		{"td", "pt", words.Unsure, "tier3.scope"},
		{"stop this now", "en", words.Out, "tier2.short"},
		{"hi stop", "en", words.Out, "tier2.short"},
		{"no more messages", "en", words.Out, "tier2.phrase"},
		{"me tira da lista", "pt", words.Out, "tier2.phrase"},
		{"this is spam", "en", words.Out, "tier2.phrase"},
		{"stpo", "en", words.Out, "tier2.typo"},
		{"stip", "en", words.Out, "tier2.typo"},
		{"sttop", "en", words.Out, "tier2.typo"},
		{"st op", "en", words.Out, "tier2.typo"},
		{"don't stop", "en", words.Unsure, "tier3.negated"},
		{"não pare", "pt", words.Unsure, "tier3.negated"},
		{"no pares", "es", words.Unsure, "tier3.negated"},
		{"is there a bus stop near you", "en", words.Neither, ""},
		{"2 to stop", "en", words.Out, "tier1.word"},
		{"stop 2", "en", words.Out, "tier1.word"},
		{"2 pizzas", "en", words.Neither, ""},
		{"dont snd me mesages", "en", words.Neither, ""}, // two slips are one too many
		{"stop sendng messages", "en", words.Out, "tier2.typo"},
		{"🛑", "en", words.Unsure, "tier3.symbol"},
		{"👍", "en", words.Neither, ""},
		{"22", "en", words.Unsure, "tier3.two"},
		{"shop", "en", words.Neither, ""},
		{"please", "en", words.Neither, ""},
		{"", "en", words.Neither, ""},
	} {
		got := v.Recognise(c.text, c.language)
		if got.Outcome != c.want || got.Rule != c.rule {
			t.Errorf("%s %q: %+v, want %v by %s", c.language, c.text, got, c.want, c.rule)
		}
	}
}

// What people write to a shop with a stop word in it that stops nothing.
func TestC3OrdinarySentencesAreNotOut(t *testing.T) {
	v := corpusVocabulary()
	for _, text := range []string{
		"stop by", "can I stop by", "can I stop by?", "stop by today", "i will stop by", "I'll stop by now", "we stop by now", "please stop by",
		"could you stop by", "stopping by today", "stop over", "we will stop over today", "bus stop", "at the bus stop", "is it at the bus stop",
		"non stop", "non-stop", "Non stop!", "you are open non stop", "I will stop off today", "pit stop", "one stop", "one-stop",
	} {
		for _, language := range []string{"en", "pt", "es", "fr", "de", "it", "id", "tr", "hi", "ar", "nl"} {
			if got := v.Recognise(text, language); got.Outcome == words.Out {
				t.Errorf("%s %q: %+v", language, text, got)
			}
		}
	}
	for _, text := range []string{
		"stop, by the way", "please stop contacting me by phone", "non, stop", "2 pls stop", "2 please, stop", "2 por favor stop", "2 stop",
	} {
		if got := v.Recognise(text, "en"); got.Outcome != words.Out {
			t.Errorf("%q: %+v", text, got)
		}
	}
	if got := v.Recognise("2 pls", "en"); got.Rule != "tier1.two" {
		t.Errorf("%+v", got)
	}
	if got := v.Recognise("2 please shoes", "en"); got.Outcome == words.Out {
		t.Errorf("%+v", got)
	}
}

func TestC3OrdinaryWordsAreNoTypos(t *testing.T) {
	v := corpusVocabulary()
	for _, word := range strings.Fields(`shop step top suit salto pagar quite quiet quiz drop crop prop strop spot post atop setup
		parir partir parte pares pera pele pago separar preparar comparar tirar virar passar anmelden bestellen senden wenden metti
		mettere spetta festa forma firma fermata terre arriver annuel cancer canal candle panel remote revive barat bayar menit toko
		rokok durum durak hayal portal topar arar retener mantener terminal bandar batao dekho rakho stoff steppen`) {
		for _, language := range []string{"en", "pt", "es", "fr", "de", "it", "id", "tr", "hi", "ar"} {
			if got := v.Recognise(word, language); got.Outcome == words.Out {
				t.Errorf("%s %q: %+v", language, word, got)
			}
		}
	}
}

func TestC2FlowWordsStopToo(t *testing.T) {
	v := words.New(words.Config{
		Stop:     map[string][]string{"pt": {"tchau promo", "xispa"}},
		Ordinary: []string{"Stip", "chega"},
	})
	for text, want := range map[string]words.Outcome{
		"Xispa!":             words.Out,
		"xispa por favor":    words.Out,
		"tchau promo":        words.Out,
		"xispaa":             words.Out,
		"diga a eles: xispa": words.Unsure,
		"stip":               words.Neither, // a key of the flow is no typo
		"stop":               words.Out,     // and a stop word is one whatever the flow says
		"chega":              words.Out,
	} {
		if got := v.Recognise(text, "pt"); got.Outcome != want {
			t.Errorf("%q: %+v, want %v", text, got, want)
		}
	}
	if got := words.New(words.Config{}).Recognise("xispa", "pt"); got.Outcome != words.Neither {
		t.Errorf("the words of one flow leaked into another: %+v", got)
	}
}

func TestC2DecoratedStopsStayOut(t *testing.T) {
	v := corpusVocabulary()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"stop", "unsubscribe", "parar", "cancelar", "arrêt", "abmelden", "berhenti", "iptal", "إيقاف", "बंद करो", "2", "no more messages", "me tira da lista"}).Draw(t, "word")
		text := decorate(t, word)
		if got := v.Recognise(text, "en"); got.Outcome != words.Out {
			t.Fatalf("%q: %+v", text, got)
		}
	})
}

func decorate(t *rapid.T, text string) string {
	pick := func(name string, from ...string) string { return rapid.SampledFrom(from).Draw(t, name) }
	switch pick("case", "as is", "upper", "zwsp") {
	case "upper":
		text = strings.ToUpper(text)
	case "zwsp":
		_, size := utf8.DecodeRuneInString(text)
		text = text[:size] + "\u200b" + text[size:]
	}
	before := pick("before", "", " ", "please ", "Please, ", "por favor ", "🙏 ", "¡", "\"", "*", "...")
	after := pick("after", "", " ", "!!!", " please", " por favor", ", thanks", " 🙏🏽", " 😡😡", ".", "\n", " s'il vous plaît", "*", "\ufe0f")
	return before + text + after
}

func TestC1OnlyTheyCanSayYesExact(t *testing.T) {
	v := corpusVocabulary()
	poster := func(tag string) bool { return tag == "poster" }
	for _, c := range []struct {
		text   string
		want   words.Match
		source string
	}{
		{"I want promotions", words.Exact, ""},
		{"  i WANT promotions!! ", words.Exact, ""},
		{"I want promotions #poster", words.Exact, "poster"},
		{"I want promotions #POSTER", words.Exact, "poster"},
		{"I want promotions#poster", words.Exact, "poster"},
		{"I want promotions #flyer", words.Near, ""},
		{"I want promotions #poster #poster", words.NoMatch, ""},
		{"I want promotions please", words.Near, ""},
		{"I want promotion", words.Near, ""},
		{"promotions", words.NoMatch, ""},
		{"yes", words.NoMatch, ""},
		{"I don't want promotions", words.NoMatch, ""},
		{"I want no promotions", words.NoMatch, ""},
		{"no, I want promotions", words.NoMatch, ""},
		{"não quero promoções", words.NoMatch, ""},
		{"no quiero promociones", words.NoMatch, ""},
		{"promosyon istemiyorum", words.NoMatch, ""},
		{"ich möchte keine angebote", words.NoMatch, ""},
		{"je ne veux pas de promotions", words.NoMatch, ""},
		{"saya tidak mau promo", words.NoMatch, ""},
		{"मुझे ऑफ़र नहीं चाहिए", words.NoMatch, ""},
		{"لا أريد العروض", words.NoMatch, ""},
		{"stop, I want promotions", words.NoMatch, ""},
		{"he said I want promotions and then left the shop", words.NoMatch, ""},
		{"", words.NoMatch, ""},
		{"#poster", words.NoMatch, ""},
	} {
		got := v.OptIn(c.text, "en", poster)
		if got.Match != c.want || got.Source != c.source {
			t.Errorf("%q: %+v, want %v %q", c.text, got, c.want, c.source)
		}
	}
}

// TestC2AStopWordAndTheBrand: people name the shop that they want nothing of any more. Whoever says more than
// that is read as before.
func TestC2AStopWordAndTheBrand(t *testing.T) {
	for _, brand := range []string{"Casa Aurora", "casa aurora!", "Stop & Shop", "Ótica Olhar", ""} {
		v := words.New(words.Config{Languages: []string{"pt", "en"}, Brand: brand})
		plain := words.New(words.Config{Languages: []string{"pt", "en"}})
		for _, c := range []struct {
			text string
			out  bool
		}{
			{"SAIR " + brand, true}, {brand + ": sair", true}, {"STOP – " + brand + "!", true}, {"Bom dia, sair " + brand + ", obrigada", true},
			{brand, false}, {"sair " + brand + " às 18h", false}, {"sair " + brand + "?", false}, {"obrigada " + brand, false},
			{"para " + brand, false}, {"não sair " + brand, false}, {"sair da " + brand + " foi difícil", false},
		} {
			got := v.Recognise(c.text, "pt")
			if c.out && got.Outcome != words.Out {
				t.Errorf("%q of %q: %+v", c.text, brand, got)
			}
			if want := plain.Recognise(c.text, "pt"); !c.out && got.Outcome != want.Outcome {
				t.Errorf("%q of %q: %+v, and without the brand %+v", c.text, brand, got, want)
			}
		}
	}
}

func TestC1OnlyTheyCanSayYesWhoseLanguage(t *testing.T) {
	v := words.New(words.Config{
		Languages: []string{"es", "pt"},
		OptIn:     map[string][]string{"pt": {"Promo já"}, "es": {"promo ja", "quiero promociones"}},
	})
	if got := v.OptIn("promo ja", "pt", nil); got.Language != "pt" || got.Phrase != "Promo já" {
		t.Errorf("the contact's language: %+v", got)
	}
	if got := v.OptIn("promo ja", "de", nil); got.Language != "es" {
		t.Errorf("the flow's first: %+v", got)
	}
}

func TestC1OnlyTheyCanSayYesAnswers(t *testing.T) {
	v := corpusVocabulary()
	for _, c := range []struct {
		text, language string
		want           words.Answer
	}{
		{"yes", "en", words.Yes},
		{"YES!!", "tr", words.Yes},
		{"yes please", "en", words.Yes},
		{"sim", "pt", words.Yes},
		{"sí, por favor", "es", words.Yes},
		{"evet", "tr", words.Yes},
		{"हाँ", "hi", words.Yes},
		{"نعم", "ar", words.Yes},
		{"ja", "de", words.Yes},
		{"ya", "id", words.Yes},
		{"no", "en", words.No},
		{"no thanks", "en", words.No},
		{"não, obrigado", "pt", words.No},
		{"hayır", "tr", words.No},
		{"nein danke", "de", words.No},
		{"yes but not now", "en", words.NoAnswer},
		{"hi yes", "en", words.NoAnswer},
		{"ok", "en", words.NoAnswer},
		{"sure", "en", words.NoAnswer},
		{"👍", "en", words.NoAnswer},
		{"please", "en", words.NoAnswer},
		{"", "en", words.NoAnswer},
	} {
		if got := v.YesNo(c.text, c.language); got != c.want {
			t.Errorf("%s %q: %v, want %v", c.language, c.text, got, c.want)
		}
	}
}

func TestC4HelpIsAnswered(t *testing.T) {
	v := corpusVocabulary()
	for _, text := range []string{"HELP", "help!", "info", "ajuda", "ayuda por favor", "aide", "Hilfe", "aiuto", "bantuan", "yardım", "मदद", "مساعدة"} {
		if !v.IsHelp(text) {
			t.Errorf("%q asks for help", text)
		}
	}
	for _, text := range []string{"stop", "can you help my friend find a shoe", "", "hello"} {
		if v.IsHelp(text) {
			t.Errorf("%q does not ask for help", text)
		}
	}
}

func TestGreetings(t *testing.T) {
	v := corpusVocabulary()
	for text, want := range map[string]bool{
		"hi": true, "Olá!": true, "hola, buenos días": true, "Bonjour merci": true, "مرحبا": true, "नमस्ते": true,
		"merci": false, "I want promotions": false, "hi stop": false, "": false,
	} {
		if v.IsGreeting(text) != want {
			t.Errorf("%q: greeting is not %v", text, want)
		}
	}
}

func TestNamedLanguages(t *testing.T) {
	v := corpusVocabulary()
	for text, want := range map[string]string{
		"english": "en", "English please": "en", "em português": "pt", "español": "es", "auf Deutsch bitte": "de", "français": "fr",
		"bahasa indonesia": "id", "türkçe": "tr", "हिंदी": "hi", "العربية": "ar", "italiano": "it", "polski": "", "hello": "",
	} {
		if got, ok := v.NamedLanguage(text); got != want || ok != (want != "") {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestT5CommonAnswersAreNoStops(t *testing.T) {
	v := corpusVocabulary()
	for _, answer := range []string{"shoes", "men", "women", "small", "sim", "não", "yes", "no", "1", "3", "three", "ontem", "perto", "none", "tudo", "both", "todos", "sapatos"} {
		if got := v.Recognise(answer, "en"); got.Outcome != words.Neither {
			t.Errorf("%q: %+v", answer, got)
		}
	}
}

func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"STOP!!", "İıß", "2️⃣🔟", "إلغـاء", "मैसेज", "\xff", "ͅ\u034f", "ﷺ", "각ᄀ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := words.Normalise(s)
		if again := words.Normalise(once); again != once {
			t.Errorf("%q: %q, then %q", s, once, again)
		}
	})
}

func FuzzRecognise(f *testing.F) {
	v := corpusVocabulary()
	f.Add("stop", "en")
	f.Add("s.t.o.p don't \xff", "pt")
	f.Add("I want promotions #poster", "")
	f.Fuzz(func(t *testing.T, text, language string) {
		got := v.Recognise(text, language)
		if got != v.Recognise(text, language) {
			t.Error("not repeatable")
		}
		if got.Outcome == words.Out && v.OptIn(text, language, nil).Match == words.Near {
			t.Errorf("%q is out and a near miss", text)
		}
		v.YesNo(text, language)
		v.IsHelp(text)
		v.IsGreeting(text)
		v.NamedLanguage(text)
	})
}

func TestLongTextsAreLinear(t *testing.T) {
	v := corpusVocabulary()
	for _, piece := range []string{"no ", "stop ", "s ", "please ", "me tira da ", "mujhe ab message nahi ", "don't send ", "a", "ab", "xyzźy", "#", "\u0301"} {
		v.Recognise(strings.Repeat(piece, 65536/len(piece)), "pt")
		v.OptIn(strings.Repeat(piece, 65536/len(piece)), "pt", nil)
		v.Recognise("no me mande "+strings.Repeat(piece, 65536/len(piece)), "es")
	}
}

func BenchmarkRecognise(b *testing.B) {
	v := corpusVocabulary()
	for _, text := range []string{"stop", "olá, quanto custa o tênis azul?", "please don't send me any more messages", "لا ترسل لي رسائل", "मैसेज मत भेजो"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.Recognise(text, "pt")
			}
		})
	}
	b.Run("65k", func(b *testing.B) {
		long := strings.Repeat("quanto custa o tenis azul ", 2520)
		for b.Loop() {
			v.Recognise(long, "pt")
		}
	})
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		corpusVocabulary()
	}
}
