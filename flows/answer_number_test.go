package flows

import (
	"strings"
	"testing"
)

// aboutNumbers are sentences with a number (N) to a question like "how old are you?", by language:
// those that answer it, and those that do not, because they say not, under, almost, soon, or speak
// of something else.
var aboutNumbers = map[string]struct{ answers, others []string }{
	"en": {
		[]string{
			"I am N", "I'm N", "Im N years old", "N years", "N years old", "N yrs", "my age is N", "it is N",
			"about N", "just turned N", "N please", "hi, N", "N people", "yes, N",
		},
		[]string{"I am under N", "under N", "not N yet", "I'm not N", "almost N", "nearly N", "I turn N next year", "I will be N soon", "over N", "older than N", "below N", "less than N", "more than N",
			"at least N", "my order N is late", "I have been waiting N minutes!", "call me on N", "my son is N", "do you have shoes in N", "N percent", "N% off", "is it N", "are you N", "N minutes", "no, N", "I was N"},
	},
	"pt": {
		[]string{
			"tenho N", "tenho N anos", "N anos", "eu tenho N anos de idade", "minha idade é N", "mais ou menos N",
			"N, obrigada", "fiz N", "somos N pessoas",
		},
		[]string{
			"menor de N", "ainda não tenho N", "não tenho N", "quase N", "tenho menos de N", "mais de N",
			"faço N ano que vem", "meu filho tem N", "meu pedido N não chegou", "espero há N minutos", "tem no N?",
			"N por cento", "acima de N",
		},
	},
	"es": {
		[]string{
			"tengo N", "tengo N años", "N años", "mi edad es N", "más o menos N", "N, gracias", "cumplí N", "unos N",
		},
		[]string{
			"menor de N", "aún no tengo N", "no tengo N", "casi N", "menos de N", "más de N", "cumplo N mañana",
			"mi hijo tiene N", "mi pedido N no llega", "llevo N minutos esperando", "¿tienen N?", "todavía no N",
		},
	},
	"fr": {
		[]string{"j'ai N ans", "N ans", "j’ai N", "mon âge est N", "environ N", "N, merci", "c'est N"},
		[]string{
			"moins de N", "je n'ai pas N ans", "pas encore N", "presque N", "plus de N", "bientôt N",
			"mon fils a N ans", "ma commande N", "j'attends depuis N minutes", "vous avez du N ?",
		},
	},
	"de": {
		[]string{"ich bin N", "N Jahre", "ich bin N Jahre alt", "N, danke", "ungefähr N", "mein Alter ist N"},
		[]string{
			"unter N", "noch nicht N", "ich bin nicht N", "fast N", "bald N", "ich werde N", "über N",
			"mein Sohn ist N", "Bestellung N fehlt", "warte seit N Minuten", "haben Sie N?", "ist es N",
		},
	},
	"it": {
		[]string{"ho N anni", "N anni", "ho N", "la mia età è N", "circa N", "N grazie", "più o meno N"},
		[]string{
			"meno di N", "non ho N anni", "non ancora N", "quasi N", "più di N", "minore di N",
			"mio figlio ha N anni", "ordine N", "aspetto da N minuti", "avete il N?",
		},
	},
	"id": {
		[]string{"umur saya N", "saya N tahun", "N tahun", "sekitar N", "N, terima kasih", "usia N"},
		[]string{
			"di bawah N", "belum N", "saya belum N tahun", "hampir N", "kurang dari N", "lebih dari N", "anak saya N",
			"pesanan N belum datang", "sudah N menit menunggu", "ada ukuran N?",
		},
	},
	"tr": {
		[]string{"N yaşındayım", "ben N", "N", "yaşım N", "yaklaşık N", "N, teşekkürler"},
		[]string{
			"N yaşından küçüğüm", "N değil", "henüz N değilim", "neredeyse N", "N altı", "oğlum N",
			"sipariş N gelmedi", "N dakikadır bekliyorum", "N numara var mı?",
		},
	},
	"hi": {
		[]string{"मेरी उम्र N है", "N साल", "मैं N साल की हूँ", "meri umar N hai", "N saal", "लगभग N"},
		[]string{
			"N से कम", "मैं N का नहीं हूँ", "अभी N नहीं", "N se kam", "N nahi hai", "मेरा बेटा N का है",
			"ऑर्डर N नहीं आया", "N मिनट से इंतज़ार",
		},
	},
	"ar": {
		[]string{"عمري N", "N سنة", "عمري N سنة", "أنا N", "حوالي N", "شكرا N"},
		[]string{
			"أقل من N", "لست N", "ليس N بعد", "تقريبا أصل N", "تحت N", "أكبر من N", "ابني N", "طلبي N تأخر",
			"أنتظر منذ N دقيقة", "هل عندكم N؟",
		},
	},
	"nl": {
		[]string{"ik ben N", "N jaar", "ik ben N jaar oud", "N, bedankt", "ongeveer N", "mijn leeftijd is N"},
		[]string{
			"onder de N", "nog geen N", "ik ben niet N", "bijna N", "jonger dan N", "ouder dan N", "mijn zoon is N",
			"bestelling N", "ik wacht al N minuten", "is het N", "hebben jullie N?",
		},
	},
	"pl": {
		[]string{"mam N lat", "N lat", "mam N", "około N", "N, dziękuję"},
		[]string{
			"poniżej N", "nie mam N lat", "jeszcze nie N", "prawie N", "mniej niż N", "więcej niż N",
			"mój syn ma N lat", "zamówienie N", "czekam N minut", "macie N?",
		},
	},
	"ru": {
		[]string{"мне N", "мне N лет", "N лет", "около N", "N, спасибо", "возраст N"},
		[]string{
			"мне нет N", "мне ещё нет N", "до N", "младше N", "почти N", "меньше N", "больше N", "скоро N", "сыну N",
			"заказ N не пришёл", "жду N минут", "есть N?",
		},
	},
}

