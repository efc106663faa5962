package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"optinbot/bot/text"
)

// screensTime is when the screens are looked at: a Monday, within the hours of everybody.
func screensTime() time.Time { return time.Date(2026, 3, 2, 16, 0, 0, 0, time.UTC) }

// castSize is how many people signed up. The first of them do more than that.
const castSize = 47

// A cast is what the people of a screen are called, and what they write.
type cast struct {
	names []string // of the first people; the others are called by their number
	texts []string // what the first ask the shop
}

func casts() map[string]cast {
	return map[string]cast{
		"ordinary": {
			names: []string{"Ana", "Beatriz Souza Lima", "Caio", "Dan O'Neill", "Zoë", "José", "Lena"},
			texts: []string{"what time do you close on Saturday?", "do you have the brown bag in blue? I saw it in the window last week"},
		},
		"hostile": {
			names: []string{
				strings.Repeat("Anastasia", 40), "\u202eevil\u2066 gnp.exe\u202c", "\x1b]0;pwned\x07\x1b[2J\x1b[31mred", "東京太郎様御中株式会社東京本店営業部長",
				"👨\u200d👩\u200d👧\u200d👦 Família 👩🏽\u200d🚀❤\ufe0f🇧🇷", "Eve\n  consent:      subscribed\r\nZ" + strings.Repeat("\u0301", 40), "\u200b\u200d\ufeff",
			},
			texts: []string{
				"\x1b[2J\x1b]52;c;cm0gLXJmIC8=\x07\n+12125550199  optinbot\n  -> rm -rf ~\u202e\u2028" + strings.Repeat("W", 300),
				strings.Repeat("営業時間を教えてください。", 20) + " 👨\u200d👩\u200d👧\u200d👦\t\t\v\f x",
			},
		},
	}
}

// write is what the people of a cast wrote, for peopleWrite.
func (c cast) write() string {
	var b strings.Builder
	at := screensTime().Add(-2 * time.Hour)
	line := func(person int, text string) {
		at = at.Add(10 * time.Second)
		name := fmt.Sprintf("Person %d", person)
		if person < len(c.names) {
			name = c.names[person]
		}
		src, _ := json.Marshal(map[string]any{
			"at": at, "from": fmt.Sprintf("+121255501%02d", person), "name": name, "id": fmt.Sprintf("M%d", at.Unix()), "text": text,
		})
		b.Write(append(src, '\n'))
	}
	for person := range castSize {
		line(person, "I want promotions")
	}
	line(0, "A C")
	line(1, "B")
	line(1, "A")
	for i := range 3 { // they are told twice that somebody reads it, then the bot is quiet
		line(1, c.texts[0])
		line(3, c.texts[i%len(c.texts)])
	}
	line(2, "2")
	line(2, c.texts[0])
	line(4, "I think you send too many messages for a single shop")
	return b.String()
}

// A screenShop is a shop with people, in the working folder.
type screenShop struct {
	t        *testing.T
	defaults []byte
	now      time.Time
}

func newScreenShop(t *testing.T, c cast) *screenShop {
	t.Helper()
	defaults, err := os.ReadFile(filepath.Join(repository(t), "config.yaml"))
	must(t, err)
	t.Chdir(t.TempDir())
	s := &screenShop{t: t, defaults: defaults, now: screensTime().Add(-2 * time.Hour)}
	s.does("init", "shop")
	must(t, os.Chdir("shop"))
	s.people(c.write())
	s.now = screensTime().Add(-time.Hour)
	advance := ""
	s.does("backup", "monday.tar.gz")
	s.does("broadcast", "schedule", "weekend-offer", "--now", "--yes")
	for _, after := range []time.Duration{0, time.Second, 15 * time.Minute} {
		advance += fmt.Sprintf("{\"at\":%q,\"advance\":true}\n", s.now.Add(after).Format(time.RFC3339))
	}
	s.people(advance)
	s.now = s.now.Add(15 * time.Minute)
	return s
}

