package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"optinbot/bot/cli/clitest"
)

// initOn runs `init` at a terminal.
func initOn(ctx context.Context, t *testing.T, p *clitest.Person, environ map[string]string, args ...string) (code <-chan int, failed *strings.Builder) {
	t.Helper()
	defaults, err := os.ReadFile("../../config.yaml")
	must(t, err)
	a := newApp(ctx, defaults)
	failed = &strings.Builder{}
	a.in, a.out, a.err, a.environ = &keyboard{ctx, p.Screen}, screen(p.Screen), failed, environ
	ended := make(chan int, 1)
	go func() { ended <- a.run(ctx, append([]string{"init"}, args...)) }()
	return ended, failed
}

// TestInitAsks: a bad answer is asked again with the reason, Enter takes the default, and the answers are in the files.
func TestInitAsks(t *testing.T) {
	t.Parallel()
	dir, p := filepath.Join(t.TempDir(), "corner-shop"), clitest.AtATerminal(t)
	ended, failed := initOn(t.Context(), t, p, map[string]string{"LANG": "pt_BR.UTF-8"}, dir)
	for _, x := range []struct{ reason, question, answer string }{
		{"", "[Corner Shop]: ", "{x}\n"},
		{"The name cannot have { or }", "[Corner Shop]: ", "Ana's \"Café\"\n"},
		{"", "[Brazil]: ", "brazill\n"}, {"did you mean Brazil?", "[Brazil]: ", "Brasil\n"},
		{"America/Sao_Paulo  (most people)", "[America/Sao_Paulo]: ", "9\n"},
		{"type a number from 1 to 4", "[America/Sao_Paulo]: ", "manaus\n"},
		{"English (en), Portuguese (pt) and Spanish (es)", "[pt]: ", "klingon\n"},
		{`There are no texts in "klingon"`, "[pt]: ", "Português, en\n"},
		{"", "Kind [clothes]: ", "zoo\n"}, {`There is no sample "zoo"`, "Kind [clothes]: ", "2\n"},
	} {
		p.Waits(x.reason)
		p.Waits(x.question) // what is typed before it would stand beside it
		p.Types(x.answer)
	}
	p.Waits("link your number")
	if code := <-ended; code != exitDone {
		t.Fatalf("exit code %d: %s", code, failed)
	}
	config, flow, draft := read(t, dir, "config.yaml"), read(t, dir, "flows/promotions.yaml"), read(t, dir, "flows/broadcasts/friday-treat.yaml")
	for file, wants := range map[string][]string{
		config: {"\nzone: America/Manaus ", "\ncountry: BR "}, draft: {"\nzone: America/Manaus\n"},
		flow: {`brand: "Ana's \"Café\""`, "languages: [pt, en]", "Almoço"},
	} {
		for _, want := range wants {
			if !strings.Contains(file, want) {
				t.Errorf("no %q in\n%.600s", want, file)
			}
		}
	}
	if strings.Contains(flow, "Hola") {
		t.Error("the flow has Spanish texts, which nobody chose")
	}
	for line := range strings.Lines(p.Sees()) {
		line = strings.ReplaceAll(strings.TrimSuffix(line, "\n"), dir, "corner-shop")
		if n := len([]rune(line)); n > 80 {
			t.Errorf("a line has %d columns: %s", n, line)
		}
	}
}

// TestInitEnterTakesTheDefaults: five times Enter is a shop.
func TestInitEnterTakesTheDefaults(t *testing.T) {
	t.Parallel()
	dir, p := filepath.Join(t.TempDir(), "corner-shop"), clitest.AtATerminal(t)
	ended, failed := initOn(t.Context(), t, p, map[string]string{"LANG": "es_MX.UTF-8"}, dir)
	p.Types("\n\n\n\n\n")
	if code := <-ended; code != exitDone {
		t.Fatalf("exit code %d: %s\n%s", code, failed, p.Sees())
	}
	if flow := read(t, dir, "flows/promotions.yaml"); !strings.Contains(flow, "languages: [es]") || !strings.Contains(flow, `brand: "Corner Shop"`) {
		t.Errorf("%.400s", flow)
	}
	if config := read(t, dir, "config.yaml"); !strings.Contains(config, "\nzone: America/Mexico_City ") {
		t.Errorf("%.400s", config)
	}
}

// TestInitInterrupted: Ctrl-C and Ctrl-D in the middle of the questions leave nothing.
func TestInitInterrupted(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Ctrl-C": "you ended it at the questions", "Ctrl-D": "the questions were not answered"} {
		dir, p := filepath.Join(t.TempDir(), "a", "shop"), clitest.AtATerminal(t)
		ctx, interrupt := context.WithCancel(t.Context())
		ended, failed := initOn(ctx, t, p, map[string]string{}, dir)
		p.Types("\n")
		p.Waits("Country of the shop")
		if name == "Ctrl-C" {
			interrupt()
		} else {
			p.Types("\x04")
		}
		if code := <-ended; code != exitRefused || !strings.Contains(failed.String(), want) {
			t.Errorf("%s: exit code %d: %s", name, code, failed)
		}
		if _, err := os.Stat(filepath.Dir(dir)); err == nil {
			t.Errorf("%s: something was made", name)
		}
		interrupt()
	}
}
