package store

import (
	"cmp"
	"hash/fnv"
	"slices"
)

// chores is the seat of what a fleet does once and for no number. No number can be called so.
const chores = "*chores"

// takesAtOnce is how many numbers a process takes in one look, so that the first one that looks does
// not take all. So many it gives up at once where others are to have them.
const takesAtOnce = 2

// A round is what a process of a fleet sees in one look, and decides by.
type round struct {
	process, host string
	drained       bool            // its host takes nothing, and gives up what it has
	hosts         map[string]bool // those with a process that lives and may take numbers
	living        int             // such processes
	numbers       int             // that are to be served
	free          []Seat          // that nobody serves
	serves        []Seat          // that the process serves, the longest first
	ending        int             // of those, how many it is about to give up
}

// newRound: a process without a host links a number (see Borrow), and counts for nothing here.
func newRound(members []Member, process, host string, numbers int) round {
	r := round{process: process, host: host, hosts: map[string]bool{}, numbers: numbers}
	for _, m := range members {
		if m.ID == process {
			r.drained = m.Drained
		}
		if m.Alive && m.Host != "" && !m.Drained {
			r.hosts[m.Host] = true
			r.living++
		}
	}
	return r
}

// A wish is where a number is to be served, as a process sees it.
type wish int

const (
	anywhere  wish = iota // whoever has room may take it
	here                  // this host, also beyond its share
	elsewhere             // another one, which is there
)

// wish: what is asked counts only where somebody can do it. Until then a number is anybody's, for one
// that is served on the wrong host is better than one that nobody serves.
func (r round) wish(s Seat) wish {
	others := len(r.hosts) > 1 || len(r.hosts) == 1 && !r.hosts[r.host]
	switch {
	case r.drained && others:
		return elsewhere
	case s.Wants != "" && r.hosts[s.Wants]:
		if s.Wants == r.host {
			return here
		}
		return elsewhere
	case s.Leaves == "":
		return anywhere
	case s.Leaves != r.host:
		return here
	case others:
		return elsewhere
	}
	return anywhere
}

// balance says which of the free numbers a process takes now, and which it is to give up. Each of the
// living processes has the same share, and more only of what is to be on its host. A process takes
// first what its host had last: a number's address changes with the machine. Different processes
// look at the rest in different orders. One on a drained host takes nothing, and goes on with what it
// has until there is somebody to take it.
func balance(r round) (takes []Seat, releases []string) {
	living := max(r.living, 1)
	share := (r.numbers + living - 1) / living
	serving := 0
	for _, s := range r.serves {
		serving += flag(s.Number != chores)
	}
	for _, s := range r.serves {
		if r.wish(s) == elsewhere && len(releases)+r.ending < takesAtOnce {
			releases = append(releases, s.Number)
		}
	}
	if len(releases)+r.ending == 0 && serving > share {
		at := slices.IndexFunc(r.serves, func(s Seat) bool { return s.Number != chores && r.wish(s) == anywhere })
		if at >= 0 {
			releases = append(releases, r.serves[at].Number)
		}
	}
	if r.drained {
		return nil, releases
	}
	for _, s := range r.sorted() {
		wish := r.wish(s)
		if wish == elsewhere || wish == anywhere && s.Number != chores && serving >= share {
			continue
		}
		if takes = append(takes, s); len(takes) == takesAtOnce {
			break
		}
		serving += flag(s.Number != chores)
	}
	return takes, releases
}

// sorted are the free seats in the order in which the process takes them.
func (r round) sorted() []Seat {
	order := func(s Seat) uint32 {
		h := fnv.New32a()
		h.Write([]byte(r.process + " " + s.Number))
		return h.Sum32()
	}
	free := slices.Clone(r.free)
	slices.SortFunc(free, func(a, b Seat) int {
		return cmp.Or(flag(r.wish(b) == here)-flag(r.wish(a) == here), flag(a.Host != r.host)-flag(b.Host != r.host),
			cmp.Compare(order(a), order(b)))
	})
	return free
}
