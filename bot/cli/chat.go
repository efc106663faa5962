package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/play"
	"optinbot/bot/sim"
	"optinbot/bot/text"
	"optinbot/flows"
)

// ChatCmd is `chat`.
type ChatCmd struct {
	ForNumber
	JSON       bool   `name:"json" help:"Speak JSON lines, for programs; docs/chat-json.md describes them."`
	DaysLinked int    `help:"For how many days the number has been linked: the warm-up counts." default:"90"`
	From       string `help:"The phone you write from." default:"+447700900001"`
	Name       string `help:"Your name in WhatsApp." default:"Ana"`
	Record     string `help:"Add the chat to this file as a conversation that 'flow test' plays." type:"path" placeholder:"FILE"`
}

func (ChatCmd) Example() string {
	return `optinbot chat
optinbot chat --from +5511900000001 --name Ana
optinbot chat --record flows/tests/first.chat
echo '{"at":"2026-03-02T14:00:00Z","from":"+5511900000001","id":"A1","text":"oi"}' |
  optinbot chat --json`
}

// Run talks.
func (c ChatCmd) Run(ctx context.Context, a *App) error {
	s, err := play.Simulate(ctx, a.options(), c.Number, c.DaysLinked)
	if err != nil {
		return err
	}
	defer s.Close()
	if c.JSON {
		return sim.Lines(ctx, s.World, a.in, a.out)
	}
	t := &talk{app: a, paint: a.paint()}
	if t.Chat, err = play.NewChat(ctx, s, t.show); err != nil {
		return err
	}
	if err := t.Become(c.From, c.Name); err != nil {
		return desk.Refuse("--from %v", err)
	}
	if err := t.run(ctx); err != nil || c.Record == "" {
		return err
	}
	if err := t.Keep(ctx, a.options(), c.Record); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s written; `optinbot flow test` plays it.\n", desk.ShownPath(c.Record))
	return nil
}

// talk is the chat in the terminal.
type talk struct {
	*play.Chat
	app   *App
	paint paint
}

const talkHelp = `Write as the contact. Beside that:
  /as PHONE [NAME]   be somebody else
  /wait 24h          move the clock
  /send NAME         an occurrence of a broadcast, now
  /takeover          a person of the shop types on the phone
  /optout            the operator records that you asked to stop
  /state             where you stand
  /help              this
  /quit              end`

func (t *talk) run(ctx context.Context) error {
	t.whisper("You are %s, writing to %s. /help shows what else you can do.", text.Line(t.Name),
		t.CardName(t.NumberName))
	lines := bufio.NewScanner(t.app.in)
	for {
		if terminal(t.app.in) {
			fmt.Fprint(t.app.out, t.paint.bold("> "))
		}
		if !lines.Scan() {
			if lines.Err() != nil || terminal(t.app.in) {
				fmt.Fprintln(t.app.out) // ended in the middle of a line, or behind the prompt
			}
			return lines.Err()
		}
		typed := strings.TrimSpace(lines.Text())
		if typed == "/quit" {
			return nil
		}
		if typed == "" {
			continue
		}
		if err := t.line(ctx, typed); err != nil {
			fmt.Fprintln(t.app.out, t.paint.red(err.Error()))
		}
	}
}

// whisper says what the bot does not say.
func (t *talk) whisper(format string, args ...any) {
	says := t.app.page().lines("", "", fmt.Sprintf(format, args...))
	fmt.Fprintln(t.app.out, t.paint.dim(strings.Join(says, "\n")))
}

func (t *talk) line(ctx context.Context, typed string) error {
	verb, rest, _ := strings.Cut(typed, " ")
	rest = strings.TrimSpace(rest)
	switch verb {
	case "/help":
		fmt.Fprintln(t.app.out, talkHelp)
	case "/as":
		phone, name, _ := strings.Cut(rest, " ")
		return t.Become(phone, name)
	case "/send":
		return t.Send(ctx, rest)
	case "/wait":
		var d config.Duration
		if err := d.UnmarshalText([]byte(rest)); err != nil {
			return err
		}
		now, err := t.Wait(ctx, d.D())
		if err != nil {
			return err
		}
		t.whisper("it is %s", text.When(now, t.Limits(t.NumberName).Zone))
	case "/takeover":
		return t.TakeOver(ctx)
	case "/optout":
		return t.OptOut(ctx)
	case "/state":
		return t.state(ctx)
	default:
		if strings.HasPrefix(verb, "/") {
			return unknownCommand(verb)
		}
		return t.Write(ctx, typed)
	}
	return nil
}

// talkCommands are what can be typed beside what a contact writes.
var talkCommands = []string{"/as", "/send", "/wait", "/takeover", "/state", "/optout", "/help", "/quit"}

// unknownCommand refuses what is meant as a command and is none. What a contact writes hardly ever
// begins so.
func unknownCommand(verb string) error {
	if verb == "/broadcast" { // what it is called everywhere else
		return fmt.Errorf("there is no command %s; did you mean /send?", verb)
	}
	if near := flows.Nearest(verb, talkCommands); near != "" {
		return fmt.Errorf("there is no command %s; did you mean %s?", verb, near)
	}
	return fmt.Errorf("there is no command %s; /help shows what there is", verb)
}

func (t *talk) state(ctx context.Context) error {
	v, err := t.Contact(ctx)
	if err != nil || v == nil {
		t.whisper("the bot does not know you yet")
		return err
	}
	printContact(t.app.page(), *v)
	return nil
}

// show prints what a contact would see, or what became of a delivery to them.
func (t *talk) show(e sim.Event) {
	p := t.app.page()
	said := func(colour func(string) string, lead, further, says string) {
		fmt.Fprintln(p, colour(strings.Join(p.lines(lead, further, says), "\n")))
	}
	switch {
	case e.Held != "":
		said(p.yellow, "  ", "  ", fmt.Sprintf("(%s waits: %s)", e.Broadcast,
			strings.TrimPrefix(e.Held.Info().Says, "because ")))
	case e.Skip != "":
		said(p.yellow, "  ", "  ", fmt.Sprintf("(no %s: %s)", e.Broadcast,
			strings.TrimPrefix(e.Skip.Info().Says, "because ")))
	case e.Kind == bot.SayCard:
		said(p.green, "< ", "  ", "[contact card: "+text.Line(e.Text)+"]")
	default:
		said(p.green, "< ", "  ", text.Lines(e.Text))
	}
}
