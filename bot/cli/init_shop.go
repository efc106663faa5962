package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/flows"
	"optinbot/flows/words"
)

// newShop is what `init` knows about a shop before it makes its folder.
type newShop struct {
	name      string // "": the sample's
	country   config.Country
	zone      string
	languages []string
	kind      string
}

// languageNames are the languages of the samples as people write them.
var languageNames = map[string][]string{
	"en": {"English", "inglês", "inglés"},
	"pt": {"Portuguese", "português", "portugués"},
	"es": {"Spanish", "espanhol", "español"},
}

// answer takes the answers of the flags and, where it may ask, asks for the others.
func (s *newShop) answer(a *App, c InitCmd, asks bool) error {
	q := questions{a: a, asks: asks}
	if asks {
		fmt.Fprint(a.out, "Four questions. Enter takes what is in [brackets]. All of it can change later.\n\n")
		q.keys = bufio.NewReader(a.in)
	}
	if err := q.ask("--name", c.Name, "Name of the shop, as customers know it", nameFrom(c.Dir),
		s.takeName); err != nil {
		return err
	}
	if err := q.ask("--country", c.Country, "Country of the shop: its name, or two letters such as BR",
		localCountry(a.environ), s.takeCountry); err != nil {
		return err
	}
	if err := s.whichZone(&q, c.Zone); err != nil {
		return err
	}
	usual := s.usualLanguages()
	if asks {
		fmt.Fprintf(a.out, "\nThere are texts in %s.\nYou can add a language later.\n",
			inWords(flows.SampleLanguages()))
	}
	if err := q.ask("--languages", strings.Join(c.Languages, ","), "Languages of your customers, the main one first",
		usual, s.takeLanguages); err != nil {
		return err
	}
	kinds := ""
	for i, k := range flows.Kinds() {
		kinds += fmt.Sprintf("  %d  %-8s  %s\n", i+1, k.Name, k.About)
	}
	q.before = "\nWhat kind of business is it? The bot starts from a sample that you change.\n" + kinds
	return q.ask("--kind", c.Kind, "Kind", flows.Kinds()[0].Name, s.takeKind)
}

// whichZone asks for the time zone in a country that has several.
func (s *newShop) whichZone(q *questions, flag string) error {
	if s.country.Code != "" {
		s.zone = s.country.Zones[0]
	}
	if len(s.country.Zones) < 2 && flag == "" {
		return nil
	}
	if q.asks && flag == "" {
		fmt.Fprintf(q.a.out, "\n%s has several time zones. Which is yours?\n", s.country.Names[0])
		for i, zone := range s.country.Zones {
			most := ""
			if i == 0 {
				most = "  (most people)"
			}
			fmt.Fprintf(q.a.out, "  %d  %s%s\n", i+1, zone, most)
		}
	}
	return q.ask("--zone", flag, "Time zone", s.zone, s.takeZone)
}

// usualLanguages are those of the country that the samples have. English elsewhere.
func (s *newShop) usualLanguages() string {
	if s.country.Code == "" {
		return strings.Join(flows.SampleLanguages(), ", ")
	}
	if l := bot.LanguageOfRegion(s.country.Code); slices.Contains(flows.SampleLanguages(), l) {
		return l
	}
	return "en"
}

// longestName is how many characters the name of a shop may have: it stands in every text about
// consent.
const longestName = 60

func (s *newShop) takeName(typed string) error {
	name := strings.Join(strings.Fields(typed), " ")
	switch {
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) || name != text.Line(name):
		return errors.New("the name has characters that cannot be shown")
	case utf8.RuneCountInString(name) > longestName:
		return fmt.Errorf("the name has %d characters; it stands in every text, so it may have at most %d",
			utf8.RuneCountInString(name), longestName)
	case !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }):
		return errors.New("the name needs a letter or a digit")
	case strings.ContainsAny(name, "{}"):
		return errors.New("the name cannot have { or }: they mark what the bot fills in")
	}
	sample, err := flows.Sample(s.kind, flows.SampleLanguages(), name, "")
	if err != nil {
		return err
	}
	if flow, bad := flows.Load("flows/promotions.yaml", sample["promotions.yaml"]); flow == nil {
		return fmt.Errorf("the texts cannot have this name in them: %s", bad[0].Message)
	}
	s.name = name
	return nil
}

