package words

// longestRequest is the most words of a clause that a frame alone makes a request: longer ones tell
// stories.
const longestRequest = 20

// judgeFrames weighs every core and returns the verdict of the best one.
func (f *frameReader) judgeFrames() Recognition {
	best := Recognition{}
	if f.wantsBack() {
		return best
	}
	for i := range f.cores {
		c := &f.cores[i]
		f.weigh(c)
		if c.nothing {
			continue
		}
		v := Recognition{Outcome: Out, Tier: 2, Rule: "frame." + c.frame, Word: f.slice(c.from, c.to),
			Language: f.language}
		if c.against != "" {
			v.Outcome, v.Tier, v.Rule = Unsure, 3, v.Rule+"/"+c.against
		}
		if v.Outcome > best.Outcome {
			best = v
		}
	}
	if best.Outcome == Out {
		if why := f.againstAll(); why != "" {
			best.Outcome, best.Tier, best.Rule = Unsure, 3, best.Rule+"/"+why
		}
	}
	return best
}

// wantsBack reports whether they ask, in two words or more, to be on the list again: "did you take
// me off? put me back".
func (f *frameReader) wantsBack() bool {
	for i := 1; i < f.len(); i++ {
		if f.roles[i].has(roleComeBack) && f.roles[i-1].has(roleComeBack) {
			return true
		}
	}
	return false
}

// weigh looks for what speaks against a core.
func (f *frameReader) weigh(c *core) {
	if c.against == "" && f.holds(c, negations) && f.goesOn(c) {
		c.against = "negated"
	}
	if (c.isWhole() || c.frame == "let+peace") && f.isNegatedWhole(c) {
		c.speak("negated", !f.asks(c))
		return
	}
	if c.against == "negated" {
		c.nothing = !f.clause(c, roleObject, roleSend) &&
			(f.unknowns(c.clauseFrom, c.clauseTo) > 0 || c.clauseTo-c.clauseFrom > shortMessage ||
				f.clause(c, roleThing))
		return
	}
	f.weighThings(c)
	f.weighStatement(c)
	f.weighQuestion(c)
	f.weighUnknown(c)
	f.weighLimits(c)
}

// isNegatedWhole reports "please don't take me off": a negation right before the request that is no
// part of it.
func (f *frameReader) isNegatedWhole(c *core) bool {
	for i := c.from - 1; i >= max(c.clauseFrom, c.from-2) && f.roles[i]&verbs == 0; i-- {
		if f.roles[i].has(roleNot) && !f.roles[i].has(roleNotAfter) {
			return true
		}
	}
	return false
}

// speak notes what speaks against the core. Nothing means that what is left is not even worth
// asking.
func (c *core) speak(why string, nothing bool) {
	if c.against == "" || nothing {
		c.against = why
	}
	c.nothing = c.nothing || nothing
}

// isWhole reports frames of words that mean a request by themselves.
func (c *core) isWhole() bool { return c.frame == "leave" || c.frame == "request" }

// clause reports whether a word of the core's clause has one of the roles.
func (f *frameReader) clause(c *core, r ...role) bool {
	return f.inSpan(c.clauseFrom, c.clauseTo, rolesOf(r...))
}

// holds reports whether a word of the core itself has one of the roles.
func (f *frameReader) holds(c *core, any roleSet) bool { return f.inSpan(c.from, c.to, any) }

// anywhere reports whether a word of the message has one of the roles.
func (f *frameReader) anywhere(r ...role) bool { return f.inSpan(0, f.len(), rolesOf(r...)) }

// weighThings looks for another thing that the core may be about: an order, a door.
func (f *frameReader) weighThings(c *core) {
	onlyMessages := c.frame == "leave" && f.clause(c, roleObject, roleList)
	if onlyMessages {
		return
	}
	if c.frame == "request" {
		if f.inSpan(c.to, min(c.to+3, c.clauseTo), rolesOf(roleThing)) { // "take my name off the waiting list"
			c.speak("thing", false)
		}
		return
	}
	near := f.inSpan(max(c.from-2, c.clauseFrom), min(c.to+3, c.clauseTo), rolesOf(roleThing))
	if from, to := f.partOf(c); c.frame == "not+send" && f.holds(c, rolesOf(roleWrite)) && !f.clause(c, roleMe) {
		near = near || f.inSpan(from, to, rolesOf(roleThing)) // "don't text the driver"
	}
	vague := c.frame == "not+send" || c.frame == "remove+list" && !f.holds(c, rolesOf(roleList))
	if near || vague && f.clause(c, roleThing) && !f.clause(c, roleObject) {
		pure := c.frame == "leave" && !f.holds(c, rolesOf(roleCancel))
		c.speak("thing", !pure && !f.holds(c, rolesOf(roleObject)) || f.holds(c, negations))
	}
}

