package words

// Frames: a request to stop is two or three roles that come together in one clause, whatever stands
// around them.
//
//	frame            roles                                     "…"
//	leave            leave                                     "please unsubscribe us"
//	request          request                                   "lose my number"
//	not+send         not, send                                 "dont you dare text me again"
//	not+want         not, want, object or receive or send      "I do not want to get your offers"
//	not+receive      not, receive                              "prefiro não receber"
//	not+come         not or none, come, object                 "que no me llegue publicidad"
//	none+object      none, object, more or please or want      "keine Werbung mehr"
//	nomore+object    nomore, object                            "basta de promociones"
//	halt+object      halt, object or send or receive           "knock it off with the ads"
//	remove+list      remove, list or me                        "take my number out of there"
//	halt             a clause of its own, halt                 "…, make it stop"
//	erase, objection one role                                  "delete my data"
//	let+peace        let, peace                                "lasst mich mit dem Zeug in Ruhe"
//	told+halt        told, halt                                "I said stop"
//
// What speaks against a frame is looked at in against.go. A frame with nothing against it is a
// request: out.

// A core is one frame found in a clause.
type core struct {
	frame    string
	from, to int // its words: from the first to before the last
	// of the clause it stands in
	clauseFrom, clauseTo int
	against              string // what speaks against it: then it is unsure at most
	nothing              bool   // what speaks against it makes it nothing at all
}

// A frameReader reads one message in one language.
type frameReader struct {
	*message
	roles    []roleSet
	language string
	cores    []core
	from, to int // of the clause that is being read
}

var (
	verbs = rolesOf(roleSend, roleSends, roleHalt, roleWant, roleReceive, roleGet, roleReceives, roleRemove,
		roleLeave, roleCome, roleCall)
	complement = rolesOf(roleObject, roleReceive, roleGet, roleSend, roleLeave, roleCome)
	negations  = rolesOf(roleNot, roleNotAfter, roleNone, roleNoMore, roleNotSend, roleNotWant)
)

// readFrames finds every core of a message in one language.
func (m *message) readFrames(language string, roles []roleSet) *frameReader {
	f := &frameReader{message: m, roles: roles, language: language}
	for from := 0; from < m.len() && len(f.cores) < mostCores; from = f.to {
		f.from, f.to = from, f.clauseEnd(from)
		for i := f.from; i < f.to && len(f.cores) < mostCores; i++ {
			f.coresAt(i)
		}
		f.haltAlone()
	}
	return f
}

// clauseEnd is where the clause ends that starts at word i.
func (f *frameReader) clauseEnd(i int) int {
	for i++; i < f.len(); i++ {
		if f.before[i]&ended == ended || f.isBroken(i) && !f.roles[i].has(roleThat) {
			return i
		}
	}
	return i
}

// after is the first of the n words after word i, in the clause, that has one of the roles, or -1
// if none.
func (f *frameReader) after(i, n int, any roleSet) int {
	for j := i + 1; j <= i+n && j < f.to; j++ {
		if f.roles[j]&any != 0 {
			return j
		}
	}
	return -1
}

// beforeWord is the last of the n words before word i, in the clause, that has one of the roles, or
// -1 if none.
func (f *frameReader) beforeWord(i, n int, any roleSet) int {
	for j := i - 1; j >= i-n && j >= f.from; j-- {
		if f.roles[j]&any != 0 {
			return j
		}
	}
	return -1
}

// near is the word closest to word i, at most n after or before it in the clause, that has one of
// the roles, or -1 if none.
func (f *frameReader) nearest(i, n int, any roleSet) int {
	a, b := f.after(i, n, any), f.beforeWord(i, n, any)
	if a < 0 || b >= 0 && i-b < a-i {
		return b
	}
	return a
}

// mostCores is how many cores of a message are looked at: endless texts must not cost the square of
// their length.
const mostCores = 32

func (f *frameReader) add(frame string, words ...int) {
	c := core{frame: frame, from: words[0], to: words[0] + 1, clauseFrom: f.from, clauseTo: f.to}
	for _, w := range words[1:] {
		c.from, c.to = min(c.from, w), max(c.to, w+1)
	}
	f.cores = append(f.cores, c)
}

