package cli

import (
	"context"

	"optinbot/bot/cloud"
	"optinbot/bot/config"
	"optinbot/bot/desk"
)

// cloudAccount is a number's account at Meta, as the desk asks it.
type cloudAccount struct{ *cloud.Client }

// openCloud is the desk's way to Meta.
func (a *App) openCloud(n config.Number, secrets config.CloudSecrets) (desk.CloudAccount, error) {
	client, err := cloud.Open(a.cloudOptions(n, secrets))
	if err != nil {
		return nil, err
	}
	return cloudAccount{client}, nil
}

func (c cloudAccount) Token(ctx context.Context) (desk.CloudToken, error) {
	t, err := c.Client.Token(ctx)
	return desk.CloudToken{Valid: t.Valid, Expires: t.Expires, Missing: t.Missing}, err
}

func (c cloudAccount) Phones(ctx context.Context) (all []desk.CloudPhone, err error) {
	phones, err := c.Client.Phones(ctx)
	for _, p := range phones {
		all = append(all, desk.CloudPhone{ID: p.ID, Phone: p.Phone, Name: p.Name})
	}
	return all, err
}

func (c cloudAccount) Quality(ctx context.Context) (quality, limit string, err error) {
	err = c.Poll(ctx)
	h := c.Health()
	return h.Quality, h.Limit, err
}
