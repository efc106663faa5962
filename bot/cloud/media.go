package cloud

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"time"

	"optinbot/bot"
)

const (
	// uploadLasts is for how long a file that was uploaded is used. Meta keeps it for 30 days.
	uploadLasts = 25 * 24 * time.Hour
	// uploadTimeout is long: a video over a slow line.
	uploadTimeout = 3 * time.Minute
	// maxUploads is how many files are remembered.
	maxUploads = 100
)

// uploads remembers what has been uploaded, so that a broadcast brings its file to Meta once.
type uploads struct {
	done     map[bot.Media]upload
	underWay map[bot.Media]chan struct{} // closed when the try has ended
	failed   map[bot.Media]error         // how the last try ended, of files that are not there
}

type upload struct {
	at time.Time
	id string
}

// uploaded is the ID under which Meta has a file.
func (c *Client) uploaded(file bot.Media) (id string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	u, ok := c.uploads.done[file]
	return u.id, ok && c.options.Now().Sub(u.at) < uploadLasts
}

// Prepare begins to bring a file to Meta, unless it is there or under way.
func (c *Client) Prepare(file bot.Media) (ready <-chan struct{}, failed error) {
	if _, ok := c.uploaded(file); ok {
		return nil, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	failed = c.uploads.failed[file]
	if ready, ok := c.uploads.underWay[file]; ok {
		return ready, failed
	}
	ended := make(chan struct{})
	if c.closed {
		close(ended)
		return ended, failed
	}
	if c.uploads.underWay == nil {
		c.uploads.underWay = map[bot.Media]chan struct{}{}
	}
	c.uploads.underWay[file] = ended
	c.background.Go(func() { c.bring(file, ended) })
	return ended, failed
}

// bring uploads a file and closes ended. After a failure it lets a moment pass first, so that
// whoever asks again at once does not try without a pause.
func (c *Client) bring(file bot.Media, ended chan struct{}) {
	defer close(ended)
	ctx, cancel := context.WithTimeout(c.ctx, uploadTimeout)
	defer cancel()
	id, err := c.upload(ctx, file)
	if err != nil {
		err = errors.New(masked(err.Error()))
		c.log.Warn("the file of a broadcast could not be brought to Meta; it is tried again", "error", err)
		c.pause(c.options.RetryDelay)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.uploads.underWay, file)
	if err != nil {
		if c.uploads.failed == nil || len(c.uploads.failed) > maxUploads {
			c.uploads.failed = map[bot.Media]error{}
		}
		c.uploads.failed[file] = err
		return
	}
	delete(c.uploads.failed, file)
	if c.uploads.done == nil || len(c.uploads.done) > maxUploads {
		c.uploads.done = map[bot.Media]upload{}
	}
	c.uploads.done[file] = upload{c.options.Now(), id}
}

func (c *Client) upload(ctx context.Context, file bot.Media) (id string, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	if c.options.Media == nil {
		return "", errors.New("there is nobody who has it")
	}
	content, err := c.options.Media(ctx, file.Hash)
	if err != nil {
		return "", err
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	name := file.Name
	if name == "" {
		name = "file"
	}
	_ = form.WriteField("messaging_product", "whatsapp")
	_ = form.WriteField("type", file.MIME)
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="` + quoted.Replace(name) + `"`},
		"Content-Type":        {file.MIME},
	})
	if err != nil {
		return "", err
	}
	_, _ = part.Write(content)
	if err := form.Close(); err != nil {
		return "", err
	}
	req, err := c.request(ctx, http.MethodPost, c.options.PhoneNumberID+"/media", nil)
	if err != nil {
		return "", err
	}
	setBody(req, form.FormDataContentType(), body.Bytes())
	var out struct {
		ID string `json:"id"`
	}
	if err := c.do(req, &out); err != nil {
		return "", err
	}
	if out.ID == "" {
		return "", errors.New("the answer names no file")
	}
	return out.ID, nil
}

// quoted takes out of a file's name what would end it.
var quoted = strings.NewReplacer(`"`, "_", `\`, "_", "\r", "_", "\n", "_")

// pause waits. False when the client closes first.
func (c *Client) pause(delay time.Duration) bool {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}
