package flows

import (
	"crypto/sha256"
	"encoding/hex"
)

// Load reads one flow. It returns every problem at once, in the order of the file; with any problem there is no Flow.
// file is only a name for the messages.
func Load(file string, src []byte) (*Flow, []Problem) {
	source, r := parse(file, src)
	if source.root == nil {
		return nil, r.problems()
	}
	f := readFlow(source, r)
	f.Version = Version(src)
	f.Words = vocabulary(f)
	check(f, r)
	if list := r.problems(); len(list) > 0 {
		return nil, list
	}
	compile(f)
	return f, nil
}

// Version names the content of a file: the first 12 hex digits of its SHA-256.
func Version(src []byte) string {
	sum := sha256.Sum256(src)
	return hex.EncodeToString(sum[:])[:12]
}
