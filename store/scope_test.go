package store

import (
	"testing"
	"time"

	"optinbot/bot"
)

// TestAWriteTouchesItsNumbersOnly: whatever owns or locks a number goes by the scope of a write.
func TestAWriteTouchesItsNumbersOnly(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), Options{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for number, brand := range map[string]string{"shop": "casa", "outlet": "casa", "other": "else"} {
		if err := s.EnsureNumber(t.Context(), number, brand, "flow@1"); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		about  scope
		number string
		fits   bool
	}{
		{only("shop"), "shop", true},
		{only("shop"), "outlet", false},
		{only("shop"), "other", false},
		{withBrand("shop"), "outlet", true},
		{withBrand("shop"), "other", false},
		{everyNumber, "other", true},
		{noNumber, "shop", false},
	} {
		err := s.write(t.Context(), c.about, func(tx *tx) error {
			return tx.notice(c.number, 0, bot.Notify{Kind: bot.NoticeNumber, Text: "a"}, millis(time.Now()))
		})
		if (err == nil) != c.fits {
			t.Errorf("a write about %+v touches %s: %v", c.about, c.number, err)
		}
		notices, err := s.Notices(t.Context(), c.number, 100)
		if err != nil || (len(notices) > 0) != c.fits {
			t.Errorf("a write about %+v has left %d notices of %s: %v", c.about, len(notices), c.number, err)
		}
		if err := s.write(t.Context(), everyNumber, func(tx *tx) error { return tx.exec("DELETE FROM notices") }); err != nil {
			t.Fatal(err)
		}
	}
}
