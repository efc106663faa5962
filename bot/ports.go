package bot

import (
	"context"
	"errors"
	"time"
)

// Transport is the way out: to WhatsApp, or to whatever stands in for it. Its methods may be called
// from any goroutine.
type Transport interface {
	// Send sends one message and waits for the server's answer, within a deadline of its own. It
	// returns no error: SendResult.Status says how it ended, and is never empty. SendNotTried means
	// that nothing left the machine, so the same message may be sent again. After SendUnknown it
	// may have arrived: it is not sent again by itself. A second try carries the same ID, so that
	// the contact's phone shows the message once.
	//
	// A message with a file that Prepare has not made ready is not tried.
	Send(ctx context.Context, m Outgoing) SendResult

	// Prepare brings the file of a message to WhatsApp, which may take minutes: a video over a slow
	// line. It does not wait for that. It returns nil when the file is there, and else a channel
	// that is closed when it is worth to ask again: the file is there then, or did not get there.
	// failed is why the last try did not bring it there, nil after none. It names no phone.
	// Prepare may be repeated, also while the file is under way.
	Prepare(file Media) (ready <-chan struct{}, failed error)

	// MarkRead sends a read receipt for a message of a person, who is named by the identities that
	// came with it. It must not wait for a server: the next message may be a stop. An error says
	// why it was not tried. Nobody is told when it fails later, and nobody tries again. Without an
	// ID or identities there is nothing to do, and no error.
	MarkRead(ctx context.Context, messageID string, from []Identity) error
}

// Inbound is the way in: it takes what a connection hands over. *pump.Pump is one.
//
// Its methods may be called from several goroutines: live messages come one after the other, and
// beside them history, pairs and the events of the number. Nil means committed: it is on the disk,
// and the connection may acknowledge it. After an error nothing was changed, whatever the error is,
// and the same call may be repeated.
type Inbound interface {
	// Message gives an inbound message its turn. A message that came before (the same contact and
	// ID) changes nothing and is no error, so a connection that is not sure hands it over again.
	Message(ctx context.Context, m Message) error

	// Receipt notes how far messages of ours got. It may come before the answer to the send, twice,
	// or for an ID that nobody knows: none of that is an error.
	Receipt(ctx context.Context, r Receipt) error

	// Pairs notes which phones and LIDs have turned out to be of one person, by whatever way: a
	// message, a send, a query, a group, the phone's history. None is fine. A pair that is known
	// already changes nothing.
	Pairs(ctx context.Context, pairs []Pair) error

	// NumberEvent notes what happened to the number's connection. Events come one at a time, and
	// NumberSynced always follows the NumberConnected it belongs to. After an error the number's
	// row still says what it said before, but sending has begun or ended as the event says. The
	// connection logs the error and goes on.
	NumberEvent(ctx context.Context, e NumberEvent) error
}

// ErrNotOwner is the error of a write, or of a connection, that only the process may make that serves
// a number, by one that does not, or no longer. Nothing was done, and trying again changes nothing.
var ErrNotOwner = errors.New("this process does not serve the number, or no longer: nothing was written")

// What a Connection answers where it cannot do what it is asked. Its errors wrap them.
var (
	// ErrNotLinked says that the number has no session with WhatsApp.
	ErrNotLinked = errors.New("the number is not linked to WhatsApp: run `optinbot link`")
	// ErrInUse says that another process, or another Connection, has the number.
	ErrInUse = errors.New("the number is in use")
	// ErrAlreadyLinked says that the number has a session with WhatsApp, which is still good.
	ErrAlreadyLinked = errors.New("the number is linked already")
	// ErrUnchecked says that the number has a session, and that nobody knows whether it is still
	// good.
	ErrUnchecked = errors.New(
		"the number has a session, and WhatsApp could not be asked whether it is still good")
	// ErrNotTried says that nothing was sent or asked, because the number is not linked or not
	// connected.
	ErrNotTried = errors.New("not tried")
)

