package api

import (
	"context"
	"net/http"
	"path/filepath"

	"github.com/danielgtaylor/huma/v2"

	"optinbot/bot/desk"
	"optinbot/flows"
	"optinbot/store"
)

func (a *API) flow() {
	const tag, one = "flow", "/numbers/{number}/flow"
	does(a, operation{tag: tag, method: "GET", path: "/flows/check", id: "check-flows",
		summary: "Every problem of every flow and every draft, with its place and what to do."},
		func(ctx context.Context, _ *struct{}) ([]flows.Problem, error) {
			c, err := a.Desk.CheckShop(ctx)
			return a.inShop(c.Problems), err
		})
	does(a, operation{tag: tag, method: "GET", path: one + "/diff", id: "diff-flow",
		summary: "In words, what people will notice of the file as it is now."},
		func(ctx context.Context, in *AboutNumber) ([]string, error) {
			return desk.DiffFlows(ctx, a.Desk.Options, desk.FlowDiff{Number: in.Number})
		})
	does(a, operation{tag: tag, method: "GET", path: one + "/states/{state}", id: "explain-state",
		summary: "What can happen in a state, in sentences."},
		func(ctx context.Context, in *struct {
			AboutNumber
			State string `path:"state" maxLength:"200"`
		}) (desk.ExplainedState, error) {
			return a.Desk.Files.Explain(ctx, in.Number, in.State)
		})
	does(a, operation{tag: tag, method: "GET", path: one + "/versions", id: "list-flow-versions",
		summary: "The versions that a number has run with, the newest first."},
		func(ctx context.Context, in *AboutNumber) ([]store.FlowVersion, error) {
			return a.Desk.FlowVersions(ctx, in.Number)
		})
	a.edits(tag, one)
	a.graph(tag, one)
	a.rollback(tag, one)
	a.reload(tag, one)
}

func (a *API) graph(tag, one string) {
	type input struct {
		AboutNumber
		Format string `query:"format" enum:"mermaid,svg,dot" default:"mermaid" doc:"As what it is drawn."`
	}
	op := operation{tag: tag, method: "GET", path: one + "/graph", id: "draw-flow", summary: "A picture of the flow."}.described()
	types := map[string]string{"svg": "image/svg+xml", "dot": "text/vnd.graphviz", "mermaid": "text/plain"}
	op.Responses = files("image/svg+xml", "text/vnd.graphviz", "text/plain")
	huma.Register(a.huma, op, func(ctx context.Context, in *input) (*file, error) {
		if err := a.before(ctx, in); err != nil {
			return nil, err
		}
		drawn, err := a.Desk.Files.DrawFlow(ctx, in.Number, in.Format)
		if err != nil {
			return nil, a.problemOf(err)
		}
		return &file{types[in.Format], []byte(drawn)}, nil
	})
}

func (a *API) rollback(tag, one string) {
	type rolledBack struct {
		Kept string `json:"kept" doc:"The file in which lies what was there. Empty: there was none."`
	}
	versioned(a, operation{tag: tag, method: "GET", path: one + "/rollback", id: "offer-rollback",
		summary: "Which version would be written back, and over what."},
		func(ctx context.Context, in *struct {
			AboutNumber
			Version string `query:"version" maxLength:"100" doc:"The one before what the file has where there is none."`
		}) (desk.RollbackOffer, string, error) {
			n, err := a.Desk.Number(in.Number)
			if err != nil {
				return desk.RollbackOffer{}, "", err
			}
			o, err := a.Desk.OfferRollback(ctx, n, in.Version)
			o.File = filepath.Base(o.File) // where it lies is the machine's affair
			return o, "over-" + o.Replaces, err
		})
	does(a, operation{tag: tag, method: "POST", path: one + "/rollback", id: "roll-back-flow",
		summary: "Write an earlier version into the file. The running bot takes it as it takes any edit."},
		func(ctx context.Context, in *struct {
			AboutNumber
			IfMatching
			Body struct {
				Version string `json:"version" minLength:"1" maxLength:"100" doc:"One of the versions that the number has run with."`
			}
		}) (rolledBack, error) {
			over, err := in.version("GET the rollback")
			if err != nil {
				return rolledBack{}, err
			}
			n, err := a.Desk.Number(in.Number)
			if err != nil {
				return rolledBack{}, err
			}
			o, err := a.Desk.OfferRollback(ctx, n, in.Body.Version)
			if err != nil {
				return rolledBack{}, err
			}
			if "over-"+o.Replaces != over {
				return rolledBack{}, problem(http.StatusPreconditionFailed, "stale", "the file was edited meanwhile; look at it again")
			}
			before, err := a.Desk.RollBack(ctx, n, o)
			if before != "" {
				before = filepath.Base(before)
			}
			return rolledBack{before}, err
		})
}

func (a *API) reload(tag, one string) {
	does(a, operation{tag: tag, method: "GET", path: one + "/reload", id: "offer-reload",
		summary: "What the running bot would make of an edit: what people will notice, and who moves to another state."},
		func(ctx context.Context, in *AboutNumber) (desk.ReloadPreview, error) {
			n, err := desk.NumberOf(a.Desk.Config, in.Number)
			if err != nil {
				return desk.ReloadPreview{}, err
			}
			return a.Desk.PreviewReload(ctx, n)
		})
	does(a, operation{tag: tag, method: "POST", path: one + "/reload", id: "reload-flow", status: http.StatusAccepted,
		summary: "Let the running bot take an edit now. It is refused where the bot would not take it."},
		func(ctx context.Context, in *AboutNumber) (desk.ReloadPreview, error) {
			return a.Desk.RequestReload(ctx, in.Number)
		})
}
