package serve

import (
	"context"

	"optinbot/bot"
)

// refuse keeps a promotion from being sent again, because a phone could not read it, to somebody
// who left meanwhile or was erased. Where the store does not answer, nothing is sent again.
func (s *numberServer) refuse(to []bot.Identity, id string) bool {
	known := false
	for _, identity := range to {
		c, err := s.Store.Contact(context.Background(), s.number.Name, identity.Value)
		if err != nil || out(c, id) {
			return true
		}
		known = known || c != nil
	}
	return !known
}

// left tells whether somebody opted out, so that the message with an ID is not for them. Where the
// store does not answer, it is not.
func (s *numberServer) left(who bot.Identity, id string) bool {
	c, err := s.Store.Contact(context.Background(), s.number.Name, who.Value)
	return err != nil || out(c, id)
}

// out: the contact opted out, and the message with an ID is not the goodbye.
func out(c *bot.Contact, id string) bool {
	return c != nil && c.Consent == bot.Unsubscribed && c.Goodbye != id
}
