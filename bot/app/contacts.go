package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
)

// ContactsCmd is `contacts`.
type ContactsCmd struct {
	List ContactsListCmd `cmd:"" help:"List contacts."`
	Show ContactsShowCmd `cmd:"" help:"Show one contact and the last messages."`

	Waiting ContactsWaitingCmd `cmd:"" help:"List the people who need an answer from you, and why."`
	Pause   ContactsPauseCmd   `cmd:"" help:"Take a chat over: the bot is quiet in it for 12 hours."`
	Resume  ContactsResumeCmd  `cmd:"" help:"Give a chat back to the bot, after a person of the shop took over."`
	Release ContactsReleaseCmd `cmd:"" help:"Resume promotions for someone who did not mean to stop."`
	Export  ContactsExportCmd  `cmd:"" help:"Export everything held on one person, or the subscribers as contact cards."`
	Erase   ContactsEraseCmd   `cmd:"" help:"Erase everything held on one person."`
	Zone    ContactsZoneCmd    `cmd:"" help:"Set someone's time zone, where their phone does not tell it."`
	Import  ContactsImportCmd  `cmd:"" help:"Import names and tags of people who have written; never consent."`
	Untag   ContactsUntagCmd   `cmd:"" help:"Take a tag away, from everybody or from one person."`
}

// ContactsListCmd is `contacts list`.
type ContactsListCmd struct {
	ForNumber
	AsJSON
	Consent string `help:"Only those: new, pending, subscribed or unsubscribed." enum:",new,pending,subscribed,unsubscribed" default:""`
}

// Example is shown by --help.
func (ContactsListCmd) Example() string { return "optinbot contacts list --consent subscribed" }

// contactView is a contact as the command line shows it.
type contactView struct {
	Phone       string         `json:"phone,omitempty"`
	LID         string         `json:"lid,omitempty"`
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
}

func (h *house) view(c *bot.Contact) contactView {
	v := contactView{
		Phone: c.Phone(), LID: bot.LIDOf(c.Identities), Name: c.DisplayName(), Tags: c.Tags, Consent: c.Consent, State: c.State, Language: c.Language,
		Preferences: h.machine(c.Number).Plain(c.Preferences), Holds: c.HoldReasons(h.now()),
		LastInbound: c.LastInbound, OptedIn: c.OptedIn, OptedOut: c.OptedOut, Unread: c.UnreadPromotions,
	}
	v.Zones, v.ZoneBy = h.zonesOf(c)
	return v
}

// Run lists.
func (c ContactsListCmd) Run(ctx context.Context, a *App) error {
	h, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	views := []contactView{}
	err = h.store.Contacts(ctx, n.Name, bot.Consent(c.Consent), func(c *bot.Contact) error {
		views = append(views, h.view(c))
		return nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, views)
	}
	rows := [][]string{{"PHONE", "NAME", "CONSENT", "STATE", "LANGUAGE", "LAST WROTE", "PREFERENCES"}}
	for _, v := range views {
		rows = append(rows, []string{
			cmp.Or(v.Phone, "lid:"+v.LID), cmp.Or(text.Fit(v.Name, 20), "-"), string(v.Consent), cmp.Or(v.State, "-"), v.Language,
			text.When(v.LastInbound, h.limits[n.Name].Zone), plainPreferences(v.Preferences),
		})
	}
	if len(views) == 0 {
		fmt.Fprintln(a.out, "Nobody yet. `optinbot invite` shows the link by which people write to you first.")
		return nil
	}
	return table(a.out, rows)
}

func plainPreferences(p map[string]any) string {
	var out []string
	for name, v := range p {
		says := fmt.Sprint(v)
		if list, ok := v.([]string); ok {
			says = strings.Join(list, ", ")
		}
		out = append(out, name+": "+says)
	}
	slices.Sort(out)
	return cmp.Or(text.Line(strings.Join(out, "; ")), "-")
}

// ContactsShowCmd is `contacts show`.
type ContactsShowCmd struct {
	ForContact
	AsJSON
	Messages int  `help:"How many of the last messages." default:"20"`
	AsTest   bool `help:"As a conversation for 'flow test', with name and numbers replaced."`
}

// Example is shown by --help.
func (ContactsShowCmd) Example() string {
	return "optinbot contacts show +5511900000001\noptinbot contacts show +5511900000001 --as-test >> flows/tests/real.chat"
}

