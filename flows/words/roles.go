package words

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
	"unicode/utf8"
)

// The roles that words play in requests to stop, one file for each language. Roles/README.md
// explains the columns.
//
//go:embed roles/*.tsv
var roleFiles embed.FS

// A role is the part that a word can play in a request to stop. Unlike a class of the tables it
// says nothing by itself: only roles that come together make a request (frames.go).
type role uint8

const (
	roleNot         role = iota // negates the verb after it: don't, não, ne
	roleNotAfter                // may also negate the verb before it: nicht, niet, मत
	roleNone                    // negates a noun: no, kein, sin
	roleNoMore                  // a wish and a negation of a noun: no more, basta de, Schluss mit
	roleHalt                    // asks for an end: stop, deixem de, hör auf
	roleCancel                  // of those, what also ends orders: cancel, iptal
	roleSend                    // send or write, as a request or infinitive
	roleSends                   // send, as a statement: you send, mandam
	roleNotSend                 // don't send, in one word
	roleReceive                 // receive, as an infinitive or a wish: a negation alone makes it a wish
	roleGet                     // receive, in a form that is a wish only after a word of wanting
	roleReceives                // receive, as a statement: I get, recebo
	roleWant                    // want, wish, like
	roleNotWant                 // don't want, in one word
	roleObject                  // messages, promotions
	roleMore                    // any more, again
	roleRemove                  // take off, delete
	roleList                    // a list to be taken off
	roleMe                      // the person who is taken off
	roleLeave                   // unsubscribe: a request by itself
	rolePast                    // I thought, already unsubscribed
	roleYou                     // a subject that is not the writer: you, they
	roleQuestion                // how, why, can I
	rolePlease                  // makes a question a request: can you, please
	roleLimit                   // a time: at night, today
	roleOnly                    // a limit in kind or number: only, less
	roleCall                    // call, phone
	roleThing                   // other things that stop, are removed or not wanted: orders, doors
	roleHint                    // anger, spam, wrong number
	roleRequest                 // a whole request: leave me alone
	roleMachine                 // automatic replies
	roleCorrection              // wait, I meant
	roleTold                    // I said, already, three times
	roleTwo                     // stands beside the "2" of the hint: reply, option
	roleSafe                    // as a whole message it asks for nothing: nothing else
	roleThanks                  // thanks
	roleBother                  // disturb, spam
	roleCome                    // arrive, as a wish: lleguen
	roleEnsure                  // make sure
	roleThat                    // joins its clause to the one before: that, dass
	roleKeep                    // keep, continue, go on sending
	roleAgain                   // coming back: again, de novo
	roleErase                   // erase my data
	roleObjection               // I object to the processing, I withdraw my consent
	roleMinor                   // I am a child
	roleWrongPerson             // you have the wrong person
	roleLawyer                  // lawyer, sue
	roleDeal                    // of the objects, what people ask for: promotions, offers
	roleGoOn                    // a negated end in one phrase: don't stop, no dejen de
	roleTwoWord                 // 2, spelled: two, dois
	rolePlain                   // takes from its words what they are by themselves: "every week" is no limit
	roleAmbiguous               // may mean the opposite: je veux plus de
	roleComeBack                // as a whole message they want in again: start, add me back
	roleSure                    // a yes that is enough to stop: ok, sure
	roleStay                    // a no that is enough to stay: keep them, of course not
	roleData                    // my data: taking it off is an erasure
	roleHow                     // how: how do I stop this
	roleSlip                    // they left by mistake
	roleLet                     // leave, as in leave me in peace
	rolePeace                   // in peace, alone
	roleFiller                  // names no thing: articles, pronouns, prepositions, particles, forms of address
	roleJoint                   // a clause ends before it: so, because, or
	roleWrite                   // of the verbs of sending, what one does to a person: write, text
	roleWhole                   // set on the words of a sequence that means something as a whole
	roles
)

