package desk

import (
	"os"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
)

// TestViewOfANumberWithoutAFlow: a number whose flow cannot be used has people all the same, and
// they can be exported and erased.
func TestViewOfANumberWithoutAFlow(t *testing.T) {
	defaults, err := os.ReadFile("../../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Default(defaults)
	if err != nil {
		t.Fatal(err)
	}
	d := New(Options{Config: c, Now: func() time.Time { return time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC) }})
	ana := &bot.Contact{Number: c.Numbers[0].Name, Language: "en"}
	ana.Preferences = map[string][]string{"size": {"41"}, "interests": {"shoes", "boots"}}
	v := d.View(ana)
	if v.Preferences["size"] != "41" || len(v.Preferences) != 2 {
		t.Errorf("%v", v.Preferences)
	}
}
