package whatsapp

import (
	"errors"
	"sync"

	"go.mau.fi/libsignal/logger"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store"
)

// process guards the settings that the libraries keep once for the whole process: libsignal's
// logger, the root key that server certificates are checked against (WACertPubKey in handshake.go),
// and the name that the phone shows for a linked device (DeviceProps in store/clientpayload.go).
// They are written while no client of ours is open, so that no connection reads them meanwhile.
// This is the only package variable with a state.
var process = struct {
	sync.Mutex
	prepared bool
	users    int
	real     [32]byte // WhatsApp's own root key
}{real: whatsmeow.WACertPubKey}

// setKeepAlive sets how often the library asks whether the server is there, and how long it waits
// for the answer.
func setKeepAlive(w Waits) {
	if whatsmeow.KeepAliveIntervalMax != w.KeepAliveEvery {
		whatsmeow.KeepAliveIntervalMin, whatsmeow.KeepAliveIntervalMax = w.KeepAliveEvery*2/3, w.KeepAliveEvery
	}
	if whatsmeow.KeepAliveResponseDeadline != w.KeepAliveAnswer {
		whatsmeow.KeepAliveResponseDeadline = w.KeepAliveAnswer
	}
}

// deviceName is what the phone shows under "Linked devices".
const deviceName = "optinbot"

// enterProcess makes the process-wide settings fit a client that is about to open. leaveProcess
// must follow.
func enterProcess(test *TestServer) error {
	process.Lock()
	defer process.Unlock()
	if !process.prepared {
		process.prepared = true
		if logger.Logger == nil { // else somebody has chosen one, and may be using it
			var quiet logger.Loggable = silence{}
			logger.Setup(&quiet)
		}
		store.SetOSInfo(deviceName, [3]uint32{1, 0, 0})
	}
	key, waits := process.real, Waits{}.withDefaults()
	if test != nil {
		waits = test.Waits.withDefaults()
		var err error
		if key, err = test.rootKey(); err != nil {
			return err
		}
	}
	if whatsmeow.WACertPubKey != key {
		if process.users > 0 {
			return errors.New(
				"one process cannot use two WhatsApp servers: a test server is for all numbers or for none",
			)
		}
		whatsmeow.WACertPubKey = key
	}
	if process.users == 0 {
		setKeepAlive(waits)
	}
	process.users++
	return nil
}

func leaveProcess() {
	process.Lock()
	defer process.Unlock()
	process.users--
}
