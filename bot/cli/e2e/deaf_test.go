package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"optinbot/bot/whatsapp"
	"optinbot/bot/whatsapp/whatsapptest"
)

// The tests in this file drive the built program over a wire that hangs, breaks or says nothing: it must hear a stop soon after the
// network is well, and say meanwhile how things are. Soon is within patience: much longer than it takes, much shorter than an hour.

// hasten makes the program give up tries and silent connections after seconds.
func (b *binary) hasten() {
	b.t.Helper()
	file := filepath.Join(filepath.Dir(b.dir), "server.json")
	content, err := os.ReadFile(file)
	must(b.t, err)
	server := map[string]any{}
	must(b.t, json.Unmarshal(content, &server))
	server["waits"] = whatsapp.Waits{
		Attempt: 5 * time.Second, LongestPause: time.Second, KeepAliveEvery: time.Second, KeepAliveAnswer: 3 * time.Second,
	}
	content, err = json.Marshal(server)
	must(b.t, err)
	must(b.t, os.WriteFile(file, content, 0o600))
}

// optedIn lets somebody opt in.
func optedIn(t *testing.T, srv *whatsapptest.Server, phone string) *whatsapptest.Contact {
	t.Helper()
	c := srv.Contact(phone)
	c.Send("I want promotions")
	if _, err := c.WaitText(patient(t), "You are in!"); err != nil {
		t.Fatalf("no opt-in: %v; received %q", err, c.Texts())
	}
	return c
}

// TestC2ADeafBotHearsAgain: whatever happened to the connection, a stop is heard soon after the network is well.
func TestC2ADeafBotHearsAgain(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	for name, fault := range map[string]func(*testing.T, *whatsapptest.Server){
		"a dial that nobody answers":  func(_ *testing.T, srv *whatsapptest.Server) { srv.HangAt(whatsapptest.AtDial, 1); srv.Drop() },
		"a login that nobody answers": func(_ *testing.T, srv *whatsapptest.Server) { srv.HangAt(whatsapptest.AtLogin, 1); srv.Drop() },
		"a wire that swallows all":    func(_ *testing.T, srv *whatsapptest.Server) { srv.Silence() },
		"a restart that meets no network": func(t *testing.T, srv *whatsapptest.Server) {
			dials := srv.Dials()
			srv.RefuseHTTP(503)
			srv.Phone().StreamError(515)
			must(t, srv.WaitUntil(patient(t), func() bool { return srv.Dials() > dials }))
			srv.RefuseHTTP(0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv, b := linked(t)
			b.hasten()
			b.start()
			ana := optedIn(t, srv, "+12125550101")
			fault(t, srv)
			ana.Send("2")
			if _, err := ana.WaitText(patient(t), "no more promotions"); err != nil {
				t.Errorf("the stop was not heard; `status` says\n%s", b.do("status"))
			}
		})
	}
}

// TestD5ADialThatHangsStopsNothingElse: `status` says that the number is not connected, and SIGTERM ends the program as ever, also while
// the first dial hangs.
func TestD5ADialThatHangsStopsNothingElse(t *testing.T) {
	t.Parallel()
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("builds and runs the program, and sends it a signal")
	}
	srv, b := linked(t)
	b.start()
	optedIn(t, srv, "+12125550101")
	srv.HangAt(whatsapptest.AtDial, -1)
	dials := srv.Dials()
	srv.Drop()
	must(t, srv.WaitUntil(patient(t), func() bool { return srv.Dials() > dials }))
	b.do("broadcast", "schedule", "weekend-offer", "--now", "--yes")
	var says string
	err := eventually(patient(t), func() bool {
		says = b.do("status")
		return strings.Contains(says, "connection:  disconnected") && strings.Contains(says, "because the number is not connected to WhatsApp")
	})
	if err != nil {
		t.Errorf("`status` says\n%s", says)
	}
	b.terminates()

	dials = srv.Dials()
	b.bot = b.cmd("run")
	must(t, b.bot.Start())
	t.Cleanup(func() { _ = b.bot.Process.Kill() })
	must(t, srv.WaitUntil(patient(t), func() bool { return srv.Dials() > dials }))
	b.terminates()
}

// terminates tells the program to end, and waits until it has done so, with 0.
func (b *binary) terminates() {
	b.t.Helper()
	must(b.t, b.bot.Process.Signal(syscall.SIGTERM))
	ended := make(chan error, 1)
	go func() { ended <- b.bot.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			b.t.Errorf("it ended with %v", err)
		}
	case <-time.After(patience):
		_ = b.bot.Process.Kill()
		b.t.Error("it does not end")
	}
}

