package bot

import (
	"time"

	"optinbot/flows"
)

// Kind is what an inbound message is, as far as the bot distinguishes.
type Kind string

// The kinds of inbound message. Whatever WhatsApp adds later arrives as Other.
const (
	KindText          Kind = "text"
	KindImage         Kind = "image"
	KindVideo         Kind = "video"
	KindAudio         Kind = "audio" // voice notes too
	KindSticker       Kind = "sticker"
	KindDocument      Kind = "document"
	KindContact       Kind = "contact"
	KindLocation      Kind = "location"
	KindPoll          Kind = "poll"      // somebody else's poll
	KindPollVote      Kind = "poll_vote" // a vote in ours
	KindReaction      Kind = "reaction"
	KindRevoke        Kind = "revoke" // "this message was deleted"
	KindUndecryptable Kind = "undecryptable"
	KindOrder         Kind = "order"   // of goods in the shop's catalog
	KindAlbum         Kind = "album"   // announces pictures that follow
	KindCall          Kind = "call"    // they rang
	KindTimer         Kind = "timer"   // the chat's disappearing timer was set
	KindNothing       Kind = "nothing" // WhatsApp's own business, under the ID of what could not be read before
	// KindMarketingStop says, by WhatsApp's own button, that they want no marketing of the business. It
	// has no text.
	KindMarketingStop Kind = "marketing_stop"
	// KindReassigned says that the address it comes from is no longer theirs, or will not stay it. It
	// has no text, and they did not write it.
	KindReassigned Kind = "reassigned"
	KindOther      Kind = "other"
)

// A Message is one inbound message in a chat with one person. Groups, channels and status never
// become one.
type Message struct {
	ID         string     // WhatsApp's message ID, unique for a contact
	Identities []Identity // of the other person in the chat: phone, LID or both
	Name       string     // the push name as they set it, or ""
	Kind       Kind       //
	Text       string     // the person's own words: text, caption, or the new text of an edit. Never what they quote
	Length     int        // of the whole text in bytes, where Text is only its beginning, else 0
	EditOf     string     // the ID of the message this one edits, "" for a new message
	Forwarded  bool       //
	History    bool       // from history sync, not live
	LookedUp   bool       // the second of Identities did not come with it: it was looked up
	FromMe     bool       // typed by a person of the shop on the business phone (never sent by the bot)
	At         time.Time  // WhatsApp's server time, UTC
	// Resent: it came before and could not be read. The store sets it. At is the earlier of the two
	// times.
	Resent  bool
	Expires time.Duration // the chat's disappearing timer. 0: off
	Timed   bool          // the message can tell the timer, else Expires says nothing
	Album   *Album        // that it announces or belongs to. Nil: none
	Ad      *Ad           // that they clicked to write this. Nil: none
	OnOurs  bool          // of KindReaction: to a message of ours
	Button  string        // the ID of the button that was tapped: what Outgoing.Buttons or Template gave it
	ReplyTo string        // the wire's ID of the message that is answered. "": none, or not told

	Hidden   bool // of KindUndecryptable: their phone shows no failure
	ViewOnce bool // of KindUndecryptable: what may be looked at once, which linked devices never get
	Unknown  bool // of KindUndecryptable: it holds nothing but fields that this build does not know

	Poll string // of KindPollVote: the ID of the poll
	// Votes, of KindPollVote, are the options that are tapped now, as SHA-256 of their names (hex).
	// None: the vote is taken back.
	Votes  []string
	Sealed bool // of KindPollVote: the vote could not be opened
}

// An Album is pictures that were sent together: a message that announces them, and one for each.
type Album struct {
	ID    string // of the message that announces it
	Count int    // how many follow, 0 where this is one of them
}

// An Ad is an advertisement outside WhatsApp that opens the chat with the shop.
type Ad struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
	Text  string `json:"text,omitempty"`
	URL   string `json:"url,omitempty"`
}

// A Poll is a question that people answer by tapping.
type Poll struct {
	Title   string   `json:"title"`
	Options []string `json:"options"`
	Most    int      `json:"most"` // so many may be tapped. 0: as many as they like
}

// The kinds of Media.
const (
	MediaImage    = flows.MediaImage
	MediaVideo    = flows.MediaVideo
	MediaDocument = flows.MediaDocument
)

// Media is a file that goes out with a message. Its content is kept under its hash.
type Media struct {
	Kind string `json:"kind"` // MediaImage, MediaVideo, MediaDocument
	Name string `json:"name"` // as the contact sees it, of a document
	MIME string `json:"mime"`
	Hash string `json:"hash"` // SHA-256 of the content, hex
}

// An Outgoing is one message as it goes to WhatsApp.
type Outgoing struct {
	ID      string        // the WhatsApp message ID, chosen when the message was decided, and the same on a second try
	To      []Identity    // the contact
	Text    string        // "" where Card is set
	Card    *Card         // the number's contact card
	Poll    *Poll         // sent instead of Text
	Media   *Media        // a file, of which Text is the caption
	Expires time.Duration // the chat's disappearing timer, respected

	ReplyTo  string    // the wire's ID of the message that it answers. "": none
	Buttons  *Buttons  // what can be tapped. Text is the same as a menu, for where there are no buttons
	Template *Template // approved words, sent instead of Text. Media is its header
}

// Buttons are answers to a question that people give by tapping.
type Buttons struct {
	Title   string   `json:"title"`  // the question
	Choose  string   `json:"choose"` // what opens the list, where there are too many for buttons
	Options []Button `json:"options"`
}

// A Button can be tapped.
type Button struct {
	ID    string `json:"id"` // comes back as Message.Button
	Title string `json:"title"`
}

