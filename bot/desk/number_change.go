package desk

import (
	"context"
	"fmt"

	"optinbot/bot"
	"optinbot/store"
)

// A NumberChangeOffer says what another phone in the place of a number's own would mean.
type NumberChangeOffer struct {
	Number      string `json:"number"`
	Phone       string `json:"phone"`       // as it is now
	Subscribed  int    `json:"subscribed"`  // people whose promotions will wait
	Established bool   `json:"established"` // config.yaml says that the number needs no warm-up
}

// Questions are what has to be answered with yes before another phone is linked.
func (NumberChangeOffer) Questions() []Question { return []Question{{Asks: "Link another phone?"}} }

// OfferNumberChange returns what a change of the phone would mean, and changes nothing. It is
// refused where the configuration has no such number, where the number has no phone yet, and while
// `run` serves it. It may be repeated.
func (d *Desk) OfferNumberChange(ctx context.Context, number string) (o NumberChangeOffer, err error) {
	n, row, err := d.numberRow(ctx, number)
	if err != nil {
		return o, err
	}
	if err := byPhone(n); err != nil {
		return o, err
	}
	if row.Phone == "" {
		return o, Refuse("number %s has no phone yet; `optinbot link` links the first one", n.Name)
	}
	if d.Sessions.InUse(n.Name) {
		return o, served(n.Name)
	}
	counts, err := d.Store.CountConsents(ctx, n.Name)
	return NumberChangeOffer{
		Number: n.Name, Phone: row.Phone, Subscribed: counts[bot.Subscribed], Established: d.limits[n.Name].Established,
	}, err
}

// accept refuses the phone that the number has already.
func (o NumberChangeOffer) accept(phone string) error {
	if store.SamePhone(o.Phone, phone) {
		return Refuse("this is the phone that number %s has already; `optinbot link` links it again", o.Number)
	}
	return nil
}

// linkedBy reports whether a change that was interrupted has linked this phone. "" is no phone.
func (o NumberChangeOffer) linkedBy(phone string) bool {
	return phone != "" && !store.SamePhone(o.Phone, phone)
}

// A NumberChanged is what came of a change of the phone.
type NumberChanged struct {
	Number string
	Phone  string // as it is now
	Held   int    // people whose promotions wait until they write to it
}

// ChangeNumber links another phone to a number and notes the change in the ledger. typed is the
// phone where a code is to be typed, "" for a code to scan. It is refused as OfferNumberChange
// is, and for the phone that the number has already. After an error of the store the phone is
// linked and not noted: the next call notes it. A second call links one more phone.
func (d *Desk) ChangeNumber(
	ctx context.Context, number, typed string, open func(phone string) OpenPairing,
) (made NumberChanged, err error) {
	ctx, end, err := d.begin(ctx, ActChangeNumber, number)
	if err != nil {
		return made, err
	}
	defer func() { end(err) }()
	offer, err := d.OfferNumberChange(ctx, number)
	if err != nil {
		return made, err
	}
	code, err := d.codePhone(ctx, typed, offer.Number)
	if err != nil {
		return made, err
	}
	session, _, err := d.openPairing(ctx, offer.Number, open(code))
	if err != nil {
		return made, err
	}
	defer session.Close()
	account, phone := session.Linked()
	if !offer.linkedBy(phone) {
		if account, err = session.Pair(ctx, true, offer.accept); err != nil {
			return made, err
		}
		_, phone = session.Linked()
	}
	held, err := d.Store.ChangePhone(ctx, offer.Number, account, phone, d.Now(), d.Envs)
	if err != nil {
		return made, fmt.Errorf("%w; the new phone is linked, and not noted: give the command again", err)
	}
	return NumberChanged{Number: offer.Number, Phone: phone, Held: held}, nil
}
