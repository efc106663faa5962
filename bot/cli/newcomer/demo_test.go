package newcomer

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	_ "optinbot/bot/cli" // the program that is built: without it Go would take a result from its cache
	"optinbot/bot/web/webtest"
)

// wide, dark and narrow are the windows that the page of the demo is looked at in.
var (
	wide   = webtest.Look{Width: 1280, Height: 800}
	dark   = webtest.Look{Width: 1280, Height: 800, Dark: true}
	narrow = webtest.Look{Width: 360, Height: 740, Dark: true}
)

// A demo is `demo --web` while it runs.
type demo struct {
	t        *testing.T
	cmd      *exec.Cmd
	page     string // its address
	link     string // lets in, once
	password string
	folder   string // what it keeps while it runs
}

// show builds the program and runs its demo. The end of the test stops it.
func show(t *testing.T) *demo {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and runs the program, and opens a browser")
	}
	webtest.Chromium(t)
	file := os.Getenv("OPTINBOT_TEST_PROGRAM")
	if file == "" {
		file = filepath.Join(t.TempDir(), "optinbot")
		if out, err := exec.Command("go", "build", "-o", file, "optinbot").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	d := &demo{t: t, folder: t.TempDir(), cmd: exec.CommandContext(t.Context(), file, "demo", "--web")}
	d.cmd.Env, d.cmd.Stderr = append(os.Environ(), "TMPDIR="+d.folder), os.Stderr
	out, err := d.cmd.StdoutPipe()
	must(t, err)
	must(t, d.cmd.Start())
	var said strings.Builder
	for lines := bufio.NewScanner(out); !strings.Contains(said.String(), "Nothing is kept"); {
		if !lines.Scan() {
			t.Fatalf("it ended: %v\n%s", lines.Err(), said.String())
		}
		said.WriteString(lines.Text() + "\n")
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	found := regexp.MustCompile(`(http://127\.0\.0\.1:\d+)(/in\?token=\w+)(?s:.*)password (\w{12})\b`).FindStringSubmatch(said.String())
	if found == nil {
		t.Fatalf("there is no link, or no password:\n%s", said.String())
	}
	d.page, d.link, d.password = found[1], found[2], found[3]
	return d
}

// opens opens the page in a Chromium, by the link.
func (d *demo) opens(look webtest.Look) *webtest.Browser {
	d.t.Helper()
	b := webtest.Start(d.t, d.page, look)
	b.Opens(d.link)
	b.Sees("people wait for you")
	return b
}

// ends closes the page and stops the demo, and asks that it ends well and leaves nothing.
func (d *demo) ends(b *webtest.Browser) {
	d.t.Helper()
	b.Does(chromedp.Navigate("about:blank")) // a page whose server is gone complains
	must(d.t, d.cmd.Process.Signal(os.Interrupt))
	if err := d.cmd.Wait(); err != nil {
		d.t.Errorf("it ended with %v", err)
	}
	left, err := os.ReadDir(d.folder)
	if err != nil || len(left) > 0 {
		d.t.Errorf("it has left %v (%v)", left, err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