// Run shows one contact.
func (c ContactsShowCmd) Run(ctx context.Context, a *App) error {
	h, contact, err := c.open(ctx, a)
	if err != nil {
		return err
	}
	defer h.close()
	lines, err := h.store.Conversation(ctx, contact.ID, c.Messages)
	if err != nil {
		return err
	}
	if c.AsTest {
		test, err := asTest(contact, lines).finish(ctx, a.options())
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(a.out, test)
		return err
	}
	if c.JSON {
		return printJSON(a.out, struct {
			contactView
			Messages any `json:"messages"`
		}{h.view(contact), lines})
	}
	printContact(a.out, h, contact)
	fmt.Fprintln(a.out)
	for _, l := range lines {
		arrow := ">"
		if l.FromUs {
			arrow = "<"
		}
		fmt.Fprintf(a.out, "%s %s %s\n", text.When(l.At, h.limits[contact.Number].Zone), arrow, cmp.Or(text.Fit(l.Words(), 100), "["+l.Kind+"]"))
	}
	return nil
}

// contact finds a contact by any spelling of a phone, or says that there is none.
func (h *house) contact(ctx context.Context, number, typed string) (*bot.Contact, error) {
	phone, err := h.phone(ctx, typed, number)
	if err != nil {
		return nil, err
	}
	c, err := h.store.Contact(ctx, number, phone)
	if err == nil && c == nil {
		err = fmt.Errorf("%s has never written to number %s", phone, number)
	}
	return c, err
}

func printContact(w io.Writer, h *house, c *bot.Contact) {
	zone, v := h.limits[c.Number].Zone, h.view(c)
	fmt.Fprintf(w, "%s, %s\n", cmp.Or(v.Phone, "lid:"+v.LID), cmp.Or(text.Fit(v.Name, 60), "no name"))
	fmt.Fprintf(w, "  consent:      %s", v.Consent)
	switch c.Consent {
	case bot.Subscribed:
		fmt.Fprintf(w, " since %s", text.When(v.OptedIn, zone))
	case bot.Unsubscribed:
		fmt.Fprintf(w, " since %s", text.When(v.OptedOut, zone))
	}
	fmt.Fprintf(w, "\n  state:        %s\n  language:     %s\n  time zone:    %s\n  preferences:  %s\n",
		cmp.Or(v.State, "-"), v.Language, zonesInWords(v.Zones, v.ZoneBy), plainPreferences(v.Preferences))
	if len(v.Tags) > 0 {
		fmt.Fprintf(w, "  tags:         %s\n", text.Line(strings.Join(v.Tags, ", ")))
	}
	if until := c.TakeoverUntil(); h.now().Before(until) {
		fmt.Fprintf(w, "  the bot is quiet: a person of the shop writes with them, until %s or `contacts resume`\n", text.When(until, zone))
	}
	if c.Consent != bot.Subscribed {
		return // no promotions to wait for
	}
	for _, r := range v.Holds {
		fmt.Fprintf(w, "  promotions wait: %s (%s); ends with: %s\n", r, strings.TrimPrefix(r.Info().Says, "because "), r.Info().Ends)
	}
	if c.Fatigued() {
		fmt.Fprintf(w, "  promotions skip them (%s), %s, until they write or read one\n", bot.Fatigued, bot.Fatigued.Info().Says)
	}
}

// openPerson opens the store and finds a person on every number, by any spelling of their phone, which it returns as it is stored.
func (a *App) openPerson(ctx context.Context, typed string) (h *house, phone string, found []*bot.Contact, err error) {
	if h, err = a.open(ctx); err != nil {
		return nil, "", nil, err
	}
	var numbers []string
	for _, n := range a.config.Numbers {
		numbers = append(numbers, n.Name)
	}
	if phone, err = h.phone(ctx, typed, numbers...); err == nil {
		found, err = h.store.Find(ctx, phone)
	}
	if err != nil {
		return nil, "", nil, errors.Join(err, h.close())
	}
	return h, phone, found, nil
}

// openNumber opens the store and finds the number a verb is about.
func (a *App) openNumber(ctx context.Context, name string) (*house, config.Number, error) {
	n, err := a.number(name)
	if err != nil {
		return nil, n, err
	}
	h, err := a.open(ctx)
	if err != nil {
		return nil, n, err
	}
	if why := h.silent[n.Name]; why != nil {
		return nil, n, errors.Join(why, h.close())
	}
	return h, n, nil
}
