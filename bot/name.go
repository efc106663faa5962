package bot

import (
	"slices"
	"strings"
	"unicode"

	"optinbot/bot/text"
)

// The words that stand in names and are nobody's first name, in lower case and without dots.
var (
	// A title goes before a first name: Dr. João, Prof. Dr. Hans.
	titles = strings.Fields("dr dra drª doutor doutora doctor doctora prof profa profª professor professora profesor " +
		"profesora pr pra pastor pastora padre pe frei irmã eng enga engª engenheiro arq adv lic ing tec téc dn don " +
		"doña dña dona seu tio tia cap cel sgt gen captain sir lady shri sri smt haji hajji ustad ustadh sheikh dott " +
		"dottssa dt dc")
	// A surname may follow these: Mr. Smith, Sra. Souza. The first name comes only where there are
	// two words after it.
	salutations = strings.Fields("mr mrs ms miss mx mister sr sra srª srta señor señora señorita senhor senhora " +
		"senhorita herr frau mme mlle madame mademoiselle monsieur sig signor signora bay bayan mevrouw meneer dhr " +
		"mevr")
	// A family's name begins with these.
	particles = strings.Fields("de da do dos das del della di du des van von der den zu la las los le e y bin ibn")
	// Whoever calls himself so has not said a name.
	noNames = strings.Fields("stop sair parar pare para salir baja basta cancelar cancel unsubscribe arrêt stopp dur " +
		"no não nao nem nein non ne ni yes si sí sim ja oui ok okay oi olá ola hi hey hello hola hallo ciao bonjour " +
		"selam null nil none undefined unknown nan name nome nombre first firstname test teste prueba user usuario " +
		"usuário anonymous anonimo anônimo admin whatsapp business contact contato contacto cliente customer client " +
		"info suporte support sem sin the my eu yo i")
)

// The shortest and the longest first name, in characters.
const (
	shortestName = 2
	longestName  = 20
)

// FirstName returns the first name in a WhatsApp name if it looks like one, else "", so that the
// default is said. Decorations around it and titles before it are left out. Initials, the
// beginnings of family names and words such as "null" are no names.
func FirstName(name string) string {
	words := nameWords(name)
	for i, word := range words {
		plain := strings.ToLower(strings.ReplaceAll(word, ".", ""))
		switch {
		case slices.Contains(titles, plain):
			continue
		case slices.Contains(salutations, plain) && len(words) > i+2:
			continue
		case slices.Contains(salutations, plain), slices.Contains(particles, plain), slices.Contains(noNames, plain):
			return ""
		}
		if n := len([]rune(word)); n < shortestName || n > longestName || strings.IndexFunc(word, notOfAName) >= 0 ||
			strings.HasSuffix(word, "ª") {
			return ""
		}
		return word
	}
	return ""
}

// nameWords are the words of a name without what decorates them.
func nameWords(name string) (words []string) {
	for _, word := range strings.Fields(text.Name(name)) {
		word = strings.TrimLeftFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if word = strings.TrimRightFunc(word, decorates); word != "" {
			words = append(words, word)
		}
	}
	return words
}

// decorates reports what people put around a name: emoji, stars, brackets, dots. Digits are a part
// of what they say.
func decorates(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) ||
		unicode.Is(unicode.Variation_Selector, r) || r == keycap
}

const keycap = '\u20e3' // the mark that makes a key of a digit

func notOfAName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '-' && r != '\'' && r != '’'
}
