package api

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// A contact is one of a list.
type contact struct {
	ID int64 `json:"id"`
	desk.ContactView
}

// A contactDetail is a contact with the last messages.
type contactDetail struct {
	ID int64 `json:"id"`
	*desk.ContactDetail
}

// A waitingContact waits for a person of the shop.
type waitingContact struct {
	ID int64 `json:"id"`
	desk.Waiting
}

// A contactPage is a page of a list of contacts.
type contactPage struct {
	Contacts []contact `json:"contacts" nullable:"false"`
	Next     string    `json:"next,omitempty" doc:"The cursor of the next page. Without it there is none."`
}

// A ContactFilter is which contacts are listed, and how. It comes in the address or in the body.
type ContactFilter struct {
	Consent string `json:"consent,omitempty" query:"consent" enum:"new,pending,subscribed,unsubscribed" doc:"Only those."`
	Search  string `json:"search,omitempty" query:"search" maxLength:"200" doc:"Only those whose name has a word, or who have a phone, LID or BSUID, that begins like this. A viewer finds people by a whole one only. With an order: that have it anywhere. Search for a phone in the body of search-contacts: addresses are kept in logs."`
	Hold    string `json:"hold,omitempty" query:"hold" maxLength:"100" doc:"Only those whose promotions wait for this reason."`
	Tag     string `json:"tag,omitempty" query:"tag" maxLength:"100" doc:"Only those with this tag."`
	State   string `json:"state,omitempty" query:"state" maxLength:"200" doc:"Only those who stand there in the flow."`
	Order   string `json:"order,omitempty" query:"order" enum:"name,joined,wrote" doc:"As they first wrote where there is none. It takes longer with many contacts, and goes with no hold, tag or state."`
	Limit   int    `json:"limit,omitempty" query:"limit" default:"50" minimum:"1" maximum:"200" doc:"At most so many."`
	Cursor  string `json:"cursor,omitempty" query:"cursor" maxLength:"100" doc:"Where the page before ended: its next."`
}

