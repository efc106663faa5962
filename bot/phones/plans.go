package phones

import (
	_ "embed"
	"math/bits"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// The files are written by `go test ./bot/phones -update`. plans.tsv has a line for each calling
// code, with its regions, and for each plan, with its kinds of numbers and its forms under it.
var (
	//go:embed plans.tsv
	plansFile string
	// A line for each beginning of a number, with the zones in which it may be.
	//go:embed zones.tsv
	zonesFile string
)

// longestZoned is how many digits a beginning of zones.tsv has at most.
const longestZoned = 9

// nowhere is the region of calling codes that are of no country, such as 800. Their plans are known
// by the code.
const nowhere = "001"

// A table is plans.tsv.
type table struct {
	regions map[string][]string // by calling code, the main one first
	plans   map[string]*plan    // by region, or by a calling code of no region
}

// A plan is how a region numbers its phones.
type plan struct {
	code    string  // calling code
	abroad  pattern // dialled before the calling code of another country
	prefix  pattern // dialled before a number of the own country
	rule    string  // what prefix stands for, where it is not only left out
	leading pattern // of the region's numbers, among regions with the same code
	general kind
	kinds   []kind   // in the order in which they are asked
	forms   []string // the lines of formatted
}

// A kind is one kind of numbers of a plan: mobile phones, numbers of services.
type kind struct {
	personal bool // people and shops have them
	lengths  lengths
	inside   lengths // as dialled inside an area
	pattern  pattern
}

// lengths is a set of numbers of digits, a bit each. None: those of the plan.
type lengths uint32

func (l lengths) has(n int) bool { return n < 32 && l&(1<<n) != 0 }

// A pattern is a regular expression that is compiled when it is first asked.
type pattern struct {
	text string
	once sync.Once
	re   *regexp.Regexp
}

func (p *pattern) compiled() *regexp.Regexp {
	p.once.Do(func() { p.re = regexp.MustCompile(p.text) })
	return p.re
}

func (p *pattern) matches(s string) bool { return p.compiled().MatchString(s) }
func (p *pattern) find(s string) []int   { return p.compiled().FindStringSubmatchIndex(s) }

// all is the table, read when somebody first asks about a phone.
var all = sync.OnceValue(func() *table {
	t := &table{regions: map[string][]string{}, plans: map[string]*plan{}}
	var p *plan
	for line := range strings.Lines(plansFile) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch f[0] {
		case "code":
			t.regions[f[1]] = f[2:]
		case "plan":
			p = &plan{code: f[2], rule: f[5], abroad: pattern{text: starts(f[3])}}
			t.plans[f[1]] = p
			if f[4] != "" {
				p.prefix.text = starts(f[4])
			}
			if f[6] != "" {
				p.leading.text = starts(f[6])
			}
		case "general":
			p.general.lengths, p.general.inside, p.general.pattern.text = lengthsOf(f[1]), lengthsOf(f[2]), whole(f[3])
		case "people", "service":
			p.kinds = append(p.kinds, kind{
				personal: f[0] == "people", lengths: lengthsOf(f[1]), pattern: pattern{text: whole(f[2])},
			})
		case "form":
			p.forms = append(p.forms, line)
		}
	}
	return t
})

func starts(expression string) string { return "^(?:" + expression + ")" }
func whole(expression string) string  { return "^(?:" + expression + ")$" }

func lengthsOf(text string) (l lengths) {
	for digits := range strings.SplitSeq(text, ",") {
		if n, err := strconv.Atoi(digits); err == nil {
			l |= 1 << n
		}
	}
	return l
}

// mainPlan is the plan of a calling code that exists: of its first region.
func mainPlan(code string) *plan {
	if region := all().regions[code][0]; region != nowhere {
		return all().plans[region]
	}
	return all().plans[code]
}

// is reports whether a number is of the kind.
func (k *kind) is(national string) bool {
	return (k.lengths == 0 || k.lengths.has(len(national))) && k.pattern.matches(national)
}

// kindOf is the kind of a number, nil where nobody can have it.
func (p *plan) kindOf(national string) *kind {
	if !p.general.is(national) {
		return nil
	}
	for i := range p.kinds {
		if p.kinds[i].is(national) {
			return &p.kinds[i]
		}
	}
	return nil
}

// withoutPrefix is a number without what is dialled before it inside the country. It stays as it is
// where it is a number with that, and none without.
func (p *plan) withoutPrefix(national string) string {
	if p.prefix.text == "" || !p.prefix.matches(national) {
		return national
	}
	at := p.prefix.find(national)
	rest := national[at[1]:]
	if p.rule != "" && at[len(at)-2] >= 0 {
		rest = p.prefix.compiled().ReplaceAllString(national, p.rule)
	}
	if p.general.pattern.matches(national) && !p.general.pattern.matches(rest) {
		return national
	}
	return rest
}

func (p *plan) length(national string) Length {
	n, l := len(national), p.general.lengths
	switch {
	case p.general.inside.has(n):
		return InsideOnly
	case l.has(n):
		return Possible
	case n < bits.TrailingZeros32(uint32(l)):
		return TooShort
	case n >= bits.Len32(uint32(l)):
		return TooLong
	}
	return OtherLength
}

// formatted is a number in the first of the plan's forms that fits.
func (p *plan) formatted(national string) string {
	for _, line := range p.forms {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t") // its name, pattern, beginning, what it makes
		fits, begins := regexp.MustCompile(whole(f[1])), regexp.MustCompile(starts(f[2]))
		if fits.MatchString(national) && begins.MatchString(national) {
			return regexp.MustCompile(f[1]).ReplaceAllString(national, f[3])
		}
	}
	return national
}
