package whatsapp

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"

	waBinary "go.mau.fi/whatsmeow/binary"
	waLog "go.mau.fi/whatsmeow/util/log"
)

// libraryLog gives whatsmeow's log to slog, without what must not be in a log. Debug lines are
// whole stanzas: they are dropped unless asked for.
type libraryLog struct {
	log    *slog.Logger
	module string
	debug  bool
	told   *sync.Map // lines that are logged once, by their format
}

// once are the lines that the library repeats for every message of a flood. One says it.
var once = []string{"Handler queue is full, message ordering is no longer guaranteed"}

var _ waLog.Logger = libraryLog{}

func newLibraryLog(log *slog.Logger, module string, debug bool) libraryLog {
	return libraryLog{log: log, module: module, debug: debug, told: &sync.Map{}}
}

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
	if slices.Contains(once, msg) {
		if _, told := l.told.LoadOrStore(msg, true); told {
			return
		}
	}
	for i, arg := range args {
		if level > slog.LevelDebug { // there whole stanzas were asked for
			args[i] = withoutPerson(arg)
		}
	}
	l.log.Log(context.Background(), level, masked(fmt.Sprintf(msg, args...)), "module", l.module)
}

// withoutPerson is what may be logged of an argument: of a stanza its tag and the attributes that
// say what it is. Its other attributes and its content are names, words and keys.
func withoutPerson(arg any) any {
	switch node := arg.(type) {
	case *waBinary.Node:
		if node != nil {
			return summary(*node)
		}
	case waBinary.Node:
		return summary(node)
	}
	return arg
}

func summary(node waBinary.Node) string {
	var b strings.Builder
	b.WriteString("<" + node.Tag)
	for _, name := range []string{"id", "type", "code", "reason", "expire", "xmlns"} {
		if value, ok := node.Attrs[name]; ok {
			fmt.Fprintf(&b, " %s=%q", name, fmt.Sprint(value))
		}
	}
	for _, child := range node.GetChildren() {
		b.WriteString(" " + summary(child))
	}
	return b.String() + ">"
}

// sensitive matches what may identify a person or open something: seven and more digits in a row
// (phones, LIDs), long hexadecimal (keys and tokens, for message IDs have at most 32 characters) and
// long base64.
var sensitive = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[A-Za-z0-9+/_-]{43,}={0,2}|[0-9a-fA-F]{33,}|[0-9]{7,}`)
})

// masked returns text with every sensitive run replaced by its length.
func masked(text string) string {
	return sensitive().ReplaceAllStringFunc(text, func(run string) string { return fmt.Sprintf("<%d>", len(run)) })
}

// silence is libsignal's logger while we run: the default one prints to standard output
// (logger/DefaultLogger.go), where `link --print-code` promises nothing but codes. What matters
// comes back as an error and is logged by whatsmeow.
type silence struct{}

func (silence) Debug(string, string)   {}
func (silence) Info(string, string)    {}
func (silence) Warning(string, string) {}
func (silence) Error(string, string)   {}
func (silence) Configure(string)       {}
