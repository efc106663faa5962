package said

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// entries is the catalogue.
func entries(t *testing.T) []entry {
	t.Helper()
	all, err := catalogue()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// shown tells which texts of a package the page can show.
var shown = []struct {
	dir   string
	texts func(sourceText) bool
}{
	{"bot/desk", func(s sourceText) bool {
		switch s.call {
		case "Refuse", "stale", "notFound", "errors.New", "fmt.Errorf":
			return s.arg == 0
		case "because":
			return s.arg == 1
		case "say": // of the doctor
			return s.arg < 3
		case "":
			return slices.Contains([]string{"doctor.go", "cloud.go"}, s.file)
		}
		return false
	}},
	{"bot", func(s sourceText) bool {
		return s.call == "notify" && s.arg == 1 || s.call == "" && slices.Contains([]string{"request.go", "unreadable.go", "promotion_refused.go"}, s.file)
	}},
	{"flows", func(s sourceText) bool {
		return !strings.HasPrefix(s.call, "strings.") && !strings.HasPrefix(s.call, "regexp.") && s.call != "Pattern" && s.call != "fmt.Fprintf" &&
			!strings.Contains(s.says, `\s*`) // a regular expression
	}},
}

// unshown are files whose texts the page never shows, and why.
var unshown = map[string]string{
	"bot/desk/backup.go":         "a backup is made at the command line",
	"bot/desk/backup_seal.go":    "and opened there",
	"bot/desk/restore.go":        "and restored there",
	"bot/desk/cloud_setup.go":    "the command line asks for the secrets of the Cloud API",
	"bot/desk/contact_import.go": "lists are read at the command line",
	"bot/desk/optout_sheet.go":   "lists are read at the command line",
	"bot/desk/sheet_read.go":     "lists are read at the command line",
	"bot/desk/invite_poster.go":  "the page names the file itself",
	"bot/desk/shop_make.go":      "`init` makes a folder at the command line",
	"bot/desk/shop_new.go":       "and asks there",
	"flows/graph.go":             "a drawing has names",
	"flows/graph_page.go":        "a drawing has names",
	"flows/graph_svg.go":         "a drawing has names",
	"flows/sentence.go":          "`broadcast preview` says an audience in words",
	"flows/keys.go":              "what a key means is the editor's, in English",
	"flows/rules.go":             "`flow check --rules` says what a rule is for",
	"flows/schema.go":            "it is read by editors",
	"flows/sample.go":            "it is the text of a new flow",
	"flows/embed.go":             "it is the text of a new flow",
}

// noText are strings of the source that nobody reads.
var noText = []string{
	"Ana Maria", "<!doctype html", "chmod o-w %s", "chmod -R go= %s", "warning: ",
	"no documents", "found multiple", "control characters", "unknown anchor", "mapping values are not allowed", "quoted scalar",
	"not in", `"vip" in tags`, "%q in %s", "%s == true", `%s == "text"`, "%s == %q", "%s >= 18", `%s < "2000-01-01"`,
	"one of", "one or several of", "the question again", "%s %s", "%s  %s", "%s %s%s%s", "%c %4d | %s", "AVI ",
}

// worded is what has two words at least: names of checks and keys have one.
var worded = regexp.MustCompile(`\pL.* |%[a-z].* \pL|[a-z]{2} %`)

// TestEveryTextIsSaidInEachLanguage: what the desk refuses, what is wrong with a file, and what the doctor
// finds are in the catalogue, as the source has them.
func TestEveryTextIsSaidInEachLanguage(t *testing.T) {
	has, seen := map[string]bool{}, 0
	for _, e := range entries(t) {
		has[e.format] = true
	}
	for _, s := range shown {
		for _, text := range textsOf(t, s.dir) {
			where := s.dir + "/" + text.file
			if unshown[where] != "" || slices.Contains(noText, text.says) || !s.texts(text) || !worded.MatchString(text.says) {
				continue
			}
			if seen++; !has[text.says] {
				t.Errorf("%s:%d (%s, argument %d): no file of the catalogue has\nen %s", where, text.line, text.call, text.arg, text.says)
			}
		}
	}
	if seen < 400 {
		t.Errorf("only %d texts were found", seen)
	}
}

// arguments are the places of a format: which argument, and of what kind. Texts are all of one kind.
func arguments(list []piece) (of []string) {
	for _, p := range list {
		verb := p.verb
		if slices.Contains([]byte("svw"), verb) {
			verb = 's'
		}
		if verb != 0 {
			of = append(of, fmt.Sprintf("%d%c", p.arg+1, verb))
		}
	}
	slices.Sort(of)
	return slices.Compact(of)
}

// TestTranslationsHaveTheSameArguments: each translation has the arguments of the English.
func TestTranslationsHaveTheSameArguments(t *testing.T) {
	for _, e := range entries(t) {
		for _, code := range languages {
			if mine, theirs := arguments(e.in[code]), arguments(e.english); !slices.Equal(mine, theirs) {
				t.Errorf("%s has the arguments %v, English has %v: %s", code, mine, theirs, e.format)
			}
		}
	}
}

// example is a text that was made with a format.
func example(list []piece) string {
	var b strings.Builder
	for _, p := range list {
		b.WriteString(p.words)
		switch p.verb {
		case 's', 'v', 'w':
			fmt.Fprintf(&b, "Xy%d", p.arg)
		case 'q':
			fmt.Fprintf(&b, "%q", fmt.Sprintf("it's \"%d\"", p.arg))
		case 'd':
			fmt.Fprint(&b, 70+p.arg)
		case 'f':
			b.WriteString("1.5")
		case 'X':
			b.WriteString("200B")
		}
	}
	return b.String()
}

// TestEachTextIsFound: what was made with a format is said with the translation of that format, and no
// other one.
func TestEachTextIsFound(t *testing.T) {
	for _, e := range entries(t) {
		if !e.worded {
			continue
		}
		for _, code := range languages {
			want := example(e.in[code])
			if got := In(code, example(e.english)); Plain(got) != want || slices.ContainsFunc(got, func(p Part) bool { return p.English }) {
				t.Errorf("%s: %s\nis   %v\nnot  %s", code, example(e.english), got, want)
			}
		}
	}
}

// TestNoTextIsLeftOver: the source still has what the catalogue says.
func TestNoTextIsLeftOver(t *testing.T) {
	has := map[string]bool{}
	for _, dir := range []string{
		"bot", "bot/desk", "bot/play", "bot/serve", "bot/text", "bot/web", "bot/webhook", "bot/whatsapp", "flows", "store",
	} {
		for _, text := range textsOf(t, dir) {
			has[text.says] = true
			for _, part := range regexp.MustCompile("`[^`]*`").FindAllString(text.says, -1) {
				has[part] = true
			}
		}
	}
	notServed := strings.NewReplacer("The number is not served", "The bot goes on as before", "the number is not served", "the bot goes on as before")
	for _, e := range entries(t) {
		says := []string{
			e.format, strings.TrimPrefix(e.format, "%d "), strings.TrimPrefix(e.format, "1 "), // text.Plural
			strings.TrimPrefix(e.format, "%s "), // a check of a number
			"%v; " + e.format,                   // behind ErrRefused
			"link: " + e.format,                 // which the page leaves out
			strings.Trim(e.format, "%s"),        // what strings.Join puts between
			strings.TrimSuffix(e.format, " %s"), // what it puts before
			strings.TrimSuffix(e.format, ", %s"),
			notServed.Replace(e.format), strings.ReplaceAll(e.format, "The number is not served", "The bot goes on with what it has"),
		}
		list := strings.TrimPrefix(strings.TrimSuffix(e.format, ", %s"), "one of ") // of answers
		known := has[list] || slices.ContainsFunc(says, func(s string) bool { return has[s] })
		for i := range e.format { // one of two parts
			known = known || has[e.format[:i]] && has[e.format[i:]]
		}
		if e.worded && !known {
			t.Errorf("the source has no %q any more", e.format)
		}
	}
}

// TestIn: an argument that is a text is said in the language too, one that the catalogue lacks is marked as
// English, and a name stays what it is.
func TestIn(t *testing.T) {
	for name, c := range map[string]struct{ says, want string }{
		"whole":            {"your name is no password", "o seu nome não serve de senha"},
		"a sentence":       {"Your name is no password.", "O seu nome não serve de senha."},
		"an argument":      {`"Mars/Olympus" is not a time zone such as Europe/Lisbon or America/Sao_Paulo`, `"Mars/Olympus" não é um fuso horário como Europe/Lisbon ou America/Sao_Paulo`},
		"another order":    {`the broadcast has no "name"`, `falta "name" em: o envio`},
		"a text within":    {`state "ask" has no timeout: who never answers would wait in it for ever`, `o estado "ask" não tem timeout: quem nunca responde esperaria ali para sempre`},
		"which is English": {"the test was not saved: the moon is full", "o teste não foi salvo: [the moon is full]"},
		"a remark":         {`state "asc" does not exist; did you mean "ask"?`, `o estado "asc" não existe; você quis dizer "ask"?`},
		"no remark":        {`state "asc" does not exist`, `o estado "asc" não existe`},
		"two texts":        {`the key "2" of option A would unsubscribe whoever writes it: "2" is a stop (tier1)`, `a chave "2" de opção A tiraria da lista quem o escrevesse: "2" é um pedido para sair (tier1)`},
		"a list of texts":  {`People get here from "a" (answer); from "b" (silent for 24h); from "c" (at once).`, `As pessoas chegam aqui de "a" (resposta); de "b" (sem resposta por 24h); de "c" (na hora).`},
		"a list of data":   {`The bot asks for place: one of A In the shop (kept as "shop"), B Online (kept as "online").`, `O bot pergunta por place: uma de A In the shop (guardada como "shop"), B Online (guardada como "online").`},
		"a number":         {"1 conversation is not as expected", "1 conversa não é como se esperava"},
		"a name":           {"number paused is not linked", "o número paused não está vinculado"},
		"none":             {"the moon is full", "[the moon is full]"},
		"marks":            {"the moon: full and round", "[the moon: full and round]"},
		"a long one":       {strings.Repeat("a: ", 3000), "[" + strings.Repeat("a: ", 3000) + "]"},
	} {
		got := ""
		for _, p := range In("pt", c.says) {
			if p.English {
				p.Text = "[" + p.Text + "]"
			}
			got += p.Text
		}
		if got != c.want {
			t.Errorf("%s:\n%s\n%s", name, got, c.want)
		}
	}
}
