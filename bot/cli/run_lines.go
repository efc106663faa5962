package cli

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// runLines is what `run` shows on a terminal: one line for each thing that happens, in the shop's
// time, naming nobody. It is the handler of the log, too.
type runLines struct {
	page  *page
	now   func() time.Time
	zones map[string]*time.Location // of the numbers. Of "", the shop's
	level slog.Level
	attrs []slog.Attr
	shown *lastLines
}

// lastLines keeps the page from two writers at once, and from saying a thing twice.
type lastLines struct {
	mu    sync.Mutex
	texts []string
}

// twice reports whether a text was said in one of the last lines, or the essence of it.
func (l *lastLines) twice(says string) bool {
	if slices.ContainsFunc(l.texts, func(t string) bool { return strings.Contains(t, says) || strings.Contains(says, t) }) {
		return true
	}
	l.texts = append(l.texts[max(0, len(l.texts)-3):], says)
	return false
}

// say prints one line about a number. "" is the whole shop.
func (r runLines) say(number, says string, colour func(string) string) {
	r.shown.mu.Lock()
	defer r.shown.mu.Unlock()
	lead := r.now().In(r.zoneOf(number)).Format("15:04") + "  "
	if len(r.zones) > 2 && number != "" {
		lead += number + ": "
	}
	lines := r.page.lines(lead, strings.Repeat(" ", len("15:04  ")), text.Line(says))
	for _, line := range lines {
		if colour != nil {
			line = colour(line)
		}
		fmt.Fprintln(r.page, line)
	}
}

func (r runLines) zoneOf(number string) *time.Location {
	if zone := r.zones[number]; zone != nil {
		return zone
	}
	return r.zones[""]
}

// Enabled reports whether the log's level is so low.
func (r runLines) Enabled(_ context.Context, level slog.Level) bool { return level >= r.level }

// WithAttrs is the handler with more attributes.
func (r runLines) WithAttrs(attrs []slog.Attr) slog.Handler {
	r.attrs = slices.Concat(r.attrs, attrs)
	return r
}

// WithGroup is not used by the program.
func (r runLines) WithGroup(string) slog.Handler { return r }

// Handle shows a line of the log.
func (r runLines) Handle(_ context.Context, record slog.Record) error {
	attrs := map[string]string{}
	var order []string
	add := func(a slog.Attr) bool {
		if _, known := attrs[a.Key]; !known {
			order = append(order, a.Key)
		}
		attrs[a.Key] = a.Value.String()
		return true
	}
	for _, a := range r.attrs {
		add(a)
	}
	record.Attrs(add)
	colour := r.page.yellow
	switch {
	case record.Level >= slog.LevelError:
		colour = r.page.red
	case record.Level < slog.LevelWarn:
		colour = nil
	}
	says, known := knownLine(record.Message, attrs)
	if _, ofLibrary := attrs["module"]; ofLibrary && record.Level < slog.LevelWarn {
		says, known = "", true // what WhatsApp's library does is for the log
	}
	if known {
		if says != "" {
			r.say(attrs["number"], says, colour)
		}
		return nil
	}
	if record.Message == "number" { // what the operator should know of it comes as a notice, too
		says = attrs["detail"]
	} else {
		says = record.Message
		var more []string
		for _, key := range order {
			if key != "number" {
				more = append(more, key+" "+attrs[key])
			}
		}
		if len(more) > 0 {
			says += ": " + strings.Join(more, ", ")
		}
	}
	if says == "" || r.saidBefore(says) {
		return nil
	}
	r.say(attrs["number"], text.Sentence(says), colour)
	return nil
}

func (r runLines) saidBefore(says string) bool {
	r.shown.mu.Lock()
	defer r.shown.mu.Unlock()
	return r.shown.twice(says)
}

// knownLine is what a message of the log means to a person. "" is nothing: what it says comes as
// news, or is of no interest.
func knownLine(message string, attrs map[string]string) (says string, known bool) {
	switch message {
	case "serving":
		return "The bot answers, with flow " + desk.FlowName(attrs["flow"]) + ".", true
	case "notice", "a test of a broadcast goes to the own chat":
		return "", true
	case "number is not linked; `optinbot link` links it, also while this runs":
		return "Not linked. In another terminal: `optinbot link`.", true
	case "number":
		return desk.ConnectionLine(bot.NumberEventKind(attrs["event"]), attrs["detail"])
	}
	return "", false
}

// tell shows news about a number.
func (r runLines) tell(number string, n desk.News) {
	colours := map[desk.Tone]func(string) string{desk.Good: r.page.green, desk.Warns: r.page.yellow}
	for _, line := range n.Lines(r.zoneOf(number)) {
		if line.Notice == "" || !r.saidBefore(line.Notice) {
			r.say(number, line.Says, colours[line.Tone])
		}
	}
}
