package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"

	"optinbot/bot"
)

// LinkOptions say how to link the number.
type LinkOptions struct {
	// Show shows a code for the phone to scan, which is good for a while. Each one takes the place
	// of the one before. Nil: its raw string is a line in Out.
	Show func(code string, good time.Duration)

	// PrintCode is for programs: Out gets the codes, one a line, and nothing else.
	PrintCode bool
	Out       io.Writer // the codes to type, and the raw strings
	Words     io.Writer // what a person reads. Nil: Out, and nowhere with PrintCode

	// Tell is told of each step, beside what is written. Nil: nobody is.
	Tell func(bot.LinkStep)

	// Phone links by a code that is typed on the phone, instead of a QR code. It is the number's
	// own, with country code.
	Phone string

	// Accept is asked about the phone that has taken a code, E.164. Its error is returned, and the
	// fresh device is taken away again. Nil: any phone.
	Accept func(phone string) error

	// Anew links beside a session that is there, and then ends that one.
	Anew bool

	// Timeout bounds all of it. 0: four minutes. WhatsApp's codes last less than three.
	Timeout time.Duration
}

// ErrAlreadyLinked is what Link answers when the number has a session.
var ErrAlreadyLinked = fmt.Errorf("%w; to link it anew, first remove %q on the phone "+
	"(WhatsApp > Settings > Linked devices)", bot.ErrAlreadyLinked, deviceName)

// ErrUnchecked is what Link answers when the number has a session, and WhatsApp cannot be asked
// whether it is still good.
var ErrUnchecked = fmt.Errorf("%w; check the network, then try again", bot.ErrUnchecked)

const (
	linkTimeout = 4 * time.Minute
	// pairedGrace is how long to wait for WhatsApp to end the pairing connection (stream error
	// 515).
	pairedGrace = 10 * time.Second
)

// Link pairs the number with a phone and returns the JID to remember, once WhatsApp has accepted
// the new session in a connection of its own. It ends disconnected. Connect is next.
func (c *Client) Link(ctx context.Context, options LinkOptions) (jid string, err error) {
	c.connecting.Lock()
	defer c.connecting.Unlock()
	leave, ok := c.enter()
	if !ok {
		return "", errors.New("the WhatsApp client is closed")
	}
	defer leave()
	if options.Timeout == 0 {
		options.Timeout = linkTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, options.Timeout)
	defer cancel()
	defer context.AfterFunc(c.closing, cancel)()
	before := c.current()
	if !options.Anew {
		if err := c.stillLinked(ctx); err != nil {
			return "", err
		}
	}

	l := newLinking(c, options)
	if jid, err = l.pair(ctx); err != nil {
		return "", err
	}
	if err := l.accepted(ctx, jid); err != nil {
		return "", err
	}
	if err = c.store.setLinked(context.WithoutCancel(ctx), c.options.Number, jid); err != nil {
		return "", fmt.Errorf("paired, but the session could not be noted: %w", err)
	}
	if err := l.firstLogin(ctx, jid); err != nil {
		return jid, err
	}
	if before != nil && options.Anew && !c.logOut(ctx, before.jid) {
		l.say(
			"The device of before could not be removed: on its phone, remove \"" +
				deviceName + "\" under Linked devices.",
		)
	}
	return jid, nil
}

// stillLinked answers ErrAlreadyLinked where the number has a session, by logging in with it: one
// that WhatsApp has ended meanwhile is gone then. Where WhatsApp does not answer, it answers
// ErrUnchecked.
func (c *Client) stillLinked(ctx context.Context) error {
	s := c.current()
	switch {
	case s == nil:
		return nil
	case c.keeper.busy() && !s.isOver():
		if s.isOnline() {
			return ErrAlreadyLinked
		}
		return ErrUnchecked
	}
	c.keeper.end()
	s, err := c.unused(ctx, s)
	if errors.Is(err, bot.ErrNotLinked) {
		return nil
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*c.waits.Attempt)
	defer cancel()
	err = c.login(ctx, s, true, nil)
	switch _, answered := s.lasted(); {
	case c.current() == nil:
		return nil
	case err != nil && !answered:
		return fmt.Errorf("%w (%s)", ErrUnchecked, masked(err.Error()))
	}
	return ErrAlreadyLinked
}

