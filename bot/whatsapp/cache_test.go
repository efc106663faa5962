package whatsapp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"pgregory.net/rapid"
)

// cachedDevices are two readings of a device, as a connection and the one before have them, and the
// file without a cache.
func cachedDevices(t *testing.T) (c *Client, devices [2]*store.Device, file *store.Device) {
	t.Helper()
	c = open(t, testOptions(t, nil))
	s := linkedSession(t, c)
	for i := range devices {
		var err error
		if devices[i], err = c.store.device(t.Context(), s.jid); err != nil {
			t.Fatal(err)
		}
	}
	file, err := c.store.devices.GetDevice(t.Context(), *devices[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return c, devices, file
}

// The people of these tests. Each has a phone and a LID, and two devices.
var (
	cachedPhones = []types.JID{types.NewJID("12125550101", types.DefaultUserServer), types.NewJID("1212555010", types.DefaultUserServer)}
	cachedLIDs   = []types.JID{types.NewJID("101", types.HiddenUserServer), types.NewJID("10", types.HiddenUserServer)}
)

func cachedAddresses() (all []string) {
	for _, jid := range append(append([]types.JID{}, cachedPhones...), cachedLIDs...) {
		for device := range uint16(2) {
			jid.Device = device
			all = append(all, jid.SignalAddress().String())
		}
	}
	return all
}

func keyOf(n int) (key [32]byte) {
	key[5] = byte(n)
	return key
}

// sessionOf has the 64 bytes at least that the file asks for.
func sessionOf(n int) []byte { return bytes.Repeat([]byte{byte(n)}, 96) }

// sameAsFile compares everything that the cached device says with the file.
func sameAsFile(t rapid.TB, device, file *store.Device) {
	t.Helper()
	ctx := context.Background()
	addresses := cachedAddresses()
	want, err := file.Sessions.GetManySessions(ctx, addresses)
	if err != nil {
		t.Fatal(err)
	}
	many, err := device.Sessions.GetManySessions(ctx, addresses)
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		one, err := device.Sessions.GetSession(ctx, address)
		has, err2 := device.Sessions.HasSession(ctx, address)
		if errors.Join(err, err2) != nil || !bytes.Equal(one, want[address]) || !bytes.Equal(many[address], want[address]) || has != (want[address] != nil) {
			t.Fatalf("session of %s: %x, %x and %v, the file has %x (%v, %v)", address, one, many[address], has, want[address], err, err2)
		}
		for n := range 4 {
			trusted, err := device.Identities.IsTrustedIdentity(ctx, address, keyOf(n))
			in, err2 := file.Identities.IsTrustedIdentity(ctx, address, keyOf(n))
			if errors.Join(err, err2) != nil || trusted != in {
				t.Fatalf("identity %d of %s: trusted %v, by the file %v (%v, %v)", n, address, trusted, in, err, err2)
			}
		}
	}
}

// TestCacheNeverDiffersFromTheFile does what the library does, in any order, through two
// connections, in and out of transactions that commit or do not: what the cache says afterwards is
// what the file says.
func TestCacheNeverDiffersFromTheFile(t *testing.T) {
	_, devices, file := cachedDevices(t)
	addresses, failed := cachedAddresses(), errors.New("could not decrypt")
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			device := devices[rapid.IntRange(0, 1).Draw(t, "device")]
			var err error
			// drawn before a transaction is open: a draw may panic, and leave it so
			var steps []func(context.Context) error
			for range rapid.IntRange(1, 3).Draw(t, "changes") {
				steps = append(steps, changeAny(t, device, addresses))
			}
			do := func(ctx context.Context) error {
				for _, step := range steps {
					if err := step(ctx); err != nil {
						return err
					}
				}
				return nil
			}
			switch rapid.IntRange(0, 3).Draw(t, "transaction") {
			case 0:
				err = device.EventBuffer.DoDecryptionTxn(context.Background(), do)
			case 1:
				err = device.EventBuffer.DoDecryptionTxn(context.Background(), func(ctx context.Context) error { return errors.Join(do(ctx), failed) })
				if errors.Is(err, failed) {
					err = nil
				}
			default:
				err = do(context.Background())
			}
			if err != nil {
				t.Fatal(err)
			}
			sameAsFile(t, devices[0], file)
			sameAsFile(t, devices[1], file)
		}
	})
}

