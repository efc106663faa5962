package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/flows"
	"optinbot/store"
)

// A TemplateLine is one template of a draft: what it has to say, and what WhatsApp has.
type TemplateLine struct {
	Template string `json:"template"` // its name
	Code     string `json:"code"`     // of its language, as WhatsApp spells it
	Language string `json:"language"` // of the flow
	Variant  int    `json:"variant"`  // from 1
	Body     string `json:"body"`     // its holes are {{name}}
	Footer   string `json:"footer"`
	Stop     string `json:"stop"` // what the stop button says

	ID       string `json:"id,omitempty"`
	Status   string `json:"status,omitempty"`
	Category string `json:"category,omitempty"`
	Quality  string `json:"quality,omitempty"`
	Reason   string `json:"reason,omitempty"` // of a rejection
	Ready    bool   `json:"ready"`
	Why      string `json:"why,omitempty"` // it is not ready

	Lack bot.TemplateLack `json:"-"` // what Why puts into words
}

// A TemplateList are the templates of a draft.
type TemplateList struct {
	Number    string         `json:"number"`
	Broadcast string         `json:"broadcast"`
	Ready     bool           `json:"ready"` // all of them are
	Templates []TemplateLine `json:"templates"`
}

// TemplateStatus asks WhatsApp for the templates of a draft, and keeps what it says. It refuses a
// number whose promotions are no templates, and a draft that WhatsApp would not approve. A draft
// that does not exist is not found. It may be repeated.
func (d *Desk) TemplateStatus(ctx context.Context, number, name string) (l TemplateList, err error) {
	if _, err := d.numberFor(ctx, number); err != nil {
		return l, err
	}
	b, flow, err := d.approvable(ctx, number, name)
	if err != nil {
		return l, err
	}
	if err := d.askTemplates(ctx, number, bot.TemplatesOf(flow, b)); err != nil {
		return l, err
	}
	return d.templateList(ctx, number, b, flow)
}

// KnownTemplates are the templates of a draft as WhatsApp last told of them. It refuses as
// TemplateStatus does, changes nothing, and may be repeated.
func (d *Desk) KnownTemplates(ctx context.Context, number, name string) (l TemplateList, err error) {
	if _, err := d.numberFor(ctx, number); err != nil {
		return l, err
	}
	b, flow, err := d.approvable(ctx, number, name)
	if err != nil {
		return l, err
	}
	return d.templateList(ctx, number, b, flow)
}

// SubmitTemplates hands in what WhatsApp does not have yet of a draft's templates. Those that it has
// in these words stay as they are. It refuses as TemplateStatus does, and a draft with a file. After
// an error some may be handed in. It may be repeated.
func (d *Desk) SubmitTemplates(ctx context.Context, number, name string) (l TemplateList, err error) {
	ctx, end, err := d.begin(ctx, ActSubmitTemplates, number)
	if err != nil {
		return l, err
	}
	defer func() { end(err) }()
	b, flow, err := d.approvable(ctx, number, name)
	if err != nil {
		return l, err
	}
	if b.Media != nil {
		return l, Refuse("a template with a file is made in WhatsApp Manager, with the same words; name it in the draft: " +
			"template: {name: ...}")
	}
	manager, err := d.templateManager(number)
	if err != nil {
		return l, err
	}
	refs := bot.TemplatesOf(flow, b)
	if err := d.askTemplates(ctx, number, refs); err != nil {
		return l, err
	}
	known, err := d.Store.Templates(ctx, number, "")
	if err != nil {
		return l, err
	}
	done := map[bot.TemplateRef]bool{}
	for i, a := range b.Approvals(flow) {
		if done[refs[i]] || slices.ContainsFunc(known, func(s bot.TemplateState) bool {
			return s.Name == refs[i].Name && s.Language == refs[i].Language && s.Hash == refs[i].Hash
		}) {
			continue
		}
		done[refs[i]] = true
		if _, _, err := manager.Submit(ctx, draftFor(a)); err != nil {
			return l, fmt.Errorf("template %s in %s was not taken: %s", a.Name, a.Code, text.Line(err.Error()))
		}
	}
	if err := d.askTemplates(ctx, number, refs); err != nil {
		return l, err
	}
	return d.templateList(ctx, number, b, flow)
}

