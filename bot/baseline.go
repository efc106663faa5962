package bot

import (
	"fmt"
	"math"
	"time"
)

// Some of what a promotion does shows only later: phones that block a number give no sign any more,
// and people stop reading. So when an occurrence begins, the guard compares what became of the
// number's last one with those before (its own baseline).
const (
	// AftermathAfter is the time within which a promotion arrives and is read, or counts as if not.
	AftermathAfter = 24 * time.Hour
	BaselineDays   = 90 // occurrences older than that are no baseline
	baselineOf     = 10 // the newest that are

	aftermathLeast = 50  // promotions of the last occurrence
	baselineLeast  = 200 // promotions of those before
	worseBy        = 3   // standard errors
	slowsUnsent    = 0.02
	pausesUnsent   = 0.10
	slowsUnread    = 0.10
)

// BaselineOf is how many occurrences the guard looks back at: the last one, and those that are its
// baseline.
const BaselineOf = 1 + baselineOf

// An Aftermath is what had become of an occurrence's promotions, each a day after it was sent.
type Aftermath struct {
	Sent        int `json:"sent"`
	Undelivered int `json:"undelivered"`
	Unread      int `json:"unread"` // of those delivered
}

// Plus adds another occurrence's.
func (a Aftermath) Plus(b Aftermath) Aftermath {
	return Aftermath{Sent: a.Sent + b.Sent, Undelivered: a.Undelivered + b.Undelivered, Unread: a.Unread + b.Unread}
}

// Enough reports whether there were people enough to say anything.
func (a Aftermath) Enough() bool { return a.Sent >= aftermathLeast }

// Against says how a new occurrence is to begin after this one, and why: calm, slowed or paused.
func (a Aftermath) Against(baseline Aftermath) (GuardLevel, string) {
	if !a.Enough() || baseline.Sent < baselineLeast {
		return GuardCalm, ""
	}
	switch excess := excessOver(a.Undelivered, a.Sent, baseline.Undelivered, baseline.Sent); {
	case excess >= pausesUnsent:
		return GuardPause, a.says("had not arrived", a.Undelivered, a.Sent, baseline.Undelivered, baseline.Sent)
	case excess >= slowsUnsent:
		return GuardSlowed, a.says("had not arrived", a.Undelivered, a.Sent, baseline.Undelivered, baseline.Sent)
	}
	arrived, before := a.Sent-a.Undelivered, baseline.Sent-baseline.Undelivered
	if excessOver(a.Unread, arrived, baseline.Unread, before) >= slowsUnread {
		return GuardSlowed, a.says("had arrived and not been read", a.Unread, arrived, baseline.Unread, before)
	}
	return GuardCalm, ""
}

// excessOver is by how much a share exceeds its baseline, 0 where that may be chance.
func excessOver(k, n, k0, n0 int) float64 {
	if n == 0 || n0 == 0 {
		return 0
	}
	share, base := float64(k)/float64(n), float64(k0+1)/float64(n0+2) // never quite 0 or 1
	if share-base < worseBy*math.Sqrt(base*(1-base)/float64(n)) {
		return 0
	}
	return share - base
}

func (Aftermath) says(what string, k, n, k0, n0 int) string {
	return fmt.Sprintf("a day after the number's last broadcast %d of %d (%.1f %%) %s; of those before it was %.1f "+
		"%%. People may have blocked the number",
		k, n, 100*float64(k)/float64(n), what, 100*float64(k0)/float64(n0))
}

// NewGuardState is the state of a guard with which an occurrence begins.
func NewGuardState(level GuardLevel) GuardState {
	s := GuardState{Level: level, Notified: level}
	if level == GuardSlowed {
		s.Floor = GuardSlowed
	}
	return s
}

// A number has a clean record when its last recordOf broadcasts to RecordPeople or more, all of
// them within the last RecordDays, went well: none of the number's broadcasts since the first of
// them was paused by the guard, and the test, turned round, says that people who asked for it are
// recordOdds times likelier than a bad list. No number has one that WhatsApp restricted, or that
// was restored from a backup, within these days.
const (
	RecordDays   = 30
	RecordPeople = 500
	recordOf     = 3
	recordOdds   = 100
)

// A TrackRecord is what a number's last broadcasts came to, newest first.
type TrackRecord struct {
	Figures // of all of them
	large   int
	paused  bool
}

// Plus adds an occurrence's: its guard's state, and its figures now.
func (r TrackRecord) Plus(s GuardState, f Figures) TrackRecord {
	r.Sent, r.People, r.Seen = r.Sent+f.Sent, r.People+f.People, r.Seen+f.Seen
	r.paused = r.paused || s.wasPaused()
	if f.Sent >= RecordPeople {
		r.large++
	}
	return r
}

// Complete reports whether there is no need to look further back.
func (r TrackRecord) Complete() bool { return r.large == recordOf || r.paused }

// Clean reports whether it is a clean record.
func (r TrackRecord) Clean() bool {
	return r.large == recordOf && !r.paused && r.odds()*recordOdds <= 1
}

// wasPaused reports whether the guard paused the occurrence, whatever was made of that.
func (s GuardState) wasPaused() bool {
	return s.Level == GuardPause || s.Notified == GuardPause || s.WasPaused
}
