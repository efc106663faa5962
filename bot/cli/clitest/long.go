package clitest

import (
	"os"
	"testing"
)

// Long skips the long form of a test, and says so, where OPTINBOT_TEST_LONG is not 1.
func Long(t *testing.T) {
	t.Helper()
	if testing.Short() || os.Getenv("OPTINBOT_TEST_LONG") != "1" {
		t.Skip("SKIPPED: THIS IS A LONG FORM. OPTINBOT_TEST_LONG=1 runs it; docs/testing.md says how long it takes")
	}
}
