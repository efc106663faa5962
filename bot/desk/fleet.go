package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/store"
)

// A Fleet is who serves what, where several machines share a database.
type Fleet struct {
	Processes []FleetProcess `json:"processes"`
	Numbers   []FleetNumber  `json:"numbers"`  // of the configuration, in its order
	Draining  []string       `json:"draining"` // the hosts that take no number
}

// A FleetProcess is a `run` that shares the database.
type FleetProcess struct {
	ID        string   `json:"id"`
	Host      string   `json:"host"`
	Alive     bool     `json:"alive"`
	Heartbeat int64    `json:"heartbeat_age_ms"` // so long ago it last said that it lives
	Draining  bool     `json:"draining"`
	Numbers   []string `json:"numbers"` // that it serves
	Chores    bool     `json:"chores"`  // it does what belongs to no number
}

// A FleetNumber is who serves a number.
type FleetNumber struct {
	Name    string    `json:"name"`
	Linked  bool      `json:"linked"`
	Served  bool      `json:"served"`         // by a process that lives
	Host    string    `json:"host,omitempty"` // where it is served, or was last
	Process string    `json:"process,omitempty"`
	Epoch   int64     `json:"epoch"` // how many owners it has had. 0: none
	Since   time.Time `json:"since,omitzero"`
	Wants   string    `json:"wants,omitempty"`  // the host on which it is to be served
	Leaves  string    `json:"leaves,omitempty"` // the host that it is to leave
}

// Hosts are those with a process that lives, by name.
func (f *Fleet) Hosts() (hosts []string) {
	for _, p := range f.Processes {
		if p.Alive && !slices.Contains(hosts, p.Host) {
			hosts = append(hosts, p.Host)
		}
	}
	slices.Sort(hosts)
	return hosts
}

// Unserved are the numbers that are linked and that nobody serves.
func (f *Fleet) Unserved() (names []string) {
	for _, n := range f.Numbers {
		if n.Linked && !n.Served {
			names = append(names, n.Name)
		}
	}
	return names
}

// Number is a number of the fleet. It is zero for one that it does not have.
func (f *Fleet) Number(name string) (n FleetNumber) {
	at := slices.IndexFunc(f.Numbers, func(n FleetNumber) bool { return n.Name == name })
	if at >= 0 {
		n = f.Numbers[at]
	}
	return n
}

// On are the numbers that a host serves.
func (f *Fleet) On(host string) (names []string) {
	for _, n := range f.Numbers {
		if n.Served && n.Host == host {
			names = append(names, n.Name)
		}
	}
	return names
}

// alone refuses what is about a fleet where there is none.
func (d *Desk) alone() error {
	if d.Store.Shared() {
		return nil
	}
	return Refuse("the database of this shop is a file in its folder, which one machine serves. `optinbot status` says " +
		"how it is doing; `optinbot move --to postgres://USER@HOST/DATABASE` brings it to a database that several machines share")
}

