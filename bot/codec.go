package bot

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A codec writes a value as encoding/json writes it, and reads it back. Neither knows everything:
// what write or read returns false for is left to encoding/json. See contact_doc.go for what it is
// used for.
type codec[T any] struct {
	empty func(*T) bool // the value that omitempty and omitzero leave out
	write func([]byte, *T) ([]byte, bool)
	read  func(*docReader, *T) bool
}

// A docField is one field of an object.
type docField[S any] struct {
	name string // as it stands in the document, with quotes and colon
	need bool   // it is written although it is empty
	codec[S]
}

// optional is the field of a struct that part finds, left out where it is empty.
func optional[S, T any](name string, part func(*S) *T, c codec[T]) docField[S] {
	return docField[S]{name: `"` + name + `":`, codec: codec[S]{
		empty: func(s *S) bool { return c.empty(part(s)) },
		write: func(b []byte, s *S) ([]byte, bool) { return c.write(b, part(s)) },
		read:  func(r *docReader, s *S) bool { return c.read(r, part(s)) },
	}}
}

// always is optional of a field that is written although it is empty.
func always[S, T any](name string, part func(*S) *T, c codec[T]) docField[S] {
	f := optional(name, part, c)
	f.need = true
	return f
}

// A docReader reads a document from its beginning.
type docReader struct {
	rest string
}

// take reads what the document has to go on with.
func (r *docReader) take(s string) bool {
	if !strings.HasPrefix(r.rest, s) {
		return false
	}
	r.rest = r.rest[len(s):]
	return true
}

// each reads what lies between two brackets, one by one. The first bracket has been read.
func (r *docReader) each(end string, one func() bool) bool {
	if r.take(end) {
		return true
	}
	for {
		if !one() {
			return false
		}
		if !r.take(",") {
			return r.take(end)
		}
	}
}

// objectOf is a struct. Its fields are read in the order in which they are written, and no other.
func objectOf[S any](empty func(*S) bool, fields []docField[S]) codec[S] {
	return codec[S]{
		empty: empty,
		write: func(b []byte, s *S) ([]byte, bool) {
			b = append(b, '{')
			start, ok := len(b), true
			for i := range fields {
				f := &fields[i]
				if !f.need && f.empty(s) {
					continue
				}
				if len(b) > start {
					b = append(b, ',')
				}
				if b, ok = f.write(append(b, f.name...), s); !ok {
					return b, false
				}
			}
			return append(b, '}'), true
		},
		read: func(r *docReader, s *S) bool {
			next := 0
			return r.take("{") && r.each("}", func() bool {
				for next < len(fields) && !r.take(fields[next].name) {
					next++
				}
				if next == len(fields) {
					return false
				}
				next++
				return fields[next-1].read(r, s)
			})
		},
	}
}

// pointerTo is what may be nil.
func pointerTo[T any](c codec[T]) codec[*T] {
	return codec[*T]{
		empty: func(p **T) bool { return *p == nil },
		write: func(b []byte, p **T) ([]byte, bool) { return c.write(b, *p) },
		read: func(r *docReader, p **T) bool {
			*p = new(T)
			return c.read(r, *p)
		},
	}
}

func listOf[T any](c codec[T]) codec[[]T] {
	return codec[[]T]{
		empty: func(s *[]T) bool { return len(*s) == 0 },
		write: func(b []byte, s *[]T) ([]byte, bool) {
			if *s == nil {
				return append(b, "null"...), true
			}
			b = append(b, '[')
			ok := true
			for i := range *s {
				if i > 0 {
					b = append(b, ',')
				}
				if b, ok = c.write(b, &(*s)[i]); !ok {
					return b, false
				}
			}
			return append(b, ']'), true
		},
		read: func(r *docReader, s *[]T) bool {
			if r.take("null") {
				return true
			}
			if !r.take("[") {
				return false
			}
			all := make([]T, 0, 2) // most have one or two
			ok := r.each("]", func() bool {
				all = append(all, *new(T))
				return c.read(r, &all[len(all)-1])
			})
			*s = all
			return ok
		},
	}
}

