package whatsapp

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"
)

func TestLinkPrintsNothingButCodes(t *testing.T) {
	var out, words bytes.Buffer
	l := newLinking(nil, LinkOptions{PrintCode: true, Out: &out, Words: &words})
	for _, code := range []string{"https://wa.me/settings/linked_devices#1,n,i,a,9", "https://wa.me/settings/linked_devices#2,n,i,a,9"} {
		if err := l.show(t.Context(), nil, whatsmeow.QRChannelItem{Code: code}); err != nil {
			t.Fatal(err)
		}
	}
	l.say("Linked.")
	if got := out.String(); got != "https://wa.me/settings/linked_devices#1,n,i,a,9\nhttps://wa.me/settings/linked_devices#2,n,i,a,9\n" {
		t.Errorf("standard output:\n%s", got)
	}
	if words.String() != "Linked.\n" {
		t.Errorf("words: %s", words.String())
	}
	out.Reset()
	l = newLinking(nil, LinkOptions{PrintCode: true, Out: &out})
	l.say("Linked.")
	if out.Len() != 0 {
		t.Errorf("words among the codes: %s", out.String())
	}
}

func TestLinkShowsEachCode(t *testing.T) {
	var out bytes.Buffer
	var shown []string
	l := newLinking(nil, LinkOptions{Out: &out, Show: func(code string, good time.Duration) {
		shown = append(shown, code+" "+good.String())
	}})
	for _, item := range []whatsmeow.QRChannelItem{{Code: "one", Timeout: time.Minute}, {Code: "two", Timeout: 20 * time.Second}} {
		if err := l.show(t.Context(), nil, item); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(shown, ", "); got != "one 1m0s, two 20s" || out.Len() > 0 {
		t.Errorf("shown: %s; written: %q", got, out.String())
	}
}

func TestLinkSaysWhatWentWrong(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	rows := []struct {
		item whatsmeow.QRChannelItem
		says string
	}{
		{whatsmeow.QRChannelTimeout, "run `optinbot link` again"},
		{whatsmeow.QRChannelClientOutdated, "whatsmeow " + pinnedLibrary},
		{whatsmeow.QRChannelErrUnexpectedEvent, "look at WhatsApp on the phone"},
		{whatsmeow.QRChannelItem{Event: whatsmeow.QRChannelEventPasskeyRequest}, "passkey"},
		{whatsmeow.QRChannelItem{Event: whatsmeow.QRChannelEventError, Error: errors.New("bad 5511900000001")}, "could not agree (bad <13>)"},
	}
	l := newLinking(nil, LinkOptions{})
	for _, row := range rows {
		if err := l.failed(t.Context(), row.item); err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", row.item.Event, err)
		}
	}
	if err := l.failed(cancelled, whatsmeow.QRChannelTimeout); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestLoginOutcome(t *testing.T) {
	rows := []struct {
		event any
		ended bool
		says  string
	}{
		{&events.Connected{}, true, ""},
		{&events.Disconnected{}, false, ""},
		{&events.LoggedOut{Reason: events.ConnectFailureLoggedOut}, true, "401"},
		{&events.ClientOutdated{}, true, "405"},
		{&events.TemporaryBan{Code: events.TempBanBlockedByUsers}, true, "102"},
		{&events.StreamReplaced{}, true, "replaced"},
		{&events.ConnectFailure{Reason: 499}, true, "499"},
	}
	for _, row := range rows {
		ended, err := loginOutcome(row.event)
		if ended != row.ended || (err == nil) != (row.says == "") || err != nil && !strings.Contains(err.Error(), row.says) {
			t.Errorf("%T: %v %v", row.event, ended, err)
		}
	}
}

// TestLinkWithoutWhatsApp: nobody listens at the address, and Link says so instead of waiting.
func TestLinkWithoutWhatsApp(t *testing.T) {
	o := testOptions(t, nil)
	o.TestServer = &TestServer{Addr: "127.0.0.1:1", CertPubKey: someKey}
	c := open(t, o)
	_, err := c.Link(t.Context(), LinkOptions{})
	if err == nil || !strings.Contains(err.Error(), "could not be reached") {
		t.Errorf("%v", err)
	}
	linkedSession(t, c)
	if _, err = c.Link(t.Context(), LinkOptions{}); !errors.Is(err, ErrUnchecked) {
		t.Errorf("nobody can say whether it is still linked: %v", err)
	}
}

// TestConnectWithoutWhatsApp: a linked number keeps trying, and Close ends that at once.
func TestConnectWithoutWhatsApp(t *testing.T) {
	o := testOptions(t, nil)
	o.TestServer = &TestServer{Addr: "127.0.0.1:1", CertPubKey: someKey}
	c := open(t, o)
	linkedSession(t, c)
	if err := c.Connect(t.Context()); err != nil {
		t.Errorf("the network is away: %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Connect(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