func (s *newShop) takeCountry(typed string) error {
	c, ok := config.CountryOf(typed)
	if !ok {
		advice := "type its name in English, or two letters such as BR"
		if like := config.CountriesLike(typed); len(like) > 0 {
			advice = "did you mean " + strings.Join(like, ", ") + "?"
		}
		return fmt.Errorf("there is no country %q; %s", text.Fit(typed, 40), advice)
	}
	s.country = c
	return nil
}

func (s *newShop) takeZone(typed string) error {
	zones := s.country.Zones
	if n, err := strconv.Atoi(typed); err == nil && n >= 1 && n <= len(zones) {
		s.zone = zones[n-1]
		return nil
	}
	for _, zone := range zones {
		city := zone[strings.LastIndex(zone, "/")+1:]
		if strings.EqualFold(zone, typed) || words.Normalise(strings.ReplaceAll(city, "_",
			" ")) == words.Normalise(typed) {
			s.zone = zone
			return nil
		}
	}
	if desk.IsZone(typed) {
		s.zone = typed
		return nil
	}
	if len(zones) > 1 {
		return fmt.Errorf("%q is none of them; type a number from 1 to %d, or a time zone", text.Fit(typed, 20),
			len(zones))
	}
	return fmt.Errorf("%q is not a time zone such as Europe/Lisbon", text.Fit(typed, 40))
}

func (s *newShop) takeLanguages(typed string) error {
	var chosen []string
	for _, word := range strings.FieldsFunc(typed, func(r rune) bool {
		return r == ',' || r == ';' ||
			unicode.IsSpace(r)
	}) {
		code := ""
		for l, names := range languageNames {
			is := func(name string) bool { return words.Normalise(name) == words.Normalise(word) }
			if strings.EqualFold(l, word) || slices.ContainsFunc(names, is) {
				code = l
			}
		}
		switch {
		case code == "":
			return fmt.Errorf("there are no texts in %q; type %s", text.Fit(word, 30),
				strings.Join(flows.SampleLanguages(), ", "))
		case !slices.Contains(chosen, code):
			chosen = append(chosen, code)
		}
	}
	if len(chosen) == 0 {
		return errors.New("name at least one language, such as en")
	}
	s.languages = chosen
	return nil
}

// inWords lists languages with their codes.
func inWords(languages []string) string {
	var all []string
	for _, l := range languages {
		all = append(all, fmt.Sprintf("%s (%s)", languageNames[l][0], l))
	}
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " and " + all[last]
}

func (s *newShop) takeKind(typed string) error {
	var names []string
	for i, k := range flows.Kinds() {
		if strings.EqualFold(typed, k.Name) || typed == strconv.Itoa(i+1) {
			s.kind = k.Name
			return nil
		}
		names = append(names, k.Name)
	}
	if strings.EqualFold(typed, "school") {
		s.kind = "gym"
		return nil
	}
	return fmt.Errorf("there is no sample %q; there are %s", text.Fit(typed, 40), strings.Join(names, ", "))
}

// questions asks on the terminal.
type questions struct {
	a      *App
	asks   bool
	before string // is shown before the next question, if it is asked
	keys   *bufio.Reader
}

// ask takes the answer of a flag, or asks until there is one that can be taken. Without a terminal
// and without the flag nothing is asked, and nothing taken.
func (q *questions) ask(flag, given, question, usual string, take func(string) error) error {
	before := q.before
	q.before = ""
	if given != "" {
		if err := take(given); err != nil {
			return desk.Refuse("%s: %v", flag, err)
		}
		return nil
	}
	if !q.asks {
		return nil
	}
	fmt.Fprint(q.a.out, before)
	for {
		fmt.Fprint(q.a.out, question)
		if usual != "" {
			fmt.Fprintf(q.a.out, " [%s]", usual)
		}
		fmt.Fprint(q.a.out, ": ")
		typed, err := q.next()
		if err != nil {
			fmt.Fprintln(q.a.out)
			return err
		}
		answer := cmp.Or(typed, usual)
		if answer == "" {
			fmt.Fprintln(q.a.out, "  There is no default here: please type an answer.")
			continue
		}
		err = take(answer)
		if err == nil {
			return nil
		}
		fmt.Fprintf(q.a.out, "  %s\n", text.Capital(err.Error()))
	}
}

