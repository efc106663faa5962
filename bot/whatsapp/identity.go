package whatsapp

import (
	"strings"

	"go.mau.fi/whatsmeow/types"

	"optinbot/bot"
)

// identityOf returns a person's address as the bot writes it: without device, a phone with the plus
// in front. Anything but a phone or a LID is no person and gives false: groups, status, channels,
// bots, WhatsApp's own announcements.
func identityOf(jid types.JID) (bot.Identity, bool) {
	if jid.IsBot() || jid.User == types.PSAJID.User || !allDigits(jid.User) {
		return bot.Identity{}, false
	}
	switch jid.Server {
	// HostedServer is a phone whose account runs in Meta's cloud (parseMessageSource in message.go
	// maps it too). LegacyUserServer is how old history spells a phone.
	case types.DefaultUserServer, types.HostedServer, types.LegacyUserServer:
		return bot.Identity{Kind: bot.Phone, Value: "+" + jid.User}, true
	case types.HiddenUserServer, types.HostedLIDServer:
		return bot.Identity{Kind: bot.LID, Value: jid.User}, true
	}
	return bot.Identity{}, false
}

// jidOf is the reverse of identityOf.
func jidOf(id bot.Identity) types.JID {
	if id.Kind == bot.LID {
		return types.NewJID(id.Value, types.HiddenUserServer)
	}
	return types.NewJID(strings.TrimPrefix(id.Value, "+"), types.DefaultUserServer)
}

// personOf returns the identities of the person behind the given addresses, each kind at most once.
// When only one kind is known, other (nil: nobody) is asked for the second.
func personOf(other func(bot.Identity) (bot.Identity, bool), jids ...types.JID) []bot.Identity {
	var ids []bot.Identity
	for _, jid := range jids {
		if id, ok := identityOf(jid); ok && !hasKind(ids, id.Kind) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 1 && other != nil {
		if id, ok := other(ids[0]); ok && id.Value != "" && !hasKind(ids, id.Kind) {
			ids = append(ids, id)
		}
	}
	return ids
}

func hasKind(ids []bot.Identity, kind bot.IdentityKind) bool {
	for _, id := range ids {
		if id.Kind == kind {
			return true
		}
	}
	return false
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
