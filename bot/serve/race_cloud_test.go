package serve

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cli/clitest"
	"optinbot/bot/cloud"
	"optinbot/bot/cloud/cloudtest"
	"optinbot/bot/config"
	"optinbot/bot/desk"
)

// TestC2StopRaceCloud is the race on the Cloud API, over HTTP: as many promotions are under way as Meta takes, people
// write to Meta, which posts webhooks, several at a time. A stop is acknowledged when its webhook is answered with 200.
// What reached somebody is what Meta handed to their phone.
func TestC2StopRaceCloud(t *testing.T) {
	t.Parallel()
	n := *raceStops
	if testing.Short() {
		n = min(n, 200)
	}
	raceOnCloud(t, min(n, 400))
}

// TestC2StopRaceCloudLong is the same with more people.
func TestC2StopRaceCloudLong(t *testing.T) {
	clitest.Long(t)
	raceOnCloud(t, 2000)
}

func raceOnCloud(t *testing.T, people int) {
	t.Helper()
	srv := cloudtest.NewServer()
	defer srv.Close()
	srv.SetClock(time.Now)
	n := srv.Number()
	r := newStopRace(t, people, func(c *config.Config) {
		of := &c.Numbers[0]
		of.Transport, of.Cloud = config.TransportCloud, config.CloudNumber{PhoneNumberID: n.ID, WABA: n.WABA}
		c.Cloud = config.Cloud{TestServer: srv.URL(), TestLimits: "off"}
	})
	for i, p := range r.people {
		p.phone = fictional(i)
	}
	const verify = "the verify token"
	hook, err := cloud.NewHook([]cloud.HookNumber{
		{Name: mainNumber, PhoneNumberID: n.ID, WABA: n.WABA, AppSecret: srv.AppSecret(), VerifyToken: verify},
	}, nil, time.Now)
	must(t, err)
	web := httptest.NewServer(hook)
	defer web.Close()
	server := &numberServer{Desk: r.desk, number: r.desk.Numbers[mainNumber]}
	client, err := cloud.Open(cloud.Options{
		Number: mainNumber, PhoneNumberID: n.ID, WABA: n.WABA, Portfolio: cloudtest.Portfolio, Token: srv.Token(), AppSecret: srv.AppSecret(),
		Server: srv.URL(), Hasty: true, Hook: hook, Inbound: server, Now: time.Now, LookEvery: 5 * time.Millisecond,
	})
	must(t, err)
	defer client.Close()
	must(t, r.desk.Store.Linked(r.ctx, mainNumber, n.ID, n.Phone, time.Now()))

	way := cloudWay{race: r, srv: srv, client: client}
	r.way, r.transport, r.inFlight, r.armed = way, client, client.Throughput(), way.approve
	r.pump = r.newPump()
	server.client, server.Inbound = client, r.pump
	server.addresses = server.newAddressFinder()
	must(t, client.Connect(r.ctx))
	must(t, srv.Subscribe(r.ctx, web.URL+"/whatsapp/"+mainNumber, verify))
	ended := make(chan struct{})
	delivers, end := context.WithCancel(r.ctx)
	go func() { defer close(ended); way.deliver(delivers) }()
	defer func() { end(); <-ended }()
	r.run()
	client.Disconnect()
}

// cloudWay writes as somebody at Meta.
type cloudWay struct {
	race   *stopRace
	srv    *cloudtest.Server
	client *cloud.Client
}

func (w cloudWay) write(ctx context.Context, person int, text string) error {
	p := w.srv.Person(w.race.people[person].phone)
	return p.WaitAcknowledged(ctx, p.Send(text))
}

func (w cloudWay) promotions(person int) int {
	n := 0
	for _, r := range w.srv.Person(w.race.people[person].phone).Received() {
		if strings.Contains(r.Text, "20% off") && r.Type == "template" {
			n++
		}
	}
	return n
}

// deliver posts whatever there is, all of it at a time.
func (w cloudWay) deliver(ctx context.Context) {
	for ctx.Err() == nil {
		_ = w.srv.WaitUntil(ctx, func() bool { n, _ := w.srv.Pending(); return n > 0 })
		w.srv.DeliverAtOnce(ctx)
	}
}

// settle waits until Meta has told everything.
func (w cloudWay) settle(ctx context.Context) error {
	if err := w.srv.WaitUntil(ctx, func() bool { n, _ := w.srv.Pending(); return n == 0 }); err != nil {
		return err
	}
	w.srv.Deliver(ctx) // not before what is under way was answered
	return ctx.Err()
}

// approve lets Meta approve the templates of a broadcast, and the bot know.
func (w cloudWay) approve(ctx context.Context, o *bot.Occurrence) error {
	b, err := w.race.desk.ArmedNow(*o)
	if err != nil {
		return err
	}
	flow := w.race.desk.Machine(mainNumber).Flow
	for _, a := range b.Approvals(flow) {
		w.srv.Number().AddTemplate(cloudtest.Template{Name: a.Name, Language: a.Code, Body: a.Body, Footer: a.Footer, Buttons: a.Buttons})
	}
	for _, want := range bot.TemplatesOf(flow, b) {
		seen, err := w.client.Templates(ctx, want.Name)
		if err != nil {
			return err
		}
		var states []bot.TemplateState
		for _, t := range seen {
			states = append(states, t.State(time.Now()))
		}
		if len(states) != 1 || states[0].NotReady(want) != "" {
			return desk.Refuse("the template is not ready: %v", states)
		}
		if err := w.race.desk.Store.SawTemplates(ctx, mainNumber, want.Name, states, time.Now()); err != nil {
			return err
		}
		want.ID = states[0].ID
		o.Templates = append(o.Templates, want)
	}
	return nil
}
