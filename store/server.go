package store

import (
	"context"
	"time"
)

// A Server is what a server of PostgreSQL says of itself, as far as our role may know.
type Server struct {
	Standbys    string        // for which a commit waits. "": for none
	Connections int           // that are open, of everybody
	Most        int           // that may be
	Snapshot    time.Duration // for so long somebody has had one open: meanwhile every claim gets slower
	Collation   bool          // indexes were made by another version of the system's sort order
}

// Server asks the server of a shared database. Where the database is a file, that is ErrAlone.
func (s *Store) Server(ctx context.Context) (r Server, err error) {
	if !s.Shared() {
		return r, ErrAlone
	}
	var seconds float64
	var version int
	err = s.db.QueryRowContext(ctx, `
		SELECT current_setting('synchronous_standby_names'),
			(SELECT COUNT(*) FROM pg_stat_activity WHERE datname IS NOT NULL),
			CAST(current_setting('max_connections') AS BIGINT),
			CAST(COALESCE((
				SELECT EXTRACT(EPOCH FROM clock_timestamp() - MIN(xact_start))
				FROM pg_stat_activity
				WHERE backend_xmin IS NOT NULL AND datname = current_database()
			), 0) AS DOUBLE PRECISION),
			CAST(current_setting('server_version_num') AS BIGINT)`).Scan(&r.Standbys, &r.Connections, &r.Most, &seconds, &version)
	if err != nil || version < 150000 {
		return r, err
	}
	r.Snapshot = time.Duration(seconds * float64(time.Second))
	err = s.db.QueryRowContext(ctx, `
		SELECT COALESCE(datcollversion <> pg_database_collation_actual_version(oid), FALSE)
		FROM pg_database
		WHERE datname = current_database()`).Scan(&r.Collation)
	return r, err
}
