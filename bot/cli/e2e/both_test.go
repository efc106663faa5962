package e2e

import (
	"testing"

	"optinbot/store/storetest"
)

// TestPostgres runs what is promised once more, on PostgreSQL.
func TestPostgres(t *testing.T) {
	storetest.Again(t, TestB6NobodyTwice, TestB6CrashTest, TestB6CloudCrashTest, TestC2AnOptInThatComesLate)
}
