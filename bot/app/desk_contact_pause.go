package app

import (
	"context"
	"time"

	"optinbot/bot"
)

// quietView tells until when the bot is quiet in a chat.
type quietView struct {
	Until    time.Time      `json:"until"`
	ShopZone *time.Location `json:"-"`
}

func (h *house) quiet(c *bot.Contact) quietView {
	return quietView{Until: c.TakeoverUntil(), ShopZone: h.shopZone(c.Number)}
}

// pauseContact keeps the bot quiet in a chat, for a person of the shop, and returns until when. A
// phone that has never written is not found. It may be repeated: the time begins again.
func (h *house) pauseContact(ctx context.Context, number, phone string) (v quietView, err error) {
	contact, err := h.contact(ctx, number, phone)
	if err != nil {
		return v, err
	}
	turn, err := h.act(ctx, contact, bot.Pause)
	if err != nil {
		return v, err
	}
	return h.quiet(&turn.Contact), nil
}

// resumeContact gives a chat back to the bot before the time is over. It is refused where the bot
// is not quiet, so a second time too. A phone that has never written is not found.
func (h *house) resumeContact(ctx context.Context, number, phone string) error {
	contact, err := h.contact(ctx, number, phone)
	if err != nil {
		return err
	}
	if !h.now().Before(contact.TakeoverUntil()) {
		return refuse("nobody of the shop has taken this chat over, or written in it, in the last %.0f hours",
			bot.TakeoverLasts.Hours())
	}
	_, err = h.act(ctx, contact, bot.Resume)
	return err
}
