package cli

import (
	"context"
	"fmt"

	"github.com/alecthomas/kong"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

const describe = `An opt-in bot for WhatsApp: customers ask for your offers, and only those who asked ever get one.

Start with:

    optinbot demo            a crowd, a broadcast, and who got it and why; no phone
    optinbot init my-shop    a folder for your shop: asks four questions
    optinbot chat            talk to your flow in the terminal
    optinbot link            link your number, then: optinbot run`

// CLI is the command line. Every verb is a type with Run(*App) in a file of its own.
type CLI struct {
	Config string `help:"Configuration file (default: config.yaml)." placeholder:"FILE"`

	Init      InitCmd      `cmd:"" help:"Make a working folder: configuration, flow, example broadcast."`
	Run       RunCmd       `cmd:"" help:"Run the bot: answer people, and send what is scheduled."`
	Demo      DemoCmd      `cmd:"" help:"Watch the whole story on a simulated crowd. Needs no phone."`
	Chat      ChatCmd      `cmd:"" help:"Talk to your flow in the terminal, with a clock you move."`
	Link      LinkCmd      `cmd:"" help:"Link a number: shows the QR code for the phone to scan."`
	Invite    InviteCmd    `cmd:"" help:"Show the link and QR code that people use to ask for promotions."`
	Flow      FlowCmd      `cmd:"" help:"Check what the bot says."`
	Broadcast BroadcastCmd `cmd:"" help:"Send promotions to the people who are subscribed."`
	Simulate  SimulateCmd  `cmd:"" help:"Preview the coming days on a copy: what is sent when, and to whom."`
	Contacts  ContactsCmd  `cmd:"" help:"List and manage the people who wrote to you."`
	Reply     ReplyCmd     `cmd:"" help:"Answer one person in your own words."`
	Optout    OptoutCmd    `cmd:"" help:"Record a stop that came by phone, by mail or in the shop."`
	Consent   ConsentCmd   `cmd:"" help:"Show and verify the proof of consent."`
	Number    NumberCmd    `cmd:"" help:"Change the phone of a number, or end the safe mode of a restore."`
	Backup    BackupCmd    `cmd:"" help:"Back up everything but the WhatsApp session, even while the bot runs."`
	Restore   RestoreCmd   `cmd:"" help:"Restore a backup, into safe mode."`
	Status    StatusCmd    `cmd:"" help:"Show how the numbers are doing, and what needs you."`
	Doctor    DoctorCmd    `cmd:"" help:"Check everything, and say how to fix what is wrong."`
	Version   VersionCmd   `cmd:"" help:"Show the versions of the bot and its libraries."`
}

// help prints kong's help and, under a verb's, its example.
func help(o kong.HelpOptions, k *kong.Context) error {
	if err := kong.DefaultHelpPrinter(o, k); err != nil {
		return err
	}
	node := k.Selected()
	if node == nil {
		node = k.Model.Node
	}
	if e, ok := node.Target.Interface().(interface{ Example() string }); ok {
		_, err := fmt.Fprintf(k.Stdout, "\nExample:\n%s\n", text.Indent(e.Example()))
		return err
	}
	return nil
}

// ForNumber is embedded in verbs that are about one number.
type ForNumber struct {
	Number string `help:"The number, as config.yaml calls it (default: its first)." placeholder:"NAME"`
}

// ForContact is embedded in verbs about one contact of a number.
type ForContact struct {
	ForNumber
	Phone TypedPhone `arg:"" help:"Their phone, as people write it; without a country code it is of the number's country."`
}

// AsJSON is embedded in verbs that list or show.
type AsJSON struct {
	JSON bool `name:"json" help:"Print JSON, for programs."`
}

// Confirmed is embedded in verbs that ask before they change something.
type Confirmed struct {
	Yes bool `help:"Do not ask." short:"y"`
}

// confirm asks. Without a terminal and without --yes nobody can answer, and nothing is changed.
func (c Confirmed) confirm(ctx context.Context, a *App, question string) error {
	if c.Yes {
		return nil
	}
	if !terminal(a.in) {
		return desk.Refuse("this asks first, and there is no terminal to answer on; add --yes")
	}
	fmt.Fprintf(a.out, "%s [y/N] ", question)
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
