package desk

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/store"
)

// A NewsLine is one piece of news in words for people. It names nobody.
type NewsLine struct {
	Says string
	Tone Tone

	// The text of the notice that it tells, for whoever shows the log beside the news: the log may say
	// the same.
	Notice string
}

// Tone is how a piece of news is meant.
type Tone string

// The tones of news.
const (
	Plain Tone = ""
	Good  Tone = "good"
	Warns Tone = "warns"
)

// Lines are the news in words, times in a zone. What a notice tells of a broadcast is told once, by
// the notice, which says why.
func (n News) Lines(zone *time.Location) (lines []NewsLine) {
	if says := n.consents(); says != "" {
		tone := Plain
		if n.Left == 0 {
			tone = Good
		}
		lines = append(lines, NewsLine{Says: fmt.Sprintf("%s: %d subscribed now.", says, n.Subscribed), Tone: tone})
	}
	for _, notice := range n.Notices {
		lines = append(lines, noticeLine(notice))
	}
	for _, b := range n.Broadcasts {
		if !n.noticed(b) {
			lines = append(lines, NewsLine{Says: b.says(zone)})
		}
	}
	return lines
}

// consents says who joined and who left. It is "" where nobody did.
func (n News) consents() string {
	switch {
	case n.Joined > 0 && n.Left > 0:
		return fmt.Sprintf("%d joined, %d left", n.Joined, n.Left)
	case n.Joined == 1:
		return "Somebody joined"
	case n.Joined > 1:
		return text.People(n.Joined) + " joined"
	case n.Left == 1:
		return "Somebody left"
	case n.Left > 1:
		return text.People(n.Left) + " left"
	}
	return ""
}

// noticeLine is what the operator is told. A test of a broadcast is its text, which is not shown.
func noticeLine(n store.Notice) NewsLine {
	if n.Kind == string(bot.NoticeTest) {
		return NewsLine{Says: "A test of a broadcast goes to your own chat."}
	}
	says := text.Sentence(n.Text)
	if n.Contact != 0 {
		says += " Who: `optinbot contacts waiting`."
	}
	return NewsLine{Says: says, Tone: Warns, Notice: n.Text}
}

// noticed reports whether one of the notices tells what became of a broadcast. That it begins and
// that it is over are news of their own.
func (n News) noticed(b BroadcastNews) bool {
	if b.Status == bot.OccurrenceRunning || b.Status == bot.OccurrenceDone {
		return false
	}
	return slices.ContainsFunc(n.Notices, func(notice store.Notice) bool {
		return notice.Kind == string(bot.NoticeBroadcast) && names(notice.Text, b.Broadcast)
	})
}

// names reports whether a text has the name of a broadcast in it: "sale" is not in "summer-sale".
func names(says, broadcast string) bool {
	return slices.Contains(strings.FieldsFunc(says, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_'
	}), broadcast)
}

// says what became of a broadcast.
func (b BroadcastNews) says(zone *time.Location) string {
	switch b.Status {
	case bot.OccurrenceScheduled:
		due := text.When(b.DueAt, zone)
		if b.OwnTime != "" {
			due = b.OwnTime + " in each person's own time"
		}
		return fmt.Sprintf("Broadcast %s is scheduled for %s.", b.Broadcast, due)
	case bot.OccurrenceLate:
		return fmt.Sprintf("Broadcast %s is late and waits for you: `optinbot broadcast release %s`.", b.Broadcast, b.Broadcast)
	case bot.OccurrenceRunning:
		if b.Before == bot.OccurrencePaused {
			return fmt.Sprintf("Broadcast %s goes on.", b.Broadcast)
		}
		return fmt.Sprintf("Broadcast %s begins. Watch it: `optinbot broadcast status %s --watch`.", b.Broadcast, b.Broadcast)
	case bot.OccurrencePaused:
		return fmt.Sprintf("Broadcast %s is paused. Go on with: `optinbot broadcast resume %s`.", b.Broadcast, b.Broadcast)
	case bot.OccurrenceCancelled:
		return fmt.Sprintf("Broadcast %s is cancelled.", b.Broadcast)
	}
	sent := 0
	for _, c := range b.People {
		if c.Status.Sent() {
			sent += c.People
		}
	}
	return fmt.Sprintf("Broadcast %s is over: sent to %s.", b.Broadcast, text.People(sent))
}

// ConnectionLine is what an event of a number's connection means to whoever watches: the words, with
// the event's detail where that has them. "" is nothing that they have to hear of. known is false for
// the events that come as news.
func ConnectionLine(kind bot.NumberEventKind, detail string) (says string, known bool) {
	switch kind {
	case bot.NumberConnected:
		return "Connected to WhatsApp.", true
	case bot.NumberDisconnected:
		return text.Sentence(detail), true
	case bot.NumberSynced, bot.NumberPhoneSeen, bot.NumberHistoryRead:
		return "", true
	}
	return "", false
}
