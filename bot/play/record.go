package play

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/phones"
	"optinbot/bot/text"
	"optinbot/flows"
	"optinbot/store"
)

// A Recording gathers what people and operators did, as lines of a conversation. What the bot says
// is added when it is finished, by playing it: so a recording is right from the start.
type Recording struct {
	title string
	lines []string
	last  time.Time
	known map[string]bool // names that have been introduced with their phone
}

// NewRecording begins at a time (UTC).
func NewRecording(title string, at time.Time) *Recording {
	return &Recording{title: title, lines: []string{"at " + at.UTC().Format(time.RFC3339)}, last: at,
		known: map[string]bool{}}
}

// recording begins a recording of what happens in a simulation. It names what a conversation would
// not have by itself: the flow of another number than the first, a newer link.
func (s *Simulation) recording(title string, at time.Time) (*Recording, error) {
	n, err := desk.NumberOf(s.Config, s.NumberName)
	if err != nil {
		return nil, err
	}
	r := NewRecording(title, at)
	if n.Flow != s.Config.Numbers[0].Flow {
		r.Act("flow", n.Flow)
	}
	if s.World.DaysLinked != usualDaysLinked {
		r.Act("linked", strconv.Itoa(s.World.DaysLinked))
	}
	return r, nil
}

// later moves the clock to at, by whole minutes.
func (r *Recording) later(at time.Time) {
	if d := at.Sub(r.last).Truncate(time.Minute); d > 0 {
		r.lines = append(r.lines, "+"+text.Duration(d))
		r.last = r.last.Add(d)
	}
}

// Wrote notes a message. flags may be "", or "[image]" and the like.
func (r *Recording) Wrote(name, phone, flags, text string) {
	who := name
	if !r.known[name] {
		who, r.known[name] = name+" "+phone, true
	}
	if flags != "" {
		who += " " + flags
	}
	r.lines = append(r.lines, strings.TrimSpace(who+" > "+strings.Join(strings.Fields(text), " ")))
}

// Act notes what an operator did, or that time passed.
func (r *Recording) Act(verb, what string) {
	r.lines = append(r.lines, strings.TrimSpace(verb+" "+what))
}

// Finish plays the recording and returns it with what the bot says.
func (r *Recording) Finish(ctx context.Context, o desk.Options) (string, error) {
	return played(ctx, o, r.text(), false)
}

// text is the recording without what the bot says.
func (r *Recording) text() string { return "# " + r.title + "\n" + strings.Join(r.lines, "\n") + "\n" }

// played is a text of conversations with what the bot says in each. strict: a line that cannot be
// played is an error, which names it.
func played(ctx context.Context, o desk.Options, text string, strict bool) (string, error) {
	scripts, err := ParseConversations(text)
	if err != nil {
		return "", err
	}
	for i := range scripts {
		s, err := PlayerFor(ctx, o, &scripts[i])
		if err != nil {
			return "", err
		}
		whole := s.Play(&scripts[i])
		if err := s.Close(); err != nil {
			return "", err
		}
		if !whole && strict {
			return "", errors.New(strings.TrimPrefix(s.Failures[len(s.Failures)-1], ":"))
		}
	}
	return rewritten(text, scripts), nil
}

// Keep adds a finished recording to a file.
func (r *Recording) Keep(ctx context.Context, o desk.Options, file string) error {
	text, err := r.Finish(ctx, o)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if info, err := f.Stat(); err == nil && info.Size() > 0 {
		text = "\n" + text
	}
	_, err = f.WriteString(text)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// A Recorder makes tests of chats, for desk.Recorder.
type Recorder struct {
	On func(*desk.Files) desk.Options // what the desk is built from, with those files
}

// OfChat is a chat as a conversation, without what the bot said.
func (r Recorder) OfChat(n config.Number, c *bot.Contact, chat []store.Line) string {
	test := AsTest(c, chat)
	if n.Flow != r.On(nil).Config.Numbers[0].Flow {
		test.lines = slices.Insert(test.lines, 0, "flow "+n.Flow)
	}
	return test.text()
}

// Play is a conversation with what the flow says in it.
func (r Recorder) Play(ctx context.Context, files *desk.Files, _ config.Number, conversation string) (string, error) {
	return played(ctx, r.On(files), conversation, true)
}

// Flows are the flows that conversations are played on, each once.
func (r Recorder) Flows(conversation string) (names []string, err error) {
	scripts, err := ParseConversations(conversation)
	for _, c := range scripts {
		if name := c.flowName(r.On(nil).Config.Numbers[0].Flow); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, err
}

// AsTest makes a conversation of a real chat, without what tells who it was: another name, a phone
// from a range that nobody has.
func AsTest(c *bot.Contact, lines []store.Line) *Recording {
	const name = "Ana"
	start := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	for len(lines) > 0 && lines[0].FromUs {
		lines = lines[1:] // a conversation begins with what somebody writes to the bot
	}
	if len(lines) > 0 {
		start = lines[0].At
	}
	r, phone := NewRecording("from a real chat: look through it for personal data before you keep it",
		start), fictionalPhone(c.Phone())
	for _, l := range lines {
		if l.FromUs && l.Kind != "human" {
			continue // the bot's words are added when the recording is played
		}
		if slices.Contains([]bot.Kind{bot.KindTimer, bot.KindNothing, bot.KindAlbum}, bot.Kind(l.Kind)) {
			continue // nobody said anything
		}
		r.later(l.At)
		if l.FromUs {
			r.Act("takeover", name)
			continue
		}
		flags := ""
		if l.Kind != string(bot.KindText) {
			flags = "[" + l.Kind + "]"
		}
		r.Wrote(name, phone, flags, withoutPerson(l.Text, c.Name+" "+c.ShopName, name))
	}
	return r
}

var (
	longNumber = flows.Pattern(`\+?[0-9][0-9 ().-]{5,}[0-9]`)
	mail       = flows.Pattern(`[^\s@]+@[^\s@]+\.[^\s@]+`)
	webAddress = flows.Pattern(`(?i)\b(https?://|www\.)\S+`)
)

// withoutPerson replaces the words of a name, long numbers, mail and web addresses.
func withoutPerson(text, name, instead string) string {
	text = webAddress().ReplaceAllString(mail().ReplaceAllString(text, "ana@example.com"), "https://example.com")
	text = longNumber().ReplaceAllString(text, "000000")
	for _, word := range strings.Fields(name) {
		if len([]rune(word)) < 2 {
			continue
		}
		whole := regexp.MustCompile(`(?i)(^|[^\pL])` + regexp.QuoteMeta(word) + `($|[^\pL])`)
		for range 2 { // one space is between two of them, and belongs to the first
			text = whole.ReplaceAllString(text, "${1}"+instead+"${2}")
		}
	}
	return text
}

// fictionalPhone is a phone of the same country that nobody has: its language and time zone stay,
// where one zone is enough.
func fictionalPhone(phone string) string {
	n, ok := phones.Read(phone)
	if !ok {
		return "+447700900001"
	}
	switch n.Code {
	case "1":
		return "+15550100001"
	case "44":
		return "+447700900001"
	case "55":
		return "+5511900000001"
	default:
		return "+" + n.Code + "900000001"
	}
}