// namedLists is preferences: lists by name, in the order of the names.
func namedLists() codec[map[string][]string] {
	list := listOf(textCodec[string]())
	return codec[map[string][]string]{
		empty: func(m *map[string][]string) bool { return len(*m) == 0 },
		write: func(b []byte, m *map[string][]string) ([]byte, bool) {
			b = append(b, '{')
			var few [8]string
			names := few[:0]
			for name := range *m {
				names = append(names, name)
			}
			slices.Sort(names)
			for i, name := range names {
				if i > 0 {
					b = append(b, ',')
				}
				values := (*m)[name]
				b, _ = list.write(append(appendText(b, name), ':'), &values)
			}
			return append(b, '}'), true
		},
		read: func(r *docReader, m *map[string][]string) bool {
			*m = map[string][]string{}
			return r.take("{") && r.each("}", func() bool {
				name, ok := r.text()
				var values []string
				if !ok || !r.take(":") || !list.read(r, &values) {
					return false
				}
				(*m)[name] = values
				return true
			})
		},
	}
}

func textCodec[T ~string]() codec[T] {
	return codec[T]{
		empty: func(s *T) bool { return *s == "" },
		write: func(b []byte, s *T) ([]byte, bool) { return appendText(b, string(*s)), true },
		read: func(r *docReader, s *T) bool {
			text, ok := r.text()
			*s = T(text)
			return ok
		},
	}
}

// appendText appends a string as encoding/json writes it, which is asked where something in it may
// have to be escaped.
func appendText(b []byte, s string) []byte {
	plain := true
	for i := range len(s) {
		c := s[i]
		plain = plain && c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && c < utf8.RuneSelf
	}
	if plain || isPlain(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	escaped, _ := json.Marshal(s) // a string has no error
	return append(b, escaped...)
}

// isPlain reports whether encoding/json escapes nothing in s.
func isPlain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || strings.ContainsRune("\"\\<>&\u2028\u2029", r)
	})
}

// text reads a string.
func (r *docReader) text() (s string, ok bool) {
	if !r.take(`"`) {
		return "", false
	}
	escaped := false
	for i := 0; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			return "", false
		case c == '"':
			s, r.rest = r.rest[:i], r.rest[i+1:]
			if escaped || !utf8.ValidString(s) {
				return unescaped(s)
			}
			return s, true
		}
	}
	return "", false
}

// unescaped is what stands in a string between the quotes.
func unescaped(s string) (text string, ok bool) {
	err := json.Unmarshal([]byte(`"`+s+`"`), &text)
	return text, err == nil
}

func boolCodec() codec[bool] {
	return codec[bool]{
		empty: func(v *bool) bool { return !*v },
		write: func(b []byte, v *bool) ([]byte, bool) { return strconv.AppendBool(b, *v), true },
		read: func(r *docReader, v *bool) bool {
			*v = r.take("true")
			return *v || r.take("false")
		},
	}
}

func integerCodec[T ~int | ~int64]() codec[T] {
	return codec[T]{
		empty: func(v *T) bool { return *v == 0 },
		write: func(b []byte, v *T) ([]byte, bool) { return strconv.AppendInt(b, int64(*v), 10), true },
		read: func(r *docReader, v *T) bool {
			n := len(r.rest) - len(strings.TrimLeft(r.rest, "-0123456789"))
			i, err := strconv.ParseInt(r.rest[:n], 10, strconv.IntSize)
			if err != nil || strconv.FormatInt(i, 10) != r.rest[:n] {
				return false
			}
			*v, r.rest = T(i), r.rest[n:]
			return true
		},
	}
}

func timeCodec() codec[time.Time] {
	return codec[time.Time]{
		empty: func(t *time.Time) bool { return t.IsZero() },
		write: func(b []byte, t *time.Time) ([]byte, bool) {
			b, err := t.AppendText(append(b, '"'))
			return append(b, '"'), err == nil
		},
		read: func(r *docReader, t *time.Time) bool {
			if !r.take(`"`) {
				return false
			}
			text, rest, found := strings.Cut(r.rest, `"`)
			r.rest = rest
			return found && t.UnmarshalText([]byte(text)) == nil
		},
	}
}

// zero reports whether a struct is the zero value, for omitzero.
func zero[T comparable](v *T) bool { return *v == *new(T) }

// never is empty of a struct that is not left out.
func never[T any](*T) bool { return false }
