package cli

import "optinbot/bot/text"

// paint colours text on a terminal and leaves it alone in a pipe, or where NO_COLOR is set
// (no-color.org), or where the terminal is dumb.
type paint bool

func (a *App) paint() paint { return paint(a.colours(a.out)) }

func (p paint) bold(s string) string   { return text.Paint(p).Bold(s) }
func (p paint) dim(s string) string    { return text.Paint(p).Dim(s) }
func (p paint) red(s string) string    { return text.Paint(p).Red(s) }
func (p paint) green(s string) string  { return text.Paint(p).Green(s) }
func (p paint) yellow(s string) string { return text.Paint(p).Yellow(s) }
