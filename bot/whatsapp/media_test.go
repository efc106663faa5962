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

// TestB2MediaCarriesTheWayOut: a contact's phone loads and decrypts the file, byte for byte, and
// the text is its caption. A file is brought to WhatsApp once for many contacts. A file that cannot
// be had is a message that was not tried.
func TestB2MediaCarriesTheWayOut(t *testing.T) {
	content, loads := bytes.Repeat([]byte("a picture "), 5000), 0
	srv, c, h := connected(t, func(o *Options) {
		o.Media = func(_ context.Context, hash string) ([]byte, error) {
			if loads++; hash != "hash" {
				return nil, errors.New("no file of 447700900001")
			}
			return content, nil
		}
	})
	unprepared := bot.Outgoing{ID: c.NewMessageID(), To: to(srv.Contact("+5511900000001")), Text: "x", Media: &bot.Media{Kind: "image", Hash: "hash"}}
	if r := c.Send(within(t), unprepared); r.Status != bot.SendNotTried || loads != 0 {
		t.Errorf("sent before its file was there: %+v, %d loads", r, loads)
	}
	const text = "20 % off!\n\nReply 2 to stop."
	for i, kind := range []string{"image", "video", "document"} {
		m := &bot.Media{Kind: kind, Name: "offer." + kind, MIME: "x/" + kind, Hash: "hash"}
		prepare(t, c, *m)
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
	gone := bot.Media{Kind: "image", Hash: "gone"}
	ready, failed := c.Prepare(gone)
	if failed != nil {
		t.Errorf("before the first try it has failed: %v", failed)
	}
	<-ready
	if ready, failed = c.Prepare(gone); ready == nil || failed == nil || failed.Error() != "no file of <12>" {
		t.Errorf("a file that cannot be had: %v, %v", ready, failed)
	}
}

// prepare brings a file to WhatsApp.
func prepare(t *testing.T, c *Client, file bot.Media) {
	t.Helper()
	if ready, _ := c.Prepare(file); ready != nil {
		<-ready
	}
	if ready, _ := c.Prepare(file); ready != nil {
		t.Fatalf("%+v is not there", file)
	}
}

// TestASlowUploadDelaysNoReply: while a video is on its way to WhatsApp, other messages are sent,
// and it is brought once, however often somebody asks.
func TestASlowUploadDelaysNoReply(t *testing.T) {
	slow, loads := make(chan struct{}), 0
	srv, c, _ := connected(t, func(o *Options) {
		o.Media = func(ctx context.Context, _ string) ([]byte, error) {
			loads++
			select {
			case <-slow:
			case <-ctx.Done():
			}
			return []byte("a video"), ctx.Err()
		}
	})
	video, contact := bot.Media{Kind: "video", MIME: "video/mp4", Hash: "hash"}, srv.Contact("+5511900000001")
	ready, _ := c.Prepare(video)
	if again, _ := c.Prepare(video); again == nil || again != ready {
		t.Error("it is not under way")
	}
	promotion := bot.Outgoing{ID: c.NewMessageID(), To: to(contact), Text: "20 % off!", Media: &video}
	if r := c.Send(within(t), promotion); r.Status != bot.SendNotTried {
		t.Errorf("the promotion: %+v", r)
	}
	if _, r := send(t, c, to(contact), "You get no more promotions."); r.Status != bot.SendAccepted {
		t.Errorf("the goodbye: %+v", r)
	}
	close(slow)
	<-ready
	if r := c.Send(within(t), promotion); r.Status != bot.SendAccepted {
		t.Errorf("the promotion, with its file: %+v", r)
	}
	if loads != 1 {
		t.Errorf("the video was loaded %d times", loads)
	}
}

// TestCloseEndsAnUpload: a file under way does not hold up the end of the program.
func TestCloseEndsAnUpload(t *testing.T) {
	_, c, _ := connected(t, func(o *Options) {
		o.Media = func(ctx context.Context, _ string) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
	})
	ready, _ := c.Prepare(bot.Media{Kind: "video", Hash: "hash"})
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	<-ready
	ended, _ := c.Prepare(bot.Media{Kind: "video", Hash: "hash"}) // and nothing begins afterwards
	<-ended
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
