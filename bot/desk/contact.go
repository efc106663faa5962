package desk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/store"
)

// Number finds a number of the configuration, "" is the first. It is refused where the
// configuration has no such number, and fails where no version of the number's flow can be used.
func (d *Desk) Number(name string) (config.Number, error) {
	n, err := NumberOf(d.Config, name)
	if err != nil {
		return n, err
	}
	return n, d.silent(n.Name)
}

// numberFor is Number for whoever acts, who has to be one of those who may see it.
func (d *Desk) numberFor(ctx context.Context, name string) (config.Number, error) {
	n, err := d.Number(name)
	if err != nil {
		return n, err
	}
	return n, d.mayRead(ctx, n.Name)
}

// numbersFor are the numbers of the configuration that whoever acts may see.
func (d *Desk) numbersFor(ctx context.Context) (seen []config.Number) {
	for _, n := range d.Config.Numbers {
		if d.mayRead(ctx, n.Name) == nil {
			seen = append(seen, n)
		}
	}
	return seen
}

// firstSeen is the first number that whoever acts may see, and "" where there is none.
func (d *Desk) firstSeen(ctx context.Context) string {
	for _, n := range d.numbersFor(ctx) {
		return n.Name
	}
	return ""
}

// shopZone is the time zone of the shop that a number belongs to: people read times in it.
func (d *Desk) shopZone(number string) *time.Location { return d.limits[number].Zone }

// ShopZone is the time zone in which times are shown that belong to no number.
func (d *Desk) ShopZone() *time.Location { return d.Config.ShopZone() }

// ContactView is a contact as an operator sees it.
type ContactView struct {
	ID int64 `json:"-"` // see ContactID

	Phone       string         `json:"phone,omitempty"`
	LID         string         `json:"lid,omitempty"`
	BSUID       string         `json:"bsuid,omitempty"` // of the Cloud API, with its portfolio
	Name        string         `json:"name,omitempty"`
	Tags        []string       `json:"tags,omitempty"`
	Consent     bot.Consent    `json:"consent"`
	State       string         `json:"state,omitempty"`
	Language    string         `json:"language"`
	Zones       []string       `json:"zones"`   // promotions come when it is allowed in all of them
	ZoneBy      string         `json:"zone_by"` // who says so: operator, phone or shop
	Preferences map[string]any `json:"preferences"`
	Holds       []bot.Reason   `json:"holds"`
	LastInbound time.Time      `json:"last_inbound,omitzero"`
	OptedIn     time.Time      `json:"opted_in,omitzero"`
	OptedOut    time.Time      `json:"opted_out,omitzero"`
	Unread      int            `json:"unread"` // promotions in a row that they neither read nor answered

	Fatigued bool `json:"fatigued,omitzero"` // promotions skip a subscriber until they write or read one

	LastHuman  time.Time      `json:"-"` // when a person of the shop last wrote to them
	QuietUntil time.Time      `json:"-"` // a person of the shop writes with them until then. Zero: nobody does
	ShopZone   *time.Location `json:"-"`
}

// InWords are their preferences as people read them: of a choice of several, one after the other.
func (v ContactView) InWords() map[string]string {
	words := map[string]string{}
	for name, value := range v.Preferences {
		words[name] = fmt.Sprint(value)
		if list, ok := value.([]string); ok {
			words[name] = strings.Join(list, ", ")
		}
	}
	return words
}

// Named is how somebody who types a command names the person.
func (v ContactView) Named() string { return NamedAs(cmp.Or(v.Phone, v.LID, v.BSUID)) }

// Waits is why promotions to them wait. Nothing waits for who is not subscribed.
func (v ContactView) Waits() []bot.Reason {
	if v.Consent != bot.Subscribed {
		return nil
	}
	return v.Holds
}

// Skipped reports whether promotions skip them until they write or read one.
func (v ContactView) Skipped() bool { return v.Consent == bot.Subscribed && v.Fatigued }

