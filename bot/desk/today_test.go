package desk_test

import (
	"testing"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// TestWhatTodayHasBrought: who asked for promotions and who stopped them since midnight where the shop
// is, and in a week. Who was always out is nobody who stopped.
func TestWhatTodayHasBrought(t *testing.T) {
	s := desktest.Open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "Ben +447700900002 > I want promotions")
	s.Sleeps(24 * 3600e9)
	s.Plays("Cy +447700900003 > I want promotions", "Ana > stop", "Dee +447700900004 > hello", "Dee > stop")
	today, err := s.Desk.Today(s.Ctx, "main")
	if want := (desk.Day{Joined: 1, Left: 1, Week: 2}); err != nil || today != want {
		t.Errorf("%+v, %v, want %+v", today, err, want)
	}
	s.Sleeps(8 * 24 * 3600e9)
	if today, err := s.Desk.Today(s.Ctx, "main"); err != nil || today != (desk.Day{}) {
		t.Errorf("%+v, %v after more than a week", today, err)
	}
}
