package desk

import (
	"errors"
	"os"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
)

// TestViewOfANumberWithoutAFlow: a number whose flow cannot be used has people all the same, and
// they can be exported and erased.
func TestViewOfANumberWithoutAFlow(t *testing.T) {
	d := defaultDesk(t)
	ana := &bot.Contact{Number: d.Config.Numbers[0].Name, Language: "en"}
	ana.Preferences = map[string][]string{"size": {"41"}, "interests": {"shoes", "boots"}}
	v := d.View(ana)
	if v.Preferences["size"] != "41" || len(v.Preferences) != 2 {
		t.Errorf("%v", v.Preferences)
	}
}

// TestABroadcastOfNoNumberIsRefused: whoever asks the desk may name a number that does not exist.
func TestABroadcastOfNoNumberIsRefused(t *testing.T) {
	d := defaultDesk(t)
	if _, err := d.Preview(t.Context(), "nope", "weekend-offer", PreviewOptions{}); !errors.Is(err, ErrRefused) {
		t.Errorf("preview: %v", err)
	}
	if _, err := d.Schedule(t.Context(), "nope", "weekend-offer", ScheduleOptions{}, ""); !errors.Is(err, ErrRefused) {
		t.Errorf("schedule: %v", err)
	}
	if _, err := d.SendSamples(t.Context(), "nope", "weekend-offer", "", false); !errors.Is(err, ErrRefused) {
		t.Errorf("samples: %v", err)
	}
}

// defaultDesk is a desk with the settings of the program and no flow.
func defaultDesk(t *testing.T) *Desk {
	t.Helper()
	defaults, err := os.ReadFile("../../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Default(defaults)
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{Config: c, Now: func() time.Time { return time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC) }})
}
