package bot

// IdentityKind tells what kind of address an Identity is.
type IdentityKind string

// The kinds of identity that WhatsApp uses for a person.
const (
	Phone IdentityKind = "phone" // Value: E.164 with the plus, as WhatsApp spells it: +5511900000001
	LID   IdentityKind = "lid"   // Value: the digits of the LID (…@lid), without device
	BSUID IdentityKind = "bsuid" // Value: the business-scoped user ID, of one portfolio at Meta: BR.1a2b
)

// An Identity is one address of a contact.
type Identity struct {
	Kind  IdentityKind `json:"kind"`
	Value string       `json:"value"`
}

// A Pair is the phone and the LID of one person, as WhatsApp tells that they belong together. It is
// personal data: never log it.
type Pair struct{ Phone, LID Identity }

// PairOf makes a pair of two addresses, ok is false unless one is a phone and the other a LID.
func PairOf(a, b Identity) (p Pair, ok bool) {
	if a.Kind == LID {
		a, b = b, a
	}
	return Pair{Phone: a, LID: b}, a.Kind == Phone && b.Kind == LID && a.Value != "" && b.Value != ""
}

// Identities are both, the phone first.
func (p Pair) Identities() []Identity { return []Identity{p.Phone, p.LID} }

// String returns kind:value. It is personal data: never log it.
func (i Identity) String() string { return string(i.Kind) + ":" + i.Value }

// PhoneOf returns the phone among ids, or "".
func PhoneOf(ids []Identity) string { return valueOf(ids, Phone) }

// LIDOf returns the LID among ids, or "".
func LIDOf(ids []Identity) string { return valueOf(ids, LID) }

func valueOf(ids []Identity, kind IdentityKind) string {
	for _, id := range ids {
		if id.Kind == kind {
			return id.Value
		}
	}
	return ""
}
