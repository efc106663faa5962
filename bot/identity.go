package bot

import "strings"

// IdentityKind tells what kind of address an Identity is.
type IdentityKind string

// The kinds of identity that WhatsApp uses for a person.
const (
	Phone IdentityKind = "phone" // Value: E.164 with the plus, as WhatsApp spells it: +5511900000001
	LID   IdentityKind = "lid"   // Value: the digits of the LID (…@lid), without device
	// BSUID is Meta's business-scoped user ID. Value: the portfolio of businesses at Meta, "/", and the
	// ID, for it says who somebody is within one portfolio only: 1234567890/BR.1a2b
	BSUID IdentityKind = "bsuid"
)

// An Identity is one address of a contact.
type Identity struct {
	Kind  IdentityKind `json:"kind"`
	Value string       `json:"value"`
}

// A Pair is the phone and the account (LID or BSUID) of one person, as WhatsApp tells that they
// belong together. It is personal data: never log it.
type Pair struct{ Phone, Account Identity }

// PairOf makes a pair of two addresses, ok is false unless one is a phone and the other is not.
func PairOf(a, b Identity) (p Pair, ok bool) {
	if b.Kind == Phone {
		a, b = b, a
	}
	return Pair{Phone: a, Account: b}, a.Kind == Phone && b.Kind != Phone && a.Value != "" && b.Value != ""
}

// Identities are both, the phone first.
func (p Pair) Identities() []Identity { return []Identity{p.Phone, p.Account} }

// String returns kind:value. It is personal data: never log it.
func (i Identity) String() string { return string(i.Kind) + ":" + i.Value }

// AddressOf is an address by its value alone: a phone has its plus, a BSUID the slash behind its
// portfolio, and a LID nothing but digits.
func AddressOf(value string) Identity {
	switch {
	case strings.HasPrefix(value, "+"):
		return Identity{Kind: Phone, Value: value}
	case strings.Contains(value, "/"):
		return Identity{Kind: BSUID, Value: value}
	}
	return Identity{Kind: LID, Value: value}
}

// PhoneOf returns the phone among ids, or "".
func PhoneOf(ids []Identity) string { return valueOf(ids, Phone) }

// LIDOf returns the LID among ids, or "".
func LIDOf(ids []Identity) string { return valueOf(ids, LID) }

// BSUIDOf returns the BSUID among ids, or "".
func BSUIDOf(ids []Identity) string { return valueOf(ids, BSUID) }

// AccountOf returns the first of ids that is no phone: the LID or BSUID, which stays with a person
// while a phone may pass to somebody else. It is zero where there is none.
func AccountOf(ids []Identity) Identity {
	for _, id := range ids {
		if id.Kind != Phone {
			return id
		}
	}
	return Identity{}
}

func valueOf(ids []Identity, kind IdentityKind) string {
	for _, id := range ids {
		if id.Kind == kind {
			return id.Value
		}
	}
	return ""
}
