package web

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestAButtonThatIsPressedTwice: the second press waits for the first one, and gets what that got. A
// form that was refused may be sent again.
func TestAButtonThatIsPressedTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newForms(time.Now)
		begin := func(once string) (sentForm, bool) {
			before, done, err := f.begin(t.Context(), "marta", once)
			if err != nil {
				t.Error(err)
			}
			return before, done
		}
		for _, once := range []string{"", "", "a", "b"} {
			if _, done := begin(once); done {
				t.Errorf("%q was acted on before", once)
			}
		}
		second := make(chan sentForm)
		go func() {
			before, done := begin("a")
			if !done {
				t.Error("it is acted on twice")
			}
			second <- before
		}()
		synctest.Wait()
		f.remember("marta", "a", "/there", "a secret")
		if before := <-second; before.to != "/there" || before.shown != "a secret" {
			t.Errorf("%+v", before)
		}
		third := make(chan bool)
		go func() {
			_, done := begin("b")
			third <- done
		}()
		synctest.Wait()
		f.forget("marta", "b")
		if <-third {
			t.Error("what was refused counts as done")
		}
		left, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := f.begin(left, "marta", "b"); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		time.Sleep(shownKept + time.Second) // of the test's own time
		if before, done := begin("a"); !done || before.shown != nil {
			t.Errorf("%+v %t", before, done)
		}
		time.Sleep(formsKept)
		if _, done := begin("a"); done {
			t.Error("a form is remembered for ever")
		}
	})
}
