// Package phones knows the plans by which countries number their phones: which country a phone is
// of, whether people have such a one, how it is dialled at home and written abroad.
//
// It answers as Google's libphonenumber does (nyaruka/phonenumbers), from the same data, which lie
// in plans.tsv and zones.tsv (Apache License 2.0). The library itself reads all of them whenever a
// program starts, asked or not, so it is used by the tests only: they write both files and compare
// every answer.
package phones

import (
	"strconv"
	"strings"
)

// A Number is a phone, taken apart.
type Number struct {
	Code     string // the calling code of its country
	National string // what follows it. Zeros at the beginning count
}

// The fewest and the most digits of National.
const (
	shortest = 2
	longest  = 17
)

// Read reads a phone with its calling code, "+" and digits. It need not be one that somebody can
// have.
func Read(phone string) (n Number, ok bool) {
	digits, plus := strings.CutPrefix(phone, "+")
	if !plus || !onlyDigits(digits) {
		return Number{}, false
	}
	return international(digits)
}

// ReadIn reads digits as somebody in a region (ISO 3166-1, two letters) would dial them.
func ReadIn(digits, region string) (n Number, ok bool) {
	home := all().plans[region]
	if home == nil || len(region) != 2 || len(digits) < shortest || !onlyDigits(digits) {
		return Number{}, false
	}
	if at := home.abroad.find(digits); at != nil && (at[1] == len(digits) || digits[at[1]] != '0') {
		return international(digits[at[1]:])
	}
	if rest, ok := strings.CutPrefix(digits, home.code); ok {
		rest = home.withoutPrefix(rest)
		onlyAbroad := !home.general.pattern.matches(digits) && home.general.pattern.matches(rest)
		if onlyAbroad || home.length(digits) == TooLong {
			return national(home.code, rest, mainPlan(home.code))
		}
	}
	return national(home.code, digits, home)
}

// international reads digits that begin with a calling code.
func international(digits string) (n Number, ok bool) {
	if len(digits) <= shortest {
		return Number{}, false
	}
	for i := 1; i <= 3; i++ {
		if code := digits[:i]; all().regions[code] != nil {
			return national(code, digits[i:], mainPlan(code))
		}
	}
	return Number{}, false
}

// national reads the digits that follow a calling code, or that are dialled inside a plan.
func national(code, digits string, p *plan) (n Number, ok bool) {
	if len(digits) < shortest {
		return Number{}, false
	}
	if rest := p.withoutPrefix(digits); p.length(rest) == Possible || p.length(rest) == TooLong {
		digits = rest
	}
	return Number{Code: code, National: digits}, len(digits) >= shortest && len(digits) <= longest
}

func onlyDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// String is the number in E.164: +5511900000001.
func (n Number) String() string { return "+" + n.Code + n.National }

// Region is the country of a number (ISO 3166-1, two letters), "001" for a number of no country,
// and "" where several have its calling code and none has such a number.
func (n Number) Region() string {
	regions := all().regions[n.Code]
	if len(regions) == 1 {
		return regions[0]
	}
	for _, region := range regions {
		p := all().plans[region]
		if p.leading.text != "" {
			if p.leading.matches(n.National) {
				return region
			}
		} else if p.kindOf(n.National) != nil {
			return region
		}
	}
	return ""
}

// MainRegion is the first of the regions that have a calling code.
func (n Number) MainRegion() string { return all().regions[n.Code][0] }

// IsPersonal reports whether people and shops have such numbers: no number of a service, and none
// that nobody can have.
func (n Number) IsPersonal() bool {
	p := all().plans[n.Region()]
	if n.Region() == nowhere {
		p = mainPlan(n.Code)
	}
	if p == nil {
		return false
	}
	k := p.kindOf(n.National)
	return k != nil && k.personal
}

// A Length tells whether a number has as many digits as its plan has.
type Length int

// The lengths.
const (
	Possible    Length = iota
	InsideOnly         // as it is dialled inside an area
	TooShort           // shorter than all
	TooLong            // longer than all
	OtherLength        // none of those that there are
)

// Length compares the number of digits with the plan of its calling code.
func (n Number) Length() Length { return mainPlan(n.Code).length(n.National) }

// Pretty is the number as it is written for people abroad: +55 11 90000-0001.
func (n Number) Pretty() string {
	return "+" + n.Code + " " + mainPlan(n.Code).formatted(n.National)
}

// Zones are the IANA time zones in which a number may be. None are known of some.
func (n Number) Zones() []string {
	digits := n.Code + n.National
	for i := min(len(digits), longestZoned); i > 0; i-- {
		if _, after, found := strings.Cut(zonesFile, "\n"+digits[:i]+"\t"); found {
			line, _, _ := strings.Cut(after, "\n")
			return strings.Split(line, " ")
		}
	}
	return nil
}

// CallingCode is the code with which phones of a region (ISO 3166-1) begin, 0 where it has none.
func CallingCode(region string) int {
	if !IsRegion(region) {
		return 0
	}
	code, _ := strconv.Atoi(all().plans[region].code)
	return code
}

// IsRegion reports whether a region (ISO 3166-1, two letters) has phones.
func IsRegion(region string) bool { return len(region) == 2 && all().plans[region] != nil }