// changeAny chooses one thing that the library does, or looks.
func changeAny(t *rapid.T, device *store.Device, addresses []string) func(context.Context) error {
	address, other := rapid.SampledFrom(addresses).Draw(t, "address"), rapid.SampledFrom(addresses).Draw(t, "other")
	n, who := rapid.IntRange(0, 3).Draw(t, "value"), rapid.IntRange(0, 1).Draw(t, "who")
	what := rapid.IntRange(0, 9).Draw(t, "what")
	return func(ctx context.Context) error {
		switch what {
		case 0:
			return device.Sessions.PutSession(ctx, address, sessionOf(n))
		case 1:
			return device.Sessions.PutManySessions(ctx, map[string][]byte{address: sessionOf(n), other: sessionOf(n + 4)})
		case 2:
			return device.Sessions.DeleteSession(ctx, address)
		case 3:
			return device.Sessions.DeleteAllSessions(ctx, cachedPhones[who].User)
		case 4:
			return device.Sessions.MigratePNToLID(ctx, cachedPhones[who], cachedLIDs[who])
		case 5, 6:
			return device.Identities.PutIdentity(ctx, address, keyOf(n))
		case 7:
			return device.Identities.DeleteIdentity(ctx, address)
		case 8:
			return device.Identities.DeleteAllIdentities(ctx, cachedPhones[who].User)
		}
		_, err := device.Sessions.GetSession(ctx, address)
		_, err2 := device.Identities.IsTrustedIdentity(ctx, address, keyOf(n))
		return errors.Join(err, err2)
	}
}

