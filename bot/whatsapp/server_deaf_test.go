package whatsapp

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"optinbot/bot"
	"optinbot/bot/whatsapp/whatsapptest"
)

// The tests in this file: whatever ends a connection or keeps one from coming, another comes, and
// who has to go on waits for nothing.

// brisk has a client pause for moments only between its tries.
func brisk(o *Options) {
	o.TestServer.Waits = Waits{FirstPause: time.Millisecond, LongestPause: 10 * time.Millisecond}
}

// hasty has it give up a try after a second, too.
func hasty(o *Options) {
	brisk(o)
	o.TestServer.Waits.Attempt = time.Second
}

// TestB1EveryTryHasADeadline: a socket that is taken and then left alone, at each stage, and the
// next one is good.
func TestB1EveryTryHasADeadline(t *testing.T) {
	for name, at := range map[string]whatsapptest.Stage{
		"dial": whatsapptest.AtDial, "handshake": whatsapptest.AtHandshake, "login": whatsapptest.AtLogin,
	} {
		t.Run(name, func(t *testing.T) {
			srv, c, h := connected(t, hasty)
			srv.HangAt(at, 2)
			srv.Drop()
			h.number(t, bot.NumberConnected, 2)
			c.Disconnect()

			srv.HangAt(at, 2) // and when `run` starts
			connect(t, c, h)
			ana := srv.Contact("+12125550101")
			h.message(t, ana.Send("2"), bot.KindText)
		})
	}
}

// TestB1EveryCutIsHealed: sockets that break at each stage, some of which the library says nothing
// about.
func TestB1EveryCutIsHealed(t *testing.T) {
	for name, at := range map[string]whatsapptest.Stage{
		"dial": whatsapptest.AtDial, "handshake": whatsapptest.AtHandshake, "login": whatsapptest.AtLogin, "after": whatsapptest.AfterLogin,
	} {
		t.Run(name, func(t *testing.T) {
			srv, _, h := connected(t, brisk)
			srv.CutAt(at, 3)
			srv.Drop()
			h.message(t, srv.Contact("+12125550101").Send("2"), bot.KindText)
		})
	}
}

