package whatsapptest_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
	"go.uber.org/goleak"

	"optinbot/bot/whatsapp/whatsapptest"
)

func TestWriteFile(t *testing.T) {
	srv := newServer(t)
	path := filepath.Join(t.TempDir(), "server.json")
	if err := srv.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	var file struct {
		Addr  string  `json:"addr"`
		Key   string  `json:"cert_pub_key"`
		CAPEM *string `json:"ca_pem"`
	}
	if err := json.Unmarshal(must(os.ReadFile(path))(t), &file); err != nil {
		t.Fatal(err)
	}
	key := srv.RootKey()
	equal(t, "addr", file.Addr, srv.Addr())
	equal(t, "key", file.Key, hex.EncodeToString(key[:]))
	if file.CAPEM == nil || *file.CAPEM != "" {
		t.Errorf("ca_pem: %v", file.CAPEM)
	}
}

// TestTLS links a client by TLS and moves a file both ways.
func TestTLS(t *testing.T) {
	srv := whatsapptest.NewTLSServer()
	srv.Hasty(true)
	t.Cleanup(srv.Close)
	path := filepath.Join(t.TempDir(), "server.json")
	if err := srv.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if file := string(must(os.ReadFile(path))(t)); !strings.Contains(file, "BEGIN CERTIFICATE") {
		t.Errorf("no certificate in %s", file)
	}
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	m := c.message(ann.SendImage([]byte("a picture"), ""))
	equal(t, "image", string(must(c.Download(within(t), m.Message.GetImageMessage()))(t)), "a picture")
	up := must(c.Upload(within(t), []byte("another"), whatsmeow.MediaImage))(t)
	equal(t, "uploaded", string(must(ann.Download(&waE2E.ImageMessage{FileEncSHA256: up.FileEncSHA256, MediaKey: up.MediaKey}))(t)), "another")
}

func TestServersShareTheRoot(t *testing.T) {
	equal(t, "root key", newServer(t).RootKey(), newServer(t).RootKey())
}

// TestClose closes a server with a client online and another half linked. Nothing of the server is
// left.
func TestClose(t *testing.T) {
	before := goleak.IgnoreCurrent()
	srv := whatsapptest.NewServer()
	srv.Hasty(true)
	c := newClient(t, srv, newStore(t))
	// A Disconnect that meets the library's reconnect is undone by it (client.go:557, 618-660).
	c.EnableAutoReconnect = false
	c.linkQR(srv.Scan)
	half := newClient(t, srv, newStore(t))
	half.connect()
	await[*events.QR](half, nil)
	srv.Contact("+15550100001").Send("hello")
	srv.Close()
	srv.Close() // again does nothing
	await[*events.Disconnected](c, nil)
	await[*events.Disconnected](half, nil)
	c.Disconnect()
	half.Disconnect()
	goleak.VerifyNone(t, before,
		goleak.IgnoreAnyFunction("database/sql.(*DB).connectionOpener"),
		goleak.IgnoreAnyFunction("go.mau.fi/whatsmeow/socket.(*FrameSocket).frameComplete"))
}

func TestClockAndTrace(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	srv.SetClock(func() time.Time { return at })
	traced := make(chan string, 1)
	srv.Trace(func(from whatsapptest.Direction, n *waBinary.Node) {
		if n.Tag == "message" && from == whatsapptest.FromServer {
			select {
			case traced <- n.Tag:
			default:
			}
		}
	})
	ann := srv.Contact("+15550100001")
	equal(t, "time", c.message(ann.Send("now")).Info.Timestamp.Unix(), at.Unix())
	equal(t, "time of one's own", c.message(ann.Send("then", whatsapptest.At(at.Add(-time.Hour)))).Info.Timestamp.Unix(), at.Add(-time.Hour).Unix())
	equal(t, "ID of one's own", c.message(ann.Send("mine", whatsapptest.WithID("3AMINE"))).Info.ID, "3AMINE")
	equal(t, "traced", <-traced, "message")
	id := c.say(ann.LID(), "answer")
	equal(t, "received at", ann.Received()[0].At, at)
	equal(t, "ID", ann.Received()[0].ID, id)
}

// TestCrowd has contacts write at once to a client that was never told about them.
func TestCrowd(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	const n = 100
	for i := range n {
		go srv.Contact(fmt.Sprintf("+15551%07d", i)).Send("hello")
	}
	awaitN[*events.Message](c, n, func(e *events.Message) bool { return !e.Info.IsFromMe })
	equal(t, "people", len(srv.Contacts()), n)
	equal(t, "undecryptable", len(seen[*events.UndecryptableMessage](c)), 0)
}
