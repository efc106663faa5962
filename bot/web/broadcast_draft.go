package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/flows"
)

// broadcastDraft edits a draft, shows what each person would read and who gets it, and arms it.
func (s *Server) broadcastDraft() screen {
	return screen{
		path: "/n/{number}/broadcasts/{name}/draft", name: "broadcast_draft", area: "broadcasts", show: showDraft,
		acts: map[string]func(*visit) (string, error){"": saveDraft, "as": asPerson, "submit": submitTemplates, "ask": askTemplates},
	}
}

// draftParts are the answers to the editor of a draft.
func (s *Server) draftParts(m *http.ServeMux) {
	sc := s.broadcastDraft()
	m.HandleFunc("POST "+sc.path+"/check", func(w http.ResponseWriter, r *http.Request) {
		s.visit(w, r, &sc, func(v *visit) {
			if err := v.r.ParseForm(); err != nil {
				v.fail(errTooMuch)
				return
			}
			view, err := showDraft(v)
			if err != nil {
				v.fail(err)
				return
			}
			v.answerPart("draft-problems", view)
		})
	})
	m.HandleFunc("GET "+sc.path+"/hints", func(w http.ResponseWriter, r *http.Request) {
		s.visit(w, r, &sc, func(v *visit) {
			hints, err := v.Desk.DraftHints(v, v.number)
			v.answerJSON(hints, err)
		})
	})
}

// broadcastArm asks whether what is shown is to go out, and repeats to how many.
func (s *Server) broadcastArm() screen {
	return screen{
		path: "/n/{number}/broadcasts/{name}/draft/arm", name: "broadcast_arm", area: "broadcasts", show: showArm,
		acts: map[string]func(*visit) (string, error){"": armDraft},
	}
}

// newBroadcast asks for the name of a new draft.
func (s *Server) newBroadcast() screen {
	return screen{
		path: "/n/{number}/new-broadcast", name: "broadcast_new", area: "broadcasts",
		show: func(*visit) (any, error) { return nil, nil },
		acts: map[string]func(*visit) (string, error){"": func(v *visit) (string, error) {
			name := strings.TrimSpace(v.r.PostForm.Get("name"))
			if !flows.IsName(name) {
				return "", inWords(v.lang.say("draft.name_how"))
			}
			to := v.broadcast(name) + "/draft"
			if audience := v.r.PostForm.Get("audience"); audience != "" {
				// The draft of that name has an audience of its own, which may be everybody.
				if _, err := v.Desk.DraftText(v, v.number, name); !errors.Is(err, desk.ErrNotFound) {
					return "", errors.Join(err, inWords(v.lang.say("draft.name_taken")))
				}
				to += "?" + url.Values{"audience": {audience}}.Encode()
			}
			return to, nil
		}},
	}
}

// A draftView is a draft with what the program says of it.
type draftView struct {
	Name     string
	Text     string
	Version  string // of the text that was loaded. "": there is none yet
	New      bool
	Problems []flows.Problem
	Preview  *desk.Preview // nil where it has problems, or is not saved
	Counting bool          // many people are being looked at
	Why      []because     // who does not get it now
	Objects  string        // why it cannot be armed
	Nobody   bool          // gets it before it expires: the warm-up allows none
	Late     int           // who are not reached before it expires
	Theirs   string        // the text of the file, where somebody has changed it since
	Newer    string        // its version
	Mine     bool          // the text is what the visitor typed, and is not saved
	Edit     bool
	Arm      bool

	Texts   []desk.PromotionText // each of its texts, in each language
	For     *desk.PromotionFor   // what one person would get who was asked for
	Several []desk.ContactView   // who may be meant by what was typed

	Templates []desk.TemplateLine // of a number on the Cloud API, as WhatsApp last told of them
	Submit    bool                // the visitor may hand them in, and something is to be handed in
}