// TestB1RefusalsOfTheDialPass: whatever a front end of WhatsApp's answers for a while, also to the
// first dial.
func TestB1RefusalsOfTheDialPass(t *testing.T) {
	for _, status := range []int{302, 403, 404, 429, 500, 502, 503} {
		srv, c, h := connected(t, brisk)
		srv.RefuseHTTP(status)
		before := srv.Dials()
		srv.Drop()
		must(t, srv.WaitUntil(within(t), func() bool { return srv.Dials() >= before+2 }))
		c.Disconnect()
		must(t, c.Connect(within(t)))
		must(t, srv.WaitUntil(within(t), func() bool { return srv.Dials() >= before+4 }))
		srv.RefuseHTTP(0)
		h.number(t, bot.NumberConnected, 2)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestB1Restart515: it means "connect again", in ordinary life too, and the first try after it may
// fail.
func TestB1Restart515(t *testing.T) {
	srv, _, h := connected(t, brisk)
	srv.CutAt(whatsapptest.AtDial, 2)
	srv.Phone().StreamError(515)
	h.number(t, bot.NumberDisconnected, 2)
	h.number(t, bot.NumberConnected, 2)
}

// TestB1RefusedLogins: which refusals of a login are the last word. 413 and 414 used to end the
// process.
func TestB1RefusedLogins(t *testing.T) {
	rows := map[int]bot.NumberEventKind{
		400: bot.NumberFailed, 409: bot.NumberFailed, 413: bot.NumberFailed, 414: bot.NumberFailed, 415: bot.NumberFailed,
		418: bot.NumberFailed, 501: bot.NumberFailed, 405: bot.NumberOutdated,
		404: bot.NumberConnected, 429: bot.NumberConnected, 500: bot.NumberConnected, 503: bot.NumberConnected, 599: bot.NumberConnected,
	}
	srv, c, h := connected(t, brisk)
	for reason, kind := range rows {
		before, dials := times(h, kind), srv.Dials()
		srv.Phone().Refuse(whatsapptest.Refusal{Reason: reason})
		srv.Drop()
		if kind == bot.NumberConnected {
			must(t, srv.WaitUntil(within(t), func() bool { return srv.Dials() >= dials+3 }))
			srv.Phone().Accept()
			h.number(t, kind, before+1)
			continue
		}
		h.number(t, kind, before+1)
		c.Disconnect()
		if n := srv.Dials() - dials; n != 1 {
			t.Errorf("%d: %d tries", reason, n)
		}
		srv.Phone().Accept()
		connect(t, c, h)
	}
}

// TestB1AfterABanItTriesAgain: at its end, and not before.
func TestB1AfterABanItTriesAgain(t *testing.T) {
	srv, _, h := connected(t, brisk)
	dials := srv.Dials()
	srv.Phone().Ban(101, 2*time.Second)
	h.number(t, bot.NumberBanned, 1)
	srv.Phone().Accept()
	h.number(t, bot.NumberConnected, 2)
	if n := srv.Dials() - dials; n != 2 {
		t.Errorf("%d tries", n)
	}
}

// TestB1ABanOutlivesARestart: a client that is told of a ban by whoever remembers it does not log
// in before its end.
func TestB1ABanOutlivesARestart(t *testing.T) {
	srv, h := startServer(t), &recorder{}
	o := serverOptions(t, srv, h)
	brisk(&o)
	c := open(t, o)
	link(t, srv, c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	dials := srv.Dials()
	o.Barred = time.Now().Add(2 * time.Second)
	c = open(t, o)
	queries := watch(srv)
	connect(t, c, h)
	if early := time.Until(o.Barred); early > 0 || srv.Dials() != dials+1 {
		t.Errorf("it logged in %s before the end of the ban, after %d tries", early, srv.Dials()-dials)
	}
	queries.quiet(t, 0)
}

// TestB1ABanEndsByTheClockOnTheWall: the machine sleeps through a ban, so the clock jumps. The next
// try does not wait for the rest of it.
func TestB1ABanEndsByTheClockOnTheWall(t *testing.T) {
	var jump atomic.Int64
	srv, _, h := connected(t, func(o *Options) {
		brisk(o)
		o.Now = func() time.Time { return time.Now().Add(time.Duration(jump.Load())) }
	})
	srv.Phone().Ban(101, time.Hour)
	h.number(t, bot.NumberBanned, 1)
	srv.Phone().Accept()
	jump.Store(int64(time.Hour))
	h.number(t, bot.NumberConnected, 2)
}

// handing is a bot.Inbound whose commit of a message takes until it is let go, or is cancelled.
type handing struct {
	*recorder
	begun, letGo chan struct{}
	cancelled    atomic.Bool
}

func (h *handing) Message(ctx context.Context, m bot.Message) error {
	close(h.begun)
	select {
	case <-h.letGo:
	case <-ctx.Done():
		h.cancelled.Store(true)
		return ctx.Err()
	}
	return h.recorder.Message(ctx, m)
}

// TestT1TheMessageInHandIsCommitted: the client is closed while a message is being committed. It
// waits for that.
func TestT1TheMessageInHandIsCommitted(t *testing.T) {
	h := &handing{recorder: &recorder{}, begun: make(chan struct{}), letGo: make(chan struct{})}
	srv := startServer(t)
	o := serverOptions(t, srv, h)
	c := open(t, o)
	link(t, srv, c)
	queries := watch(srv)
	connect(t, c, h.recorder)
	queries.quiet(t, 0)
	srv.Contact("+5511900000001").Send("2")
	<-h.begun
	closed := make(chan error, 1)
	go func() { closed <- c.Close() }()
	must(t, srv.WaitUntil(within(t), func() bool { return !srv.Phone().Online() }))
	select {
	case err := <-closed:
		t.Errorf("it is closed (%v) with a message in hand", err)
		closed <- err
	case <-time.After(300 * time.Millisecond): // a client that does not wait is closed in a tenth of it
	}
	close(h.letGo)
	if err := <-closed; err != nil || h.cancelled.Load() || len(h.messages) != 1 {
		t.Errorf("committed %d messages, cancelled %v: %v", len(h.messages), h.cancelled.Load(), err)
	}
}

// TestB5LoginsHaveAPause: a server that ends each connection right after the login is not knocked
// at without end, and the operator is told.
func TestB5LoginsHaveAPause(t *testing.T) {
	srv, _, _ := connected(t, nil)
	srv.CutAt(whatsapptest.AfterLogin, -1)
	before := srv.Phone().Logins()
	srv.Drop()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	if err := srv.WaitUntil(ctx, func() bool { return srv.Phone().Logins() > before+4 }); err == nil {
		t.Error("it logged in five times within four seconds")
	}
	srv, _, h := connected(t, brisk)
	srv.CutAt(whatsapptest.AfterLogin, -1)
	srv.Drop()
	h.number(t, bot.NumberTrouble, 1)
	srv.Well()
}

func TestB5ThePauseGrows(t *testing.T) {
	w := Waits{}.withDefaults()
	var got []time.Duration
	for i := range 9 {
		got = append(got, w.pause(i))
	}
	for i, want := range []time.Duration{250, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000} {
		if got[i] != want*time.Millisecond {
			t.Fatalf("pauses %v", got)
		}
	}
	k := &keeper{client: &Client{waits: w}}
	k.tries = 7
	k.count(w.Lasted-time.Second, true)
	if k.tries != 8 {
		t.Error("forgiven by a connection that did not last")
	}
	if k.count(w.Lasted, true); k.tries != 1 || k.short != 1 {
		t.Errorf("after one that lasted: %d tries, %d short", k.tries, k.short)
	}
}

// TestB5SilenceHoldsPromotions: the first keepalive or message without an answer holds promotions
// until something is answered. After the second keepalive in a row a fresh connection begins.
func TestB5SilenceHoldsPromotions(t *testing.T) {
	srv, c, h := connected(t, brisk)
	h.number(t, bot.NumberSynced, 1)
	ana := srv.Contact("+12125550101")
	queries := watch(srv)
	mustSend(t, c, to(ana), "first")
	queries.quiet(t, 1)

	srv.Mute()
	if _, r := sendBriefly(t, c, to(ana), "into the void"); r.Status != bot.SendUnknown {
		t.Errorf("%+v", r)
	}
	if n := times(h, bot.NumberUnanswered); n != 1 {
		t.Errorf("told %d times when the send had ended", n)
	}
	srv.Unmute()
	h.number(t, bot.NumberSynced, 2)

	s := c.current()
	c.handle(s, &events.KeepAliveTimeout{ErrorCount: 1})
	h.number(t, bot.NumberUnanswered, 2)
	h.message(t, ana.Send("oi"), bot.KindText)
	if n := times(h, bot.NumberSynced); n != 2 {
		t.Error("what comes in says nothing about what goes out")
	}
	c.handle(s, &events.KeepAliveRestored{})
	h.number(t, bot.NumberSynced, 3)

	for n := range 2 {
		c.handle(s, &events.KeepAliveTimeout{ErrorCount: n + 1})
	}
	h.number(t, bot.NumberUnanswered, 3)
	h.number(t, bot.NumberDisconnected, 2)
	h.number(t, bot.NumberConnected, 2)
	h.number(t, bot.NumberSynced, 4)
}

// TestB7AnOfflineSyncWithoutEnd: one notice, and a fresh connection.
func TestB7AnOfflineSyncWithoutEnd(t *testing.T) {
	srv, _, h := connected(t, func(o *Options) {
		brisk(o)
		o.TestServer.Waits.Sync = 3 * time.Second
	})
	h.number(t, bot.NumberSynced, 1)
	told := times(h, bot.NumberTrouble)
	srv.Phone().Unending(true)
	srv.Drop()
	h.number(t, bot.NumberTrouble, told+1)
	h.number(t, bot.NumberConnected, times(h, bot.NumberConnected)+2)
	srv.Phone().Unending(false)
	before := times(h, bot.NumberSynced)
	h.number(t, bot.NumberSynced, before+1)
	if n := times(h, bot.NumberTrouble) - told; n != 1 {
		t.Errorf("%d notices", n)
	}
}

// TestCloseWaitsForNoDial: neither Close nor a send waits for who dials, whatever the stage.
func TestCloseWaitsForNoDial(t *testing.T) {
	for name, at := range map[string]whatsapptest.Stage{
		"dial": whatsapptest.AtDial, "handshake": whatsapptest.AtHandshake, "login": whatsapptest.AtLogin,
	} {
		t.Run(name, func(t *testing.T) {
			srv, c, h := connected(t, func(o *Options) { o.TestServer.Waits.Attempt = time.Hour }) // none ends by itself
			srv.HangAt(at, -1)
			dials := srv.Dials()
			srv.Drop()
			must(t, srv.WaitUntil(within(t), func() bool { return srv.Dials() > dials }))
			h.number(t, bot.NumberDisconnected, 2)
			if _, r := send(t, c, to(srv.Contact("+12125550101")), "oi"); r.Status != bot.SendNotTried {
				t.Errorf("%+v", r)
			}
			ended(t, "Close", inBackground(func() {
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			}))
		})
	}
}

// TestALogoutLeavesNothingBehind: however the library's own deletion fares, the session is gone
// from the file, and link links.
func TestALogoutLeavesNothingBehind(t *testing.T) {
	srv, h := startServer(t), &recorder{}
	o := serverOptions(t, srv, h)
	brisk(&o)
	for round := range 6 {
		c, err := Open(t.Context(), o)
		must(t, err)
		link(t, srv, c)
		must(t, c.Connect(within(t)))
		h.number(t, bot.NumberSynced, round+1)
		switch round % 3 {
		case 0:
			srv.Phone().Unlink()
		case 1:
			refuse(401)(srv.Phone())
		case 2:
			refuse(406)(srv.Phone())
		}
		h.number(t, bot.NumberLoggedOut, round+1)
		srv.Phone().Accept()
		must(t, c.Close())
		s, err := openStore(t.Context(), o.withDefaults(), c.log)
		must(t, err)
		devices, err := s.devices.GetAllDevices(t.Context())
		if err != nil || len(devices) != 0 {
			t.Errorf("%d devices in the file: %v", len(devices), err)
		}
		if jid, err := s.linked(t.Context(), o.Number); err != nil || jid != "" {
			t.Errorf("the file still says that it is linked: %q %v", jid, err)
		}
		must(t, s.close())
	}
}

// TestLinkWhereTheFileKnowsADeadSession: one that WhatsApp ended while nobody looked, or that an
// earlier version left behind. A living one is not replaced.
func TestLinkWhereTheFileKnowsADeadSession(t *testing.T) {
	srv := startServer(t)
	o := serverOptions(t, srv, nil)
	brisk(&o)
	c := open(t, o)
	first := link(t, srv, c)
	if _, err := c.Link(within(t), LinkOptions{}); !errors.Is(err, ErrAlreadyLinked) {
		t.Errorf("a living session: %v", err)
	}
	srv.Phone().Unlink()
	must(t, srv.WaitUntil(within(t), func() bool { return !srv.Phone().Online() }))
	if second := link(t, srv, c); second == first {
		t.Errorf("linked as %s again", second)
	}
}

// TestLinkSetsABrokenFileAside: whatever is in it that is no session, it is kept under another
// name, and the number can be linked.
func TestLinkSetsABrokenFileAside(t *testing.T) {
	srv := startServer(t)
	for name, content := range map[string]string{"garbage": strings.Repeat("garbage ", 2000), "short": "SQLite format 3\x00", "cut": ""} {
		t.Run(name, func(t *testing.T) {
			o := serverOptions(t, srv, nil)
			if name == "cut" {
				c := open(t, o)
				link(t, srv, c)
				must(t, c.Close())
				// SQLite may leave its log beside the file, where the library's last write was cut
				// off. The next look at the file would write that log into it.
				for _, log := range []string{"-wal", "-shm"} {
					if err := os.Remove(o.Store + log); !errors.Is(err, fs.ErrNotExist) {
						must(t, err)
					}
				}
				whole, err := os.ReadFile(o.Store)
				must(t, err)
				content = string(whole[:len(whole)/2])
			}
			must(t, os.MkdirAll(filepath.Dir(o.Store), 0o700))
			must(t, os.WriteFile(o.Store, []byte(content), 0o600))
			if _, err := Open(t.Context(), o); name == "garbage" && err == nil {
				t.Error("opened")
			}
			o.SetAside = true
			c := open(t, o)
			link(t, srv, c)
			kept, err := os.ReadFile(c.Aside())
			if err != nil || string(kept) != content {
				t.Errorf("set aside as %q: %d bytes, %v", c.Aside(), len(kept), err)
			}
		})
	}
	o := serverOptions(t, srv, nil)
	o.SetAside = true
	if c := open(t, o); c.Aside() != "" {
		t.Errorf("a new file was set aside as %q", c.Aside())
	}
}

// TestLinkSaysThatACodeDoesNotFit: and shows another.
func TestLinkSaysThatACodeDoesNotFit(t *testing.T) {
	srv := startServer(t)
	c := open(t, serverOptions(t, srv, nil))
	var words strings.Builder
	shown := 0
	_, err := c.Link(within(t), LinkOptions{PrintCode: true, Words: &words, Phone: srv.Phone().Number(), Out: scanner(func(code string) error {
		if shown++; shown == 1 {
			code = "AAAAAAAA"
		}
		return srv.Phone().EnterCode(code)
	})})
	if err != nil || shown != 2 || !strings.Contains(words.String(), "does not fit") {
		t.Errorf("%d codes, %v:\n%s", shown, err, words.String())
	}
}

// TestLinkOverASilentWire: it says what it does, and gives up.
func TestLinkOverASilentWire(t *testing.T) {
	for _, at := range []whatsapptest.Stage{whatsapptest.AtDial, whatsapptest.AtHandshake, whatsapptest.AtLogin} {
		srv := startServer(t)
		o := serverOptions(t, srv, nil)
		hasty(&o)
		c := open(t, o)
		srv.HangAt(at, -1)
		var words strings.Builder
		_, err := c.Link(within(t), LinkOptions{PrintCode: true, Words: &words})
		if err == nil || !strings.Contains(err.Error(), "could not be reached") || !strings.Contains(words.String(), "Connecting") {
			t.Errorf("%v: %v:\n%s", at, err, words.String())
		}
	}
}
