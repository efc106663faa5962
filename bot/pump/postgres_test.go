package pump_test

import (
	"testing"

	"optinbot/store/postgrestest"
	"optinbot/store/storetest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// TestPostgres runs what is promised once more, on PostgreSQL.
func TestPostgres(t *testing.T) {
	storetest.Again(t, TestB6AStopOfTheProgramLosesNoPromotion, TestB6ManyUnderWayAreToDifferentPeople,
		TestB6AKillLeavesAsManyUnknownAsWereUnderWay, TestC2AStopThatAnotherProcessRecorded)
}
