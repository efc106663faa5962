package flows

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Names that mean something already: the values of consent, the events of the flow's machine, and
// the two words that its library takes for "any".
var (
	reservedStates = []string{"new", "pending", "subscribed", "unsubscribed", "state", "event", EventAnswer,
		EventTimeout, EventNext, EventOptIn, EventOptOut, EventOtherwise}
	reservedPreferences = []string{PlaceholderFirstName, PlaceholderName, PlaceholderBrand, PlaceholderOptions,
		"consent", "language", "tags", "phone", "state", "event", "new", "pending", "subscribed", "unsubscribed"}
)

// reservedNames reports states and preferences named like something the bot has.
func (c *checker) reservedNames() {
	c.each(func(s *State) {
		if slices.Contains(reservedStates, s.Name) || machineWord(s.Name) {
			c.add(c.src.keyAt("states", s.Name), "reserved-name",
				fmt.Sprintf("a state cannot be called %q: the bot uses the name itself", s.Name),
				fmt.Sprintf("choose another name, for instance %q", "my_"+s.Name))
		}
		if s.Ask != nil && slices.Contains(reservedPreferences, s.Ask.Preference) {
			c.add(c.src.at("states", s.Name, "ask"), "reserved-name",
				fmt.Sprintf("a preference cannot be called %q: the bot uses the name itself", s.Ask.Preference),
				"name it after what people answer: interests, size, birthday")
		}
		if s.Ask != nil && strings.Contains(s.Ask.Preference, "-") {
			c.add(c.src.at("states", s.Name, "ask"), "bad-name",
				fmt.Sprintf("%q cannot be a preference: it is a placeholder too", s.Ask.Preference),
				"write _ instead of -")
		}
	})
}

// machineWord reports the beginnings that the machine's library gives a meaning.
func machineWord(name string) bool {
	for _, stem := range []string{"enter_", "leave_", "before_", "after_"} {
		if strings.HasPrefix(name, stem) {
			return true
		}
	}
	return false
}

// Bounds of lengths of time and counts.
const (
	minTimeout  = time.Minute
	maxTimeout  = 7 * 24 * time.Hour
	minReminder = 10 * time.Minute
	maxReminder = 23 * time.Hour
	maxAtMost   = 5
)

// lengthsOfTime reports timeouts and reminders that are too short or too long.
func (c *checker) lengthsOfTime() {
	c.each(func(s *State) {
		if s.Ask == nil {
			return
		}
		if after := s.Ask.Timeout.After; after != 0 && (after < minTimeout || after > maxTimeout) {
			c.outOfRange("a timeout is at least 1m and at most 7d", "states", s.Name, "timeout", "after")
		}
		if s.Ask.Reminder == nil || s.Ask.Reminder.After == 0 {
			return
		}
		switch after := s.Ask.Reminder.After; {
		case after < minReminder || after > maxReminder:
			c.outOfRange("a reminder comes after at least 10m and at most 23h", "states", s.Name, "reminder", "after")
		case s.Ask.Timeout.After != 0 && after >= s.Ask.Timeout.After:
			c.outOfRange("the reminder would come after the timeout, so never", "states", s.Name, "reminder", "after")
		}
	})
}

func (c *checker) outOfRange(message string, path ...string) {
	c.add(c.src.at(path...), "out-of-range", message, "choose a value within these bounds")
}

// fallbacks reports `otherwise` that answers too often, or nothing.
func (c *checker) fallbacks() {
	c.each(func(s *State) {
		if n := s.Otherwise.AtMost; n < 1 || n > maxAtMost {
			c.outOfRange(
				"at_most is a number from 1 to 5: after so many answers in a row the bot is quiet and tells you",
				"states", s.Name, "otherwise", "at_most")
		}
		if s.Ask == nil && c.src.has("states", s.Name, "otherwise") &&
			!c.src.has("states", s.Name, "otherwise", "say") {
			c.add(c.src.keyAt("states", s.Name, "otherwise"), "missing-key", `otherwise has no "say"`,
				"add the text; only a state that asks something has one built in")
		}
	})
}

// numbers reports ranges that are empty or contain the stop.
func (c *checker) numbers() {
	c.each(func(s *State) {
		if s.Ask == nil || s.Ask.Choose != Number || s.Ask.unread {
			return
		}
		q := s.Ask
		switch {
		case q.Min > q.Max:
			c.outOfRange(fmt.Sprintf("no number is at least %d and at most %d", q.Min, q.Max), "states", s.Name, "min")
		case q.Min <= 2 && 2 <= q.Max || q.Min <= -2 && -2 <= q.Max: // "-2" is read as a stop, too
			c.add(c.src.keyAt("states", s.Name, "choose"), "number-range-contains-2",
				fmt.Sprintf("the answer may be 2 (from %s to %s), and who writes 2 wants to stop",
					strconv.FormatInt(q.Min, 10), strconv.FormatInt(q.Max, 10)),
				"offer options with `choose: one`: 1, two to three, 4+; or set `min: 3`")
		}
	})
}