// login connects until WhatsApp has accepted the session or refused it, or, with once, until the
// first try has failed. then, if there is one, is done while connected.
func (c *Client) login(ctx context.Context, s *session, once bool, then func() error) error {
	outcome := make(chan error, 1)
	tell := func(err error) {
		select {
		case outcome <- err:
		default:
		}
	}
	s.watch = func(event any) {
		if ended, err := loginOutcome(event); ended {
			tell(err)
		}
	}
	var missed func(error)
	if once {
		missed = tell
	}
	c.keeper = c.keep(s, missed)
	defer c.keeper.end()
	select {
	case err := <-outcome:
		if err == nil && then != nil {
			err = then()
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A linking is one attempt to link.
type linking struct {
	client  *Client
	options LinkOptions
	words   io.Writer
	paired  chan string   // the JID
	misfit  chan struct{} // a typed code did not fit
	over    chan struct{} // the pairing connection has ended
	shown   int           // codes shown so far
	codes   atomic.Int64  // to scan, that WhatsApp has sent
}

func newLinking(c *Client, options LinkOptions) *linking {
	l := &linking{
		client: c, options: options, words: options.Words,
		paired: make(chan string, 1), misfit: make(chan struct{}, 1), over: make(chan struct{}, 8),
	}
	if options.Out == nil {
		l.options.Out = io.Discard
	}
	switch {
	case l.words != nil:
	case options.PrintCode:
		l.words = io.Discard
	default:
		l.words = l.options.Out
	}
	return l
}

// pair shows codes until a phone has taken one.
func (l *linking) pair(ctx context.Context) (string, error) {
	wa := l.client.newLibraryClient(l.client.store.devices.NewDevice())
	wa.AddEventHandler(l.onEvent)
	wa.Log = codeLog{wa.Log, l.misfit}
	codes, err := wa.GetQRChannel(ctx)
	if err != nil {
		return "", fmt.Errorf("link: %s", masked(err.Error()))
	}
	l.say("Connecting to WhatsApp ...")
	l.tell(bot.LinkStep{Kind: bot.LinkConnects})
	w := newWire(l.client.dialer)
	wa.SetPreLoginHTTPClient(&http.Client{Transport: w})
	deadline, cancel := context.WithTimeoutCause(ctx, l.client.waits.Attempt, errNoAnswer)
	defer cancel()
	// The connection lives a moment longer than ctx: its end must not cut the pairing's last words.
	end, err := w.connect(deadline, context.WithoutCancel(ctx), wa.ConnectContext)
	defer end()
	if err != nil {
		return "", unreachable(ctx, err)
	}
	defer context.AfterFunc(deadline, func() {
		if !w.answered() {
			w.hangUp()
		}
	})()
	if err := l.follow(ctx, wa, codes); err != nil {
		if !w.answered() {
			w.hangUp()
			err = unreachable(ctx, errNoAnswer)
		}
		wa.Disconnect()
		return "", err
	}
	jid := <-l.paired // told before the channel's success: our handler is the first
	l.awaitEnd(ctx)
	w.hangUp() // WhatsApp is closing it. The library's Disconnect would race with that (socket/)
	return jid, nil
}

// codeLog hears that a typed code did not fit: the library only logs it
// (tryHandleCodePairNotification in pair-code.go).
type codeLog struct {
	waLog.Logger
	misfit chan<- struct{}
}

func (l codeLog) Errorf(msg string, args ...any) {
	l.Logger.Errorf(msg, args...)
	if strings.HasPrefix(msg, "Failed to handle code pair notification") {
		select {
		case l.misfit <- struct{}{}:
		default:
		}
	}
}

func unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("link: %w before WhatsApp could be reached; check the network", ctx.Err())
	}
	return fmt.Errorf(
		"link: WhatsApp could not be reached (%s); check the network and the computer's clock",
		masked(err.Error()),
	)
}

func (l *linking) onEvent(event any) {
	switch evt := event.(type) {
	case *events.QR:
		l.codes.Store(int64(len(evt.Codes))) // told before the channel's first code: our handler is the first
	case *events.PairSuccess:
		select {
		case l.paired <- evt.ID.String():
		default: // one phone is enough
		}
	case *events.ManualLoginReconnect, *events.Disconnected:
		select {
		case l.over <- struct{}{}:
		default:
		}
	}
}

// awaitEnd lets WhatsApp end the pairing connection. If it does not, we do.
func (l *linking) awaitEnd(ctx context.Context) {
	timer := time.NewTimer(pairedGrace)
	defer timer.Stop()
	select {
	case <-l.over:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// follow shows the codes as they change and says how the pairing ended.
func (l *linking) follow(ctx context.Context, wa *whatsmeow.Client, codes <-chan whatsmeow.QRChannelItem) error {
	for {
		var item whatsmeow.QRChannelItem
		select {
		case <-l.misfit:
			l.say("The code that was typed does not fit. Here is a new one.")
			l.tell(bot.LinkStep{Kind: bot.LinkMisfit})
			if err := l.showTyped(ctx, wa); err != nil {
				return err
			}
			continue
		case item = <-codes: // the zero one when it is closed
		}
		switch item.Event {
		case "":
			return l.failed(ctx, whatsmeow.QRChannelTimeout)
		case whatsmeow.QRChannelEventCode:
			if err := l.show(ctx, wa, item); err != nil {
				return err
			}
		case whatsmeow.QRChannelSuccess.Event:
			return nil
		case whatsmeow.QRChannelScannedWithoutMultidevice.Event:
			l.say("The phone's WhatsApp is too old for linked devices. Update it, then scan again.")
			l.tell(bot.LinkStep{Kind: bot.LinkOldPhone})
		default:
			return l.failed(ctx, item)
		}
	}
}

func (l *linking) failed(ctx context.Context, item whatsmeow.QRChannelItem) error {
	switch {
	case ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("link: %w", ctx.Err())
	case item.Event == whatsmeow.QRChannelTimeout.Event:
		return errors.New("link: no phone took a code in time; run `optinbot link` again for new ones")
	case item.Event == whatsmeow.QRChannelClientOutdated.Event:
		return errors.New("link: " + outdated())
	case item.Event == whatsmeow.QRChannelEventPasskeyRequest, item.Event == whatsmeow.QRChannelEventPasskeyResponse:
		return errors.New("link: this account asks for a passkey, which a terminal cannot give; " +
			"turn it off on the phone (WhatsApp > Settings > Account > Passkeys) for the moment of linking")
	case item.Error != nil:
		return fmt.Errorf(
			"link: the phone and this device could not agree (%s); run `optinbot link` again",
			masked(item.Error.Error()),
		)
	}
	return fmt.Errorf(
		"link: WhatsApp refused (%s); look at WhatsApp on the phone, then run `optinbot link` again",
		masked(item.Event),
	)
}

// show presents one code: to be scanned, or one to type, which is asked for once.
func (l *linking) show(ctx context.Context, wa *whatsmeow.Client, item whatsmeow.QRChannelItem) error {
	l.shown++
	if l.options.Phone == "" {
		l.tell(bot.LinkStep{
			Kind: bot.LinkScan, Code: item.Code, Good: item.Timeout, Which: l.shown, Of: int(l.codes.Load()),
		})
	}
	switch {
	case l.options.Phone == "" && (l.options.PrintCode || l.options.Show == nil):
		_, err := fmt.Fprintln(l.options.Out, item.Code)
		return err
	case l.options.Phone == "":
		l.options.Show(item.Code, item.Timeout)
	case l.shown == 1:
		return l.showTyped(ctx, wa)
	}
	return nil
}

// typedName is what WhatsApp demands of a device that is linked by a typed code: a browser it knows
// (PairPhone in pair-code.go).
const typedName = "Chrome (Linux)"

// typedGood is how long a typed code is taken.
const typedGood = 2 * time.Minute

func (l *linking) showTyped(ctx context.Context, wa *whatsmeow.Client) error {
	code, err := wa.PairPhone(ctx, l.options.Phone, true, whatsmeow.PairClientChrome, typedName)
	switch {
	case errors.Is(err, whatsmeow.ErrPhoneNumberTooShort), errors.Is(err, whatsmeow.ErrPhoneNumberIsNotInternational):
		return fmt.Errorf("link: %w; write it with country code, like +5511900000001", err)
	case err != nil:
		return fmt.Errorf("link: WhatsApp gave no code for this phone (%s); try the QR code", masked(err.Error()))
	}
	l.tell(bot.LinkStep{Kind: bot.LinkType, Code: code, Good: typedGood})
	if l.options.PrintCode {
		_, err = fmt.Fprintln(l.options.Out, code)
		return err
	}
	l.say("Take the phone of the number. In WhatsApp: Settings > Linked devices > Link a device > " +
		"Link with phone number instead. Type this code within two minutes:")
	_, err = fmt.Fprintf(l.options.Out, "\n    %s\n\n", code)
	return err
}

func (l *linking) say(text string) { fmt.Fprintln(l.words, text) }

func (l *linking) tell(step bot.LinkStep) {
	if l.options.Tell != nil {
		l.options.Tell(step)
	}
}

// firstLogin connects with the new session and waits until WhatsApp has accepted it.
func (l *linking) firstLogin(ctx context.Context, jid string) error {
	c := l.client
	device, err := c.store.device(ctx, jid)
	if err != nil {
		return fmt.Errorf("paired, but the session could not be read back: %w", err)
	}
	if device == nil {
		return errors.New("paired, but the session is not in the store; remove the device on the phone and link again")
	}
	s := c.newSession(device)
	c.setSession(s)
	l.say("The phone has accepted. Waiting for WhatsApp to let the new device in ...")
	l.tell(bot.LinkStep{Kind: bot.LinkAccepted})
	if err := c.login(ctx, s, false, nil); err != nil {
		return fmt.Errorf("paired, but the first login failed: %w", err)
	}
	l.say("Linked. Next: `optinbot run`.")
	return nil
}

// loginOutcome tells whether an event decides the first login, and how.
func loginOutcome(event any) (ended bool, err error) {
	switch evt := event.(type) {
	case *events.Connected:
		return true, nil
	case *events.LoggedOut:
		return true, errors.New(strings.TrimSpace(loggedOut(evt)))
	case *events.ClientOutdated:
		return true, errors.New(outdated())
	case *events.TemporaryBan:
		return true, errors.New(banned(evt))
	case events.PermanentDisconnect:
		return true, errors.New(masked(evt.PermanentDisconnectDescription()))
	}
	return false, nil
}
