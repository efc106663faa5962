package whatsapp

import (
	"context"

	"optinbot/bot"
)

// OpenConnection opens a number as the one who serves it wants it, and with what these options say
// beside that: the file of the session, the log, the deadlines. It is what a bot.OpenConnection
// does for this wire.
func (o Options) OpenConnection(ctx context.Context, want bot.ConnectionOptions) (bot.Connection, error) {
	o.Number, o.Inbound, o.JID, o.Barred = want.Number, want.Inbound, want.Account, want.Barred
	o.Refuse, o.Left, o.Media, o.Now = want.Refuse, want.Left, want.Media, want.Now
	c, err := Open(ctx, o)
	if err != nil {
		return nil, err // not c: a nil *Client would make a Connection that is not nil
	}
	return c, nil
}

// Directory returns the Client itself: the session keeps a map of phones and LIDs.
func (c *Client) Directory() bot.Directory { return c }

// Platform is nil: a linked device has no business platform. The shop's own pace counts, and WhatsApp
// tells itself when all has come.
func (c *Client) Platform() bot.Platform { return nil }
