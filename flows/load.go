package flows

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
)

// Load reads one flow. It returns every problem at once, in the order of the file. With any problem
// that is no warning there is no Flow. Where there is one, it has the warnings. file is only a name
// for the messages.
func Load(file string, src []byte) (*Flow, []Problem) { return load(file, src, false) }

// LoadAccepted reads a flow that a number has run with: what rules that are newer than it find are
// warnings (promise O5). A word that only newer tables take for a stop stays an answer while its
// question is open: see Flow.Keeps.
func LoadAccepted(file string, src []byte) (*Flow, []Problem) { return load(file, src, true) }

func load(file string, src []byte, accepted bool) (*Flow, []Problem) {
	source, r := parse(file, src, accepted)
	if source.root == nil {
		return nil, r.problems()
	}
	f := readFlow(source, r)
	f.Version = Version(src)
	f.named, f.stops = map[string]bool{}, map[string][]string{}
	maps.Copy(f.stops, f.OptOut.Words)
	f.Words = vocabulary(f)
	if len(f.Languages) > 0 {
		f.hear(f.OptOut.Hint, f.OptIn.Disclosure)
	}
	check(f, r)
	problems, warnings := r.outcome()
	if len(problems) > 0 {
		return nil, problems
	}
	f.Warnings = warnings
	compile(f)
	return f, nil
}

// Version names the content of a file: the first 12 hex digits of its SHA-256.
func Version(src []byte) string {
	sum := sha256.Sum256(src)
	return hex.EncodeToString(sum[:])[:12]
}
