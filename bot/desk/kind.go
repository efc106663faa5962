package desk

import (
	"context"
	"errors"
	"net/http"

	"optinbot/store"
)

// A Kind is what sort of error it is to whoever asks over HTTP: the status, and a word that stays the
// same.
type Kind struct {
	Status int
	Word   string
}

// kinds are the kinds of errors. An error that is marked as several is of the first.
var kinds = []struct {
	mark error
	Kind
}{
	{ErrForbidden, Kind{http.StatusForbidden, "forbidden"}},
	{ErrKeyReused, Kind{http.StatusUnprocessableEntity, "key-reused"}},
	{ErrInFlight, Kind{http.StatusConflict, "in-flight"}},
	{ErrAnswerLost, Kind{http.StatusConflict, "answer-lost"}},
	{ErrNoSession, Kind{http.StatusUnauthorized, "no-session"}},
	{ErrWrongLogIn, Kind{http.StatusUnauthorized, "no-session"}},
	{ErrCodeNeeded, Kind{http.StatusUnauthorized, "no-session"}},
	{ErrLinkOver, Kind{http.StatusGone, "link-over"}},
	{ErrStale, Kind{http.StatusPreconditionFailed, "stale"}},
	{ErrNotLinked, Kind{http.StatusConflict, "not-linked"}},
	{ErrNotFound, Kind{http.StatusNotFound, "not-found"}},
	{store.ErrScheduled, Kind{http.StatusConflict, "already-scheduled"}},
	{ErrRefused, Kind{http.StatusConflict, "refused"}},
	{store.ErrUnusable, Kind{http.StatusServiceUnavailable, "unusable"}},
	{context.Canceled, Kind{http.StatusServiceUnavailable, "interrupted"}},
}

// KindWords are the words of all kinds of errors.
func KindWords() []string {
	words := []string{"file", "too-many", "misconfigured", "internal"}
	for _, k := range kinds {
		words = append(words, k.Word)
	}
	return words
}

// KindOf is the kind of an error. One that is of none is a fault of the program.
func KindOf(err error) Kind {
	var busy Busy
	switch {
	case errors.As(err, new(Problems)):
		return Kind{http.StatusUnprocessableEntity, "file"}
	case errors.As(err, &busy):
		return busy.kind()
	case errors.As(err, new(TooMany)):
		return Kind{http.StatusTooManyRequests, "too-many"}
	}
	for _, kind := range kinds {
		if errors.Is(err, kind.mark) {
			return kind.Kind
		}
	}
	if errors.As(err, new(Misconfigured)) {
		return Kind{http.StatusServiceUnavailable, "misconfigured"}
	}
	return Kind{http.StatusInternalServerError, "internal"}
}
