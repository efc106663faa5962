package e2e

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot/whatsapp/whatsapptest"
)

// otherShop is another phone of the shop.
const otherShop = "+12125550198"

// unlink takes the session away, as a lost file or a logout does.
func (b *binary) unlink() {
	b.t.Helper()
	files, err := filepath.Glob(filepath.Join(b.dir, "data", "session-main.db*"))
	must(b.t, err)
	for _, file := range files {
		must(b.t, os.Remove(file))
	}
}

// linkWith runs a verb that links, and lets a phone scan its first code.
func (b *binary) linkWith(phone *whatsapptest.Phone, verb ...string) (code int, said string) {
	b.t.Helper()
	var errs bytes.Buffer
	cmd := b.cmd(append(verb, "--print-code")...)
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	must(b.t, err)
	must(b.t, cmd.Start())
	lines := bufio.NewScanner(out)
	if lines.Scan() {
		must(b.t, phone.Scan(lines.Text()))
	}
	for lines.Scan() { // later codes
	}
	_ = cmd.Wait() // the code says how it ended
	return cmd.ProcessState.ExitCode(), errs.String()
}

// recorded is the phone of the number.
func (s *addresses) recorded() (phone string) {
	s.t.Helper()
	db := s.b.database()
	defer db.Close()
	must(s.t, db.QueryRowContext(s.ctx, "SELECT phone FROM numbers WHERE name = 'main'").Scan(&phone))
	return phone
}

// TestC1AnotherPhoneIsRefused: people asked the phone that is recorded. Another one that scans the code is refused, its fresh device is
// removed, and nobody gets a promotion from it.
func TestC1AnotherPhoneIsRefused(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	s := twoAddresses(t)
	s.kill()
	s.b.unlink()
	before, other := s.recorded(), s.srv.AddPhone(otherShop)
	code, said := s.b.linkWith(other, "link")
	if code != 2 || !strings.Contains(said, "number change") {
		t.Errorf("link with another phone: exit %d, %s", code, said)
	}
	if got := s.recorded(); got != before {
		t.Errorf("the number's phone was %s and is %s", before, got)
	}
	if n := len(other.Linked()); n != 0 {
		t.Errorf("%d devices of the shop are linked to the phone that was refused", n)
	}
	if code == 0 {
		s.b.start()
		s.b.do("broadcast", "schedule", "weekend-offer", "--now", "--yes")
		s.expect(s.bob, "20% off")
		t.Errorf("people who asked %s got a promotion from %s", before, otherShop)
	}
	if code, said := s.b.linkWith(s.srv.Phone(), "link"); code != 0 {
		t.Errorf("link with the recorded phone: exit %d, %s", code, said)
	}
}

// TestC1NumberChange: `number change` links another phone, on purpose. Promotions wait for everybody until they write to it.
func TestC1NumberChange(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	s := twoAddresses(t)
	other := s.srv.AddPhone(otherShop)
	if code, said := s.b.linkWith(other, "number", "change", "--yes"); code != 2 || !strings.Contains(said, "stop it first") {
		t.Errorf("while run holds the number: exit %d, %s", code, said)
	}
	s.kill()
	if code, said := s.b.linkWith(other, "number", "change"); code != 2 || s.recorded() == otherShop {
		t.Errorf("without --yes and a terminal: exit %d, %s", code, said)
	}
	if code, said := s.b.linkWith(s.srv.Phone(), "number", "change", "--yes"); code != 2 || !strings.Contains(said, "has already") {
		t.Errorf("with the phone of before: exit %d, %s", code, said)
	}
	if code, said := s.b.linkWith(other, "number", "change", "--yes"); code != 0 || s.recorded() != otherShop {
		t.Fatalf("exit %d, %s", code, said)
	}
	if n := len(s.srv.Phone().Linked()); n != 0 {
		t.Errorf("%d devices are still linked to the phone of before", n)
	}
	if out := s.b.do("consent", "export"); !strings.Contains(out, "number_changed") {
		t.Errorf("the change is not in the ledger: %s", out)
	}
	if out := s.b.do("consent", "verify"); !strings.Contains(out, "entries") {
		t.Error(out)
	}
	s.b.start()
	other.SyncHistory()
	s.b.do("broadcast", "schedule", "weekend-offer", "--now", "--yes")
	heard := len(s.bob.Received())
	s.bob.Send("hello, is this the new number?", whatsapptest.To(other))
	if _, err := s.bob.WaitFor(s.ctx, heard+1); err != nil {
		t.Fatal(err)
	}
	s.expect(s.bob, "20% off")
	if n := count(s.ana, "20% off"); n != 0 {
		t.Errorf("Ana never wrote to %s and got %d promotions from it", otherShop, n)
	}
	if out := s.b.do("status", "--json"); !strings.Contains(out, "number_changed") {
		t.Errorf("status does not say what waits: %s", out)
	}
}

// TestB7AfterANewLinkPromotionsWaitForTheHistory: what somebody wrote while the number was not linked exists only in the phone's history,
// and may be a stop. Until that is read promotions wait, and then a notice says what could not be checked.
func TestB7AfterANewLinkPromotionsWaitForTheHistory(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	s := twoAddresses(t)
	s.kill()
	s.b.unlink()
	stopped := time.Now().Add(2 * time.Second) // Ana writes "2" to the phone, and no bot is there; times are of whole seconds
	if code, said := s.b.linkWith(s.srv.Phone(), "link"); code != 0 {
		t.Fatalf("link: exit %d, %s", code, said)
	}
	s.b.start()
	s.b.do("broadcast", "schedule", "weekend-offer", "--now", "--yes")
	ctx, cancel := context.WithTimeout(s.ctx, 3*time.Second)
	defer cancel()
	if _, err := s.bob.WaitText(ctx, "20% off"); err == nil {
		t.Error("a promotion went out before the phone's history was read")
	} else if out := s.b.do("status", "--json"); !strings.Contains(out, "offline_sync") {
		t.Errorf("status does not say why promotions wait: %s", out)
	}
	s.srv.Phone().SyncHistory(whatsapptest.Chat{With: s.ana, Past: []whatsapptest.Past{{At: stopped, Text: "2"}}})
	s.expect(s.bob, "20% off")
	s.over()
	if n := count(s.ana, "20% off"); n != 0 {
		t.Errorf("Ana left while the number was not linked and got %d promotions", n)
	}
	if out := s.b.do("status"); !strings.Contains(out, "could not be checked") {
		t.Errorf("no notice says what could not be checked: %s", out)
	}
}