// weighStatement looks for what tells about what is sent instead of asking: "you never send me
// offers".
func (f *frameReader) weighStatement(c *core) {
	if !f.holds(c, negations) {
		return
	}
	wishes := f.clause(c, roleWant, roleEnsure, roleNotWant)
	asks := wishes || c.frame == "nomore+object" && f.clause(c, rolePlease)
	if f.clause(c, roleReceives, roleSends) && !asks {
		if !f.isAmbiguous(c) || f.clause(c, roleReceives, roleYou) {
			c.speak("statement", true)
		} else if f.clause(c, roleDeal) {
			c.speak("statement", false)
		}
	}
	you := f.inSpan(max(c.from-3, c.clauseFrom), c.from, rolesOf(roleYou))
	if you && c.frame != "not+want" && !wishes && !f.clause(c, rolePlease) {
		c.speak("subject", true)
	}
	if c.against == "statement" && c.frame == "none+object" {
		c.nothing = c.nothing || c.clauseTo-c.clauseFrom > shortMessage || f.clause(c, roleQuestion) ||
			f.holds(c, rolesOf(roleDeal))
	}
}

func (f *frameReader) weighQuestion(c *core) {
	asks := f.asksByWord(c) && !f.clause(c, roleTold) || f.asksByMark(c)
	if asks && !f.clause(c, rolePlease) {
		wholeHalt := c.frame == "halt" && c.clauseFrom == 0 && c.clauseTo == f.len()
		c.speak("question", f.holds(c, negations) && c.frame != "not+want" || wholeHalt)
	}
	if c.against == "question" && (f.clause(c, roleThing) && c.frame != "request" || f.asksOfDeals(c) ||
		c.frame == "told+halt") {
		c.nothing = true
	}
	if f.clause(c, roleAmbiguous) {
		c.speak("ambiguous", false)
	}
}

// asksOfDeals reports a question when or why promotions end, or ended: they want them.
func (f *frameReader) asksOfDeals(c *core) bool {
	if c.frame != "halt+object" || !f.holds(c, rolesOf(roleDeal)) || f.clause(c, roleHow, roleMe, roleSend) {
		return false
	}
	for i := c.from; i < c.to; i++ {
		if f.roles[i].has(roleObject) && !f.roles[i].has(roleDeal) {
			return false
		}
	}
	return f.asksByWord(c)
}

// weighUnknown looks at words that nobody knows, mostly another thing, and at how little else says
// that the core is about messages. Out is only what is understood as a whole: each word of the
// clause has a role, or the clause names messages.
func (f *frameReader) weighUnknown(c *core) {
	if why := f.strangeTo(c); why != knownWhole {
		c.speak("unknown", why == anotherThing)
	}
	if f.len() > shortMessage && f.isBare(c) {
		c.speak("bare", false)
	}
}

// How a core stands to the unknown words of its clause.
type strangeness int

const (
	knownWhole   strangeness = iota
	maybeOther               // an unknown word may be what is left, taken off or not to be sent
	anotherThing             // it is, most probably
)

