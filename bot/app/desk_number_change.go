package app

import (
	"context"
	"fmt"

	"optinbot/bot"
	"optinbot/store"
)

// A numberChangeOffer says what another phone in the place of a number's own would mean.
type numberChangeOffer struct {
	Number      string `json:"number"`
	Phone       string `json:"phone"`       // as it is now
	Subscribed  int    `json:"subscribed"`  // people whose promotions will wait
	Established bool   `json:"established"` // config.yaml says that the number needs no warm-up
}

// offerNumberChange returns what a change of the phone would mean, and changes nothing. It is refused where
// the number has no phone yet, and while `run` serves it. It may be repeated.
func (h *house) offerNumberChange(ctx context.Context, number string) (o numberChangeOffer, err error) {
	row, err := h.store.Number(ctx, number)
	if err != nil {
		return o, err
	}
	if row.Phone == "" {
		return o, refuse("number %s has no phone yet; `optinbot link` links the first one", number)
	}
	if h.sessions.inUse(number) {
		return o, refuse("`run` serves number %s right now; stop it first", number)
	}
	counts, err := h.store.CountConsents(ctx, number)
	return numberChangeOffer{
		Number: number, Phone: row.Phone, Subscribed: counts[bot.Subscribed], Established: h.limits[number].Established,
	}, err
}

// accept refuses the phone that the number has already.
func (o numberChangeOffer) accept(phone string) error {
	if store.SamePhone(o.Phone, phone) {
		return refuse("this is the phone that number %s has already; `optinbot link` links it again", o.Number)
	}
	return nil
}

// linkedBy reports whether a change that was interrupted has linked this phone. "" is no phone.
func (o numberChangeOffer) linkedBy(phone string) bool {
	return phone != "" && !store.SamePhone(o.Phone, phone)
}

// changePhone notes that another phone is linked, and returns how many people wait because of it. After an
// error the phone is linked and not noted. It may be repeated.
func (h *house) changePhone(ctx context.Context, number, jid, phone string) (held int, err error) {
	held, err = h.store.ChangePhone(ctx, number, jid, phone, h.now(), h.envs)
	if err != nil {
		return held, fmt.Errorf("%w; the new phone is linked, and not noted: give the command again", err)
	}
	return held, nil
}