// TestANumberAloneIsTheAnswer: a number answers alone or with the few words that people put around
// it; with any other word, and with a question mark, a comparison or a share, it is no answer.
// Every sentence is tried with each sign.
func TestANumberAloneIsTheAnswer(t *testing.T) {
	if len(aboutNumbers) != 13 {
		t.Error("a language is missing")
	}
	for language, sentences := range aboutNumbers {
		f := &Flow{Languages: []string{language}}
		q := &Question{Choose: Number, Min: 12, Max: 120}
		for _, number := range []string{"18", "42"} {
			for _, sentence := range append([]string{"N", "N.", "N!", "(N)", " N "}, sentences.answers...) {
				text := strings.ReplaceAll(sentence, "N", number)
				if got := answered(q.Answer(text, language, f)); got != number {
					t.Errorf("%s %q: %s", language, text, got)
				}
				for _, sign := range []string{"N?", "¿N", "N؟", "N%", "<N", "N+", "#N", "N½", "N 🚫", "N❌", "🔞 N"} {
					text := strings.ReplaceAll(sentence, "N", strings.ReplaceAll(sign, "N", number))
					if got := answered(q.Answer(text, language, f)); got != "-" {
						t.Errorf("%s %q: %s", language, text, got)
					}
				}
			}
			for _, sentence := range sentences.others {
				text := strings.ReplaceAll(sentence, "N", number)
				for theirs := range aboutNumbers {
					if got := answered(q.Answer(text, theirs, f)); got != "-" {
						t.Errorf("%s %q: %s for somebody with %s", language, text, got, theirs)
					}
				}
			}
		}
	}
}

// TestWordsAroundANumberAreNoNot: no language's words around a number deny, compare or nearly reach
// it in another.
func TestWordsAroundANumberAreNoNot(t *testing.T) {
	lex := answerLexicon()
	for _, word := range strings.Fields("not no never under over below above less more almost nearly soon não nao menos mais menor maior quase ainda sem no ni nunca casi aún menor más " +
		"net nyet son hijo filho fils sohn up pas moins plus presque bientôt jamais nicht kein keine unter über fast bald noch non meno più quasi mai belum tidak kurang lebih hampir bukan değil az çok altı üstü नहीं कम ज़्यादा nahi kam " +
		"लगभगतक ليس لا لست أقل أكثر تحت فوق niet geen onder boven bijna nooit nie bez mniej więcej poniżej prawie jeszcze не нет меньше больше почти до младше старше ещё") {
		if key := phraseKey(word); lex.number.has(key) || lex.measures.has(key) {
			t.Errorf("%q stands around a number", word)
		}
	}
}
