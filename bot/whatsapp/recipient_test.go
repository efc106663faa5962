package whatsapp

import (
	"context"
	"errors"
	"testing"

	"go.mau.fi/whatsmeow/types"

	"optinbot/bot"
)

// TestC7NumberPassedOn: what one person asked for does not reach the next owner of the phone.
func TestC7NumberPassedOn(t *testing.T) {
	phone, lid := bot.Identity{Kind: bot.Phone, Value: "+5511900000001"}, bot.Identity{Kind: bot.LID, Value: "900000000000001"}
	other := types.NewJID("900000000000009", types.HiddenUserServer)
	broken := errors.New("no answer for 5511900000001")
	rows := []struct {
		name         string
		to           []bot.Identity
		known, asked types.JID
		err          error
		want         types.JID
		status       bot.SendStatus // "": it may be sent
	}{
		{"phone alone: the library finds the LID", []bot.Identity{phone}, types.EmptyJID, types.EmptyJID, broken, anaPhone, ""},
		{"phone alone, and WhatsApp knows the LID", []bot.Identity{phone}, types.EmptyJID, other, nil, anaPhone, ""},
		{"phone alone, and WhatsApp knows the LID of somebody who left", []bot.Identity{phone}, types.EmptyJID, anaLID, nil, types.EmptyJID, bot.SendNotTried},
		{"phone alone, and the map knows the LID of somebody who left: the claim has seen that", []bot.Identity{phone}, anaLID, types.EmptyJID, nil, anaPhone, ""},
		{"LID alone", []bot.Identity{lid}, types.EmptyJID, types.EmptyJID, broken, anaLID, ""},
		{"both, and the map agrees", []bot.Identity{lid, phone}, anaLID, types.EmptyJID, nil, anaPhone, ""},
		{"both, and WhatsApp agrees", []bot.Identity{lid, phone}, types.EmptyJID, anaLID, nil, anaPhone, ""},
		{"both, and the map knows another person, which WhatsApp does not", []bot.Identity{lid, phone}, other, anaLID, nil, anaPhone, ""},
		{"both, and map and WhatsApp know another person", []bot.Identity{lid, phone}, other, other, nil, types.EmptyJID, bot.SendRefused},
		{"both, and WhatsApp knows another person", []bot.Identity{phone, lid}, types.EmptyJID, other, nil, types.EmptyJID, bot.SendRefused},
		{"both, and nobody has the phone", []bot.Identity{phone, lid}, types.EmptyJID, types.EmptyJID, nil, types.EmptyJID, bot.SendRefused},
		{"both, and no answer", []bot.Identity{phone, lid}, types.EmptyJID, types.EmptyJID, broken, types.EmptyJID, bot.SendNotTried},
		{"nobody", nil, types.EmptyJID, types.EmptyJID, nil, types.EmptyJID, bot.SendRefused},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			d := directory{
				known: func(context.Context, types.JID) (types.JID, error) { return row.known, nil },
				ask:   func(context.Context, types.JID) (types.JID, error) { return row.asked, row.err },
				left:  func(lid types.JID) bool { return lid == anaLID },
			}
			got, problem := recipient(t.Context(), d, row.to)
			if problem == nil && got != row.want {
				t.Errorf("got %v, want %v", got, row.want)
			}
			if (problem == nil) != (row.status == "") || problem != nil && problem.Status != row.status {
				t.Errorf("got %+v, want %q", problem, row.status)
			}
		})
	}
}
