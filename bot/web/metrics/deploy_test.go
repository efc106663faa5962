package metrics_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/web/metrics"
)

const deployed = "../../../deploy/prometheus/"

// exported is what a Prometheus server can read of a bot that has done everything: the values of
// each label of each name. A label whose values are no closed set has none.
func exported(t *testing.T) map[string]map[string][]string {
	t.Helper()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	m := metrics.New(func(context.Context) ([]desk.NumberFigures, error) {
		f := desk.NumberFigures{RestrictedUntil: now}
		f.Name, f.BackedUp, f.PhoneAt, f.Holds = "main", now, now, map[bot.Reason]int{bot.QuestionOpen: 3}
		f.Contacts = map[bot.Consent]int{bot.New: 1, bot.Pending: 1, bot.Subscribed: 1, bot.Unsubscribed: 1}
		return []desk.NumberFigures{f}, nil
	}, "v1", "w2", func() time.Time { return now })
	left := bot.Turn{Effects: []bot.Effect{bot.Record{Entry: bot.Entry{Public: bot.Public{From: bot.Subscribed, To: bot.Unsubscribed}}}}}
	m.Turned("main", left, time.Second)
	for _, status := range []bot.SendStatus{bot.SendAccepted, bot.SendUnknown, bot.SendRefused, bot.SendNotTried} {
		m.Sent(bot.Claim{Number: "main", Kind: bot.SayBroadcast}, bot.SendResult{Status: status}, time.Second)
	}
	m.Sent(bot.Claim{Number: "main", Kind: bot.SayReply}, bot.SendResult{Status: bot.SendAccepted}, time.Second)
	m.Webhook("delivered")
	m.Webhook("failed")
	m.Request("/", 200)
	m.CountHooks(func() map[string]int { return map[string]int{"taken": 1, "forged": 2} })
	_, body := asked(t, m)
	all := map[string]map[string][]string{}
	line, label := regexp.MustCompile(`(?m)^(optinbot_\w+)\{(.*)\} `), regexp.MustCompile(`(\w+)="([^"]*)"`)
	for _, found := range line.FindAllStringSubmatch(body, -1) {
		if all[found[1]] == nil {
			all[found[1]] = map[string][]string{"job": nil, "instance": nil} // Prometheus's own
		}
		for _, l := range label.FindAllStringSubmatch(found[2], -1) {
			value := l[2]
			if !slices.Contains([]string{"consent", "outcome", "level"}, l[1]) {
				all[found[1]][l[1]] = nil
			} else if !slices.Contains(all[found[1]][l[1]], value) {
				all[found[1]][l[1]] = append(all[found[1]][l[1]], value)
			}
		}
	}
	all["up"] = map[string][]string{"job": nil, "instance": nil}
	return all
}

var (
	selected = regexp.MustCompile(`\b(optinbot_\w+|up)\b(\{[^}]*\})?`)
	matched  = regexp.MustCompile(`(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
	grouped  = regexp.MustCompile(`\b(?:by|on|without|ignoring) \(([^)]*)\)`)
	shown    = regexp.MustCompile(`\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}|label_values\(\w+, (\w+)\)`)
)

// rests fails the test where an expression, and what is shown of it, rest on what is not exported.
// It returns how many names the expression has.
func rests(t *testing.T, all map[string]map[string][]string, expr string, says ...string) int {
	t.Helper()
	labels := map[string]bool{}
	names := selected.FindAllStringSubmatch(expr, -1)
	for _, found := range names {
		has, ok := all[found[1]]
		if !ok {
			t.Errorf("%s is not exported: %s", found[1], expr)
			continue
		}
		for label := range has {
			labels[label] = true
		}
		for _, m := range matched.FindAllStringSubmatch(found[2], -1) {
			values, ok := has[m[1]]
			if !ok {
				t.Errorf("%s has no label %s: %s", found[1], m[1], expr)
			}
			if len(values) > 0 && !slices.Contains(values, m[3]) {
				t.Errorf("%s of %s is never %q, but one of %q", m[1], found[1], m[3], values)
			}
		}
	}
	of := []string{}
	for _, g := range grouped.FindAllStringSubmatch(expr, -1) {
		of = append(of, strings.Split(g[1], ", ")...)
	}
	for _, text := range append(says, expr) {
		for _, s := range shown.FindAllStringSubmatch(text, -1) {
			of = append(of, s[1]+s[2])
		}
	}
	for _, label := range of {
		if !labels[label] {
			t.Errorf("nothing in %s has a label %s", expr, label)
		}
	}
	return len(names)
}

// TestAlarmsRestOnWhatIsExported: every name, label and value in the alarms is one that the program
// exports.
func TestAlarmsRestOnWhatIsExported(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(deployed + "alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert       string
				Expr        string
				Annotations map[string]string
			}
		}
	}
	if err := yaml.Load(text, &file); err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile(deployed + "alerts_test.yml")
	if err != nil {
		t.Fatal(err)
	}
	all, names := exported(t), 0
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			names += rests(t, all, r.Expr, r.Annotations["summary"], r.Annotations["description"])
			if !strings.Contains(string(tests), "- alertname: "+r.Alert+"\n") {
				t.Errorf("%s is never tested to sound", r.Alert)
			}
		}
	}
	if names < 12 {
		t.Errorf("%d names were looked at", names)
	}
}

// TestTheDashboardRestsOnWhatIsExported: the same of every query in it, and everything that is
// exported is in the dashboard or the alarms.
func TestTheDashboardRestsOnWhatIsExported(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(deployed + "grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Templating struct {
			List []struct{ Query any }
		}
		Panels []struct {
			Targets []struct{ Expr, LegendFormat string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	all, names := exported(t), 0
	for _, v := range board.Templating.List {
		if q, ok := v.Query.(map[string]any); ok {
			names += rests(t, all, q["query"].(string))
		}
	}
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			names += rests(t, all, target.Expr, target.LegendFormat)
		}
	}
	if names < 20 {
		t.Errorf("%d names were looked at", names)
	}
	for name := range all {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		if name != "up" && !strings.Contains(string(text), base) {
			t.Errorf("the dashboard does not show %s", base)
		}
	}
}

// TestPromtool: Prometheus's own tool accepts the alarms, and each sounds when its tests say so.
func TestPromtool(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no promtool; .ci/run installs it")
		}
		t.Skip("SKIPPED: there is no promtool: apt install prometheus")
	}
	for _, args := range [][]string{{"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"}} {
		c := exec.CommandContext(t.Context(), promtool, args...)
		c.Dir = deployed
		if said, err := c.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, said)
		}
	}
}
