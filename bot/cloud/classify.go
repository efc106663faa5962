package cloud

import (
	"encoding/json"
	"fmt"
	"net/http"

	"optinbot/bot"
)

// An answer is what the API says, as far as anything here reads it.
type answer struct {
	Messages []struct {
		ID string `json:"id"`
	} `json:"messages"`
	Error *apiError `json:"error"`
}

// An apiError is a refusal. Its texts are foreign.
type apiError struct {
	Message string `json:"message"`
	Code    *int   `json:"code"`
	Subcode int    `json:"error_subcode"`
	Data    struct {
		Details string `json:"details"`
	} `json:"error_data"`
}

// lost says what is known about a send that ended without an answer. headers: the request's headers
// were written, so that Meta may have all of it. Without them there was no request: looking up the
// name, the connection or its encryption failed, or nothing was written before the deadline.
func lost(err error, headers bool) bot.SendResult {
	if !headers {
		return notTried("nothing was sent: " + plain(err))
	}
	return unknown("no answer of Meta: " + plain(err))
}

// classify says what is known about a send from its answer. The order of the questions is the
// promise: unknown is the answer unless something proves another one.
func classify(status int, body []byte) bot.SendResult {
	var a answer
	readable := json.Unmarshal(body, &a) == nil
	switch {
	case status >= http.StatusInternalServerError:
		return unknown(fmt.Sprintf("Meta answered with HTTP %d", status))
	case !readable:
		return unknown(fmt.Sprintf("HTTP %d without an answer that can be read", status))
	case a.Error != nil && a.Error.Code != nil && status >= http.StatusBadRequest:
		return refused(status, *a.Error)
	case status == http.StatusOK && a.Error == nil && len(a.Messages) > 0 && a.Messages[0].ID != "":
		return bot.SendResult{Status: bot.SendAccepted, WireID: a.Messages[0].ID}
	}
	return unknown(fmt.Sprintf("HTTP %d, and the answer names no message", status))
}

func refused(status int, e apiError) bot.SendResult {
	code := *e.Code
	m := meaningOf(code)
	if m.unclear {
		return unknown(m.words)
	}
	detail := m.words
	if said := masked(e.Data.Details); said != "" && (m.cause == bot.CauseRequest || m.cause == bot.CauseOther) {
		detail += " (Meta: " + said + ")"
	}
	return bot.SendResult{Status: bot.SendRefused, Cause: causeOf(status, code), Code: code, Detail: detail}
}

func notTried(detail string) bot.SendResult {
	return bot.SendResult{Status: bot.SendNotTried, Detail: detail}
}

func unknown(detail string) bot.SendResult {
	return bot.SendResult{Status: bot.SendUnknown, Detail: detail}
}

func refuse(cause bot.Cause, detail string) *bot.SendResult {
	return &bot.SendResult{Status: bot.SendRefused, Cause: cause, Detail: detail}
}
