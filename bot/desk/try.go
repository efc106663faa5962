package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/flows"
	"optinbot/flows/words"
)

// A Customer is who talks to a flow that is tried. Nobody has such a phone.
type Customer struct {
	Name  string // as WhatsApp shows it
	Phone string // E.164
}

// A Talk is one customer who talks to a flow on a store and a clock of its own. Nothing is sent. It
// is not for concurrent use.
type Talk interface {
	// Write lets the customer write. kind is "text", or what came without words, such as "image".
	Write(ctx context.Context, kind bot.Kind, text string) error
	// Wait moves the clock.
	Wait(ctx context.Context, by time.Duration) error
	// WaitForNext moves the clock to what comes next. It is false where nothing comes.
	WaitForNext(ctx context.Context) (bool, error)
	// Send sends them a broadcast.
	Send(ctx context.Context, broadcast string) error
	// View is what their phone shows, and where they stand.
	View(ctx context.Context) (TryView, error)
	// Test is the talk as a conversation that `flow test` plays.
	Test(ctx context.Context, title string) (string, error)
	Close() error
}

// talk begins a Talk with the flow of a number as it lies in files.
type talk func(ctx context.Context, files *Files, n config.Number, as Customer) (Talk, error)

// A TryLine is one line on the phone.
type TryLine struct {
	At     time.Time     `json:"at"`               // in the shop's zone
	Mine   bool          `json:"mine"`             // the customer wrote it
	Kind   string        `json:"kind,omitempty"`   // of message: "card", "reminder"; what the customer sent: "image"
	Text   string        `json:"text"`             // "" where there are no words
	Waited time.Duration `json:"waited,omitempty"` // no message: the clock was moved by so much
	Held   bot.Reason    `json:"held,omitempty"`   // no message: a promotion waits, or
	Skip   bot.Reason    `json:"skip,omitempty"`   // does not come
}

// A TryView is the phone of somebody who tries a flow, and where they stand.
type TryView struct {
	Number  string    `json:"number"`
	Version string    `json:"version"` // of the flow that they talk to
	Draft   bool      `json:"draft"`   // it is not published
	Lines   []TryLine `json:"lines"`
	Now     time.Time `json:"now"` // in the shop's zone
	Next    time.Time `json:"next,omitzero"`
	NextIs  string    `json:"next_is,omitempty"` // "timeout" or "reminder" of a question. "" is anything else
	NextTo  string    `json:"next_to,omitempty"` // the state that a timeout leads to

	Known        bool                `json:"known"` // they have written
	Consent      bot.Consent         `json:"consent,omitempty"`
	State        string              `json:"state,omitempty"`
	Language     string              `json:"language,omitempty"`
	QuestionOpen bool                `json:"question_open"`
	Preferences  map[string][]string `json:"preferences,omitempty"`
	Promotion    bot.Reason          `json:"promotion,omitempty"` // why no promotion would reach them now. "": one would
	Name         string              `json:"name"`
	Phone        string              `json:"phone"`
}

// How many people may try a flow at the same time, and for how long somebody may do nothing.
const (
	mostTries = 8
	tryIdle   = time.Hour
	mostLines = 400 // of one phone
)

// tries are the phones on which operators try flows, one for each operator and number.
type tries struct {
	mu   sync.Mutex
	list map[tryKey]*try
}

type tryKey struct{ who, number string }

type try struct {
	mu    sync.Mutex
	talk  Talk
	text  FlowText
	used  time.Time
	lines int
	over  bool
}

// TryAct is one thing that is done on the phone. One of its fields says which.
type TryAct struct {
	Text  string        // the customer writes this
	Kind  bot.Kind      // of what they send. "" is text
	Wait  time.Duration // the clock is moved by this
	Next  bool          // the clock is moved to what comes next
	Send  string        // this broadcast is sent to them
	Begin bool          // begin again, as Customer
	As    Customer      // of Begin
}

// Try does something on the phone on which an operator tries the flow of a number, and returns what
// the phone shows. Without an act it only looks. The phone talks to the text that FlowText returns:
// a draft, where there is one. It begins anew where there is none yet, and where that text has
// changed. What cannot be tried is refused: a text with problems, and more phones than there may be.
func (d *Desk) Try(ctx context.Context, number string, act TryAct) (v TryView, err error) {
	if err := d.mayRead(ctx, number); err != nil {
		return v, err
	}
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return v, err
	}
	t, err := d.tryOf(ctx, n, act)
	if err != nil {
		return v, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return v, stale("this phone was put away; begin again")
	}
	if err := t.do(ctx, act); err != nil {
		return v, err
	}
	if v, err = t.talk.View(ctx); err != nil {
		return v, err
	}
	v.Number, v.Version, v.Draft = n.Name, t.text.Version, t.text.Draft && !t.text.Published()
	return v, nil
}

// do carries out an act.
func (t *try) do(ctx context.Context, act TryAct) error {
	if act.Text != "" || act.Kind != "" || act.Send != "" {
		if t.lines++; t.lines > mostLines {
			return Refuse("this phone is full after %d messages; begin again", mostLines)
		}
	}
	switch {
	case act.Begin:
		return nil
	case act.Text != "" || act.Kind != "":
		kind := act.Kind
		if kind == "" {
			kind = bot.KindText
		}
		return t.talk.Write(ctx, kind, act.Text)
	case act.Wait > 0:
		return t.talk.Wait(ctx, min(act.Wait, maxWait))
	case act.Next:
		_, err := t.talk.WaitForNext(ctx)
		return err
	case act.Send != "":
		return t.talk.Send(ctx, act.Send)
	}
	return nil
}

