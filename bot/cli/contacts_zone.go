package cli

import (
	"context"
	"strings"

	"optinbot/bot/desk"
)

// ContactsZoneCmd is `contacts zone`.
type ContactsZoneCmd struct {
	ForNumber
	Phone string     `arg:"" help:"${their_phone}"`
	Zone  TypedPhone `arg:"" optional:"" help:"The time zone they live in, such as Europe/Lisbon."`
	Clear bool       `help:"Go by their phone again."`
}

func (ContactsZoneCmd) Example() string {
	return "optinbot contacts zone +5511900000001 Europe/Lisbon\noptinbot contacts zone +5511900000001 --clear"
}

// Run sets the time zone of somebody whose phone is from elsewhere: promotions come in its hours.
func (c ContactsZoneCmd) Run(ctx context.Context, a *App) error {
	phone, zone := append(TypedPhone{c.Phone}, c.Zone...), ""
	if !phone.isPhone() {
		phone, zone = phoneAnd(phone)
	}
	if c.Clear == (zone != "") {
		return desk.Refuse("say in which time zone they live, such as Europe/Lisbon, or --clear to go by their phone " +
			"again")
	}
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	v, err := d.SetZone(ctx, n.Name, phone.String(), zone)
	if err != nil {
		return err
	}
	a.page().say("Their time zone: %s.", zonesInWords(v.Zones, v.By))
	return nil
}

func zonesInWords(names []string, by string) string {
	text := strings.Join(names, ", ")
	switch {
	case by == "operator":
		return text + " (you said so)"
	case by == "shop":
		return text + " (the shop's: their phone does not tell one)"
	case len(names) > 1:
		return text + " (by their phone: promotions come when it is allowed in all of them)"
	}
	return text + " (by their phone)"
}
