package flows

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// A QuickReply is a text that people of a shop send again and again, and its name.
type QuickReply struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// How much a file of quick replies has at most.
const (
	maxReplies   = 200
	maxReplyName = 60
	maxReplyText = 4096 // characters, as WhatsApp takes them
)

// LoadReplies reads a file of quick replies: names with their texts, in the order of the file. With
// any problem there are no replies. file is only a name for the messages.
func LoadReplies(file string, src []byte) (list []QuickReply, bad []Problem) {
	source, rep := parse(file, src, false)
	if source.root == nil {
		return nil, rep.problems()
	}
	r := &reader{report: rep}
	n := source.root
	if n.Kind != yaml.MappingNode {
		r.add(posOf(n), "wrong-type", "this must be names with a text each, but it is "+kindOf(n),
			"write one a line: `opening hours: We are open from 9 to 18`")
		return nil, rep.problems()
	}
	r.twice(n)
	for i := 0; i+1 < len(n.Content) && !r.full(); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if isNull(v) {
			r.add(posOf(k), "missing-key", fmt.Sprintf("%q has no text", k.Value), "write the text after the colon")
			continue
		}
		one := QuickReply{Name: strings.TrimSpace(k.Value), Text: r.str(v)}
		switch {
		case one.Name == "" || utf8.RuneCountInString(one.Name) > maxReplyName:
			r.add(posOf(k), "bad-name", fmt.Sprintf("a name has 1 to %d characters", maxReplyName), "write a shorter name")
		case utf8.RuneCountInString(one.Text) > maxReplyText:
			r.add(posOf(v), "text-too-long", fmt.Sprintf("this text has more than %d characters", maxReplyText), "shorten it")
		case len(list) == maxReplies:
			r.add(posOf(k), "out-of-range", fmt.Sprintf("there are more than %d quick replies", maxReplies), "nobody finds one "+
				"among so many: take some out")
			return nil, rep.problems()
		}
		list = append(list, one)
	}
	if bad = rep.problems(); len(bad) > 0 {
		return nil, bad
	}
	return list, nil
}
