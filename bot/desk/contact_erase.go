package desk

import (
	"context"
	"errors"

	"optinbot/bot"
)

// An EraseWhat says what an erasure takes away.
type EraseWhat string

// What an erasure may take away.
const (
	ErasesPerson  EraseWhat = "person"  // somebody who has written, on every number
	ErasesWaiting EraseWhat = "waiting" // the phone of somebody who never wrote, and waits to be asked about
	ErasesRest    EraseWhat = "rest"    // what WhatsApp's session alone holds
)

// ErasePreview is what an erasure would take away.
type ErasePreview struct {
	Phone string `json:"phone"` // or what names them in its place, as commands take it
	Name  string `json:"name,omitempty"`
	// that somebody has written to
	Numbers int       `json:"numbers"`
	What    EraseWhat `json:"what"`
	Version string    `json:"version"` // what was shown, for erasePerson
}

// Questions are what has to be answered with yes before the erasure.
func (v ErasePreview) Questions() []Question {
	if v.What == ErasesWaiting {
		return []Question{{Asks: "Erase it, and not ask?"}}
	}
	return []Question{{Asks: "Erase?"}}
}

// PreviewErase returns what an erasure would take away. It changes nothing. It is refused where
// nothing is held.
func (d *Desk) PreviewErase(ctx context.Context, typed string) (v ErasePreview, err error) {
	if err := d.may(ctx, ActEraseContact, ""); err != nil {
		return v, err
	}
	phone, found, err := d.person(ctx, typed)
	if err != nil {
		return v, err
	}
	v = ErasePreview{Phone: NamedAs(phone), Numbers: len(found), Version: versionOf(idsOf(found))}
	if len(found) > 0 {
		v.Name, v.What = found[0].DisplayName(), ErasesPerson
		return v, nil
	}
	v.What = ErasesWaiting
	waits, err := d.Store.WaitsToBeAsked(ctx, phone)
	if err != nil || waits {
		return v, err
	}
	v.What = ErasesRest
	left, err := d.inSessions(ctx, phone)
	if err == nil && !left {
		err = Refuse("%s has never written to any of your numbers: there is nothing to erase", NamedAs(phone))
	}
	return v, err
}

// inSessions reports whether a session of WhatsApp holds something of a phone that the store does not
// know: an erasure that was cut off after the store's part of it leaves that behind, and so does the
// address book of the number's phone.
func (d *Desk) inSessions(ctx context.Context, phone string) (bool, error) {
	for _, n := range d.Config.Numbers {
		rows, err := d.Sessions.Holds(ctx, n.Name, only(phone))
		if err != nil {
			return false, err
		}
		for _, count := range rows {
			if count > 0 {
				return true, nil
			}
		}
	}
	return false, nil
}

func only(address string) []bot.Identity { return []bot.Identity{bot.AddressOf(address)} }

// eraseInSessions takes a person out of the sessions of WhatsApp.
func (d *Desk) eraseInSessions(ctx context.Context, ids []bot.Identity) (err error) {
	for _, n := range d.Config.Numbers {
		err = errors.Join(err, d.Sessions.Erase(ctx, n.Name, ids, d.Now()))
	}
	return err
}

// ErasePerson erases a person on every number, and returns on how many. What stays: the entries of
// the ledger without what names them, the outcomes of deliveries, and a keyed hash of each
// address, so that nobody writes to them again unless they ask. It is refused where something else is
// held than the version of the preview names, so a second time too.
func (d *Desk) ErasePerson(ctx context.Context, phone, version string) (numbers int, err error) {
	ctx, end, err := d.begin(ctx, ActEraseContact, "")
	if err != nil {
		return 0, err
	}
	defer func() { end(err) }()
	phone, found, err := d.person(ctx, phone)
	if err != nil {
		return 0, err
	}
	if versionOf(idsOf(found)) != version {
		return 0, stale("what is held on %s has changed since it was shown: look at it again", NamedAs(phone))
	}
	if len(found) == 0 { // an erasure that was cut off is finished here
		err = errors.Join(d.Store.ForgetPhone(ctx, phone), d.eraseInSessions(ctx, only(phone)))
	} else {
		ids := identitiesOf(found)
		var erased []bot.Contact
		erased, err = d.Store.Erase(ctx, ids, d.Envs)
		numbers, err = len(erased), errors.Join(err, d.eraseInSessions(ctx, ids))
	}
	if err != nil {
		return 0, err
	}
	return numbers, d.Files.Sweep()
}

func idsOf(contacts []*bot.Contact) (ids []int64) {
	for _, c := range contacts {
		ids = append(ids, c.ID)
	}
	return ids
}

// identitiesOf are the addresses of a person on all numbers, each once.
func identitiesOf(contacts []*bot.Contact) (ids []bot.Identity) {
	seen := map[bot.Identity]bool{}
	for _, c := range contacts {
		for _, id := range c.Identities {
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	return ids
}
