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

// OfferNumberChange returns what a change of the phone would mean, and changes nothing. It is
// refused where the number has no phone yet, and while `run` serves it. It may be repeated.
func (d *Desk) OfferNumberChange(ctx context.Context, number string) (o NumberChangeOffer, err error) {
	row, err := d.Store.Number(ctx, number)
	if err != nil {
		return o, err
	}
	if row.Phone == "" {
		return o, Refuse("number %s has no phone yet; `optinbot link` links the first one", number)
	}
	if d.Sessions.InUse(number) {
		return o, Refuse("`run` serves number %s right now; stop it first", number)
	}
	counts, err := d.Store.CountConsents(ctx, number)
	return NumberChangeOffer{
		Number: number, Phone: row.Phone, Subscribed: counts[bot.Subscribed], Established: d.Limits[number].Established,
	}, err
}

// Accept refuses the phone that the number has already.
func (o NumberChangeOffer) Accept(phone string) error {
	if store.SamePhone(o.Phone, phone) {
		return Refuse("this is the phone that number %s has already; `optinbot link` links it again", o.Number)
	}
	return nil
}

// LinkedBy reports whether a change that was interrupted has linked this phone. "" is no phone.
func (o NumberChangeOffer) LinkedBy(phone string) bool {
	return phone != "" && !store.SamePhone(o.Phone, phone)
}

// ChangePhone notes that another phone is linked, and returns how many people wait because of it.
// After an error the phone is linked and not noted. It may be repeated.
func (d *Desk) ChangePhone(ctx context.Context, number, jid, phone string) (held int, err error) {
	held, err = d.Store.ChangePhone(ctx, number, jid, phone, d.Now(), d.Envs)
	if err != nil {
		return held, fmt.Errorf("%w; the new phone is linked, and not noted: give the command again", err)
	}
	return held, nil
}
