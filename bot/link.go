package bot

import "time"

// A LinkStep is how far the link of a number to a phone has come.
type LinkStep struct {
	Kind LinkStepKind
	Code string        // to scan, as a QR code holds it, or to type on the phone. "" where there is none
	Good time.Duration // for so long the code is good. 0: not known
	// Which is the code's place among the Of that there are to scan. 0: not known.
	Which, Of int
}

// A LinkStepKind names a step of a link.
type LinkStepKind string

// The steps. The ones with a code may come several times: each code takes the place of the one
// before.
const (
	LinkConnects LinkStepKind = "connects"  // to WhatsApp
	LinkScan     LinkStepKind = "scan"      // a code is to be scanned
	LinkType     LinkStepKind = "type"      // a code is to be typed on the phone
	LinkMisfit   LinkStepKind = "misfit"    // the code that was typed does not fit
	LinkOldPhone LinkStepKind = "old_phone" // the phone's WhatsApp is too old
	LinkAccepted LinkStepKind = "accepted"  // by the phone: WhatsApp lets the new device in
)
