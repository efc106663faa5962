package store

import (
	"fmt"
	"slices"
	"testing"
)

// TestF2Balance: what a process of a fleet takes and gives up, by what it sees.
func TestF2Balance(t *testing.T) {
	seat := func(number, host string) Seat { return Seat{Owner: Owner{Number: number}, Host: host} }
	wants := func(s Seat, host string) Seat { s.Wants = host; return s }
	leaves := func(s Seat, host string) Seat { s.Leaves = host; return s }
	on := func(hosts ...string) map[string]bool {
		set := map[string]bool{}
		for _, host := range hosts {
			set[host] = true
		}
		return set
	}
	for _, row := range []struct {
		says            string
		round           round
		takes, releases []string
	}{
		{"its share of what is free", round{hosts: on("a", "b"), living: 2, numbers: 2,
			free: []Seat{seat("one", "a"), seat("two", "b")}}, []string{"one"}, nil},
		{"no more than so many in one look", round{hosts: on("a"), living: 1, numbers: 3,
			free: []Seat{seat("one", "a"), seat("two", "a"), seat("three", "b")}}, []string{"one", "two"}, nil},
		{"nothing, with its share", round{hosts: on("a", "b"), living: 2, numbers: 2,
			serves: []Seat{seat("one", "a")}, free: []Seat{seat("two", "b")}}, nil, nil},
		{"the one that it served longest, with more than its share", round{hosts: on("a", "b"), living: 2, numbers: 2,
			serves: []Seat{seat("one", "a"), seat("two", "a")}}, nil, []string{"one"}},
		{"one after the other", round{hosts: on("a", "b"), living: 2, numbers: 2, ending: 1,
			serves: []Seat{seat("one", "a"), seat("two", "a")}}, nil, nil},

		{"a number for this host, beyond its share", round{hosts: on("a", "b"), living: 2, numbers: 2,
			serves: []Seat{seat("one", "a")}, free: []Seat{wants(seat("two", "b"), "a")}}, []string{"two"}, nil},
		{"first a number for this host", round{hosts: on("a", "b"), living: 2, numbers: 6,
			free: []Seat{seat("one", "a"), seat("two", "a"), wants(seat("three", "b"), "a")}}, []string{"one", "three"}, nil},
		{"no number for another host", round{hosts: on("a", "b"), living: 2, numbers: 2,
			free: []Seat{wants(seat("one", "a"), "b")}}, nil, nil},
		{"a number for a host that is not there", round{hosts: on("a"), living: 1, numbers: 1,
			free: []Seat{wants(seat("one", "b"), "b")}}, []string{"one"}, nil},
		{"what is for another host", round{hosts: on("a", "b"), living: 2, numbers: 4,
			serves: []Seat{wants(seat("one", "a"), "b")}}, nil, []string{"one"}},
		{"what is for another host, so many at once", round{hosts: on("a", "b"), living: 2, numbers: 4,
			serves: []Seat{wants(seat("one", "a"), "b"), wants(seat("two", "a"), "b"), wants(seat("three", "a"), "b")}},
			nil, []string{"one", "two"}},
		{"what is for another host, so many in all", round{hosts: on("a", "b"), living: 2, numbers: 4, ending: 1,
			serves: []Seat{wants(seat("one", "a"), "b"), wants(seat("two", "a"), "b")}}, nil, []string{"one"}},
		{"nothing of a host that is not there", round{hosts: on("a"), living: 1, numbers: 1,
			serves: []Seat{wants(seat("one", "a"), "b")}}, nil, nil},
		{"not what is for this host, with more than its share", round{hosts: on("a", "b"), living: 2, numbers: 2,
			serves: []Seat{wants(seat("one", "a"), "a"), seat("two", "a")}}, nil, []string{"two"}},
		{"nothing, where all is for this host", round{hosts: on("a", "b"), living: 2, numbers: 2,
			serves: []Seat{wants(seat("one", "a"), "a"), wants(seat("two", "a"), "a")}}, nil, nil},

		{"what is to leave this host", round{hosts: on("a", "b"), living: 2, numbers: 2,
			serves: []Seat{leaves(seat("one", "a"), "a")}}, nil, []string{"one"}},
		{"not what has left this host", round{hosts: on("a", "b"), living: 2, numbers: 2,
			free: []Seat{leaves(seat("one", "a"), "a")}}, nil, nil},
		{"what has left another host, beyond its share", round{hosts: on("a", "b"), living: 2, numbers: 2,
			serves: []Seat{seat("one", "a")}, free: []Seat{leaves(seat("two", "b"), "b")}}, []string{"two"}, nil},
		{"not what nobody else could take", round{hosts: on("a"), living: 1, numbers: 1,
			serves: []Seat{leaves(seat("one", "a"), "a")}}, nil, nil},
		{"what nobody else takes", round{hosts: on("a"), living: 1, numbers: 1,
			free: []Seat{leaves(seat("one", "a"), "a")}}, []string{"one"}, nil},

		{"drained: everything, so many at once", round{drained: true, hosts: on("b"), living: 1, numbers: 4,
			serves: []Seat{seat("one", "a"), wants(seat("two", "a"), "a"), seat("three", "a")}}, nil, []string{"one", "two"}},
		{"drained: it takes nothing", round{drained: true, hosts: on("b"), living: 1, numbers: 4,
			free: []Seat{seat("one", "a"), wants(seat("two", "a"), "a")}}, nil, nil},
		{"drained and alone: it goes on, and takes nothing", round{drained: true, hosts: on(), numbers: 2,
			serves: []Seat{seat("one", "a")}, free: []Seat{seat("two", "a")}}, nil, nil},
		{"a number for a drained host", round{hosts: on("a"), living: 1, numbers: 1,
			free: []Seat{wants(seat("one", "b"), "b")}}, []string{"one"}, nil},

		{"the chores, beside its share", round{hosts: on("a", "b"), living: 2, numbers: 2,
			serves: []Seat{seat("one", "a")}, free: []Seat{seat(chores, "b")}}, []string{chores}, nil},
		{"with the chores, its share of what is free", round{hosts: on("a", "b"), living: 2, numbers: 2,
			serves: []Seat{seat(chores, "a")}, free: []Seat{seat("one", "b")}}, []string{"one"}, nil},
		{"not the chores, with more than its share", round{hosts: on("a", "b"), living: 2, numbers: 2,
			serves: []Seat{seat(chores, "a"), seat("one", "a"), seat("two", "a")}}, nil, []string{"one"}},
		{"drained: the chores, too", round{drained: true, hosts: on("b"), living: 1, numbers: 1,
			serves: []Seat{seat(chores, "a")}}, nil, []string{chores}},
	} {
		row.round.process, row.round.host = "p", "a"
		takes, releases := balance(row.round)
		var numbers []string
		for _, s := range takes {
			numbers = append(numbers, s.Number)
		}
		slices.Sort(numbers)
		slices.Sort(row.takes)
		if !slices.Equal(numbers, row.takes) || !slices.Equal(releases, row.releases) {
			t.Errorf("%s: takes %q, releases %q, want %q and %q", row.says, numbers, releases, row.takes, row.releases)
		}
	}
}

