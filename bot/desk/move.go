package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"optinbot/bot/config"
	"optinbot/bot/lock"
	"optinbot/store"
)

// SessionTables are what a move needs of WhatsApp sessions.
type SessionTables struct {
	// Hold lets nobody serve or link a number until release is called.
	Hold func(number string) (release func() error, err error)
	// MakeFile makes the file of a session with its tables, and brings one of before up to date.
	MakeFile func(ctx context.Context, number, file string) error
	// MakeSchema makes the same in a database.
	MakeSchema func(ctx context.Context, number string, session *store.WhatsAppSession) error
}

// A moving is a move that was looked at and may be made.
type moving struct {
	desk   *Desk
	tables SessionTables
	move   store.Move
	to     moveTo
}

// A moveTo is where a shop moves.
type moveTo int

const (
	toServer moveTo = iota
	toFolder
	stays // a move to the folder was broken off, and the shop stays in its database
)

// A MoveMade is a move that is over.
type MoveMade struct {
	store.Moved
	Folder   string `json:"folder"`
	Database string `json:"database"`  // without user and password
	InFolder bool   `json:"in_folder"` // the shop is in the folder now
	Stays    bool   `json:"stays"`     // a move was broken off, and the shop stays where it was
}

// OpenMove looks whether the shop can be moved to a database, or from it to the data folder, and
// changes nothing. It is refused while a bot runs in the folder.
func OpenMove(ctx context.Context, o Options, tables SessionTables, to string) (*moving, error) {
	d, err := Load(ctx, o)
	if err != nil {
		return nil, err
	}
	m := &moving{desk: d, tables: tables}
	m.move = store.Move{
		Folder: o.Config.Path(o.Config.Data), URL: o.Config.Database(), Shown: o.Config.DatabaseShown(),
		MakeFile: tables.MakeFile, MakeSchema: tables.MakeSchema,
	}
	if m.move.Host, err = os.Hostname(); err != nil {
		return nil, err
	}
	switch {
	case m.move.URL == "" && !config.IsDatabase(to):
		return nil, Refuse("the shop is in %s already. To move it to a PostgreSQL database, name that, as in "+
			"--to postgres://optinbot@db.example/optinbot", ShownPath(m.move.Folder))
	case m.move.URL == "":
		there, err := o.Config.InDatabase(to)
		if err != nil {
			return nil, Refuse("%v", err)
		}
		m.move.URL, m.move.Shown = there.Database(), there.DatabaseShown()
	case config.IsDatabase(to):
		named, err := o.Config.InDatabase(to)
		if err != nil {
			return nil, Refuse("%v", err)
		}
		if named.DatabaseShown() != m.move.Shown {
			return nil, Refuse("the shop is in %s. Move it to its data folder first, and from there to another database",
				m.move.Shown)
		}
		m.to = stays
	case !sameFolder(o.Config.Path(to), m.move.Folder):
		return nil, Refuse("the data folder of this shop is %s, and it moves only to that", ShownPath(m.move.Folder))
	default:
		m.to = toFolder
	}
	if o.Files.runs() {
		return nil, Refuse("a running bot has this folder; stop `optinbot run` first")
	}
	return m, nil
}

func sameFolder(a, b string) bool {
	a, errA := filepath.Abs(a)
	b, errB := filepath.Abs(b)
	return errA == nil && errB == nil && a == b
}

// Questions are what has to be answered with yes before the shop is moved.
func (m *moving) Questions() []Question {
	folder := ShownPath(m.move.Folder)
	switch m.to {
	case toServer:
		return []Question{{Asks: fmt.Sprintf("Move the shop from %s to %s? Nobody is served meanwhile.", folder, m.move.Shown)}}
	case toFolder:
		return []Question{{Asks: fmt.Sprintf("Move the shop from %s to %s? Nobody is served meanwhile.", m.move.Shown, folder)}}
	}
	return []Question{{Asks: fmt.Sprintf("Leave the shop in %s, and forget the move that was broken off?", m.move.Shown)}}
}

// Move moves the shop. Whatever ends it, it may be repeated, and never do both places serve.
func (m *moving) Move(ctx context.Context) (made MoveMade, err error) {
	ctx, end, err := m.desk.begin(ctx, ActMove, "")
	if err != nil {
		return made, err
	}
	defer func() { end(err) }()
	release, err := m.hold()
	if err != nil {
		return made, err
	}
	defer release()
	made.Folder, made.Database = m.move.Folder, m.move.Shown
	switch m.to {
	case toServer:
		made.Moved, err = store.MoveToServer(ctx, m.move)
	case toFolder:
		made.Moved, err = store.MoveToFolder(ctx, m.move)
		made.InFolder = true
	case stays:
		made.Stays, err = store.StayOnServer(ctx, m.move)
		if err == nil && !made.Stays {
			err = Refuse("the shop is in %s already, and no move was broken off", m.move.Shown)
		}
	}
	if errors.Is(err, store.ErrServed) || errors.Is(err, store.ErrOccupied) || errors.Is(err, store.ErrMoved) {
		err = Refuse("%v", err)
	}
	return made, err
}

// hold lets nobody run, serve or link in the folder.
func (m *moving) hold() (release func(), err error) {
	var held []func() error
	release = func() {
		for _, free := range held {
			_ = free()
		}
	}
	free, err := lock.Take(m.desk.Files.RunLock())
	if err != nil {
		return nil, Refuse("a running bot has this folder: %v", err)
	}
	held = append(held, free)
	for _, n := range m.desk.Config.Numbers {
		free, err := m.tables.Hold(n.Name)
		if err != nil {
			release()
			return nil, Refuse("number %s is served or linked by another process: %v", n.Name, err)
		}
		held = append(held, free)
	}
	return release, nil
}
