package web

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
	xlanguage "golang.org/x/text/language"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/bot/web/said"
	"optinbot/flows"
)

// languageCodes are the languages of the page. The first one is spoken to whoever asks for none of
// them.
var languageCodes = []string{"en", "pt", "es"}

// A language is what the page says in one language. Texts have places for what they are about: "{n}
// people". Where a number decides the form, "KEY.one" is for 1 and "KEY.other" for everything else.
type language struct {
	code, dir string
	words     map[string]string
}

func readLanguages() (map[string]*language, error) {
	all := map[string]*language{}
	for _, code := range languageCodes {
		l := &language{code: code, dir: "ltr", words: map[string]string{}}
		files, err := fs.Glob(embedded, "words/"+code+"/*.yaml")
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if err := l.read(file); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
		all[code] = l
	}
	return all, nil
}

// read adds the texts of a file. No two files have the same one.
func (l *language) read(file string) error {
	source, err := embedded.ReadFile(file)
	if err != nil {
		return err
	}
	words := map[string]string{}
	if err := yaml.Load(source, &words); err != nil {
		return err
	}
	for key, says := range words {
		if l.has(key) {
			return fmt.Errorf("another file has %s too", key)
		}
		l.words[key] = says
	}
	return nil
}

// languageCookie keeps the language that somebody chose.
const languageCookie = "language"

// speaks is the language to speak to whoever sent a request: the one that they chose, or what their
// browser asks for.
func (l *look) speaks(r *http.Request) *language {
	if c, err := r.Cookie(languageCookie); err == nil && l.languages[c.Value] != nil {
		return l.languages[c.Value]
	}
	wanted, _, err := xlanguage.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return l.languages[languageCodes[0]]
	}
	var have []xlanguage.Tag
	for _, code := range languageCodes {
		have = append(have, xlanguage.MustParse(code))
	}
	_, i, _ := xlanguage.NewMatcher(have).Match(wanted...)
	return l.languages[languageCodes[i]]
}

func (l *language) has(key string) bool { _, ok := l.words[key]; return ok }

// say is a text, with what it is about: say("today.needs", "n", 5). A key that does not exist is
// shown as it is, and a test fails.
func (l *language) say(key string, about ...any) string {
	said, ok := l.words[key]
	if !ok {
		return key
	}
	return l.fill(said, about)
}

// count is a text about a number of things, which may be named {n} in it.
func (l *language) count(key string, n int, about ...any) string {
	form := ".other"
	if n == 1 {
		form = ".one"
	}
	return l.say(key+form, append([]any{"n", n}, about...)...)
}