// strangeTo looks for unknown words where the core's verb may have an object that is no message.
func (f *frameReader) strangeTo(c *core) strangeness {
	from, to := f.partOf(c)
	if c.frame == "none+object" && f.unknowns(c.to, to) > 0 { // "no message on the cake please"
		return maybeOther
	}
	if f.clause(c, roleObject) && c.frame != "leave" && c.frame != "request" && c.frame != "remove+list" &&
		f.unknowns(from, c.from) > 0 {
		return maybeOther // "ad agosto niente messaggi": a time that nobody knows
	}
	if f.unknowns(from, to) == 0 || f.clause(c, roleObject) || f.holds(c, rolesOf(roleWrite)) && f.clause(c, roleMe) {
		return knownWhole
	}
	next := f.unknowns(c.to, min(c.to+4, to)) > 0
	named := f.anywhere(roleObject)
	switch c.frame {
	case "not+send":
		if f.clause(c, roleList, roleBother) {
			return knownWhole
		}
		return other(!named && !f.clause(c, roleMore, roleMe))
	case "halt+object", "nomore+object", "told+halt", "not+want", "not+receive", "not+come":
		if f.clause(c, roleBother, roleMe) || f.clause(c, roleList) && c.frame != "nomore+object" {
			return knownWhole
		}
		return other(false)
	case "leave":
		if f.clause(c, roleList) {
			return knownWhole
		}
		return other(!named && (f.hasNumber() || next && f.holds(c, rolesOf(roleCancel))))
	case "remove+list":
		return f.strangeToRemoving(c, next)
	}
	return knownWhole
}

// partOf is the part of the core's clause that no conjunction divides from it: "scooter stolen, so
// | send nothing more | or I report you".
func (f *frameReader) partOf(c *core) (from, to int) {
	joint := rolesOf(roleJoint)
	before := rolesOf(roleJoint, roleThat, roleTold)
	for from = c.from; from > c.clauseFrom && f.roles[from-1]&before == 0; from-- {
	}
	for to = c.to; to < c.clauseTo && f.roles[to]&joint == 0; to++ {
	}
	return from, to
}

// strangeToRemoving tells "take my number off" from "take the onions off for me".
func (f *frameReader) strangeToRemoving(c *core, next bool) strangeness {
	if !f.holds(c, rolesOf(roleList)) {
		if !next {
			return knownWhole
		}
		return other(f.hasNumber() || f.asks(c))
	}
	if f.clause(c, roleMe) || f.unknowns(c.from, min(c.to+2, c.clauseTo)) == 0 {
		return knownWhole
	}
	return other(false)
}

func other(surely bool) strangeness {
	if surely {
		return anotherThing
	}
	return maybeOther
}

// weighLimits looks for limits in time, kind or way, and for what was so before.
func (f *frameReader) weighLimits(c *core) {
	leaves := c.frame == "leave" || c.frame == "remove+list"
	if f.clause(c, roleLimit) && !leaves {
		bare := c.frame == "not+send" && !f.anywhere(roleObject) && !f.clause(c, roleMe, roleMore, roleBother, roleList)
		c.speak("limit", bare) // "don't send it today"
	}
	if f.clause(c, roleOnly) && !leaves {
		c.speak("only", false)
	}
	negation := f.holds(c, negations)
	if !leaves && c.frame != "request" && f.clause(c, roleCall) && !f.clause(c, roleObject) &&
		(negation || !f.holds(c, rolesOf(roleSend))) {
		c.speak("call", negation)
	}
	if negation && !f.clause(c, roleObject) && f.asksForMore(c) {
		c.speak("otherwise", false)
	}
	if !c.isWhole() && !f.clause(c, rolePlease) && c.clauseTo-c.clauseFrom > longestRequest {
		c.speak("long", false)
	}
	if f.clause(c, rolePast) {
		c.speak("past", false)
	}
}

// isBare reports whether nothing in a longer message says that the core is about messages: a verb
// and a negation alone may be about anything.
func (f *frameReader) isBare(c *core) bool {
	list := rolesOf(roleList)
	switch {
	case c.frame == "leave":
		return f.holds(c, rolesOf(roleCancel)) && !f.clause(c, roleObject, roleList)
	case c.frame == "not+send":
		return !f.clause(c, roleList, roleBother, roleMore, rolePlease) && !f.anywhere(roleObject, roleHint, roleTold)
	case c.frame == "not+want":
		return !f.clause(c, roleObject, roleList, roleMore, roleReceive)
	case c.frame == "remove+list" && f.holds(c, list):
		return !f.anywhere(roleObject, roleHint, roleTold, roleMe) && f.unknowns(c.clauseFrom, c.clauseTo) > 1
	case c.frame == "remove+list":
		return !f.anywhere(roleObject, roleHint, roleTold) && !f.clause(c, rolePlease) && c.clauseTo-c.clauseFrom > 2
	}
	return false
}

