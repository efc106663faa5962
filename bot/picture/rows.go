package picture

import (
	"strings"
	"unicode"

	"optinbot/bot/text"
)

// A letter is one character of a message and how wide it is.
type letter struct {
	rune
	bold  bool
	width float64
}

// rows breaks a text at its line breaks, and at spaces where a row would be wider than so many
// pixels. A word that is wider is cut.
func rows(s string, widest float64) (out [][]run) {
	for line := range strings.SplitSeq(s, "\n") {
		rest := letters(line)
		for {
			n, next := fits(rest, widest)
			out = append(out, runs(rest[:n]))
			if next == len(rest) {
				break
			}
			rest = rest[next:]
		}
	}
	return out
}

// fits is how many letters a row takes, and where the next row begins: after the space that the row
// ends at.
func fits(line []letter, widest float64) (n, next int) {
	space, used := -1, 0.0
	for i, l := range line {
		if l.rune == ' ' && i > 0 {
			space = i
		}
		if used += l.width; used <= widest || i == 0 || l.width == 0 {
			continue
		}
		if space > 0 {
			return space, space + 1
		}
		return i, i
	}
	return len(line), len(line)
}

// runs joins letters of one weight.
func runs(line []letter) (out []run) {
	for _, l := range line {
		last := len(out) - 1
		if last < 0 || out[last].bold != l.bold {
			out = append(out, run{bold: l.bold})
			last++
		}
		out[last].text += string(l.rune)
	}
	return out
}

// letters are the characters of a line. Those between *stars* are bold, and the stars are not
// shown.
func letters(line string) (out []letter) {
	pieces := strings.Split(line, "*")
	for i, piece := range pieces {
		between := i%2 == 1 && i < len(pieces)-1
		bold := between && piece != "" && strings.TrimSpace(piece) == piece
		if i%2 == 1 && !bold {
			piece = "*" + piece
			if between {
				piece += "*"
			}
		}
		for _, r := range piece {
			out = append(out, letter{r, bold, widthOf(string(r), fontSize, bold)})
		}
	}
	return out
}

// Letters by their width in a sans-serif type: about, and rather too wide than too narrow, for
// every reader has another one.
const (
	narrow = "fijlrtI.,:;!'|()[]/ ·’"
	broad  = "mwMW@%—…"
)

// widthOf is about how many pixels wide a text of one line is.
func widthOf(s string, size float64, bold bool) float64 {
	sum := 0.0
	for _, r := range s {
		switch {
		case text.Columns(string(r)) == 0:
		case text.Columns(string(r)) == 2:
			sum += 1.2
		case strings.ContainsRune(narrow, r):
			sum += 0.32
		case strings.ContainsRune(broad, r):
			sum += 0.88
		case unicode.IsUpper(r):
			sum += 0.7
		default:
			sum += 0.56
		}
	}
	if bold {
		sum *= 1.08
	}
	return sum * size
}
