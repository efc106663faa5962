package web

import (
	"log/slog"

	"optinbot/bot/text"
	"optinbot/flows"
)

// longDigits may be a phone or a LID.
var longDigits = flows.Pattern(`[0-9]{7,}`)

// failure is an error as the log has it, without whom it names.
func failure(err error) slog.Attr {
	return slog.String("error", longDigits().ReplaceAllString(text.Masked(err.Error()), "…"))
}
