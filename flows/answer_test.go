package flows

import (
	"slices"
	"strings"
	"testing"
)

// menu is a question with the options A to E, a key that is a word in Portuguese among them.
const menu = `
flow: menu
brand: Casa
languages: [en, pt, es, de]
start: ask
opt_in:
  phrases: {en: [I want promotions], pt: [quero promoções], es: [quiero promociones], de: [ich will Angebote]}
  disclosure: {en: "{brand}: reply 2 to stop.", pt: "{brand}: responda 2 para sair.", es: "{brand}: responde 2 para salir.", de: "{brand}: mit 2 abmelden."}
  goto: ask
states:
  ask:
    ask: likes
    choose: CHOOSE
    say: {en: What?, pt: O quê?, es: ¿Qué?, de: Was?}
    options:
      A: {value: shoes, label: {en: Shoes, pt: Calçados, es: Zapatos, de: Schuhe}, also: [sneakers, tênis]}
      B: {value: bags, label: {en: Bags, pt: Bolsas, es: Bolsos, de: Taschen}}
      C: {value: hats, label: {en: Hats & caps, pt: Chapéus, es: Sombreros, de: Hüte}, also: [hats]}
      D: {value: t-shirts, label: {en: T-shirts, pt: Camisetas, es: Camisetas, de: T-Shirts}}
      E: {value: home, label: {en: Home, pt: Casa, es: Hogar, de: Zuhause}}
    timeout: {after: 24h, goto: ask}
    next: ask
`

// question is the only question of the menu flow, of a kind.
func question(t testing.TB, choose string) (*Question, *Flow) {
	f := mustLoad(t, "menu.yaml", []byte(strings.Replace(menu, "CHOOSE", choose, 1)))
	return f.States["ask"].Ask, f
}

// TestAnswersJoinedByALetter has no option E: the Portuguese "e" is then a word only, and the "a" before it still a key.
func TestAnswersJoinedByALetter(t *testing.T) {
	four := strings.Replace(menu, "      E: {value: home, label: {en: Home, pt: Casa, es: Hogar, de: Zuhause}}\n", "", 1)
	f := mustLoad(t, "menu.yaml", []byte(strings.Replace(four, "CHOOSE", "many", 1)))
	for _, text := range []string{"A e C", "a e c", "C e A", "quero A e C"} {
		got, ok := f.States["ask"].Ask.Answer(text, "pt", f)
		if !ok || !slices.Equal(got, []string{"shoes", "hats"}) {
			t.Errorf("%q means %v, %v", text, got, ok)
		}
	}
	for _, c := range []struct{ language, text, want string }{{"en", "A e C", "shoes hats"}, {"en", "A E", "-"}, {"en", "A e", "-"}, {"de", "A y C", "shoes hats"}, {"en", "A y", "-"}} {
		if got := answered(f.States["ask"].Ask.Answer(c.text, c.language, f)); got != c.want {
			t.Errorf("%s %q means %s, want %s", c.language, c.text, got, c.want)
		}
	}
}