// goesOn reports whether the core's negation is that of an end: "don't stop sending".
func (f *frameReader) goesOn(c *core) bool {
	for _, other := range f.cores {
		if other.against == "negated" && other.clauseFrom == c.clauseFrom && other.from < c.to && c.from < other.to {
			return true
		}
	}
	return false
}

// isAmbiguous reports whether the core's verb may be a request as well as a statement: "non mi
// mandate".
func (f *frameReader) isAmbiguous(c *core) bool {
	for i := c.from; i < c.to; i++ {
		if r := f.roles[i]; r.has(roleSend) && r.has(roleSends) {
			return true
		}
	}
	return false
}

// inSpan reports whether a word from from to to-1 has one of the roles.
func (f *frameReader) inSpan(from, to int, any roleSet) bool {
	for i := max(0, from); i < to && i < len(f.roles); i++ {
		if f.roles[i]&any != 0 {
			return true
		}
	}
	return false
}

// asks reports whether the core stands in a question.
func (f *frameReader) asks(c *core) bool { return f.asksByWord(c) || f.asksByMark(c) }

func (f *frameReader) asksByWord(c *core) bool {
	last := c.from // "quítenme de donde estoy" asks nothing, "me quiero salir, cómo hago" does
	if c.frame == "leave" {
		last = c.clauseTo
	}
	return f.inSpan(c.clauseFrom, last, rolesOf(roleQuestion))
}

func (f *frameReader) asksByMark(c *core) bool {
	end, asked := f.len(), f.endsAsked
	for i := c.to; i < f.len(); i++ {
		if f.before[i]&ended == ended {
			end, asked = i, f.before[i]&question == question
			break
		}
	}
	if asked && end > c.to && f.roles[end-1].has(roleSure) { // "no more ads, ok?"
		return false
	}
	return asked && (end == c.clauseTo || end-c.clauseTo > longestTag)
}

// longestTag is the most words of a question after a request that is none: "no more ads,
// understood?".
const longestTag = 2

// asksForMore reports whether another clause asks to be written to: "don't call, write to me".
func (f *frameReader) asksForMore(c *core) bool {
	for from := 0; from < f.len(); {
		to := f.clauseEnd(from)
		if from != c.clauseFrom && f.inSpan(from, to, rolesOf(roleSend)) &&
			!f.inSpan(from, to, negations|rolesOf(roleHalt, roleYou, roleKeep, roleQuestion, roleTold, roleBother,
				roleRemove, rolePast)) {
			return true
		}
		from = to
	}
	return false
}

// againstAll names the reason against a request that the whole message gives.
func (f *frameReader) againstAll() string {
	switch {
	case f.inSpan(0, f.len(), rolesOf(roleMachine)):
		return "machine"
	case f.inSpan(0, f.len(), rolesOf(roleCorrection)):
		return "correction"
	case f.inSpan(0, f.len(), rolesOf(rolePast)):
		return "past"
	}
	return ""
}

// againstPhrase is what speaks against a message that is a listed phrase or a short request as a
// whole. Nothing means that what is left is not even worth asking.
func (f *frameReader) againstPhrase() (why string, nothing bool) {
	all := func(r ...role) bool { return f.inSpan(0, f.len(), rolesOf(r...)) }
	switch {
	case all(roleMachine):
		return "machine", true
	case all(roleSends, roleReceives) && !all(roleWant, rolePlease, roleEnsure, roleHalt):
		return "statement", true
	case (f.endsAsked || all(roleQuestion)) && (all(roleHow) || !all(rolePlease, roleTold)):
		return "question", !all(roleHalt, roleRemove, roleLeave, roleRequest, roleWant, roleErase)
	case all(roleCall) && !all(roleObject, roleHalt):
		return "call", false
	case all(roleLimit):
		return "limit", false
	case all(roleOnly):
		return "only", false
	}
	return "", false
}

// requestOf finds a request that a person of the shop has to know of.
func (m *message) requestOf(roles []roleSet) Request {
	for _, r := range [...]struct {
		role role
		is   Request
	}{{roleErase, Erasure}, {roleObjection, Objection}, {roleMinor, Minor}, {roleWrongPerson, WrongPerson},
		{roleLawyer, Lawyer}} {
		if has(roles, r.role) {
			return r.is
		}
	}
	if has(roles, roleRemove) && has(roles, roleData) {
		return Erasure
	}
	return NoRequest
}
