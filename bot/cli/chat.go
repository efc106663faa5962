package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

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
	phone, ok := bot.ParsePhone(c.From)
	if !ok {
		return desk.Refuse("--from %q is not a phone with its country code, such as +5511900000001", c.From)
	}
	t := &talk{Simulation: s, app: a, paint: a.paint(), phone: phone, name: c.Name}
	t.record = play.NewRecording("recorded in `chat`", t.start())
	if err := t.run(ctx); err != nil || c.Record == "" {
		return err
	}
	if err := t.record.Keep(ctx, a.options(), c.Record); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s written; `optinbot flow test` plays it.\n", desk.ShownPath(c.Record))
	return nil
}

// talk is the chat in the terminal.
type talk struct {
	*play.Simulation
	app   *App
	paint paint
	phone string
	name  string
	sent  int

	record *play.Recording
}

const talkHelp = `Write as the contact. Beside that:
  /as PHONE [NAME]   be somebody else             /send NAME   an occurrence of a broadcast, now
  /wait 24h          move the clock               /takeover    a person of the shop types on the phone
  /state             where you stand              /optout      the operator records that you asked to stop
  /help              this                         /quit        end`

func (t *talk) run(ctx context.Context) error {
	t.World.Out = t.show
	if err := t.World.Advance(ctx, t.start()); err != nil {
		return err
	}
	fmt.Fprintln(t.app.out, t.paint.dim("You are "+text.Line(t.name)+", writing to "+t.CardName(t.NumberName)+". /help shows what else you can do."))
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

// start is a Monday, 10:00 where the shop is: within the hours of promotions.
func (t *talk) start() time.Time {
	return time.Date(2026, 3, 2, 10, 0, 0, 0, t.Limits(t.NumberName).Zone)
}

func (t *talk) line(ctx context.Context, typed string) error {
	w := t.World
	verb, rest, _ := strings.Cut(typed, " ")
	rest = strings.TrimSpace(rest)
	switch verb {
	case "/help":
		fmt.Fprintln(t.app.out, talkHelp)
	case "/as":
		return t.become(rest)
	case "/send":
		t.record.Act("broadcast", rest)
		return w.Broadcast(ctx, rest)
	case "/wait":
		var d config.Duration
		if err := d.UnmarshalText([]byte(rest)); err != nil {
			return err
		}
		if err := w.Advance(ctx, w.Now().Add(d.D())); err != nil {
			return err
		}
		t.record.Act("+"+text.Duration(d.D()), "")
		fmt.Fprintln(t.app.out, t.paint.dim("it is "+text.When(w.Now(), t.Limits(t.NumberName).Zone)))
	case "/takeover":
		t.record.Act("takeover", t.scriptName())
		return w.TakeOver(ctx, t.phone)
	case "/optout":
		t.record.Act("optout", t.phone)
		return w.OptOut(ctx, t.phone, "said so in the chat")
	case "/state":
		return t.state(ctx)
	default:
		if strings.HasPrefix(verb, "/") {
			return unknownCommand(verb)
		}
		return t.write(ctx, typed)
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

func (t *talk) become(rest string) error {
	typed, name, _ := strings.Cut(rest, " ")
	phone, ok := bot.ParsePhone(typed)
	if !ok {
		return fmt.Errorf("%q is not a phone with its country code, such as +5511900000001", typed)
	}
	t.phone, t.name = phone, strings.TrimSpace(name)
	return nil
}

func (t *talk) write(ctx context.Context, text string) error {
	t.sent++
	t.record.Wrote(t.scriptName(), t.phone, "", text)
	// A second between messages, as between people.
	if err := t.World.Advance(ctx, t.World.Now().Add(time.Second)); err != nil {
		return err
	}
	_, err := t.World.Write(ctx, bot.Message{
		ID: fmt.Sprintf("CHAT%d", t.sent), Identities: []bot.Identity{{Kind: bot.Phone, Value: t.phone}},
		Name: t.name, Kind: bot.KindText, Text: text, At: t.World.Now(),
	})
	return err
}

// scriptName is what a conversation calls the contact: one word.
func (t *talk) scriptName() string {
	if name := bot.FirstName(t.name); name != "" {
		return name
	}
	return "Ana"
}

func (t *talk) state(ctx context.Context) error {
	c, err := t.Store.Contact(ctx, t.NumberName, t.phone)
	if err != nil || c == nil {
		fmt.Fprintln(t.app.out, t.paint.dim("the bot does not know you yet"))
		return err
	}
	printContact(t.app.page(), t.Desk.View(c))
	return nil
}

func (t *talk) show(e sim.Event) { showEvent(t.app.out, t.paint, e) }

// showEvent prints what a contact would see, or what became of a delivery to them.
func showEvent(w io.Writer, p paint, e sim.Event) {
	switch {
	case e.Held != "":
		fmt.Fprintln(w, p.yellow(fmt.Sprintf("  (%s waits: %s)", e.Broadcast,
			strings.TrimPrefix(e.Held.Info().Says, "because "))))
	case e.Skip != "":
		fmt.Fprintln(w, p.yellow(fmt.Sprintf("  (no %s: %s)", e.Broadcast,
			strings.TrimPrefix(e.Skip.Info().Says, "because "))))
	case e.Kind == bot.SayCard:
		fmt.Fprintln(w, p.green("< [contact card: "+text.Line(e.Text)+"]"))
	default:
		fmt.Fprintln(w, p.green("< "+strings.ReplaceAll(text.Lines(e.Text), "\n", "\n  ")))
	}
}
