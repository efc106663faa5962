package play

// Conversations are scripts that read like the chat: an operator's in flows/tests/*.chat, the
// project's own in testdata/conversations/*.chat. They are played on what `chat` uses (the real
// flow, turns, limits and SQLite. Transport and clock are fake). Whatever the bot says or does and
// the script does not expect, fails it. docs/flow-test.md tells operators.
//
//	# C2: a stop inside an open question      a new conversation: nobody is known, Monday 2026-03-02T14:00:00Z
//	// a remark
//
// What it is played on, before anything happens:
//
//	flow testdata/flows/confirm.yaml          another flow than the shipped promotions.yaml
//	number second testdata/flows/other.yaml   one more number, without a file it speaks the shipped flow
//	config contact: {per_week: 1}             a line of config.yaml
//	transport cloud                           the number's wire can show buttons, as the Cloud API
//	linked 8                                  for how many days the numbers have been linked, default 90
//	at 2026-03-02T14:00:00Z                   when it begins
//
// What happens:
//
//	Ana +5511900000001 > oi                   somebody writes, their phone is needed once
//	Ana lid:77 > oi                           from now on with a LID too, no-phone, no-lid take it away
//	Ana @second > oi                          to another number
//	Ana [image] > a caption                   a kind of message. Also: [forwarded], [edit] or [edit A1], [id A1], [again] (the
//	                                          same message once more), [history], [human] (a person of the shop to Ana),
//	                                          [10m ago] (server time), [named Ana Maria] (push name), [vote] (the text names options of the last poll, with
//	                                          commas, [vote, sealed]: it cannot be opened), several: [history, 1h ago],
//	                                          [tap] (the text is what stands on a button of a question), [tap stop] (a button with this ID)
//	+24h                                      the clock moves, what is due on the way happens at its time
//	broadcast weekend-offer                   an occurrence now (broadcast @second weekend-offer)
//	takeover Ana                              a person of the shop types to her on the business phone
//	optout Ana, optout +5511900000009         the operator records that somebody asked to stop
//	resume Ana                                the operator gives the conversation back to the bot
//	off Ana, on Ana                           her phone is off: what WhatsApp accepts does not reach it, on again
//	reads Ana                                 she looks at the last message she got
//	zone Ana Europe/Lisbon                    contacts zone
//	source tag                                `invite --source tag` was used
//	template weekend-offer approved           WhatsApp has the templates of a draft so: also pending, paused, red, utility, reworded, gone
//	whatsapp disconnected                     also: connected, synced, and for sends: silent, accepts, refuses 463 or
//	                                          marketing_limit (a bot.Cause)
//
// What must come of it, in this order:
//
//	< Oi, Ana!*Responda 2 para sair.          a message to whoever wrote last, * is anything, line breaks are spaces
//	< [goodbye] Pronto*                       of that kind: reply, question, card, reminder, goodbye, broadcast
//	< Ben: Hi*                                to somebody else
//	~ Ana held question_open until 14:30      what becomes of a delivery ("until" may be left out)
//	~ Ana skip unsubscribed
//	! wrote_again                             a notice to the operator
//
// What is true afterwards, as the database has it:
//
//	= consent pending, state welcome          of whoever wrote last, or = Ben consent ...
//	                                          also: language pt / prefers interests shoes bags / holds unsure_stop / no holds /
//	                                          question open / question closed / read / unread / entries 3 (about them in the
//	                                          ledger) / last opted_in opt_in.phrase (event and rule of the last of those) /
//	                                          chain 5 (entries of the number's ledger) / people 2 (contacts of the number) /
//	                                          phone +55... / lid 77 / name Ana / unknown

import (
	"fmt"
	"slices"
	"strings"
)

// A Conversation is one script.
type Conversation struct {
	Title string
	line  int
	File  string
	Setup []Step
	Steps []Step
}

// A Step is one line, with what is expected to come of it.
type Step struct {
	line   int
	Text   string
	says   []expected // < and ~
	tells  []expected // !
	checks []expected // =

	said, told []string // what came of it when it was played, as a script would have it
	differs    bool     // and that was not what is expected
}

type expected struct {
	line int
	text string
	is   string // of "=": the line as it would be right. Known once it was played
}

var setupVerbs = []string{"flow", "number", "config", "linked", "transport"}

// ParseConversations reads a file of scripts. An error names the line: "12: ...".
func ParseConversations(src string) (out []Conversation, err error) {
	for i, text := range strings.Split(src, "\n") {
		text = strings.TrimSpace(text)
		if title, ok := strings.CutPrefix(text, "# "); ok {
			out = append(out, Conversation{Title: title, line: i + 1})
			continue
		}
		if text == "" || strings.HasPrefix(text, "//") {
			continue
		}
		if len(out) == 0 {
			return nil, fmt.Errorf("%d: a conversation begins with a line # TITLE", i+1)
		}
		if err := out[len(out)-1].add(i+1, text); err != nil {
			return nil, fmt.Errorf("%d: %w", i+1, err)
		}
	}
	return out, nil
}

func (c *Conversation) add(line int, text string) error {
	mark, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	if !slices.Contains([]string{"<", "~", "!", "="}, mark) {
		s := Step{line: line, Text: text}
		if slices.Contains(setupVerbs, mark) {
			c.Setup = append(c.Setup, s)
		} else {
			c.Steps = append(c.Steps, s)
		}
		return nil
	}
	if len(c.Steps) == 0 {
		return fmt.Errorf("nothing has happened yet that %q could come of", text)
	}
	last := &c.Steps[len(c.Steps)-1]
	switch mark {
	case "!":
		last.tells = append(last.tells, expected{line: line, text: rest})
	case "=":
		last.checks = append(last.checks, expected{line: line, text: rest})
	default:
		last.says = append(last.says, expected{line: line, text: mark + " " + rest})
	}
	return nil
}

// Matches compares text with a pattern in which * is anything.
func Matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