// TestB6AHalfOpenWireCostsOne: a wire that swallows everything in the middle of a broadcast costs one delivery, whose fate is unknown, and
// not one every few seconds; `status` says why the others wait, and they get theirs.
func TestB6AHalfOpenWireCostsOne(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	srv, b := linked(t)
	b.hasten()
	b.env = append(b.env, "OPTINBOT_WHATSAPP_SEND_TIMEOUT=20s")
	b.start()
	crowd := newCrowd(srv, 8)
	crowd.optIn(scene(t), t)
	srv.Decide(func(m whatsapptest.Outbound) whatsapptest.Fate {
		if crowd.promoted() == 3 {
			srv.HangAt(whatsapptest.AtDial, -1)
			srv.Silence()
			return whatsapptest.Fate{NoAck: true}
		}
		return whatsapptest.Fate{}
	})
	b.do("broadcast", "schedule", "weekend-offer", "--now", "--yes")
	must(t, srv.WaitUntil(patient(t), func() bool { return crowd.promoted() >= 3 }))
	db := b.database()
	defer db.Close()
	unknown := func() (n int) {
		must(t, db.QueryRow("SELECT COUNT(*) FROM deliveries WHERE status = 'unknown'").Scan(&n))
		return n
	}
	says := ""
	if eventually(patient(t), func() bool {
		says = b.do("status")
		return strings.Contains(says, "because the number is not connected to WhatsApp") && unknown() > 0
	}) != nil {
		t.Errorf("`status` says\n%s", says)
	}
	if n := unknown(); n > 2 {
		t.Errorf("%d deliveries went into the silence", n)
	}
	srv.Decide(nil)
	srv.Well()
	must(t, eventually(patient(t), func() bool { return crowd.promoted()+unknown() >= 8 }))
	for _, p := range crowd.people {
		if n := count(p, "20% off"); n > 1 {
			t.Errorf("somebody got it %d times", n)
		}
	}
}

// TestB5LoginsOfTheProgramHaveAPause: a server that ends each connection right after the login is not knocked at without end.
func TestB5LoginsOfTheProgramHaveAPause(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	srv, b := linked(t)
	b.start()
	srv.CutAt(whatsapptest.AfterLogin, -1)
	before := srv.Phone().Logins()
	srv.Drop()
	if srv.WaitUntil(within(t, 10*time.Second), func() bool { return srv.Phone().Logins() > before+6 }) == nil {
		t.Error("it logged in seven times within ten seconds")
	}
}

// TestB1AnUnlinkedNumberIsLinkedAgain: as often as it may be; the phone's word is what counts, not what the session's file still holds.
func TestB1AnUnlinkedNumberIsLinkedAgain(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	srv, b := linked(t)
	for round := range 6 {
		kill := b.start()
		if round%2 == 0 {
			srv.Phone().Unlink()
		} else {
			srv.Phone().Refuse(whatsapptest.Refusal{Reason: 406})
			srv.Drop()
		}
		must(t, eventually(patient(t), func() bool { return strings.Contains(b.do("status"), "logged out") }))
		kill()
		srv.Phone().Accept()
		b.link(srv)
	}
}

// TestB1ALinkThatWasCutOffIsCompleted: the phone has accepted, and the program died before its own note of it.
func TestB1ALinkThatWasCutOffIsCompleted(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	srv, b := linked(t)
	db := b.database()
	_, err := db.Exec("UPDATE numbers SET jid = '', phone = '', linked_at = 0")
	must(t, err)
	must(t, db.Close())
	srv.RefuseHTTP(403) // nobody can say whether the session is still good
	if out, err := b.cmd("link").CombinedOutput(); err == nil || strings.Contains(string(out), "completed") {
		t.Errorf("link without a network: %v\n%s", err, out)
	}
	srv.RefuseHTTP(0)
	out, err := b.cmd("link").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "completed") {
		t.Fatalf("link: %v\n%s", err, out)
	}
	b.start()
	optedIn(t, srv, "+12125550101")
}

// TestO2ABrokenSessionIsSetAside: `doctor` says to link again, and that works.
func TestO2ABrokenSessionIsSetAside(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	srv, b := linked(t)
	file := filepath.Join(b.dir, "data", "session-main.db")
	garbage := bytes.Repeat([]byte("garbage "), 2000)
	must(t, os.WriteFile(file, garbage, 0o600))
	if out, _ := b.cmd("doctor").Output(); !strings.Contains(string(out), "-> `optinbot link` again") {
		t.Errorf("doctor says\n%s", out)
	}
	b.link(srv)
	aside, err := filepath.Glob(file + ".broken-*")
	must(t, err)
	if len(aside) != 1 {
		t.Fatalf("set aside: %q", aside)
	}
	if kept, err := os.ReadFile(aside[0]); err != nil || !bytes.Equal(kept, garbage) {
		t.Errorf("%d bytes, %v", len(kept), err)
	}
	b.start()
	optedIn(t, srv, "+12125550101")
}
