package bot

import "context"

// Transport is the way out: to WhatsApp, or to whatever stands in for it. Its methods may be called from any goroutine.
type Transport interface {
	// Send sends one message and waits for the server's answer, within a deadline of its own. It returns no error:
	// SendResult.Status says how it ended, and is never empty. SendNotTried means that nothing left the machine, so the
	// same message may be sent again. After SendUnknown it may have arrived: it is not sent again by itself. A second
	// try carries the same ID, so that the contact's phone shows the message once.
	Send(ctx context.Context, m Outgoing) SendResult

	// MarkRead sends a read receipt for a message of a person, who is named by the identities that came with it. It must
	// not wait for a server: the next message may be a stop. An error says why it was not tried. Nobody is told when it
	// fails later, and nobody tries again. Without an ID or identities there is nothing to do, and no error.
	MarkRead(ctx context.Context, messageID string, from []Identity) error
}

// Inbound is the way in: it takes what a connection hands over. *pump.Pump is one.
//
// Its methods may be called from several goroutines: live messages come one after the other, and beside them history,
// pairs and the events of the number. Nil means committed: it is on the disk, and the connection may acknowledge it.
// After an error nothing was changed, whatever the error is, and the same call may be repeated.
type Inbound interface {
	// Message gives an inbound message its turn. A message that came before (the same contact and ID) changes nothing
	// and is no error, so a connection that is not sure hands it over again.
	Message(ctx context.Context, m Message) error

	// Receipt notes how far messages of ours got. It may come before the answer to the send, twice, or for an ID that
	// nobody knows: none of that is an error.
	Receipt(ctx context.Context, r Receipt) error

	// Pairs notes which phones and LIDs have turned out to be of one person, by whatever way: a message, a send, a
	// query, a group, the phone's history. None is fine. A pair that is known already changes nothing.
	Pairs(ctx context.Context, pairs []Pair) error

	// NumberEvent notes what happened to the number's connection. Events come one at a time, and NumberSynced always
	// follows the NumberConnected it belongs to. After an error the number's row still says what it said before, but
	// sending has begun or ended as the event says. The connection logs the error and goes on.
	NumberEvent(ctx context.Context, e NumberEvent) error
}
