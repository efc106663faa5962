package bot_test

import (
	"testing"

	"optinbot/store/postgrestest"
	"optinbot/store/storetest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// TestPostgres lets the database decide once more about every reason for which somebody gets no
// promotion, on PostgreSQL.
func TestPostgres(t *testing.T) { storetest.Again(t, TestTheCasesOfMaySend) }
