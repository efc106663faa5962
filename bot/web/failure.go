package web

import (
	"log/slog"

	"optinbot/bot/text"
)

// failure is an error as the log has it, without whom it names.
func failure(err error) slog.Attr {
	return slog.String("error", text.Unnamed(err.Error()))
}
