package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"optinbot/bot/desk"
)

const (
	lookEvery  = time.Second
	aliveEvery = 20 * time.Second // so that what lies between does not take the connection for dead
	takesWrite = 30 * time.Second // whoever does not read for so long is let go
)

// A numberNews is what has happened to a number.
type numberNews struct {
	Number string `json:"number"`
	desk.News
}

// A stream is what somebody follows.
type stream struct {
	numbers   []string
	followers map[string]*desk.Follower
	seqs      map[string]int64 // of the last event that was told
}

// A place is how far somebody has followed a number.
type place struct {
	desk.Place
	seq int64 // of the last event. -1: not known
}

// eventsAtOnce is how many events of a number are told at once. More wait for the next look.
const eventsAtOnce = 200

type eventsQuery struct {
	Number string `query:"number" maxLength:"100" doc:"Only this number. Each of yours where there is none."`
	LastID string `header:"Last-Event-ID" maxLength:"2000" doc:"The ID of the last event that came: what has happened since is told first, and every broadcast as it stands. It counts after a restart of the bot too."`
}

func (a *API) events() {
	op := operation{tag: "events", method: "GET", path: "/events", id: "follow",
		summary: "What happens, as server-sent events: those that webhooks tell, by their types, with contacts by their " +
			"ID; and event news, with who joined and left (as figures), notices and broadcasts whose status has changed."}.described()
	op.Responses = map[string]*huma.Response{"200": {
		Description: "OK", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: "string"}}},
	}}
	huma.Register(a.huma, op, func(ctx context.Context, in *eventsQuery) (*huma.StreamResponse, error) {
		s, err := a.follow(ctx, in)
		if err != nil {
			return nil, a.problemOf(err)
		}
		who, _ := desk.WhoActs(ctx)
		end, err := a.limits.follow(who.Name)
		if err != nil {
			return nil, a.problemOf(err)
		}
		return &huma.StreamResponse{Body: func(h huma.Context) {
			defer end()
			h.SetHeader("Content-Type", "text/event-stream")
			h.SetHeader("X-Accel-Buffering", "no")
			if w, ok := h.BodyWriter().(http.ResponseWriter); ok {
				_ = a.tell(h.Context(), w, s, h.Header("Authorization"))
			}
		}}, nil
	})
}

// follow begins to follow what somebody asks for, from where they were.
func (a *API) follow(ctx context.Context, in *eventsQuery) (*stream, error) {
	who, _ := desk.WhoActs(ctx)
	s := &stream{followers: map[string]*desk.Follower{}, seqs: map[string]int64{}}
	for _, n := range a.Desk.Config.Numbers {
		if (in.Number == "" || in.Number == n.Name) && who.MaySee(n.Name) {
			s.numbers = append(s.numbers, n.Name)
		}
	}
	if in.Number != "" && len(s.numbers) == 0 {
		return nil, a.sees(ctx, in.Number)
	}
	places, err := placesOf(in.LastID)
	if err != nil {
		return nil, err
	}
	for _, number := range s.numbers {
		from, known := places[number]
		if err := s.begin(ctx, a.Desk, number, from, known); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// begin begins to follow a number, from a place where one is known.
func (s *stream) begin(ctx context.Context, d *desk.Desk, number string, from place, known bool) (err error) {
	// After a restore of a backup the last event may be an earlier one than somebody has come to.
	if s.seqs[number], err = d.LastEvent(ctx, number); err != nil {
		return err
	}
	if !known {
		s.followers[number], err = d.Follow(ctx, number)
		return err
	}
	if from.seq >= 0 {
		s.seqs[number] = min(s.seqs[number], from.seq)
	}
	s.followers[number], err = d.FollowFrom(ctx, number, from.Place)
	return err
}

// id names how far the stream has come.
func (s *stream) id() string {
	var parts []string
	for _, number := range s.numbers {
		at := s.followers[number].Place()
		parts = append(parts, fmt.Sprintf("%s:%d:%d:%d", url.QueryEscape(number), at.Entry, at.Notice, s.seqs[number]))
	}
	return strings.Join(parts, ",")
}

// placesOf reads an ID.
func placesOf(id string) (map[string]place, error) {
	places := map[string]place{}
	for part := range strings.SplitSeq(id, ",") {
		if part == "" {
			continue
		}
		name, figures, _ := strings.Cut(part, ":")
		number, err := url.QueryUnescape(name)
		at := place{seq: -1}
		if err == nil && strings.Count(figures, ":") == 1 { // as IDs were before there were events
			_, err = fmt.Sscanf(figures, "%d:%d", &at.Entry, &at.Notice)
		} else if err == nil {
			_, err = fmt.Sscanf(figures, "%d:%d:%d", &at.Entry, &at.Notice, &at.seq)
		}
		if err != nil {
			p := problem(http.StatusUnprocessableEntity, "invalid", "this is no ID of an event")
			p.Errors = []Fault{{Location: "header.Last-Event-ID", Message: "take the ID of the last event that came"}}
			return nil, p
		}
		places[number] = at
	}
	return places, nil
}

// tell tells what happens until somebody goes away, or their key is no longer one.
func (a *API) tell(ctx context.Context, w http.ResponseWriter, s *stream, key string) error {
	who, _ := desk.WhoActs(ctx)
	out := http.NewResponseController(w)
	say := func(text string) error {
		_ = out.SetWriteDeadline(time.Now().Add(takesWrite)) // a recorder has none
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
		return out.Flush()
	}
	if err := say(": you follow " + strings.Join(s.numbers, ", ") + "\n\n"); err != nil {
		return err
	}
	look, alive := time.NewTicker(lookEvery), time.NewTicker(aliveEvery)
	defer look.Stop()
	defer alive.Stop()
	for {
		if _, err := a.whoHas(ctx, key); err != nil { // before anything is told
			return err
		}
		for _, number := range s.numbers {
			if err := a.tellNumber(ctx, s, number, who, say); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		case <-alive.C:
			if err := say(":\n\n"); err != nil {
				return err
			}
		}
	}
}

// tellNumber tells what has happened to a number since the last time. What cannot be read now is told
// later.
func (a *API) tellNumber(
	ctx context.Context, s *stream, number string, who desk.Who, say func(text string) error,
) error {
	tell := func(name string, about any) error {
		data, err := eventData(about, who)
		if err != nil {
			return err
		}
		return say(fmt.Sprintf("id: %s\nevent: %s\ndata: %s\n\n", s.id(), name, data))
	}
	if news, err := s.followers[number].News(ctx); err == nil && !isQuiet(news) {
		if err := tell("news", numberNews{number, news}); err != nil {
			return err
		}
	}
	events, _ := a.Desk.Events(ctx, number, s.seqs[number], eventsAtOnce)
	for _, e := range events {
		s.seqs[number] = e.Seq
		if err := tell(string(e.Type), e); err != nil {
			return err
		}
	}
	return nil
}

func isQuiet(n desk.News) bool {
	return n.Joined+n.Left+len(n.Notices)+len(n.Broadcasts) == 0
}

// eventData is what has happened in one line. Whoever only reads sees no phone in it.
func eventData(n any, who desk.Who) ([]byte, error) {
	var out bytes.Buffer
	if err := asJSON.Marshal(&out, n); err != nil {
		return nil, err
	}
	data := json.RawMessage(bytes.TrimSpace(out.Bytes()))
	if !who.Role.Includes(desk.Editor) {
		data = withoutAddresses(data)
	}
	return data, nil
}