// View is a contact as an operator sees it.
func (d *Desk) View(c *bot.Contact) ContactView {
	v := ContactView{
		ID: c.ID, Phone: c.Phone(), LID: bot.LIDOf(c.Identities), BSUID: bot.BSUIDOf(c.Identities),
		Name: c.DisplayName(), Tags: c.Tags,
		Consent: c.Consent, State: c.State, Language: c.Language,
		Preferences: d.Machine(c.Number).Plain(c.Preferences), Holds: c.HoldReasons(d.Now()),
		LastInbound: c.LastInbound, LastHuman: c.LastHuman, OptedIn: c.OptedIn, OptedOut: c.OptedOut, Unread: c.UnreadPromotions,
		Fatigued: c.Consent == bot.Subscribed && c.Fatigued(), ShopZone: d.shopZone(c.Number),
	}
	if until := c.TakeoverUntil(); d.Now().Before(until) {
		v.QuietUntil = until
	}
	v.Zones, v.ZoneBy = d.zonesOf(c)
	return v
}

// ContactDetail is one contact with the last messages.
type ContactDetail struct {
	ContactView
	Messages []store.Line `json:"messages"`

	// who of the shop has the chat. "": nobody, or somebody who typed on the phone of the number
	TakenBy string `json:"taken_by,omitempty"`

	Contact *bot.Contact `json:"-"`
}

// ShowContact returns a contact with the last messages. It changes nothing. A phone that has never
// written is not found.
func (d *Desk) ShowContact(ctx context.Context, number, phone string, messages int) (*ContactDetail, error) {
	c, err := d.Contact(ctx, number, phone)
	if err != nil {
		return nil, err
	}
	lines, err := d.Store.Conversation(ctx, c.ID, messages)
	if err != nil {
		return nil, err
	}
	v := &ContactDetail{ContactView: d.View(c), Messages: lines, Contact: c}
	if !v.QuietUntil.IsZero() {
		v.TakenBy, err = d.takenBy(ctx, c)
	}
	return v, err
}

// takenBy is who took a chat over, or answered in it, at the desk last. It is "" where somebody has
// typed on the phone of the number since.
func (d *Desk) takenBy(ctx context.Context, c *bot.Contact) (who string, err error) {
	const onTheWay = time.Minute // for a reply to go out, which the phone tells as typed
	acts, err := d.Store.ActsAbout(ctx, c.ID)
	for _, a := range acts {
		if a.Result != store.ActDone {
			continue
		}
		switch Action(a.Act) {
		case ActPauseContact, ActReply:
			who = a.Who
			if c.TakeoverUntil().Sub(a.At) > bot.TakeoverLasts+onTheWay {
				who = ""
			}
		case ActResumeContact:
			who = ""
		}
	}
	return who, err
}

// Contact finds a contact of a number by any spelling of a phone, or as ContactID names it. A phone
// that has never written is not found.
func (d *Desk) Contact(ctx context.Context, number, typed string) (*bot.Contact, error) {
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return nil, err
	}
	phone, err := d.phone(ctx, typed, n.Name)
	if err != nil {
		return nil, err
	}
	c, err := d.Store.Contact(ctx, n.Name, phone)
	if err == nil && c == nil {
		err = notFound("%s has never written to number %s", NamedAs(phone), n.Name)
	}
	if c != nil {
		about(ctx, c.ID)
	}
	return c, err
}

// person finds somebody on every number that whoever acts may see, by any spelling of their phone,
// which it returns as the store keeps it. Nobody is found where they never wrote.
func (d *Desk) person(ctx context.Context, typed string) (phone string, found []*bot.Contact, err error) {
	var numbers []string
	for _, n := range d.numbersFor(ctx) {
		numbers = append(numbers, n.Name)
	}
	if phone, err = d.phone(ctx, typed, numbers...); err != nil {
		return "", nil, err
	}
	found, err = d.Store.Find(ctx, phone)
	found = slices.DeleteFunc(found, func(c *bot.Contact) bool { return d.mayRead(ctx, c.Number) != nil })
	if len(found) > 0 {
		about(ctx, found[0].ID)
	}
	return phone, found, err
}

// Act lets the operator act on a contact, in one transaction.
func (d *Desk) Act(ctx context.Context, c *bot.Contact, act bot.Act) (bot.Turn, error) {
	return d.Store.Act(ctx, c.Number, c.ID, d.Envs, act)
}

// versionOf names a set of contacts as a preview showed it.
func versionOf(contacts []int64) string {
	sorted := slices.Sorted(slices.Values(contacts))
	sum := sha256.Sum256(fmt.Append(nil, sorted))
	return hex.EncodeToString(sum[:8])
}