var roleNames = map[string]role{
	"not": roleNot, "notafter": roleNotAfter, "none": roleNone, "nomore": roleNoMore, "halt": roleHalt,
	"cancel": roleCancel, "send": roleSend, "sends": roleSends, "notsend": roleNotSend, "receive": roleReceive,
	"get": roleGet, "receives": roleReceives, "want": roleWant, "notwant": roleNotWant, "object": roleObject,
	"more": roleMore, "remove": roleRemove, "list": roleList, "me": roleMe, "leave": roleLeave, "past": rolePast,
	"you": roleYou, "question": roleQuestion, "please": rolePlease, "limit": roleLimit, "only": roleOnly,
	"call": roleCall, "thing": roleThing, "hint": roleHint, "request": roleRequest, "machine": roleMachine,
	"correction": roleCorrection, "told": roleTold, "two": roleTwo, "safe": roleSafe, "thanks": roleThanks,
	"bother": roleBother, "come": roleCome, "ensure": roleEnsure, "that": roleThat, "keep": roleKeep,
	"again": roleAgain, "erase": roleErase, "objection": roleObjection, "minor": roleMinor,
	"wrongperson": roleWrongPerson, "lawyer": roleLawyer, "deal": roleDeal, "goon": roleGoOn, "plain": rolePlain,
	"slip": roleSlip, "let": roleLet, "peace": rolePeace, "how": roleHow, "data": roleData,
	"comeback": roleComeBack, "sure": roleSure, "stay": roleStay, "ambiguous": roleAmbiguous,
	"twoword": roleTwoWord, "ordinary": roleFiller, "filler": roleFiller, "joint": roleJoint, "write": roleWrite,
}

// A roleSet is a set of roles, one bit each.
type roleSet uint64

func rolesOf(all ...role) (s roleSet) {
	for _, r := range all {
		s |= 1 << r
	}
	return s
}

func (s roleSet) has(r role) bool { return s&(1<<r) != 0 }

// A roleTable is the roles of one language's words, and of sequences of them joined by single
// spaces.
type roleTable struct {
	words map[string]roleEntry
	stems map[string]roleSet // of words of which only the beginning is given: "messag*"
	tails map[string]roleSet // of words of which only the end is given: "*werbung"
}

type roleEntry struct {
	roles roleSet
	reach uint8 // of a first word: how many words the longest sequence that starts with it has
}

// roleTables are the tables by their languages. Each is read when somebody first writes in its
// language, and never changed: every Vocabulary shares it. They are part of the program and a test
// reads them all, so an error does not depend on anyone's input.
var roleTables = sync.OnceValue(func() map[string]func() *roleTable {
	files, err := fs.Glob(roleFiles, "roles/*.tsv")
	if err != nil {
		panic("words: " + err.Error())
	}
	out := make(map[string]func() *roleTable, len(files))
	for _, file := range files {
		out[strings.TrimSuffix(path.Base(file), ".tsv")] = sync.OnceValue(func() *roleTable {
			t, err := readRoles(file)
			if err != nil {
				panic("words: " + err.Error())
			}
			return t
		})
	}
	return out
})

func readRoles(file string) (*roleTable, error) {
	f, err := roleFiles.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t := &roleTable{words: make(map[string]roleEntry, 640), stems: make(map[string]roleSet, 128),
		tails: map[string]roleSet{}}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(line, "\t")
		r, ok := roleNames[columns[0]]
		if !ok || len(columns) != 3 {
			return nil, fmt.Errorf("%s:%d: want a role, words, and who checked them", file, n)
		}
		for _, word := range strings.Split(columns[1], ",") {
			for _, w := range expand(strings.TrimSpace(word)) {
				t.add(w, r)
			}
		}
	}
	return t, lines.Err()
}

// expand writes out the alternatives of "[a/b] c": "a c" and "b c". An empty alternative is
// allowed: "[me/] c".
func expand(pattern string) []string {
	from := strings.IndexByte(pattern, '[')
	if from < 0 {
		return []string{pattern}
	}
	to := from + strings.IndexByte(pattern[from:], ']')
	if to < from {
		return []string{pattern}
	}
	var out []string
	for _, choice := range strings.Split(pattern[from+1:to], "/") {
		out = append(out, expand(pattern[:from]+choice+pattern[to+1:])...)
	}
	return out
}

