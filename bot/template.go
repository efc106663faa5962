package bot

import (
	"context"
	"slices"
	"time"

	"optinbot/flows"
)

// A TemplateDraft is a template to be handed in for review, in one language.
type TemplateDraft struct {
	Name     string
	Language string // as WhatsApp spells it: pt_BR
	Body     string // its holes are {{name}}
	Examples []TemplateExample
	Footer   string   // without holes
	Buttons  []string // quick replies
}

// A TemplateExample shows WhatsApp's reviewers what fills a hole.
type TemplateExample struct{ Name, Text string }

// A SeenTemplate is a template as WhatsApp has it. Its texts are foreign.
type SeenTemplate struct {
	ID, Name, Language string
	Category           string // MARKETING
	Status             string // APPROVED, PENDING, REJECTED, PAUSED, DISABLED …
	Quality            string // GREEN, YELLOW, RED, UNKNOWN
	Reason             string // of a rejection
	Named              bool   // its holes have names, else numbers
	Header             string // IMAGE, VIDEO, DOCUMENT, TEXT. "": none
	Body, Footer       string
	Buttons            []string // all, quick replies and others, in order
	Others             bool     // it has parts that are not read here: it can be no draft of ours
}

// TemplateManager is where templates are handed in and looked up.
type TemplateManager interface {
	// Submit hands a template in and returns its ID and status. What becomes of it, Templates tells.
	Submit(ctx context.Context, d TemplateDraft) (id, status string, err error)

	// Templates are the account's templates. name may be "" for all of them.
	Templates(ctx context.Context, name string) ([]SeenTemplate, error)
}

// A TemplateRef names a template and the words that it has to have.
type TemplateRef struct {
	Name     string `json:"name"`
	Language string `json:"language"` // as WhatsApp spells it
	ID       string `json:"id,omitempty"`
	Hash     string `json:"hash"` // of its words: see flows.HashApproval
}

// A TemplateState is what is known of a template of a number.
type TemplateState struct {
	TemplateRef
	Status, Category, Quality, Reason string
	Seen                              time.Time // when WhatsApp last told
}

// State is what is kept of a template: its words only as a hash. One that holds what no draft of ours
// can has none.
func (s SeenTemplate) State(now time.Time) TemplateState {
	state := TemplateState{
		TemplateRef: TemplateRef{Name: s.Name, Language: s.Language, ID: s.ID},
		Status:      s.Status, Category: s.Category, Quality: s.Quality, Reason: s.Reason, Seen: now,
	}
	if !s.Others {
		state.Hash = flows.HashApproval(s.Header, s.Body, s.Footer, s.Buttons)
	}
	return state
}

// What a template has to be, as WhatsApp spells it.
const (
	TemplateApproved  = "APPROVED"
	TemplatePending   = "PENDING"
	TemplateAppealed  = "IN_APPEAL"
	TemplateUnknown   = "UNKNOWN" // our own: it changed, and nobody could ask how
	TemplateMarketing = "MARKETING"
	TemplateRed       = "RED"
)

// A TemplateLack is what a template lacks, so that a promotion cannot go out by it.
type TemplateLack string

// What a template may lack.
const (
	TemplateReady    TemplateLack = ""         // nothing
	TemplateMissing  TemplateLack = "missing"  // WhatsApp does not have it
	TemplateInReview TemplateLack = "review"   // WhatsApp looks at it
	TemplateUnasked  TemplateLack = "unasked"  // it changed, and WhatsApp could not be asked
	TemplateRefused  TemplateLack = "refused"  // WhatsApp does not let it go out, or not any more
	TemplateCategory TemplateLack = "category" // it is no marketing template
	TemplateWords    TemplateLack = "words"    // they are others than the draft's
	TemplateAnother  TemplateLack = "another"  // it was made anew since it was armed
	TemplateQuality  TemplateLack = "quality"  // people did not like it
)

// Lacks says what a template lacks. The words have to be those that are meant, to the letter.
func (s TemplateState) Lacks(want TemplateRef) TemplateLack {
	switch {
	case s.Name == "":
		return TemplateMissing
	case s.Status == TemplatePending || s.Status == TemplateAppealed:
		return TemplateInReview
	case s.Status == TemplateUnknown:
		return TemplateUnasked
	case s.Status != TemplateApproved:
		return TemplateRefused
	case s.Category != TemplateMarketing:
		return TemplateCategory
	case s.Hash != want.Hash:
		return TemplateWords
	case want.ID != "" && s.ID != want.ID:
		return TemplateAnother
	case s.Quality == TemplateRed:
		return TemplateQuality
	}
	return TemplateReady
}

// NotReady says why a promotion cannot go out by a template, "" where it can.
func (s TemplateState) NotReady(want TemplateRef) string {
	switch s.Lacks(want) {
	case TemplateMissing:
		return "WhatsApp does not have it: `broadcast template submit` hands it in"
	case TemplateUnasked:
		return "it has changed, and WhatsApp could not be asked how: `broadcast template status` asks again"
	case TemplateInReview, TemplateRefused:
		return "WhatsApp has it as " + s.Status
	case TemplateCategory:
		return "its category is " + s.Category + ", not " + TemplateMarketing
	case TemplateWords:
		return "its words are others than the draft's"
	case TemplateAnother:
		return "it is another template than the one that was armed"
	case TemplateQuality:
		return "its quality is " + TemplateRed
	}
	return ""
}

// TemplatesOf are the templates that a broadcast needs.
func TemplatesOf(flow *flows.Flow, b *flows.Broadcast) (refs []TemplateRef) {
	for _, a := range b.Approvals(flow) {
		refs = append(refs, refOf(a))
	}
	return refs
}

func refOf(a flows.Approval) TemplateRef {
	return TemplateRef{Name: a.Name, Language: a.Code, Hash: a.Hash()}
}

// RenderTemplate is RenderPromotion for a wire on which promotions are templates. Text is what the
// person reads.
func RenderTemplate(flow *flows.Flow, b *flows.Broadcast, c *Contact) Promotion {
	variants := b.Text.In(c.Language, flow.Languages)
	if len(variants) == 0 {
		return Promotion{Holes: []string{"text"}}
	}
	i := variantFor(b.Name, c.ID, len(variants))
	language := c.Language
	if !slices.Contains(flow.Languages, language) {
		language = flow.Languages[0]
	}
	a := b.Approval(language, i, flow)
	body, filled, holes := a.Fill(func(name string) string { return c.value(name, flow) })
	if a.Footer == "" || len(a.Buttons) == 0 {
		holes = append(holes, "hint")
	}
	t := &Template{Name: a.Name, Language: a.Code, Hash: a.Hash(), Buttons: []string{StopPayload}}
	for i, hole := range a.Holes {
		t.Parameters = append(t.Parameters, Parameter{Name: hole.Name, Text: filled[i]})
	}
	return Promotion{Text: body + "\n\n" + a.Footer, Variant: i + 1, Holes: holes, Template: t}
}

// RenderFor writes one person's promotion as the wire sends it.
func RenderFor(wire Abilities, flow *flows.Flow, b *flows.Broadcast, c *Contact) Promotion {
	if wire.Templates {
		return RenderTemplate(flow, b, c)
	}
	return RenderPromotion(flow, b, c)
}