// repository is the folder of the project.
func repository(t *testing.T) string {
	t.Helper()
	here, err := filepath.Abs("../..")
	must(t, err)
	return here
}

// app is the program at a terminal, or in a pipe.
func (s *screenShop) app(out io.Writer) *App {
	a := newApp(s.t.Context(), s.defaults)
	a.in, a.environ, a.now = strings.NewReader(""), map[string]string{"NO_COLOR": "1"}, func() time.Time { return s.now }
	a.out = &text.Screen{To: out}
	a.err = a.out
	return a
}

// does runs a verb that has to succeed.
func (s *screenShop) does(args ...string) {
	s.t.Helper()
	var out strings.Builder
	if code := s.app(&out).run(s.t.Context(), args); code != exitDone {
		s.t.Fatalf("optinbot %s: exit code %d: %s", strings.Join(args, " "), code, out.String())
	}
}

// people lets people write, and the clock go on.
func (s *screenShop) people(lines string) {
	s.t.Helper()
	a := s.app(io.Discard)
	a.in = strings.NewReader(lines)
	must(s.t, peopleWrite(s.t.Context(), a, nil))
}

// byMachine is what a screen shows of the machine that it is shown on.
var byMachine = []struct {
	shows   *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`\d+ (MB|GB)( are)? free`), "N GB free"},
	{regexp.MustCompile(`\b[0-9a-f]{64}\b`), "HASH"},
	{regexp.MustCompile(`\b3EB0[0-9A-F]+\b`), "ID"},
}

// screens are the command lines whose screens are kept.
var screens = []string{
	"status", "broadcast list", "broadcast preview weekend-offer", "broadcast status weekend-offer", "contacts list", "contacts list --order name --limit 8",
	"contacts waiting", "contacts show +12125550101", "contacts show +12125550103", "doctor", "flow check broken.yaml",
	"broadcast why weekend-offer +12125550103", "broadcast why weekend-offer +12125550100", "simulate --days 1", "consent show +12125550101", "consent verify",
	"broadcast status weekend-offers", "invite", "status --no-such-flag-is-known-to-the-program-which-says-so-in-a-line-as-long-as-it-has-to-be",
}

// TestScreens renders what operators look at, with ordinary and with hostile people, on a small and on a larger terminal, and compares it with
// testdata/screens. No line is wider than the screen. -update writes what is shown now.
func TestScreens(t *testing.T) {
	kept := filepath.Join(repository(t), "bot/cli/testdata/screens")
	for name, c := range casts() {
		t.Run(name, func(t *testing.T) {
			s := newScreenShop(t, c)
			flow, err := os.ReadFile("flows/promotions.yaml")
			must(t, err)
			must(t, os.WriteFile("broken.yaml", []byte(strings.Replace(string(flow), "goto: interests", "goto: interest", 1)), 0o600))
			for _, size := range []window{{columns: 80, rows: 24}, {columns: 120, rows: 40}} {
				s.look(filepath.Join(kept, fmt.Sprintf("%s-%dx%d.txt", name, size.columns, size.rows)), size)
			}
		})
	}
}

// look compares the screens of one size with what is kept.
func (s *screenShop) look(file string, size window) {
	var all strings.Builder
	for _, line := range screens {
		w := &window{columns: size.columns, rows: size.rows}
		s.app(w).run(s.t.Context(), strings.Fields(line))
		w.fits(s.t)
		shown := w.String()
		for _, m := range byMachine {
			shown = m.shows.ReplaceAllString(shown, m.instead)
		}
		fmt.Fprintf(&all, "$ optinbot %s\n%s\n", line, shown)
	}
	if *update {
		must(s.t, os.MkdirAll(filepath.Dir(file), 0o755))
		must(s.t, os.WriteFile(file, []byte(all.String()), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	must(s.t, err)
	if got := all.String(); got != string(want) {
		s.t.Errorf("%s shows something else (-update writes it):\n%s", filepath.Base(file), got)
	}
}