// Fleet returns who serves the numbers that whoever acts may see. It changes nothing, and is refused
// where the database is a file.
func (d *Desk) Fleet(ctx context.Context) (*Fleet, error) {
	if err := d.alone(); err != nil {
		return nil, err
	}
	seen, err := d.lookAtFleet(ctx)
	if err != nil {
		return nil, err
	}
	f := &Fleet{Processes: []FleetProcess{}, Numbers: []FleetNumber{}, Draining: []string{}}
	drained, err := d.Store.DrainedHosts(ctx)
	if err != nil {
		return nil, err
	}
	f.Draining = append(f.Draining, drained...)
	chores, err := d.Store.Chores(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range d.numbersFor(ctx) {
		row, err := d.Store.Number(ctx, n.Name)
		if err != nil {
			return nil, err
		}
		seat, member := seen.of(n.Name)
		f.Numbers = append(f.Numbers, FleetNumber{
			Name: n.Name, Linked: d.Config.LinkedTo(n, row.JID), Served: member != nil, Host: seat.Host,
			Process: seat.Process, Epoch: seat.Epoch, Since: seat.Since, Wants: seat.Wants, Leaves: seat.Leaves,
		})
	}
	for _, m := range seen.members {
		if m.Host == "" { // somebody links a number
			continue
		}
		p := FleetProcess{
			ID: m.ID, Host: m.Host, Alive: m.Alive, Heartbeat: m.Renewed.Milliseconds(), Draining: m.Drained,
			Numbers: []string{}, Chores: m.Alive && m.ID == chores,
		}
		for _, n := range f.Numbers {
			if n.Served && n.Process == m.ID {
				p.Numbers = append(p.Numbers, n.Name)
			}
		}
		f.Processes = append(f.Processes, p)
	}
	return f, nil
}

// seenFleet is what the database says of a fleet now. Nil: the database is a file.
type seenFleet struct {
	members []store.Member
	seats   []store.Seat
}

func (d *Desk) lookAtFleet(ctx context.Context) (*seenFleet, error) {
	if !d.Store.Shared() {
		return nil, nil
	}
	members, seats, err := d.Store.Fleet(ctx, store.DefaultLease())
	return &seenFleet{members, seats}, err
}

// of is the seat of a number, and the living process that serves it. Nil: none does.
func (f *seenFleet) of(number string) (seat store.Seat, by *store.Member) {
	at := slices.IndexFunc(f.seats, func(s store.Seat) bool { return s.Number == number })
	if at < 0 {
		return seat, nil
	}
	seat = f.seats[at]
	for i, m := range f.members {
		if m.ID == seat.Process && m.Alive {
			return seat, &f.members[i]
		}
	}
	return seat, nil
}

// by is the living process that serves a number. "": none does.
func (f *seenFleet) by(number string) string {
	if _, m := f.of(number); m != nil {
		return m.ID
	}
	return ""
}

// runs reports whether any `run` of the fleet lives.
func (f *seenFleet) runs() bool {
	return slices.ContainsFunc(f.members, func(m store.Member) bool { return m.Alive && m.Host != "" })
}

// MoveNumber asks for a number to be served on a host from now on. With host "" it leaves the one that it
// is on, and may be on any other. The processes do it within some seconds, see Fleet. It may be
// repeated.
func (d *Desk) MoveNumber(ctx context.Context, number, host string) (err error) {
	ctx, end, err := d.begin(ctx, ActMoveNumber, number)
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return err
	}
	f, err := d.Fleet(ctx)
	if err != nil {
		return err
	}
	at := f.Number(n.Name)
	switch hosts := f.Hosts(); {
	case !at.Linked:
		return Refuse("number %s is not linked, so nobody serves it; `%s` links it", n.Name, n.LinkVerb())
	case host == "" && len(slices.DeleteFunc(f.open(), func(h string) bool { return h == at.Host })) == 0:
		return Refuse("no other machine could serve number %s: %s", n.Name, livingOn(hosts))
	case host == "":
		return d.Store.ServeOff(ctx, n.Name, at.Host)
	case slices.Contains(f.Draining, host):
		return Refuse("%s is drained; `optinbot fleet drain %s --end` ends that", ShownHost(host), ShownHost(host))
	case !slices.Contains(hosts, host):
		return Refuse("no `optinbot run` of this fleet lives on %s; %s", ShownHost(host), livingOn(hosts))
	}
	return d.Store.ServeOn(ctx, n.Name, host)
}

// open are the hosts that may take numbers.
func (f *Fleet) open() []string {
	return slices.DeleteFunc(f.Hosts(), func(h string) bool { return slices.Contains(f.Draining, h) })
}

// livingOn says on which hosts processes live.
func livingOn(hosts []string) string {
	var shown []string
	for _, host := range hosts {
		shown = append(shown, ShownHost(host))
	}
	switch len(hosts) {
	case 0:
		return "none lives anywhere"
	case 1:
		return "there is only " + shown[0]
	}
	return "there are " + strings.Join(shown, ", ")
}

// ShownHost is the name of a machine as it is printed: a machine may call itself anything.
func ShownHost(host string) string { return text.Fit(host, 60) }

// DrainHost lets the processes of a host give up their numbers to others, and take none until
// EndDrain. It is refused where nobody else could take them, and may be repeated.
func (d *Desk) DrainHost(ctx context.Context, host string) (err error) {
	ctx, end, err := d.begin(ctx, ActDrainHost, "")
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	f, err := d.Fleet(ctx)
	if err != nil {
		return err
	}
	hosts := f.Hosts()
	switch known := slices.ContainsFunc(f.Processes, func(p FleetProcess) bool { return p.Host == host }); {
	case slices.Contains(f.Draining, host):
		return nil
	case !known:
		return Refuse("no `optinbot run` of this fleet has been on %s of late; %s", ShownHost(host), livingOn(hosts))
	case len(slices.DeleteFunc(f.open(), func(h string) bool { return h == host })) == 0:
		return Refuse("nobody else could take the numbers of %s: %s", ShownHost(host), livingOn(hosts))
	}
	return d.Store.Drain(ctx, host)
}

// EndDrain lets the processes of a host take numbers again. It is refused where the host is not
// drained.
func (d *Desk) EndDrain(ctx context.Context, host string) (err error) {
	ctx, end, err := d.begin(ctx, ActDrainHost, "")
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	f, err := d.Fleet(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(f.Draining, host) {
		return Refuse("%s is not drained", ShownHost(host))
	}
	return d.Store.EndDrain(ctx, host)
}

// addServing says who serves a number.
func (s *NumberStatus) addServing(f *seenFleet, d *Desk, n config.Number) {
	if f == nil {
		s.Served, s.Runs = d.Sessions.InUse(n.Name), d.Files.runs()
		s.Here = s.Served && s.Runs
		return
	}
	s.Runs = f.runs()
	seat, by := f.of(n.Name)
	s.Host, s.Epoch = seat.Host, seat.Epoch
	if by != nil {
		s.Served, s.Here = true, by.ID == d.Store.Process()
		age := by.Renewed.Milliseconds()
		s.Heartbeat = &age
	}
}
