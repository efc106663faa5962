package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"optinbot/bot/text"
)

// golden compares what a window shows with testdata/screens/NAME-COLUMNSxROWS.txt; -update writes
// the file.
func (w *window) golden(t *testing.T, name string) {
	t.Helper()
	w.fits(t)
	file := filepath.Join("testdata", "screens", fmt.Sprintf("%s-%dx%d.txt", name, w.columns, w.rows))
	if *update {
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		must(t, os.WriteFile(file, w.Bytes(), 0o644))
	}
	want, err := os.ReadFile(file)
	must(t, err)
	if !bytes.Equal(w.Bytes(), want) {
		t.Errorf("%s is not what is shown (-update writes it):\n%s", file, w.String())
	}
}

// TestHelpScreens: the help of the program, of a noun and of a verb.
func TestHelpScreens(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"", "broadcast", "broadcast why", "number release", "completion"} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			w := &window{columns: size[0], rows: size[1]}
			a := &App{out: &text.Screen{To: w, Colour: true}, err: w, environ: map[string]string{}}
			if code := a.run(t.Context(), append([]string{"help"}, strings.Fields(args)...)); code != exitDone {
				t.Errorf("help %s: exit code %d", args, code)
			}
			w.golden(t, strings.Trim("help-"+strings.ReplaceAll(args, " ", "-"), "-"))
		}
	}
}

// TestEveryVerbHasAGroup: a new verb stands under a heading, unless it is about the program.
func TestEveryVerbHasAGroup(t *testing.T) {
	t.Parallel()
	parser, err := (&App{}).newParser(&CLI{})
	must(t, err)
	var without []string
	for _, verb := range parser.Model.Children {
		if verb.Group == nil {
			without = append(without, verb.Name)
		}
		if verb.Group != nil && verb.Group.Title == verb.Group.Key {
			t.Errorf("%s is in group %s, which has no heading", verb.Name, verb.Group.Key)
		}
	}
	if got := strings.Join(without, " "); got != "help completion version complete" {
		t.Errorf("without a group: %s", got)
	}
}

// TestOldFlagsAreTaken: what was renamed keeps its old name, which the help does not show.
func TestOldFlagsAreTaken(t *testing.T) {
	t.Parallel()
	cli := &CLI{}
	parser, err := kong.New(cli, usual)
	must(t, err)
	if _, err := parser.Parse([]string{"number", "release", "--number"}); err != nil || !cli.Number.Release.Only {
		t.Errorf("number release --number: %v, only the number %v", err, cli.Number.Release.Only)
	}
}
