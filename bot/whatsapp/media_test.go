package whatsapp

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"

	"optinbot/bot"
	"optinbot/bot/whatsapp/whatsapptest"
)

// TestB2MediaCarriesTheWayOut: a contact's phone loads and decrypts the file, byte for byte, and the text is its caption; a file is brought to
// WhatsApp once for many contacts. A file that cannot be had is a message that was not tried.
func TestB2MediaCarriesTheWayOut(t *testing.T) {
	content, loads := bytes.Repeat([]byte("a picture "), 5000), 0
	srv, c, h := connected(t, func(o *Options) {
		o.Media = func(_ context.Context, hash string) ([]byte, error) {
			if loads++; hash != "hash" {
				return nil, errors.New("no such file")
			}
			return content, nil
		}
	})
	const text = "20 % off!\n\nReply 2 to stop."
	for i, kind := range []string{"image", "video", "document"} {
		m := &bot.Media{Kind: kind, Name: "offer." + kind, MIME: "x/" + kind, Hash: "hash"}
		for _, number := range []string{"+5511900000001", "+5511900000002"} {
			contact := srv.Contact(number)
			if i == 0 {
				h.message(t, contact.Send("oi"), bot.KindText)
			}
			r := c.Send(within(t), bot.Outgoing{ID: c.NewMessageID(), To: to(contact), Text: text, Media: m, Expires: 24 * time.Hour})
			if r.Status != bot.SendAccepted {
				t.Fatalf("%s: %+v", kind, r)
			}
			got, err := contact.WaitFor(within(t), i+1)
			if err != nil {
				t.Fatal(err)
			}
			if got[i].Text != text {
				t.Errorf("%s: caption %q", kind, got[i].Text)
			}
			file, expires := fileOf(got[i])
			loaded, err := contact.Download(file)
			if err != nil || !bytes.Equal(loaded, content) || expires != 86400 {
				t.Errorf("%s: %d bytes, %v, timer %d", kind, len(loaded), err, expires)
			}
		}
	}
	if loads != 3 {
		t.Errorf("the file was brought %d times, want once as each kind", loads)
	}
	r := c.Send(within(t), bot.Outgoing{ID: c.NewMessageID(), To: to(srv.Contact("+5511900000001")), Text: text, Media: &bot.Media{Kind: "image", Hash: "gone"}})
	if r.Status != bot.SendNotTried {
		t.Errorf("%+v", r)
	}
}

// fileOf finds the file in what a contact received.
func fileOf(r whatsapptest.Received) (whatsmeow.DownloadableMessage, uint32) {
	m := unwrap(r.Message)
	switch {
	case m.GetImageMessage() != nil:
		return m.GetImageMessage(), m.GetImageMessage().GetContextInfo().GetExpiration()
	case m.GetVideoMessage() != nil:
		return m.GetVideoMessage(), m.GetVideoMessage().GetContextInfo().GetExpiration()
	}
	return m.GetDocumentMessage(), m.GetDocumentMessage().GetContextInfo().GetExpiration()
}
