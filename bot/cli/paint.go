package cli

// paint colours text on a terminal and leaves it alone in a pipe, or where NO_COLOR is set
// (no-color.org).
type paint bool

func (a *App) paint() paint { return paint(terminal(a.out) && a.environ["NO_COLOR"] == "") }

func (p paint) with(code, s string) string {
	if !p {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p paint) bold(s string) string   { return p.with("1", s) }
func (p paint) dim(s string) string    { return p.with("2", s) }
func (p paint) red(s string) string    { return p.with("31", s) }
func (p paint) green(s string) string  { return p.with("32", s) }
func (p paint) yellow(s string) string { return p.with("33", s) }
