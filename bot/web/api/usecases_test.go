package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/flows"
	"optinbot/store"
)

const (
	weekly = "flows/broadcasts/weekly.yaml"
	offer  = "text: {en: \"Hi {first_name|there}!\", pt: Oi!, es: Hola}\n"
	one    = "/numbers/main/contacts/" + ana
	list   = "/numbers/main/broadcasts/weekly"
	flowAt = "/numbers/main/flow"
	why    = `{"reason": "asked in the shop"}`
	hook   = "/webhooks/1"

	receiver = "https://crm.example/hook"
)

// A useCase is one thing that an operator can do, by the command line and by the API.
type useCase struct {
	name               string
	method, path, body string
	looks              string // where the ETag comes from that it wants
	before             func(*shop)
	cli                func(context.Context, *shop) (any, error)
}

func before(acts ...string) func(*shop) {
	return func(s *shop) {
		for _, act := range acts {
			s.does(act)
		}
	}
}

// does does something that a use case needs to have been done, as the program itself.
func (s *shop) does(act string) {
	s.t.Helper()
	err := error(nil)
	switch act {
	case "arm":
		var p *desk.Preview
		p, err = s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{})
		must(s.t, err)
		_, err = s.Schedule(s.Ctx, "main", "weekly", desk.ScheduleOptions{}, p.Version)
	case "arm now":
		var p *desk.Preview
		p, err = s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{Now: true})
		must(s.t, err)
		_, err = s.Schedule(s.Ctx, "main", "weekly", desk.ScheduleOptions{Now: true}, p.Version)
	case "pause":
		_, err = s.PauseBroadcast(s.Ctx, "main", "weekly")
	case "take over":
		_, err = s.PauseContact(s.Ctx, "main", ana)
	case "tag":
		sheet := desk.Sheet{Name: "list", Rows: []desk.SheetRow{
			{Line: 1, Fields: []string{"phone", "tags"}}, {Line: 2, Fields: []string{ana, "vip"}},
		}}
		_, err = s.ImportContacts(s.Ctx, "main", sheet, false, func(int, int) {})
	case "source":
		_, err = s.Invite(s.Ctx, "main", "window", "")
		must(s.t, err)
		s.does("Dora +12125550104 > I want promotions #window")
	case "start":
		s.Start()
	case "draft":
		var t desk.FlowText
		t, err = s.FlowText(s.Ctx, "main")
		must(s.t, err)
		_, err = s.SaveFlow(s.Ctx, "main", t.Version, farewell(t.Text))
	case "webhook":
		_, err = s.AddWebhook(s.Ctx, desk.WebhookToAdd{URL: receiver})
	case "edit":
		s.Edit("flows/promotions.yaml", "Take care!", "Farewell!")
	default:
		s.Plays(act)
	}
	must(s.t, err)
}

// whole is told how far a sheet is.
func whole(int, int) {}

// people is a sheet about Ana, and about somebody who has never written.
func people(name, tags string) desk.Sheet {
	return desk.Sheet{Name: "the list", Rows: []desk.SheetRow{
		{Fields: []string{"phone", "name", "tags"}}, {Line: 1, Fields: []string{ana, name, tags}}, {Line: 2, Fields: []string{nobody, "Nobody", ""}},
	}}
}

// nothing is the answer of an act that has nothing to show.
func nothing(err error) (any, error) { return nil, err }

