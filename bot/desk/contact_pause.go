package desk

import (
	"context"
	"time"

	"optinbot/bot"
)

// QuietView tells until when the bot is quiet in a chat.
type QuietView struct {
	Until    time.Time      `json:"until"`
	ShopZone *time.Location `json:"-"`
}

func (d *Desk) quiet(c *bot.Contact) QuietView {
	return QuietView{Until: c.TakeoverUntil(), ShopZone: d.shopZone(c.Number)}
}

// PauseContact keeps the bot quiet in a chat, for a person of the shop, and returns until when. A
// phone that has never written is not found. It may be repeated: the time begins again.
func (d *Desk) PauseContact(ctx context.Context, number, phone string) (v QuietView, err error) {
	ctx, end, err := d.begin(ctx, ActPauseContact, number)
	if err != nil {
		return v, err
	}
	defer func() { end(err) }()
	contact, err := d.Contact(ctx, number, phone)
	if err != nil {
		return v, err
	}
	turn, err := d.Act(ctx, contact, bot.Pause)
	if err != nil {
		return v, err
	}
	return d.quiet(&turn.Contact), nil
}

// ResumeContact gives a chat back to the bot before the time is over. It is refused where the bot
// is not quiet, so a second time too. A phone that has never written is not found.
func (d *Desk) ResumeContact(ctx context.Context, number, phone string) (err error) {
	ctx, end, err := d.begin(ctx, ActResumeContact, number)
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	contact, err := d.Contact(ctx, number, phone)
	if err != nil {
		return err
	}
	if !d.Now().Before(contact.TakeoverUntil()) {
		return Refuse("nobody of the shop has taken this chat over, or written in it, in the last %.0f hours",
			bot.TakeoverLasts.Hours())
	}
	_, err = d.Act(ctx, contact, bot.Resume)
	return err
}
