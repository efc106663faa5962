package api

import (
	"context"
	"errors"
	"net/http"

	"optinbot/bot/desk"
	"optinbot/store"
)

// whoHas is whoever has the key of a request.
func (a *API) whoHas(ctx context.Context, authorization string) (desk.Who, error) {
	key := desk.KeyOf(authorization)
	if key == "" {
		return desk.Who{}, problem(http.StatusUnauthorized, "no-key", "send a key, as Authorization: Bearer KEY")
	}
	who, err := a.Keys.Key(ctx, key)
	switch {
	case err == nil:
	case errors.Is(err, store.ErrUnusable), errors.Is(err, context.Canceled):
		return desk.Who{}, err
	default:
		return desk.Who{}, problem(http.StatusUnauthorized, "no-key", "there is no such key, or it is over")
	}
	who.Via = desk.ViaAPI
	return who, nil
}