var useCases = []useCase{
	{name: "status", method: "GET", path: "/numbers", cli: func(ctx context.Context, s *shop) (any, error) { return s.Desk.Statuses(ctx, 5) }},
	{name: "status of one", method: "GET", path: "/numbers/main", cli: func(ctx context.Context, s *shop) (any, error) {
		n, err := s.Number("main")
		must(s.t, err)
		return s.Desk.Status(ctx, n, 5)
	}},
	{name: "doctor", method: "GET", path: "/doctor", cli: func(ctx context.Context, s *shop) (any, error) {
		var found []map[string]any // how much room a disk has changes all the time
		all, err := s.Examine(ctx)
		for _, f := range all.Findings {
			found = append(found, map[string]any{"check": f.Check, "ok": f.OK})
		}
		return found, err
	}},
	{name: "acts", method: "GET", path: "/acts", before: before("take over"), cli: func(ctx context.Context, s *shop) (any, error) {
		return s.Acts(ctx, desk.ActQuery{Limit: 50})
	}},
	{name: "release a number that is not restored", method: "POST", path: "/numbers/main/release", body: `{"reason": "looked", "people": true}`, cli: func(ctx context.Context, s *shop) (any, error) {
		return s.ReleaseNumber(ctx, "main", "looked", true)
	}},
	{name: "invite", method: "POST", path: "/numbers/main/invite", body: `{"source": "window"}`, cli: func(ctx context.Context, s *shop) (any, error) {
		return s.Invite(ctx, "main", "window", "")
	}},
	{name: "invite in no language of the flow", method: "POST", path: "/numbers/main/invite", body: `{"language": "xx"}`, cli: func(ctx context.Context, s *shop) (any, error) {
		return s.Invite(ctx, "main", "", "xx")
	}},
	{name: "sources", method: "GET", path: "/numbers/main/sources", before: before("source"), cli: func(ctx context.Context, s *shop) (any, error) { return s.Sources(ctx, "main") }},
	{name: "list", method: "GET", path: "/numbers/main/contacts?order=name", cli: func(ctx context.Context, s *shop) (any, error) {
		l, err := s.ListContacts(ctx, "main", desk.ContactQuery{Order: desk.ByName})
		return map[string]any{"contacts": l.Contacts}, err
	}},
	{name: "search", method: "POST", path: "/numbers/main/contacts/search", body: `{"search": "` + ana + `", "order": "name"}`, cli: func(ctx context.Context, s *shop) (any, error) {
		l, err := s.ListContacts(ctx, "main", desk.ContactQuery{Search: ana, Order: desk.ByName})
		return map[string]any{"contacts": l.Contacts}, err
	}},
	{name: "show", method: "GET", path: one, cli: func(ctx context.Context, s *shop) (any, error) { return s.ShowContact(ctx, "main", ana, 20) }},
	{name: "show nobody", method: "GET", path: "/numbers/main/contacts/" + nobody, cli: func(ctx context.Context, s *shop) (any, error) {
		return s.ShowContact(ctx, "main", nobody, 20)
	}},
	{name: "waiting", method: "GET", path: "/numbers/main/waiting", before: before("Ana > I want to talk to a person"), cli: func(ctx context.Context, s *shop) (any, error) {
		return s.Waiting(ctx, "main")
	}},
	{name: "pause a chat", method: "POST", path: one + "/pause", cli: func(ctx context.Context, s *shop) (any, error) { return s.PauseContact(ctx, "main", ana) }},
	{name: "resume a chat", method: "POST", path: one + "/resume", before: before("take over"), cli: func(ctx context.Context, s *shop) (any, error) {
		return nothing(s.ResumeContact(ctx, "main", ana))
	}},
	{name: "resume a chat that is the bot's", method: "POST", path: one + "/resume", cli: func(ctx context.Context, s *shop) (any, error) {
		return nothing(s.ResumeContact(ctx, "main", ana))
	}},
	{name: "reply", method: "POST", path: one + "/reply", body: `{"text": "We have it in blue."}`, cli: func(ctx context.Context, s *shop) (any, error) {
		return s.Reply(ctx, "main", ana, "We have it in blue.")
	}},
	{name: "reply to who left", method: "POST", path: "/numbers/main/contacts/" + cy + "/reply", body: `{"text": "Come back!"}`, cli: func(ctx context.Context, s *shop) (any, error) {
		return s.Reply(ctx, "main", cy, "Come back!")
	}},
	{name: "release nothing", method: "POST", path: one + "/release", body: why, cli: func(ctx context.Context, s *shop) (any, error) {
		return nothing(s.ReleaseContact(ctx, "main", ana, "asked in the shop"))
	}},
	{name: "release", method: "POST", path: one + "/release", body: why, before: before("Ana > I think you send too many messages for a single shop"), cli: func(ctx context.Context, s *shop) (any, error) {
		return nothing(s.ReleaseContact(ctx, "main", ana, "asked in the shop"))
	}},
	{name: "zone", method: "PUT", path: one + "/zone", body: `{"zone": "Europe/Lisbon"}`, cli: func(ctx context.Context, s *shop) (any, error) {
		return s.SetZone(ctx, "main", ana, "Europe/Lisbon")
	}},
	{name: "no zone", method: "PUT", path: one + "/zone", body: `{"zone": "Mars/Olympus"}`, cli: func(ctx context.Context, s *shop) (any, error) {
		return s.SetZone(ctx, "main", ana, "Mars/Olympus")
	}},
	{name: "optout", method: "POST", path: "/numbers/main/optouts", body: `{"phone": "` + ana + `", "reason": "asked in the shop"}`, cli: func(ctx context.Context, s *shop) (any, error) {
		return s.OptOut(ctx, "main", ana, "asked in the shop")
	}},
	{name: "optout of nobody yet", method: "POST", path: "/numbers/main/optouts", body: `{"phone": "` + nobody + `", "reason": "asked in the shop"}`, cli: func(ctx context.Context, s *shop) (any, error) {
		return s.OptOut(ctx, "main", nobody, "asked in the shop")
	}},
	{name: "tag", method: "PUT", path: one + "/tags/vip", cli: func(ctx context.Context, s *shop) (any, error) {
		tag, err := s.TagContact(ctx, "main", "vip", ana)
		return map[string]any{"tag": tag}, err
	}},
	{name: "untag", method: "DELETE", path: one + "/tags/vip", before: before("tag"), cli: func(ctx context.Context, s *shop) (any, error) {
		tag, err := s.UntagContact(ctx, "main", "vip", ana)
		return map[string]any{"tag": tag}, err
	}},
	{name: "untag what they do not have", method: "DELETE", path: one + "/tags/vip", cli: func(ctx context.Context, s *shop) (any, error) {
		return s.UntagContact(ctx, "main", "vip", ana)
	}},
	{name: "tagged", method: "GET", path: "/numbers/main/tags/vip", before: before("tag"), cli: func(ctx context.Context, s *shop) (any, error) { return s.Tagged(ctx, "main", "vip") }},
	{name: "untag everybody", method: "DELETE", path: "/numbers/main/tags/vip", looks: "/numbers/main/tags/vip", before: before("tag"), cli: func(ctx context.Context, s *shop) (any, error) {
		v, err := s.Tagged(ctx, "main", "vip")
		must(s.t, err)
		return nothing(s.UntagEverybody(ctx, "main", "vip", v.Version))
	}},
	{name: "cards", method: "GET", path: "/numbers/main/cards", cli: func(ctx context.Context, s *shop) (any, error) {
		var out []desk.ContactCard
		return &out, s.ExportCards(ctx, "main", func(c desk.ContactCard) error { out = append(out, c); return nil })
	}},
	{name: "export", method: "GET", path: "/people/" + ana, cli: func(ctx context.Context, s *shop) (any, error) { return s.ExportPerson(ctx, ana) }},
	{name: "erasure", method: "GET", path: "/people/" + ana + "/erasure", cli: func(ctx context.Context, s *shop) (any, error) { return s.PreviewErase(ctx, ana) }},
	{name: "erase", method: "DELETE", path: "/people/" + ana, looks: "/people/" + ana + "/erasure", cli: func(ctx context.Context, s *shop) (any, error) {
		v, err := s.PreviewErase(ctx, ana)
		must(s.t, err)
		n, err := s.ErasePerson(ctx, ana, v.Version)
		return map[string]any{"numbers": n}, err
	}},
	{name: "erase nobody", method: "GET", path: "/people/" + nobody + "/erasure", cli: func(ctx context.Context, s *shop) (any, error) { return s.PreviewErase(ctx, nobody) }},
	{name: "broadcasts", method: "GET", path: "/numbers/main/broadcasts", before: before("arm"), cli: func(ctx context.Context, s *shop) (any, error) { return s.ListBroadcasts(ctx, "main") }},
	{name: "preview", method: "GET", path: list + "/preview", cli: func(ctx context.Context, s *shop) (any, error) {
		return s.Preview(ctx, "main", "weekly", desk.PreviewOptions{Samples: 3})
	}},
	{name: "preview of no draft", method: "GET", path: "/numbers/main/broadcasts/nope/preview", cli: func(ctx context.Context, s *shop) (any, error) {
		return s.Preview(ctx, "main", "nope", desk.PreviewOptions{})
	}},
	{name: "schedule", method: "POST", path: list + "/schedule", body: `{}`, looks: list + "/preview?samples=0", cli: func(ctx context.Context, s *shop) (any, error) {
		p, err := s.Preview(ctx, "main", "weekly", desk.PreviewOptions{})
		must(s.t, err)
		return s.Schedule(ctx, "main", "weekly", desk.ScheduleOptions{}, p.Version)
	}},
	{name: "schedule twice", method: "POST", path: list + "/schedule", body: `{}`, looks: list + "/preview", before: before("arm"), cli: func(ctx context.Context, s *shop) (any, error) {
		p, err := s.Preview(ctx, "main", "weekly", desk.PreviewOptions{})
		must(s.t, err)
		return s.Schedule(ctx, "main", "weekly", desk.ScheduleOptions{}, p.Version)
	}},
	{name: "pause", method: "POST", path: list + "/pause", before: before("arm"), cli: func(ctx context.Context, s *shop) (any, error) { return s.PauseBroadcast(ctx, "main", "weekly") }},
	{name: "pause nothing", method: "POST", path: list + "/pause", cli: func(ctx context.Context, s *shop) (any, error) { return s.PauseBroadcast(ctx, "main", "weekly") }},
	{name: "paused", method: "GET", path: list + "/resume", before: before("arm", "pause"), cli: func(ctx context.Context, s *shop) (any, error) { return s.OfferResume(ctx, "main", "weekly") }},
	{name: "resume", method: "POST", path: list + "/resume", body: `{}`, before: before("arm", "pause"), cli: func(ctx context.Context, s *shop) (any, error) {
		return s.ResumeBroadcast(ctx, "main", "weekly", false)
	}},
	{name: "cancel", method: "POST", path: list + "/cancel", before: before("arm"), cli: func(ctx context.Context, s *shop) (any, error) { return s.CancelBroadcast(ctx, "main", "weekly") }},
	{name: "release what is not late", method: "POST", path: list + "/release", before: before("arm"), cli: func(ctx context.Context, s *shop) (any, error) {
		return s.ReleaseBroadcast(ctx, "main", "weekly")
	}},
	{name: "resolve nothing", method: "POST", path: list + "/resolve", body: `{"arrived": true}`, before: before("arm now", "+2h"), cli: func(ctx context.Context, s *shop) (any, error) {
		u, err := s.UnknownDeliveries(ctx, "main", "weekly", "")
		must(s.t, err)
		return s.ResolveUnknown(ctx, u, true)
	}},
	{name: "resolve what never went out", method: "POST", path: list + "/resolve", body: `{"arrived": true}`, cli: func(ctx context.Context, s *shop) (any, error) {
		return s.UnknownDeliveries(ctx, "main", "weekly", "")
	}},
	{name: "how it went", method: "GET", path: list, before: before("arm now", "+2h"), cli: func(ctx context.Context, s *shop) (any, error) {
		n, err := s.Number("main")
		must(s.t, err)
		v, err := s.BroadcastStatus(ctx, n, "weekly", 0)
		return v.Progress, err
	}},
	{name: "how nothing went", method: "GET", path: list, cli: func(ctx context.Context, s *shop) (any, error) {
		n, err := s.Number("main")
		must(s.t, err)
		return s.BroadcastStatus(ctx, n, "weekly", 0)
	}},
	{name: "why", method: "GET", path: list + "/why/" + ana, before: before("arm now", "+2h"), cli: func(ctx context.Context, s *shop) (any, error) {
		return s.WhyBroadcast(ctx, "main", "weekly", ana, 0)
	}},
	{name: "why not", method: "GET", path: list + "/why/" + ana, before: before("arm"), cli: func(ctx context.Context, s *shop) (any, error) {
		return s.WhyBroadcast(ctx, "main", "weekly", ana, 0)
	}},
	{name: "templates where there are none", method: "GET", path: list + "/templates", cli: func(ctx context.Context, s *shop) (any, error) {
		return s.TemplateStatus(ctx, "main", "weekly")
	}},
	{name: "hand in templates where there are none", method: "POST", path: list + "/templates", cli: func(ctx context.Context, s *shop) (any, error) {
		return s.SubmitTemplates(ctx, "main", "weekly")
	}},
	{name: "samples", method: "POST", path: list + "/samples", body: `{"all": true}`, cli: func(ctx context.Context, s *shop) (any, error) {
		return s.SendSamples(ctx, "main", "weekly", "", true)
	}},
	{name: "flow check", method: "GET", path: "/flows/check", cli: func(ctx context.Context, s *shop) (any, error) {
		c, err := s.Files.Check(ctx, nil)
		return c.Problems, err
	}},
	{name: "flow diff", method: "GET", path: "/numbers/main/flow/diff", before: before("start", "edit"), cli: func(ctx context.Context, s *shop) (any, error) {
		return desk.DiffFlows(ctx, s.Options, desk.FlowDiff{})
	}},
	{name: "flow explain", method: "GET", path: "/numbers/main/flow/states/welcome", cli: func(ctx context.Context, s *shop) (any, error) {
		return s.Files.Explain(ctx, "main", "welcome")
	}},
	{name: "flow explain nothing", method: "GET", path: "/numbers/main/flow/states/nowhere", cli: func(ctx context.Context, s *shop) (any, error) {
		return s.Files.Explain(ctx, "main", "nowhere")
	}},
	{name: "flow versions", method: "GET", path: "/numbers/main/flow/versions", before: before("start"), cli: func(ctx context.Context, s *shop) (any, error) {
		return s.FlowVersions(ctx, "main")
	}},
	{name: "flow reload offer", method: "GET", path: "/numbers/main/flow/reload", before: before("start", "edit"), cli: reloadOffer},
	{name: "flow reload", method: "POST", path: "/numbers/main/flow/reload", before: before("start", "edit"), cli: func(ctx context.Context, s *shop) (any, error) {
		return s.RequestReload(ctx, "main")
	}},
	{name: "flow rollback of nothing", method: "GET", path: "/numbers/main/flow/rollback?version=nope", cli: func(ctx context.Context, s *shop) (any, error) {
		n, err := s.Number("main")
		must(s.t, err)
		return s.OfferRollback(ctx, n, "nope")
	}},
	{name: "consent", method: "GET", path: one + "/consent", cli: func(ctx context.Context, s *shop) (any, error) {
		v, err := s.ShowConsent(ctx, "main", ana)
		return v.Entries, err
	}},
	{name: "consent of nobody", method: "GET", path: "/numbers/main/contacts/" + nobody + "/consent", cli: func(ctx context.Context, s *shop) (any, error) {
		return s.ShowConsent(ctx, "main", nobody)
	}},
	{name: "consent export", method: "GET", path: "/numbers/main/consent/export", cli: func(ctx context.Context, s *shop) (any, error) { return s.ExportConsent(ctx, "main") }},
	{name: "consent export of one", method: "GET", path: one + "/consent/export", cli: func(ctx context.Context, s *shop) (any, error) {
		return s.ExportConsentOf(ctx, "main", ana)
	}},
	{name: "ledger", method: "GET", path: "/numbers/main/consent?limit=2", cli: func(ctx context.Context, s *shop) (any, error) { return s.Ledger(ctx, "main", 0, 2) }},
	{name: "timeline", method: "GET", path: one + "/timeline?limit=3", cli: func(ctx context.Context, s *shop) (any, error) {
		return s.Timeline(ctx, "main", ana, "", 3)
	}},
	{name: "timeline of nobody", method: "GET", path: "/numbers/main/contacts/" + nobody + "/timeline", cli: func(ctx context.Context, s *shop) (any, error) {
		return s.Timeline(ctx, "main", nobody, "", 0)
	}},
	{name: "import", method: "POST", path: "/numbers/main/contacts/import", body: `{"people": [{"phone": "` + ana + `", "name": "Ana Souza", "tags": ["vip", "bakery"]}, {"phone": "` + nobody + `", "name": "Nobody"}]}`,
		cli: func(ctx context.Context, s *shop) (any, error) {
			return s.ImportContacts(ctx, "main", people("Ana Souza", "vip;bakery"), false, whole)
		}},
	{name: "undo an import", method: "POST", path: "/numbers/main/contacts/import", before: before("tag"), body: `{"people": [{"phone": "` + ana + `", "tags": ["vip"]}, {"phone": "` + nobody + `", "name": "Nobody"}], "undo": true}`,
		cli: func(ctx context.Context, s *shop) (any, error) {
			return s.ImportContacts(ctx, "main", people("", "vip"), true, whole)
		}},
	{name: "optouts of a list", method: "POST", path: "/numbers/main/optouts/import", body: `{"phones": ["` + ana + `", "` + nobody + `", "123"], "reason": "left before"}`, cli: func(ctx context.Context, s *shop) (any, error) {
		rows := []desk.SheetRow{{Line: 0, Fields: []string{"phone"}}}
		for i, phone := range []string{ana, nobody, "123"} {
			rows = append(rows, desk.SheetRow{Line: i + 1, Fields: []string{phone}})
		}
		return s.OptOutSheet(ctx, "main", desk.Sheet{Name: "the list", Rows: rows}, "phone", "left before", whole)
	}},
	{name: "link where nobody can", method: "POST", path: "/numbers/main/link", body: `{}`, cli: func(ctx context.Context, s *shop) (any, error) { return s.StartLinking(ctx, "main", "") }},
	{name: "end no linking", method: "DELETE", path: "/numbers/main/link", cli: func(ctx context.Context, s *shop) (any, error) { return nothing(s.EndLinking(ctx, "main")) }},
	{name: "flow text", method: "GET", path: flowAt + "/draft", before: before("draft"), cli: func(ctx context.Context, s *shop) (any, error) { return s.FlowText(ctx, "main") }},
	{name: "save a draft of the flow", method: "PUT", path: flowAt + "/draft", looks: flowAt + "/draft", body: `{"text": ` + asJSON(farewell(flowText())) + `}`, cli: func(ctx context.Context, s *shop) (any, error) {
		t, err := s.FlowText(ctx, "main")
		must(s.t, err)
		return s.SaveFlow(ctx, "main", t.Version, farewell(t.Text))
	}},
	{name: "drop the draft of the flow", method: "DELETE", path: flowAt + "/draft", looks: flowAt + "/draft", before: before("draft"), cli: func(ctx context.Context, s *shop) (any, error) {
		t, err := s.FlowText(ctx, "main")
		must(s.t, err)
		return s.DropFlowDraft(ctx, "main", t.Version)
	}},
	{name: "drop no draft of the flow", method: "DELETE", path: flowAt + "/draft", looks: flowAt + "/draft", cli: func(ctx context.Context, s *shop) (any, error) {
		t, err := s.FlowText(ctx, "main")
		must(s.t, err)
		return s.DropFlowDraft(ctx, "main", t.Version)
	}},
	{name: "check a text of the flow", method: "POST", path: flowAt + "/check", body: `{"text": ` + asJSON(farewell(flowText())) + `}`, cli: func(ctx context.Context, s *shop) (any, error) {
		return s.CheckFlowText(ctx, "main", farewell(flowText()))
	}},
	{name: "test the flow", method: "POST", path: flowAt + "/test", body: `{}`, before: before("draft"), cli: func(ctx context.Context, s *shop) (any, error) {
		return s.TestFlowText(ctx, "main", farewell(flowText()))
	}},
	{name: "offer a publication", method: "GET", path: flowAt + "/publish", before: before("start", "draft"), cli: func(ctx context.Context, s *shop) (any, error) { return s.OfferFlow(ctx, "main") }},
	{name: "publish", method: "POST", path: flowAt + "/publish", looks: flowAt + "/publish", before: before("start", "draft", "Ana > 2"), cli: func(ctx context.Context, s *shop) (any, error) {
		t, err := s.FlowText(ctx, "main")
		must(s.t, err)
		p, err := s.PublishFlow(ctx, "main", t.Version, t.InFile)
		return map[string]any{"version": p.Version, "changes": p.Changes, "moves": p.Moves}, err
	}},
	{name: "text of a draft", method: "GET", path: list + "/draft", cli: func(ctx context.Context, s *shop) (any, error) { return s.DraftText(ctx, "main", "weekly") }},
	{name: "text of no draft", method: "GET", path: "/numbers/main/broadcasts/nope/draft", cli: func(ctx context.Context, s *shop) (any, error) { return s.DraftText(ctx, "main", "nope") }},
	{name: "write a draft", method: "PUT", path: list + "/draft", looks: list + "/draft", body: `{"text": ` + asJSON(offer) + `}`, cli: func(ctx context.Context, s *shop) (any, error) {
		t, err := s.DraftText(ctx, "main", "weekly")
		must(s.t, err)
		return s.SaveDraft(ctx, "main", "weekly", t.Version, offer)
	}},
	{name: "write a new draft", method: "PUT", path: "/numbers/main/broadcasts/fresh/draft", body: `{"text": ` + asJSON(offer) + `}`, cli: func(ctx context.Context, s *shop) (any, error) {
		return s.SaveDraft(ctx, "main", "fresh", "", offer)
	}},
	{name: "check a text of a draft", method: "POST", path: list + "/draft/check", body: `{"text": ` + asJSON(offer) + `}`, cli: func(ctx context.Context, s *shop) (any, error) {
		return s.CheckDraftText(ctx, "main", "weekly", offer)
	}},
	{name: "webhook add", method: "POST", path: "/webhooks", body: `{"url": "` + receiver + `", "types": ["unsubscribed"], "numbers": ["main"]}`, cli: func(ctx context.Context, s *shop) (any, error) {
		v, err := s.AddWebhook(ctx, desk.WebhookToAdd{URL: receiver, Types: []string{"unsubscribed"}, Numbers: []string{"main"}})
		return map[string]any{"id": v.ID}, err
	}},
	{name: "webhook add twice", method: "POST", path: "/webhooks", body: `{"url": "` + receiver + `"}`, before: before("webhook"), cli: func(ctx context.Context, s *shop) (any, error) {
		return s.AddWebhook(ctx, desk.WebhookToAdd{URL: receiver})
	}},
	{name: "webhook add of a type that there is not", method: "POST", path: "/webhooks", body: `{"url": "` + receiver + `", "types": ["joined"]}`, cli: func(ctx context.Context, s *shop) (any, error) {
		return s.AddWebhook(ctx, desk.WebhookToAdd{URL: receiver, Types: []string{"joined"}})
	}},
	{name: "webhook list", method: "GET", path: "/webhooks", before: before("webhook"), cli: func(ctx context.Context, s *shop) (any, error) { return s.ListWebhooks(ctx) }},
	{name: "webhook", method: "GET", path: hook, before: before("webhook"), cli: func(ctx context.Context, s *shop) (any, error) { return s.Webhook(ctx, 1) }},
	{name: "webhook rotate", method: "POST", path: hook + "/rotate", before: before("webhook"), cli: func(ctx context.Context, s *shop) (any, error) {
		v, err := s.RotateWebhook(ctx, 1)
		return map[string]any{"id": v.ID, "old_until": v.OldUntil}, err
	}},
	{name: "webhook test", method: "POST", path: hook + "/test", before: before("webhook"), cli: func(ctx context.Context, s *shop) (any, error) { return s.TestWebhook(ctx, 1) }},
	{name: "webhook test of none", method: "POST", path: hook + "/test", cli: func(ctx context.Context, s *shop) (any, error) { return s.TestWebhook(ctx, 1) }},
	{name: "webhook enable what is on", method: "POST", path: hook + "/enable", before: before("webhook"), cli: func(ctx context.Context, s *shop) (any, error) { return s.EnableWebhook(ctx, 1) }},
	{name: "webhook log", method: "GET", path: hook + "/log", before: before("webhook"), cli: func(ctx context.Context, s *shop) (any, error) { return s.WebhookLog(ctx, 1, 50) }},
	{name: "webhook log of all", method: "GET", path: "/webhooks/log", cli: func(ctx context.Context, s *shop) (any, error) { return s.WebhookLog(ctx, 0, 50) }},
	{name: "webhook replay of nothing", method: "POST", path: hook + "/replay", body: `{}`, before: before("webhook"), cli: func(ctx context.Context, s *shop) (any, error) {
		return s.ReplayWebhook(ctx, 1, desk.WebhookReplay{})
	}},
	{name: "webhook remove", method: "DELETE", path: hook, before: before("webhook"), cli: func(ctx context.Context, s *shop) (any, error) { return nothing(s.RemoveWebhook(ctx, 1)) }},
	{name: "consent verify", method: "GET", path: "/numbers/main/consent/verification", cli: func(ctx context.Context, s *shop) (any, error) {
		return s.VerifyConsent(ctx, "main", "", nil)
	}},
}

