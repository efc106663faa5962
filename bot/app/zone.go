package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"optinbot/bot"
)

// ContactsZoneCmd is `contacts zone`.
type ContactsZoneCmd struct {
	ForNumber
	Phone string     `arg:"" help:"Their phone, as people write it; without a country code it is of the number's country."`
	Zone  TypedPhone `arg:"" optional:"" help:"The time zone they live in, such as Europe/Lisbon."`
	Clear bool       `help:"Go by their phone again."`
}

// Example is shown by --help.
func (ContactsZoneCmd) Example() string {
	return "optinbot contacts zone +5511900000001 Europe/Lisbon\noptinbot contacts zone +5511900000001 --clear"
}

// Run notes where somebody lives whose phone is from elsewhere: promotions come in the hours of that place.
func (c ContactsZoneCmd) Run(ctx context.Context, a *App) error {
	phone, name := append(TypedPhone{c.Phone}, c.Zone...), ""
	if !phone.isPhone() {
		phone, name = phoneAnd(phone)
	}
	if c.Clear == (name != "") {
		return refuse("say in which time zone they live, such as Europe/Lisbon, or --clear to go by their phone again")
	}
	if name != "" && !isZone(name) {
		return refuse("%q is not a time zone such as Europe/Lisbon or America/Sao_Paulo", name)
	}
	h, contact, err := ForContact{c.ForNumber, phone}.open(ctx, a)
	if err != nil {
		return err
	}
	defer h.close()
	turn, err := h.act(ctx, contact, func(e bot.Env, b bot.Contact) (bot.Contact, []bot.Effect, error) {
		return bot.SetZone(e, b, name)
	})
	if err != nil {
		return err
	}
	names, by := h.zonesOf(&turn.Contact)
	fmt.Fprintf(a.out, "Their time zone: %s.\n", zonesInWords(names, by))
	return nil
}

// isZone reports whether a name is that of a time zone, such as Europe/Lisbon.
func isZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "" && name != "Local"
}

// zonesOf names the zones whose hours count for a contact, and who says so.
func (h *house) zonesOf(c *bot.Contact) (names []string, by string) {
	zones, by := bot.ZonesOf(c, h.limits[c.Number], h.now())
	for _, zone := range zones {
		names = append(names, zone.String())
	}
	return names, by
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
