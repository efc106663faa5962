package serve

import (
	"context"
	"errors"
	"strings"
	"testing"

	"optinbot/bot/desk"
	"optinbot/bot/lock"
)

// TestRunBeginsWhereTheFolderIsItsOwn: whoever shows that it begins shows nothing beside another
// process that serves the folder, and can end it before anybody is served.
func TestRunBeginsWhereTheFolderIsItsOwn(t *testing.T) {
	t.Parallel()
	d, err := desk.Open(t.Context(), testOptions(t))
	must(t, err)
	t.Cleanup(func() { must(t, d.Close()) })
	begun, enough := 0, errors.New("enough")
	o := Options{Begins: func(context.Context) error { begun++; return enough }}
	release, err := lock.Take(d.Files.RunLock())
	must(t, err)
	if err := Run(t.Context(), d, o); err == nil || !strings.Contains(err.Error(), "another `optinbot run`") || begun > 0 {
		t.Errorf("it begins %d times beside another: %v", begun, err)
	}
	must(t, release())
	for n := range 2 {
		if err := Run(t.Context(), d, o); !errors.Is(err, enough) || begun != n+1 {
			t.Errorf("it begins %d times: %v", begun, err)
		}
	}
}
