package flows

// A Shape is what may stand after a key.
type Shape string

// The shapes. "By language" means: one value for all where the flow has one language, else a line
// for each.
const (
	ShapeString    Shape = "string"    // one text
	ShapeName      Shape = "name"      // small letters, digits, _ and -
	ShapeState     Shape = "state"     // the name of a state
	ShapeBool      Shape = "bool"      // true or false
	ShapeInteger   Shape = "integer"   // a whole number
	ShapeDuration  Shape = "duration"  // 30m, 24h, 7d
	ShapeList      Shape = "list"      // texts, one alone without brackets
	ShapeText      Shape = "text"      // what the bot says, by language, in one or several variants
	ShapeWords     Shape = "words"     // what people write, by language
	ShapeLabel     Shape = "label"     // a short text by language
	ShapeObject    Shape = "object"    // keys of its own
	ShapeNamed     Shape = "named"     // names of the operator's own, each with what stands at Path.*
	ShapeObjects   Shape = "objects"   // a list of what stands at Path[]
	ShapeLanguages Shape = "languages" // a list of language codes
)

// A Key is one key of a file, as docs/flows.md and the schema for editors tell it.
type Key struct {
	Path     string // from the top: "states.*.timeout.after". * is a name of the operator's own, [] an item of a list
	Shape    Shape
	Required bool
	OneOf    []string // the values there are, or nil: any of the shape
	About    string   // a sentence for the operator, without a full stop
}

// FlowKeys are the keys of a flow, each after the one it stands in. A test compares them with what
// the reader takes.
func FlowKeys() []Key {
	return []Key{
		{"flow", ShapeName, true, nil, "the flow's name: small letters, digits, `_` and `-`"},
		{"brand", ShapeString, true, nil,
			"your shop, as people know it. Numbers with the same brand share their stops"},
		{"languages", ShapeLanguages, true, nil, "two-letter codes, the first is the default: `[en, pt, es]`"},
		{"start", ShapeState, true, nil, "the state in which somebody new is greeted"},
		{"opt_in", ShapeObject, true, nil, "how people sign up, the only way in"},
		{"opt_in.phrases", ShapeWords, true, nil,
			"the exact words that subscribe. Not a greeting, not yes, not a number, " +
				"and not a single word unless `confirm` is true"},
		{"opt_in.disclosure", ShapeText, true, nil,
			"who writes, what, how often, and how to stop. It must name the brand and the way out"},
		{"opt_in.confirm", ShapeBool, false, nil,
			"`true`: the disclosure is asked as a question, and only a yes counts. Left out: the phrase is enough"},
		{"opt_in.goto", ShapeState, true, nil, "the state that follows"},
		{"opt_in.question", ShapeText, false, nil,
			"asked when somebody nearly wrote a phrase (\"promotions please\"); built in"},
		{"opt_in.declined", ShapeText, false, nil, "the answer to their no; built in"},
		{"opt_out", ShapeObject, false, nil, "what is said around leaving; built in"},
		{"opt_out.hint", ShapeText, false, nil, "added below every broadcast. It must name 2 or a stop word"},
		{"opt_out.goodbye", ShapeText, false, nil,
			"sent once when somebody leaves. No link, no offer, no opt-in phrase"},
		{"opt_out.after", ShapeText, false, nil,
			"the one answer to somebody who left and writes again. No link, no opt-in phrase"},
		{"opt_out.unsure", ShapeText, false, nil, "\"do you want to stop?\", when a message only sounds like it"},
		{"opt_out.stays", ShapeText, false, nil, "the answer to their no"},
		{"opt_out.words", ShapeWords, false, nil, "stop words of your own, besides the built-in ones"},
		{"states", ShapeNamed, true, nil, "the conversation"},
		{"states.*", ShapeObject, false, nil, "a place in the conversation"},
		{"states.*.say", ShapeText, false, nil, "what is said on arrival"},
		{"states.*.card", ShapeBool, false, nil,
			"`true`: also sends your contact card, so that people can save the number"},
		{"states.*.ask", ShapeName, false, nil, "makes it a question: the name under which the answer is kept"},
		{"states.*.choose", ShapeString, false, []string{One, Many, Free, Number, Date, YesNo}, "the kind of question"},
		{"states.*.options", ShapeNamed, false, nil, "of `one` and `many`: a key (A, B, C; never 2) and what it means"},
		{"states.*.options.*", ShapeObject, false, nil, "one line of the menu; a text alone is its label"},
		{"states.*.options.*.value", ShapeString, false, nil, "what is kept; left out, it is the label"},
		{"states.*.options.*.label", ShapeLabel, true, nil, "what the menu shows"},
		{"states.*.options.*.also", ShapeList, false, nil, "other words that mean it, in any language"},
		{"states.*.poll", ShapeBool, false, nil,
			"of `one` and `many`: `true` asks with a WhatsApp poll, to be tapped. " +
				"Typed letters or words are understood as well"},
		{"states.*.min", ShapeInteger, false, nil,
			"of `number`: the smallest answer. 2 must not lie between `min` and `max`"},
		{"states.*.max", ShapeInteger, false, nil, "of `number`: the largest answer"},
		{"states.*.timeout", ShapeObject, false, nil,
			"required for a question. People who never answer move on and hear nothing"},
		{"states.*.timeout.after", ShapeDuration, true, nil, "1m to 7d"},
		{"states.*.timeout.goto", ShapeState, true, nil, "the state they move to"},
		{"states.*.reminder", ShapeObject, false, nil, "once, before the timeout"},
		{"states.*.reminder.after", ShapeDuration, true, nil, "10m to 23h"},
		{"states.*.reminder.say", ShapeText, false, nil, "left out: the question again"},
		{"states.*.when", ShapeObjects, false, nil, "words that lead somewhere"},
		{"states.*.when[]", ShapeObject, false, nil, "one rule; the first that fits counts"},
		{"states.*.when[].words", ShapeWords, true, nil,
			"the whole message, politeness aside; capitals, accents and punctuation do not matter"},
		{"states.*.when[].say", ShapeText, false, nil, "said before the state is entered"},
		{"states.*.when[].goto", ShapeState, true, nil, "the state they lead to"},
		{"states.*.otherwise", ShapeObject, false, nil,
			"the answer to everything else; in a question left out: \"Sorry, I did not get that\", " +
				"and the question again"},
		{"states.*.otherwise.say", ShapeText, false, nil, "left out: nothing"},
		{"states.*.otherwise.at_most", ShapeInteger, false, nil,
			"how many times in a row, 1 to 5; default 2. Then the bot is quiet and alerts you"},
		{"states.*.next", ShapeState, false, nil,
			"the state that follows; required for a question. Without a question it follows at once"},
		{"help", ShapeText, false, nil, "the answer to HELP; built in"},
		{"unreadable", ShapeText, false, nil,
			"the answer to voice notes, stickers and pictures without words; built in"},
		{"resend", ShapeText, false, nil, "asks for a message again that could not be read; built in"},
		{"moved", ShapeNamed, false, nil, "former names of states, so that people who stand there move with them"},
		{"moved.*", ShapeState, false, nil, "the state that it is called today"},
	}
}

