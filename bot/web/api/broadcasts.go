package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"optinbot/bot/desk"
)

type AboutBroadcast struct {
	AboutNumber
	Broadcast string `path:"broadcast" maxLength:"200" doc:"Its name."`
}

// A broadcastStatus is how an occurrence stands or, of a recurring broadcast that has not gone out
// yet, when it does.
type broadcastStatus struct{ *desk.BroadcastStatus }

// MarshalJSON writes the one of them that there is.
func (s broadcastStatus) MarshalJSON() ([]byte, error) {
	if s.Coming != nil {
		return json.Marshal(s.Coming)
	}
	return json.Marshal(s.Progress)
}

// Schema says what it may be.
func (broadcastStatus) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{
		r.Schema(reflect.TypeFor[desk.Progress](), true, "Progress"),
		r.Schema(reflect.TypeFor[desk.Coming](), true, "Coming"),
	}}
}

func (a *API) broadcasts() {
	const tag, one = "broadcasts", "/numbers/{number}/broadcasts/{broadcast}"
	does(a, operation{tag: tag, method: "GET", path: "/numbers/{number}/broadcasts", id: "list-broadcasts",
		summary: "The drafts, what is scheduled and what has gone out."},
		func(ctx context.Context, in *AboutNumber) (*desk.BroadcastList, error) {
			return a.Desk.ListBroadcasts(ctx, in.Number)
		})
	does(a, operation{tag: tag, method: "GET", path: one, id: "show-broadcast",
		summary: "How a broadcast stands: the progress, and the result for everyone."},
		func(ctx context.Context, in *struct {
			AboutBroadcast
			Occurrence int64 `query:"occurrence" minimum:"0" doc:"An older occurrence. The newest where there is none."`
		}) (broadcastStatus, error) {
			n, err := a.Desk.Number(in.Number)
			if err != nil {
				return broadcastStatus{}, err
			}
			s, err := a.Desk.BroadcastStatus(ctx, n, in.Broadcast, in.Occurrence)
			return broadcastStatus{s}, err
		})
	a.drafts(tag, one)
	a.schedules(tag, one)
	a.changes(tag, one)
	does(a, operation{tag: tag, method: "GET", path: one + "/why/{contact}", id: "why",
		summary: "Why somebody did or did not get it, in sentences."},
		func(ctx context.Context, in *struct {
			AboutBroadcast
			ByContact
			Occurrence int64 `query:"occurrence" minimum:"0" doc:"An older occurrence. The newest where there is none."`
		}) (*desk.DeliveryStory, error) {
			return a.Desk.WhyBroadcast(ctx, in.Number, in.Broadcast, in.named(), in.Occurrence)
		})
	a.resolves(tag, one)
}

// schedules are the look at a draft, and the act that arms it.
func (a *API) schedules(tag, one string) {
	versioned(a, operation{tag: tag, method: "GET", path: one + "/preview", id: "preview-broadcast",
		summary: "How many people a draft reaches, who not and why, and the texts of some of them."},
		func(ctx context.Context, in *struct {
			AboutBroadcast
			Now     bool `query:"now" doc:"As if it went out at once, whatever the draft says."`
			Samples int  `query:"samples" default:"3" minimum:"0" maximum:"50" doc:"How many texts."`
		}) (*desk.Preview, string, error) {
			p, err := a.Desk.Preview(ctx, in.Number, in.Broadcast, desk.PreviewOptions{Now: in.Now, Samples: in.Samples})
			if err != nil {
				return nil, "", err
			}
			return p, p.Version, nil
		})
	does(a, operation{tag: tag, method: "POST", path: one + "/schedule", id: "schedule-broadcast",
		status: http.StatusCreated, summary: "Arm a draft, as the preview with that ETag showed it."},
		func(ctx context.Context, in *struct {
			AboutBroadcast
			IfMatching
			Body struct {
				Now   bool `json:"now,omitempty" doc:"At once, whatever the draft says. The preview is asked for now, too."`
				Again bool `json:"again,omitempty" doc:"Even if the same draft has just gone out: everybody gets it twice."`
			}
		}) (*desk.Scheduled, error) {
			version, err := in.version("GET the preview")
			if err != nil {
				return nil, err
			}
			o := desk.ScheduleOptions{Now: in.Body.Now, Again: in.Body.Again}
			return a.Desk.Schedule(ctx, in.Number, in.Broadcast, o, version)
		})
	does(a, operation{tag: tag, method: "GET", path: one + "/templates", id: "list-templates",
		summary: "What WhatsApp has of a draft's templates, of a number on the Cloud API. It is asked now."},
		func(ctx context.Context, in *AboutBroadcast) (desk.TemplateList, error) {
			return a.Desk.TemplateStatus(ctx, in.Number, in.Broadcast)
		})
	does(a, operation{tag: tag, method: "POST", path: one + "/templates", id: "submit-templates",
		summary: "Hand in what WhatsApp does not have yet of a draft's templates."},
		func(ctx context.Context, in *AboutBroadcast) (desk.TemplateList, error) {
			return a.Desk.SubmitTemplates(ctx, in.Number, in.Broadcast)
		})
	does(a, operation{tag: tag, method: "POST", path: one + "/samples", id: "send-samples", status: http.StatusAccepted,
		summary: "Send a draft's texts to the number's own chat, to look at them on the phone."},
		func(ctx context.Context, in *struct {
			AboutBroadcast
			Body struct {
				Language string `json:"language,omitempty" maxLength:"10" doc:"Only in this language."`
				All      bool   `json:"all,omitempty" doc:"Every variant. Else one in each language."`
			}
		}) (desk.SentSamples, error) {
			return a.Desk.SendSamples(ctx, in.Number, in.Broadcast, in.Body.Language, in.Body.All)
		})
}

