package cli

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/flows"
)

// start is what `run` does before it serves the first number, in a folder of two numbers. Whoever calls closes.
func (a *App) start(t *testing.T) (d *desk.Desk, main, outlet config.Number, err error) {
	t.Helper()
	d, err = a.open(t.Context())
	if err == nil {
		err = d.SettleAll(t.Context())
	}
	return d, a.config.Numbers[0], a.config.Numbers[1], err
}

// TestO2OneNumbersFlowIsItsOwn: whatever is wrong with the flow of one number when `run` starts, the other one is served. The number
// itself goes on with the last version that it ran with, or waits for its file where it never ran.
func TestO2OneNumbersFlowIsItsOwn(t *testing.T) {
	t.Parallel()
	good, err := flows.Defaults.ReadFile("promotions.yaml")
	must(t, err)
	outlets := bytes.Replace(good, []byte("flow: promotions"), []byte("flow: outlet"), 1)
	lost := bytes.ReplaceAll(bytes.ReplaceAll(outlets, []byte("\n  interests:\n"), []byte("\n  tastes:\n")), []byte("goto: interests"), []byte("goto: tastes"))
	for what, file := range map[string][]byte{
		"it cannot be read as YAML":             []byte("flow: [\n"),
		"it breaks a rule":                      bytes.Replace(outlets, []byte("start: welcome"), []byte("start: nowhere"), 1),
		"it is gone":                            nil,
		"it has lost a state with people on it": lost,
	} {
		for _, ran := range []bool{true, false} {
			if !ran && bytes.Equal(file, lost) {
				continue // nobody stands anywhere
			}
			t.Run(what+map[bool]string{true: ", and it ran before", false: ""}[ran], func(t *testing.T) {
				t.Parallel()
				a := testApp(t, "numbers:\n  - {name: main, flow: promotions}\n  - {name: outlet, flow: outlet}\n")
				a.now = func() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }
				name := a.config.Path("flows/outlet.yaml")
				write := func(source []byte) {
					if source == nil {
						must(t, os.RemoveAll(name))
						return
					}
					must(t, os.WriteFile(name, source, 0o600))
				}
				if ran {
					write(outlets)
					d, _, outlet, err := a.start(t)
					must(t, err)
					_, err = d.Store.HandleMessage(t.Context(), outlet.Name, bot.Message{ID: "A1", Kind: bot.KindText, Text: "I want promotions",
						At: a.now(), Identities: []bot.Identity{{Kind: bot.Phone, Value: "+12125550101"}}}, d.Envs)
					must(t, err)
					must(t, d.Close())
				}
				write(file)
				d, main, outlet, err := a.start(t)
				must(t, err)
				defer d.Close()
				if d.Machine(main.Name) == nil {
					t.Error("the other number has no flow")
				}
				if spoken := d.Machine(outlet.Name); (spoken != nil) != ran || ran && spoken.Flow.Version != flows.Version(outlets) {
					t.Errorf("the number speaks %s, want the version it ran with: %v", spoken.Version(), ran)
				}
				notices, err := d.Store.Notices(t.Context(), outlet.Name, 10)
				must(t, err)
				part := map[bool]string{true: "oes on", false: "not served"}[ran]
				if len(notices) != 1 || !strings.Contains(notices[0].Text, part) {
					t.Errorf("the operator is told %+v, want one notice with %q", notices, part)
				}
				if ran { // a stop is obeyed meanwhile, wherever they stand
					turn, err := d.Store.HandleMessage(t.Context(), outlet.Name, bot.Message{ID: "A2", Kind: bot.KindText, Text: "2",
						At: a.now().Add(time.Second), Identities: []bot.Identity{{Kind: bot.Phone, Value: "+12125550101"}}}, d.Envs)
					must(t, err)
					if turn.Contact.Consent != bot.Unsubscribed {
						t.Error("their stop left them", turn.Contact.Consent)
					}
				}
				write(outlets)
				d.ReloadAll(t.Context())
				if spoken := d.Machine(outlet.Name); spoken == nil || spoken.Flow.Version != flows.Version(outlets) {
					t.Errorf("the file is well again, and the number speaks %s", spoken.Version())
				}
			})
		}
	}
}

// TestO2NoFlowAtAll: where no number has a flow that can be used, a file must change first, so `run` ends.
func TestO2NoFlowAtAll(t *testing.T) {
	t.Parallel()
	a := testApp(t, "numbers:\n  - {name: main, flow: nowhere}\n  - {name: outlet, flow: nobody}\n")
	if _, _, _, err := a.start(t); err == nil || !strings.Contains(err.Error(), "nowhere.yaml") || !strings.Contains(err.Error(), "nobody.yaml") {
		t.Error("it starts with", err)
	}
}
