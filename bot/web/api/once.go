package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// once answers a request. One that has an Idempotency-Key is carried out once: sent again it is told
// what the first one was told.
func (a *API) once(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Idempotency-Key")
	if key == "" || r.Method != http.MethodPost {
		a.mux.ServeHTTP(w, r)
		return
	}
	if len(key) > 255 {
		a.refuse(w, problem(http.StatusUnprocessableEntity, "invalid", "an Idempotency-Key has at most 255 characters"))
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.refuse(w, unread(err))
		return
	}
	ctx, kept, done, err := a.Desk.Once(r.Context(), desk.OnceKey{Key: key, Request: digest(r, body)})
	defer done()
	if err != nil {
		a.refuse(w, err)
		return
	}
	said := &heard{head: w.Header()}
	if kept != nil {
		said.head.Set("Idempotency-Replayed", "true")
		said.head.Set("Content-Type", typeOf(kept.Body))
		said.status = kept.Status
		said.body.Write(kept.Body)
		said.to(w)
		return
	}
	r = r.WithContext(ctx)
	r.Body = io.NopCloser(bytes.NewReader(body))
	a.mux.ServeHTTP(said, r)
	_, pattern := a.mux.Handler(r)
	// What was refused changed nothing, and may be asked again. What is shown once is kept nowhere.
	if said.status < http.StatusBadRequest && !a.secrets[pattern] {
		if err := a.Desk.Answer(ctx, desk.KeptAnswer{Status: said.status, Body: said.body.Bytes()}); err != nil {
			a.Log.Error("what a request to the API was told could not be kept", "error", text.Unnamed(err.Error()))
		}
	}
	said.to(w)
}

// digest names what a request asks for.
func digest(r *http.Request, body []byte) string {
	h := sha256.New()
	for _, part := range []string{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("If-Match"), string(body)} {
		sum := sha256.Sum256([]byte(part))
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// typeOf is the type of an answer that was kept.
func typeOf(body []byte) string {
	switch {
	case bytes.HasPrefix(body, []byte("\x89PNG")):
		return "image/png"
	case bytes.HasPrefix(body, []byte("<")):
		return "image/svg+xml"
	}
	return "application/json"
}

// unread says why a body could not be read.
func unread(err error) *Problem {
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return tooLarge()
	}
	return problem(http.StatusBadRequest, "invalid", "the request did not come whole")
}
