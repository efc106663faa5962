package desk

// A Question is what somebody has to answer with yes before an act is done. Whoever lets an operator
// in asks it, and does nothing without that answer.
type Question struct {
	Before  string // what there is to know first. "" where a preview or an offer has shown it
	Asks    string
	Anew    bool  // a yes that was given before the question was known, such as --yes, is no answer to it
	Unasked error // why nothing is done where nobody can be asked. Nil where an earlier yes would do
}