// TestCacheWithManyAtOnce: sends, messages that are decrypted, and lookups beside each other. When
// all is quiet, cache and file agree.
func TestCacheWithManyAtOnce(t *testing.T) {
	_, devices, file := cachedDevices(t)
	addresses, failed := cachedAddresses(), errors.New("could not decrypt")
	for round := range 10 {
		var all sync.WaitGroup
		for i := range 8 {
			device, address := devices[i%2], addresses[(round+i/4)%len(addresses)]
			all.Go(func() {
				for n := range 4 {
					err := device.EventBuffer.DoDecryptionTxn(t.Context(), func(ctx context.Context) error {
						err := errors.Join(device.Sessions.PutSession(ctx, address, sessionOf(10*i+n)), device.Identities.PutIdentity(ctx, address, keyOf(i%4)))
						if n == 3 {
							return errors.Join(err, failed)
						}
						return err
					})
					if err != nil && !errors.Is(err, failed) {
						t.Error(err)
					}
				}
			})
			all.Go(func() {
				for n := range 4 {
					_, err := device.Sessions.GetManySessions(t.Context(), []string{address})
					err2 := device.Sessions.PutManySessions(t.Context(), map[string][]byte{address: sessionOf(10*i + n + 5)})
					err3 := device.Identities.PutIdentity(t.Context(), address, keyOf((i+n)%4))
					if err := errors.Join(err, err2, err3); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		sameAsFile(t, devices[0], file)
	}
}

// TestCacheRemembersNothingThatWasNotWritten: the ratchet in the file is the one that counts after
// a crash.
func TestCacheRemembersNothingThatWasNotWritten(t *testing.T) {
	c, devices, file := cachedDevices(t)
	address := cachedAddresses()[0]
	if err := devices[0].Sessions.PutSession(t.Context(), address, sessionOf(1)); err != nil {
		t.Fatal(err)
	}
	if got, err := file.Sessions.GetSession(t.Context(), address); err != nil || !bytes.Equal(got, sessionOf(1)) {
		t.Fatalf("put has returned, and the file has %x, %v", got, err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	err := devices[0].Sessions.PutManySessions(over, map[string][]byte{address: sessionOf(2)})
	err2 := devices[0].Identities.PutIdentity(over, address, keyOf(2))
	if err == nil || err2 == nil {
		t.Fatal("a write succeeded after its context had ended")
	}
	sameAsFile(t, devices[0], file)
	if _, err := c.store.db.ExecContext(t.Context(), "DROP TABLE whatsmeow_sessions"); err != nil {
		t.Fatal(err)
	}
	if err := devices[0].Sessions.PutSession(t.Context(), address, sessionOf(3)); err == nil {
		t.Fatal("written without a table")
	}
	if got, err := devices[0].Sessions.GetSession(t.Context(), address); err == nil {
		t.Errorf("after a failed write the cache says %x", got)
	}
}

// TestCacheSavesStatements: what the library repeats with each message is not asked and not written
// again.
func TestCacheSavesStatements(t *testing.T) {
	sql := countSQL()
	o := testOptions(t, nil)
	o.driver = sql.name
	c := open(t, o)
	device, err := c.store.device(t.Context(), linkedSession(t, c).jid)
	if err != nil {
		t.Fatal(err)
	}
	address := cachedAddresses()[0]
	send := func() {
		t.Helper()
		_, err := device.Sessions.GetManySessions(t.Context(), []string{address})
		trusted, err2 := device.Identities.IsTrustedIdentity(t.Context(), address, keyOf(1))
		err3 := device.Identities.PutIdentity(t.Context(), address, keyOf(1))
		err4 := device.Sessions.PutManySessions(t.Context(), map[string][]byte{address: sessionOf(1)})
		err5 := device.EventBuffer.DeleteOldOutgoingEvents(t.Context())
		if err := errors.Join(err, err2, err3, err4, err5); err != nil || !trusted {
			t.Fatal(err, trusted)
		}
	}
	send()
	sql.counting.Store(true)
	send()
	if reads, writes := sql.reads.Load(), sql.writes.Load(); reads != 0 || writes != 1 {
		t.Errorf("%d reads and %d writes, want the session alone: %s", reads, writes, sql.list(1))
	}
	// A new process knows nothing, and sees from two reads that the key need not be written.
	sql.counting.Store(false)
	c.store.forgetCache(device.ID.String())
	if device, err = c.store.device(t.Context(), device.ID.String()); err != nil {
		t.Fatal(err)
	}
	sql.reads.Store(0)
	sql.writes.Store(0)
	sql.counting.Store(true)
	for range 2 {
		_, err := device.Identities.IsTrustedIdentity(t.Context(), address, keyOf(1))
		if err := errors.Join(err, device.Identities.PutIdentity(t.Context(), address, keyOf(1))); err != nil {
			t.Fatal(err)
		}
	}
	if reads, writes := sql.reads.Load(), sql.writes.Load(); reads != 2 || writes != 0 {
		t.Errorf("%d reads and %d writes", reads, writes)
	}
}

// TestCacheOfALinkedDevice: connections of one device share a cache, for the one before may still
// be writing. A device that is linked anew begins without. A deleted device has none.
func TestCacheOfALinkedDevice(t *testing.T) {
	c, devices, _ := cachedDevices(t)
	jid := devices[0].ID.String()
	before := c.store.cache(jid)
	if before != devices[0].Sessions.(cachedSessions).cache || before != devices[1].Sessions.(cachedSessions).cache {
		t.Error("two connections of one device have a cache each")
	}
	if err := c.store.setLinked(t.Context(), "shop", jid); err != nil {
		t.Fatal(err)
	}
	if c.store.cache(jid) == before {
		t.Error("a device that was linked anew has the cache of the one before")
	}
	if err := devices[0].Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := devices[0].Sessions.GetSession(t.Context(), "1:0"); !errors.Is(err, store.ErrDeviceDeleted) {
		t.Errorf("a deleted device answers %v", err)
	}
}

func TestCacheIsBounded(t *testing.T) {
	k := addressCache[int]{most: 10}
	for i := range 100 {
		address := fmt.Sprintf("%d:0", i)
		k.fill(k.drop(), address, i)
		if got, ok, _ := k.get(address); !ok || got != i || len(k.users) > 10 {
			t.Fatalf("%d %v, %d users", got, ok, len(k.users))
		}
	}
}

// TestCacheFollowsAMigration: the library moves a person's sessions once in a process, and the
// cache must not know better.
func TestCacheFollowsAMigration(t *testing.T) {
	_, devices, file := cachedDevices(t)
	for n, jid := range []types.JID{cachedPhones[0], cachedLIDs[0]} {
		address := jid.SignalAddress().String()
		err := devices[0].Sessions.PutSession(t.Context(), address, sessionOf(n))
		if err := errors.Join(err, devices[0].Identities.PutIdentity(t.Context(), address, keyOf(n))); err != nil {
			t.Fatal(err)
		}
	}
	sameAsFile(t, devices[0], file)
	if err := devices[1].Sessions.MigratePNToLID(t.Context(), cachedPhones[0], cachedLIDs[0]); err != nil {
		t.Fatal(err)
	}
	sameAsFile(t, devices[0], file)
}
