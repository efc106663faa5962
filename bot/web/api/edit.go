package api

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"

	"optinbot/bot/desk"
)

// A Text is one of a flow or a broadcast, in YAML.
type Text struct {
	Text string `json:"text" maxLength:"900000" doc:"YAML, as the file has it."`
}

// edits are how the text of a flow is changed: a draft, which nobody hears, and its publication.
func (a *API) edits(tag, one string) {
	type AboutText struct {
		AboutNumber
		Body Text
	}
	versioned(a, operation{tag: tag, method: "GET", path: one + "/draft", id: "show-flow-draft",
		summary: "The text of the flow: its draft where there is one, else its file."},
		func(ctx context.Context, in *AboutNumber) (desk.FlowText, string, error) {
			t, err := a.Desk.FlowText(ctx, in.Number)
			return t, t.Version, err
		})
	versioned(a, operation{tag: tag, method: "PUT", path: one + "/draft", id: "save-flow-draft",
		summary: "Keep a text as the draft of the flow. Nobody hears it before it is published."},
		func(ctx context.Context, in *struct {
			AboutText
			IfMatching
		}) (desk.FlowText, string, error) {
			version, err := in.version("GET the draft")
			if err != nil {
				return desk.FlowText{}, "", err
			}
			t, err := a.Desk.SaveFlow(ctx, in.Number, version, in.Body.Text)
			return t, t.Version, err
		})
	versioned(a, operation{tag: tag, method: "DELETE", path: one + "/draft", id: "drop-flow-draft",
		summary: "Take the draft away. The answer has the text of the file."},
		func(ctx context.Context, in *struct {
			AboutNumber
			IfMatching
		}) (desk.FlowText, string, error) {
			version, err := in.version("GET the draft")
			if err != nil {
				return desk.FlowText{}, "", err
			}
			t, err := a.Desk.DropFlowDraft(ctx, in.Number, version)
			return t, t.Version, err
		})
	does(a, operation{tag: tag, method: "POST", path: one + "/check", id: "check-flow-text",
		summary: "What is wrong with a text, who would have to move, and what people would notice. Nothing is kept."},
		func(ctx context.Context, in *AboutText) (desk.FlowTextCheck, error) {
			c, err := a.Desk.CheckFlowText(ctx, in.Number, in.Body.Text)
			c.Problems = a.inShop(c.Problems)
			return c, err
		})
	a.tests(tag, one)
	a.publishes(tag, one)
}

func (a *API) tests(tag, one string) {
	does(a, operation{tag: tag, method: "POST", path: one + "/test", id: "test-flow",
		summary: "Play the conversations that test the flow, on a text or on the draft as it is. Nothing is kept."},
		func(ctx context.Context, in *struct {
			AboutNumber
			Body struct {
				Text string `json:"text,omitempty" maxLength:"900000" doc:"YAML. The draft, or else the file, where there is none."`
			}
		}) (desk.FlowTest, error) {
			if in.Body.Text == "" {
				t, err := a.Desk.FlowText(ctx, in.Number)
				if err != nil {
					return desk.FlowTest{}, err
				}
				in.Body.Text = t.Text
			}
			t, err := a.Desk.TestFlowText(ctx, in.Number, in.Body.Text)
			return a.played(t), err
		})
}

// played is what became of the tests, in the files of the shop: where they lie is the machine's affair.
func (a *API) played(t desk.FlowTest) desk.FlowTest {
	for i := range t.Results {
		t.Results[i].File = strings.TrimPrefix(t.Results[i].File, a.folder())
	}
	return t
}

func (a *API) publishes(tag, one string) {
	versioned(a, operation{tag: tag, method: "GET", path: one + "/publish", id: "offer-publication",
		summary: "What publishing the draft would do: who moves, what people will notice, which tests fail."},
		func(ctx context.Context, in *AboutNumber) (desk.FlowOffer, string, error) {
			o, err := a.Desk.OfferFlow(ctx, in.Number)
			o.Check.Problems, o.Test = a.inShop(o.Check.Problems), a.played(o.Test)
			return o, o.Text.Version + "-over-" + o.Text.InFile, err
		})
	does(a, operation{tag: tag, method: "POST", path: one + "/publish", id: "publish-flow",
		summary: "Let the number speak the draft, as the offer with that ETag showed it. The file of before is kept."},
		func(ctx context.Context, in *struct {
			AboutNumber
			IfMatching
		}) (desk.Publication, error) {
			version, err := in.version("GET the publication")
			if err != nil {
				return desk.Publication{}, err
			}
			t, err := a.Desk.FlowText(ctx, in.Number)
			if err != nil {
				return desk.Publication{}, err
			}
			if version != t.Version+"-over-"+t.InFile {
				return desk.Publication{}, problem(http.StatusPreconditionFailed, "stale", "the draft or the file has changed since you looked")
			}
			p, err := a.Desk.PublishFlow(ctx, in.Number, t.Version, t.InFile)
			if p.Kept != "" {
				p.Kept = filepath.Base(p.Kept)
			}
			if p.Moves == nil {
				p.Moves = []desk.FlowMove{}
			}
			return p, err
		})
}

// drafts are the texts of broadcasts.
func (a *API) drafts(tag, one string) {
	versioned(a, operation{tag: tag, method: "GET", path: one + "/draft", id: "show-draft", summary: "The text of a draft."},
		func(ctx context.Context, in *AboutBroadcast) (desk.DraftText, string, error) {
			t, err := a.Desk.DraftText(ctx, in.Number, in.Broadcast)
			return t, t.Version, err
		})
	versioned(a, operation{tag: tag, method: "PUT", path: one + "/draft", id: "save-draft",
		summary: "Write the text of a draft, and keep the one of before beside it. A new draft needs no If-Match. One " +
			"that is armed is armed no more."},
		func(ctx context.Context, in *struct {
			AboutBroadcast
			IfMatching
			Body Text
		}) (desk.DraftText, string, error) {
			version := ""
			if in.IfMatch != "" || a.hasDraft(ctx, in.AboutBroadcast) {
				var err error
				if version, err = in.version("GET the draft"); err != nil {
					return desk.DraftText{}, "", err
				}
			}
			t, err := a.Desk.SaveDraft(ctx, in.Number, in.Broadcast, version, in.Body.Text)
			return t, t.Version, err
		})
	does(a, operation{tag: tag, method: "POST", path: one + "/draft/check", id: "check-draft-text",
		summary: "What is wrong with a text of a draft. Nothing is kept."},
		func(ctx context.Context, in *struct {
			AboutBroadcast
			Body Text
		}) (desk.DraftCheck, error) {
			c, err := a.Desk.CheckDraftText(ctx, in.Number, in.Broadcast, in.Body.Text)
			c.Problems = a.inShop(c.Problems)
			return c, err
		})
}

// hasDraft reports whether a draft exists, so that one replaces what they have seen.
func (a *API) hasDraft(ctx context.Context, about AboutBroadcast) bool {
	_, err := a.Desk.DraftText(ctx, about.Number, about.Broadcast)
	return err == nil
}
