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

// uploadLasts is for how long a file that was uploaded is used for further messages. WhatsApp keeps
// it longer. A broadcast is over by then.
const uploadLasts = 12 * time.Hour

// uploads remembers what has been uploaded, so that a broadcast brings its file to WhatsApp once
// and not for every contact.
type uploads struct {
	mu       sync.Mutex // never held while a file is under way
	done     map[bot.Media]uploaded
	underWay map[bot.Media]chan struct{} // closed when the try has ended
	failed   map[bot.Media]error         // how the last try ended, of files that are not there
}

// maxUploads is how many files are remembered.
const maxUploads = 100

type uploaded struct {
	at time.Time
	whatsmeow.UploadResponse
}

// withMedia makes the message one with a file, of which the text is the caption. The file must be
// there.
func (c *Client) withMedia(out bot.Outgoing, plain *waE2E.Message) (*waE2E.Message, error) {
	c.uploads.mu.Lock()
	u, ok := c.uploads.done[*out.Media]
	c.uploads.mu.Unlock()
	if !ok {
		return nil, errors.New("it is not there yet")
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
		return &waE2E.Message{
			DocumentWithCaptionMessage: &waE2E.FutureProofMessage{
				Message: &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
					Caption: caption, Mimetype: mime, FileLength: length, URL: &u.URL, DirectPath: &u.DirectPath,
					FileName: proto.String(out.Media.Name), Title: proto.String(out.Media.Name),
					MediaKey: u.MediaKey, FileEncSHA256: u.FileEncSHA256, FileSHA256: u.FileSHA256, ContextInfo: timer,
				}},
			},
		}, nil
	}
	return nil, fmt.Errorf("what is a %q?", out.Media.Kind)
}

// mediaTypes are the library's names for our kinds.
var mediaTypes = map[string]whatsmeow.MediaType{
	bot.MediaImage: whatsmeow.MediaImage, bot.MediaVideo: whatsmeow.MediaVideo, bot.MediaDocument: whatsmeow.MediaDocument,
}

// Prepare begins to bring a file to WhatsApp, unless it is there or under way. Other messages are
// sent meanwhile.
func (c *Client) Prepare(file bot.Media) (ready <-chan struct{}, failed error) {
	c.uploads.mu.Lock()
	defer c.uploads.mu.Unlock()
	if u, ok := c.uploads.done[file]; ok && c.options.Now().Sub(u.at) < uploadLasts {
		return nil, nil
	}
	failed = c.uploads.failed[file]
	if ready, ok := c.uploads.underWay[file]; ok {
		return ready, failed
	}
	ended := make(chan struct{})
	if !c.goBackground(func(ctx context.Context) { c.bring(ctx, file, ended) }) {
		close(ended)
		return ended, failed
	}
	if c.uploads.underWay == nil {
		c.uploads.underWay = map[bot.Media]chan struct{}{}
	}
	c.uploads.underWay[file] = ended
	return ended, failed
}

// bring uploads a file and closes ended. After a failure it lets a moment pass first, so that
// whoever asks again at once does not try without a pause.
func (c *Client) bring(ctx context.Context, file bot.Media, ended chan struct{}) {
	defer close(ended)
	ctx, cancel := context.WithTimeout(ctx, uploadTimeout)
	defer cancel()
	defer context.AfterFunc(c.closing, cancel)()
	u, err := c.upload(ctx, file)
	if err != nil {
		err = errors.New(masked(err.Error()))
		c.log.Warn("the file of a message could not be brought to WhatsApp; it is tried again", "error", err)
		c.pause(c.options.lastDelay())
	}
	c.uploads.mu.Lock()
	defer c.uploads.mu.Unlock()
	delete(c.uploads.underWay, file)
	if err != nil {
		c.uploads.fail(file, err)
		return
	}
	delete(c.uploads.failed, file)
	if c.uploads.done == nil || len(c.uploads.done) > maxUploads {
		c.uploads.done = map[bot.Media]uploaded{}
	}
	c.uploads.done[file] = uploaded{c.options.Now(), u}
}

// fail keeps why a file did not get to WhatsApp. It is called with mu held.
func (u *uploads) fail(file bot.Media, err error) {
	if u.failed == nil || len(u.failed) > maxUploads {
		u.failed = map[bot.Media]error{}
	}
	u.failed[file] = err
}

func (c *Client) upload(ctx context.Context, file bot.Media) (u whatsmeow.UploadResponse, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	s := c.current()
	switch {
	case c.options.Media == nil:
		return u, errors.New("there is nobody who has it")
	case s == nil || !s.ready():
		return u, errors.New("the number is not connected")
	}
	content, err := c.options.Media(ctx, file.Hash)
	if err != nil {
		return u, err
	}
	return s.wa.Upload(ctx, content, mediaTypes[file.Kind])
}

// uploadTimeout is long: a video over a slow line.
const uploadTimeout = 3 * time.Minute
