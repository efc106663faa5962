package whatsapp

import (
	"context"

	"go.mau.fi/whatsmeow/types"

	"optinbot/bot"
)

// A directory knows who has which phone. known reads the map in the store, ask asks WhatsApp. An
// empty JID: nobody. left tells whether somebody with that LID has opted out, so that the message
// is not for them.
type directory struct {
	known func(ctx context.Context, phone types.JID) (types.JID, error)
	ask   func(ctx context.Context, phone types.JID) (types.JID, error)
	left  func(lid types.JID) bool
}

// directory is for the message with an ID.
func (c *Client) directory(s *session, id string) directory {
	return directory{
		left: func(lid types.JID) bool {
			who, ok := identityOf(lid)
			return ok && c.options.Left != nil && c.options.Left(who, id)
		},
		known: s.wa.Store.LIDs.GetLIDForPN,
		ask: func(ctx context.Context, phone types.JID) (types.JID, error) {
			users, err := s.wa.GetUserInfo(ctx, []types.JID{phone})
			return users[phone].LID, err
		},
	}
}

// recipient chooses the address to send to: the phone, which the library turns into the LID itself
// (SendMessage in send.go). When the contact's LID is known as well, the phone must still lead to
// it: a number can pass to another person, and what somebody asked for must not reach their
// successor.
func recipient(ctx context.Context, d directory, to []bot.Identity) (types.JID, *bot.SendResult) {
	phone, lid := bot.PhoneOf(to), bot.LIDOf(to)
	switch {
	case phone == "" && lid == "":
		return types.EmptyJID, &bot.SendResult{Status: bot.SendRefused, Detail: "the contact has no address"}
	case phone == "":
		return jidOf(bot.Identity{Kind: bot.LID, Value: lid}), nil
	}
	jid := jidOf(bot.Identity{Kind: bot.Phone, Value: phone})
	if lid == "" {
		return jid, d.newlyMet(ctx, jid)
	}
	now, err := d.known(ctx, jid)
	if err == nil && now.User != lid { // nothing, or what an old history says
		now, err = d.ask(ctx, jid)
	}
	switch {
	case err != nil:
		result := notTried("could not look up the contact's address: " + masked(err.Error()))
		return types.EmptyJID, &result
	case now.IsEmpty():
		return types.EmptyJID, &bot.SendResult{
			Status: bot.SendRefused,
			Detail: "WhatsApp knows no account for this contact",
		}
	case now.User != lid:
		return types.EmptyJID, &bot.SendResult{
			Status: bot.SendRefused,
			Detail: "the phone belongs to another person now",
		}
	}
	return jid, nil
}

// newlyMet looks who has a phone whose LID nobody knew, before the library does so to send. Where
// that is somebody who left, the message is not tried: the bot hears of the pair, and decides anew.
func (d directory) newlyMet(ctx context.Context, phone types.JID) *bot.SendResult {
	if lid, err := d.known(ctx, phone); err != nil || !lid.IsEmpty() {
		return nil
	}
	lid, err := d.ask(ctx, phone)
	if err != nil || lid.IsEmpty() || !d.left(lid) {
		return nil // the library tells what is wrong
	}
	result := notTried("the phone turns out to be of somebody who has opted out under their other address")
	return &result
}
