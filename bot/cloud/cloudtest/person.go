package cloudtest

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Person has WhatsApp on one phone.
type Person struct {
	srv *Server

	// Guarded by the server's lock.
	phone, waID, bsuid, name, username string
	hidden                             bool // webhooks do not name the phone
	away                               bool // the phone is off: nothing is delivered
	stopped                            bool // wants no marketing of this business
	wrote                              map[*Number]time.Time
	received                           []Received
	next                               int
}

// A Received is one message that reached a person's phone.
type Received struct {
	ID       string // the wamid
	At       time.Time
	From     *Number
	Type     string // text, image, template …
	Text     string // what a person reads: text, caption, question, or the rendered template
	Opaque   string // biz_opaque_callback_data
	ReplyTo  string
	Template string   // its name
	Buttons  []Button // what can be tapped
	File     string   // the ID of an uploaded file
	Body     []byte   // the request
}

// A Button can be tapped.
type Button struct {
	Title string
	ID    string // of a template's quick reply: its payload
}

// Person is somebody with WhatsApp, by their phone with the plus. They are made when first asked
// for.
func (s *Server) Person(phone string) *Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.people {
		if p.phone == phone {
			return p
		}
	}
	p := &Person{
		srv: s, phone: phone, waID: digits(phone), bsuid: s.newID("US.9000000000000"), name: "Ana",
		wrote: map[*Number]time.Time{},
	}
	s.people = append(s.people, p)
	return p
}

// People are all who were asked for.
func (s *Server) People() []*Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.people)
}

// Phone is the person's phone with the plus.
func (p *Person) Phone() string {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	return p.phone
}

// BSUID is the person's ID in the business's portfolio.
func (p *Person) BSUID() string {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	return p.bsuid
}

func (p *Person) set(change func()) {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	change()
}

// SetName sets the name in their profile. Empty: webhooks have no profile.
func (p *Person) SetName(name string) { p.set(func() { p.name = name }) }

// SetWaID makes WhatsApp know the phone by another spelling, as in Brazil and Argentina.
func (p *Person) SetWaID(id string) { p.set(func() { p.waID = id }) }

// HidePhone gives them a username: webhooks name them by their BSUID alone.
func (p *Person) HidePhone(username string) {
	p.set(func() { p.hidden, p.username = true, username })
}

// ShowPhone ends [Person.HidePhone].
func (p *Person) ShowPhone() { p.set(func() { p.hidden = false }) }

// SetAway turns their phone off, or on: messages are accepted and sent, and not delivered.
func (p *Person) SetAway(away bool) { p.set(func() { p.away = away }) }

// An Incoming is what a person does in the chat with the business.
type Incoming struct {
	Type    string // text, button, interactive …
	Body    any    // the field with the name of the type. Nil: there is none
	ReplyTo string // the wamid they answer
	Forward bool
	At      time.Time // zero: now
	Bare    bool      // without the list of contacts, as system messages are
}

// Text is words.
func Text(words string) Incoming {
	return Incoming{Type: "text", Body: map[string]any{"body": words}}
}

// Media is an image, a video, a document, a sticker or an audio.
func Media(kind, caption string) Incoming {
	body := map[string]any{"id": "4400", "mime_type": "image/jpeg", "sha256": "q83vEjRWeJA="}
	if caption != "" {
		body["caption"] = caption
	}
	return Incoming{Type: kind, Body: body}
}

// Reaction is an emoji on a message. Empty: it is taken back.
func Reaction(to, emoji string) Incoming {
	body := map[string]any{"message_id": to}
	if emoji != "" {
		body["emoji"] = emoji
	}
	return Incoming{Type: "reaction", Body: body}
}

// Unsupported is a message that the platform does not hand on. kind is what it was. It may be empty.
func Unsupported(kind string) Incoming {
	body := map[string]any{}
	if kind != "" {
		body["type"] = kind
	}
	return Incoming{Type: "unsupported", Body: body}
}

// Send writes to the first number. It returns the message's ID.
func (p *Person) Send(words string) string { return p.Write(p.srv.Number(), Text(words)) }

// Write does something in the chat with a number. It returns the message's ID.
func (p *Person) Write(n *Number, in Incoming) string {
	s := p.srv
	s.mu.Lock()
	if in.At.IsZero() {
		in.At = s.clock()
	}
	id := s.wamid(p)
	if in.Type != "system" && in.At.After(p.wrote[n]) {
		p.wrote[n] = in.At
	}
	item := p.named(map[string]any{"id": id, "timestamp": seconds(in.At), "type": in.Type}, "from", "from_user_id")
	if in.Body != nil {
		item[in.Type] = in.Body
	}
	if in.Type == "unsupported" {
		item["errors"] = []any{map[string]any{
			"code": 131051, "title": "Message type unknown", "message": "Message type unknown",
			"error_data": map[string]any{"details": "Message type is currently not supported."},
		}}
	}
	about := map[string]any{}
	if in.ReplyTo != "" {
		about["id"], about["from"] = in.ReplyTo, digits(n.Phone)
	}
	if in.Forward {
		about["forwarded"] = true
	}
	if len(about) > 0 {
		item["context"] = about
	}
	e := event{waba: n.WABA, field: "messages", number: n, list: "messages", item: item}
	if !in.Bare {
		e.contacts = []any{p.contact()}
	}
	s.mu.Unlock()
	s.emit(e)
	return id
}

