package words

// longestRequest is the most words of a clause that a frame alone makes a request: longer ones tell stories.
const longestRequest = 20

// judgeFrames weighs every core and returns the verdict of the best one.
func (f *frameReader) judgeFrames() Verdict {
	best := Verdict{}
	if f.wantsBack() {
		return best
	}
	for i := range f.cores {
		c := &f.cores[i]
		f.weigh(c)
		if c.nothing {
			continue
		}
		v := Verdict{Outcome: Out, Tier: 2, Rule: "frame." + c.frame, Word: f.slice(c.from, c.to), Language: f.language}
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

// wantsBack reports whether they ask, in two words or more, to be on the list again: "did you take me off? put me back".
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
	if c.against == "" && f.inSpan(c.from, c.to, negations) && f.goesOn(c) {
		c.against = "negated"
	}
	if c.against == "negated" {
		c.nothing = !f.inSpan(c.clauseFrom, c.clauseTo, rolesOf(roleObject, roleSend)) && (f.unknowns(c.clauseFrom, c.clauseTo) > 0 ||
			c.clauseTo-c.clauseFrom > shortMessage || f.inSpan(c.clauseFrom, c.clauseTo, rolesOf(roleThing)))
		return
	}
	clause := func(r ...role) bool { return f.inSpan(c.clauseFrom, c.clauseTo, rolesOf(r...)) }
	wish := clause(roleWant, rolePlease, roleEnsure, roleNotWant)
	negation := f.inSpan(c.from, c.to, negations)
	speaks := func(why string, nothing bool) {
		if c.against == "" || nothing {
			c.against = why
		}
		c.nothing = c.nothing || nothing
	}
	if (f.inSpan(max(c.from-2, c.clauseFrom), min(c.to+3, c.clauseTo), rolesOf(roleThing)) || (c.frame == "not+send" || c.frame == "remove+list" && !f.inSpan(c.from, c.to, rolesOf(roleList))) && clause(roleThing) && !clause(roleObject)) && (c.frame != "leave" || f.inSpan(c.from, c.to, rolesOf(roleCancel)) && !clause(roleObject, roleList)) && c.frame != "request" {
		speaks("thing", !f.inSpan(c.from, c.to, rolesOf(roleObject)) || negation)
	}
	wishes := clause(roleWant, roleEnsure, roleNotWant) || c.frame == "nomore+object" && clause(rolePlease)
	if negation && clause(roleReceives, roleSends) && !wishes {
		if !f.isAmbiguous(c) || clause(roleReceives, roleYou) {
			speaks("statement", true)
		} else if clause(roleDeal) {
			speaks("statement", false)
		}
	}
	if negation && c.frame != "not+want" && f.inSpan(max(c.from-3, c.clauseFrom), c.from, rolesOf(roleYou)) && !wish {
		speaks("subject", true)
	}
	if (f.asksByWord(c) && !clause(roleTold) || f.asksByMark(c)) && !clause(rolePlease) {
		speaks("question", negation && c.frame != "not+want" || c.frame == "halt" && c.clauseFrom == 0 && c.clauseTo == f.len())
	}
	if clause(roleAmbiguous) {
		speaks("ambiguous", false)
	}
	if c.frame == "not+send" && !clause(roleObject, roleList, roleBother) {
		from := max(c.from-3, c.clauseFrom)
		if clause(roleMe) {
			from = c.to
		}
		named := f.inSpan(0, f.len(), rolesOf(roleObject))
		n := f.unknowns(from, min(c.to+3, c.clauseTo))
		if n > 1 || n > 0 && !named && (!clause(roleMore) || f.unknowns(c.to, min(c.to+2, c.clauseTo)) > 0) {
			speaks("unknown", !named && !clause(roleMore, roleMe))
		}
	}
	if f.takesOffOther(c) {
		speaks("unknown", f.hasNumber() || f.asks(c) || c.frame == "leave" && f.unknowns(c.to, min(c.to+2, c.clauseTo)) > 0)
	}
	if clause(roleThing) && c.against == "question" && c.frame != "request" {
		c.nothing = true
	}
	if f.len() > shortMessage && f.isBare(c) {
		speaks("bare", false)
	}
	if clause(roleLimit) && c.frame != "leave" && c.frame != "request" && c.frame != "remove+list" {
		speaks("limit", false)
	}
	if clause(roleOnly) && c.frame != "leave" && c.frame != "remove+list" {
		speaks("only", false)
	}
	if c.frame != "leave" && c.frame != "request" && c.frame != "remove+list" && clause(roleCall) && !clause(roleObject) && (negation || !f.inSpan(c.from, c.to, rolesOf(roleSend))) {
		speaks("call", negation)
	}
	if negation && !clause(roleObject) && f.asksForMore(c) {
		speaks("otherwise", false)
	}
	if c.against == "statement" && c.frame == "none+object" {
		c.nothing = c.nothing || c.clauseTo-c.clauseFrom > shortMessage || clause(roleQuestion) || f.inSpan(c.from, c.to, rolesOf(roleDeal))
	}
	if c.frame != "leave" && c.frame != "request" && !clause(rolePlease) && c.clauseTo-c.clauseFrom > longestRequest {
		speaks("long", false)
	}
	if clause(rolePast) {
		speaks("past", false)
	}
}

// isBare reports whether nothing in a longer message says that the core is about messages: a verb and a negation alone may be about
// anything.
func (f *frameReader) isBare(c *core) bool {
	clause := func(r ...role) bool { return f.inSpan(c.clauseFrom, c.clauseTo, rolesOf(r...)) }
	message := func(r ...role) bool { return f.inSpan(0, f.len(), rolesOf(r...)) }
	switch {
	case c.frame == "leave":
		return f.inSpan(c.from, c.to, rolesOf(roleCancel)) && !clause(roleObject, roleList)
	case c.frame == "not+send":
		return !clause(roleList, roleBother, roleMore, rolePlease) && !message(roleObject, roleHint, roleTold)
	case c.frame == "not+want":
		return !clause(roleObject, roleList, roleMore, roleReceive)
	case c.frame == "remove+list" && f.inSpan(c.from, c.to, rolesOf(roleList)):
		return !message(roleObject, roleHint, roleTold, roleMe) && f.unknowns(c.clauseFrom, c.clauseTo) > 1
	case c.frame == "remove+list":
		return !message(roleObject, roleHint, roleTold) && !clause(rolePlease) && c.clauseTo-c.clauseFrom > 2
	}
	return false
}

// takesOffOther reports whether they may leave, or take off, something else: "I sign off from yoga".
func (f *frameReader) takesOffOther(c *core) bool {
	clause := func(r ...role) bool { return f.inSpan(c.clauseFrom, c.clauseTo, rolesOf(r...)) }
	switch {
	case c.frame == "leave" && f.inSpan(c.from, c.to, rolesOf(roleCancel)):
		return !clause(roleObject, roleList) && f.unknowns(c.clauseFrom, min(c.to+4, c.clauseTo)) > 0
	case c.frame == "remove+list" && !f.inSpan(c.from, c.to, rolesOf(roleList)):
		return !clause(roleObject) && (f.unknowns(c.to, min(c.to+2, c.clauseTo)) > 0 ||
			(f.hasNumber() || f.asks(c)) && f.unknowns(c.to, min(c.to+4, c.clauseTo)) > 0)
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

// isAmbiguous reports whether the core's verb may be a request as well as a statement: "non mi mandate".
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

// longestTag is the most words of a question after a request that is none: "no more ads, understood?".
const longestTag = 2

// asksForMore reports whether another clause asks to be written to: "don't call, write to me".
func (f *frameReader) asksForMore(c *core) bool {
	for from := 0; from < f.len(); {
		to := f.clauseEnd(from)
		if from != c.clauseFrom && f.inSpan(from, to, rolesOf(roleSend)) &&
			!f.inSpan(from, to, negations|rolesOf(roleHalt, roleYou, roleKeep, roleQuestion, roleTold, roleBother, roleRemove, rolePast)) {
			return true
		}
		from = to
	}
	return false
}

// againstAll is what speaks against a request in the whole message.
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

// againstPhrase is what speaks against a message that is a listed phrase or a short request as a whole; nothing means that what
// is left is not even worth asking.
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

// requestOf is what they ask for or say that a person of the shop has to know of.
func (m *message) requestOf(roles []roleSet) Request {
	for _, r := range [...]struct {
		role role
		is   Request
	}{{roleErase, Erasure}, {roleObjection, Objection}, {roleMinor, Minor}, {roleWrongPerson, WrongPerson}, {roleLawyer, Lawyer}} {
		if has(roles, r.role) {
			return r.is
		}
	}
	if has(roles, roleRemove) && has(roles, roleData) {
		return Erasure
	}
	return NoRequest
}
