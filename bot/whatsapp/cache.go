package whatsapp

import (
	"context"
	"strings"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// A sessionCache remembers what the session's file says, so that a send asks and writes it less
// often (docs/benchmarks.md). The file comes first: every change is committed there before it is
// remembered here or its caller goes on, so a crash loses no ratchet. What is written in a
// transaction that can still be rolled back (while decrypting) is forgotten and not remembered.
//
// There is one for each device of a file, not one for each connection: a handler of the connection
// before may still be writing.
type sessionCache struct {
	identities addressCache[[32]byte]
	sessions   addressCache[[]byte]

	mu      sync.Mutex
	cleared time.Time // when the messages kept for retry receipts were last looked through
}

// How much is remembered. A session takes one to three kilobytes. A broadcast to more people than
// that reads each again.
const (
	maxIdentities = 100_000
	maxSessions   = 4096
)

func newSessionCache() *sessionCache {
	return &sessionCache{identities: addressCache[[32]byte]{most: maxIdentities},
		sessions: addressCache[[]byte]{most: maxSessions}}
}

// attach puts the cache before the library's store of a device.
func (c *sessionCache) attach(device *store.Device) {
	device.Identities = cachedIdentities{device.Identities, &c.identities}
	device.Sessions = cachedSessions{device.Sessions, c}
	device.EventBuffer = cachedBuffer{device.EventBuffer, c}
}

// addressCache keeps values of the file by address, which is a user, a colon and a device. A value
// is remembered only if nothing was changed between the look at the file and now, by anybody: two
// that write at once leave nothing behind.
type addressCache[V any] struct {
	most int // users

	mu      sync.Mutex
	users   map[string]map[string]V
	changes uint64
}

func userOf(address string) string {
	return address[:max(0, strings.LastIndexByte(address, ':'))]
}

// get also returns the changes so far, for fill.
func (k *addressCache[V]) get(address string) (value V, ok bool, changes uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	value, ok = k.users[userOf(address)][address]
	return value, ok, k.changes
}

// fill remembers what was read since get, or written since drop, returned changes.
func (k *addressCache[V]) fill(changes uint64, address string, value V) {
	k.mu.Lock()
	defer k.mu.Unlock()
	user := userOf(address)
	if k.changes != changes {
		k.changes++
		delete(k.users, user)
		return
	}
	if k.users == nil || len(k.users) >= k.most {
		k.users = map[string]map[string]V{}
	}
	if k.users[user] == nil {
		k.users[user] = map[string]V{}
	}
	k.users[user][address] = value
}

// drop forgets all about users. Everybody is the user "".
func (k *addressCache[V]) drop(users ...string) (changes uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.changes++
	for _, user := range users {
		if user == everybody {
			k.users = nil
		}
		delete(k.users, user)
	}
	return k.changes
}

const everybody = ""

// change forgets users around a change of the file, and once more when the transaction that it
// belongs to has ended.
func (k *addressCache[V]) change(ctx context.Context, do func() error, users ...string) error {
	forget := func() { k.drop(users...) }
	defer forget()
	if t := openTransaction(ctx); t != nil {
		t.atEnd(forget)
	}
	forget()
	return do()
}

// A transaction is one of the library's that decrypts a message. It may yet be rolled back.
type transaction struct {
	mu   sync.Mutex
	ends []func()
}

type transactionKey struct{}

func openTransaction(ctx context.Context) *transaction {
	t, _ := ctx.Value(transactionKey{}).(*transaction)
	return t
}

func (t *transaction) atEnd(do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ends = append(t.ends, do)
}

func (t *transaction) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, do := range t.ends {
		do()
	}
	t.ends = nil
}

// cachedIdentities writes a key only where it changed: the library writes the same one with each
// message (Encrypt and Decrypt in SessionCipher.go of libsignal), each time in a transaction of its
// own.
type cachedIdentities struct {
	store.IdentityStore
	cache *addressCache[[32]byte]
}

func (c cachedIdentities) IsTrustedIdentity(ctx context.Context, address string, key [32]byte) (bool, error) {
	known, ok, changes := c.cache.get(address)
	if ok && known == key {
		return true, nil
	}
	trusted, err := c.IdentityStore.IsTrustedIdentity(ctx, address, key)
	if err != nil || !trusted || openTransaction(ctx) != nil {
		return trusted, err
	}
	// A person without a key is trusted with any. Only if another key would not be, is this the one
	// in the file.
	other := key
	other[0] ^= 1
	if any, err := c.IdentityStore.IsTrustedIdentity(ctx, address, other); err == nil && !any {
		c.cache.fill(changes, address, key)
	}
	return true, nil
}

func (c cachedIdentities) PutIdentity(ctx context.Context, address string, key [32]byte) error {
	if known, ok, _ := c.cache.get(address); ok && known == key {
		return nil
	}
	put := func() error { return c.IdentityStore.PutIdentity(ctx, address, key) }
	if openTransaction(ctx) != nil {
		return c.cache.change(ctx, put, userOf(address))
	}
	changes := c.cache.drop(userOf(address))
	if err := put(); err != nil {
		c.cache.drop(userOf(address))
		return err
	}
	c.cache.fill(changes, address, key)
	return nil
}

