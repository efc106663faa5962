package flows

import (
	"strconv"
	"strings"
	"time"
)

// Years that a date may have.
const (
	firstYear = 1900
	lastYear  = 2100
)

// dateIn reads a whole date with its year, day first where only digits say it: 1990-04-03,
// 3/4/1990, 3 de abril de 1990, April 3rd, 1990. The value is YYYY-MM-DD.
func dateIn(text string) ([]string, bool) {
	s := cut(text)
	var numbers []string
	month, position := 0, 0
	for i := 0; i < s.size(); i++ {
		word := s.word(i)
		// the Arabic "second Tishrin"
		if two := s.words(i, min(i+2, s.size())); answerLexicon().months[two] > 0 && two != word {
			word = two
			i++
		}
		switch {
		case ordinal(word) != "":
			numbers = append(numbers, ordinal(word))
		case answerLexicon().months[word] > 0 && month == 0:
			month, position = answerLexicon().months[word], len(numbers)
		case !answerLexicon().between.has(word):
			return nil, false
		}
	}
	day, mon, year, ok := arrange(numbers, month, position)
	if !ok {
		return nil, false
	}
	return validDate(day, mon, year)
}

// ordinal returns the digits of 3, 3rd, 3o or 1er, or "" for anything else.
func ordinal(word string) string {
	digits := strings.TrimRight(word, "abcdefghijklmnopqrstuvwxyz")
	switch strings.TrimPrefix(word, digits) {
	case "", "st", "nd", "rd", "th", "er", "o", "a", "e":
		if allDigits(digits) && len(digits) <= 4 {
			return digits
		}
	}
	return ""
}

// arrange tells day, month and year apart. position is how many numbers stood before the month's
// name.
func arrange(numbers []string, month, position int) (day, mon, year string, ok bool) {
	switch {
	case month > 0 && len(numbers) == 2 && position <= 1 && len(numbers[1]) == 4:
		return numbers[0], strconv.Itoa(month), numbers[1], true
	case month > 0 && len(numbers) == 2 && position == 1 && len(numbers[0]) == 4:
		return numbers[1], strconv.Itoa(month), numbers[0], true
	case month == 0 && len(numbers) == 3 && len(numbers[2]) == 4:
		return numbers[0], numbers[1], numbers[2], true
	case month == 0 && len(numbers) == 3 && len(numbers[0]) == 4:
		return numbers[2], numbers[1], numbers[0], true
	}
	return "", "", "", false
}

// validDate refuses the 31st of February.
func validDate(day, month, year string) ([]string, bool) {
	d, _ := strconv.Atoi(day)
	m, _ := strconv.Atoi(month)
	y, _ := strconv.Atoi(year)
	date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if len(day) > 2 || len(month) > 2 || date.Day() != d || int(date.Month()) != m || y < firstYear || y > lastYear {
		return nil, false
	}
	return []string{date.Format(time.DateOnly)}, true
}
