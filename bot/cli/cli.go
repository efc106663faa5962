package cli

import (
	"context"
	"fmt"
	"strings"

	"optinbot/bot/desk"
)

const describe = `An opt-in bot for WhatsApp: customers ask for your offers, and only those who asked ever get one.`

// CLI is the command line. Every verb is a type with Run(*App) in a file of its own.
type CLI struct {
	Config  string      `help:"Configuration file (default: config.yaml)." placeholder:"FILE"`
	Version versionFlag `help:"Show the version of the bot."`

	Demo      DemoCmd      `cmd:"" group:"start" help:"Watch the whole story on a simulated crowd. Needs no phone."`
	Init      InitCmd      `cmd:"" group:"start" help:"Make a working folder: configuration, flow, example broadcast."`
	Chat      ChatCmd      `cmd:"" group:"start" help:"Talk to your flow in the terminal, with a clock you move."`
	Link      LinkCmd      `cmd:"" group:"start" help:"Link a number: shows a code for the phone to scan or type."`
	Invite    InviteCmd    `cmd:"" group:"start" help:"Make the link, QR code and poster by which people join."`
	Run       RunCmd       `cmd:"" group:"day" help:"Run the bot: answer people, and send what is scheduled."`
	Status    StatusCmd    `cmd:"" group:"day" help:"Show how the numbers are doing, and what needs you."`
	Doctor    DoctorCmd    `cmd:"" group:"day" help:"Check everything, and say how to fix what is wrong."`
	Flow      FlowCmd      `cmd:"" group:"say" help:"Check, test, draw and change what the bot says."`
	Broadcast BroadcastCmd `cmd:"" group:"say" help:"Send promotions to the people who are subscribed."`
	Simulate  SimulateCmd  `cmd:"" group:"say" help:"Preview the coming days on a copy: what is sent when, to whom."`
	Contacts  ContactsCmd  `cmd:"" group:"people" help:"List and manage the people who wrote to you."`
	Reply     ReplyCmd     `cmd:"" group:"people" help:"Answer one person in your own words."`
	Optout    OptoutCmd    `cmd:"" group:"people" help:"Record a stop that came by phone, by mail or in the shop."`
	Consent   ConsentCmd   `cmd:"" group:"people" help:"Show and verify the proof of consent."`
	Backup    BackupCmd    `cmd:"" group:"safe" help:"Back up everything but the WhatsApp session."`
	Restore   RestoreCmd   `cmd:"" group:"safe" help:"Restore a backup, into safe mode."`
	Move      MoveCmd      `cmd:"" group:"safe" help:"Move the shop to a PostgreSQL database, or back to its folder."`
	Fleet     FleetCmd     `cmd:"" group:"safe" help:"Show and change which machine serves which number."`
	Webhook   WebhookCmd   `cmd:"" group:"safe" help:"Tell other programs who joined, who left, who waits."`
	Number    NumberCmd    `cmd:"" group:"safe" help:"Change the phone of a number, or end a restore's safe mode."`
	Operator  OperatorCmd  `cmd:"" group:"safe" help:"Say who may work at the page, and as what."`
	Key       KeyCmd       `cmd:"" group:"safe" help:"Make and revoke the keys of programs."`

	Help       HelpCmd       `cmd:"" help:"Show this, or more of a verb: optinbot help broadcast why."`
	Completion CompletionCmd `cmd:"" help:"Print a script by which your shell completes what you type."`
	VersionOf  VersionCmd    `cmd:"" name:"version" help:"Show the versions of the bot and its libraries."`
	Complete   CompleteCmd   `cmd:"" hidden:"" help:"Show what may follow, for the script of 'completion'."`
}

// ForNumber is embedded in verbs that are about one number.
type ForNumber struct {
	Number string `help:"The number, as config.yaml calls it (default: its first)." placeholder:"NAME"`
}

// ForContact is embedded in verbs about one contact of a number.
type ForContact struct {
	ForNumber
	Phone TypedPhone `arg:"" help:"${their_phone}"`
}

// AsJSON is embedded in verbs that list or show.
type AsJSON struct {
	JSON bool `name:"json" help:"Print JSON, for programs."`
}

// Confirmed is embedded in verbs that ask before they change something.
type Confirmed struct {
	Yes bool `help:"Do not ask." short:"y"`
}

// ask asks what the desk wants to know, one after the other. said has --yes.
func (a *App) ask(ctx context.Context, said Confirmed, questions []desk.Question) error {
	for _, q := range questions {
		if q.Before != "" {
			a.page().say("%s", q.Before)
		}
		if q.Unasked != nil && !terminal(a.in) {
			return q.Unasked
		}
		if err := (Confirmed{Yes: said.Yes && !q.Anew}).confirm(ctx, a, q.Asks); err != nil {
			return err
		}
	}
	return nil
}

// confirm asks. Without a terminal and without --yes nobody can answer, and nothing is changed.
func (c Confirmed) confirm(ctx context.Context, a *App, question string) error {
	if c.Yes {
		return nil
	}
	if !terminal(a.in) {
		return desk.Refuse("this asks first, and there is no terminal to answer on; add --yes")
	}
	fmt.Fprint(a.out, strings.Join(a.page().lines("", "", question+" [y/N]"), "\n")+" ")
	answer, err := a.answer()
	if ctx.Err() != nil {
		fmt.Fprintln(a.out)
		return desk.Refuse("you ended it at the question")
	}
	if err != nil {
		return err
	}
	if answer != "y" && answer != "Y" && answer != "yes" {
		return desk.Refuse("you did not say yes")
	}
	return nil
}
