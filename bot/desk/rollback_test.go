package desk_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"optinbot/bot/desk"
	"optinbot/flows"
)

// TestRollbackLeavesAnEditAlone: what somebody writes into the file while the question is open is
// not lost.
func TestRollbackLeavesAnEditAlone(t *testing.T) {
	t.Parallel()
	d := newShop(t, oneNumber)
	d.Start()
	ctx, n := d.Ctx, d.Config.Numbers[0]
	file := d.Files.FlowPath(n.Flow)
	first := readAll(t, file)
	second := append([]byte("# an edit\n"), first...)
	must(t, os.WriteFile(file, second, 0o600))

	offer, err := d.OfferRollback(ctx, n, "")
	must(t, err)
	if offer.Version == flows.Version(second) || offer.Replaces != flows.Version(second) {
		t.Fatalf("the offer is %+v", offer)
	}
	third := append([]byte("# another edit\n"), second...)
	must(t, os.WriteFile(file, third, 0o600))
	_, err = d.RollBack(ctx, n, offer)
	if !errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), "was edited meanwhile") {
		t.Errorf("over an edit of that moment: %v", err)
	}
	if string(readAll(t, file)) != string(third) {
		t.Error("the edit is lost")
	}

	offer, err = d.OfferRollback(ctx, n, offer.Version)
	must(t, err)
	kept, err := d.RollBack(ctx, n, offer)
	must(t, err)
	if flows.Version(readAll(t, file)) != offer.Version || string(readAll(t, kept)) != string(third) {
		t.Errorf("the file has not version %s, or %s is not what it had", offer.Version, kept)
	}

	must(t, os.Remove(file))
	offer, err = d.OfferRollback(ctx, n, "")
	must(t, err)
	if kept, err := d.RollBack(ctx, n, offer); err != nil || kept != "" || flows.Version(readAll(t, file)) != offer.Version {
		t.Errorf("where the file is gone: %q, %v", kept, err)
	}
	offer.Version = "000000000000"
	if _, err := d.RollBack(ctx, n, offer); !errors.Is(err, desk.ErrRefused) {
		t.Errorf("a version that nobody ran with: %v", err)
	}
}
