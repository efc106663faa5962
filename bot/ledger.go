package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// An Entry is one line of the ledger: a change of consent with its evidence. Public stays for ever.
// Personal lies in a side table under a salt of its own, so that erasing a person leaves a chain
// that still verifies.
type Entry struct {
	Public   Public   `json:"public"`
	Personal Personal `json:"personal"`
}

// Public is the part of an entry that names nobody.
type Public struct {
	Number     string    `json:"number"`
	Seq        int64     `json:"seq"`         // 1, 2, 3 ... within the number's chain
	Recorded   time.Time `json:"recorded"`    // receipt time: when the bot decided, UTC
	ServerTime time.Time `json:"server_time"` // WhatsApp's time of the message. Equal to Recorded where there was none
	Event      string    `json:"event"`       // one of the Entry constants
	From       Consent   `json:"from"`
	To         Consent   `json:"to"`
	Rule       string    `json:"rule"`  // what matched: opt_in.phrase, opt_in.confirm, tier1.word, operator, brand, ...
	Actor      string    `json:"actor"` // contact, operator, bot
	Flow       string    `json:"flow"`  // name and version of the flow
	Shown      string    `json:"shown"` // what they saw before they asked: "source:TAG", "ad:ID", both, "none"
	Disclosure string    `json:"disclosure,omitempty"`
}

// Personal is the part of an entry that can be erased.
type Personal struct {
	Identities   []Identity `json:"identities"`
	Name         string     `json:"name,omitempty"`
	Words        string     `json:"words,omitempty"`         // exactly what they wrote
	MessageID    string     `json:"message_id,omitempty"`    // of what they wrote
	Shown        string     `json:"shown,omitempty"`         // what the ad said
	Disclosure   string     `json:"disclosure,omitempty"`    // the text as it was sent to them
	DisclosureID string     `json:"disclosure_id,omitempty"` // the message ID of it
	Reason       string     `json:"reason,omitempty"`        // what the operator gave
	MergedWith   []Identity `json:"merged_with,omitempty"`
}

// The events of Public.Event.
const (
	EntryGreeted    = "greeted"
	EntryOptedIn    = "opted_in"
	EntryRenewed    = "renewed"
	EntryOptedOut   = "opted_out"
	EntryDisclosed  = "disclosed"
	EntrySuppressed = "suppressed"
	EntryMerged     = "merged"
	EntryReassigned = "reassigned"
	EntryReleased   = "released"
	EntryErased     = "erased"

	EntryOptedOutAgain = "opted_out_again" // a stop of somebody who has left: it is later than the one that stood

	EntryNumberChanged  = "number_changed"   // about the number: it has another phone now
	EntrySuperseded     = "superseded"       // an opt-in or a stop that lost by its time
	EntryTooManyChanges = "too_many_changes" // an opt-in that does not count, because of how many there were
	EntryRestated       = "restated"         // a stop whose time was wrong has another (see Restate)
)

// Sealed is an entry as it is stored: the exact bytes that were hashed.
type Sealed struct {
	Seq          int64
	Previous     string // hash of the entry before, "" for the first
	Hash         string
	Public       string // JSON
	PersonalHash string // H(salt + personal fields)
	Salt         string // hex
	Personal     string // JSON
}

// Seal hashes an entry onto the chain: hash = SHA-256(previous, public fields, SHA-256(salt +
// personal fields)), each part followed by a newline. salt is random and new for each entry.
// Without it a personal hash could be guessed.
func Seal(e Entry, previous string, salt []byte) (Sealed, error) {
	public, err := json.Marshal(e.Public)
	if err != nil {
		return Sealed{}, err
	}
	personal, err := json.Marshal(e.Personal)
	if err != nil {
		return Sealed{}, err
	}
	s := Sealed{
		Seq: e.Public.Seq, Previous: previous, Public: string(public),
		Salt: hex.EncodeToString(salt), Personal: string(personal),
	}
	s.PersonalHash = PersonalHash(s.Salt, s.Personal)
	s.Hash = ChainHash(s.Previous, s.Public, s.PersonalHash)
	return s, nil
}

// PersonalHash is the hash of the personal part under its salt (hex).
func PersonalHash(salt, personal string) string { return hash(salt + "\n" + personal) }

// ChainHash is the hash of an entry.
func ChainHash(previous, public, personalHash string) string {
	return hash(previous + "\n" + public + "\n" + personalHash + "\n")
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// ErasedEntry is what an erased person leaves in the ledger: that there was somebody, who is asked
// for nothing any more. It names nobody.
func ErasedEntry(env Env, c Contact) Entry {
	entry := newTurn(env, c).entry(EntryErased, "operator")
	entry.Public.Actor, entry.Public.To = "operator", Unsubscribed
	entry.Public.ServerTime = StopTime(env, c)
	entry.Personal = Personal{}
	return entry
}

// ForgottenEntry is what somebody leaves in the ledger who never asked for promotions and was
// silent for as long as the retention says.
func ForgottenEntry(env Env, c Contact) Entry {
	entry := newTurn(env, c).entry(EntryErased, "retention")
	entry.Public.Actor = "bot"
	entry.Personal = Personal{}
	return entry
}

// ChangedNumberEntry is what a change of the number's phone leaves in the ledger. The phones are
// the shop's own.
func ChangedNumberEntry(env Env, number, from, to string, held int) Entry {
	entry := newTurn(env, Contact{Number: number}).entry(EntryNumberChanged, "operator")
	entry.Public.Actor, entry.Public.From, entry.Public.To = "operator", "", ""
	entry.Personal = Personal{Reason: fmt.Sprintf("the number's phone was %s and is %s; promotions to %d subscribers "+
		"wait until they write", from, to, held)}
	return entry
}
