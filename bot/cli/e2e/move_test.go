package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestF4TheProgramMovesItsShop: a shop moves to a database and back, with the verbs. It is refused while
// somebody serves it, says no password, and leaves one place that can be used.
func TestF4TheProgramMovesItsShop(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	url := newDatabase(t)
	ctx := scene(t)
	srv, b := unlinked(t)
	b.link(srv)
	b.start()
	ana, bob := srv.Contact("+12125550101"), srv.Contact("+12125550102")
	ana.Send("I want promotions")
	bob.Send("I want promotions")
	if _, err := ana.WaitText(ctx, "A  Shoes"); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.WaitText(ctx, "You are in!"); err != nil {
		t.Fatal(err)
	}
	bob.Send("2")
	if _, err := bob.WaitText(ctx, "no more promotions"); err != nil {
		t.Fatal(err)
	}
	if said := b.refused(exitRefused, "move", "--to", url, "--yes"); !strings.Contains(said, "a running bot has this folder") {
		t.Errorf("move beside run says %s", said)
	}
	b.terminates()

	for _, to := range []string{"postgres://bot:SECRET@db.example/x", "postgres://bot@db.example/x?password=SECRET"} {
		if said := b.refused(exitRefused, "move", "--to", to, "--yes"); !strings.Contains(said, "there is a password in that address") ||
			strings.Contains(said, "SECRET") {
			t.Errorf("move with a password says %s", said)
		}
	}
	if said := b.refused(exitRefused, "move", "--to", "data", "--yes"); !strings.Contains(said, "is in data already") {
		t.Errorf("move to where it is says %s", said)
	}
	people := b.do("contacts", "list", "--json")
	verified := b.do("consent", "verify")

	if said := b.do("move", "--to", url, "--yes"); !strings.Contains(said, "which are the same in both places") ||
		!strings.Contains(said, "1 WhatsApp session") {
		t.Errorf("move says %s", said)
	}
	if said := b.refused(exitFile, "run"); !strings.Contains(said, "Set store.url in config.yaml") {
		t.Errorf("run in the folder that was left says %s", said)
	}
	if said := b.do("move", "--to", url, "--yes"); !strings.Contains(said, "everything was done already") {
		t.Errorf("move again says %s", said)
	}
	config := filepath.Join(b.dir, "config.yaml")
	before, err := os.ReadFile(config)
	must(t, err)
	b.onPostgres(url)
	if there := b.do("contacts", "list", "--json"); there != people {
		t.Errorf("contacts list says %s, and said %s", there, people)
	}
	if there := b.do("consent", "verify"); there != verified {
		t.Errorf("consent verify says %s, and said %s", there, verified)
	}
	b.start()
	ana.Send("A") // she was asked in the folder what she likes
	if _, err := ana.WaitText(ctx, "where do you like to shop"); err != nil {
		t.Error(err)
	}
	b.terminates()

	if said := b.refused(exitRefused, "move", "--to", "elsewhere", "--yes"); !strings.Contains(said, "moves only to that") {
		t.Errorf("move to another folder says %s", said)
	}
	if said := b.do("move", "--to", "data", "--yes"); !strings.Contains(said, "Take store.url out of config.yaml") {
		t.Errorf("move back says %s", said)
	}
	if said := b.refused(exitFile, "run"); !strings.Contains(said, "has one of its own") {
		t.Errorf("run on the database that was left says %s", said)
	}
	must(t, os.WriteFile(config, before, 0o600))
	if back := b.do("status"); !strings.Contains(back, "1 subscribed") {
		t.Errorf("status says %s", back)
	}
	b.start()
	bob.Send("I want promotions")
	if _, err := bob.WaitText(ctx, "You are in!"); err != nil {
		t.Error(err)
	}
	b.terminates()
}
