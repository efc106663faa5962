package e2e

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"optinbot/bot/whatsapp/whatsapptest"
)

// twoNumbers is a server and the program with two numbers, each linked by a phone of its own.
func twoNumbers(t *testing.T) (*whatsapptest.Server, *binary, *whatsapptest.Phone) {
	t.Helper()
	srv, b := linked(t)
	file := filepath.Join(b.dir, "config.yaml")
	text, err := os.ReadFile(file)
	must(t, err)
	first := "  - name: main"
	if !strings.Contains(string(text), first) {
		t.Fatalf("config.yaml has no number main:\n%s", text)
	}
	must(t, os.WriteFile(file, bytes.Replace(text, []byte(first), []byte("  - {name: outlet, flow: promotions}\n"+first), 1), 0o600))
	outlet := srv.AddPhone("+15550000002")
	b.linkNumber("outlet", outlet)
	return srv, b, outlet
}

func (b *binary) sessionOf(number string) string {
	return filepath.Join(b.dir, "data", "session-"+number+".db")
}

// A runProcess is `run` that may end by itself.
type runProcess struct {
	t     *testing.T
	ended chan error
	log   *bytes.Buffer // to be read once it has ended
	end   context.CancelFunc
}

func (b *binary) run(t *testing.T) *runProcess {
	t.Helper()
	cmd := b.cmd("run")
	r := &runProcess{t: t, ended: make(chan error, 1), log: &bytes.Buffer{}}
	cmd.Stderr = r.log
	must(t, cmd.Start())
	exited := make(chan struct{})
	go func() { defer close(exited); r.ended <- cmd.Wait() }()
	r.end = func() { _ = cmd.Process.Signal(os.Interrupt); <-exited }
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-exited; scanLog(t, r.log.String()) })
	return r
}

// answers lets a stranger write to a number and waits for the answer; it fails when `run` ends meanwhile.
func (r *runProcess) answers(ctx context.Context, c *whatsapptest.Contact, phone *whatsapptest.Phone, why string) {
	r.t.Helper()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case err := <-r.ended:
			r.ended <- err
			cancel(err)
		case <-stop:
		}
	}()
	before := len(c.Received())
	c.Send("help", whatsapptest.To(phone))
	if _, err := c.WaitFor(ctx, before+1); err != nil {
		select {
		case err := <-r.ended:
			r.t.Fatalf("%s: run ended (%v):\n%s", why, err, r.log)
		default:
		}
		r.t.Fatalf("%s: nobody answers: %v", why, err)
	}
}

// TestO2OneNumbersTroubleIsItsOwn: whatever keeps one number from being served, the other one is, `run` stays up, the operator hears of it,
// and the number is served as soon as it can be.
func TestO2OneNumbersTroubleIsItsOwn(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	srv, b, outlet := twoNumbers(t)
	main := srv.Phone()
	ctx := scene(t)
	ana := srv.Contact("+12125550101")
	keep := func(number string) (back func()) {
		kept := b.sessionOf(number) + ".kept"
		must(t, os.Rename(b.sessionOf(number), kept))
		return func() {
			for _, beside := range []string{"-wal", "-shm"} {
				_ = os.Remove(b.sessionOf(number) + beside)
			}
			must(t, os.Rename(kept, b.sessionOf(number)))
		}
	}

	t.Run("no connection at first", func(t *testing.T) {
		srv.RefuseHTTP(403)
		r := b.run(t)
		must(t, eventually(ctx, func() bool {
			return len(r.ended) > 0 || strings.Contains(b.do("status", "--json"), `"status": "disconnected"`)
		}))
		srv.RefuseHTTP(0)
		r.answers(ctx, ana, main, "after a refused dial")
		r.answers(ctx, ana, outlet, "after a refused dial")
		r.end()
	})
	t.Run("a session file of garbage", func(t *testing.T) {
		back := keep("main")
		must(t, os.WriteFile(b.sessionOf("main"), []byte(strings.Repeat("garbage ", 4096)), 0o600))
		r := b.run(t)
		r.answers(ctx, ana, outlet, "beside a broken session file")
		must(t, eventually(ctx, func() bool { return strings.Contains(b.do("status"), "the number cannot be served") }))
		back()
		r.answers(ctx, ana, main, "the file is well again")
		r.end()
	})
	t.Run("no session file", func(t *testing.T) {
		must(t, os.Remove(b.sessionOf("main")))
		r := b.run(t)
		r.answers(ctx, ana, outlet, "beside a number without a session")
		must(t, eventually(ctx, func() bool { return strings.Contains(b.do("status"), "does not have it any more") }))
		b.linkNumber("main", main) // beside `run`, which does not hold the number
		r.answers(ctx, ana, main, "linked while run runs")

		main.Unlink()
		must(t, eventually(ctx, func() bool { return strings.Contains(b.do("status"), "not linked to WhatsApp") }))
		r.answers(ctx, ana, outlet, "beside a number that was unlinked")
		b.linkNumber("main", main)
		r.answers(ctx, ana, main, "linked again while run runs")
		r.end()
	})
	t.Run("a flow that is gone", func(t *testing.T) {
		file := filepath.Join(b.dir, "config.yaml")
		text, err := os.ReadFile(file)
		must(t, err)
		must(t, os.WriteFile(file, bytes.Replace(text, []byte("name: outlet, flow: promotions"), []byte("name: outlet, flow: outlet"), 1), 0o600))
		change(t, b.dir, "DELETE FROM flow_versions WHERE number = 'outlet'") // it never ran
		r := b.run(t)
		r.answers(ctx, ana, main, "beside a number without a flow")
		must(t, eventually(ctx, func() bool { return strings.Contains(b.do("status"), "number outlet is not served") }))
		flow, err := os.ReadFile(filepath.Join(b.dir, "flows", "promotions.yaml"))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(b.dir, "flows", "outlet.yaml"), bytes.Replace(flow, []byte("flow: promotions"), []byte("flow: outlet"), 1), 0o600))
		r.answers(ctx, ana, outlet, "its flow has come while run runs")
		r.end()
	})
	t.Run("nothing is linked", func(t *testing.T) {
		main.Unlink()
		outlet.Unlink()
		r := b.run(t)
		must(t, eventually(ctx, func() bool { return strings.Count(b.do("status"), "not linked to WhatsApp") == 2 }))
		if out, err := b.cmd("run").CombinedOutput(); err == nil || !strings.Contains(string(out), "run.lock") {
			t.Errorf("a second run: %v %s", err, out)
		}
		b.linkNumber("outlet", outlet)
		r.answers(ctx, ana, outlet, "linked while nothing was")
		r.end()
		if err := <-r.ended; err != nil {
			t.Errorf("told to end, it ends with %v:\n%s", err, r.log)
		}
	})
}

// TestRunBeforeTheFirstLink: `run` begins in a folder where nothing was ever linked, and `link` in
// another process is all it takes.
func TestRunBeforeTheFirstLink(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	srv, b := unlinked(t)
	ctx := scene(t)
	r := b.run(t)
	must(t, eventually(ctx, func() bool { return len(r.ended) > 0 || strings.Contains(b.do("status", "--json"), `"runs": true`) }))
	b.linkNumber("main", srv.Phone())
	r.answers(ctx, srv.Contact("+12125550101"), srv.Phone(), "linked while run runs")
	r.end()
	if err := <-r.ended; err != nil {
		t.Errorf("told to end, it ends with %v:\n%s", err, r.log)
	}
}