// next is what is typed next. Ctrl-C and the end of the input end the questions.
func (q *questions) next() (string, error) {
	typed, err := q.keys.ReadString('\n')
	if errors.Is(err, context.Canceled) {
		return "", desk.Refuse("you ended it at the questions")
	}
	if errors.Is(err, io.EOF) {
		return "", desk.Refuse("the questions were not answered; `optinbot init --help` shows how to answer them " +
			"with flags")
	}
	return strings.TrimSpace(typed), err
}

// nameFrom makes a name of that of a folder: my-shop is My Shop.
func nameFrom(dir string) string {
	full, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	parts := strings.FieldsFunc(filepath.Base(full), func(r rune) bool { return strings.ContainsRune("-_. ", r) })
	for i := range parts {
		parts[i] = text.Capital(parts[i])
	}
	return strings.Join(parts, " ")
}

// localCountry is the country of the machine's language settings, such as pt_BR.UTF-8. "" where
// they name none.
func localCountry(environ map[string]string) string {
	locale := cmp.Or(environ["LC_ALL"], environ["LC_MESSAGES"], environ["LANG"])
	_, after, _ := strings.Cut(locale, "_")
	code, _, _ := strings.Cut(after, ".")
	code, _, _ = strings.Cut(code, "@")
	if c, ok := config.CountryOf(code); ok && code != "" {
		return c.Names[0]
	}
	return ""
}

// The lines of config.yaml that the answers change.
var (
	configZone    = flows.Pattern(`(?m)^zone: UTC +#`)
	configCountry = flows.Pattern(`(?m)^country: "" +#`)
)

// files are the files of the shop's folder.
func (s *newShop) files(defaults []byte) (map[string][]byte, error) {
	zone := ""
	if s.zone != "UTC" {
		zone = s.zone
	}
	sample, err := flows.Sample(s.kind, s.languages, s.name, zone)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name, content := range sample {
		files["flows/"+name] = content
	}
	config := configZone().ReplaceAll(defaults, fmt.Appendf(nil, "%-28s#", "zone: "+s.zone))
	if s.country.Code != "" {
		config = configCountry().ReplaceAll(config, fmt.Appendf(nil, "%-28s#", "country: "+s.country.Code))
	}
	files["config.yaml"] = config
	return files, nil
}

// ready says what was made and what comes next. program is how it is called from the folder.
func (s *newShop) ready(dir string, files map[string][]byte, program string) string {
	draft := ""
	for name := range files {
		if strings.HasPrefix(name, "flows/broadcasts/") && strings.HasSuffix(name, ".yaml") {
			draft = name
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s is ready:\n", shownFolder(dir))
	for _, l := range [][2]string{
		{"config.yaml", "the settings; time zone " + s.zone},
		{"flows/promotions.yaml", "what the bot says"}, {draft, "an example broadcast"},
	} {
		fmt.Fprintf(&b, "  %-36s %s\n", l[0], l[1])
	}
	if zones := s.country.Zones; len(zones) > 1 && s.zone == zones[0] {
		fmt.Fprintf(&b, "Most people in %s live in %s. Elsewhere? Change `zone` in config.yaml.\n", s.country.Names[0],
			s.zone)
	}
	fmt.Fprintf(&b, `
Next: play the sample's conversations, then talk to it as a customer would.
%[1]s  %[2]s flow test
  %[2]s chat
When it says what you want, link your number and let it answer.
  %[2]s link
  %[2]s run

A newly linked number only answers for 7 days. Then it sends 20 promotions a
day, and more each day. Have you used the number for months already? Before you
link it, set `+"`established: true`"+` in config.yaml: it then starts at 200 a day.
`, goTo(dir), program)
	return b.String()
}

// goTo is the line that leads into the folder. "" where that is the current one.
func goTo(dir string) string {
	if filepath.Clean(dir) == "." {
		return ""
	}
	return "  cd " + shellWord(dir) + "\n"
}

// shownFolder is the folder as a sentence names it.
func shownFolder(dir string) string {
	if filepath.Clean(dir) == "." {
		return "This folder"
	}
	return dir
}

// shellWord is a word as a shell takes it.
func shellWord(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`'"\$&|;<>()*?!#~`+"`", r) }) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}
