package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// TypedPhone is somebody's phone as it stands on the command line, where its parts may be words of
// their own.
type TypedPhone []string

// String is what was typed.
func (p TypedPhone) String() string { return strings.Join(p, " ") }

// isPhone reports whether there is nothing but one phone in it.
func (p TypedPhone) isPhone() bool {
	if len(p) == 1 && desk.WithoutPhone(p[0]) {
		return true
	}
	if _, err := bot.ReadPhone(p.String(), ""); err == nil {
		return true
	}
	return !strings.ContainsFunc(p.String(), unicode.IsLetter)
}

// phoneAnd splits words of the command line where a phone, in as many words as it has, comes before
// one other word.
func phoneAnd(words TypedPhone) (phone TypedPhone, other string) {
	last := len(words) - 1
	if last < 0 {
		return nil, ""
	}
	return words[:last], words[last]
}

// choose asks which of several phones is meant. Whoever cannot answer is told all of them.
func (a *App) choose(ctx context.Context, typed string, phones []string) (string, error) {
	if !terminal(a.in) {
		return "", desk.Ambiguous(typed, phones)
	}
	for _, phone := range phones {
		err := Confirmed{}.confirm(ctx, a, fmt.Sprintf("Did you mean %s (%s)?", phone, bot.RegionOf(phone)))
		if err == nil {
			return phone, nil
		}
		if !errors.Is(err, desk.ErrRefused) {
			return "", err
		}
	}
	return "", desk.Ambiguous(typed, phones)
}
