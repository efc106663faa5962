package cli

import (
	"slices"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/flows"
)

// TestB4OwnTimeGoesOutWhereTheyLive: at ten in the morning for each, and who missed their own time waits for the operator.
func TestB4OwnTimeGoesOutWhereTheyLive(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "at: 2026-03-09 10:00\nzone: "+flows.ZoneContact+"\n", lisbonPhone, tokyoPhone, newYorkPhone)
	r.arms()
	r.plays("2026-03-09T20:00:00Z") // summer time in New York since the day before
	r.got(tokyoPhone+" at 03-09 01:00", lisbonPhone+" at 03-09 11:00", newYorkPhone+" at 03-09 14:00")
	r.has("2026-03-09 done")

	r = newRota(t, "zone: Europe/Lisbon", "at: 2026-03-09 10:00\nzone: "+flows.ZoneContact+"\n", lisbonPhone, tokyoPhone, newYorkPhone)
	r.arms()
	r.jumps("2026-03-09T09:00:00Z") // 18:00 in Tokyo
	list, err := r.Store.Occurrences(r.Ctx, "main", "weekly")
	must(t, err)
	c, err := r.Store.Contact(r.Ctx, "main", tokyoPhone)
	must(t, err)
	d, err := r.Store.Delivery(r.Ctx, list[0].ID, c.ID)
	must(t, err)
	if d.Status != bot.DeliveryHeld || d.Reason != bot.Late {
		t.Fatalf("who missed their own time: %+v", d)
	}
	released, err := r.Store.ReleaseBroadcast(r.Ctx, "main", "weekly", r.now)
	must(t, err)
	r.plays("2026-03-09T20:00:00Z")
	if r.got(tokyoPhone+" at 03-09 09:00", lisbonPhone+" at 03-09 11:00", newYorkPhone+" at 03-09 14:00"); len(released.Occurrences) != 1 {
		t.Errorf("released: %+v", released)
	}
}

// TestB4OwnTimeBeginsToday: armed at eight in the morning it goes out at ten, and not tomorrow, though elsewhere ten has passed: who lives
// there waits for the operator this once, also when the question closes that they have open.
func TestB4OwnTimeBeginsToday(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * *\"\nzone: "+flows.ZoneContact+"\n", lisbonPhone, tokyoPhone, newYorkPhone)
	r.jumps("2026-03-03T08:00:00Z")
	r.arms()
	r.plays("2026-03-03T20:00:00Z")
	r.got(lisbonPhone+" at 03-03 11:00", newYorkPhone+" at 03-03 15:00")
	r.plays("2026-03-04T20:00:00Z")
	r.got(lisbonPhone+" at 03-03 11:00", newYorkPhone+" at 03-03 15:00", tokyoPhone+" at 03-04 01:00", lisbonPhone+" at 03-04 11:00", newYorkPhone+" at 03-04 15:00")

	r = newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * *\"\nzone: "+flows.ZoneContact+"\n", newYorkPhone)
	r.jumps("2026-03-03T10:00:00Z") // ten has come where the shop is: tomorrow, also for New York
	r.arms()
	r.plays("2026-03-04T20:00:00Z")
	r.got(newYorkPhone + " at 03-04 15:00")
}

// TestB4OwnTimeOnceADate: cancelled while its date goes on, and scheduled again, it comes tomorrow, and says so; so it does when it is resumed.
func TestB4OwnTimeOnceADate(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * *\"\nzone: "+flows.ZoneContact+"\n", newYorkPhone)
	next := func(want string) {
		t.Helper()
		list, err := r.Schedules(t.Context(), "main", "weekly")
		must(t, err)
		if got := list[0].Says; !strings.Contains(got, "next "+want+" 10:00") {
			t.Errorf("%s, want %s", got, want)
		}
	}
	r.jumps("2026-03-03T08:00:00Z")
	r.arms()
	next("2026-03-03")
	r.plays("2026-03-03T08:05:00Z")
	must(t, BroadcastPauseCmd{Name: "weekly"}.Run(t.Context(), r.app))
	must(t, BroadcastResumeCmd{Name: "weekly"}.Run(t.Context(), r.app))
	next("2026-03-04")
	must(t, BroadcastCancelCmd{Name: "weekly", Confirmed: Confirmed{Yes: true}}.Run(t.Context(), r.app))
	r.arms()
	next("2026-03-04")
	r.plays("2026-03-04T20:00:00Z")
	r.has("2026-03-03 cancelled", "2026-03-04 done", "2026-03-05 running")
	r.got(newYorkPhone + " at 03-04 15:00")
}

// TestB4OwnTimeFollowsTheZone: who is known to live elsewhere after it was planned gets it at the time of that place, be it later or earlier.
func TestB4OwnTimeFollowsTheZone(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "at: 2026-03-09 10:00\nzone: "+flows.ZoneContact+"\n", lisbonPhone, newYorkPhone)
	r.arms()
	r.plays("2026-03-08T23:00:00Z")
	must(t, ContactsZoneCmd{Phone: lisbonPhone, Zone: TypedPhone{"America/Sao_Paulo"}}.Run(t.Context(), r.app))
	must(t, ContactsZoneCmd{Phone: newYorkPhone, Zone: TypedPhone{"Asia/Tokyo"}}.Run(t.Context(), r.app))
	var why strings.Builder
	r.app.out = &why
	must(t, BroadcastWhyCmd{Name: "weekly", Phone: TypedPhone{lisbonPhone}}.Run(t.Context(), r.app)) // before the bot has looked
	if !strings.Contains(why.String(), "2026-03-09 13:00 WET where the shop is") {
		t.Errorf("why: %s", why.String())
	}
	r.plays("2026-03-09T20:00:00Z")
	r.got(newYorkPhone+" at 03-09 01:00", lisbonPhone+" at 03-09 13:00")
	r.has("2026-03-09 done")
}

// TestB4OwnTimeInTheChat: /send of a draft at each contact's own time waits for that on the moved clock.
func TestB4OwnTimeInTheChat(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * *\"\nzone: "+flows.ZoneContact+"\n", lisbonPhone, tokyoPhone)
	r.Desk.Now = r.World.Now
	r.restartWorld()
	must(t, r.Do("broadcast weekly"))
	if got := broadcastsTo(r.Player); len(got) > 0 {
		t.Fatalf("sent at once: %v", got)
	}
	must(t, r.Do("+48h"))
	var at []string
	for _, e := range broadcastsTo(r.Player) {
		at = append(at, e.At.Format("01-02 15:04"))
	}
	if !slices.Equal(at, []string{"03-03 01:00", "03-03 11:00"}) {
		t.Errorf("sent at %v", at)
	}
}