// farewell is the text of the flow with another goodbye.
func farewell(text string) string { return strings.Replace(text, "Take care!", "Farewell!", 1) }

// asJSON is a text as a field of a body.
func asJSON(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}

// flowText is the text of the flow of a new shop.
func flowText() string {
	text, err := flows.Defaults.ReadFile("promotions.yaml")
	if err != nil {
		panic(err)
	}
	return string(text)
}

func reloadOffer(ctx context.Context, s *shop) (any, error) {
	d := s.Reopen()
	n, err := d.Number("main")
	must(s.t, err)
	return d.PreviewReload(ctx, n)
}

// busy is a shop in which something is held, scheduled and said.
func busy(t testing.TB, first func(*shop)) *shop {
	t.Helper()
	s := shopOf(t, desktest.Setup{Config: oneNumber, Files: map[string]string{weekly: "at: 2026-03-02 20:00\n" + offer}})
	s.Plays("Ana "+ana+" > I want promotions", "Ben "+ben+" > hello", "Cy "+cy+" > I want promotions", "+1m", "Cy > 2", "+1h")
	if first != nil {
		first(s)
	}
	return s
}

// TestAPIDoesWhatTheCommandLineDoes: each use case has the same outcome, the same refusal in the same
// words, the same ledger and the same row of who did what, whichever way somebody comes in.
func TestAPIDoesWhatTheCommandLineDoes(t *testing.T) {
	t.Parallel()
	for _, u := range useCases {
		t.Run(u.name, func(t *testing.T) {
			t.Parallel()
			byAPI := busy(t, u.before)
			byCLI := byAPI // what only shows something changes nothing
			if u.method != "GET" {
				byCLI = busy(t, u.before)
			}
			rui := desk.Who{Name: "cli:rui", Via: desk.ViaCLI, Role: desk.Owner}
			want, err := u.cli(desk.As(byCLI.Ctx, rui), byCLI)
			var options []option
			if u.looks != "" {
				options = append(options, with("If-Match", byAPI.ok("GET", u.looks, "", nil).Header().Get("ETag")))
			}
			got := byAPI.send(u.method, u.path, u.body, options...)
			switch {
			case err != nil:
				sameRefusal(t, byCLI, err, got.Code, got.Body.Bytes())
			case got.Code/100 != 2:
				t.Errorf("%d %s, and the command line says %+v", got.Code, got.Body, want)
			case got.Code != http.StatusNoContent:
				sameAnswer(t, want, got.Body.Bytes())
			}
			sameTrace(t, byCLI, byAPI)
			nobodyJoins(t, byAPI, u)
		})
	}
}