// The library deletes identities by patterns (LIKE in store/sqlstore/store.go) that may fit more
// than they name.

func (c cachedIdentities) DeleteAllIdentities(ctx context.Context, phone string) error {
	return c.cache.change(ctx, func() error { return c.IdentityStore.DeleteAllIdentities(ctx, phone) }, everybody)
}

func (c cachedIdentities) DeleteIdentity(ctx context.Context, address string) error {
	return c.cache.change(ctx, func() error { return c.IdentityStore.DeleteIdentity(ctx, address) }, everybody)
}

// cachedSessions reads a session from the file only if we have not written or read it before. Every
// change goes to the file first.
type cachedSessions struct {
	store.SessionStore
	cache *sessionCache
}

func (c cachedSessions) GetSession(ctx context.Context, address string) ([]byte, error) {
	if openTransaction(ctx) != nil { // it may have written one
		return c.SessionStore.GetSession(ctx, address)
	}
	found, err := c.GetManySessions(ctx, []string{address})
	return found[address], err
}

func (c cachedSessions) HasSession(ctx context.Context, address string) (bool, error) {
	session, err := c.GetSession(ctx, address)
	return session != nil, err
}

func (c cachedSessions) GetManySessions(ctx context.Context, addresses []string) (map[string][]byte, error) {
	if openTransaction(ctx) != nil {
		return c.SessionStore.GetManySessions(ctx, addresses)
	}
	all, since := map[string][]byte{}, map[string]uint64{}
	var missing []string
	for _, address := range addresses {
		session, ok, changes := c.cache.sessions.get(address)
		all[address] = session
		if !ok {
			missing, since[address] = append(missing, address), changes
		}
	}
	if len(missing) == 0 {
		return all, nil
	}
	read, err := c.SessionStore.GetManySessions(ctx, missing)
	if err != nil {
		return nil, err
	}
	for address, session := range read {
		all[address] = session
		if session != nil {
			c.cache.sessions.fill(since[address], address, session)
		}
	}
	return all, nil
}

func (c cachedSessions) PutSession(ctx context.Context, address string, session []byte) error {
	return c.put(
		ctx,
		map[string][]byte{address: session},
		func() error { return c.SessionStore.PutSession(ctx, address, session) },
	)
}

func (c cachedSessions) PutManySessions(ctx context.Context, sessions map[string][]byte) error {
	return c.put(ctx, sessions, func() error { return c.SessionStore.PutManySessions(ctx, sessions) })
}

// put returns when the sessions are in the file, and durable unless a transaction is open.
func (c cachedSessions) put(ctx context.Context, sessions map[string][]byte, write func() error) error {
	var users []string
	for address := range sessions {
		users = append(users, userOf(address))
	}
	if openTransaction(ctx) != nil {
		return c.cache.sessions.change(ctx, write, users...)
	}
	changes := c.cache.sessions.drop(users...)
	if err := write(); err != nil {
		c.cache.sessions.drop(users...)
		return err
	}
	for address, session := range sessions {
		c.cache.sessions.fill(changes, address, session)
	}
	return nil
}

func (c cachedSessions) DeleteSession(ctx context.Context, address string) error {
	return c.cache.sessions.change(
		ctx,
		func() error { return c.SessionStore.DeleteSession(ctx, address) },
		userOf(address),
	)
}

func (c cachedSessions) DeleteAllSessions(ctx context.Context, phone string) error {
	return c.cache.sessions.change(ctx, func() error { return c.SessionStore.DeleteAllSessions(ctx, phone) }, everybody)
}

// MigratePNToLID moves sessions and identities from a phone to a LID. It is called for every
// message of theirs.
func (c cachedSessions) MigratePNToLID(ctx context.Context, pn, lid types.JID) error {
	users := []string{pn.SignalAddressUser(), lid.SignalAddressUser()}
	return c.cache.sessions.change(ctx, func() error {
		return c.cache.identities.change(
			ctx,
			func() error { return c.SessionStore.MigratePNToLID(ctx, pn, lid) },
			users...)
	}, users...)
}

// cachedBuffer knows when a transaction is open, and looks through the old messages as seldom as
// the library means to.
type cachedBuffer struct {
	store.EventBuffer
	cache *sessionCache
}

func (c cachedBuffer) DoDecryptionTxn(ctx context.Context, do func(context.Context) error) error {
	if openTransaction(ctx) != nil {
		return c.EventBuffer.DoDecryptionTxn(ctx, do)
	}
	t := &transaction{}
	defer t.end()
	return c.EventBuffer.DoDecryptionTxn(context.WithValue(ctx, transactionKey{}, t), do)
}

// clearEvery is how often messages kept for retry receipts are looked through. The library means to
// do so every twelve hours, and does it with every message: it never notes that it did
// (addRecentMessage in retry.go).
const clearEvery = 12 * time.Hour

func (c cachedBuffer) DeleteOldOutgoingEvents(ctx context.Context) error {
	c.cache.mu.Lock()
	defer c.cache.mu.Unlock()
	if time.Since(c.cache.cleared) < clearEvery {
		return nil
	}
	if err := c.EventBuffer.DeleteOldOutgoingEvents(ctx); err != nil {
		return err
	}
	c.cache.cleared = time.Now()
	return nil
}
