package flows

import (
	"fmt"
	"path"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// A Broadcast is one draft: a text with variants and when it is to go out. The way out is added to
// it when it is sent.
type Broadcast struct {
	Name  string // `broadcast:`, the file's name without .yaml
	At    string // AtNow, a local time as AtLayout, or RFC 3339, of one that goes out once
	Zone  string // of local times, as "Europe/Lisbon", or ZoneContact, or "": the shop's
	Text  Text
	Media *Attachment // nil: text only

	Cron   string        // of a recurring one: see ParseCron, or "": it goes out once
	Starts string        // of a recurring one: no firing before this local time, as AtLayout, or "": none
	Ends   string        // no firing after it
	Grace  time.Duration // how much later than its time an occurrence may begin by itself, or 0: as configured

	Audience *Audience      // nil: everybody who is subscribed
	Template *TemplateNames // on the Cloud API, or nil: its templates are generated

	First  int // at most this number of them, in the order in which they first wrote, or 0: all
	Sample int // only this share of them in percent, always the same people, or 0: all

	Version string // see Version, of Source and what is attached
	Source  []byte

	Warnings []Problem // what newer rules say of a draft that was armed before
}

// How `at` is kept.
const (
	AtNow    = "now"
	AtLayout = "2006-01-02 15:04"
)

// ZoneContact as `zone` means each contact's own time.
const ZoneContact = "contact"

// MaxGrace is the longest grace there is.
const MaxGrace = 24 * time.Hour

// When is the moment the draft names. loc is the zone of a local time: Zone where the draft has
// one, else the shop's. now is true where it is to go out at once.
func (b *Broadcast) When(loc *time.Location) (at time.Time, now bool) {
	if t, err := time.Parse(time.RFC3339, b.At); err == nil {
		return t, false
	}
	if t, err := time.ParseInLocation(AtLayout, b.At, loc); err == nil {
		return t, false
	}
	return time.Time{}, true
}

// Instead is the language whose text people get who read a language that the draft has no text in,
// or "" where it has one, or one for all.
func (b *Broadcast) Instead(language string, languages []string) string {
	if found, _ := pickLanguage(b.Text, language, languages); found != language {
		return found
	}
	return ""
}

// NoZone is the problem of a draft whose time zone does not exist. The caller finds that out: it
// has the zone database.
func (b *Broadcast) NoZone(file string) []Problem {
	src, rep := parse(file, b.Source, false)
	rep.add(src.at("zone"), "bad-time", fmt.Sprintf("there is no time zone %q", b.Zone),
		"zones are called Area/City, as Europe/Lisbon")
	return rep.problems()
}

// LoadBroadcast reads a draft for a flow. As with Load, any problem that is no warning means no
// Broadcast.
func LoadBroadcast(file string, src []byte, f *Flow) (*Broadcast, []Problem) {
	return loadBroadcast(file, src, f, false)
}

// LoadArmed reads a draft that was armed: what rules that are newer than it find are warnings
// (promise O5).
func LoadArmed(file string, src []byte, f *Flow) (*Broadcast, []Problem) {
	return loadBroadcast(file, src, f, true)
}

func loadBroadcast(file string, src []byte, f *Flow, accepted bool) (*Broadcast, []Problem) {
	source, rep := parse(file, src, accepted)
	if source.root == nil {
		return nil, rep.problems()
	}
	r := &reader{report: rep, languages: f.Languages}
	b := &Broadcast{Name: fileName(file), At: AtNow, Version: Version(src), Source: append([]byte(nil), src...)}
	r.mapping(source.root, nil, "the broadcast", []field{
		{"broadcast", false, func(n *yaml.Node) { r.broadcastName(n, b.Name) }},
		may("at", &b.At, r.moment),
		may("cron", &b.Cron, r.cron),
		may("zone", &b.Zone, r.zone),
		may("starts", &b.Starts, func(n *yaml.Node) string { return r.edge(n, "00:00") }),
		may("ends", &b.Ends, func(n *yaml.Node) string { return r.edge(n, "23:59") }),
		may("grace", &b.Grace, r.grace),
		must("text", &b.Text, r.text),
		may("media", &b.Media, r.media),
		may("audience", &b.Audience, func(n *yaml.Node) *Audience { return r.audience(n, f) }),
		may("first", &b.First, r.first),
		may("sample", &b.Sample, r.sample),
		may("template", &b.Template, r.templateKey),
	})
	if _, v := entry(source.root, "broadcast"); v == nil && !plainName().MatchString(b.Name) {
		r.badName(pos{1, 1}, b.Name)
	}
	r.times(source.root, b)
	checkBroadcast(b, f, rep)
	problems, warnings := rep.outcome()
	if len(problems) > 0 {
		return nil, problems
	}
	b.Warnings = warnings
	return b, nil
}

// fileName is the name of a draft by its file.
func fileName(file string) string {
	base := path.Base(strings.ReplaceAll(file, `\`, "/"))
	return strings.TrimSuffix(strings.TrimSuffix(base, ".yaml"), ".yml")
}

// broadcastName compares the name in the file with the file's own.
func (r *reader) broadcastName(n *yaml.Node, want string) {
	if name := r.name(n); name != "" && name != want {
		r.add(posOf(n), "broadcast-name", fmt.Sprintf("the broadcast is called %q, its file %q", name, want),
			"give both the same name; commands use the file's")
	}
}

// moment reads `at`.
func (r *reader) moment(n *yaml.Node) string {
	s := r.str(n)
	if s == "" || s == AtNow {
		return AtNow
	}
	for _, layout := range []string{AtLayout, "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(AtLayout)
		}
	}
	if _, err := time.Parse(time.RFC3339, s); err == nil {
		return s
	}
	r.add(posOf(n), "bad-time", fmt.Sprintf("%q is not a time", s),
		"write `now`, or year-month-day hour:minute as 2026-12-01 10:00")
	return AtNow
}

var zoneName = Pattern(`^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+){1,2})$`)

// zone reads the name of a time zone. The caller has the zone database and tells whether the zone
// exists.
func (r *reader) zone(n *yaml.Node) string {
	s := r.str(n)
	if s != "" && s != ZoneContact && !zoneName().MatchString(s) {
		r.add(posOf(n), "bad-time", fmt.Sprintf("%q is not the name of a time zone", s),
			"write Area/City as Europe/Lisbon or America/Sao_Paulo, UTC, or `contact` for each contact's own time")
	}
	return s
}
