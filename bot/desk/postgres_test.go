package desk_test

import (
	"testing"

	"optinbot/store/postgrestest"
	"optinbot/store/storetest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// TestPostgres runs what is promised once more, on PostgreSQL.
func TestPostgres(t *testing.T) {
	storetest.Again(t, TestB1NoPromotionWithoutProof, TestB5TheCanary, TestB7AnEditedDraftIsDisarmed, TestB8WhyTellsTheStory,
		TestC6ExportVerifiesWithoutOurCode, TestC6HeadsAreAnchored, TestC6OneChainPerNumber, TestC6Proof,
		TestC8AnInterruptedListIsAccountedFor, TestD2ARefusalIsARow, TestD3ScheduleTakesWhatThePreviewShowed,
		TestD3TheCountThatWasShown, TestO2ABadEditNeverTakesTheBotDown, TestO5ABroadcastsWayOutIsHeard,
		TestO5AnAnswerStaysAnAnswer, TestSecurityAKeyWithoutScope, TestSecurityAViewerWhoArms,
		TestF2WhoServesWhat, TestT2RenamedStatesTakePeopleAlong, TestT4AnsweredFromTheCommandLine,
	)
}
