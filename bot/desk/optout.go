package desk

import "context"

// optedOut is what became of a phone that opted out off WhatsApp.
type optedOut struct {
	Phone    string `json:"phone"`
	Contacts int    `json:"contacts"` // who had the phone; 0: should they ever write, they start as unsubscribed

	// Phones of the number about which WhatsApp is still to be asked: subscribers are known without
	// their phone, and one of them may be meant.
	ToAsk int `json:"to_ask"`
}

// OptOut records a stop that came off WhatsApp, for every number of the brand and in every spelling
// of the phone, which may be of a contact or not. No goodbye is sent. The reason goes into the
// ledger. It is refused without a reason, and where several phones can be meant. It may be
// repeated.
func (d *Desk) OptOut(ctx context.Context, number, typed, reason string) (v optedOut, err error) {
	n, err := d.Number(number)
	if err != nil {
		return v, err
	}
	if reason == "" {
		return v, Refuse("say how they said it: it goes into the ledger")
	}
	phones, err := d.readings(ctx, typed, n.Name)
	if err != nil {
		return v, err
	}
	if v.Phone, err = d.one(ctx, typed, phones); err != nil {
		return v, err
	}
	turns, err := d.Store.OptOutPhone(ctx, n.Name, v.Phone, reason, d.Envs)
	if err != nil {
		return v, err
	}
	v.Contacts = len(turns)
	v.ToAsk, err = d.Store.PhonesToAsk(ctx, n.Name)
	return v, err
}