func draftFor(a flows.Approval) bot.TemplateDraft {
	t := bot.TemplateDraft{Name: a.Name, Language: a.Code, Body: a.Body, Footer: a.Footer, Buttons: a.Buttons}
	for _, h := range a.Holes {
		t.Examples = append(t.Examples, bot.TemplateExample{Name: h.Name, Text: h.Example})
	}
	return t
}

// approvable is a draft of a number whose promotions are templates, without anything that WhatsApp
// would not approve.
func (d *Desk) approvable(ctx context.Context, number, name string) (*flows.Broadcast, *flows.Flow, error) {
	if !d.Wire(number).Templates {
		return nil, nil, Refuse("number %s needs no templates: they are of the Cloud API (`transport: cloud`)", number)
	}
	flow, err := d.flow(number)
	if err != nil {
		return nil, nil, err
	}
	b, err := d.Files.Draft(ctx, name, flow)
	if err != nil {
		return nil, nil, err
	}
	if bad := b.ApprovalProblems(name+".yaml", flow); len(bad) > 0 {
		return nil, nil, Problems(bad)
	}
	return b, flow, nil
}

func (d *Desk) templateManager(number string) (bot.TemplateManager, error) {
	if d.TemplateManagers == nil {
		return nil, Refuse("WhatsApp cannot be asked for templates here")
	}
	return d.TemplateManagers(d.Numbers[number])
}

