package api

import (
	"context"

	"optinbot/bot/desk"
	"optinbot/store"
)

func (a *API) consent() {
	const tag, one = "consent", "/numbers/{number}/contacts/{contact}/consent"
	does(a, operation{tag: tag, method: "GET", path: one, id: "show-consent",
		summary: "The proof of one person's consent: the entries of the ledger about them."},
		func(ctx context.Context, in *AboutContact) ([]store.LedgerEntry, error) {
			v, err := a.Desk.ShowConsent(ctx, in.Number, in.named())
			return append([]store.LedgerEntry{}, v.Entries...), err
		})
	does(a, operation{tag: tag, method: "GET", path: one + "/export", id: "export-consent-of",
		summary: "The proof of one person's consent, in a form that others can verify."},
		func(ctx context.Context, in *AboutContact) (*desk.ConsentExport, error) {
			return a.Desk.ExportConsentOf(ctx, in.Number, in.named())
		})
	does(a, operation{tag: tag, method: "GET", path: "/numbers/{number}/consent", id: "list-ledger",
		summary: "The ledger of a number, page by page, the newest entry first."},
		func(ctx context.Context, in *struct {
			AboutNumber
			Before int64 `query:"before" minimum:"0" doc:"Only entries before this one, by its seq."`
			Limit  int   `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"At most so many."`
		}) (desk.LedgerPage, error) {
			v, err := a.Desk.Ledger(ctx, in.Number, in.Before, in.Limit)
			v.Entries = append([]store.LedgerLine{}, v.Entries...)
			return v, err
		})
	does(a, operation{tag: tag, method: "GET", path: "/numbers/{number}/consent/export", id: "export-consent",
		summary: "The whole ledger of a number, in a form that others can verify."},
		func(ctx context.Context, in *AboutNumber) (*desk.ConsentExport, error) {
			return a.Desk.ExportConsent(ctx, in.Number)
		})
	does(a, operation{tag: tag, method: "GET", path: "/numbers/{number}/consent/verification", id: "verify-consent",
		summary: "Whether the chain of the ledger holds."},
		func(ctx context.Context, in *struct {
			AboutNumber
			Head string `query:"head" maxLength:"200" doc:"A head that was noted earlier: cuts and rewrites are found too."`
		}) ([]store.Verification, error) {
			list, err := a.Desk.VerifyConsent(ctx, in.Number, in.Head, nil)
			return append([]store.Verification{}, list...), err
		})
}