// A Template is a text that WhatsApp has approved.
type Template struct {
	Name       string
	Language   string // as WhatsApp spells it: pt_BR
	Hash       string // of the words that it has to have: see flows.HashApproval
	Parameters []Parameter
	Buttons    []string // what comes back as Message.Button, for each quick reply in order
}

// A Parameter fills one hole of a template.
type Parameter struct {
	Name string // "": the holes are numbered
	Text string
}

// A Card is a contact card (vCard 3.0) for the number.
type Card struct {
	Name  string // shown as the card's name
	Phone string // E.164 with the plus
}

// SendStatus is how a send ended.
type SendStatus string

// The ways a send ends. Unknown means that it may have been delivered: a time-out, a cut, a crash
// in between.
const (
	SendAccepted SendStatus = "accepted" // WhatsApp's server acknowledged it
	SendUnknown  SendStatus = "unknown"
	SendRefused  SendStatus = "refused" // the server said no: Code
	SendNotTried SendStatus = "not_tried"
)

// A SendResult is what a transport reports about one Outgoing.
type SendResult struct {
	Status SendStatus
	Cause  Cause  // of SendRefused: why, in terms that hold on every wire
	Code   int    // of SendRefused: the wire's own code, 463 for instance
	Detail string // for the operator, in English, without phone numbers or bodies
	// WireID, of SendAccepted, is the message's ID on the wire, where that is not Outgoing.ID. It is
	// personal: never log it.
	WireID string
}

// ReceiptKind is how far a message got.
type ReceiptKind string

// The kinds of receipt. A wire may leave out what a later one implies, and none of them comes in
// order.
const (
	ReceiptSent      ReceiptKind = "sent"      // WhatsApp's server has it: what was unknown is accepted
	ReceiptDelivered ReceiptKind = "delivered" // a phone has it
	ReceiptRead      ReceiptKind = "read"      // somebody looked at it
	ReceiptFailed    ReceiptKind = "failed"    // accepted before, and will not arrive: Cause
)

// DeliveredOrRead is the kind of a receipt from a phone.
func DeliveredOrRead(read bool) ReceiptKind {
	if read {
		return ReceiptRead
	}
	return ReceiptDelivered
}

// A Receipt says how far messages of ours got.
type Receipt struct {
	Kind       ReceiptKind
	MessageIDs []string // ours, Outgoing.ID
	// WireIDs are the wire's (SendResult.WireID): beside MessageIDs those of the same messages, and
	// without them of messages that the wire does not name by ours. Personal: never log them.
	WireIDs []string
	At      time.Time
	Cause   Cause  // of ReceiptFailed
	Code    int    // of ReceiptFailed: the wire's own code
	Detail  string // of ReceiptFailed: for the operator, in English, without phone numbers or bodies

	// Pricing is what the wire charges for them, told with ReceiptDelivered or ReceiptRead. It may be
	// told again. Zero: nothing was said.
	Pricing Pricing
}

// Pricing is how a wire charges for a message.
type Pricing struct {
	Category string // MarketingCategory, "service" ...
	Kind     string // PricedRegular, or why it is free
}

// PricedRegular is the Kind of a message that is charged. All others are free.
const PricedRegular = "regular"

// NumberEventKind is what happened to a number's connection.
type NumberEventKind string

// The events of a number.
const (
	NumberConnected    NumberEventKind = "connected"
	NumberDisconnected NumberEventKind = "disconnected" // it is connected again by itself
	// NumberUnanswered: connected, but WhatsApp does not answer. NumberSynced ends it.
	NumberUnanswered NumberEventKind = "no_answer"
	NumberTrouble    NumberEventKind = "connection_trouble" // the operator should know, and the state stays as it is
	NumberSynced     NumberEventKind = "offline_sync_ended" // everything sent while we were away has been handed over
	NumberLoggedOut  NumberEventKind = "logged_out"         // link again
	NumberOutdated   NumberEventKind = "client_outdated"    // a newer build is needed
	NumberReplaced   NumberEventKind = "replaced"           // another process uses the session
	NumberBanned     NumberEventKind = "banned"             // Until: when it ends, zero if unknown
	NumberRestricted NumberEventKind = "restricted"         // reach-out time-lock. Until: its end
	NumberReleased   NumberEventKind = "restriction_ended"
	// NumberHistoryRead: the history that the phone sends after linking has been read to its end.
	NumberHistoryRead NumberEventKind = "history_read"
	NumberPhoneSeen   NumberEventKind = "phone_seen" // the phone of the number gave a sign. At: when
	NumberFailed      NumberEventKind = "connect_failed"
	NumberQuality     NumberEventKind = "quality" // WhatsApp rates the number. Guard: what follows for broadcasts
	// NumberStanding: how the number stands on WhatsApp's business platform. See Standing
	NumberStanding NumberEventKind = "standing"
)

// A Standing is what WhatsApp's business platform says of a number.
type Standing struct {
	Rating     string    // in its word: GREEN, YELLOW, RED. "": not known
	Limit      int       // people who may be written to first in 24 hours. 0: not known. UnlimitedPerDay: any number
	Throughput int       // messages a second. 0: not known
	TokenEnds  time.Time // when the access to it ends. Zero: never, or not known
}

// MostFirst is how many people the number writes to first in 24 hours: nine tenths of what WhatsApp
// allows, for it counts otherwise than we do. 0: as many as it likes, or nobody knows.
func (s Standing) MostFirst() int {
	if s.Limit >= UnlimitedPerDay {
		return 0
	}
	return s.Limit * 9 / 10
}

// A NumberEvent is one event of a number's connection.
type NumberEvent struct {
	Kind   NumberEventKind
	Until  time.Time
	Detail string // for the operator: what it is and what to do next, without phone numbers
	At     time.Time
	Guard  GuardLevel // of NumberQuality: calm, slowed or paused

	Standing Standing // of NumberStanding
}
