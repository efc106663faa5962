package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/store"
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

// printContact prints what is known of a contact.
func printContact(p *page, v desk.ContactView) {
	fact := func(about, format string, args ...any) {
		p.below(fmt.Sprintf("  %-14s", about+":"), format, args...)
	}
	p.say("%s, %s", v.Named(), cmp.Or(text.Fit(v.Name, 60), "no name"))
	consent := string(v.Consent)
	switch v.Consent {
	case bot.Subscribed:
		consent += " since " + text.When(v.OptedIn, v.ShopZone)
	case bot.Unsubscribed:
		consent += " since " + text.When(v.OptedOut, v.ShopZone)
	}
	fact("consent", "%s", consent)
	fact("state", "%s", cmp.Or(v.State, "-"))
	fact("language", "%s", v.Language)
	fact("time zone", "%s", zonesInWords(v.Zones, v.ZoneBy))
	fact("preferences", "%s", plainPreferences(v))
	if len(v.Tags) > 0 {
		fact("tags", "%s", text.Line(strings.Join(v.Tags, ", ")))
	}
	if !v.QuietUntil.IsZero() {
		p.below("  ", "the bot is quiet: a person of the shop writes with them, until %s or `contacts resume`",
			text.When(v.QuietUntil, v.ShopZone))
	}
	for _, r := range v.Waits() {
		info := r.Info()
		p.below("  ", "promotions wait: %s (%s); ends with: %s", r, strings.TrimPrefix(info.Says, "because "), info.Ends)
	}
	if v.Skipped() {
		p.below("  ", "promotions skip them (%s), %s, until they write or read one", bot.Fatigued,
			bot.Fatigued.Info().Says)
	}
}

// printMessage prints one message of a conversation, in at most so many columns. 0: all of it.
func printMessage(p *page, indent string, l store.Line, v desk.ContactView, columns int) {
	arrow, words := ">", text.Line(l.Words())
	if l.FromUs {
		arrow = "<"
	}
	if columns > 0 {
		words = text.Fit(l.Words(), columns)
	}
	p.below(fmt.Sprintf("%s%s %s ", indent, text.When(l.At, v.ShopZone), arrow), "%s", cmp.Or(words, "["+l.Kind+"]"))
}

func plainPreferences(v desk.ContactView) string {
	var out []string
	for name, says := range v.InWords() {
		out = append(out, name+": "+says)
	}
	slices.Sort(out)
	return cmp.Or(text.Line(strings.Join(out, "; ")), "-")
}

// openNumber finds the number a verb is about, and opens the store. Whether anything can be done
// about the number now is the desk's to say, within the act.
func (a *App) openNumber(ctx context.Context, name string) (*desk.Desk, config.Number, error) {
	n, err := a.number(name)
	if err != nil {
		return nil, n, err
	}
	d, err := a.open(ctx)
	return d, n, err
}
