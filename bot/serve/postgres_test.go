package serve

import (
	"testing"

	"optinbot/store/storetest"
)

// TestPostgres runs what is promised once more, on PostgreSQL.
func TestPostgres(t *testing.T) {
	storetest.Again(t, TestC2StopRace, TestC2StopRaceRealClient, TestC2StopRaceCloud, TestB6NothingIsSentAgainToWhoLeft)
}
