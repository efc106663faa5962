package flows

// A RuleName is a kind of problem, as `flow check` names it.
type RuleName struct {
	Name, About string
	Force       Force
}

// A Force says whom a rule binds: what was accepted goes on (promise O5), a new edit keeps every
// rule.
type Force int

// The forces. A rule that is new since commit 2cfbdc0 has the force Newer and a file in
// testdata/older that shows it and was accepted before.
const (
	Always Force = iota // also what was accepted: it kept the rule when it was, and the bot needs it
	// Growing: the rule depends on tables of words, which grow. It only warns about
	// what was accepted.
	Growing
	Newer  // the rule is younger than files that are in use: of what was accepted it only warns
	Advice // it never refuses anything
)

// forceOf is the force of a rule by its name.
func forceOf(rule string) Force {
	for _, r := range Rules() {
		if r.Name == rule {
			return r.Force
		}
	}
	return Always
}

// Rules returns every kind of problem there is. Each has a file in testdata/bad that shows it.
func Rules() []RuleName {
	return []RuleName{
		{"yaml-syntax", "the file is not YAML, or uses a corner of it that only surprises", Always},
		{"yaml-brace", "a text that begins with { without quotes", Always},
		{"yaml-comma", "a comma that ends a text, or a list without brackets", Always},
		{"yaml-colon", "a text with \": \" in it without quotes", Always},
		{"yaml-hash", "a hashtag without quotes: YAML takes it for a comment", Always},
		{"yaml-quotes", "a text between curly or angled quotes instead of straight ones", Always},
		{"yaml-indentation", "a non-breaking space at the beginning of a line", Always},
		{"unknown-key", "a key that does not exist", Always},
		{"duplicate-key", "a key that stands twice", Always},
		{"missing-key", "a key or value that is required", Always},
		{"misplaced-key", "a key that has no effect where it stands", Always},
		{"wrong-type", "a list where a text belongs, and the like", Always},
		{"bad-name", "a name with characters that names do not have", Always},
		{"reserved-name", "a name that the bot uses for something else", Always},
		{"bad-duration", "a length of time that cannot be read", Always},
		{"bad-time", "a moment or time zone that cannot be read", Always},
		{"out-of-range", "a value that is too small or too large", Always},
		{"audience", "an audience that cannot be read, or that nobody could ever be in", Always},
		{"media-file", "a file that is not there, too large, or not what it is said to be", Always},
		{"broadcast-name", "a broadcast named differently from its file", Always},
		{"unknown-language", "a language the flow does not have", Always},
		{"missing-translation", "a text that lacks one of the flow's languages", Always},
		{"language-without-words",
			"a language of the flow for which no stop words or no words around answers are built in", Advice},
		{"unknown-state", "a state that does not exist", Always},
		{"unreachable-state", "a state that nothing leads to", Always},
		{"dead-end", "a state that nobody can leave and that never answers", Always},
		{"cycle-without-wait", "states that lead to each other without waiting for the person", Always},
		{"moved-state-exists", "a former name of a state that is still a state", Always},
		{"moved-without-answer", "a former state that leads to one which answers nothing", Always},
		{"question-without-timeout", "a question that would wait for ever", Always},
		{"placeholder-syntax", "braces that are no placeholder", Always},
		{"unknown-placeholder", "a placeholder that nothing fills", Always},
		{"placeholder-not-allowed", "braces in words that people write", Always},
		{"empty-placeholder", "a placeholder that may be empty and has no default, or leaves a gap", Always},
		{"foreign-placeholder", "a placeholder as other programs write it, which people would read as it stands",
			Newer},
		{"foreign-markup", "the signs of a web page or of Markdown, or a \\n, which people would read as they stand",
			Advice},
		{"text-too-long", "a text longer than a message may be", Always},
		{"invisible-characters", "characters that nobody sees", Always},
		{"too-many-options", "a menu too long to read, or too many words", Always},
		{"unmatchable-word", "a key or word that no message can match", Always},
		{"ambiguous-match", "one message that would match two things", Growing},
		{"answer-is-stop", "an answer that the bot takes for a stop", Growing},
		{"answer-is-help", "an answer that the bot takes for a call for help", Growing},
		{"number-range-contains-2", "a number question whose answer may be 2, the stop", Always},
		{"weak-opt-in", "an opt-in phrase that people write without meaning it", Growing},
		{"disclosure-incomplete", "a disclosure without the brand or the way out", Growing},
		{"hint-without-way-out", "a hint that does not say how to stop", Growing},
		{"template", "what WhatsApp does not approve of a broadcast on the Cloud API", Newer},
		{"goodbye-with-link", "a link in a text to somebody who left", Always},
		{"goodbye-invites", "an opt-in phrase in a text to somebody who left", Growing},
	}
}
