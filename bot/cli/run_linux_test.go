package cli

import (
	"context"
	"strings"
	"testing"

	"optinbot/bot/cli/clitest"
)

// TestRunOnATerminal: a banner, what is to be done, what happens, and how it ends on Ctrl-C.
func TestRunOnATerminal(t *testing.T) {
	t.Parallel()
	a, p := testApp(t, "log: {format: auto}\n"), clitest.AtATerminal(t)
	a.err, a.out = screen(p.Screen), screen(p.Screen)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	code := make(chan int, 1)
	go func() { code <- a.run(ctx, []string{"run", "--config", a.config.File()}) }()
	p.Waits("main, not linked yet")
	p.Waits("no broadcast is scheduled")
	p.Waits("`optinbot status`, in another terminal")
	p.Waits("Not linked. In another terminal: `optinbot link`.")
	cancel()
	p.Waits("It ends: what is being sent is finished first.")
	p.Waits("It has ended.")
	if got := <-code; got != exitDone {
		t.Errorf("exit code %d", got)
	}
	if seen := p.Sees(); strings.Contains(seen, "level=") || strings.Contains(seen, `"msg"`) {
		t.Errorf("a line of the log:\n%s", seen)
	}
}
