package whatsapp

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"go.mau.fi/whatsmeow"

	"optinbot/bot"
)

// classify says what is known about a send after whatsmeow's SendMessage has returned.
//
// The order of the questions is the promise: unknown is the answer unless something proves another
// one.
func classify(resp whatsmeow.SendResponse, err error) bot.SendResult {
	var cut *whatsmeow.DisconnectedError
	switch {
	case err == nil:
		return bot.SendResult{Status: bot.SendAccepted}
	case errors.Is(err, whatsmeow.ErrServerReturnedError):
		return refused(err)
	case noRecipient(err):
		return bot.SendResult{
			Status: bot.SendRefused, Cause: bot.CauseNoAccount, Detail: "WhatsApp knows no account for this contact",
		}
	case errors.Is(err, whatsmeow.ErrMessageTimedOut), errors.As(err, &cut):
		return bot.SendResult{Status: bot.SendUnknown, Detail: masked(err.Error())}
	// A bare error of the context or of the socket comes from the wait for the answer or from the
	// repeated frame (SendMessage in send.go, retryFrame in request.go): the first frame was
	// written.
	case err == context.DeadlineExceeded, err == context.Canceled, err == whatsmeow.ErrNotConnected:
		return bot.SendResult{Status: bot.SendUnknown, Detail: masked(err.Error())}
	case !written(resp):
		return bot.SendResult{Status: bot.SendNotTried, Detail: masked(err.Error())}
	}
	return bot.SendResult{Status: bot.SendUnknown, Detail: masked(err.Error())}
}

// written tells whether the frame was given to the socket: sendDM (send.go) takes the time of
// exactly that.
func written(resp whatsmeow.SendResponse) bool {
	t := resp.DebugTimings
	return t.Send != 0 || t.Resp != 0 || t.Retry != 0
}

// refused reads the server's code, which exists only as the end of the error's text (send.go).
func refused(err error) bot.SendResult {
	text := err.Error()
	code, convErr := strconv.Atoi(text[strings.LastIndexByte(text, ' ')+1:])
	if convErr != nil {
		return bot.SendResult{Status: bot.SendRefused, Detail: masked(text)}
	}
	return bot.SendResult{Status: bot.SendRefused, Cause: bot.WebCause(code), Code: code, Detail: refusal(code)}
}

// refusal explains a code to the operator.
func refusal(code int) string {
	switch code {
	case bot.CodeNeedsInbound:
		return "463: WhatsApp does not let this number start a chat with them now; they have to write first"
	case 479:
		return "479: WhatsApp found the message malformed for this contact; it may pass once they have written again"
	case 429:
		return "429: too many messages too fast; slow down"
	}
	return "WhatsApp's server refused the message with code " + strconv.Itoa(code)
}

// noRecipient recognises SendMessage's refusal to send to a phone without a WhatsApp account
// (send.go: "no LID found for ... from server"). It is made before anything is written and has no
// error value of its own.
func noRecipient(err error) bool {
	return strings.HasPrefix(err.Error(), "no LID found for ")
}