// askTemplates asks WhatsApp for templates and keeps what it says.
func (d *Desk) askTemplates(ctx context.Context, number string, refs []bot.TemplateRef) error {
	manager, err := d.templateManager(number)
	if err != nil {
		return err
	}
	asked := map[string]bool{}
	for _, ref := range refs {
		if asked[ref.Name] {
			continue
		}
		asked[ref.Name] = true
		if err := d.lookUpTemplate(ctx, manager, number, ref.Name); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) lookUpTemplate(ctx context.Context, manager bot.TemplateManager, number, name string) error {
	asked := d.Now()
	seen, err := manager.Templates(ctx, name)
	if err != nil {
		return fmt.Errorf("WhatsApp could not be asked for template %s: %s", name, text.Line(err.Error()))
	}
	var states []bot.TemplateState
	for _, s := range seen {
		states = append(states, s.State(asked))
	}
	return d.Store.SawTemplates(store.Unrecorded(ctx), number, name, states, asked)
}

// templateList says what is known of the templates of a draft.
func (d *Desk) templateList(ctx context.Context, number string, b *flows.Broadcast, flow *flows.Flow) (l TemplateList, err error) {
	known, err := d.Store.Templates(ctx, number, "")
	if err != nil {
		return l, err
	}
	l = TemplateList{Number: number, Broadcast: b.Name, Ready: true, Templates: []TemplateLine{}}
	for _, a := range b.Approvals(flow) {
		ref := bot.TemplateRef{Name: a.Name, Language: a.Code, Hash: a.Hash()}
		s := stateOf(known, ref)
		line := TemplateLine{
			Template: a.Name, Code: a.Code, Language: a.Language, Variant: a.Variant, Body: a.Body, Footer: a.Footer,
			ID: s.ID, Status: s.Status, Category: s.Category, Quality: s.Quality, Reason: s.Reason, Why: s.NotReady(ref),
			Lack: s.Lacks(ref),
		}
		if len(a.Buttons) > 0 {
			line.Stop = a.Buttons[0]
		}
		line.Ready = line.Why == ""
		l.Ready = l.Ready && line.Ready
		l.Templates = append(l.Templates, line)
	}
	return l, nil
}

func stateOf(known []bot.TemplateState, ref bot.TemplateRef) (s bot.TemplateState) {
	i := slices.IndexFunc(known, func(s bot.TemplateState) bool { return s.Name == ref.Name && s.Language == ref.Language })
	if i >= 0 {
		s = known[i]
	}
	return s
}

// templatesOf says by which templates a draft goes out, or why it cannot.
func (d *Desk) templatesOf(ctx context.Context, number string, b *flows.Broadcast) (refs []bot.TemplateRef, why string, err error) {
	if !d.Wire(number).Templates {
		return nil, "", nil
	}
	flow, err := d.flow(number)
	if err != nil {
		return nil, "", err
	}
	if bad := b.ApprovalProblems(b.Name+".yaml", flow); len(bad) > 0 {
		return nil, "WhatsApp would not approve it: " + bad[0].Message, nil
	}
	known, err := d.Store.Templates(ctx, number, "")
	if err != nil {
		return nil, "", err
	}
	refs = bot.TemplatesOf(flow, b)
	if why := notReady(known, refs); why != "" {
		return nil, why, nil
	}
	for i, ref := range refs {
		refs[i].ID = stateOf(known, ref).ID
	}
	return refs, "", nil
}

// notReady says of the first of some templates that is not ready why it is not, "" where all are.
func notReady(known []bot.TemplateState, refs []bot.TemplateRef) string {
	for _, ref := range refs {
		if why := stateOf(known, ref).NotReady(ref); why != "" {
			return fmt.Sprintf("template %s in %s is not ready: %s", ref.Name, ref.Language, why)
		}
	}
	return ""
}

// armedTemplates are the templates that an occurrence needs, by the flow of today. None where it does
// not fit that.
func (d *Desk) armedTemplates(o bot.Occurrence) []bot.TemplateRef {
	flow, err := d.flow(o.Number)
	if err != nil || !d.Wire(o.Number).Templates {
		return nil
	}
	b, err := d.ArmedNow(o)
	if err != nil {
		return nil // `run` says so
	}
	refs := bot.TemplatesOf(flow, b)
	for i, ref := range refs {
		for _, armed := range o.Templates {
			if armed.Name == ref.Name && armed.Language == ref.Language {
				refs[i].ID = armed.ID
			}
		}
	}
	return refs
}

// resumable refuses to let an occurrence go on that waits for a template which is not ready yet.
// WhatsApp is asked first.
func (d *Desk) resumable(ctx context.Context, o bot.Occurrence) error {
	if o.Note != string(bot.TemplateNotReady) {
		return nil
	}
	refs := d.armedTemplates(o)
	if d.TemplateManagers != nil {
		if err := d.askTemplates(ctx, o.Number, refs); err != nil {
			return err
		}
	}
	known, err := d.Store.Templates(ctx, o.Number, "")
	if err != nil {
		return err
	}
	if why := notReady(known, refs); why != "" {
		return Refuse("%s (number %d) stays paused: %s", o.Broadcast, o.ID, why)
	}
	return nil
}

// AskTemplates asks WhatsApp for the templates of a recurring broadcast before it goes out again. It
// fails where that cannot be asked, and may be repeated.
func (d *Desk) AskTemplates(ctx context.Context, s bot.Schedule) error {
	if d.TemplateManagers == nil {
		return nil
	}
	refs := d.armedTemplates(s.Occurrence(bot.Firing{}))
	if len(refs) == 0 {
		return nil
	}
	return d.askTemplates(ctx, s.Number, refs)
}

// A WaitingTemplate is a template of a broadcast that is armed, and is not ready.
type WaitingTemplate struct {
	Broadcast string `json:"broadcast"`
	Why       string `json:"why"` // which it is, and what it lacks
}

// templates says what is known of the templates of a number, and which armed broadcasts would not go
// out by theirs.
func (d *Desk) templates(ctx context.Context, s *NumberStatus, n config.Number) error {
	if !d.Wire(n.Name).Templates {
		return nil
	}
	known, err := d.Store.Templates(ctx, n.Name, "")
	if err != nil {
		return err
	}
	for _, t := range known {
		if s.Templates == nil {
			s.Templates = map[string]int{}
		}
		s.Templates[t.Status]++
	}
	armed, err := d.ArmedDrafts(ctx, n)
	if err != nil {
		return err
	}
	for _, o := range armed {
		if why := notReady(known, d.armedTemplates(o)); why != "" {
			s.NotReady = append(s.NotReady, WaitingTemplate{Broadcast: o.Broadcast, Why: why})
		}
	}
	return nil
}

// HearTemplate asks for a template again: WhatsApp has told that it changed. Where it cannot be asked
// the template counts as not ready.
func (d *Desk) HearTemplate(ctx context.Context, number, name string) error {
	manager, err := d.templateManager(number)
	if err == nil {
		err = d.lookUpTemplate(ctx, manager, number, name)
	}
	if err == nil {
		return nil
	}
	known, failed := d.Store.Templates(ctx, number, name)
	if failed == nil && len(known) > 0 {
		for i := range known {
			known[i].Status = bot.TemplateUnknown
		}
		failed = d.Store.SawTemplates(ctx, number, name, known, d.Now())
	}
	return errors.Join(err, failed)
}
