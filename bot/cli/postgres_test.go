package cli

import (
	"os"
	"testing"

	"optinbot/store/storetest"
)

// sampled is how many of the conversations are played on PostgreSQL: one in so many.
const sampled = 12

// TestPostgresConversations plays conversations on PostgreSQL: a sample of each promise's, and all of
// them where OPTINBOT_TEST_LONG is 1.
func TestPostgresConversations(t *testing.T) {
	if testing.Short() {
		t.Skip("conversations a second time, on PostgreSQL")
	}
	every := sampled
	if os.Getenv("OPTINBOT_TEST_LONG") == "1" {
		every = 1
	}
	for _, prefix := range played {
		for i, c := range conversations(t, prefix) {
			if i%every != 0 {
				continue
			}
			t.Run(c.Title, func(t *testing.T) {
				t.Parallel()
				perform(t, newStage(t, c, i%(3*every) == 0), c)
			})
		}
	}
}

// TestPostgres runs what is promised once more, on PostgreSQL.
func TestPostgres(t *testing.T) {
	storetest.Again(t, TestProperty, TestB3AHoleStopsTheBroadcast, TestB6UnknownIsNeverSentAgain, TestB7MissedOccurrencesWait,
		TestT2StatesWithPeopleStay)
}
