package cli

import (
	"bufio"
	"context"
	"fmt"

	"optinbot/bot/cloud"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// setUpCloud asks for what Meta has given, puts the number on the Cloud API in config.yaml, and links
// it. Then it waits until Meta has found the webhooks.
func (c LinkCmd) setUpCloud(ctx context.Context, a *App, d *desk.Desk, n config.Number) error {
	fmt.Fprintf(a.out, "Number %s is put on Meta's Cloud API. docs/cloud.md says where you find what is asked for here.\n"+
		"The secrets are read from files: what is typed is seen by others. Ctrl-C ends it, and nothing is changed.\n\n", n.Name)
	var s desk.CloudSetup
	q := questions{a: a, asks: true, keys: bufio.NewReader(a.in), unanswered: "the questions were not answered; docs/cloud.md shows " +
		"how config.yaml and the environment say the same"}
	for _, asked := range []struct {
		question string
		take     func(string) error
	}{
		{"ID of the phone number (WhatsApp Manager, Phone numbers)", s.TakePhoneNumberID},
		{"ID of the WhatsApp Business account", s.TakeWABA},
		{"File with the access token of the system user", s.TakeTokenFile},
		{"File with the app's secret (App settings, Basic)", s.TakeAppSecretFile},
	} {
		if err := q.ask("", "", asked.question, "", asked.take); err != nil {
			return err
		}
	}
	fmt.Fprintln(a.out)
	p := a.page()
	if err := d.SetUpCloud(ctx, n.Name, s, func(f desk.Finding) {
		if !f.OK {
			printFinding(p, f)
		}
	}); err != nil {
		return err
	}
	var err error
	if a.config, err = config.Load(a.defaults, a.config.File(), true, a.environ); err != nil {
		return desk.Misconfigured{Err: err}
	}
	a.sessions = sessionFiles{a.config}
	p.say("config.yaml says now that number %s is on the Cloud API. The secrets are in files of %s that only you can read: "+
		"you can take away those you gave here.", n.Name, desk.ShownPath(a.config.Path(a.config.Data)))
	now, n, err := a.openNumber(ctx, n.Name)
	if err != nil {
		return err
	}
	defer now.Close()
	if err := c.linkCloud(ctx, a, now, n); err != nil {
		return err
	}
	return a.meetMeta(ctx, now, n)
}

// meetMeta says where Meta is to post what happens, and waits until it has asked there.
func (a *App) meetMeta(ctx context.Context, d *desk.Desk, n config.Number) error {
	secrets, err := a.config.CloudSecrets(n)
	if err != nil {
		return err
	}
	p := a.page()
	p.say("\nNow Meta has to know where your bot listens. In the app's dashboard, WhatsApp, Configuration, Webhook:\n")
	p.below("  callback URL:  ", "https://YOUR-HOST%s%s", hooksPath, n.Name)
	p.below("                 ", "a proxy with a certificate passes it on to %s, as docs/cloud.md shows", a.config.Web.Hooks)
	p.below("  verify token:  ", "%s", secrets.VerifyToken)
	p.below("  fields:        ", "%s", cloud.Fields)
	if served := d.Files.Hooks(); served != (desk.PageState{}) {
		p.say("\n`optinbot run` listens there. Start it again: it reads config.yaml at its start, and answers Meta then.")
		return nil
	}
	lines, err := a.newCloudNumbers(d)
	if err != nil {
		return err
	}
	at, end, err := lines.serve(ctx)
	if err != nil {
		return err
	}
	defer end()
	if at.Problem != "" {
		p.say("\nWhether Meta finds it cannot be seen here: %s. `optinbot run` answers Meta, too.", text.Line(at.Problem))
		return nil
	}
	p.say("\nWaiting for Meta's question at that address. Ctrl-C ends the waiting: the number is linked, and `optinbot run` answers Meta, too.")
	select {
	case <-lines.hook.Met(n.Name):
		p.say("Meta has asked, and has its answer. `optinbot run` starts the bot.")
	case <-ctx.Done():
	}
	return nil
}
