package play

import (
	"time"

	"optinbot/bot"
)

// Report is what `simulate` tells.
type Report struct {
	Number      string              `json:"number"`
	From        time.Time           `json:"from"`
	To          time.Time           `json:"to"`
	Unlinked    bool                `json:"unlinked,omitempty"` // the number was taken to be linked at From
	Armed       string              `json:"armed,omitempty"`    // the draft that was scheduled for the simulation
	Days        []ReportDay         `json:"days"`
	Occurrences []*ReportOccurrence `json:"occurrences"`

	Draft string // one that could be scheduled. NAME where there is none
}

// A ReportDay is one day of the shop's calendar.
type ReportDay struct {
	Day        string             `json:"day"`
	GoOut      int                `json:"go_out"`
	Broadcasts map[string]int     `json:"broadcasts"` // how many of which
	Waits      map[bot.Reason]int `json:"waits"`      // at the end of the day
	Binds      bot.Reason         `json:"binds,omitempty"`
}

// A ReportOccurrence is what becomes of one occurrence.
type ReportOccurrence struct {
	ID        int64                `json:"id"`
	Broadcast string               `json:"broadcast"`
	Status    bot.OccurrenceStatus `json:"status"` // at the end
	DueAt     time.Time            `json:"due_at"`
	OwnTime   string               `json:"own_time,omitempty"`
	Groups    []*ReportGroup       `json:"groups"`

	Occurrence bot.Occurrence
}

// The fates of a group.
const (
	FateGoesOut = "goes_out"
	FateLeftOut = "left_out"
	FateWaits   = "waits" // at the end
	FateBefore  = "before"
)

// A ReportGroup are the people of an occurrence who fare alike.
type ReportGroup struct {
	Fate   string             `json:"fate"`
	Reason bot.Reason         `json:"reason,omitempty"`
	Count  int                `json:"count"`
	First  time.Time          `json:"first,omitzero"` // of those that go out
	Last   time.Time          `json:"last,omitzero"`
	Waited map[bot.Reason]int `json:"waited,omitempty"` // before it went out
	People []ReportPerson     `json:"people"`           // a few, or all

	contacts []ReportPerson
}

// A ReportPerson is one of a group.
type ReportPerson struct {
	Phone  string       `json:"to"`
	Name   string       `json:"name,omitempty"`
	At     time.Time    `json:"at,omitzero"`
	Until  time.Time    `json:"until,omitzero"`
	Waited []bot.Reason `json:"waited,omitempty"`

	contact int64
}

// someOf is how many people of a group are named unless all are asked for.
const someOf = 3

var fates = []string{FateBefore, FateGoesOut, FateLeftOut, FateWaits}
