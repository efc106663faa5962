package desk

import (
	"cmp"
	"context"
	"strings"

	"optinbot/bot"
)

// OptedOut is what became of a phone that opted out off WhatsApp.
type OptedOut struct {
	Phone    string `json:"phone"`    // or what names them in its place, as commands take it
	Contacts int    `json:"contacts"` // who had the phone. 0: should they ever write, they start as unsubscribed

	// Phones of the number about which WhatsApp is still to be asked: subscribers are known without
	// their phone, and one of them may be meant.
	ToAsk int `json:"to_ask"`
}

// OptOut records a stop that came off WhatsApp, for every number of the brand and in every spelling
// of the phone, which may be of a contact or not. Whoever has no phone is named by LID or BSUID. No goodbye is sent. The reason goes into the
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
	address, err := d.leaving(ctx, typed, n.Name)
	if err != nil {
		return v, err
	}
	v.Phone = NamedAs(address)
	turns, err := d.Store.OptOutPhone(ctx, n.Name, address, reason, d.Envs)
	if err != nil {
		return v, err
	}
	v.Contacts = len(turns)
	if v.Contacts == 0 { // a subscriber who is known by LID only may be meant
		v.ToAsk, err = d.Store.PhonesToAsk(ctx, n.Name)
	}
	return v, err
}

// leaving is the address of whoever is to be opted out: somebody who is known, or a phone.
func (d *Desk) leaving(ctx context.Context, typed, number string) (string, error) {
	if named, ok := strings.CutPrefix(typed, ContactIDPrefix); ok {
		return d.phoneOf(ctx, named, []string{number})
	}
	if account, ok, err := accountIn(typed); ok || err != nil {
		return account, err
	}
	phones, err := d.readings(ctx, typed, number)
	if err != nil {
		return "", err
	}
	phone, err := d.one(ctx, typed, phones)
	if err != nil {
		return "", err
	}
	if ok, err := d.couldWrite(ctx, phone); !ok || err != nil {
		return "", cmp.Or(err, Refuse("%q is not a phone: %s", typed, wrongLength))
	}
	return phone, nil
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
