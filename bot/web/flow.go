package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"time"

	"optinbot/bot/desk"
	"optinbot/flows"
)

// flow is the flow of a number: where people stand, an editor with its checks, the tests beside it,
// what people will notice, and the versions.
func (s *Server) flow() screen {
	return screen{
		path: "/n/{number}/flow", name: "flow", area: "flow", show: showFlow,
		acts: map[string]func(*visit) (string, error){"save": saveFlow, "drop": dropFlow},
	}
}

// flowPublish asks whether a text is to be spoken.
func (s *Server) flowPublish() screen {
	return screen{
		path: "/n/{number}/flow/publish", name: "flow-publish", area: "flow", show: showFlowPublish,
		acts: map[string]func(*visit) (string, error){"": publishFlow},
	}
}

// flowRollback asks whether a version of before is to be spoken again.
func (s *Server) flowRollback() screen {
	return screen{
		path: "/n/{number}/flow/versions/{version}", name: "flow-rollback", area: "flow", show: showFlowRollback,
		acts: map[string]func(*visit) (string, error){"": rollFlowBack},
	}
}

// flowParts are the answers to the editor, which are parts of the screen. A browser without a script
// gets all of it.
func (s *Server) flowParts(m *http.ServeMux) {
	sc := s.flow()
	for name, tests := range map[string]bool{"check": false, "test": true} {
		m.HandleFunc("POST /n/{number}/flow/"+name, func(w http.ResponseWriter, r *http.Request) {
			s.visit(w, r, &sc, func(v *visit) { v.answerEditor(tests) })
		})
	}
	m.HandleFunc("GET /n/{number}/flow/hints", func(w http.ResponseWriter, r *http.Request) {
		s.visit(w, r, &sc, func(v *visit) {
			hints, err := v.Desk.FlowHints(v, v.number)
			v.answerJSON(hints, err)
		})
	})
}

// answerJSON answers a script.
func (v *visit) answerJSON(of any, err error) {
	if err != nil {
		v.fail(err)
		return
	}
	v.w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(v.w).Encode(of)
}

// answerEditor says what is wrong with a text and what would come of it, or how its tests went.
func (v *visit) answerEditor(tests bool) {
	if err := v.r.ParseForm(); err != nil {
		v.fail(errTooMuch)
		return
	}
	view, err := v.flowView()
	if err == nil && tests && view.Check.Flow != nil {
		view.Tests, err = v.testsOf(view.Typed)
	}
	if err != nil {
		v.fail(err)
		return
	}
	part := "flow-parts"
	if tests {
		part = "flow-tests"
	}
	v.answerPart(part, view)
}

