package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"optinbot/bot"
)

// uploadLasts is for how long a file that was uploaded is used for further messages. WhatsApp keeps it longer; a broadcast is over by then.
const uploadLasts = 12 * time.Hour

// uploads remembers what has been uploaded, so that a broadcast brings its file to WhatsApp once and not for every contact.
type uploads struct {
	mu   sync.Mutex
	done map[bot.Media]uploaded
}

type uploaded struct {
	at time.Time
	whatsmeow.UploadResponse
}

// withMedia makes the message one with a file, of which the text is the caption.
func (c *Client) withMedia(ctx context.Context, s *session, out bot.Outgoing, plain *waE2E.Message) (*waE2E.Message, error) {
	u, err := c.upload(ctx, s, *out.Media)
	if err != nil {
		return nil, err
	}
	timer := plain.GetExtendedTextMessage().GetContextInfo()
	caption, mime, length := proto.String(out.Text), proto.String(out.Media.MIME), proto.Uint64(u.FileLength)
	switch out.Media.Kind {
	case bot.MediaImage:
		return &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
			Caption: caption, Mimetype: mime, FileLength: length, URL: &u.URL, DirectPath: &u.DirectPath,
			MediaKey: u.MediaKey, FileEncSHA256: u.FileEncSHA256, FileSHA256: u.FileSHA256, ContextInfo: timer,
		}}, nil
	case bot.MediaVideo:
		return &waE2E.Message{VideoMessage: &waE2E.VideoMessage{
			Caption: caption, Mimetype: mime, FileLength: length, URL: &u.URL, DirectPath: &u.DirectPath,
			MediaKey: u.MediaKey, FileEncSHA256: u.FileEncSHA256, FileSHA256: u.FileSHA256, ContextInfo: timer,
		}}, nil
	case bot.MediaDocument:
		return &waE2E.Message{DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
			Caption: caption, Mimetype: mime, FileLength: length, URL: &u.URL, DirectPath: &u.DirectPath,
			FileName: proto.String(out.Media.Name), Title: proto.String(out.Media.Name),
			MediaKey: u.MediaKey, FileEncSHA256: u.FileEncSHA256, FileSHA256: u.FileSHA256, ContextInfo: timer,
		}}}}, nil
	}
	return nil, fmt.Errorf("what is a %q?", out.Media.Kind)
}

// mediaTypes are the library's names for our kinds.
var mediaTypes = map[string]whatsmeow.MediaType{
	bot.MediaImage: whatsmeow.MediaImage, bot.MediaVideo: whatsmeow.MediaVideo, bot.MediaDocument: whatsmeow.MediaDocument,
}

// upload brings a file to WhatsApp, unless it is there.
func (c *Client) upload(ctx context.Context, s *session, m bot.Media) (uploaded, error) {
	c.uploads.mu.Lock()
	defer c.uploads.mu.Unlock()
	now := c.options.Now()
	if u, ok := c.uploads.done[m]; ok && now.Sub(u.at) < uploadLasts {
		return u, nil
	}
	if c.options.Media == nil {
		return uploaded{}, errors.New("there is nobody who has it")
	}
	content, err := c.options.Media(ctx, m.Hash)
	if err != nil {
		return uploaded{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, uploadTimeout)
	defer cancel()
	resp, err := s.wa.Upload(ctx, content, mediaTypes[m.Kind])
	if err != nil {
		return uploaded{}, err
	}
	u := uploaded{now, resp}
	if c.uploads.done == nil || len(c.uploads.done) > 100 {
		c.uploads.done = map[bot.Media]uploaded{}
	}
	c.uploads.done[m] = u
	return u, nil
}

// uploadTimeout is long: a video over a slow line. Nothing else is sent meanwhile.
const uploadTimeout = 3 * time.Minute