// newDraft is what a new draft begins with.
const newDraft = `text:
  en: |
    Hi {first_name|there}!
`

func showDraft(v *visit) (any, error) {
	view := &draftView{Name: v.r.PathValue("name"), Edit: v.who.May(desk.ActEditBroadcast), Arm: v.who.May(desk.ActScheduleBroadcast)}
	text, err := v.Desk.DraftText(v, v.number, view.Name)
	switch {
	case errors.Is(err, desk.ErrNotFound):
		view.New, text.Text = true, newDraft
		if audience := v.r.URL.Query().Get("audience"); audience != "" {
			quoted := strings.ReplaceAll(strings.Join(strings.Fields(audience), " "), "'", "''")
			text.Text = "audience: '" + quoted + "'\n" + newDraft
		}
	case err != nil:
		return nil, err
	}
	view.Text, view.Version = text.Text, text.Version
	if typed := v.r.PostForm.Get("text"); typed != "" {
		view.Text, view.Mine = typed, true
		if shown := v.r.PostForm.Get("version"); shown != view.Version && !view.New {
			view.Theirs, view.Newer, view.Version = text.Text, view.Version, shown
		}
	}
	check, err := v.Desk.CheckDraftText(v, v.number, view.Name, view.Text)
	if err != nil {
		return nil, err
	}
	view.Problems = check.Problems
	if view.Mine || view.New || check.Broadcast == nil {
		return view, nil
	}
	if err := v.showTexts(view); err != nil {
		return nil, err
	}
	if err := v.showTemplates(view); err != nil {
		return nil, err
	}
	view.Preview, view.Counting, err = v.previewOf(view.Name, view.Version, false)
	if view.Counting {
		return view, nil
	}
	if err != nil {
		if statusOf(err) >= 500 {
			return nil, err
		}
		view.Objects = v.lang.refusal(err)
		return view, nil
	}
	view.Objects = v.lang.toldLine(view.Preview.Objection)
	view.Nobody, view.Late = view.Preview.Reach()
	view.Why = v.held(view.Preview)
	return view, nil
}

// showTemplates shows how WhatsApp has the draft's templates.
func (v *visit) showTemplates(view *draftView) error {
	if !v.Desk.Wire(v.number).Templates {
		return nil
	}
	known, err := v.Desk.KnownTemplates(v, v.number, view.Name)
	if err != nil {
		return err
	}
	view.Templates = known.Templates
	view.Submit = v.who.May(desk.ActSubmitTemplates) && slices.ContainsFunc(known.Templates, func(t desk.TemplateLine) bool {
		return t.Lack == bot.TemplateMissing || t.Lack == bot.TemplateWords
	})
	return nil
}

func submitTemplates(v *visit) (string, error) {
	if _, err := v.Desk.SubmitTemplates(v, v.number, v.r.PathValue("name")); err != nil {
		return "", err
	}
	return done(v.here(), "templates_submitted"), nil
}

func askTemplates(v *visit) (string, error) {
	_, err := v.Desk.TemplateStatus(v, v.number, v.r.PathValue("name"))
	return v.here() + "#h-templates", err
}

// showTexts shows every text of the draft, and the one of whom somebody asks for.
func (v *visit) showTexts(view *draftView) (err error) {
	if view.Texts, err = v.Desk.PromotionTexts(v, v.number, view.Name); err != nil {
		return err
	}
	if typed := v.r.PostForm.Get("who"); typed != "" {
		_, view.Several, err = v.whom(typed)
	} else if id, bad := strconv.ParseInt(v.r.URL.Query().Get("who"), 10, 64); bad == nil {
		view.For, err = v.Desk.PreviewFor(v, v.number, view.Name, desk.ContactID(id))
	}
	if err != nil && statusOf(err) < http.StatusInternalServerError { // the screen says it where it was refused
		return nil
	}
	return err
}