// coresAt finds the cores that the word at i is the head of.
func (f *frameReader) coresAt(i int) {
	r := f.roles[i]
	if r == 0 {
		return
	}
	f.whole(i, roleLeave, "leave")
	f.whole(i, roleRequest, "request")
	if r.has(roleOnly) {
		if j := f.nearest(i, 3, rolesOf(roleObject)); j >= 0 &&
			f.inClause(rolesOf(roleSend, roleSends, roleReceives, roleWant, rolePlease)) >= 0 &&
			!has(f.roles, roleCall) {
			f.add("only+object", i, j)
			f.block("only")
		}
	}
	f.whole(i, roleErase, "erase")
	f.whole(i, roleObjection, "objection")
	if r.has(roleHint) && f.inClause(rolesOf(roleObject)) >= 0 && f.inClause(rolesOf(roleThing)) < 0 {
		f.add("hint", i)
		f.block("hint")
	}
	if r.has(roleGoOn) {
		f.add("halt+object", i)
		f.block("negated")
	}
	if r&rolesOf(roleNot, roleNotAfter) != 0 {
		f.negated(i)
	}
	f.whole(i, roleNotSend, "not+send")
	if r.has(roleNotWant) {
		if j := f.nearest(i, 6, complement); j >= 0 {
			f.add("not+want", i, j)
		} else if j := f.nearest(i, 6, rolesOf(roleMore)); j >= 0 {
			f.add("not+want", i, j)
			f.block("vague")
		}
	}
	if r&rolesOf(roleNone, roleNoMore) != 0 {
		f.noObject(i)
	}
	if r.has(roleLet) {
		if j := f.after(i, 8, rolesOf(rolePeace)); j >= 0 && f.inClause(rolesOf(roleMe, roleObject)) >= 0 {
			f.add("let+peace", i, j)
		}
	}
	if r.has(roleHow) {
		f.asking(i)
	}
	if r.has(roleHalt) {
		f.halting(i)
	}
	// "take my name off" is about what comes after "off"
	if r.has(roleRemove) && (i+1 == f.to || !f.roles[i+1].has(roleRemove)) {
		f.removing(i)
	}
}

// whole adds a core of words that are a request by themselves, at the first of them.
func (f *frameReader) whole(i int, r role, frame string) {
	if !f.roles[i].has(r) || i > f.from && f.roles[i-1].has(r) {
		return
	}
	last := i
	for last+1 < f.to && f.roles[last+1].has(r) {
		last++
	}
	f.add(frame, i, last)
}

// negated looks for the verb that a negation belongs to: the first after it, or before it where the
// language says so.
func (f *frameReader) negated(i int) {
	v := f.after(i, 5, verbs)
	if v < 0 && f.roles[i].has(roleNotAfter) {
		v = f.beforeWord(i, 6, verbs)
	}
	if v < 0 {
		return
	}
	// "non mi mandate": the form says no more than the verb
	if f.roles[v]&(verbs&^rolesOf(roleSends, roleReceives)) == 0 && v > i {
		if w := f.after(v, 2, rolesOf(roleSend)); w >= 0 {
			v = w
		}
	}
	r := f.roles[v]
	switch {
	case r.has(roleRemove) && !r.has(roleHalt) && f.inClause(rolesOf(roleList, roleMe)) >= 0: // removing has seen it
	case r.has(roleHalt), r.has(roleRemove) && v > i && v-i <= 2 && !r.has(roleSend):
		f.add("halt+object", i, v)
		f.block("negated")
	case r.has(roleSend):
		f.add("not+send", i, v)
	case r.has(roleWant):
		f.unwanted(i, v)
	case r.has(roleReceive), r.has(roleReceives) && f.beforeWord(i, f.len(), rolesOf(roleEnsure)) >= 0:
		f.add("not+receive", i, v)
	case r.has(roleCome):
		if j := f.nearest(v, 6, rolesOf(roleObject)); j >= 0 {
			f.add("not+come", i, v, j)
		} else if f.beforeWord(i, f.len(), rolesOf(roleWant, roleEnsure)) >= 0 ||
			f.roles[f.from].has(roleThat) && f.inSpan(0, f.from, rolesOf(roleWant, rolePlease)) {
			f.add("not+come", i, v)
		}
	case r.has(roleCall) && v > i:
		if s := f.after(v, 3, rolesOf(roleSend)); s >= 0 {
			f.add("not+send", i, s)
			f.block("call")
		}
	}
}

