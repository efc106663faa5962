package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"optinbot/bot/config"
)

// replayAll plays the conversations of a number's flow, for a replay.
func replayAll(ctx context.Context, o options, n config.Number) (failed []tested, err error) {
	list, err := conversationsOf(o.files, n)
	if err != nil {
		return nil, unplayable{fmt.Sprintf("the conversations of flow %s cannot be read: %v. The bot goes on as before", n.Flow, err)}
	}
	for i := range list {
		s, err := stageFor(ctx, o, &list[i])
		var nowhere noScratch
		if errors.As(err, &nowhere) {
			return nil, unplayable{fmt.Sprintf("flow %s was edited, and its conversations cannot be played: %v. The bot goes on as before; "+
				"then `optinbot flow reload` takes the edit", n.Flow, err)}
		}
		if err != nil {
			return nil, unplayable{fmt.Sprintf("a conversation of flow %s cannot be played: %s:%v. The bot goes on as before", n.Flow, list[i].file, err)}
		}
		s.play(&list[i])
		if err := s.close(); err != nil {
			return nil, err
		}
		if len(s.failures) > 0 {
			failed = append(failed, tested{File: list[i].file, Line: list[i].line, Title: list[i].title, Failures: s.failures})
		}
	}
	return failed, nil
}

// conversationsOf are the conversations that are played on a number's flow.
func conversationsOf(f *files, n config.Number) (out []conversation, err error) {
	list, err := f.conversations()
	if err != nil {
		return nil, err
	}
	for _, file := range list {
		found, err := parseConversations(file.text)
		if err != nil {
			return nil, fmt.Errorf("%s:%w", file.shown, err)
		}
		for _, c := range found {
			c.file = file.shown
			if c.flowName(f.config.Numbers[0].Flow) == n.Flow {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// flowName is the flow that a conversation is played on.
func (c conversation) flowName(usual string) string {
	for _, line := range c.setup {
		if name, ok := strings.CutPrefix(line.text, "flow "); ok {
			return flowName(strings.TrimSpace(name))
		}
	}
	return usual
}
