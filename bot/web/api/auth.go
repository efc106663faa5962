package api

import (
	"context"
	"net/http"
	"strings"

	"optinbot/bot/desk"
)

// whoHas is whoever has the key of a request.
func (a *API) whoHas(ctx context.Context, authorization string) (desk.Who, error) {
	scheme, token, ok := strings.Cut(authorization, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return desk.Who{}, problem(http.StatusUnauthorized, "no-key", "send a key, as Authorization: Bearer KEY")
	}
	who, err := a.Keys.Key(ctx, strings.TrimSpace(token))
	if err != nil {
		return desk.Who{}, err
	}
	who.Via = desk.ViaAPI
	return who, nil
}
