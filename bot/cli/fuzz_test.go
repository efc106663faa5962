package cli

import (
	"testing"

	"optinbot/bot/play"
)

// FuzzConversations: any .chat file is read or refused.
func FuzzConversations(f *testing.F) {
	f.Add("# title\nAna +5511900000001 > oi\n< *\n+1h\n! needs_person\n")
	f.Add("= main\n>\n<\n")
	f.Fuzz(func(t *testing.T, src string) {
		conversations, err := play.ParseConversations(src)
		if err == nil {
			for _, c := range conversations {
				play.Matches(c.Title, src)
			}
		}
	})
}