// TestF2BalanceFindsRest: whatever is asked, processes that decide one after the other come to a state
// in which each number is served, where it is asked for, and nobody moves any more.
func TestF2BalanceFindsRest(t *testing.T) {
	t.Parallel()
	type process struct {
		id, host string
		drained  bool
	}
	fleets := [][]process{
		{{"p", "a", false}},
		{{"p", "a", false}, {"q", "b", false}},
		{{"p", "a", false}, {"q", "b", true}, {"r", "c", false}},
		{{"p", "a", false}, {"q", "a", false}, {"r", "b", false}},
	}
	for i, processes := range fleets {
		for numbers := 1; numbers <= 7; numbers++ {
			for asked := range 5 {
				owner := map[string]string{}
				seats := map[string]*Seat{}
				for n := range numbers {
					s := &Seat{Owner: Owner{Number: fmt.Sprint("n", n)}, Host: "a"}
					switch {
					case asked == 1 && n%2 == 0 || asked == 4:
						s.Wants = "b"
					case asked == 2 && n%2 == 0:
						s.Leaves = "a"
					case asked == 3:
						s.Wants = "nowhere"
					}
					seats[s.Number] = s
				}
				var members []Member
				for _, p := range processes {
					members = append(members, Member{ID: p.id, Host: p.host, Drained: p.drained, Alive: true})
				}
				moved, looks := true, 0
				for moved && looks < 200 {
					moved = false
					for _, p := range processes {
						looks++
						r := newRound(members, p.id, p.host, numbers)
						for n := range numbers {
							s := seats[fmt.Sprint("n", n)]
							if owner[s.Number] == "" {
								r.free = append(r.free, *s)
							} else if owner[s.Number] == p.id {
								r.serves = append(r.serves, *s)
							}
						}
						takes, releases := balance(r)
						for _, s := range takes {
							owner[s.Number], moved = p.id, true
							if seats[s.Number].Host = p.host; s.Leaves != p.host {
								seats[s.Number].Leaves = ""
							}
						}
						for _, number := range releases {
							owner[number], moved = "", true
						}
					}
				}
				about := fmt.Sprintf("fleet %d, %d numbers, asked %d", i, numbers, asked)
				if looks >= 200 {
					t.Errorf("%s: it never rests", about)
				}
				for _, s := range seats {
					r := newRound(members, owner[s.Number], s.Host, numbers)
					if owner[s.Number] == "" || r.wish(*s) == elsewhere || r.drained {
						t.Errorf("%s: %+v is served by %q", about, s, owner[s.Number])
					}
				}
			}
		}
	}
}
