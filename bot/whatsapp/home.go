package whatsapp

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// A session is at home where it was linked, at WhatsApp or at a test server, and never meets the
// other: the people of a test are no people, and those of a shop are no test.
const (
	homeWhatsApp = "whatsapp"
	homeTest     = "test"
)

// The session belongs to the other side.
var (
	ErrTestSession = errors.New(
		"this session was linked at a test server, and must not meet WhatsApp: its people are no people. " +
			"For a real number make another folder (`optinbot init DIR`); to go on with the test set " +
			"whatsapp.test_server again",
	)
	ErrRealSession = errors.New(
		"this session belongs to WhatsApp, and must not meet a test server. Take whatsapp.test_server out of " +
			"config.yaml, " +
			"and OPTINBOT_WHATSAPP_TEST_SERVER out of the environment; to try things make another folder (`optinbot " +
			"init DIR`)",
	)
)

// CheckHome reports, without touching it, whether a session file belongs to the other side than the
// one that is to be used now: ErrTestSession or ErrRealSession. A file that is not there, or cannot
// be read, belongs to neither.
func CheckHome(ctx context.Context, file string, testServer bool) error {
	db, err := sql.Open("sqlite", readOnly(file))
	if err != nil {
		return nil // whoever opens it says what is wrong
	}
	defer db.Close()
	return atHome(homeOf(ctx, db), testServer)
}

// CheckSharedHome is CheckHome for a session in a database that processes share.
func CheckSharedHome(ctx context.Context, in driver.Connector, testServer bool) error {
	db := sql.OpenDB(in)
	defer db.Close()
	return atHome(homeOf(ctx, db), testServer)
}

// homeOf is where a session was linked. "" where it was not. Files of earlier versions do not say
// it: a device that is in one is taken for one of WhatsApp.
func homeOf(ctx context.Context, db *sql.DB) (home string) {
	if err := db.QueryRowContext(ctx, `SELECT home FROM optinbot_home`).Scan(&home); err == nil {
		return home
	}
	var devices int
	if err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM whatsmeow_device`).Scan(&devices); err == nil &&
		devices > 0 {
		return homeWhatsApp
	}
	return ""
}

func atHome(home string, testServer bool) error {
	switch {
	case home == homeTest && !testServer:
		return ErrTestSession
	case home == homeWhatsApp && testServer:
		return ErrRealSession
	}
	return nil
}

// settle notes where the session is linked.
func (s *sessionStore) settle(ctx context.Context) error {
	home := homeWhatsApp
	if s.test {
		home = homeTest
	}
	_, err := s.db.ExecContext(
		ctx,
		`INSERT INTO optinbot_home ("only", home) VALUES (1, $1)
		ON CONFLICT ("only") DO UPDATE SET home = excluded.home`,
		home,
	)
	return err
}
