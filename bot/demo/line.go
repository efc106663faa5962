package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/cloud/cloudtest"
	"optinbot/bot/play"
	"optinbot/bot/play/online"
	"optinbot/bot/sim"
)

// A line is how bot and crowd meet in the demo, by the real client of a wire.
type line interface {
	// advance moves the clock.
	advance(ctx context.Context, at time.Time) error
	// connect links the number, and returns its account and phone.
	connect(ctx context.Context) (account, phone string, err error)
	// write lets somebody write, and everything happen that follows at once.
	write(ctx context.Context, phone, name, text string, kind bot.Kind) error
	// takeOver lets a person of the shop write to somebody.
	takeOver(ctx context.Context, phone, text string) error
	// armed is an occurrence with what the wire wants of it.
	armed(ctx context.Context, o bot.Occurrence) (bot.Occurrence, error)
	// once checks that every message arrived exactly once, and returns how many there were.
	once() (int, error)
	words() wireWords
	close() error
}

// wireWords are what is told otherwise on each wire.
type wireWords struct {
	begins    string // after the first heading. "": nothing
	takesOver string // the heading when a person of the shop writes
	pace      string // how the broadcast goes out
	ends      string // who talked to whom
}

// onCloud is the cast as it may be on the Cloud API: Meta delivers no marketing to phones of the USA,
// and the broadcast is out within seconds, so that whoever has a reason not to get it writes before.
func onCloud(cast []customer) []customer {
	cast = slices.Clone(cast)
	for i, c := range cast {
		if rest, american := strings.CutPrefix(c.phone, "+12125550"); american {
			cast[i].phone = "+447700900" + rest
		}
		if slices.Contains([]string{"Kim", "Pia", tooLate}, c.name) {
			cast[i].says = slices.Clone(c.says)
			cast[i].says[len(c.says)-1].minute = 58
		}
	}
	return cast
}

// A cloudLine is the line on the Cloud API.
type cloudLine struct {
	*online.Line
	simulation *play.Simulation
	world      *sim.World
}

func newCloudLine(srv *cloudtest.Server, s *play.Simulation) (line, error) {
	l, err := online.Open(srv, s, broadcast)
	if err != nil {
		return nil, err
	}
	return cloudLine{l, s, s.World}, nil
}

func (l cloudLine) close() error { return l.Close() }

func (l cloudLine) words() wireWords {
	return wireWords{
		begins: fmt.Sprintf("The number is on Meta's Cloud API: a promotion is one of the %d templates of %s, "+
			"which Meta has approved.",
			len(l.Server.Number().Templates()), broadcast),
		takesOver: "The owner answers Zoe: `optinbot reply PHONE`. The bot stays out of that chat.",
		pace:      "ten a second",
		ends:      "the real client of the Cloud API talked to a simulated Meta, which posted webhooks",
	}
}

func (l cloudLine) advance(ctx context.Context, at time.Time) error { return l.world.Advance(ctx, at) }

// connect has nothing to do: the number was connected when the clock began.
func (l cloudLine) connect(context.Context) (account, phone string, err error) {
	n := l.Server.Number()
	return n.ID, n.Phone, nil
}

func (l cloudLine) write(ctx context.Context, phone, name, text string, kind bot.Kind) error {
	p := l.Server.Person(phone)
	p.SetName(name)
	in := cloudtest.Text(text)
	if kind == bot.KindUndecryptable {
		in = cloudtest.Unsupported("")
	}
	_, err := l.Write(ctx, p, in)
	return errors.Join(err, l.Settle(ctx))
}

func (l cloudLine) takeOver(ctx context.Context, phone, text string) error {
	_, err := l.simulation.Reply(ctx, l.simulation.NumberName, phone, text)
	return errors.Join(err, l.Settle(ctx))
}

func (l cloudLine) armed(ctx context.Context, o bot.Occurrence) (bot.Occurrence, error) {
	return l.Armed(ctx, o)
}

func (l cloudLine) once() (int, error) { return l.Once() }
