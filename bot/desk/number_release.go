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
// says whether those who wait are to be released with it. It is refused where there is nothing to
// release. It may be repeated.
func (d *Desk) OfferNumberRelease(ctx context.Context, number string, people bool) (o NumberReleaseOffer, err error) {
	row, err := d.Store.Number(ctx, number)
	if err != nil {
		return o, err
	}
	held, err := d.Store.HeldContacts(ctx, number, d.Now())
	if err != nil {
		return o, err
	}
	waiting := held[bot.SafeMode]
	if !row.SafeMode && (waiting == 0 || !people) {
		return o, Refuse("number %s is not in safe mode", number)
	}
	return NumberReleaseOffer{
		Number: number, RestoredAt: row.RestoredAt, BackupAt: row.BackupAt,
		Waiting: waiting, People: people && waiting > 0,
	}, nil
}

// ReleaseNumber ends the safe mode of a number, and returns how many people were released with it.
// Nobody becomes subscribed by it. The reason goes into the ledger. It may be repeated.
func (d *Desk) ReleaseNumber(ctx context.Context, number, reason string, people bool) (released int, err error) {
	return d.Store.ReleaseNumber(ctx, number, reason, people, d.Envs)
}
