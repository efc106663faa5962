package text

// Paint colours text for a terminal, where it is true. False leaves text as it is.
type Paint bool

func (p Paint) with(code, s string) string {
	if !p {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// Bold is for what matters.
func (p Paint) Bold(s string) string { return p.with("1", s) }

// Dim is for what may be passed over.
func (p Paint) Dim(s string) string { return p.with("2", s) }

// Red is for what went wrong.
func (p Paint) Red(s string) string { return p.with("31", s) }

// Green is for what is well, and for what the bot says.
func (p Paint) Green(s string) string { return p.with("32", s) }

// Yellow is for what to look at.
func (p Paint) Yellow(s string) string { return p.with("33", s) }
