package desk

import (
	"context"
	"errors"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/store"
)

// A Pairing is a number's session with WhatsApp while a phone is linked to it.
type Pairing interface {
	// Linked returns the account and the phone (E.164) of the session. Both are empty where there
	// is none.
	Linked() (account, phone string)

	// Pair links a phone and returns its account. accept is asked about the phone. Its error is
	// returned, and the phone is not linked then. anew links beside the session that is there,
	// which ends. Without anew such a session is bot.ErrAlreadyLinked, or bot.ErrUnchecked.
	Pair(ctx context.Context, anew bool, accept func(phone string) error) (account string, err error)

	// Close lets go of the number.
	Close() error
}

// OpenPairing opens the session of a number. bot.ErrInUse: a process serves or links the number.
// wait waits for a process that may be about to let go of it.
type OpenPairing func(ctx context.Context, number string, wait bool) (Pairing, error)

// A LinkMade is what Link has noted.
type LinkMade struct {
	Number    string
	Phone     string // E.164
	Completed bool   // an earlier link had been cut off before it was noted, and is noted now
}

// Link links a number to a phone, or notes a link that was cut off before it was noted. typed is the
// phone where a code is to be typed, "" for a code to scan. It is refused for a phone that can be
// read in two ways, while `run` serves the number, for another phone than the one that people wrote
// to, and where the number is linked already, so a second time too. After an error of the store the
// phone is linked and not noted: the next call notes it.
func (d *Desk) Link(
	ctx context.Context, number, typed string, open func(phone string) OpenPairing,
) (made LinkMade, err error) {
	ctx, end, err := d.begin(ctx, ActLinkNumber, number)
	if err != nil {
		return made, err
	}
	defer func() { end(err) }()
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return made, err
	}
	if err := byPhone(n); err != nil {
		return made, err
	}
	phone, err := d.codePhone(ctx, typed, n.Name)
	if err != nil {
		return made, err
	}
	session, row, err := d.openPairing(ctx, n.Name, open(phone))
	if err != nil {
		return made, err
	}
	return d.pair(ctx, session, row)
}

// pair links a phone by an open session of a number, and closes it.
func (d *Desk) pair(ctx context.Context, session Pairing, row store.NumberRow) (made LinkMade, err error) {
	defer session.Close()
	account, err := session.Pair(ctx, false, row.MayLink)
	linked := errors.Is(err, bot.ErrAlreadyLinked)
	switch {
	case errors.Is(err, bot.ErrUnchecked) && row.JID != "": // as far as is known it is linked already
		return made, Refuse("%v", err)
	case err != nil && !linked:
		return made, refusedPhone(err)
	}
	there, phone := session.Linked()
	if linked {
		account = there
	}
	remember := context.WithoutCancel(ctx) // the phone is linked now, also where whoever waits for it has gone
	if linked && row.JID != "" {
		remember = store.Unrecorded(remember) // it is refused below
	}
	if err := d.RememberLink(remember, row.Name, account, phone); err != nil {
		return made, refusedPhone(err)
	}
	if linked && row.JID != "" {
		return made, Refuse("%v", err)
	}
	return LinkMade{Number: row.Name, Phone: phone, Completed: linked}, nil
}

// openPairing opens the session of a number to link it, and returns what the store knows of the
// number then. A number that is not linked may still be held by a `run` that lets go of it.
func (d *Desk) openPairing(ctx context.Context, number string, open OpenPairing) (Pairing, store.NumberRow, error) {
	n, row, err := d.numberRow(ctx, number)
	if err != nil {
		return nil, row, err
	}
	if err := d.Sessions.Home(ctx, n.Name); err != nil {
		return nil, row, err
	}
	session, err := open(ctx, n.Name, row.JID == "")
	if errors.Is(err, bot.ErrInUse) {
		return nil, row, served(n.Name)
	}
	if err != nil {
		return nil, row, err
	}
	if row, err = d.Store.Number(ctx, n.Name); err != nil {
		return nil, row, errors.Join(err, session.Close())
	}
	return session, row, nil
}

// numberRow finds a number of the configuration, "" is the first, and what the store knows of it. It is
// how every use case about a number's own state begins.
func (d *Desk) numberRow(ctx context.Context, name string) (n config.Number, row store.NumberRow, err error) {
	if n, err = d.numberFor(ctx, name); err != nil {
		return n, row, err
	}
	row, err = d.Store.Number(ctx, n.Name)
	return n, row, err
}

// byPhone refuses a number on the Cloud API, to which no phone is linked.
func byPhone(n config.Number) error {
	if n.OnCloud() {
		return Refuse("number %s is on the Cloud API, and has no phone: `%s` links it", n.Name, n.LinkVerb())
	}
	return nil
}

// served refuses what needs the session of a number that `run` has.
func served(number string) error {
	return Refuse("`run` serves number %s right now; stop it first", number)
}

// RememberLink notes that a number is linked, by which account and phone, and that its phone was
// seen. A phone that is not the number's is a store.OtherPhone, and nothing changes. It may be
// repeated.
func (d *Desk) RememberLink(ctx context.Context, number, jid, phone string) error {
	if err := d.Store.Linked(ctx, number, jid, phone, d.Now()); err != nil {
		return err
	}
	return d.Store.NumberEvent(ctx, number, bot.NumberEvent{Kind: bot.NumberPhoneSeen, At: d.Now()})
}

// refusedPhone makes a refusal of the error that the phone is not the number's.
func refusedPhone(err error) error {
	var other store.OtherPhone
	if errors.As(err, &other) {
		return Refuse("%v", err)
	}
	return err
}
