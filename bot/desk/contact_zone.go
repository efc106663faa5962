package desk

import (
	"context"
	"time"

	"optinbot/bot"
)

// ZoneView is the time zone of a contact: promotions come when it is allowed in all of the zones.
type ZoneView struct {
	Zones []string `json:"zones"`
	By    string   `json:"zone_by"` // who says so: operator, phone or shop
}

// SetZone notes the time zone in which a contact lives whose phone is from elsewhere. "" goes by
// the phone again. It returns the zones that count now. A name that is no time zone is refused. A
// phone that has never written is not found. It may be repeated.
func (d *Desk) SetZone(ctx context.Context, number, phone, zone string) (v ZoneView, err error) {
	ctx, end, err := d.begin(ctx, ActZoneContact, number)
	if err != nil {
		return v, err
	}
	defer func() { end(err) }()
	if zone != "" && !IsZone(zone) {
		return v, Refuse("%q is not a time zone such as Europe/Lisbon or America/Sao_Paulo", zone)
	}
	contact, err := d.Contact(ctx, number, phone)
	if err != nil {
		return v, err
	}
	turn, err := d.Act(ctx, contact, func(e bot.Env, b bot.Contact) (bot.Contact, []bot.Effect, error) {
		return bot.SetZone(e, b, zone)
	})
	if err != nil {
		return v, err
	}
	v.Zones, v.By = d.zonesOf(&turn.Contact)
	return v, nil
}

// IsZone reports whether a name is that of a time zone, such as Europe/Lisbon.
func IsZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "" && name != "Local"
}

// zonesOf names the zones whose hours count for a contact, and who says so.
func (d *Desk) zonesOf(c *bot.Contact) (names []string, by string) {
	zones, by := bot.ZonesOf(c, d.limits[c.Number], d.Now())
	for _, zone := range zones {
		names = append(names, zone.String())
	}
	return names, by
}
