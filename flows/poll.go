package flows

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// minPoll is how many options a poll has at least. At most it has as many as a menu may have
// (maxOptions), as in WhatsApp's apps.
const minPoll = 2

// PollOptions are the lines of a poll that people tap, in a language: the labels of the options.
func (q *Question) PollOptions(language string, f *Flow) (options []string) {
	for _, o := range q.Options {
		options = append(options, o.Label.In(language, f.Languages))
	}
	return options
}

// Voted reads the votes of a poll: SHA-256 hashes (hex) of the options that were tapped, in
// whatever language they were shown. The values are what is stored, in the order of the options. ok
// is false for a vote that was taken back, or of another poll.
func (q *Question) Voted(votes []string, f *Flow) (values []string, ok bool) {
	var picked []int
	for i, o := range q.Options {
		if slices.ContainsFunc(votes, func(vote string) bool { return o.hashed(vote, f) }) {
			picked = append(picked, i)
		}
	}
	if len(picked) == 0 || q.Choose == One && len(picked) != 1 {
		return nil, false
	}
	return q.values(picked), true
}

// hashed reports whether a vote is for the option.
func (o Option) hashed(vote string, f *Flow) bool {
	return slices.ContainsFunc(f.Languages, func(language string) bool {
		sum := sha256.Sum256([]byte(o.Label.In(language, f.Languages)))
		return hex.EncodeToString(sum[:]) == vote
	})
}