// BroadcastKeys are the keys of a draft.
func BroadcastKeys() []Key {
	return []Key{
		{"broadcast", ShapeName, false, nil, "its name, which is the file's"},
		{"at", ShapeString, false, nil, "`now`, or a time as 2026-12-01 10:00; left out: now"},
		{"cron", ShapeString, false, nil,
			"instead of `at`, again and again: minute, hour, day of the month, month, day of the week, " +
				"as `0 10 * * 5`"},
		{"zone", ShapeString, false, nil,
			"the time zone of the times, as Europe/Lisbon; `contact`: each contact's own time; left out: the shop's"},
		{"starts", ShapeString, false, nil,
			"of `cron`: not before this day, as 2026-12-01, or time, as 2026-12-01 10:00"},
		{"ends", ShapeString, false, nil, "of `cron`: not after this day or time"},
		{"grace", ShapeDuration, false, nil,
			"how much later than its time it may still start on its own, at most 24h; " +
				"left out: `broadcast.grace` of config.yaml"},
		{"text", ShapeText, true, nil,
			"what people get, by language; who reads one that it lacks gets that of the flow's first that it has. " +
				"The way out is added below it"},
		{"audience", ShapeString, false, nil,
			"who among the subscribers gets it, as `\"shoes\" in interests and language == \"pt\"`; left out: all"},
		{"first", ShapeInteger, false, nil, "at most this number of them, in the order in which they first wrote"},
		{"sample", ShapeString, false, nil, "only a share of them, as 10%; always the same people"},
		{"media", ShapeObject, false, nil,
			"a file that goes out with the text, which is its caption: one of `image`, `video`, `document`"},
		{"media.image", ShapeString, false, nil, "the name of a JPEG or PNG beside the broadcast, at most 5 MB"},
		{"media.video", ShapeString, false, nil, "an MP4 or 3GP, at most 16 MB"},
		{"media.document", ShapeString, false, nil, "a PDF or other file, at most 20 MB"},
		{"template", ShapeObject, false, nil,
			"of a number on the Cloud API: templates that you have made in WhatsApp Manager; left out: `broadcast template " +
				"submit` makes them"},
		{"template.name", ShapeList, false, nil, "the name of the template, or one for each variant of the text"},
		{"template.languages", ShapeNamed, false, nil, "what a language is called there, as `{pt: pt_PT}`"},
		{"template.languages.*", ShapeString, false, nil, "its code"},
		{"template.stop", ShapeLabel, false, nil, "what the stop button says, at most 25 characters; built in"},
	}
}