// answers are messages with what they mean to a `many` question; "-" is no answer.
var answers = []struct{ language, text, want string }{
	{"en", "A C", "shoes hats"},
	{"en", "AC", "shoes hats"},
	{"en", "ac", "shoes hats"},
	{"en", "a, c", "shoes hats"},
	{"en", "A,C.", "shoes hats"},
	{"en", "C and A", "shoes hats"},
	{"en", "A\nC\nE", "shoes hats home"},
	{"en", "A+C", "shoes hats"},
	{"en", "A & C & E", "shoes hats home"},
	{"pt", "A e C", "shoes hats"},
	{"pt", "a e c", "shoes hats"},
	{"pt", "A, E, C", "shoes hats home"},
	{"pt", "A e E", "shoes home"},
	{"pt", "E", "home"},
	{"en", "A e C", "shoes hats home"},
	{"es", "A y C", "shoes hats"},
	{"de", "A und C", "shoes hats"},
	{"en", "shoes and bags", "shoes bags"},
	{"en", "Shoes, bags!", "shoes bags"},
	{"en", "the shoes please", "shoes"},
	{"en", "a bag please", "bags"},
	{"en", "I'd like bags", "bags"},
	{"en", "I want shoes and also bags, thanks", "shoes bags"},
	{"en", "shoe", "shoes"},
	{"en", "hats & caps", "hats"},
	{"en", "hats", "hats"},
	{"en", "t-shirts", "t-shirts"},
	{"en", "T shirts and bags", "bags t-shirts"},
	{"pt", "calcados e tenis", "shoes"},
	{"pt", "TÊNIS 👟", "shoes"},
	{"pt", "só bolsas por favor", "bags"},
	{"pt", "quero calçados e bolsas", "shoes bags"},
	{"es", "los zapatos y los bolsos", "shoes bags"},
	{"en", "zapatos", "shoes"},
	{"en", "A) Shoes", "shoes"},
	{"en", "A.", "shoes"},
	{"en", "option A", "shoes"},
	{"pt", "letra A", "shoes"},
	{"en", "A shoes, B bags", "shoes bags"},
	{"en", "ABCDE", "shoes bags hats t-shirts home"},
	{"en", "all", "shoes bags hats t-shirts home"},
	{"en", "all of them please", "shoes bags hats t-shirts home"},
	{"en", "I like all", "shoes bags hats t-shirts home"},
	{"pt", "todos", "shoes bags hats t-shirts home"},
	{"pt", "tudo", "shoes bags hats t-shirts home"},
	{"es", "todas", "shoes bags hats t-shirts home"},
	{"de", "alles", "shoes bags hats t-shirts home"},
	{"en", "A A a", "shoes"},
	{"en", "A-B", "shoes bags"},
	{"en", "A-C", "-"},
	{"en", "A to C", "-"},
	{"en", "both", "-"},
	{"en", "all but A", "-"},
	{"en", "none of them", "-"},
	{"en", "not A", "-"},
	{"en", "I don't want shoes", "-"},
	{"en", "no quiero zapatos", "-"},
	{"en", "do you have shoes in size 40?", "-"},
	{"en", "do you have shoes?", "-"},
	{"en", "do you have bags", "-"},
	{"en", "hi, do you have bags", "-"},
	{"en", "you have bags", "-"},
	{"en", "is it the shoes", "-"},
	{"en", "is it A", "-"},
	{"en", "it is A", "shoes"},
	{"en", "shoes?", "-"},
	{"en", "shoes and bags?", "-"},
	{"en", "also bags?", "-"},
	{"en", "B?", "bags"},
	{"en", "A, C?", "shoes hats"},
	{"pt", "vocês têm bolsas?", "-"},
	{"es", "¿tienen zapatos?", "-"},
	{"es", "¿zapatos", "-"},
	{"es", "A o B", "-"},
	{"en", "A o B", "-"},
	{"de", "A o B", "-"},
	{"en", "c ya", "-"},
	{"en", "А С", "shoes hats"},
	{"en", "АС", "shoes hats"},
	{"en", "в", "bags"},
	{"en", "Α and Β", "shoes bags"},
	{"en", "CAB", "-"},
	{"en", "bad", "-"},
	{"en", "hello", "-"},
	{"en", "please", "-"},
	{"en", "", "-"},
	{"en", "1", "-"},
	{"en", "F", "-"},
	{"en", "AF", "-"},
	{"en", "...", "-"},
}

func TestManyAsPeopleWriteThem(t *testing.T) {
	q, f := question(t, Many)
	for _, a := range answers {
		got := answered(q.Answer(a.text, a.language, f))
		if got != a.want {
			t.Errorf("%s %q: got %s, want %s", a.language, a.text, got, a.want)
		}
	}
}

func answered(values []string, ok bool) string {
	if !ok {
		return "-"
	}
	return strings.Join(values, " ")
}

func TestOneAsPeopleWriteIt(t *testing.T) {
	q, f := question(t, One)
	for _, a := range answers {
		want := a.want
		if strings.Contains(want, " ") {
			want = "-"
		}
		if a.text == "A A a" {
			want = "shoes"
		}
		if got := answered(q.Answer(a.text, a.language, f)); got != want {
			t.Errorf("%s %q: got %s, want %s", a.language, a.text, got, want)
		}
	}
}

