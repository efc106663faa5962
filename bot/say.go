package bot

import (
	"fmt"
	"strings"
	"time"

	"optinbot/bot/text"
	"optinbot/flows"
)

func (t *turn) questionText(s *flows.State) string {
	menu := t.menu(s.Ask)
	return withMenu(t.render(s.Say, menu), menu)
}

func (t *turn) menu(q *flows.Question) string { return q.Menu(t.c.Language, t.flow) }

// withMenu adds the menu under a question, unless its text has it already by {options}.
func withMenu(text, menu string) string {
	if menu == "" || strings.Contains(text, menu) {
		return text
	}
	return strings.TrimSpace(text + "\n\n" + menu)
}

// say sends one of the variants of text to the contact and returns its message ID, "" where there
// is nothing to say, or the bot is muted.
func (t *turn) say(kind SayKind, text flows.Text) (id string) {
	if text.Empty() {
		return ""
	}
	return t.sayText(kind, t.render(text, ""))
}

func (t *turn) sayText(kind SayKind, text string) (id string) {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	id = t.env.NewID()
	if !t.out(Say{ID: id, Kind: kind, Text: shortened(text, maxText)}) {
		return ""
	}
	return id
}

// out puts a message into the outbox, unless a loop has been cut. The goodbye and the disclosure
// always go out, and count: two bots may talk in nothing else.
func (t *turn) out(s Say) bool {
	if (t.muted() || t.in.ID != "" && t.c.TooMuch(t.env.Now)) && s.Kind != SayGoodbye && !s.Disclosure {
		return false
	}
	s.Stale = !t.in.At.IsZero() && t.env.Now.Sub(t.in.At) > StaleAfter
	if s.Braked = t.braked(); s.Braked {
		t.brakeFull() // it waits: the operator is to know
	}
	t.spoke, t.c.BrakedSince = true, time.Time{}
	t.effects = append(t.effects, s)
	return true
}

// muted counts the turns in which the bot replies and cuts what looks like two bots talking to each
// other.
func (t *turn) muted() bool {
	if t.env.Now.Before(t.c.MutedTo) {
		return true
	}
	if t.spoke || t.in.ID == "" {
		return false // counted already. Timers cannot loop
	}
	if t.env.Now.Sub(t.c.RecentReplies.From) > loopWindow {
		t.c.RecentReplies = RecentReplies{From: t.env.Now}
	}
	t.c.RecentReplies.Replies++
	if t.c.RecentReplies.Replies <= loopReplies {
		return false
	}
	t.c.MutedTo, t.c.RecentReplies = t.env.Now.Add(loopMutes), RecentReplies{}
	t.notify(NoticeLoop, fmt.Sprintf("%d answers in %s: this looks like another bot; no replies for %s (a stop is "+
		"still obeyed)", loopReplies, loopWindow, loopMutes))
	return true
}

// render picks the variant and fills the placeholders. options is the menu, for {options}.
func (t *turn) render(text flows.Text, options string) string {
	variants := text.In(t.c.Language, t.flow.Languages)
	if len(variants) == 0 {
		return ""
	}
	variant := variants[int(t.c.ID+int64(t.c.TextsSaid))%len(variants)]
	t.c.TextsSaid++
	out, _ := variant.Render(func(name string) string {
		if name == "options" {
			return options
		}
		return t.c.value(name, t.flow)
	})
	return out
}

// value is what a placeholder stands for, "" where it is not known.
func (c *Contact) value(name string, flow *flows.Flow) string {
	switch name {
	case "brand":
		return flow.Brand
	case "name":
		return text.Name(c.DisplayName())
	case "first_name":
		return FirstName(c.DisplayName())
	}
	if values, ok := c.Preferences[name]; ok {
		return strings.Join(strings.Fields(flow.PreferenceText(name, values, c.Language)), " ") // in a line of ours
	}
	return ""
}
