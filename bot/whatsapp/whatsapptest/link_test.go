package whatsapptest_test

import (
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

func TestLinkByQR(t *testing.T) {
	srv := newServer(t)
	srv.Hasty(false)
	c := link(t, srv)
	if err := srv.Phone().WaitOnline(within(t)); err != nil {
		t.Fatal(err)
	}
	equal(t, "JID", c.Store.ID.User, srv.Phone().JID().User)
	equal(t, "LID", c.Store.LID.User, srv.Phone().LID().User)
	equal(t, "prekeys", srv.Phone().PreKeys(), 811) // 812 uploaded, one used for the phone's first message
	equal(t, "push name", c.Store.PushName, "Business 15550000001")
	if err := c.SendPresence(within(t), types.PresenceAvailable); err != nil {
		t.Fatal(err)
	}
	if err := srv.WaitUntil(within(t), func() bool { return srv.Phone().Presence() == "available" }); err != nil {
		t.Fatal(err)
	}
	blocked := must(c.GetBlocklist(within(t)))(t)
	equal(t, "blocked", len(blocked.JIDs), 0)
}

func TestLoginAgain(t *testing.T) {
	srv := newServer(t)
	container := newStore(t)
	first := newClient(t, srv, container)
	first.linkQR(srv.Scan)
	first.Disconnect()
	second := newClient(t, srv, container)
	second.connect()
	await[*events.Connected](second, nil)
	await[*events.OfflineSyncCompleted](second, nil)
	equalSlices(t, "linked", srv.Phone().Linked(), []uint16{1})
}

func TestLinkByCode(t *testing.T) {
	srv := newServer(t)
	phone := srv.AddPhone("+15550000002")
	c := newClient(t, srv, newStore(t))
	c.connect()
	await[*events.QR](c, nil)
	pairPhone := func() string {
		return must(c.PairPhone(within(t), "+15550000002", true, whatsmeow.PairClientChrome, "Chrome (Linux)"))(t)
	}
	pairPhone()
	if err := phone.EnterCode("AAAA-AAAA"); err != nil { // wrong: nothing comes of it
		t.Fatal(err)
	}
	if err := phone.EnterCode(pairPhone()); err != nil {
		t.Fatal(err)
	}
	await[*events.PairSuccess](c, nil)
	await[*events.Connected](c, nil)
	equal(t, "JID", c.Store.ID.User, phone.JID().User)
}

func TestWrongQR(t *testing.T) {
	srv := newServer(t)
	if err := srv.Scan("https://wa.me/settings/linked_devices#2@00,AA,AA,AA,1"); err == nil {
		t.Error("a code of nobody was scanned")
	}
	if err := srv.Scan("hello"); err == nil {
		t.Error("a text was scanned")
	}
}
