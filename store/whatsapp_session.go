package store

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// A WhatsAppSession is where the WhatsApp session of a number lives in a database that processes share: in a
// schema of its own, for whatsmeow's map of phones and LIDs does not say whose it is, and would be
// shared between the clients of an agency. Its version table, too, is looked for without a schema
// (go.mau.fi/util/dbutil/upgrades.go).
type WhatsAppSession struct {
	store  *Store // of the owner
	owner  Owner
	home   string // the schema of optinbot's own tables
	schema string
	config *pgx.ConnConfig
}

// WhatsAppSession prepares the schema for the session of a number, as its owner, or answers ErrNotOwner, or
// ErrAlone where the database is a file.
func (s *Store) WhatsAppSession(ctx context.Context, owner Owner) (*WhatsAppSession, error) {
	base, ok := s.base.(*postgresDatabase)
	if !ok {
		return nil, ErrAlone
	}
	x := &WhatsAppSession{
		store: s.Owned(owner), owner: owner, schema: sessionSchema(owner.Number), config: base.config.Copy(),
	}
	if err := base.db.QueryRowContext(ctx, "SELECT current_schema()").Scan(&x.home); err != nil {
		return nil, fmt.Errorf("ask the database about itself: %w", err)
	}
	x.config.RuntimeParams["search_path"] = quoted(x.schema)
	x.config.RuntimeParams["optinbot.owner"] = owner.key()
	return x, x.prepare(ctx)
}

// sessionSchema is the name of a number's schema. PostgreSQL cuts names at 63 bytes.
func sessionSchema(number string) string {
	if name := "wa_" + number; len(name) <= 63 {
		return name
	}
	sum := sha256.Sum256([]byte(number))
	return "wa_" + hex.EncodeToString(sum[:16])
}

func (o Owner) key() string { return o.Process + "/" + strconv.FormatInt(o.Epoch, 10) }

// prepare makes what has to be there before the library makes its tables.
func (x *WhatsAppSession) prepare(ctx context.Context) error {
	number := "'" + strings.ReplaceAll(x.owner.Number, "'", "''") + "'"
	in := strings.NewReplacer("{home}", quoted(x.home), "{schema}", quoted(x.schema), "{number}", number)
	return x.store.write(ctx, only(x.owner.Number), func(t *tx) error {
		for _, statement := range []string{
			"CREATE SCHEMA IF NOT EXISTS {schema}",
			"CREATE TABLE IF NOT EXISTS {schema}.whatsmeow_version (version INTEGER, compat INTEGER)",
			`CREATE OR REPLACE FUNCTION {schema}.fence() RETURNS TRIGGER LANGUAGE plpgsql AS $$
			BEGIN
				IF TG_OP <> 'INSERT' AND current_setting('optinbot.owner', TRUE) = '` + erases + `' THEN
					RETURN NULL;
				END IF;
				PERFORM 1
				FROM {home}.owners
				WHERE number = {number} AND process || '/' || epoch = current_setting('optinbot.owner', TRUE)
				FOR KEY SHARE;
				IF NOT FOUND THEN
					RAISE EXCEPTION 'this process does not serve the number, or no longer: nothing was written';
				END IF;
				RETURN NULL;
			END $$`,
		} {
			if err := t.exec(in.Replace(statement)); err != nil {
				return err
			}
		}
		return nil
	})
}

// erases takes the place of the owner on the lines of SavedSession: a person can be erased whoever serves
// the number, and nothing can be added.
const erases = "erases"

// SavedSession opens connections to the session of a number for whoever looks at it, or takes a person
// out of it, and does not serve the number. It is nil where the number has no session, or the database is
// a file.
func (s *Store) SavedSession(ctx context.Context, number string) (driver.Connector, error) {
	base, ok := s.base.(*postgresDatabase)
	if !ok {
		return nil, nil
	}
	schema, there := sessionSchema(number), false
	if err := base.db.QueryRowContext(ctx, "SELECT to_regclass($1) IS NOT NULL", quoted(schema, "optinbot_home")).Scan(&there); err != nil {
		return nil, fmt.Errorf("look for the WhatsApp session: %w", err)
	}
	if !there {
		return nil, nil
	}
	config := base.config.Copy()
	config.RuntimeParams["search_path"] = quoted(schema)
	config.RuntimeParams["optinbot.owner"] = erases
	return readable{stdlib.GetConnector(*config)}, nil
}

// Connector opens connections that find and make tables in the schema. The server ends them with the
// others of the process when another one takes the number.
func (x *WhatsAppSession) Connector() driver.Connector {
	return readable{stdlib.GetConnector(*x.config)}
}

// Fence makes the database refuse, in every table of the schema, what anybody writes who does not
// serve the number: whatsmeow writes a session before the message leaves that it is for, so a message
// of an old owner stays (send.go of whatsmeow). It is called after the library has made its tables,
// and may be repeated.
func (x *WhatsAppSession) Fence(ctx context.Context) error {
	return x.store.write(ctx, only(x.owner.Number), func(t *tx) error {
		tables, err := collect(t.rows, value[string], `
			SELECT CAST(relname AS TEXT)
			FROM pg_class
			WHERE relnamespace = CAST($1 AS regnamespace) AND relkind = 'r'
				AND NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgname = 'fence')`,
			quoted(x.schema))
		if err != nil {
			return err
		}
		for _, table := range tables {
			if err := t.exec("CREATE TRIGGER fence BEFORE INSERT OR UPDATE OR DELETE ON " + quoted(x.schema, table) +
				" FOR EACH STATEMENT EXECUTE FUNCTION " + quoted(x.schema) + ".fence()"); err != nil {
				return err
			}
		}
		return nil
	})
}

func quoted(name ...string) string { return pgx.Identifier(name).Sanitize() }