// sameAnswer fails unless everything of an answer of the command line is in one of the API.
func sameAnswer(t *testing.T, want any, got []byte) {
	t.Helper()
	text, err := json.Marshal(want)
	must(t, err)
	var cli, api any
	must(t, json.Unmarshal(text, &cli))
	must(t, json.Unmarshal(got, &api))
	if !within(cli, api) {
		t.Errorf("the command line says\n%s\nthe API\n%s", text, got)
	}
}

// within reports whether everything of a is in b.
func within(a, b any) bool {
	switch a := a.(type) {
	case nil:
		if b, ok := b.([]any); ok {
			return len(b) == 0
		}
	case map[string]any:
		b, ok := b.(map[string]any)
		for k, v := range a {
			// An export leaves a row, so the second one has one more.
			ok = ok && (k == "acts" || within(v, b[k]))
		}
		return ok
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return ok && len(a) == 0
		}
		for i := range a {
			ok = ok && within(a[i], b[i])
		}
		return ok
	case string:
		if b, ok := b.(string); ok && strings.HasSuffix(a, "/"+b) {
			return true // where a file lies is not said
		}
	}
	return reflect.DeepEqual(a, b)
}

// sameRefusal fails unless an answer says why not, in words of the error.
func sameRefusal(t *testing.T, s *shop, err error, status int, body []byte) {
	t.Helper()
	want := http.StatusConflict
	switch {
	case errors.Is(err, desk.ErrNotFound):
		want = http.StatusNotFound
	case errors.Is(err, desk.ErrStale):
		want = http.StatusPreconditionFailed
	case errors.Is(err, store.ErrScheduled):
	case errors.As(err, new(desk.Misused)):
		want = http.StatusUnprocessableEntity
	}
	var p struct{ Detail string }
	must(t, json.Unmarshal(body, &p))
	words := strings.ReplaceAll(err.Error(), s.Path(".")+"/", "")
	for _, phone := range []string{ana, ben, cy, nobody} {
		words = strings.ReplaceAll(words, phone, "the phone")
	}
	if status != want || len(p.Detail) < 10 || !strings.Contains(words, p.Detail) {
		t.Errorf("%d %s, want %d for: %v", status, body, want, err)
	}
}