func TestAdditions(t *testing.T) {
	q, f := question(t, Many)
	for _, a := range []struct{ language, text, want string }{
		{"en", "also B", "bags"},
		{"en", "B too", "bags"},
		{"en", "and B and C", "bags hats"},
		{"en", "and also bags", "bags"},
		{"en", "plus B", "bags"},
		{"en", "+ B", "bags"},
		{"en", "+B", "bags"},
		{"en", "bags as well please", "bags"},
		{"en", "I also want bags", "bags"},
		{"en", "bags as well", "bags"},
		{"pt", "também B", "bags"},
		{"pt", "e B", "bags"},
		{"pt", "e também bolsas", "bags"},
		{"es", "y también bolsos", "bags"},
		{"de", "auch Taschen", "bags"},
		{"en", "B", "-"},
		{"en", "also", "-"},
		{"en", "also hello", "-"},
		{"en", "e B", "-"},
	} {
		if got := answered(q.Addition(a.text, a.language, f)); got != a.want {
			t.Errorf("%s %q: got %s, want %s", a.language, a.text, got, a.want)
		}
	}
	if _, ok := (&Question{Choose: One}).Addition("also B", "en", f); ok {
		t.Error("an addition to a question with one answer")
	}
}

func TestNumbers(t *testing.T) {
	q := &Question{Choose: Number, Min: 3, Max: 2000}
	for text, want := range map[string]string{
		"42": "42", " 42 ": "42", "42 years": "42", "I am 42": "42", "٤٢": "42", "४२": "42", "1.500": "1500", "1,500": "1500",
		"3.5": "-", "3 or 4": "-", "2": "-", "2001": "-", "-5": "-", "forty": "-", "": "-", "42nd": "-", "1.50": "-", "99999999999999999999": "-",
	} {
		if got := answered(q.Answer(text, "en", &Flow{})); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	below := &Question{Choose: Number, Min: -10, Max: 1}
	if got := answered(below.Answer("-5", "en", &Flow{})); got != "-5" {
		t.Error(got)
	}
}

func TestDates(t *testing.T) {
	q := &Question{Choose: Date}
	for text, want := range map[string]string{
		"1990-04-03": "1990-04-03", "3/4/1990": "1990-04-03", "03.04.1990": "1990-04-03", "3-4-1990": "1990-04-03",
		"3 April 1990": "1990-04-03", "April 3rd, 1990": "1990-04-03", "3 de abril de 1990": "1990-04-03", "3. März 1990": "1990-03-03",
		"1er août 1990": "1990-08-01", "3 aprile 1990": "1990-04-03", "3 dic 1990": "1990-12-03", "29/2/2024": "2024-02-29", "٣/٤/١٩٩٠": "1990-04-03",
		"29/2/2023": "-", "31/4/1990": "-", "3/4": "-", "3/4/90": "-", "4/25/1990": "-", "tomorrow": "-", "1890-01-01": "-", "": "-", "1990": "-", "3/4/1990?": "-",
	} {
		if got := answered(q.Answer(text, "en", &Flow{})); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestFreeText(t *testing.T) {
	q := &Question{Choose: Free}
	for text, want := range map[string]string{" Ana Maria ": "Ana Maria", "  ": "-", strings.Repeat("é", 500): strings.Repeat("é", 500), strings.Repeat("é", 501): "-"} {
		if got := answered(q.Answer(text, "en", &Flow{})); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestYesNo(t *testing.T) {
	f := shipped(t)
	q := &Question{Choose: YesNo}
	for text, want := range map[string]string{"yes": "yes", "Sim!": "yes", "não": "no", "maybe": "-", "yes?": "-"} {
		if got := answered(q.Answer(text, "pt", f)); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestMenuAndPreferenceText(t *testing.T) {
	q, f := question(t, Many)
	if got := q.Menu("pt", f); !strings.HasPrefix(got, "A  Calçados\nB  Bolsas\n") {
		t.Error(got)
	}
	for _, c := range []struct{ language, want string }{{"en", "Shoes, Bags and Home"}, {"pt", "Calçados, Bolsas e Casa"}, {"xx", "Shoes, Bags, Home"}} {
		if got := f.PreferenceText("likes", []string{"shoes", "bags", "home"}, c.language); got != c.want {
			t.Errorf("%s: %s", c.language, got)
		}
	}
	if got := f.PreferenceText("likes", nil, "en") + f.PreferenceText("other", []string{"x"}, "en"); got != "x" {
		t.Error(got)
	}
}

func TestRules(t *testing.T) {
	f := shipped(t)
	member := f.States["member"]
	for _, c := range []struct {
		language, text string
		want           int
	}{
		{"en", "preferences", 0}, {"en", "Preferences please!", 0}, {"pt", "mudar preferencias", 0}, {"en", "preferencias", 0},
		{"es", "hola, ofertas", 1}, {"en", "What is on offer?", 1}, {"en", "any offers for shoes", -1}, {"en", "", -1}, {"en", "please", -1},
	} {
		got, ok := member.Rule(c.text, c.language, f)
		if !ok {
			got = -1
		}
		if got != c.want {
			t.Errorf("%q: rule %d, want %d", c.text, got, c.want)
		}
	}
}

func BenchmarkAnswer(b *testing.B) {
	q, f := question(b, Many)
	for _, text := range []string{"A C", "AC", "quero calçados e bolsas", "do you have shoes in size 40?", "all"} {
		b.Run(strings.ReplaceAll(text, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				q.Answer(text, "pt", f)
			}
		})
	}
}

// TestAnswersStayInTheOptions holds for every answer: values of the options, in their order, each once.
func TestAnswersStayInTheOptions(t *testing.T) {
	q, f := question(t, Many)
	for _, a := range answers {
		values, ok := q.Answer(a.text, a.language, f)
		checkValues(t, q, values, ok)
	}
}

// TestAnswersInEveryLanguage: whatever the guide promises of answers ("shoes and bags", "all", a date with the name of a month) is so in
// each language that has tables.
func TestAnswersInEveryLanguage(t *testing.T) {
	for _, c := range []struct{ language, both, one, all, date string }{
		{"en", "shoes and bags", "shoes please", "everything", "5 May 1990"},
		{"pt", "shoes e bags", "quero shoes", "tudo", "5 de maio de 1990"},
		{"es", "shoes y bags", "quiero shoes", "todo", "5 de mayo de 1990"},
		{"fr", "shoes et bags", "je veux shoes", "tout", "5 mai 1990"},
		{"de", "shoes und bags", "shoes bitte", "alles", "5. Mai 1990"},
		{"it", "shoes e bags", "vorrei shoes", "tutto", "5 maggio 1990"},
		{"id", "shoes dan bags", "saya mau shoes", "semua", "5 Mei 1990"},
		{"tr", "shoes ve bags", "shoes lütfen", "hepsi", "5 Mayıs 1990"},
		{"hi", "shoes और bags", "मुझे shoes चाहिए", "सब", "5 मई 1990"},
		{"ar", "shoes و bags", "أريد shoes", "الكل", "5 مايو 1990"},
		{"nl", "shoes en bags", "shoes graag", "alles", "5 maart 1990"},
		{"pl", "shoes oraz bags", "poproszę shoes", "wszystko", "5 maja 1990"},
		{"ru", "shoes и bags", "хочу shoes", "всё", "5 мая 1990"},
	} {
		f := &Flow{Languages: []string{c.language}}
		q := &Question{Choose: Many, Options: []Option{{Key: "A", Value: "shoes"}, {Key: "B", Value: "bags"}, {Key: "C", Value: "hats"}}}
		for text, want := range map[string]string{c.both: "shoes bags", c.one: "shoes", c.all: "shoes bags hats", strings.NewReplacer("shoes", "A", "bags", "C").Replace(c.both): "shoes hats"} {
			if got := answered(q.Answer(text, c.language, f)); got != want {
				t.Errorf("%s %q means %s, want %s", c.language, text, got, want)
			}
		}
		if got, ok := (&Question{Choose: Date}).Answer(c.date, c.language, f); !ok || !strings.HasPrefix(got[0], "1990-0") {
			t.Errorf("%s %q: %v", c.language, c.date, got)
		}
	}
}

func checkValues(t *testing.T, q *Question, values []string, ok bool) {
	t.Helper()
	at := -1
	for _, v := range values {
		i := slices.IndexFunc(q.Options, func(o Option) bool { return o.Value == v })
		if i <= at || !ok {
			t.Fatalf("values %q, ok %v", values, ok)
		}
		at = i
	}
	if ok && len(values) == 0 {
		t.Fatal("an answer without values")
	}
}
