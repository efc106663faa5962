package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// HelpCmd is `help`.
type HelpCmd struct {
	Verb []string `arg:"" optional:"" help:"The verb, such as: broadcast why."`
}

func (HelpCmd) Example() string { return "optinbot help\noptinbot help broadcast why" }

// standsAlone: help needs no shop.
func (HelpCmd) standsAlone() {}

// Run shows what `optinbot VERB --help` shows.
func (c HelpCmd) Run(k *kong.Context) error {
	about, err := kong.Trace(k.Kong, c.Verb)
	if err != nil {
		return err
	}
	if about.Error != nil {
		return desk.Misused{Err: fmt.Errorf("%s `optinbot help` lists the verbs", text.Sentence(about.Error.Error()))}
	}
	return about.PrintUsage(false)
}

// groups are the headings of the help, in the order of the verbs. What has none is under "More".
var groups = []kong.Group{
	{Key: "start", Title: "Start, in this order"},
	{Key: "day", Title: "Every day"},
	{Key: "say", Title: "Flows and broadcasts"},
	{Key: "people", Title: "People"},
	{Key: "safe", Title: "Keep it safe"},
}

// newParser is the parser of the command line.
func (a *App) newParser(cli *CLI, options ...kong.Option) (*kong.Kong, error) {
	return kong.New(cli, append(options, kong.Name("optinbot"), kong.Description(describe),
		kong.ExplicitGroups(groups), kong.Help(a.help), usual)...)
}

// usual are words that the help takes from elsewhere, and those that it says of several verbs.
var usual = kong.Vars{
	"release_reason": desk.UsualReleaseReason,
	"key_days":       strconv.Itoa(desk.UsualKeyDays),
	"roles":          joined(desk.Roles(), ","),
	"key_roles":      joined(desk.KeyRoles(), ","),
	"usual_role":     string(desk.UsualRole),
	"their_phone":    "Their phone, as people write it; without " + ofPhone,
	"any_phone":      "Their phone, as people write it; known or not. Without " + ofPhone,
}

// ofPhone ends the help of a phone.
const ofPhone = "a country code it is of the number's country. Who has none is lid:... or bsuid:..., as lists show."

// Columns of the help. A line of more is tiring to read.
const (
	helpColumns     = 80 // where there is no terminal
	mostHelpColumns = 100
)

// help shows the help of a verb, or of the program.
func (a *App) help(_ kong.HelpOptions, k *kong.Context) error {
	h := helpPage{columns: helpColumns}
	if columns, _ := a.sizeOf(a.out); columns > 0 {
		h.columns = min(columns, mostHelpColumns)
	}
	if node := k.Selected(); node != nil {
		h.verb(k.Model, node)
	} else {
		h.program(k.Model)
	}
	_, err := io.WriteString(k.Stdout, h.String())
	return err
}

// A helpPage is a help that is being written.
type helpPage struct {
	strings.Builder
	columns int
}

// A helpRow is a verb, an argument or a flag, and what it is.
type helpRow struct{ name, says string }

// program shows the verbs under their headings, with one column of names.
func (h *helpPage) program(model *kong.Application) {
	fmt.Fprintf(h, "Usage: %s <verb> [flags]\n", model.Name)
	h.paragraph(model.Help)
	rows := map[string][]helpRow{}
	for _, node := range model.Children {
		group := ""
		if node.Group != nil {
			group = node.Group.Key
		}
		if !node.Hidden {
			rows[group] = append(rows[group], helpRow{node.Name, node.Help})
		}
	}
	var widest []helpRow
	for _, flag := range model.Flags {
		if flag.Name != "help" {
			rows[""] = append(rows[""], helpRow{flagOf(flag), flag.Help})
		}
	}
	for _, r := range rows {
		widest = append(widest, r...)
	}
	width := nameWidth(widest)
	for _, group := range append(groups, kong.Group{Title: "More"}) {
		h.list(group.Title, rows[group.Key], width)
	}
}

// verb shows a verb, or a noun and its verbs.
func (h *helpPage) verb(model *kong.Application, node *kong.Node) {
	usage := fmt.Sprintf("Usage: %s %s", model.Name, node.Summary())
	fmt.Fprintln(h, strings.Replace(usage, "<command>", "<verb>", 1))
	h.paragraph(node.Help)
	h.paragraph(node.Detail)
	var arguments, flags, verbs []helpRow
	for _, argument := range node.Positional {
		arguments = append(arguments, helpRow{argument.Summary(), argument.Help})
	}
	for _, flag := range node.Flags {
		if !flag.Hidden {
			flags = append(flags, helpRow{flagOf(flag), flag.Help})
		}
	}
	for _, flag := range model.Flags {
		if flag.Name == "config" {
			flags = append(flags, helpRow{flagOf(flag), flag.Help})
		}
	}
	for _, child := range node.Children {
		verbs = append(verbs, helpRow{child.Path(), child.Help})
	}
	h.list("Verbs", verbs, nameWidth(verbs))
	h.list("Arguments", arguments, nameWidth(append(arguments, flags...)))
	h.list("Flags", flags, nameWidth(append(arguments, flags...)))
	if e, ok := node.Target.Interface().(interface{ Example() string }); ok {
		fmt.Fprintf(h, "\nExample:\n%s\n", text.Indent(e.Example()))
	}
}

// paragraph shows text, each paragraph of it below an empty line.
func (h *helpPage) paragraph(says string) {
	if says == "" {
		return
	}
	for says := range strings.SplitSeq(strings.TrimSpace(says), "\n\n") {
		h.WriteByte('\n')
		for _, line := range text.Wrap(strings.ReplaceAll(says, "\n", " "), h.columns) {
			fmt.Fprintln(h, line)
		}
	}
}

// list shows rows below a heading. The names have so many columns.
func (h *helpPage) list(heading string, rows []helpRow, names int) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(h, "\n%s:\n", heading)
	indent := strings.Repeat(" ", names+4)
	for _, row := range rows {
		lead := "  " + row.name
		if text.Columns(row.name) > names { // what it is begins in the next line
			fmt.Fprintln(h, lead)
			lead = ""
		}
		for _, line := range text.Wrap(row.says, h.columns-len(indent)) {
			fmt.Fprintf(h, "%-*s%s\n", len(indent), lead, line)
			lead = ""
		}
	}
}

// nameWidth is how many columns the names of rows have. A very long name does not count.
func nameWidth(rows []helpRow) (columns int) {
	for _, row := range rows {
		if n := text.Columns(row.name); n <= 28 {
			columns = max(columns, n)
		}
	}
	return columns
}

// flagOf is a flag as it is typed.
func flagOf(f *kong.Flag) string {
	name := "--" + f.Name
	if f.Short != 0 {
		name = "-" + string(f.Short) + ", " + name
	}
	if !f.IsBool() {
		name += "=" + f.FormatPlaceHolder()
	}
	return name
}
