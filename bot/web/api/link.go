package api

import (
	"context"
	"net/http"

	"optinbot/bot/desk"
)

// link links a number to a phone, step by step. Whoever sees a code can link the number, so only
// those see it who may.
func (a *API) link(tag string) {
	const one = "/numbers/{number}/link"
	does(a, operation{tag: tag, method: "POST", path: one, id: "start-linking", status: http.StatusAccepted,
		summary: "Begin to link a number to a phone. What there is to scan or to type comes with GET."},
		func(ctx context.Context, in *struct {
			AboutNumber
			Body struct {
				Phone string `json:"phone,omitempty" maxLength:"60" doc:"Of the number, for a code to type. A code to scan where there is none."`
			}
		}) (desk.Linking, error) {
			return a.Desk.StartLinking(ctx, in.Number, in.Body.Phone)
		})
	does(a, operation{tag: tag, method: "GET", path: one, id: "show-linking",
		summary: "How far the last linking has come. Owners see the code, which is another one every few seconds."},
		func(ctx context.Context, in *AboutNumber) (desk.Linking, error) {
			now, _, ok := a.Desk.Linking(in.Number)
			if !ok {
				return now, problem(http.StatusNotFound, "not-found", "nobody has begun to link "+in.Number)
			}
			if who, _ := desk.WhoActs(ctx); !who.May(desk.ActLinkNumber) {
				now.Code = ""
			}
			return now, nil
		})
	acts(a, operation{tag: tag, method: "DELETE", path: one, id: "end-linking",
		summary: "End the linking that is under way."},
		func(ctx context.Context, in *AboutNumber) error { return a.Desk.EndLinking(ctx, in.Number) })
}
