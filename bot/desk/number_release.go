package desk

import (
	"context"
	"time"

	"optinbot/bot"
)

// A NumberReleaseOffer says what the end of a number's safe mode would mean.
type NumberReleaseOffer struct {
	Number     string    `json:"number"`
	RestoredAt time.Time `json:"restored_at"`
	BackupAt   time.Time `json:"backup_at"` // when the backup was made
	Waiting    int       `json:"waiting"`   // people whose promotions wait because of the restore
	People     bool      `json:"people"`    // whether they are released with the number
}

// OfferNumberRelease returns what the release of a number would mean, and changes nothing. people
// says whether those who wait are to be released with it. It is refused where the configuration has
// no such number, and where there is nothing to release. It may be repeated.
func (d *Desk) OfferNumberRelease(ctx context.Context, number string, people bool) (o NumberReleaseOffer, err error) {
	n, row, err := d.numberRow(ctx, number)
	if err != nil {
		return o, err
	}
	held, err := d.Store.HeldContacts(ctx, n.Name, d.Now())
	if err != nil {
		return o, err
	}
	waiting := held[bot.SafeMode]
	if !row.SafeMode && (waiting == 0 || !people) {
		return o, Refuse("number %s is not in safe mode", n.Name)
	}
	return NumberReleaseOffer{
		Number: n.Name, RestoredAt: row.RestoredAt, BackupAt: row.BackupAt,
		Waiting: waiting, People: people && waiting > 0,
	}, nil
}

// ReleaseNumber ends the safe mode of a number, and returns how many people were released with it.
// Nobody becomes subscribed by it. The reason goes into the ledger. It is refused where the
// configuration has no such number. It may be repeated: nobody is left to be released then.
func (d *Desk) ReleaseNumber(ctx context.Context, number, reason string, people bool) (released int, err error) {
	ctx, end, err := d.begin(ctx, ActReleaseNumber, number)
	if err != nil {
		return 0, err
	}
	defer func() { end(err) }()
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return 0, err
	}
	return d.Store.ReleaseNumber(ctx, n.Name, reason, people, d.Envs)
}
