package api

import (
	"errors"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/flows"
)

const problemType = "application/problem+json"

// A Problem says why a request was not carried out (RFC 9457).
type Problem struct {
	Type   string          `json:"type" example:"/problems/refused" doc:"What kind of problem it is. It stays the same."`
	Title  string          `json:"title" doc:"The status in words."`
	Status int             `json:"status"`
	Detail string          `json:"detail" doc:"Why, for people, as the command line says it. No phone is in it."`
	Errors []Fault         `json:"errors,omitempty" nullable:"false" doc:"What is wrong with the request."`
	Files  []flows.Problem `json:"problems,omitempty" nullable:"false" doc:"What is wrong with a file of the shop."`
}

// A Fault is one thing that is wrong with a request.
type Fault struct {
	Location string `json:"location" doc:"Where: path, query, header or body, and the name."`
	Message  string `json:"message"`
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus is the status of the answer.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of the answer.
func (p *Problem) ContentType(string) string { return problemType }

func problem(status int, reason, detail string) *Problem {
	return &Problem{Type: "/problems/" + reason, Title: http.StatusText(status), Status: status, Detail: detail}
}

func tooLarge() *Problem {
	return problem(http.StatusRequestEntityTooLarge, "too-large", "a request has at most 1 MB, and a reply with a picture 7.6 MB")
}

// The library makes its own errors by this: they say what is wrong and where, and never repeat what
// was sent.
var setErrors = sync.OnceFunc(func() {
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		reason, ok := map[int]string{
			http.StatusUnprocessableEntity: "invalid", http.StatusBadRequest: "invalid",
			http.StatusRequestEntityTooLarge: "too-large", http.StatusUnsupportedMediaType: "not-json",
			http.StatusRequestTimeout: "too-slow",
		}[status]
		if !ok {
			reason = "internal"
		}
		if status == http.StatusBadRequest {
			message = "the body is not JSON that can be read"
		}
		p := problem(status, reason, message)
		for _, err := range errs {
			var long *http.MaxBytesError
			var fault *huma.ErrorDetail
			switch {
			case errors.As(err, &long):
				return tooLarge()
			case errors.As(err, &fault) && fault.Location != "":
				p.Errors = append(p.Errors, Fault{Location: fault.Location, Message: fault.Message})
			}
		}
		return p
	}
})

// refusal is the problem of an error, and when to ask again where that is known.
func (a *API) refusal(err error) error {
	p, busy := a.problemOf(err), desk.Busy{}
	if !errors.As(err, &busy) {
		return p
	}
	return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {strconv.Itoa(int(busy.RetryAfter.Seconds()))}})
}

// problemOf is the one place that makes a problem of an error.
func (a *API) problemOf(err error) *Problem {
	var already *Problem
	if errors.As(err, &already) {
		return already
	}
	var files desk.Problems
	if errors.As(err, &files) {
		p := problem(http.StatusUnprocessableEntity, "file", "a file of the shop has problems")
		p.Files = a.inShop(files)
		return p
	}
	kind := desk.KindOf(err)
	if kind.Word == "refused" && errors.As(err, new(desk.Misused)) {
		return problem(http.StatusUnprocessableEntity, "invalid", a.detail(err))
	}
	if kind.Status != http.StatusInternalServerError {
		return problem(kind.Status, kind.Word, a.detail(err))
	}
	a.Log.Error("a request to the API failed", "error", text.Unnamed(err.Error()))
	return problem(http.StatusInternalServerError, "internal", "something went wrong; the log of the bot says what")
}

var (
	phones = flows.Pattern(`\+?[1-9][0-9]{6,14}`)
	// accounts are what takes the place of a phone that is not known.
	accounts = flows.Pattern(`\blid:[0-9]+|\bbsuid:[0-9A-Za-z./]+|\b[0-9]+/[A-Za-z]{2}\.[0-9A-Za-z]+`)
	// verbs are what somebody at a terminal is told to type: a part of a sentence with a command in it.
	verbs = flows.Pattern("[^;:,.]*`optinbot [^`]*`[^;:,.]*")
	// loose are the signs that are left where a part of a sentence was taken away.
	loose = flows.Pattern(`[;:,]?\s*([;:,.])`)
)

func withoutPhones(says string) string {
	return phones().ReplaceAllString(accounts().ReplaceAllString(says, "the person"), "the phone")
}

// folder is where the shop lies on the machine. Nobody is told so.
func (a *API) folder() string {
	return filepath.Clean(a.Desk.Config.Path(".")) + string(filepath.Separator)
}

// inShop are problems of files, which are named as they lie in the shop's folder.
func (a *API) inShop(list []flows.Problem) []flows.Problem {
	out := []flows.Problem{}
	for _, p := range list {
		p.File = strings.TrimPrefix(p.File, a.folder())
		out = append(out, p)
	}
	return out
}

// detail is what the command line says of an error, without phones and without what is to be typed
// at a terminal.
func (a *API) detail(err error) string {
	says := withoutPhones(strings.ReplaceAll(err.Error(), a.folder(), ""))
	if without := verbs().ReplaceAllString(says, ""); without != says {
		without = strings.TrimRight(loose().ReplaceAllString(without, "$1"), " ;:,.")
		if without != "" {
			says = without
		}
	}
	return says
}
