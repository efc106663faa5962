package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// fromInput is what stands for a text that comes in on standard input. What is typed on the command
// line is seen by everybody on the machine (ps), and is kept in the shell's history.
const fromInput = "-"

// mostTyped is more than WhatsApp takes in one message, in bytes.
const mostTyped = 1 << 20

// typed is a text of the command line. fromInput reads it from standard input, to its end.
func (a *App) typed(said string) (string, error) {
	if said != fromInput {
		return said, nil
	}
	all, err := io.ReadAll(io.LimitReader(a.in, mostTyped))
	if err != nil {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	return strings.TrimSpace(string(all)), nil
}

// ToFile is embedded in verbs that hand out what is personal.
type ToFile struct {
	Out string `help:"Write into this new file, which only you can read, instead of standard output." placeholder:"FILE"`
}

// write lets a verb print into the file, where one is named. A file that is there already is left
// alone, and one that could not be finished is taken away.
func (o ToFile) write(a *App, run func() error) error {
	if o.Out == "" {
		return run()
	}
	f, err := os.OpenFile(o.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if os.IsExist(err) {
		return desk.Refuse("%s is there already; name a new file", desk.ShownPath(o.Out))
	}
	if err != nil {
		return err
	}
	printed, file := a.out, &text.Screen{To: f}
	a.out = file
	err = run()
	a.out = printed
	if err == nil {
		err = file.Failed
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(o.Out)
		return err
	}
	fmt.Fprintf(a.out, "%s is written; only you can read it.\n", desk.ShownPath(o.Out))
	return nil
}