// asPerson shows the draft as one person would get it.
func asPerson(v *visit) (string, error) {
	one, several, err := v.whom(v.r.PostForm.Get("who"))
	if err != nil {
		return "", err
	}
	if v.again = len(several) > 0; v.again {
		return "", nil
	}
	return v.here() + "?who=" + strconv.FormatInt(one.ID, 10) + "#h-prev", nil
}

// held are why people would not get it now, most first.
func (v *visit) held(p *desk.Preview) (why []because) {
	for reason, people := range p.Held {
		why = append(why, because{Says: v.lang.reason(reason), People: people, Never: reason.Info().Skip})
	}
	slices.SortFunc(why, func(a, b because) int {
		if a.People != b.People {
			return b.People - a.People
		}
		return strings.Compare(a.Says, b.Says)
	})
	return drawnBars(why)
}

func saveDraft(v *visit) (string, error) {
	form, name := v.r.PostForm, v.r.PathValue("name")
	if form.Get("check") != "" { // only look at it
		return "", inWords(v.lang.say("draft.not_saved"))
	}
	version := form.Get("version")
	if over := form.Get("over"); over != "" { // they have seen what it replaces
		version = over
	}
	if _, err := v.Desk.SaveDraft(v, v.number, name, version, form.Get("text")); err != nil {
		return "", err
	}
	return done(v.here(), "draft_saved"), nil
}

// An armView is what is armed, exactly as it was shown.
type armView struct {
	*desk.Preview
	Why       []because
	Questions []desk.Question
	Counting  bool // many people are being looked at
	Now       bool
	Typed     bool // the count has to be typed
	Nobody    bool // gets it before it expires: the warm-up allows none
	Late      int  // who are not reached before it expires
	Back      string
}

// One is the text that one person would get, where there is anybody.
func (a armView) One() []desk.Sample { return a.Samples[:min(1, len(a.Samples))] }

// typeAbove is for how many people the count has to be typed before a broadcast is armed.
const typeAbove = 500

func showArm(v *visit) (any, error) {
	name, now := v.r.PathValue("name"), v.r.FormValue("now") != ""
	text, err := v.Desk.DraftText(v, v.number, name)
	if err != nil {
		return nil, err
	}
	p, counting, err := v.previewOf(name, text.Version, now)
	if err != nil {
		return nil, err
	}
	if counting {
		return &armView{Preview: &desk.Preview{Broadcast: name}, Counting: true}, nil
	}
	view := &armView{Preview: p, Why: v.held(p), Now: now, Typed: p.People > typeAbove, Back: v.broadcast(name) + "/draft"}
	view.Nobody, view.Late = p.Reach()
	view.Questions, _, err = p.Questions(desk.ScheduleOptions{Now: now})
	if err != nil && statusOf(err) < 500 { // the screen says it where it was refused
		err = nil
	}
	return view, err
}

func armDraft(v *visit) (string, error) {
	form, name := v.r.PostForm, v.r.PathValue("name")
	people, _ := strconv.Atoi(form.Get("people"))
	if typed := digits(form.Get("typed")); people > typeAbove && typed != strconv.Itoa(people) {
		return "", inWords(v.lang.say("arm.type_it", "n", people))
	}
	o := desk.ScheduleOptions{Now: form.Get("now") != "", Again: form.Get("again") == "yes", TakeBack: takeBack, Counted: true}
	_, err := v.Desk.Schedule(v, v.number, name, o, form.Get("version"))
	if errors.Is(err, desk.ErrNotCounted) { // the screen counts them beside it
		return "", inWords(v.lang.say("arm.count_again"))
	}
	if more := (desk.MoreThanShownError{}); errors.As(err, &more) {
		return "", inWords(v.lang.say("arm.more", "n", more.People, "shown", more.Shown))
	}
	if err != nil {
		return "", err
	}
	return done(v.broadcast(name), "armed"), nil
}

// digits are those of a number as people write it: 1,284 and 1.284 are 1284.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
