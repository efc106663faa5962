package desk

import (
	"cmp"
	"context"

	"optinbot/bot"
)

// OptedOut is what became of a phone that opted out off WhatsApp.
type OptedOut struct {
	Phone    string `json:"phone"`
	Contacts int    `json:"contacts"` // who had the phone. 0: should they ever write, they start as unsubscribed

	// Phones of the number about which WhatsApp is still to be asked: subscribers are known without
	// their phone, and one of them may be meant.
	ToAsk int `json:"to_ask"`
}

// OptOut records a stop that came off WhatsApp, for every number of the brand and in every spelling
// of the phone, which may be of a contact or not. No goodbye is sent. The reason goes into the
// ledger. It is refused without a reason, where several phones can be meant, and where nobody can
// have the phone. It may be repeated.
func (d *Desk) OptOut(ctx context.Context, number, typed, reason string) (v OptedOut, err error) {
	ctx, end, err := d.begin(ctx, ActOptOut, number)
	if err != nil {
		return v, err
	}
	defer func() { end(err) }()
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return v, err
	}
	if reason, err = because(reason, "say how they said it: it goes into the ledger"); err != nil {
		return v, err
	}
	phones, err := d.readings(ctx, typed, n.Name)
	if err != nil {
		return v, err
	}
	if v.Phone, err = d.one(ctx, typed, phones); err != nil {
		return v, err
	}
	if ok, err := d.couldWrite(ctx, v.Phone); !ok || err != nil {
		return v, cmp.Or(err, Refuse("%q is not a phone: %s", typed, wrongLength))
	}
	turns, err := d.Store.OptOutPhone(ctx, n.Name, v.Phone, reason, d.Envs)
	if err != nil {
		return v, err
	}
	v.Contacts = len(turns)
	if v.Contacts == 0 { // a subscriber who is known by LID only may be meant
		v.ToAsk, err = d.Store.PhonesToAsk(ctx, n.Name)
	}
	return v, err
}

// wrongLength says why nobody can have a phone.
const wrongLength = "it has too few digits for its country, or too many"

// couldWrite reports whether somebody may have a phone. Whoever wrote from it has it, whatever is
// known about its country.
func (d *Desk) couldWrite(ctx context.Context, phone string) (bool, error) {
	if bot.HasPhoneLength(phone) {
		return true, nil
	}
	var numbers []string
	for _, n := range d.Config.Numbers {
		numbers = append(numbers, n.Name)
	}
	known, err := d.known(ctx, []string{phone}, numbers)
	return len(known) > 0, err
}