func (t *roleTable) add(word string, r role) {
	if tail, isTail := strings.CutPrefix(word, "*"); isTail {
		t.tails[canonical(tail)] |= 1 << r
		return
	}
	stem, isStem := strings.CutSuffix(word, "*")
	s := tokenise(Normalise(stem))
	if s.len() == 0 {
		return
	}
	reach := s.len()
	if isStem && strings.HasSuffix(stem, " ") {
		reach++ // whatever the next word is
		s.text += " "
	}
	if isStem {
		t.stems[s.text] |= 1 << r
	} else {
		e := t.words[s.text]
		e.roles |= 1 << r
		t.words[s.text] = e
	}
	first := t.words[s.slice(0, 1)]
	first.reach = max(first.reach, uint8(reach))
	t.words[s.slice(0, 1)] = first
}

// The fewest and the most bytes that a beginning of a word has: endless words must not cost the
// square of their length.
const (
	shortestStem = 2
	longestStem  = 48
)

// wholes are the roles of sequences whose words mean nothing else in them: "sign up" of "didn't
// sign up" is no thing.
var wholes = rolesOf(roleHint, roleLeave, roleRequest, roleErase, roleObjection, roleMinor, roleWrongPerson)

// of returns the roles of every word, those of the sequences that it is part of included.
func (t *roleTable) of(s *tokens, into []roleSet) []roleSet {
	for range s.len() {
		into = append(into, 0)
	}
	for i := range into {
		word := s.slice(i, i+1)
		e := t.words[word]
		into[i] |= e.roles | t.stem(word, shortestStem) | t.tail(word) | t.withoutArticle(word)
		for n := 2; n <= int(e.reach) && i+n <= s.len(); n++ {
			whole := s.slice(i, i+n)
			found := t.words[whole].roles | t.stem(whole, s.bounds[i+n-1].from-s.bounds[i].from)
			if found == 0 || s.isBrokenWithin(i, n) {
				continue
			}
			if found&wholes != 0 {
				found |= 1 << roleWhole
			}
			for j := i; j < i+n; j++ {
				into[j] |= found
			}
		}
	}
	for i, r := range into {
		if r.has(roleDeal) {
			into[i] |= 1 << roleObject
		}
		if r.has(roleList) {
			into[i] &^= 1 << roleThing // "this phone"
		}
		if r.has(rolePlain) {
			into[i] &^= rolesOf(roleLimit, roleThing, roleQuestion, roleOnly, roleYou, roleCall, roleSends,
				roleReceives, roleSend, roleHalt,
				roleNot, roleNone, roleNoMore)
		}
		if r.has(roleWhole) {
			into[i] &^= rolesOf(roleLimit, roleThing, roleQuestion, roleCall)
		}
	}
	return into
}

// tail looks a word up by its ends.
func (t *roleTable) tail(word string) (found roleSet) {
	if len(t.tails) == 0 {
		return 0
	}
	for from := max(1, len(word)-longestStem); from < len(word); from++ {
		if utf8.RuneStart(word[from]) {
			found |= t.tails[word[from:]]
		}
	}
	return found
}

// withoutArticle looks up an Arabic word that has the article, or a conjunction written together
// with it.
func (t *roleTable) withoutArticle(word string) roleSet {
	for _, article := range [...]string{"ال", "وال", "بال", "هال", "لل", "عال"} {
		if rest, ok := cutPrefix(word, article); ok {
			return t.words[rest].roles | t.stem(rest, shortestStem)
		}
	}
	if t.words[word].roles|t.stem(word, shortestStem) != 0 {
		return 0
	}
	for _, and := range [...]string{"و", "ف"} {
		if rest, ok := cutPrefix(word, and); ok {
			return t.words[rest].roles | t.stem(rest, shortestStem) | t.withoutArticle(rest)
		}
	}
	return 0
}

// cutPrefix cuts what is written together with a word of at least three letters.
func cutPrefix(word, prefix string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(word, prefix)
	return rest, ok && utf8.RuneCountInString(rest) >= 3
}

// stem looks a word up by its beginnings, of at least so many bytes.
func (t *roleTable) stem(word string, shortest int) (found roleSet) {
	for n := shortest; n <= min(len(word), shortest+longestStem); n++ {
		if n == len(word) || utf8.RuneStart(word[n]) {
			found |= t.stems[word[:n]]
		}
	}
	return found
}
