package whatsapp

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"

	waLog "go.mau.fi/whatsmeow/util/log"
)

// libraryLog gives whatsmeow's log to slog, without what must not be in a log. Debug lines are whole stanzas: they are
// dropped unless asked for.
type libraryLog struct {
	log    *slog.Logger
	module string
	debug  bool
}

var _ waLog.Logger = libraryLog{}

func (l libraryLog) Errorf(msg string, args ...any) { l.print(slog.LevelError, msg, args) }
func (l libraryLog) Warnf(msg string, args ...any)  { l.print(slog.LevelWarn, msg, args) }
func (l libraryLog) Infof(msg string, args ...any)  { l.print(slog.LevelInfo, msg, args) }

func (l libraryLog) Debugf(msg string, args ...any) {
	if l.debug {
		l.print(slog.LevelDebug, msg, args)
	}
}

func (l libraryLog) Sub(module string) waLog.Logger {
	if l.module != "" {
		module = l.module + "/" + module
	}
	l.module = module
	return l
}

func (l libraryLog) print(level slog.Level, msg string, args []any) {
	if !l.log.Enabled(context.Background(), level) {
		return // before formatting: a stanza is long
	}
	l.log.Log(context.Background(), level, masked(fmt.Sprintf(msg, args...)), "module", l.module)
}

// sensitive matches what may identify a person or open something: seven and more digits in a row (phones, LIDs), long
// hexadecimal (keys and tokens; message IDs have at most 32 characters) and long base64.
var sensitive = regexp.MustCompile(`[A-Za-z0-9+/_-]{43,}={0,2}|[0-9a-fA-F]{33,}|[0-9]{7,}`)

// masked returns text with every sensitive run replaced by its length.
func masked(text string) string {
	return sensitive.ReplaceAllStringFunc(text, func(run string) string { return fmt.Sprintf("<%d>", len(run)) })
}

// silence is libsignal's logger while we run: the default one prints to standard output (logger/DefaultLogger.go), where
// `link --print-code` promises nothing but codes. What matters comes back as an error and is logged by whatsmeow.
type silence struct{}

func (silence) Debug(string, string)   {}
func (silence) Info(string, string)    {}
func (silence) Warning(string, string) {}
func (silence) Error(string, string)   {}
func (silence) Configure(string)       {}
