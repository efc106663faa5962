package app

import (
	"optinbot/bot"
	"time"
)

// rehearsed is what `simulate` tells.
type rehearsed struct {
	Number      string                 `json:"number"`
	From        time.Time              `json:"from"`
	To          time.Time              `json:"to"`
	Unlinked    bool                   `json:"unlinked,omitempty"` // the number was taken to be linked at From
	Armed       string                 `json:"armed,omitempty"`    // the draft that was scheduled for the simulation
	Days        []rehearsedDay         `json:"days"`
	Occurrences []*rehearsedOccurrence `json:"occurrences"`

	draft string // one that could be scheduled; NAME where there is none
}

// A rehearsedDay is one day of the shop's calendar.
type rehearsedDay struct {
	Day        string             `json:"day"`
	GoOut      int                `json:"go_out"`
	Broadcasts map[string]int     `json:"broadcasts"` // how many of which
	Waits      map[bot.Reason]int `json:"waits"`      // at the end of the day
	Binds      bot.Reason         `json:"binds,omitempty"`
}

// A rehearsedOccurrence is what becomes of one occurrence.
type rehearsedOccurrence struct {
	ID        int64                `json:"id"`
	Broadcast string               `json:"broadcast"`
	Status    bot.OccurrenceStatus `json:"status"` // at the end
	DueAt     time.Time            `json:"due_at"`
	OwnTime   string               `json:"own_time,omitempty"`
	Groups    []*rehearsedGroup    `json:"groups"`

	occurrence bot.Occurrence
}

// The fates of a group.
const (
	fateGoesOut = "goes_out"
	fateLeftOut = "left_out"
	fateWaits   = "waits" // at the end
	fateBefore  = "before"
)

// A rehearsedGroup are the people of an occurrence who fare alike.
type rehearsedGroup struct {
	Fate   string             `json:"fate"`
	Reason bot.Reason         `json:"reason,omitempty"`
	Count  int                `json:"count"`
	First  time.Time          `json:"first,omitzero"` // of those that go out
	Last   time.Time          `json:"last,omitzero"`
	Waited map[bot.Reason]int `json:"waited,omitempty"` // before it went out
	People []rehearsedPerson  `json:"people"`           // a few, or all

	contacts []rehearsedPerson
}

type rehearsedPerson struct {
	Phone  string       `json:"to"`
	Name   string       `json:"name,omitempty"`
	At     time.Time    `json:"at,omitzero"`
	Until  time.Time    `json:"until,omitzero"`
	Waited []bot.Reason `json:"waited,omitempty"`

	contact int64
}

// someOf is how many people of a group are named unless all are asked for.
const someOf = 3

var fates = []string{fateBefore, fateGoesOut, fateLeftOut, fateWaits}
