package desk

import (
	"context"
	"strings"
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

	UsualReason string `json:"-"` // for the ledger, where the operator says nothing else
	UsualPeople bool   `json:"-"` // whether people are released with the number, where the operator says nothing else
}

// UsualReleaseReason is why a number is released, where the operator says nothing else.
const UsualReleaseReason = "looked through after a restore"

// Questions are what has to be answered with yes before the release.
func (o NumberReleaseOffer) Questions() []Question {
	if o.People {
		return []Question{{Asks: "Release the number and these people?"}}
	}
	return []Question{{Asks: "Release the number?"}}
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
		Waiting: waiting, People: people && waiting > 0, UsualReason: UsualReleaseReason, UsualPeople: true,
	}, nil
}

// ReleaseNumber ends the safe mode of a number, and returns how many people were released with it.
// Nobody becomes subscribed by it. The reason goes into the ledger. It is refused without a reason
// and as OfferNumberRelease is, so a second time too.
func (d *Desk) ReleaseNumber(ctx context.Context, number, reason string, people bool) (released int, err error) {
	ctx, end, err := d.begin(ctx, ActReleaseNumber, number)
	if err != nil {
		return 0, err
	}
	defer func() { end(err) }()
	if reason, err = because(reason, "say why: the reason goes into the ledger"); err != nil {
		return 0, err
	}
	offer, err := d.OfferNumberRelease(ctx, number, people)
	if err != nil {
		return 0, err
	}
	return d.Store.ReleaseNumber(ctx, offer.Number, reason, people, d.Envs)
}

// because is a reason for the ledger. One without words is refused with what is missing.
func because(reason, missing string) (string, error) {
	if reason = strings.TrimSpace(reason); reason == "" {
		return "", Refuse("%s", missing)
	}
	return reason, nil
}