func (a *API) contacts() {
	const tag, one = "contacts", "/numbers/{number}/contacts/{contact}"
	does(a, operation{tag: tag, method: "GET", path: "/numbers/{number}/contacts", id: "list-contacts",
		summary: "The contacts of a number, page by page."},
		func(ctx context.Context, in *struct {
			AboutNumber
			ContactFilter
		}) (contactPage, error) {
			return a.listContacts(ctx, in.Number, in.ContactFilter, "query")
		})
	does(a, operation{tag: tag, method: "POST", path: "/numbers/{number}/contacts/search", id: "search-contacts",
		summary: "The contacts of a number, page by page, as list-contacts: a phone that is searched for is in no " +
			"address. Nothing changes."},
		func(ctx context.Context, in *struct {
			AboutNumber
			Body ContactFilter
		}) (contactPage, error) {
			return a.listContacts(ctx, in.Number, in.Body, "body")
		})
	does(a, operation{tag: tag, method: "GET", path: one, id: "show-contact",
		summary: "A contact, with the last messages."},
		func(ctx context.Context, in *struct {
			AboutContact
			Messages int `query:"messages" default:"20" minimum:"0" maximum:"500" doc:"How many of the last messages."`
		}) (contactDetail, error) {
			v, err := a.Desk.ShowContact(ctx, in.Number, in.named(), in.Messages)
			if err != nil {
				return contactDetail{}, err
			}
			return contactDetail{v.ID, v}, nil
		})
	does(a, operation{tag: tag, method: "GET", path: one + "/timeline", id: "show-timeline",
		summary: "What happened with a contact, the newest first: messages, consent with its proof, broadcasts."},
		func(ctx context.Context, in *struct {
			AboutContact
			Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"At most so much."`
			Cursor string `query:"cursor" maxLength:"100" doc:"Where the page before ended: its next."`
		}) (*desk.Timeline, error) {
			return a.Desk.Timeline(ctx, in.Number, in.named(), in.Cursor, in.Limit)
		})
	does(a, operation{tag: tag, method: "GET", path: "/numbers/{number}/waiting", id: "list-waiting",
		summary: "Who waits for a person of the shop, and why. Who has waited longest comes first."},
		func(ctx context.Context, in *AboutNumber) ([]waitingContact, error) {
			list, err := a.Desk.Waiting(ctx, in.Number)
			out := []waitingContact{}
			for _, w := range list {
				out = append(out, waitingContact{w.ID, w})
			}
			return out, err
		})
	a.chats(tag, one)
	a.facts(tag, one)
	a.tags(tag, one)
	does(a, operation{tag: tag, method: "GET", path: "/numbers/{number}/cards", id: "export-cards",
		summary: "What the shop's phone saves of every subscriber whose phone is known."},
		func(ctx context.Context, in *AboutNumber) ([]desk.ContactCard, error) {
			out := []desk.ContactCard{}
			err := a.Desk.ExportCards(ctx, in.Number, func(c desk.ContactCard) error {
				out = append(out, c)
				return nil
			})
			return out, err
		})
}

// listContacts is a page of a number's contacts. from is where the filter came from, "query" or "body".
func (a *API) listContacts(
	ctx context.Context, number string, in ContactFilter, from string,
) (page contactPage, err error) {
	after, err := cursorOf(in.Cursor, from)
	if err != nil {
		return page, err
	}
	list, next := []desk.ContactView(nil), int64(0)
	if in.Order != "" {
		list, next, err = a.orderedContacts(ctx, number, in, after, from)
	} else {
		var found *desk.ContactPage
		found, err = a.Desk.SearchContacts(ctx, number, desk.ContactSearch{
			Typed: in.Search, Consent: bot.Consent(in.Consent), Hold: bot.Reason(in.Hold), Tag: in.Tag, State: in.State,
			After: after, Limit: in.Limit,
		})
		if err == nil {
			list, next = found.Contacts, found.Next
		}
	}
	if err != nil {
		return page, err
	}
	page.Contacts = []contact{}
	for _, v := range list {
		page.Contacts = append(page.Contacts, contact{v.ID, v})
	}
	if next > 0 {
		page.Next = base64.RawURLEncoding.EncodeToString(strconv.AppendInt(nil, next, 10))
	}
	return page, nil
}

// orderedContacts are a page of contacts in an order of its own.
func (a *API) orderedContacts(
	ctx context.Context, number string, in ContactFilter, after int64, from string,
) (list []desk.ContactView, next int64, err error) {
	if in.Hold+in.Tag+in.State != "" {
		p := problem(http.StatusUnprocessableEntity, "invalid", "an order goes with no hold, tag or state")
		p.Errors = []Fault{{Location: from + ".order", Message: "leave it away"}}
		return nil, 0, p
	}
	found, err := a.Desk.ListContacts(ctx, number, desk.ContactQuery{
		Consent: bot.Consent(in.Consent), Search: in.Search, Order: desk.ContactOrder(in.Order), Limit: in.Limit, After: after,
	})
	if err != nil {
		return nil, 0, err
	}
	if n := len(found.Contacts); n > 0 && found.More > 0 {
		next = found.Contacts[n-1].ID
	}
	return found.Contacts, next, nil
}

// cursorOf reads a cursor that came from the "query" or the "body". "" is the beginning.
func cursorOf(cursor, from string) (after int64, err error) {
	if cursor == "" {
		return 0, nil
	}
	at, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		after, err = strconv.ParseInt(string(at), 10, 64)
	}
	if err != nil || after < 1 {
		p := problem(http.StatusUnprocessableEntity, "invalid", "this is no cursor")
		p.Errors = []Fault{{Location: from + ".cursor", Message: "take the next of the page before"}}
		return 0, p
	}
	return after, nil
}

// chats are what a person of the shop does in a chat.
func (a *API) chats(tag, one string) {
	does(a, operation{tag: tag, method: "POST", path: one + "/pause", id: "pause-contact",
		summary: "Take a chat over: the bot is quiet in it for 12 hours."},
		func(ctx context.Context, in *AboutContact) (desk.QuietView, error) {
			return a.Desk.PauseContact(ctx, in.Number, in.named())
		})
	acts(a, operation{tag: tag, method: "POST", path: one + "/resume", id: "resume-contact",
		summary: "Give a chat back to the bot."},
		func(ctx context.Context, in *AboutContact) error {
			return a.Desk.ResumeContact(ctx, in.Number, in.named())
		})
	does(a, operation{tag: tag, method: "POST", path: one + "/reply", id: "reply", status: http.StatusAccepted, most: PictureBody,
		summary: "Answer somebody. The running bot sends it, and is quiet in the chat for 12 hours."},
		func(ctx context.Context, in *struct {
			AboutContact
			Body struct {
				Text    string    `json:"text,omitempty" maxLength:"4096" doc:"What is said. With a picture it is the caption, and may be left out."`
				Picture []byte    `json:"picture,omitempty" doc:"A JPEG or PNG of at most 5 MB."`
				Seen    time.Time `json:"seen,omitzero" doc:"When the last message was that you have seen. Where the chat has moved on since, it is refused as stale."`
			}
		}) (desk.QuietView, error) {
			return a.Desk.ReplyTo(ctx, in.Number, in.named(), desk.Said{Text: in.Body.Text, Picture: in.Body.Picture, Seen: in.Body.Seen})
		})
}

// facts are what an operator notes about a contact.
func (a *API) facts(tag, one string) {
	acts(a, operation{tag: tag, method: "POST", path: one + "/release", id: "release-contact",
		summary: "End the holds that wait for the operator's judgement. It makes nobody subscribed."},
		func(ctx context.Context, in *struct {
			AboutContact
			Body Reasoned
		}) error {
			return a.Desk.ReleaseContact(ctx, in.Number, in.named(), in.Body.Reason)
		})
	does(a, operation{tag: tag, method: "PUT", path: one + "/zone", id: "set-zone",
		summary: "Note somebody's time zone."},
		func(ctx context.Context, in *struct {
			AboutContact
			Body struct {
				Zone string `json:"zone" maxLength:"100" doc:"Such as Europe/Lisbon. Empty: by their phone again."`
			}
		}) (desk.ZoneView, error) {
			return a.Desk.SetZone(ctx, in.Number, in.named(), in.Body.Zone)
		})
	does(a, operation{tag: tag, method: "POST", path: "/numbers/{number}/optouts", id: "opt-out",
		summary: "Record a stop that came off WhatsApp, for every number of the brand. The phone may be of nobody yet."},
		func(ctx context.Context, in *struct {
			AboutNumber
			Body struct {
				Reasoned
				Phone string `json:"phone" pattern:"^(\\+[1-9][0-9]{6,14}|lid:[0-9]{1,20}|bsuid:[0-9]{1,20}/[A-Za-z0-9]{2}\\.[A-Za-z0-9]{1,128})$" patternDescription:"a phone (E.164), or lid:71, or bsuid:9001/US.1a2b" doc:"E.164, with its +, or what names somebody without a phone: lid:71, bsuid:9001/US.1a2b."`
			}
		}) (desk.OptedOut, error) {
			return a.Desk.OptOut(ctx, in.Number, in.Body.Phone, in.Body.Reason)
		})
}

func (a *API) tags(tag, one string) {
	type AboutTag struct {
		AboutNumber
		Tag string `path:"tag" maxLength:"100"`
	}
	type untagged struct {
		Tag string `json:"tag" doc:"As it was kept."`
	}
	type tagged struct {
		Tag string `json:"tag" doc:"As it is kept."`
	}
	does(a, operation{tag: tag, method: "PUT", path: one + "/tags/{tag}", id: "tag-contact",
		summary: "Give one contact a tag. It says nothing about consent."},
		func(ctx context.Context, in *struct {
			AboutTag
			ByContact
		}) (tagged, error) {
			tag, err := a.Desk.TagContact(ctx, in.Number, in.Tag, in.named())
			return tagged{tag}, err
		})
	does(a, operation{tag: tag, method: "DELETE", path: one + "/tags/{tag}", id: "untag-contact",
		summary: "Take a tag away from one contact."},
		func(ctx context.Context, in *struct {
			AboutTag
			ByContact
		}) (untagged, error) {
			tag, err := a.Desk.UntagContact(ctx, in.Number, in.Tag, in.named())
			return untagged{tag}, err
		})
	versioned(a, operation{tag: tag, method: "GET", path: "/numbers/{number}/tags/{tag}", id: "show-tag",
		summary: "How many contacts have a tag."},
		func(ctx context.Context, in *AboutTag) (desk.TaggedView, string, error) {
			v, err := a.Desk.Tagged(ctx, in.Number, in.Tag)
			return v, v.Version, err
		})
	acts(a, operation{tag: tag, method: "DELETE", path: "/numbers/{number}/tags/{tag}", id: "untag-everybody",
		summary: "Take a tag away from everybody who has it."},
		func(ctx context.Context, in *struct {
			AboutTag
			IfMatching
		}) error {
			version, err := in.version("GET the tag")
			if err != nil {
				return err
			}
			return a.Desk.UntagEverybody(ctx, in.Number, in.Tag, version)
		})
}

// people are acts on somebody on every number.
func (a *API) people() {
	const tag, one = "people", "/people/{contact}"
	does(a, operation{tag: tag, method: "GET", path: one, id: "export-person",
		summary: "Everything held on somebody, on every number."},
		func(ctx context.Context, in *ByContact) ([]desk.PersonExport, error) {
			return a.Desk.ExportPerson(ctx, in.named())
		})
	versioned(a, operation{tag: tag, method: "GET", path: one + "/erasure", id: "offer-erasure",
		summary: "What an erasure would take away."},
		func(ctx context.Context, in *ByContact) (desk.ErasePreview, string, error) {
			v, err := a.Desk.PreviewErase(ctx, in.named())
			return v, v.Version, err
		})
	type erased struct {
		Numbers int `json:"numbers" doc:"On so many numbers."`
	}
	does(a, operation{tag: tag, method: "DELETE", path: one, id: "erase-person",
		summary: "Erase somebody on every number. It cannot be undone. Nobody writes to them again unless they ask."},
		func(ctx context.Context, in *struct {
			ByContact
			IfMatching
		}) (erased, error) {
			version, err := in.version("GET the erasure")
			if err != nil {
				return erased{}, err
			}
			n, err := a.Desk.ErasePerson(ctx, in.named(), version)
			return erased{n}, err
		})
}
