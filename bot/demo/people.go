package demo

import "fmt"

// A person is one of the crowd that lives on.
type person struct{ name, phone, language string }

// people are those who knew the shop before the page is looked at, in the order in which they first
// wrote.
func people() (all []person) {
	groups := [][]person{
		from("es", "+34600000%03d", 100, "Lucía", "Pia", "Carmen", "Pablo", "Diego", "Elena", "Javier", "Nuria", "Sergio", "Alba", "Hugo",
			"Irene", "Óscar", "Raquel", "Tomás", "Iker", "Sara", "Mateo"),
		from("pt", "+551190000%04d", 100, "Rui", "Téo", "Caio", "Bia", "Davi", "Eva", "Gil", "Inês", "João", "Lara"),
		from("en", "+447700900%03d", 100, "Amy", "Ben", "Chloe", "Dan", "Ella", "Finn", "Grace", "Harry", "Isla", "Jack", "Kate", "Leo",
			"Mia", "Noah"),
		from("en", "+12125550%03d", 101, "Ana", "Moe", "Kim"),
	}
	for i := 0; len(groups[0]) > i; i++ { // mixed
		for _, g := range groups {
			if i < len(g) {
				all = append(all, g[i])
			}
		}
	}
	return all
}

// from makes the people of a country: the form of its phones, and the first of them.
func from(language, phones string, first int, names ...string) (all []person) {
	for i, name := range names {
		all = append(all, person{name, fmt.Sprintf(phones, first+i), language})
	}
	return all
}

// newcomer is the nth person who writes for the first time while the page is looked at.
func newcomer(n int) person {
	es := []string{"Marcos", "Paula", "Andrés", "Julia", "Bruno", "Celia", "Gonzalo", "Aitana"}
	en := []string{"Olive", "Peter", "Ruth", "Sam", "Tess", "Will", "Zoe", "Ivy"}
	pt := []string{"Rita", "Vasco", "Clara", "Luís"}
	names, phones, language := es, "+34600001%03d", "es"
	switch n % 5 {
	case 1, 4:
		names, phones, language = en, "+447700900%03d", "en"
	case 3:
		names, phones, language = pt, "+551190000%04d", "pt"
	}
	letter := string(rune('A' + n/5%26))
	return person{names[n/5%len(names)] + " " + letter + ".", fmt.Sprintf(phones, 200+n%800), language}
}

// What they write, by language.
var (
	wants    = map[string]string{"en": "I want promotions", "pt": "quero promoções", "es": "quiero promociones"}
	likes    = map[string][]string{"en": {"A C", "all", "bags", "B C"}, "pt": {"sapatos e bolsas", "tudo", "A", "B D"}, "es": {"todo", "A", "bolsos y ropa", "C"}}
	hello    = map[string]string{"en": "hi", "pt": "oi", "es": "hola"}
	thanks   = map[string]string{"en": "Thank you, see you on Saturday!", "pt": "Obrigada, até sábado!", "es": "¡Gracias, el sábado paso!"}
	asks     = map[string]string{"en": "Do you have the boots in 42?", "pt": "Vocês têm a bota no 42?", "es": "¿Tenéis las botas en el 42?"}
	somebody = map[string]string{
		"en": "I want to talk to a person please", "pt": "quero falar com uma pessoa por favor", "es": "quiero hablar con una persona por favor",
	}
	leaves = map[string]string{"en": "STOP", "pt": "não quero mais", "es": "BASTA"}
)

// joins is what somebody writes to join: that they want promotions, which, and where they shop.
func (p person) joins(n int) []string {
	return []string{wants[p.language], likes[p.language][n%4], "ABC"[n%3 : n%3+1]}
}