// sameTrace fails unless both ways have left the same in the ledger, and a row that says who.
func sameTrace(t *testing.T, byCLI, byAPI *shop) {
	t.Helper()
	ledger := func(s *shop) []bot.Public {
		entries, err := s.Store.EntriesAfter(s.Ctx, "main", 0)
		must(t, err)
		return entries
	}
	if cli, api := ledger(byCLI), ledger(byAPI); !reflect.DeepEqual(cli, api) {
		t.Errorf("the ledger has\n%+v\nby the command line, and by the API\n%+v", cli, api)
	}
	acts := func(s *shop, via desk.Door) (done []string) {
		rows, err := s.Acts(s.Ctx, desk.ActQuery{})
		must(t, err)
		for _, row := range rows {
			if row.Via == string(via) {
				done = append(done, row.Act+" "+row.Number+" "+row.Result)
			}
		}
		return done
	}
	if cli, api := acts(byCLI, desk.ViaCLI), acts(byAPI, desk.ViaAPI); !reflect.DeepEqual(cli, api) {
		t.Errorf("who did what: %q by the command line, and by the API %q", cli, api)
	}
}

// nobodyJoins sends a request about everybody whom the shop knows, and about somebody who has never
// written. Nobody is subscribed by it who was not (C1).
func nobodyJoins(t *testing.T, s *shop, u useCase) {
	t.Helper()
	subscribed := func() int {
		by, err := s.Store.CountConsents(s.Ctx, "main")
		must(t, err)
		return by[bot.Subscribed]
	}
	were := subscribed()
	for _, phone := range []string{ana, ben, cy, nobody} {
		about := strings.NewReplacer(ana, phone, nobody, phone)
		var options []option
		if u.looks != "" {
			looked := s.send("GET", about.Replace(u.looks), "")
			options = append(options, with("If-Match", looked.Header().Get("ETag")))
		}
		s.send(u.method, about.Replace(u.path), about.Replace(u.body), options...)
	}
	if now := subscribed(); now > were {
		t.Errorf("%d people were subscribed, and now %d", were, now)
	}
}

