package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"optinbot/bot/text"
)

// printJSON prints v for programs.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(text.JSON(w))
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// told adds to how a verb ended that its answer did not come out whole: most of the answer is
// printed without a look at the error, and a cut proof of consent must not pass for a whole one.
func (a *App) told(err error) error {
	s, ok := a.out.(*text.Screen)
	if !ok || s.Failed == nil {
		return err
	}
	untold := fmt.Errorf("standard output cannot be written: %w. What has come out is not whole", s.Failed)
	if err == nil || errors.Is(err, errSilent) || errors.Is(err, s.Failed) {
		return untold
	}
	return errors.Join(err, untold)
}
