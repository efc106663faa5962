package whatsapptest

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waServerSync"
	"go.mau.fi/whatsmeow/store"
	waLog "go.mau.fi/whatsmeow/util/log"
	"google.golang.org/protobuf/proto"
)

// An appState is what a business phone shares with its clients besides messages: here its push name
// and nothing else. Without a push name a client cannot announce its presence (presence.go:68).
type appState struct {
	name  string
	keyID []byte
	key   []byte
	patch func() []byte
}

func newAppState(name string) *appState {
	a := &appState{name: name, keyID: make([]byte, 6), key: make([]byte, 32)}
	_, _ = rand.Read(a.keyID)
	_, _ = rand.Read(a.key)
	a.patch = sync.OnceValue(a.encode)
	return a
}

// encode makes the one patch there is with the library's own encoder, which leaves the version out:
// it is 1 (appstate/encode.go:263-345).
func (a *appState) encode() []byte {
	device := &store.Device{AppStateKeys: oneKey{a.key}, AppState: noState{}}
	raw, err := appstate.NewProcessor(device, waLog.Noop).
		EncodePatch(context.Background(), a.keyID, appstate.HashState{}, appstate.BuildSettingPushName(a.name))
	if err != nil {
		return nil
	}
	patch := new(waServerSync.SyncdPatch)
	if proto.Unmarshal(raw, patch) != nil {
		return nil
	}
	patch.Version = &waServerSync.SyncdVersion{Version: proto.Uint64(1)}
	raw, _ = proto.Marshal(patch)
	return raw
}

// answer gives the patches of the collections asked for: one collection has a patch, the others are
// empty (appstate.go:455-483, appstate/decode.go:62-130).
func (a *appState) answer(n *waBinary.Node) []waBinary.Node {
	asked := n.GetChildByTag("sync")
	var collections []waBinary.Node
	for _, c := range asked.GetChildrenByTag("collection") {
		name, version := textOf(&c, "name"), atoi(textOf(&c, "version"))
		out := waBinary.Node{
			Tag:   "collection",
			Attrs: waBinary.Attrs{"name": name, "version": version, "has_more_patches": false},
		}
		if patch := a.patch(); name == string(appstate.WAPatchCriticalBlock) && version == 0 && patch != nil {
			out.Attrs["version"] = 1
			out.Content = []waBinary.Node{{Tag: "patches", Content: []waBinary.Node{{Tag: "patch", Content: patch}}}}
		}
		collections = append(collections, out)
	}
	return []waBinary.Node{{Tag: "sync", Content: collections}}
}

// shareKeys is the phone's first message to a new client: the key of the app state. The client then
// asks for it (message.go:844-880).
func (p *Phone) shareKeys(d *device) {
	share := &waE2E.AppStateSyncKeyShare{Keys: []*waE2E.AppStateSyncKey{{
		KeyID: &waE2E.AppStateSyncKeyId{KeyID: p.appState.keyID},
		KeyData: &waE2E.AppStateSyncKeyData{
			KeyData: p.appState.key, Timestamp: proto.Int64(p.srv.Now().UnixMilli()),
			Fingerprint: &waE2E.AppStateSyncKeyFingerprint{RawID: proto.Uint32(1), CurrentIndex: proto.Uint32(0)},
		},
	}}}
	p.sendPeer(d, &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_SHARE.Enum(), AppStateSyncKeyShare: share,
	})
}

// sendPeer sends a message from the phone to one client, for itself.
func (p *Phone) sendPeer(d *device, m *waE2E.ProtocolMessage) string {
	id := newMessageID()
	p.sendToClient(d, id, p.srv.Now(), waBinary.Attrs{"category": "peer", "type": "text", "push_priority": "high"},
		&waE2E.Message{ProtocolMessage: m})
	return id
}

// oneKey is a store with one key, whatever its ID.
type oneKey struct{ key []byte }

func (k oneKey) PutAppStateSyncKey(context.Context, []byte, store.AppStateSyncKey) error { return nil }

func (k oneKey) GetAppStateSyncKey(context.Context, []byte) (*store.AppStateSyncKey, error) {
	return &store.AppStateSyncKey{Data: k.key, Timestamp: time.Now().UnixMilli()}, nil
}

func (k oneKey) GetLatestAppStateSyncKeyID(context.Context) ([]byte, error) { return nil, nil }

func (k oneKey) GetAllAppStateSyncKeys(context.Context) ([]*store.AppStateSyncKey, error) {
	return nil, nil
}

// noState is a store in which nothing has happened yet.
type noState struct{ store.AppStateStore }

func (noState) GetAppStateMutationMAC(context.Context, string, []byte) ([]byte, error) {
	return nil, nil
}