// changes are the acts on what is armed.
func (a *API) changes(tag, one string) {
	change := func(verb, summary string, act func(ctx context.Context, number, name string) (*desk.BroadcastChange, error)) {
		does(a, operation{tag: tag, method: "POST", path: one + "/" + verb, id: verb + "-broadcast", summary: summary},
			func(ctx context.Context, in *AboutBroadcast) (*desk.BroadcastChange, error) {
				return act(ctx, in.Number, in.Broadcast)
			})
	}
	change("pause", "Pause it, at once.", a.Desk.PauseBroadcast)
	change("cancel", "Cancel it: nobody else gets it.", a.Desk.CancelBroadcast)
	change("release", "Send what came due while the bot could not send.", a.Desk.ReleaseBroadcast)
	does(a, operation{tag: tag, method: "GET", path: one + "/resume", id: "offer-resume",
		summary: "What is paused, and what has to be known before it goes on."},
		func(ctx context.Context, in *AboutBroadcast) (desk.ResumeOffer, error) {
			return a.Desk.OfferResume(ctx, in.Number, in.Broadcast)
		})
	does(a, operation{tag: tag, method: "POST", path: one + "/resume", id: "resume-broadcast",
		summary: "Go on after a pause."},
		func(ctx context.Context, in *struct {
			AboutBroadcast
			Body struct {
				Late bool `json:"late,omitempty" doc:"Also what is late by now."`
			}
		}) (*desk.BroadcastChange, error) {
			return a.Desk.ResumeBroadcast(ctx, in.Number, in.Broadcast, in.Body.Late)
		})
}

// resolves settles deliveries whose result is unknown.
func (a *API) resolves(tag, one string) {
	type settled struct {
		People int `json:"people" doc:"For so many people."`
	}
	does(a, operation{tag: tag, method: "POST", path: one + "/resolve", id: "resolve-unknown",
		summary: "Settle deliveries whose result is unknown. They are never sent again by themselves."},
		func(ctx context.Context, in *struct {
			AboutBroadcast
			Body struct {
				Arrived bool  `json:"arrived" doc:"They arrived: count them as sent. Else they are sent again, and whoever did get it gets it twice."`
				Contact int64 `json:"contact,omitempty" minimum:"1" doc:"Only this contact, by ID. Everybody where there is none."`
			}
		}) (settled, error) {
			who := ""
			if in.Body.Contact != 0 {
				who = desk.ContactID(in.Body.Contact)
			}
			unknown, err := a.Desk.UnknownDeliveries(ctx, in.Number, in.Broadcast, who)
			if err != nil {
				return settled{}, err
			}
			n, err := a.Desk.ResolveUnknown(ctx, unknown, in.Body.Arrived)
			return settled{n}, err
		})
}
