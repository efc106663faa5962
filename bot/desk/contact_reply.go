package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"optinbot/bot"
	"optinbot/flows"
)

// Reply queues an answer to a contact, which the running bot sends. It counts as a person of the
// shop who writes: it returns until when the bot is quiet. It is refused where they never wrote of
// late, have left, or nothing is said. A phone that has never written is not found. Each call is
// one more message.
func (d *Desk) Reply(ctx context.Context, number, phone, said string) (QuietView, error) {
	return d.ReplyTo(ctx, number, phone, Said{Text: said})
}

// Said is what a person of the shop says to somebody.
type Said struct {
	Text    string
	Picture []byte // a JPEG or PNG, of which Text is the caption. Empty: none
	// Seen is the time of their last message as it was shown, bot.Contact's LastInbound. Zero: whatever
	// they have written.
	Seen time.Time
	// Answered is when a person of the shop last wrote to them, as it was shown with Seen: bot.Contact's
	// LastHuman. Nil: whatever others have answered.
	Answered *time.Time
}

// ReplyTo is Reply with a picture, or to a chat as it was seen: it is refused as stale where they have
// written since, or somebody else of the shop has answered. A file that phones do not show as a picture is refused.
func (d *Desk) ReplyTo(ctx context.Context, number, phone string, a Said) (QuietView, error) {
	return d.reply(ctx, number, phone, a, func(c bot.Contact) error {
		if !a.Seen.IsZero() && c.LastInbound.After(a.Seen) {
			return stale("the chat has moved on: they wrote again %s. Read it, then send",
				c.LastInbound.In(d.shopZone(c.Number)).Format("15:04"))
		}
		if a.Answered != nil && c.LastHuman.After(*a.Answered) {
			return stale("the chat has moved on: somebody of the shop answered %s. Read it, then send",
				c.LastHuman.In(d.shopZone(c.Number)).Format("15:04"))
		}
		return nil
	})
}

// reply replies to a contact who fits, as they are when it is queued.
func (d *Desk) reply(
	ctx context.Context, number, phone string, a Said, fits func(bot.Contact) error,
) (v QuietView, err error) {
	ctx, end, err := d.begin(ctx, ActReply, number)
	if err != nil {
		return v, err
	}
	defer func() { end(err) }()
	picture, err := pictureOf(a.Picture)
	if err != nil {
		return v, err
	}
	contact, err := d.Contact(ctx, number, phone)
	if err != nil {
		return v, err
	}
	turn, err := d.Act(ctx, contact, func(e bot.Env, b bot.Contact) (bot.Contact, []bot.Effect, error) {
		if err := fits(b); err != nil {
			return b, nil, err
		}
		return bot.ReplyWith(e, b, a.Text, picture, string(a.Picture))
	})
	if errors.Is(err, bot.ErrNeverWrote) || errors.Is(err, bot.ErrTheyLeft) || errors.Is(err, bot.ErrNoText) {
		return v, Refuse("%v", err)
	}
	if err != nil {
		return v, err
	}
	return d.quiet(&turn.Contact), nil
}

// pictureOf is a picture as a message carries it. It has no name: that of its file may be somebody's.
func pictureOf(data []byte) (*bot.Media, error) {
	if len(data) == 0 {
		return nil, nil
	}
	mime, wrong := flows.Picture(data)
	if wrong != "" {
		return nil, Refuse("the picture cannot be sent: %s; it has to be a JPEG or PNG of at most %d MB", wrong, flows.MostPicture>>20)
	}
	sum := sha256.Sum256(data)
	return &bot.Media{Kind: bot.MediaImage, MIME: mime, Hash: hex.EncodeToString(sum[:])}, nil
}
