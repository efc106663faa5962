package desk

import (
	"cmp"
	"context"
	"strings"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/store"
)

// A Recorder makes conversations that test a flow.
type Recorder interface {
	// OfChat is a chat as a conversation, with name and numbers replaced, without what the bot said.
	OfChat(n config.Number, c *bot.Contact, chat []store.Line) (conversation string)
	// Play is a conversation with what the flow of a number says in it.
	Play(ctx context.Context, files *Files, n config.Number, conversation string) (string, error)
	// Flows are the flows that the conversations in a text are played on.
	Flows(conversation string) ([]string, error)
}

// longestTest is how many bytes a conversation may have that is saved.
const longestTest = 64 << 10

// chatOfTest is how many of the last messages a conversation is made of, where nobody says another
// number.
const chatOfTest = 200

// ChatAsTest returns somebody's chat as a conversation that tests the flow: with name and numbers
// replaced, and with what the flow says by now. What they wrote may still tell who they are. It is
// made of the last so many messages, 200 for 0. It changes nothing, and may be repeated. A phone that
// has never written is not found, and a chat that cannot be played is refused.
func (d *Desk) ChatAsTest(
	ctx context.Context, number, phone string, messages int,
) (conversation string, err error) {
	if d.Record == nil {
		return "", Refuse("conversations cannot be recorded here")
	}
	shown, err := d.ShowContact(ctx, number, phone, cmp.Or(messages, chatOfTest))
	if err != nil {
		return "", err
	}
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return "", err
	}
	conversation, err = d.Record.Play(ctx, d.Files, n, d.Record.OfChat(n, shown.Contact, shown.Messages))
	if err != nil {
		return "", Refuse("this chat cannot be played as a test: line %v", err)
	}
	return conversation, nil
}

// SaveTest keeps a conversation in a new file beside those that test the flow, with what the flow
// says by now, and returns the file. Its title names the file. What is no conversation is refused
// with the line, and so is a file that is there already. A test binds every number that speaks its
// flow, so it is for whoever may change them all.
func (d *Desk) SaveTest(ctx context.Context, number, title, conversation string) (file string, err error) {
	ctx, end, err := d.begin(ctx, ActRecordTest, number)
	if err != nil {
		return "", err
	}
	defer func() { end(err) }()
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return "", err
	}
	if d.Record == nil {
		return "", Refuse("conversations cannot be recorded here")
	}
	source := string(unixLines(conversation))
	if len(source) > longestTest || strings.TrimSpace(source) == "" {
		return "", Refuse("a test has at least one line, and a few hundred at most")
	}
	spoken, err := d.Record.Flows(source)
	if err != nil {
		return "", Refuse("the conversation cannot be played: line %v", err)
	}
	for _, flow := range append(spoken, n.Flow) {
		if err := d.ofAll(ctx, flow); err != nil {
			return "", err
		}
	}
	played, err := d.Record.Play(ctx, d.Files, n, source)
	if err != nil {
		return "", Refuse("the conversation cannot be played: line %v", err)
	}
	return d.Files.addTest(title, played)
}