func (l *language) fill(said string, about []any) string {
	if len(about) == 0 {
		return said
	}
	pairs := make([]string, 0, len(about))
	for i := 0; i+1 < len(about); i += 2 {
		pairs = append(pairs, fmt.Sprintf("{%v}", about[i]), l.value(about[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(said)
}

// value shows what a text is about. What strangers wrote becomes one harmless line.
func (l *language) value(of any) string {
	switch of := of.(type) {
	case int:
		return l.number(of)
	case string:
		return text.Line(of)
	}
	return text.Line(fmt.Sprint(of))
}

// number is a whole number with its thousands set apart.
func (l *language) number(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	mark := ","
	if l.code != "en" {
		mark = "."
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + mark + digits[i:]
	}
	return sign + digits
}

// share is a part of a whole: "32 %". It says "0 %" and "100 %" only where that is so.
func (l *language) share(part, whole int) string {
	switch {
	case whole <= 0:
		return ""
	case part <= 0:
		return "0 %"
	case part >= whole:
		return "100 %"
	}
	hundredths := float64(part) / float64(whole) * 100
	if hundredths < 10 {
		tenths := strconv.FormatFloat(max(hundredths, 0.1), 'f', 1, 64)
		if l.code != "en" {
			tenths = strings.ReplaceAll(tenths, ".", ",")
		}
		return tenths + " %"
	}
	return strconv.Itoa(min(int(hundredths+0.5), 99)) + " %"
}

// reason is why promotions wait, or do not come, as a sentence without its full stop.
func (l *language) reason(r bot.Reason) string {
	if key := "reason." + string(r); l.has(key) {
		return l.say(key)
	}
	return r.Info().Says
}

// A refusedInWords is a refusal in the language of whoever visits.
type refusedInWords struct{ error }

func (e refusedInWords) Unwrap() error { return e.error }

// inWords refuses with a text of words/.
func inWords(says string) error { return refusedInWords{desk.Refuse("%s", says)} }

// refusal is why something was not done, for whoever asked for it.
func (l *language) refusal(err error) string {
	kind, parts := l.refused(err)
	return strings.TrimSpace(kind + " " + said.Plain(parts))
}

// refused is a refusal in the language. Where only the desk can say it, which is in English, the kind of
// refusal is said first.
func (l *language) refused(err error) (kind string, parts []said.Part) {
	says, own := l.why(err)
	if own {
		return "", []said.Part{{Text: says}}
	}
	if parts = l.parts(says); len(parts) == 1 && parts[0].English {
		kind = l.say("refusal." + desk.KindOf(err).Word)
	}
	return kind, parts
}

// parts is what the program says in English, in the language as far as it can be said there.
func (l *language) parts(english string) []said.Part {
	if l.code == languageCodes[0] {
		return []said.Part{{Text: english}}
	}
	return said.In(l.code, english)
}

// told is what the program says, in one line. What of it is English on the page of another language is
// marked.
func (l *language) told(english string) template.HTML {
	return withEnglish(l.parts(text.Line(english)), template.HTMLEscapeString)
}

// toldCode is told, with what stands between backticks as code.
func (l *language) toldCode(english string) template.HTML {
	return withEnglish(l.parts(text.Line(english)), coded)
}

// toldLine is told where nothing can be marked.
func (l *language) toldLine(english string) string { return said.Plain(l.parts(text.Line(english))) }

// problem is a problem of a file in the language.
func (l *language) problem(p flows.Problem) flows.Problem {
	p.Message, p.Advice = said.Plain(l.parts(p.Message)), said.Plain(l.parts(p.Advice))
	return p
}

// withEnglish puts parts together, with what is English marked as that.
func withEnglish(parts []said.Part, show func(string) string) template.HTML {
	var b strings.Builder
	for _, p := range parts {
		if p.English {
			b.WriteString(`<span lang="en">` + show(p.Text) + `</span>`)
		} else {
			b.WriteString(show(p.Text))
		}
	}
	return template.HTML(b.String())
}

// notice is what a notice of a kind is about, in a language other than the notice's. "" in that one, and
// where a kind has no words any more.
func (l *language) notice(kind string) string { return l.ifForeign("notice." + kind) }

// wait is why somebody waits for a person of the shop, as notice is.
func (l *language) wait(reason string) string {
	if says := l.ifForeign("wait." + reason); says != "" {
		return says
	}
	return l.ifForeign("reason." + reason)
}

func (l *language) ifForeign(key string) string {
	if l.code == languageCodes[0] || !l.has(key) {
		return ""
	}
	return l.say(key)
}

// why is what the desk says, or what the page says itself: of a file that has problems, how many, for
// the screen shows them in their places.
func (l *language) why(err error) (says string, own bool) {
	var problems desk.Problems
	switch {
	case errors.As(err, &problems):
		return l.count("page.problems", len(problems)), true
	case errors.As(err, new(desk.Busy)):
		return l.say("page.busy.why"), true
	}
	says = err.Error()
	if errors.Is(err, desk.ErrRefused) {
		says = strings.TrimPrefix(says, desk.ErrRefused.Error()+"; ")
	}
	return text.Lines(says), errors.As(err, new(refusedInWords))
}

// clock is the time of the day.
func (l *language) clock(t time.Time) string { return t.Format("15:04") }

// day names the day of a moment as seen from another one, both in the zone of t: "today",
// "tomorrow", "Tuesday 1 December".
func (l *language) day(t, now time.Time) string {
	now = now.In(t.Location())
	switch days := daysBetween(now, t); {
	case days == 0:
		return l.say("day.today")
	case days == 1:
		return l.say("day.tomorrow")
	case days == -1:
		return l.say("day.yesterday")
	}
	date := l.fullDay(t)
	if t.Year() != now.Year() {
		date += " " + strconv.Itoa(t.Year())
	}
	return date
}

// fullDay is a day with its weekday: "Tuesday 1 December".
func (l *language) fullDay(t time.Time) string {
	return l.say("day.date", "weekday", l.say("weekday."+strconv.Itoa(int(t.Weekday()))), "day", strconv.Itoa(t.Day()),
		"month", l.say("month."+strconv.Itoa(int(t.Month()))))
}

// daysBetween is how many days later the day of another moment is.
func daysBetween(from, to time.Time) int {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(day(to).Sub(day(from)) / (24 * time.Hour))
}

// at is a moment as people say it: "tomorrow 10:00".
func (l *language) at(t, now time.Time) string {
	return l.say("day.at", "day", l.day(t, now), "time", l.clock(t))
}

// weekdayAt is a moment of a week that is none of the calendar's: "Friday 13:01".
func (l *language) weekdayAt(t time.Time) string {
	return l.say("day.at", "day", l.say("weekday."+strconv.Itoa(int(t.Weekday()))), "time", l.clock(t))
}

// away says how far a moment is: "in 21 h 42 min", "20 min ago".
func (l *language) away(t, now time.Time) string {
	d := t.Sub(now)
	if d.Abs() < time.Minute {
		return l.say("time.now")
	}
	if d > 0 {
		return l.say("time.in", "long", l.long(d))
	}
	return l.say("time.ago", "long", l.long(-d))
}

// long is a length of time in its two largest units: "21 h 42 min", "3 days 4 h".
func (l *language) long(d time.Duration) string {
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	var parts []string
	if days > 0 {
		parts = append(parts, l.count("time.days", days))
	}
	if hours > 0 && days < 10 {
		parts = append(parts, l.say("time.hours", "n", hours))
	}
	if minutes > 0 && days == 0 {
		parts = append(parts, l.say("time.minutes", "n", minutes))
	}
	if len(parts) == 0 {
		return l.say("time.seconds", "n", int(d/time.Second))
	}
	return strings.Join(parts, " ")
}

// funcs are what templates call.
func (l *language) funcs() template.FuncMap {
	return template.FuncMap{
		"t":        l.say,
		"tn":       l.count,
		"num":      l.number,
		"share":    l.share,
		"reason":   l.reason,
		"long":     l.long,
		"line":     text.Line,  // what a stranger wrote, in one line
		"lines":    text.Lines, // what a stranger wrote, with its line breaks
		"drawn":    drawn,      // a message, as a phone draws it
		"code":     codeIn,     // a sentence of the program's, with `commands` in it
		"told":     l.told,     // what the program says in English, in the language
		"toldcode": l.toldCode, // and with `commands` in it
		"toldline": l.toldLine, // and where nothing can be marked
		"problem":  l.problem,
		"weekday":  l.weekdayAt,
		"notice":   l.notice,
		"wait":     l.wait,
		"pair":     func(page, of any) pair { return pair{page, of} },
		"list":     func(of ...any) []any { return of },
		"status":   func(of string) string { return l.say("message." + of) },
		"role":     func(r desk.Role) string { return l.say("role." + string(r)) },
	}
}

// codeIn shows a sentence in one line, with what stands between backticks as code.
func codeIn(says string) template.HTML { return template.HTML(coded(text.Line(says))) }

func coded(says string) string {
	var b strings.Builder
	for i, part := range strings.Split(says, "`") {
		part = template.HTMLEscapeString(part)
		if i%2 == 1 {
			part = "<code>" + part + "</code>"
		}
		b.WriteString(part)
	}
	return b.String()
}

// A pair lets a part of a page have the page beside what it is about.
type pair struct{ Page, Of any }

// chooseLanguage keeps the language that somebody chose, and sends them back to where they were.
func (s *Server) chooseLanguage(w http.ResponseWriter, r *http.Request) {
	code := r.PostFormValue("language")
	if !slices.Contains(languageCodes, code) {
		http.Error(w, "The page does not speak that language.", http.StatusUnprocessableEntity)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: languageCookie, Value: code, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: s.secure(),
		SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(w, r, localPath(r.PostFormValue("to")), http.StatusSeeOther)
}

// localPath is an address of this server, whatever somebody wrote: never another host's.
func localPath(to string) string {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}
