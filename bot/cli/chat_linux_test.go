package cli

import (
	"os"
	"testing"

	"optinbot/bot/cli/clitest"
)

// TestChatEndsOnALineOfItsOwn: at Ctrl-D the shell's prompt does not stand behind that of the chat.
func TestChatEndsOnALineOfItsOwn(t *testing.T) {
	t.Parallel()
	p := clitest.AtATerminal(t)
	defaults, err := os.ReadFile("../../config.yaml")
	must(t, err)
	a := newApp(t.Context(), defaults)
	a.in, a.out, a.environ = &keyboard{t.Context(), p.Screen}, screen(p.Screen), map[string]string{"NO_COLOR": "1"}
	a.err = a.out
	ended := make(chan int, 1)
	go func() {
		ended <- a.run(t.Context(), []string{"chat", "--config", testApp(t, "numbers:\n  - {name: main, flow: promotions}\n").config.Path("config.yaml")})
	}()
	p.Waits("> ")
	p.Types("/sned weekend-offer\n")
	p.Waits("there is no command /sned; did you mean /send?\n> ")
	p.Types("\x04")
	if code := <-ended; code != exitDone {
		t.Fatalf("exit code %d: %s", code, p.Sees())
	}
	p.Waits("\n") // the terminal may show it later than the program wrote it
}