const maxWait = 31 * 24 * time.Hour

// tryOf is the phone of whoever acts, begun where there is none.
func (d *Desk) tryOf(ctx context.Context, n config.Number, act TryAct) (*try, error) {
	if d.Talk == nil {
		return nil, Refuse("no flow can be tried here")
	}
	text, err := d.flowText(n)
	if err != nil {
		return nil, err
	}
	who, _ := WhoActs(ctx)
	key, now := tryKey{who.Name, n.Name}, d.Now()
	d.tries.mu.Lock()
	defer d.tries.mu.Unlock()
	old := d.tries.list[key]
	if old != nil && !act.Begin && old.text.Version == text.Version {
		old.used = now
		return old, nil
	}
	f := d.Files.With(n.Flow+".yaml", []byte(text.Text))
	if _, _, bad, err := f.flowSource(ctx, n.Flow); err != nil || len(bad) > 0 {
		return nil, errors.Join(err, asError(bad))
	}
	if err := d.tries.makeRoom(key, now); err != nil {
		return nil, err
	}
	as := act.As
	if as.Phone == "" {
		as.Phone = "+447700900001"
	}
	// The phone outlives the request that begins it.
	talk, err := d.Talk(context.WithoutCancel(ctx), f, n, as)
	if err != nil {
		return nil, err
	}
	if d.tries.list == nil {
		d.tries.list = map[tryKey]*try{}
	}
	t := &try{talk: talk, text: text, used: now}
	d.tries.list[key] = t
	return t, nil
}

// makeRoom puts away the phone of a key, and those that nobody has used for long.
func (t *tries) makeRoom(key tryKey, now time.Time) error {
	var failed []error
	for k, old := range t.list {
		if k == key || now.Sub(old.used) > tryIdle {
			delete(t.list, k)
			failed = append(failed, old.close())
		}
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	if len(t.list) >= mostTries {
		return Refuse("%d people try a flow at the moment, which is as many as can; try again in a while", mostTries)
	}
	return nil
}

func (t *try) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	return t.talk.Close()
}

// close puts all phones away.
func (t *tries) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var failed []error
	for k, old := range t.list {
		delete(t.list, k)
		failed = append(failed, old.close())
	}
	return errors.Join(failed...)
}

// EndTry puts the phone of whoever acts away. It may be repeated.
func (d *Desk) EndTry(ctx context.Context, number string) error {
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return err
	}
	who, _ := WhoActs(ctx)
	key := tryKey{who.Name, n.Name}
	d.tries.mu.Lock()
	defer d.tries.mu.Unlock()
	old := d.tries.list[key]
	if old == nil {
		return nil
	}
	delete(d.tries.list, key)
	return old.close()
}

// SaveTry keeps what was said on the phone of whoever acts as a conversation that tests the flow,
// and returns its file. Its title names the file. A file of that name is refused, and so is a title
// without a letter. Like SaveTest it is for whoever may change every number that speaks the flow.
func (d *Desk) SaveTry(ctx context.Context, number, title string) (file string, err error) {
	ctx, end, err := d.begin(ctx, ActRecordTest, number)
	if err != nil {
		return "", err
	}
	defer func() { end(err) }()
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return "", err
	}
	if err := d.ofAll(ctx, n.Flow); err != nil {
		return "", err
	}
	who, _ := WhoActs(ctx)
	d.tries.mu.Lock()
	t := d.tries.list[tryKey{who.Name, n.Name}]
	d.tries.mu.Unlock()
	if t == nil {
		return "", stale("this phone was put away; begin again")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return "", stale("this phone was put away; begin again")
	}
	conversation, err := t.talk.Test(ctx, text.Line(title))
	if err != nil {
		return "", err
	}
	return d.Files.addTest(title, conversation)
}

var notInName = flows.Pattern(`[^a-z0-9]+`)

// addTest writes a conversation into the folder of tests, as a file of its own.
func (f *Files) addTest(title, conversation string) (shown string, err error) {
	folder, _, err := f.folder()
	if err != nil {
		return "", err
	}
	if folder == fs.FS(flows.Defaults) {
		return "", Refuse("the flow is built in; `optinbot init` makes a folder of your own")
	}
	name := testName(title)
	if name == "" {
		return "", Refuse("the name of a test has at least one of the letters a to z")
	}
	dir := filepath.Join(f.Config.Path(f.Config.Flows), "tests")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	file := filepath.Join(dir, name+".chat")
	out, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return "", Refuse("there is a test of that name already: %s", ShownPath(file))
	}
	if err != nil {
		return "", err
	}
	_, err = out.WriteString(conversation)
	if err = errors.Join(err, out.Close()); err != nil {
		return "", fmt.Errorf("the test was not saved: %w", errors.Join(err, os.Remove(file)))
	}
	return ShownPath(file), nil
}

// testName is what a test of some title is called as a file.
func testName(title string) string {
	const longest = 60
	name := strings.Trim(notInName().ReplaceAllString(words.Normalise(title), "-"), "-")
	return strings.Trim(name[:min(len(name), longest)], "-")
}
