package whatsapp

import (
	"io"
	"testing"
)

// quick is a socket whose other end answers a write before it returns.
type quick struct {
	nobody
	answer func()
}

func (q quick) Write(p []byte) (int, error) {
	q.answer()
	return len(p), nil
}

func (quick) Read(p []byte) (int, error) { return copy(p, "answer"), nil }

// TestB1TheLoginsAnswerIsWhatComesAfterOurHandshake: however quick it is.
func TestB1TheLoginsAnswerIsWhatComesAfterOurHandshake(t *testing.T) {
	w := newWire(nil)
	read := func() {
		if _, err := w.Read(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
	}
	w.socket = quick{answer: read}
	for i, want := range []bool{false, true} {
		if _, err := io.WriteString(w, "hello"); err != nil {
			t.Fatal(err)
		}
		if w.answered() != want {
			t.Errorf("after write %d: answered %v", i+1, !want)
		}
	}
}
