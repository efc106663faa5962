package whatsapp

import (
	"context"
	"fmt"

	"go.mau.fi/whatsmeow/types"
)

// accepted asks whether the phone that has taken a code may be the number's, and takes the fresh
// device away again where it may not.
func (l *linking) accepted(ctx context.Context, jid string) error {
	if l.options.Accept == nil {
		return nil
	}
	parsed, err := types.ParseJID(jid)
	if err != nil {
		return fmt.Errorf("paired, but the address is not one: %s", masked(err.Error()))
	}
	id, _ := identityOf(parsed.ToNonAD())
	refused := l.options.Accept(id.Value)
	if refused == nil {
		return nil
	}
	l.say("This phone is not the one; the device is removed from it again ...")
	if !l.client.logOut(ctx, jid) {
		return fmt.Errorf(
			"%w (the device could not be removed again: on that phone, remove \"%s\" under Linked devices)",
			refused,
			deviceName,
		)
	}
	return refused
}

// logOut ends a session: at WhatsApp, so that the device is gone from the phone's list, and in the
// file. told is false where WhatsApp could not be told. The file's part is gone all the same.
func (c *Client) logOut(ctx context.Context, jid string) (told bool) {
	device, err := c.store.device(ctx, jid)
	if err != nil || device == nil {
		return err == nil
	}
	s := c.newSession(device)
	err = c.login(ctx, s, false, func() error {
		s.finish() // nobody connects it again
		return s.wa.Logout(ctx)
	})
	// the library has deleted it only where it could tell WhatsApp
	if failed := c.store.forget(context.WithoutCancel(ctx), jid); failed != nil {
		c.log.Warn(
			"the session of a device that is not the number's could not be deleted",
			"error",
			masked(failed.Error()),
		)
	}
	return err == nil
}
