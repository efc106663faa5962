package desk

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"optinbot/bot"
	"optinbot/flows"
)

// phone reads what somebody typed for the phone of a person who writes to one of the numbers, or
// may one day. Where it can mean several, the one that somebody has who is known is meant. Else it
// is asked, on a terminal. Whoever is named by ContactID and has no phone has a LID or a BSUID.
func (d *Desk) phone(ctx context.Context, typed string, numbers ...string) (string, error) {
	if named, ok := strings.CutPrefix(typed, ContactIDPrefix); ok {
		return d.phoneOf(ctx, named, numbers)
	}
	if account, ok, err := accountIn(typed); ok || err != nil {
		return account, err
	}
	phones, err := d.readings(ctx, typed, numbers...)
	if err != nil {
		return "", err
	}
	if len(phones) > 1 {
		if known, err := d.known(ctx, phones, numbers); err != nil || len(known) == 1 {
			return strings.Join(known, ""), err
		}
	}
	return d.one(ctx, typed, phones)
}

// How somebody is named of whom no phone is known: by the LID that WhatsApp gives, or by the BSUID of
// the Cloud API.
const (
	lidPrefix   = "lid:"
	bsuidPrefix = "bsuid:"
)

// bsuid is a BSUID with its portfolio before it.
var bsuid = flows.Pattern(`^[0-9]+/[A-Za-z0-9]{2}\.[A-Za-z0-9]{1,128}$`)

// accountIn is the LID or the BSUID that somebody typed. ok is false where they typed neither.
func accountIn(typed string) (account string, ok bool, err error) {
	if lid, is := strings.CutPrefix(typed, lidPrefix); is {
		if lid == "" || strings.Trim(lid, "0123456789") != "" {
			err = Refuse("%q is not a LID, which WhatsApp gives to people without a phone, such as lid:71", typed)
		}
		return lid, err == nil, err
	}
	if id, is := strings.CutPrefix(typed, bsuidPrefix); is {
		if !bsuid().MatchString(id) {
			err = Refuse("%q is not a BSUID, which the Cloud API gives to people without a phone, such as "+
				"bsuid:1234567890/US.1a2b", typed)
		}
		return id, err == nil, err
	}
	return "", false, nil
}

// WithoutPhone reports whether what was typed names somebody by something else than a phone.
func WithoutPhone(typed string) bool {
	return slices.ContainsFunc([]string{ContactIDPrefix, lidPrefix, bsuidPrefix}, func(prefix string) bool {
		return strings.HasPrefix(typed, prefix)
	})
}

// NamedAs is how a command names whoever has an address: by the phone, or by what takes its place.
func NamedAs(address string) string {
	switch id := bot.AddressOf(address); {
	case address == "" || id.Kind == bot.Phone:
		return address
	case id.Kind == bot.BSUID:
		return bsuidPrefix + address
	}
	return lidPrefix + address
}

// Named is how a command names somebody.
func Named(c *bot.Contact) string { return NamedBy(c.Identities) }

// NamedBy is how a command names whoever has these addresses. "" for none.
func NamedBy(ids []bot.Identity) string {
	return NamedAs(cmp.Or(bot.PhoneOf(ids), bot.LIDOf(ids), bot.BSUIDOf(ids)))
}

// addressOf is the address by which the store finds somebody.
func addressOf(c *bot.Contact) string {
	return cmp.Or(c.Phone(), bot.LIDOf(c.Identities), bot.BSUIDOf(c.Identities))
}

// ContactIDPrefix is how what ContactID says begins.
const ContactIDPrefix = "id:"

// ContactID names a contact by its ID where a phone is asked for. What names people for a program
// should be no phone: that is kept in logs on its way.
func ContactID(id int64) string { return ContactIDPrefix + strconv.FormatInt(id, 10) }

// phoneOf is the phone, the LID or the BSUID of the contact with an ID, who belongs to one of the numbers.
func (d *Desk) phoneOf(ctx context.Context, named string, numbers []string) (string, error) {
	id, err := strconv.ParseInt(named, 10, 64)
	if err != nil {
		return "", Refuse("%q is not the ID of a contact", named)
	}
	c, err := d.Store.ContactByID(ctx, id)
	if err != nil {
		return "", err
	}
	if c == nil || !slices.Contains(numbers, c.Number) {
		return "", notFound("there is no contact %d", id)
	}
	return addressOf(c), nil
}

// readings are the phones that what was typed can mean for the numbers, the likeliest first.
func (d *Desk) readings(ctx context.Context, typed string, numbers ...string) (phones []string, err error) {
	countries := []string{}
	for _, number := range numbers {
		country, err := d.country(ctx, number)
		if err != nil {
			return nil, err
		}
		countries = append(countries, country)
	}
	slices.Sort(countries)
	for _, country := range slices.Compact(countries) {
		read, err := bot.ReadPhone(typed, country)
		if err != nil && !errors.Is(err, bot.ErrNoPhone) {
			return nil, Refuse("%q: %v", typed, err)
		}
		for _, phone := range read {
			if !slices.Contains(phones, phone) {
				phones = append(phones, phone)
			}
		}
	}
	switch {
	case len(phones) > 0:
		return phones, nil
	case !slices.ContainsFunc(countries, func(country string) bool { return country != "" }):
		return nil, Refuse("%q is not a phone with its country code, such as +5511900000001; where a phone has none, "+
			"`country` in config.yaml tells it", typed)
	}
	return nil, Refuse("%q is not a phone with its country code, such as +5511900000001, and none of %s without it",
		typed, strings.Join(countries, ", "))
}

// known are those of the phones that contacts of the numbers have.
func (d *Desk) known(ctx context.Context, phones, numbers []string) (known []string, err error) {
	for _, phone := range phones {
		for _, number := range numbers {
			c, err := d.Store.Contact(ctx, number, phone)
			if err != nil {
				return nil, err
			}
			if c != nil && !slices.Contains(known, phone) {
				known = append(known, phone)
			}
		}
	}
	return known, nil
}

// country is where a phone without a country code is from: config.yaml says it, or the number's own
// phone does. "" if neither does.
func (d *Desk) country(ctx context.Context, number string) (string, error) {
	if d.Config.Country != "" {
		return d.Config.Country, nil
	}
	n, err := d.Store.Number(ctx, number)
	if err != nil {
		return "", err
	}
	return bot.RegionOf(n.Phone), nil
}

// codePhone reads the phone that a number is linked by. What cannot be read is left to WhatsApp to
// judge.
func (d *Desk) codePhone(ctx context.Context, typed, number string) (string, error) {
	if typed == "" {
		return "", nil
	}
	country, err := d.country(ctx, number)
	if err != nil {
		return "", err
	}
	phones, err := bot.ReadPhone(typed, country)
	if err != nil {
		return typed, nil
	}
	return d.one(ctx, typed, phones)
}

// one is the phone that is meant, of several that what was typed can be. It asks whoever can
// answer.
func (d *Desk) one(ctx context.Context, typed string, phones []string) (string, error) {
	if len(phones) == 1 {
		return phones[0], nil
	}
	if d.Choose == nil {
		return "", Ambiguous(typed, phones)
	}
	return d.Choose(ctx, typed, phones)
}

// Ambiguous names all the phones that what was typed can be.
func Ambiguous(typed string, phones []string) error {
	return Refuse("%q can be %s: write it with its + and country code", typed, strings.Join(phones, " or "))
}
