package sim

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"time"

	"optinbot/bot"
	"optinbot/bot/text"
)

// Lines speaks the protocol of `chat --json`: JSON lines in, JSON lines out. docs/chat-json.md
// describes it. Every line of input ends with exactly one line that says so: {"turn":…} for a
// message, {"done":N} for anything else, {"error":…,"line":N}. It returns only errors of reading
// and writing.
func Lines(ctx context.Context, w *World, in io.Reader, out io.Writer) error {
	l := &lines{world: w, out: json.NewEncoder(text.JSON(out))}
	l.out.SetEscapeHTML(false)
	w.Out = l.event
	reader := bufio.NewReader(in)
	for n := 1; l.failed == nil; n++ {
		line, err := reader.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			l.line(ctx, n, line)
		}
		if errors.Is(err, io.EOF) {
			return l.failed
		}
		if err != nil {
			return err
		}
	}
	return l.failed
}

type lines struct {
	world  *World
	out    *json.Encoder
	failed error // writing failed: nobody is listening any more
}

// input is one line: a message where From is set, else one of the acts.
type input struct {
	At        *time.Time `json:"at"`
	Sent      *time.Time `json:"sent"` // the server's time of a message. Nil: At
	From      string     `json:"from"`
	LID       string     `json:"lid"`
	Name      string     `json:"name"`
	ID        string     `json:"id"`
	Kind      string     `json:"kind"`
	Text      string     `json:"text"`
	Quoted    string     `json:"quoted"` // shown to the bot by WhatsApp, and never read by it
	Forwarded bool       `json:"forwarded"`
	EditOf    string     `json:"edit_of"`
	Group     bool       `json:"group"`
	History   bool       `json:"history"`
	Advance   bool       `json:"advance"`
	Broadcast string     `json:"broadcast"`
	TakeOver  string     `json:"takeover"`
	OptOut    string     `json:"optout"`
}

func (l *lines) write(v any) {
	if err := l.out.Encode(v); err != nil && l.failed == nil {
		l.failed = err
	}
}

func (l *lines) line(ctx context.Context, n int, text []byte) {
	closing, err := l.handle(ctx, n, text)
	if err != nil {
		closing = map[string]any{"error": err.Error(), "line": n}
	}
	l.write(closing)
}

// handle does what a line says and returns the line that closes it.
func (l *lines) handle(ctx context.Context, n int, text []byte) (any, error) {
	var in input
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, unreadable(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more on the line than one JSON object")
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	at := l.world.Now()
	if in.At != nil {
		at = *in.At
	}
	if at.IsZero() {
		return nil, errors.New(`the first line needs "at", a time such as "2026-03-02T14:00:00Z"`)
	}
	if in.Sent != nil && in.Sent.After(at) {
		return nil, fmt.Errorf(
			"the message was sent at %s, and the clock stands at %s: nothing comes before it was written",
			in.Sent.Format(time.RFC3339),
			at.Format(time.RFC3339),
		)
	}
	if err := l.world.Advance(ctx, at); err != nil {
		return nil, err
	}
	if in.From != "" || in.LID != "" {
		return l.message(ctx, in)
	}
	return map[string]any{"done": n}, l.act(ctx, in)
}

// unreadable tells what is wrong with a line in the words of its writer, not in Go's types.
func unreadable(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field == "":
		return fmt.Errorf("not a line of this protocol: a line is one JSON object, and this is of kind %s", wrong.Value)
	case errors.As(err, &wrong):
		want := "a text"
		if wrong.Type.Kind() == reflect.Bool {
			want = "true or false"
		}
		return fmt.Errorf(
			"not a line of this protocol: %q takes %s, and this is of kind %s",
			wrong.Field,
			want,
			wrong.Value,
		)
	}
	return fmt.Errorf("not a line of this protocol: %w", err)
}

// check refuses a line that says nothing, or two things at once.
func (in input) check() error {
	kinds := 0
	for _, set := range []bool{in.From != "" || in.LID != "", in.Advance, in.Broadcast != "", in.TakeOver != "",
		in.OptOut != ""} {
		if set {
			kinds++
		}
	}
	if kinds != 1 {
		return errors.New(
			`a line has exactly one of "from" (a message), "advance", "broadcast", "takeover" and "optout"`,
		)
	}
	for _, phone := range []string{in.From, in.TakeOver, in.OptOut} {
		if _, ok := bot.ParsePhone(phone); phone != "" && !ok {
			return fmt.Errorf("%q is not a phone with its country code, such as +5511900000001", phone)
		}
	}
	if in.Sent != nil && in.From == "" && in.LID == "" {
		return errors.New(`"sent" is the time at which a message was written: only a message has it`)
	}
	if (in.From != "" || in.LID != "") && in.ID == "" && !in.Group {
		return errors.New(`a message needs "id": WhatsApp's message ID, the same again for a message that comes twice`)
	}
	return nil
}

