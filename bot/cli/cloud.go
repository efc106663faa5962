package cli

import (
	"context"
	"errors"

	"optinbot/bot"
	"optinbot/bot/cloud"
	"optinbot/bot/config"
	"optinbot/bot/desk"
)

// cloudNumbers opens the numbers on Meta's Cloud API. Their webhooks come in by one hook.
type cloudNumbers struct {
	app  *App
	desk *desk.Desk
	hook *cloud.Hook // nil where no number is on the Cloud API
}

// newCloudNumbers knows every number whose secrets can be read, before any of them is connected: what
// comes in for one that is not served yet is left with Meta.
func (a *App) newCloudNumbers(d *desk.Desk) (*cloudNumbers, error) {
	l := &cloudNumbers{app: a, desk: d}
	numbers := a.config.OnCloud()
	if len(numbers) == 0 {
		return l, nil
	}
	var err error
	if l.hook, err = cloud.NewHook(nil, a.log, a.now); err != nil {
		return nil, err
	}
	for _, n := range numbers {
		if _, err := l.know(n); err != nil { // it is told again when the number cannot be served
			a.log.Warn("webhooks of a number cannot come in", "number", n.Name, "error", err)
		}
	}
	return l, nil
}

// know lets a number's webhooks in, with its secrets as they are now.
func (l *cloudNumbers) know(n config.Number) (config.CloudSecrets, error) {
	secrets, err := l.app.config.CloudSecrets(n)
	if err != nil {
		return secrets, err
	}
	return secrets, l.hook.Know(cloud.HookNumber{
		Name: n.Name, PhoneNumberID: n.Cloud.PhoneNumberID, WABA: n.Cloud.WABA, AppSecret: secrets.AppSecret,
		VerifyToken: secrets.VerifyToken,
	})
}

// A cloudLine is a number's line, which only one process has.
type cloudLine struct {
	*cloud.Client
	release func() error
}

// Close ends the line and lets another process have it.
func (l *cloudLine) Close() error {
	err := l.Client.Close()
	if l.release != nil {
		err, l.release = errors.Join(err, l.release()), nil
	}
	return err
}

// open opens a number. It is its bot.OpenConnection.
func (l *cloudNumbers) open(ctx context.Context, o bot.ConnectionOptions) (bot.Connection, error) {
	n := l.desk.Numbers[o.Number]
	row, err := l.desk.Store.Number(ctx, n.Name)
	if err != nil {
		return nil, err
	}
	if !l.app.config.LinkedTo(n, row.JID) || row.Portfolio == "" {
		return nil, bot.ErrNotLinked
	}
	secrets, err := l.know(n)
	if err != nil {
		return nil, err
	}
	release, err := l.desk.Files.TakeCloud(n.Name)
	if err != nil {
		return nil, err
	}
	options := l.app.cloudOptions(n, secrets)
	options.Number, options.Inbound, options.Media, options.Now = n.Name, o.Inbound, o.Media, o.Now
	options.Portfolio, options.Phone, options.DownSince, options.Hook = row.Portfolio, row.Phone, row.CameUntil, l.hook
	options.Keep = func(ctx context.Context, raw []byte) error {
		return l.desk.Store.KeepUnread(ctx, n.Name, raw, l.app.now())
	}
	options.Templates = l.heardOfTemplates(n.Name)
	client, err := cloud.Open(options)
	if err != nil {
		return nil, errors.Join(err, release())
	}
	return &cloudLine{client, release}, nil
}

// cloudOptions are what the configuration says of a number.
func (a *App) cloudOptions(n config.Number, secrets config.CloudSecrets) cloud.Options {
	o := cloud.Options{
		Number: n.Name, PhoneNumberID: n.Cloud.PhoneNumberID, WABA: n.Cloud.WABA, Token: secrets.Token,
		AppSecret: secrets.AppSecret, Notify: n.Notify, Server: a.config.Cloud.TestServer, Log: a.log, Now: a.now,
		SendTimeout: a.config.WhatsApp.SendTimeout.D(),
	}
	if a.config.Cloud.TestLimits == "off" {
		o.Hasty, o.LookEvery = true, poll
	}
	return o
}
