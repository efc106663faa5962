package bot

import "testing"

// TestB3FirstName: a name where it looks like one, else nothing, so that the default is said.
func TestB3FirstName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Ana": "Ana", "Ana Maria": "Ana", "  José  da Silva": "José", "Jean-Luc": "Jean-Luc", "O’Brien": "O’Brien", "अनीता शर्मा": "अनीता",
		"محمد علي": "محمد", "王伟": "王伟", "Ana Souza 2": "Ana", "Li": "Li",

		"": "", "🌸": "", "~": "", "...": "", "--": "", "Sr.": "", "www.loja.com": "", "STOP!": "", "José\u00a0Luis": "José", "José\u3000Luis": "José", "*": "", "Bus42": "", "A": "", "+5511900000001": "", "42": "",
		"Donaudampfschifffahrtsgesellschaft": "",

		"🌸Ana🌸": "Ana", "🌸 Ana": "Ana", "Ana🌸": "Ana", "*Ana*": "Ana", "~Ana": "Ana", "(Ana)": "Ana", "Ana!": "Ana", "Ana..": "Ana",
		"❤️ Ana ❤️": "Ana", "❤️Ana❤️": "Ana", "👨\u200d👩\u200d👧 Ana 2️⃣": "Ana", "Zoe\u0308 Klein": "Zoe\u0308", "_Ana_ Maria": "Ana", "\u200fمحمد علي": "محمد", "\u202eAna": "Ana", "Ana\u00a0Maria": "Ana", "Ana,": "Ana", "\x1b[2JAna": "",

		"Dr. João": "João", "Dra. Ana": "Ana", "Dr João Silva": "João", "Prof. Dr. Hans": "Hans", "Pr. Paulo": "Paulo", "Eng. Carlos": "Carlos",
		"Dona Ana": "Ana", "Dr.": "", "Dra": "", "DR. JOÃO": "JOÃO",
		"Sr. Silva": "", "Sra": "", "Sr. João Silva": "João", "Mr. Smith": "", "Mrs Jones": "", "Mr John Smith": "John", "Herr Müller": "", "Frau Dr. Eva Klein": "Eva",

		"S. Kumar": "", "M. José": "", "Mª José": "", "J.R. Silva": "", "J R Silva": "", "M.José": "",
		"de Souza": "", "da Silva Ana": "", "De La Cruz": "", "van Dijk": "",
		"Não ligue": "", "null": "", "NULL": "", "undefined": "", "STOP": "", "Sair": "", "Stop!": "", "no name": "", "Sem nome": "", "Test": "",
		"João/Maria": "", "ana@example.com": "", "Ana_Maria": "", "www.example.com": "",
	} {
		if got := FirstName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