// unwanted reads what is not wanted: "I do not want to get your offers".
func (f *frameReader) unwanted(not, want int) {
	at, last := min(not, want), max(not, want)
	if j := f.after(at, last-at+6, complement|rolesOf(roleHalt)); j >= 0 {
		f.add("not+want", not, want, j)
		if f.roles[j].has(roleHalt) {
			f.block("negated")
		}
		return
	}
	if j := f.beforeWord(at, 5, rolesOf(roleObject)); j >= 0 {
		f.add("not+want", not, want, j)
		return
	}
	more := f.nearest(last, 3, rolesOf(roleMore))
	// "no need any more, those offers"
	if more >= 0 && f.to-f.from <= shortMessage+1 && f.inSpan(0, f.len(), rolesOf(roleObject)) {
		f.add("not+want", not, want, more)
	}
}

func (f *frameReader) noObject(i int) {
	j := f.after(i, 4, rolesOf(roleObject))
	if l := f.after(i, 4, rolesOf(roleList)); j < 0 && l >= 0 && f.roles[i].has(roleNoMore) {
		f.add("nomore+object", i, l)
		return
	}
	if j < 0 {
		if j = f.after(i, 4, rolesOf(roleCome)); j < 0 {
			return
		}
		f.add("not+come", i, j)
		return
	}
	if f.roles[i].has(roleNoMore) {
		f.add("nomore+object", i, j)
		return
	}
	f.add("none+object", i, j)
	if f.inClause(rolesOf(roleWant, rolePlease, roleMore, roleReceive, roleCome, roleEnsure, roleList)) < 0 {
		f.block("statement")
	}
}

func (f *frameReader) inClause(any roleSet) int { return f.after(f.from-1, f.to-f.from, any) }

// longestHow is the most words of a question how this ends that names no messages.
const longestHow = 7

// asking finds questions how this ends: "bunu nasıl kapatırım".
func (f *frameReader) asking(i int) {
	if f.to-f.from > longestHow || f.inClause(rolesOf(roleThing)) >= 0 || f.unknowns(f.from, f.to) > 0 {
		return
	}
	if j := f.nearest(i, longestHow, rolesOf(roleHalt, roleRemove, roleLeave)); j >= 0 {
		f.add("how+halt", i, j)
		f.block("question")
	}
}

// unknowns counts the words from from to to-1 that neither the roles nor the tables of the language
// know: mostly other things.
func (f *frameReader) unknowns(from, to int) (n int) {
	for i := from; i < to; i++ {
		if e := f.at(i, 1); f.roles[i] == 0 &&
			(e == nil || (e.any|e.in[yes]|e.in[no]|e.in[maybe])&f.own == 0 && !e.is(polite, everywhere)) {
			n++
		}
	}
	return n
}

func (f *frameReader) halting(i int) {
	if f.isNegatedAt(i) {
		return // negated has seen it
	}
	if j := f.nearest(i, 6, rolesOf(roleObject, roleSend, roleBother, roleReceive, roleGet)); j >= 0 {
		f.add("halt+object", i, j)
		return
	}
	if j := f.nearest(i, 6, rolesOf(roleHint)); j >= 0 && f.roles[i]&rolesOf(roleCancel, roleHint, roleNoMore) == 0 {
		f.add("halt+hint", i, j)
		f.block("hint")
		return
	}
	if j := f.nearest(i, 4, rolesOf(roleTold)); j >= 0 && f.to-f.from <= 10 && f.unknowns(f.from, f.to) <= 1 &&
		!f.roles[i].has(roleCancel) {
		f.add("told+halt", i, j)
	}
}