// named adds who they are to a part of a webhook, with these names of the fields.
func (p *Person) named(item map[string]any, phone, user string) map[string]any {
	if !p.hidden {
		item[phone] = p.waID
	}
	item[user] = p.bsuid
	return item
}

func (p *Person) contact() map[string]any {
	c := p.named(map[string]any{}, "wa_id", "user_id")
	if p.name != "" {
		profile := map[string]any{"name": p.name}
		if p.username != "" {
			profile["username"] = p.username
		}
		c["profile"] = profile
	}
	return c
}

// WaitAcknowledged waits until a message of theirs was posted and answered with 200. Somebody has to
// deliver it.
func (p *Person) WaitAcknowledged(ctx context.Context, id string) error {
	if err := p.srv.changed.Until(ctx, func() bool { return p.srv.Acknowledged(id) }); err != nil {
		return fmt.Errorf("cloudtest: nobody acknowledged a message: %w", err)
	}
	return nil
}

// Tap taps a button, or chooses a row, of a message that they received.
func (p *Person) Tap(r Received, title string) (id string, err error) {
	i := slices.IndexFunc(r.Buttons, func(b Button) bool { return b.Title == title })
	if i < 0 {
		return "", fmt.Errorf("cloudtest: %q has no button %q, only %v", r.Text, title, r.Buttons)
	}
	b := r.Buttons[i]
	if r.Template != "" {
		return p.Write(r.From, Incoming{
			Type: "button", ReplyTo: r.ID, Body: map[string]any{"text": b.Title, "payload": b.ID},
		}), nil
	}
	kind := "button_reply"
	if strings.Contains(string(r.Body), `"sections"`) {
		kind = "list_reply"
	}
	return p.Write(r.From, Incoming{Type: "interactive", ReplyTo: r.ID, Body: map[string]any{
		"type": kind, kind: map[string]any{"id": b.ID, "title": b.Title},
	}}), nil
}

// StopOffers uses WhatsApp's own button against marketing of this business. The API answers
// marketing to them with 131050 from now on.
func (p *Person) StopOffers() { p.prefer("stop") }

// ResumeOffers allows marketing again, by the same way.
func (p *Person) ResumeOffers() { p.prefer("resume") }

func (p *Person) prefer(value string) {
	s := p.srv
	s.mu.Lock()
	p.stopped = value == "stop"
	n := s.numbers[0]
	e := event{
		waba: n.WABA, field: "user_preferences", number: n, list: "user_preferences", contacts: []any{p.contact()},
		item: p.named(map[string]any{
			"detail": "User requested to " + value + " marketing messages", "category": "marketing_messages",
			"value": value, "timestamp": s.clock().Unix(),
		}, "wa_id", "user_id"),
	}
	s.mu.Unlock()
	s.emit(e)
}

// ChangeNumber gives them another phone, and with it another BSUID. The business hears of it in a
// system message under the old phone.
func (p *Person) ChangeNumber(phone string) {
	s := p.srv
	s.mu.Lock()
	old := *p
	p.phone, p.waID, p.bsuid = phone, digits(phone), s.newID("US.9000000000000")
	item := old.named(map[string]any{
		"id": s.wamid(&old), "timestamp": seconds(s.clock()), "type": "system",
		"system": map[string]any{
			"type": "user_changed_number", "body": "User " + old.name + " changed from " + old.waID + " to " + p.waID,
			"wa_id": p.waID, "user_id": p.bsuid,
		},
	}, "from", "from_user_id")
	n := s.numbers[0]
	s.mu.Unlock()
	s.emit(event{waba: n.WABA, field: "messages", number: n, list: "messages", item: item})
}

// Read tells the business that they have looked at a message.
func (p *Person) Read(r Received) { p.srv.status(r.From, p, r.ID, r.Opaque, "read", 0) }

// Status tells the business that something became of a message: sent, delivered, read, played or
// failed with a code.
func (p *Person) Status(r Received, status string, code int) {
	p.srv.status(r.From, p, r.ID, r.Opaque, status, code)
}

// Received is the log of what reached their phone, oldest first.
func (p *Person) Received() []Received {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	return slices.Clone(p.received)
}

// Next returns the oldest message that Next has not returned yet, and waits for it.
func (p *Person) Next(ctx context.Context) (r Received, err error) {
	err = p.srv.changed.Until(ctx, func() bool {
		p.srv.mu.Lock()
		defer p.srv.mu.Unlock()
		if p.next >= len(p.received) {
			return false
		}
		r = p.received[p.next]
		p.next++
		return true
	})
	return r, err
}

// WaitText waits until a message with these words has reached them.
func (p *Person) WaitText(ctx context.Context, part string) (r Received, err error) {
	err = p.srv.changed.Until(ctx, func() bool {
		p.srv.mu.Lock()
		defer p.srv.mu.Unlock()
		i := slices.IndexFunc(p.received, func(r Received) bool { return strings.Contains(r.Text, part) })
		if i >= 0 {
			r = p.received[i]
		}
		return i >= 0
	})
	if err != nil {
		return r, fmt.Errorf("cloudtest: nobody wrote %q: %w", part, err)
	}
	return r, nil
}

// wamid makes an ID as Meta does: with the person in it. It is called with the lock held.
func (s *Server) wamid(p *Person) string {
	who := p.waID
	if p.hidden {
		who = p.bsuid
	}
	return "wamid." + base64.StdEncoding.EncodeToString([]byte("\x1c\x18\x0d"+who+"\x15\x02\x00\x11\x18"+s.newID("")))
}

func seconds(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
