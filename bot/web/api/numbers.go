package api

import (
	"bytes"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"optinbot/bot/desk"
	"optinbot/store"
)

// Reasoned is why somebody does what goes into the ledger.
type Reasoned struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1000" doc:"Why. It goes into the ledger."`
}

func (a *API) numbers() {
	const tag = "numbers"
	type Notices struct {
		Last int `query:"notices" default:"5" minimum:"0" maximum:"200" doc:"How many of the last notices."`
	}
	does(a, operation{tag: tag, method: "GET", path: "/numbers", id: "list-numbers",
		summary: "How each number is doing, as `status --json` says it."},
		func(ctx context.Context, in *Notices) ([]desk.NumberStatus, error) {
			list, err := a.Desk.Statuses(ctx, in.Last)
			w, _ := desk.WhoActs(ctx)
			seen := []desk.NumberStatus{}
			for _, n := range list {
				if w.MaySee(n.Name) {
					seen = append(seen, n)
				}
			}
			return seen, err
		})
	does(a, operation{tag: tag, method: "GET", path: "/numbers/{number}", id: "show-number", summary: "How a number is doing."},
		func(ctx context.Context, in *struct {
			AboutNumber
			Notices
		}) (desk.NumberStatus, error) {
			n, err := a.Desk.Number(in.Number)
			if err != nil {
				return desk.NumberStatus{}, err
			}
			return a.Desk.Status(ctx, n, in.Last)
		})
	does(a, operation{tag: tag, method: "GET", path: "/numbers/{number}/notices", id: "list-notices",
		summary: "What the operator was told, the newest first."},
		func(ctx context.Context, in *struct {
			AboutNumber
			Limit int `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"At most so many."`
		}) ([]store.Notice, error) {
			n, err := a.Desk.Number(in.Number)
			if err != nil {
				return nil, err
			}
			s, err := a.Desk.Status(ctx, n, in.Limit)
			return s.Notices, err
		})
	a.release(tag)
	a.link(tag)
	a.invite(tag)
	does(a, operation{tag: "shop", method: "GET", path: "/doctor", id: "examine",
		summary: "What `doctor` finds, and what to do."},
		func(ctx context.Context, _ *struct{}) ([]desk.Finding, error) {
			found, err := a.Desk.Examine(ctx)
			return found.Findings, err
		})
	does(a, operation{tag: "shop", method: "GET", path: "/acts", id: "list-acts",
		summary: "Who did what, the newest first."},
		func(ctx context.Context, in *struct {
			Number string `query:"number" maxLength:"100" doc:"Only about this number."`
			Who    string `query:"who" maxLength:"100" doc:"Only theirs."`
			Before int64  `query:"before" minimum:"0" doc:"Only those before this ID."`
			Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"At most so many."`
		}) ([]store.ActRow, error) {
			list, err := a.Desk.Acts(ctx, desk.ActQuery{Number: in.Number, Who: in.Who, Before: in.Before, Limit: in.Limit})
			return append([]store.ActRow{}, list...), err
		})
	does(a, operation{tag: "shop", method: "POST", path: "/backups", id: "back-up", status: http.StatusCreated,
		summary: "Write a backup on the machine of the bot. It is not sent anywhere."},
		func(ctx context.Context, _ *struct{}) (desk.BackupMade, error) {
			return a.Desk.BackUp(ctx, desk.BackupOrder{})
		})
}

// release ends the safe mode of a restored number.
func (a *API) release(tag string) {
	type released struct {
		People int `json:"people" doc:"Who was released with the number. Nobody became subscribed by it."`
	}
	does(a, operation{tag: tag, method: "GET", path: "/numbers/{number}/release", id: "offer-number-release",
		summary: "What the end of the safe mode of a restored number would mean."},
		func(ctx context.Context, in *struct {
			AboutNumber
			People bool `query:"people" default:"true" doc:"With the people who wait because of the restore."`
		}) (desk.NumberReleaseOffer, error) {
			return a.Desk.OfferNumberRelease(ctx, in.Number, in.People)
		})
	does(a, operation{tag: tag, method: "POST", path: "/numbers/{number}/release", id: "release-number",
		summary: "End the safe mode of a restored number. Nobody becomes subscribed by it."},
		func(ctx context.Context, in *struct {
			AboutNumber
			Body struct {
				Reasoned
				People bool `json:"people" doc:"With the people who wait because of the restore."`
			}
		}) (released, error) {
			n, err := a.Desk.ReleaseNumber(ctx, in.Number, in.Body.Reason, in.Body.People)
			return released{n}, err
		})
}

// Asked is which invitation is asked for.
type Asked struct {
	Source   string `json:"source,omitempty" pattern:"^[a-z0-9][a-z0-9-]{0,30}$" doc:"Where people see it, such as window. It is recorded with their consent."`
	Language string `json:"language,omitempty" maxLength:"10" doc:"Of the phrase. The flow's first where there is none."`
}

func (a *API) invite(tag string) {
	does(a, operation{tag: tag, method: "POST", path: "/numbers/{number}/invite", id: "invite",
		summary: "The link by which people ask for promotions. The source is noted."},
		func(ctx context.Context, in *struct {
			AboutNumber
			Body Asked
		}) (desk.Invitation, error) {
			return a.Desk.Invite(ctx, in.Number, in.Body.Source, in.Body.Language)
		})
	does(a, operation{tag: tag, method: "GET", path: "/numbers/{number}/sources", id: "list-sources",
		summary: "Where people see the number, with how many times somebody asked for promotions by each."},
		func(ctx context.Context, in *struct{ AboutNumber }) ([]store.Source, error) {
			return a.Desk.Sources(ctx, in.Number)
		})
	type posterRequest struct {
		Asked
		Format string `json:"format,omitempty" enum:"svg,png" default:"svg"`
	}
	type input struct {
		AboutNumber
		Body posterRequest
	}
	op := operation{tag: tag, method: "POST", path: "/numbers/{number}/poster", id: "make-poster",
		summary: "A poster of the link, to be printed on A4. The source is noted."}.described()
	op.Responses = files("image/svg+xml", "image/png")
	huma.Register(a.huma, op, func(ctx context.Context, in *input) (*file, error) {
		if err := a.before(ctx, in); err != nil {
			return nil, err
		}
		v, err := a.Desk.Invite(ctx, in.Number, in.Body.Source, in.Body.Language)
		if err != nil {
			return nil, a.problemOf(err)
		}
		p, out := v.Poster(), bytes.Buffer{}
		draw, is := p.SVG, "image/svg+xml"
		if in.Body.Format == "png" {
			draw, is = p.PNG, "image/png"
		}
		if err := draw(&out); err != nil {
			return nil, a.problemOf(desk.Refuse("%v", err))
		}
		return &file{is, out.Bytes()}, nil
	})
}

// A file is an answer that is not JSON.
type file struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// files describes an answer that is a file of one of these types.
func files(types ...string) map[string]*huma.Response {
	content := map[string]*huma.MediaType{}
	for _, t := range types {
		content[t] = &huma.MediaType{Schema: &huma.Schema{Type: "string"}}
	}
	return map[string]*huma.Response{"200": {Description: "OK", Content: content}}
}
