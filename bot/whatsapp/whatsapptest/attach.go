package whatsapptest

import (
	"fmt"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// SendImage sends an image with a caption, which may be empty. The server keeps the file,
// encrypted.
func (c *Contact) SendImage(data []byte, caption string, options ...Option) string {
	return c.SendMessage(&waE2E.Message{ImageMessage: c.image(data, caption)}, options...)
}

func (c *Contact) image(data []byte, caption string) *waE2E.ImageMessage {
	f := c.srv.media.seal(data, whatsmeow.MediaImage)
	m := &waE2E.ImageMessage{
		URL: proto.String(f.url()), DirectPath: &f.path, MediaKey: f.key, FileSHA256: f.sum, FileEncSHA256: f.encrypted,
		FileLength: &f.length, Mimetype: proto.String("image/jpeg"),
	}
	if caption != "" {
		m.Caption = &caption
	}
	return m
}

// SendVideo sends a video with a caption, which may be empty.
func (c *Contact) SendVideo(data []byte, caption string, options ...Option) string {
	f := c.srv.media.seal(data, whatsmeow.MediaVideo)
	return c.SendMessage(&waE2E.Message{VideoMessage: &waE2E.VideoMessage{
		URL: proto.String(f.url()), DirectPath: &f.path, MediaKey: f.key, FileSHA256: f.sum, FileEncSHA256: f.encrypted,
		FileLength: &f.length, Mimetype: proto.String("video/mp4"), Caption: &caption,
	}}, options...)
}

// SendDocument sends a document with a caption, in the wrapper that phones put around the two.
func (c *Contact) SendDocument(data []byte, name, caption string, options ...Option) string {
	f := c.srv.media.seal(data, whatsmeow.MediaDocument)
	return c.SendMessage(&waE2E.Message{DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
		DocumentMessage: &waE2E.DocumentMessage{
			URL: proto.String(
				f.url(),
			), DirectPath: &f.path, MediaKey: f.key, FileSHA256: f.sum, FileEncSHA256: f.encrypted,
			FileLength: &f.length, Mimetype: proto.String("application/pdf"), FileName: &name, Caption: &caption,
		},
	}}}, options...)
}

// SendVoice sends a voice note.
func (c *Contact) SendVoice(data []byte, options ...Option) string {
	f := c.srv.media.seal(data, whatsmeow.MediaAudio)
	return c.SendMessage(&waE2E.Message{AudioMessage: &waE2E.AudioMessage{
		URL: proto.String(f.url()), DirectPath: &f.path, MediaKey: f.key, FileSHA256: f.sum, FileEncSHA256: f.encrypted,
		FileLength: &f.length, Mimetype: proto.String("audio/ogg; codecs=opus"), PTT: proto.Bool(true), Seconds: proto.Uint32(1),
	}}, options...)
}

// SendSticker sends a sticker.
func (c *Contact) SendSticker(data []byte, options ...Option) string {
	f := c.srv.media.seal(data, whatsmeow.MediaImage)
	return c.SendMessage(&waE2E.Message{StickerMessage: &waE2E.StickerMessage{
		URL: proto.String(f.url()), DirectPath: &f.path, MediaKey: f.key, FileSHA256: f.sum, FileEncSHA256: f.encrypted,
		FileLength: &f.length, Mimetype: proto.String("image/webp"),
	}}, options...)
}

// SendViewOnce sends an image that may be looked at once, in the form that linked devices can read.
func (c *Contact) SendViewOnce(data []byte, caption string, options ...Option) string {
	image := c.image(data, caption)
	image.ViewOnce = proto.Bool(true)
	return c.SendMessage(&waE2E.Message{
		ViewOnceMessageV2: &waE2E.FutureProofMessage{Message: &waE2E.Message{ImageMessage: image}},
	}, options...)
}

// SendUnavailable sends a view-once message of which linked devices only learn that it exists
// (message.go:324-333): they ask the phone for it.
func (c *Contact) SendUnavailable(options ...Option) string {
	return c.SendMessage(new(waE2E.Message), append(options, attribute("type", "media"), func(o *outgoing) {
		o.instead = []waBinary.Node{{Tag: "unavailable", Attrs: waBinary.Attrs{"type": "view_once"}}}
	})...)
}

// SendCard sends a contact card.
func (c *Contact) SendCard(name, number string, options ...Option) string {
	card := fmt.Sprintf(
		"BEGIN:VCARD\nVERSION:3.0\nFN:%s\nTEL;type=CELL;waid=%s:%s\nEND:VCARD",
		name,
		digitsOf(number),
		number,
	)
	return c.SendMessage(
		&waE2E.Message{ContactMessage: &waE2E.ContactMessage{DisplayName: &name, Vcard: &card}},
		options...)
}

// SendLocation sends a place.
func (c *Contact) SendLocation(latitude, longitude float64, name string, options ...Option) string {
	return c.SendMessage(&waE2E.Message{LocationMessage: &waE2E.LocationMessage{
		DegreesLatitude: &latitude, DegreesLongitude: &longitude, Name: &name,
	}}, options...)
}
