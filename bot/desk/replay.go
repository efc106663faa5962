package desk

import (
	"context"

	"optinbot/bot/config"
)

// TestResult is what became of one conversation.
type TestResult struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Title    string   `json:"title"`
	Passed   bool     `json:"passed"`
	Failures []string `json:"failures,omitempty"`
}

// replay plays the conversations that test a number's flow, as they lie beside it in files, and
// returns what became of each. An unplayable error says why they could not be played.
type replay func(ctx context.Context, files *Files, n config.Number) ([]TestResult, error)

// Unplayable says, to the operator who has edited a flow, why its conversations could not be
// played.
type Unplayable struct{ Says string }

func (u Unplayable) Error() string { return u.Says }
