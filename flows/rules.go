package flows

// A RuleName is a kind of problem, as `flow check` names it.
type RuleName struct{ Name, About string }

// Rules returns every kind of problem there is. Each has a file in testdata/bad that shows it.
func Rules() []RuleName {
	return []RuleName{
		{"yaml-syntax", "the file is not YAML, or uses a corner of it that only surprises"},
		{"yaml-brace", "a text that begins with { without quotes"},
		{"yaml-comma", "a comma that ends a text, or a list without brackets"},
		{"yaml-colon", "a text with \": \" in it without quotes"},
		{"yaml-hash", "a hashtag without quotes: YAML takes it for a comment"},
		{"yaml-quotes", "a text between curly or angled quotes instead of straight ones"},
		{"yaml-indentation", "a non-breaking space at the beginning of a line"},
		{"unknown-key", "a key that does not exist"},
		{"duplicate-key", "a key that stands twice"},
		{"missing-key", "a key or value that is required"},
		{"misplaced-key", "a key that has no effect where it stands"},
		{"wrong-type", "a list where a text belongs, and the like"},
		{"bad-name", "a name with characters that names do not have"},
		{"reserved-name", "a name that the bot uses for something else"},
		{"bad-duration", "a length of time that cannot be read"},
		{"bad-time", "a moment or time zone that cannot be read"},
		{"out-of-range", "a value that is too small or too large"},
		{"broadcast-name", "a broadcast named differently from its file"},
		{"unknown-language", "a language the flow does not have"},
		{"missing-translation", "a text that lacks one of the flow's languages"},
		{"unknown-state", "a state that does not exist"},
		{"unreachable-state", "a state that nothing leads to"},
		{"dead-end", "a state that nobody can leave and that never answers"},
		{"cycle-without-wait", "states that lead to each other without waiting for the person"},
		{"moved-state-exists", "a former name of a state that is still a state"},
		{"moved-without-answer", "a former state that leads to one which answers nothing"},
		{"question-without-timeout", "a question that would wait for ever"},
		{"placeholder-syntax", "braces that are no placeholder"},
		{"unknown-placeholder", "a placeholder that nothing fills"},
		{"placeholder-not-allowed", "braces in words that people write"},
		{"empty-placeholder", "a placeholder that may be empty and has no default, or leaves a gap"},
		{"text-too-long", "a text longer than a message may be"},
		{"invisible-characters", "characters that nobody sees"},
		{"too-many-options", "a menu too long to read, or too many words"},
		{"unmatchable-word", "a key or word that no message can match"},
		{"ambiguous-match", "one message that would match two things"},
		{"answer-is-stop", "an answer that the bot takes for a stop"},
		{"answer-is-help", "an answer that the bot takes for a call for help"},
		{"number-range-contains-2", "a number question whose answer may be 2, the stop"},
		{"weak-opt-in", "an opt-in phrase that people write without meaning it"},
		{"disclosure-incomplete", "a disclosure without the brand or the way out"},
		{"hint-without-way-out", "a hint that does not say how to stop"},
		{"goodbye-with-link", "a link in a text to somebody who left"},
		{"goodbye-invites", "an opt-in phrase in a text to somebody who left"},
	}
}