// TestC1NoEndpointSubscribesAnybody: every operation is one of useCases, which are sent about
// everybody, or cannot be about consent. No request has a field for it.
func TestC1NoEndpointSubscribesAnybody(t *testing.T) {
	t.Parallel()
	// others are about no person, or are sent elsewhere.
	others := map[string]bool{
		"GET /numbers/{number}/notices": true, "POST /numbers/{number}/poster": true, "POST /backups": true,
		"GET /numbers/{number}/release": true, "GET /numbers/{number}/flow/graph": true,
		"POST /numbers/{number}/flow/rollback": true, "GET /events": true, "GET /numbers/{number}/link": true,
	}
	tried := map[string]bool{}
	for _, u := range useCases {
		tried[u.method+" "+documentedPath(u.path)] = true
	}
	for path, methods := range committed(t).Paths {
		for method, operation := range methods {
			name := strings.ToUpper(method) + " " + path
			if !tried[name] && !others[name] {
				t.Errorf("nobody has tried %s: add it to useCases", name)
			}
			if method != "get" && strings.Contains(strings.ToLower(string(operation)), `"consent"`) &&
				!strings.Contains(string(operation), `"tags":["consent"]`) {
				t.Errorf("%s takes a consent", name)
			}
		}
	}
	for name, schema := range committed(t).Components.Schemas {
		if _, asks := schema.Properties["consent"]; asks && strings.HasSuffix(name, "Request") {
			t.Errorf("%s has a field for consent", name)
		}
	}
}
