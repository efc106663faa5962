package desk_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/bot/lock"
	"optinbot/store"
)

// TestF2WhoServesWhat: the desk says which process of a fleet serves a number, and whether this one is
// ready goes by its own numbers. Where the database is a file there is no fleet, and that is said.
func TestF2WhoServesWhat(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{Config: twoNumbers})
	owner := desk.As(s.Ctx, desk.Who{Name: "cli:ana", Via: desk.ViaCLI, Role: desk.Owner})
	for _, number := range []string{"main", "second"} {
		must(t, s.Store.Linked(t.Context(), number, number+"@y", "+12125550100", desktest.Begin))
		must(t, s.Store.NumberEvent(t.Context(), number, bot.NumberEvent{Kind: bot.NumberSynced, At: desktest.Begin}))
	}
	if !s.Store.Shared() {
		_, err := s.Fleet(owner)
		for _, err := range []error{err, s.MoveNumber(owner, "main", "a"), s.DrainHost(owner, "a"), s.EndDrain(owner, "a")} {
			if !errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), "optinbot move --to postgres") {
				t.Errorf("%v", err)
			}
		}
		n, err := s.Status(owner, s.Numbers["main"], 0)
		if err != nil || n.Host != "" || n.Epoch != 0 || n.Heartbeat != nil {
			t.Errorf("%+v, %v", n, err)
		}
		return
	}
	joins := func(on *store.Store, host string) *store.Process {
		t.Helper()
		p, err := on.Join(host, store.DefaultLease())
		must(t, err)
		must(t, p.Heartbeat(t.Context()))
		t.Cleanup(func() { _ = p.Leave(context.Background()) })
		return p
	}
	takes := func(p *store.Process, number string) store.Owner {
		t.Helper()
		free, err := p.Takeable(t.Context(), []string{number})
		must(t, err)
		o, err := p.Take(t.Context(), free[0])
		must(t, err)
		return o
	}
	ours := joins(s.Store, "north")
	takes(ours, "main")
	release, err := lock.Take(s.Files.RunLock())
	must(t, err)
	defer release()
	s.WhatsApp.Used = map[string]bool{"main": true}
	if h := s.NewCheckup().Look(t.Context()); len(h.NotReady) > 0 || !slices.Equal(h.Unwell, []string{"number second is served by no process of the fleet"}) {
		t.Errorf("a number that nobody serves: %+v", h)
	}
	f, err := s.Fleet(owner)
	if err != nil || !slices.Equal(f.Unserved(), []string{"second"}) || !slices.Equal(f.On("north"), []string{"main"}) || !slices.Equal(f.Hosts(), []string{"north"}) {
		t.Errorf("%+v, %v", f, err)
	}
	data := s.Config.Path(s.Config.Data)
	beside, err := store.Open(t.Context(), data, store.Options{URL: s.Database})
	must(t, err)
	defer beside.Close()
	theirs := joins(beside, "south\x1b[2J")
	o := takes(theirs, "second")
	must(t, beside.Owned(o).NumberEvent(t.Context(), "second", bot.NumberEvent{Kind: bot.NumberDisconnected, At: desktest.Begin}))
	if h := s.NewCheckup().Look(t.Context()); len(h.Unwell) > 0 {
		t.Errorf("another process's number that is disconnected: %+v", h)
	}
	all, err := s.Desk.Statuses(owner, 0)
	must(t, err)
	if n := all[0]; n.Host != "north" || n.Epoch != 1 || n.Heartbeat == nil || !n.Here || !n.Served || !n.Runs {
		t.Errorf("%+v", n)
	}
	if n := all[1]; n.Here || !n.Served || n.Epoch != 1 {
		t.Errorf("%+v", n)
	}
	over, err := s.Overview(owner, all)
	must(t, err)
	if says := over.Numbers[1].Facts[0].Says; !strings.HasPrefix(says, "running on south") || strings.ContainsRune(says, 0x1b) {
		t.Errorf("%q", says)
	}
	for says, err := range map[string]error{
		"no `optinbot run` of this fleet lives on west": s.MoveNumber(owner, "main", "west"),
		"has been on west of late":                      s.DrainHost(owner, "west"),
		"north is not drained":                          s.EndDrain(owner, "north"),
		"there is no number":                            s.MoveNumber(owner, "third", "north"),
	} {
		if err == nil || !strings.Contains(err.Error(), says) || strings.ContainsRune(err.Error(), 0x1b) {
			t.Errorf("%v, want %s", err, says)
		}
	}
	editor := desk.As(s.Ctx, desk.Who{Name: "rui", Via: desk.ViaCLI, Role: desk.Editor})
	api := desk.As(s.Ctx, desk.Who{Name: "crm", Via: desk.ViaAPI, Role: desk.Owner})
	for _, ctx := range []context.Context{editor, api} {
		for _, err := range []error{s.MoveNumber(ctx, "main", ""), s.DrainHost(ctx, "north"), s.EndDrain(ctx, "north")} {
			if !errors.Is(err, desk.ErrForbidden) {
				t.Errorf("%v", err)
			}
		}
	}
	must(t, s.MoveNumber(owner, "main", ""))
	must(t, s.MoveNumber(owner, "second", "north"))
	must(t, s.DrainHost(owner, "south\x1b[2J"))
	f, err = s.Fleet(owner)
	must(t, err)
	if f.Number("main").Leaves != "north" || f.Number("second").Wants != "north" || len(f.Draining) != 1 {
		t.Errorf("%+v", f)
	}
	for says, err := range map[string]error{
		"no other machine could serve number main":    s.MoveNumber(owner, "main", ""),
		"nobody else could take the numbers of north": s.DrainHost(owner, "north"),
		"is drained": s.MoveNumber(owner, "main", "south\x1b[2J"),
	} {
		if err == nil || !errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %s", err, says)
		}
	}
	acts, err := s.Acts(owner, desk.ActQuery{})
	must(t, err)
	done := 0
	for _, a := range acts {
		if a.Result == store.ActDone && strings.HasPrefix(a.Act, "fleet ") {
			done++
		}
	}
	if done != 3 {
		t.Errorf("%d acts that were carried out: %+v", done, acts)
	}
}