// Connection is one number's line to WhatsApp, by whatever wire: *whatsapp.Client is one. A nil
// Connection is never used. All methods may be called from any goroutine, also before Connect and
// after Close.
type Connection interface {
	Transport

	// Connect begins to keep the number connected and returns at once: that WhatsApp has let it in
	// comes as NumberConnected. A connection that breaks is tried again by itself, until
	// Disconnect, or until NumberLoggedOut, NumberOutdated, NumberReplaced or NumberFailed say that
	// it is over. After one of them Connect may be called again. While the number is being kept,
	// Connect does nothing. ctx bounds the call alone. ErrNotLinked: there is no session.
	Connect(ctx context.Context) error

	// Disconnect ends the connection and the tries to have one. It waits, up to some seconds, for
	// the message in hand. It may be repeated.
	Disconnect()

	// Close ends the connection and frees the number for another process. Sends under way end as
	// SendUnknown. The second call does nothing and returns nil.
	Close() error

	// Notify writes to the number's own chat ("Message yourself"). ErrNotTried: nothing was sent.
	// After any other error it may have arrived.
	Notify(ctx context.Context, text string) error

	// Linked returns the account that the number is linked to, as the wire names it, and its phone
	// (with the plus). Both are empty when it is not linked.
	Linked() (account, phone string)

	// Ahead is by how much the machine's clock is ahead of WhatsApp's, negative where it is behind.
	// known is false before WhatsApp has told the time, and while there is no connection.
	Ahead() (by time.Duration, known bool)

	// Directory knows people's other addresses. It is nil where people have only one on this wire.
	Directory() Directory

	// Platform knows what WhatsApp's business platform allows the number. It is nil on a wire that is
	// none.
	Platform() Platform
}

// Platform tells how fast a number may be, and whether anything that was sent to it is missing, on a
// wire that does not say so by events.
type Platform interface {
	// Throughput is how many messages a second the number may send, 1 at least. As many may be under
	// way at a time: an answer takes about a second.
	Throughput() int

	// CameUntil is until when all that was sent to the number has come, as far as anybody can know. It
	// is zero while the number is not connected. What came later is waited for after the next start.
	CameUntil() time.Time
}

// Directory finds out which phone and LID are of one person.
type Directory interface {
	// Other is a person's other address, from memory: it asks nobody. ok is false where it is not
	// known.
	Other(id Identity) (other Identity, ok bool)

	// Ready reports whether WhatsApp can be asked something now.
	Ready() bool

	// AskLID asks WhatsApp for the LID of a phone, in each of its spellings. No pairs and no error:
	// WhatsApp knows no account for it. What it learns goes to Inbound.Pairs too. ErrNotTried: it
	// was not asked. It may be repeated after any error.
	AskLID(ctx context.Context, spellings []string) ([]Pair, error)
}

// ConnectionOptions are what the one who serves a number tells its wire. Only Number and Now must
// be set.
type ConnectionOptions struct {
	Number string // its name in the configuration

	// Inbound takes what WhatsApp hands over. Nil: nothing is acknowledged, and all of it waits for
	// somebody who has one.
	Inbound Inbound

	// Account is what the number is linked to, as Linked returned it. Empty: what the wire itself
	// remembers.
	Account string

	// Barred is until when WhatsApp lets the number not log in, as an earlier run was told
	// (NumberBanned). Connect does not try before that. Zero: it may.
	Barred time.Time

	// Refuse is asked before a message is sent again because the contact's phone could not read it:
	// true leaves it unsent (somebody who opted out meanwhile, or was erased, or of whom the store
	// says nothing). Nil: never refuse. It is called from any goroutine.
	Refuse func(to []Identity, messageID string) bool

	// Left is asked before the first message to a phone whose LID was not known: true where
	// somebody with that LID opted out, or where the store does not say. Nil: nobody left. It is
	// called from any goroutine.
	Left func(who Identity, messageID string) bool

	// Media returns the content of a file that a message carries, by its hash (see Media). Nil: no
	// message carries one.
	Media func(ctx context.Context, hash string) ([]byte, error)

	Now func() time.Time
}

// OpenConnection opens a number's wire and takes its lock. It does not connect. The Connection is
// nil after an error, and must be closed otherwise. ErrInUse: another has the number. It may be
// repeated after any error. The wiring injects it, so that `run` knows no wire by name.
type OpenConnection func(ctx context.Context, o ConnectionOptions) (Connection, error)