// answerPart answers an editor with a part of the screen, and a browser without a script with all of it.
func (v *visit) answerPart(part string, view any) {
	p := v.page(view)
	p.Live = ""
	if v.r.Header.Get("X-Part") == "" {
		v.write(http.StatusOK, v.template(), p)
		return
	}
	var body bytes.Buffer
	if err := v.template().ExecuteTemplate(&body, part, p); err != nil {
		v.Log.Error("a part of a page could not be made", "part", part, failure(err))
		http.Error(v.w, v.lang.say("page.failed"), http.StatusInternalServerError)
		return
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = v.w.Write(body.Bytes())
}

// A flowView is what the flow's screen shows.
type flowView struct {
	Text     desk.FlowText
	Typed    string // the text in the editor
	Conflict bool   // Text has changed since it was opened, and Typed has not been saved
	Check    desk.FlowTextCheck
	Problems int           // that are no warnings
	Graph    template.HTML // of what is typed where it can be used, else of what the number speaks
	Ways     []flowWay
	Tests    *flowTests // nil: they have not been played
	Past     []desk.PastFlow
	Next     int // the how-manieth version a publication makes
	Edits    bool
}

// A flowWay is a state in the table below the picture.
type flowWay struct {
	Name      string
	Line      int
	Here      int
	Explained []string
}

type flowTests struct {
	desk.FlowTest
	Passed int
	Took   time.Duration
}

// testsOf plays the tests of a text.
func (v *visit) testsOf(text string) (*flowTests, error) {
	began := time.Now()
	found, err := v.Desk.TestFlowText(v, v.number, text)
	if err != nil {
		return nil, err
	}
	return &flowTests{found, len(found.Results) - found.Failed, time.Since(began)}, nil
}

func showFlow(v *visit) (any, error) { return v.flowView() }

func (v *visit) flowView() (*flowView, error) {
	view := &flowView{Edits: v.who.May(desk.ActEditFlow)}
	var err error
	if view.Text, err = v.Desk.FlowText(v, v.number); err != nil {
		return nil, err
	}
	view.Typed = view.Text.Text
	if typed, ok := v.r.PostForm["text"]; ok {
		view.Typed = typed[0]
		view.Conflict = v.r.PostForm.Get("version") != view.Text.Version
	}
	if view.Check, err = v.Desk.CheckFlowText(v, v.number, view.Typed); err != nil {
		return nil, err
	}
	view.Problems = len(view.Check.Refusals())
	if view.Past, err = v.Desk.FlowHistory(v, v.number, 8); err != nil {
		return nil, err
	}
	view.Next = 1
	if len(view.Past) > 0 {
		view.Next = view.Past[0].Ordinal + 1
	}
	return view, v.draw(view)
}

// draw draws the states with the people who stand on them.
func (v *visit) draw(view *flowView) error {
	shown := view.Check.Flow
	if shown == nil {
		m := v.Desk.Machine(v.number)
		if m == nil {
			return nil
		}
		shown = m.Flow
	}
	counts, err := v.Desk.FlowTraffic(v, v.number, shown)
	if err != nil {
		return err
	}
	standing := counts.States
	for _, name := range shown.Order {
		state := shown.States[name]
		explained, _ := shown.Explain(name)
		view.Ways = append(view.Ways, flowWay{name, state.Line, standing[name], explained})
		standing[name] += 0
		if !state.Waits() && standing[name] == 0 {
			delete(standing, name)
		}
	}
	view.Graph = template.HTML(shown.Draw(flows.Drawing{ // #nosec G203 -- Draw escapes every text
		Counts: counts, Title: v.lang.count("flow.people", view.Check.People),
		Link: func(s *flows.State) string { return "#state-" + s.Name }, Count: v.lang.number,
	}))
	return nil
}

func saveFlow(v *visit) (string, error) {
	form := v.r.PostForm
	_, err := v.Desk.SaveFlow(v, v.number, form.Get("version"), form.Get("text"))
	var bad desk.Problems
	if errors.As(err, &bad) { // the screen shows each
		err = inWords(v.lang.count("flow.problems", len(bad)))
	}
	if err != nil {
		return "", err
	}
	if form.Has("publish") {
		return v.here() + "/publish", nil
	}
	return done(v.here(), "flow_saved"), nil
}

func dropFlow(v *visit) (string, error) {
	if _, err := v.Desk.DropFlowDraft(v, v.number, v.r.PostForm.Get("version")); err != nil {
		return "", err
	}
	return done(v.here(), "flow_dropped"), nil
}

func showFlowPublish(v *visit) (any, error) { return v.Desk.OfferFlow(v, v.number) }

func publishFlow(v *visit) (string, error) {
	_, err := v.Desk.PublishFlow(v, v.number, v.r.PostForm.Get("version"), v.r.PostForm.Get("in_file"))
	return done("/n/"+v.number+"/flow", "flow_published"), err
}

// A flowRollbackView offers a version of before.
type flowRollbackView struct {
	desk.RollbackOffer
	Ordinal int
	Changes []string // what is taken back with it
}

func showFlowRollback(v *visit) (any, error) {
	offer, err := v.Desk.OfferRollback(v, v.Desk.Numbers[v.number], v.r.PathValue("version"))
	if err != nil {
		return nil, desk.ErrNotFound
	}
	past, err := v.Desk.FlowHistory(v, v.number, 100)
	view := flowRollbackView{RollbackOffer: offer}
	for _, p := range past {
		if p.Version == offer.Version {
			view.Ordinal = p.Ordinal
			break
		}
		view.Changes = append(view.Changes, p.Changes...)
	}
	return view, err
}

func rollFlowBack(v *visit) (string, error) {
	n := v.Desk.Numbers[v.number]
	offer := desk.RollbackOffer{File: v.Desk.Files.FlowPath(n.Flow), Version: v.r.PathValue("version"), Replaces: v.r.PostForm.Get("replaces")}
	if _, err := v.Desk.RollBack(v, n, offer); err != nil {
		return "", err
	}
	if err := v.Desk.Reload(v, n); err != nil {
		return "", err
	}
	if m := v.Desk.Machine(n.Name); m == nil || m.Flow.Version != offer.Version {
		return "", desk.Refuse("the file has that text again, but the bot cannot use it and goes on as before; the newest notice says why")
	}
	return done("/n/"+v.number+"/flow", "flow_rolled_back"), nil
}