func (l *lines) act(ctx context.Context, in input) error {
	switch {
	case in.Broadcast != "":
		return l.world.Broadcast(ctx, in.Broadcast)
	case in.TakeOver != "":
		return l.world.TakeOver(ctx, phone(in.TakeOver))
	case in.OptOut != "":
		return l.world.OptOut(ctx, phone(in.OptOut), "chat")
	}
	return nil
}

func phone(typed string) string {
	p, _ := bot.ParsePhone(typed)
	return p
}

func (l *lines) message(ctx context.Context, in input) (any, error) {
	if in.Group {
		// Groups are not contacts: the message changes nothing, the line shows where its sender
		// stands.
		c, err := l.world.Memory.Contact(ctx, l.world.Number, in.sender())
		return l.turnLine(in.sender(), c), err
	}
	turn, err := l.world.Write(ctx, in.message(l.world.Now()))
	if err != nil {
		return nil, err
	}
	// What was sent meanwhile may have changed the contact: the disclosure's acceptance, for
	// instance.
	return l.turnLine(in.sender(), &turn.Contact), nil
}

func (in input) sender() string {
	if in.From != "" {
		return phone(in.From)
	}
	return in.LID
}

func (in input) message(at time.Time) bot.Message {
	m := bot.Message{
		ID: in.ID, Name: in.Name, Kind: kindOf(in.Kind), Text: in.Text, EditOf: in.EditOf,
		Forwarded: in.Forwarded, History: in.History, At: at,
	}
	m.OnOurs = m.Kind == bot.KindReaction // nobody reacts to their own
	if in.Kind == "view_once" && in.Text == "" {
		m.Kind, m.ViewOnce = bot.KindUndecryptable, true // linked devices learn only that there was something
	}
	if in.Sent != nil {
		m.At = in.Sent.UTC()
	}
	if in.From != "" {
		m.Identities = append(m.Identities, bot.Identity{Kind: bot.Phone, Value: phone(in.From)})
	}
	if in.LID != "" {
		m.Identities = append(m.Identities, bot.Identity{Kind: bot.LID, Value: in.LID})
	}
	return m
}

// kindOf reads "kind". What it does not know is what the bot would not know either.
func kindOf(s string) bot.Kind {
	switch k := bot.Kind(s); k {
	case "":
		return bot.KindText
	case "voice":
		return bot.KindAudio
	case "view_once":
		return bot.KindImage
	case bot.KindText,
		bot.KindImage,
		bot.KindVideo,
		bot.KindAudio,
		bot.KindSticker,
		bot.KindDocument,
		bot.KindContact,
		bot.KindLocation,
		bot.KindPoll,
		bot.KindPollVote,
		bot.KindReaction,
		bot.KindRevoke,
		bot.KindUndecryptable,
		bot.KindOrder,
		bot.KindAlbum,
		bot.KindCall:
		return k
	}
	return bot.KindOther
}

// turnLine tells where a contact stands. Nulls where nobody is known.
func (l *lines) turnLine(from string, c *bot.Contact) any {
	type turn struct {
		From        string         `json:"from"`
		State       *string        `json:"state"`
		Consent     *bot.Consent   `json:"consent"`
		Preferences map[string]any `json:"preferences"`
	}
	t := turn{From: from}
	if c != nil {
		t.Consent, t.Preferences = &c.Consent, l.world.Envs(l.world.Number).Machine.Plain(c.Preferences)
		if c.State != "" {
			t.State = &c.State
		}
	}
	return map[string]turn{"turn": t}
}

// output is one thing that happened: a message, a delivery that waits, or one that will not happen.
type output struct {
	At        time.Time   `json:"at"`
	To        string      `json:"to"`
	ID        string      `json:"id,omitempty"`
	Kind      bot.SayKind `json:"kind,omitempty"`
	Broadcast string      `json:"broadcast,omitempty"`
	Text      string      `json:"text,omitempty"`
	Skip      bot.Reason  `json:"skip,omitempty"`
}

// heldOutput is a delivery that waits. Until is null where it waits for something to happen.
type heldOutput struct {
	At        time.Time  `json:"at"`
	To        string     `json:"to"`
	Broadcast string     `json:"broadcast"`
	Held      bot.Reason `json:"held"`
	Until     *time.Time `json:"until"`
}

func (l *lines) event(e Event) {
	to := Address(&e.Contact)
	if e.Held == "" {
		l.write(output{At: e.At, To: to, ID: e.ID, Kind: e.Kind, Broadcast: e.Broadcast, Text: e.Text, Skip: e.Skip})
		return
	}
	held := heldOutput{At: e.At, To: to, Broadcast: e.Broadcast, Held: e.Held}
	if !e.Until.IsZero() {
		held.Until = &e.Until
	}
	l.write(held)
}

// Address is how a contact is named: their phone, or their LID where no phone is known.
func Address(c *bot.Contact) string {
	if p := c.Phone(); p != "" {
		return p
	}
	return bot.LIDOf(c.Identities)
}