// haltAlone finds clauses that say nothing but "stop it": a request as a whole message, and beside
// others that speak of messages or are angry.
func (f *frameReader) haltAlone() {
	at := f.onlyHalts()
	if at < 0 {
		return
	}
	f.add("halt", at)
	switch whole := f.from == 0 && f.to == f.len(); {
	case whole:
	// "stop it, that price is amazing"
	case f.from == 0 && f.before[f.to]&ended != ended && !f.inSpan(f.to, f.len(), rolesOf(roleObject, roleHint)):
		f.blockWholly("alone")
	case f.inSpan(0, f.len(), rolesOf(roleThing, roleCorrection)):
		f.block("thing")
		f.cores[len(f.cores)-1].nothing = !f.inSpan(0, f.len(),
			rolesOf(roleObject, roleHint, roleSends, roleReceives, roleTold))
	case f.inSpan(0, f.len(), rolesOf(roleObject, roleHint)):
	case f.inSpan(0, f.len(), rolesOf(roleTold, roleBother, roleRequest, roleWrongPerson, roleSend, roleSends,
		roleReceives)):
	case f.inSpan(0, f.len(), negations) && f.inSpan(0, f.len(), rolesOf(roleWant)):
	default:
		f.block("alone")
	}
}

// onlyHalts returns the word that ends or removes something, where every other word of the clause
// stands beside such words anyway, or -1.
func (f *frameReader) onlyHalts() int {
	at := -1
	if f.to-f.from > shortMessage || f.hasNumber() {
		return at
	}
	whole := f.from == 0 && f.to == f.len()
	for i := f.from; i < f.to; i++ {
		r, e := f.roles[i], f.at(i, 1)
		isHalt := r.has(roleHalt) || !whole && r.has(roleRemove) || e.is(strong, f.own)
		switch {
		case isHalt && r.has(roleCancel), f.startsOrdinary(i),
			r&rolesOf(roleNot, roleNotAfter, roleThing, roleLimit, roleQuestion, roleNoMore, rolePlain,
				roleTwoWord) != 0:
			return -1
		case isHalt && at < 0:
			at = i
		case isHalt, r&^rolesOf(roleFiller) != 0, e.is(with, f.own), e.is(polite, everywhere), e.is(greeting, f.own):
		default:
			return -1
		}
	}
	return at
}

// startsOrdinary reports whether a listed sequence starts at word i that only looks like a stop:
// "stop by", "bus stop".
func (f *frameReader) startsOrdinary(i int) bool {
	for n := 2; n <= len(f.found[i]); n++ {
		if f.at(i, n).is(ordinary, everywhere) {
			return true
		}
	}
	return false
}

func (f *frameReader) isNegatedAt(i int) bool {
	if f.beforeWord(i, 3, rolesOf(roleNot, roleNotAfter)) >= 0 {
		return true
	}
	return f.after(i, 2, rolesOf(roleNotAfter)) >= 0
}

func (f *frameReader) removing(i int) {
	if f.staysOn(i) {
		return
	}
	if j := f.nearest(i, 9, rolesOf(roleList)); j >= 0 {
		f.add("remove+list", i, j)
		return
	}
	me := f.nearest(i, 2, rolesOf(roleMe))
	if f.roles[i].has(roleMe) { // "toglietemi"
		me = i
	}
	if me > i+1 && f.roles[me-1].has(roleObject) { // "hapus pesan saya" is their own message
		return
	}
	if me >= 0 {
		f.add("remove+list", i, me)
		return
	}
	if me, object := f.nearest(i, 3, rolesOf(roleMe)), f.nearest(i, 6, rolesOf(roleObject)); me >= 0 && object >= 0 {
		f.add("remove+list", i, me, object)
	}
}

// staysOn reports whether the word at i takes nobody off: "don't take me off the list", "haal mij
// niet van de lijst".
func (f *frameReader) staysOn(i int) bool {
	negation := f.beforeWord(i, 3, rolesOf(roleNot, roleNotAfter))
	if negation >= 0 && f.after(negation, i-negation-1, verbs&^rolesOf(roleRemove)) >= 0 {
		negation = -1
	}
	if negation < 0 {
		negation = f.after(i, 3, rolesOf(roleNotAfter))
	}
	if negation < 0 || !f.inSpan(f.from, f.to, rolesOf(roleList, roleMe)) {
		return false
	}
	if f.inSpan(f.from, f.to, rolesOf(roleQuestion)) { // "why don't you take me off?"
		f.add("halt+object", i, negation)
		f.block("negated")
	}
	return true
}

func (f *frameReader) block(why string) { f.cores[len(f.cores)-1].against = why }

func (f *frameReader) blockWholly(why string) {
	c := &f.cores[len(f.cores)-1]
	c.against, c.nothing = why, true
}
