package bot

// Cause is why a message was not taken, or did not reach its person, in terms that hold on every
// wire. A wire's own code goes into Code, for the operator.
type Cause string

// The causes. A refusal that fits none of the others is CauseOther.
const (
	CauseOther Cause = ""

	// CauseBusy: too many messages at a time, or the server's own trouble. Nothing was sent. The
	// same message may be taken later.
	CauseBusy Cause = "busy"
	// CausePersonBusy: too many messages to this one person at a time. Nothing was sent. The same
	// message may be taken later.
	CausePersonBusy Cause = "person_busy"
	// CauseAccount: the number itself may not send: its token, permission, payment or registration.
	// Nothing was sent. The same message may be taken once an operator has settled it.
	CauseAccount Cause = "account"

	// CauseNeedsInbound: WhatsApp does not let the number write to this person before they write.
	CauseNeedsInbound Cause = "needs_inbound"
	// CauseNoAccount: nobody with that address can be reached on WhatsApp.
	CauseNoAccount Cause = "no_account"
	// CauseOptedOut: the person has told WhatsApp that they want no marketing of this business.
	CauseOptedOut Cause = "opted_out"
	// CauseMarketingLimit: WhatsApp lets this person have no more marketing for now, of anybody.
	CauseMarketingLimit Cause = "marketing_limit"
	// CauseNoMarketing: WhatsApp delivers no marketing in the person's country.
	CauseNoMarketing Cause = "no_marketing_there"
	// CauseWindow: the person wrote too long ago for anything but a template.
	CauseWindow Cause = "window_closed"
	// CauseReassigned: the address belongs to somebody else now.
	CauseReassigned Cause = "reassigned"
	// CauseBlocked: the shop has blocked this person at WhatsApp.
	CauseBlocked Cause = "blocked"
	// CauseOwnPhone: the address is the number's own.
	CauseOwnPhone Cause = "own_phone"
	// CauseTestList: a number for tests may write to the phones on its list alone, and theirs is not on
	// it.
	CauseTestList Cause = "test_list"

	// CauseRequest: the message as this program made it is not acceptable, to anybody.
	CauseRequest Cause = "request"
	// CauseTemplate: the template is missing, paused, disabled, or not the one that was approved.
	CauseTemplate Cause = "template"
	// CauseMedia: the file could not be taken.
	CauseMedia Cause = "media"

	// CauseSpam: WhatsApp limits the number, because people have complained about it. Nothing was
	// sent.
	CauseSpam Cause = "spam"
	// CauseRestricted: WhatsApp has restricted or locked the number. Nothing was sent.
	CauseRestricted Cause = "restricted"
)

// Causes are all of them but CauseOther.
func Causes() []Cause {
	return []Cause{
		CauseBusy, CausePersonBusy, CauseAccount, CauseNeedsInbound, CauseNoAccount, CauseOptedOut, CauseMarketingLimit,
		CauseNoMarketing, CauseWindow, CauseReassigned, CauseBlocked, CauseOwnPhone, CauseTestList, CauseRequest,
		CauseTemplate, CauseMedia, CauseSpam, CauseRestricted,
	}
}

// WebCause is what a code of WhatsApp Web means. Codes as those of HTTP say "not now": too many
// messages, or the server's own trouble.
func WebCause(code int) Cause {
	switch {
	case code == CodeNeedsInbound:
		return CauseNeedsInbound
	case code == 429 || code >= 500 && code < 600:
		return CauseBusy
	}
	return CauseOther
}

// CodeNeedsInbound is the code of CauseNeedsInbound on WhatsApp Web.
const CodeNeedsInbound = 463

// Later reports whether the same message may be taken later: it is the moment that is wrong, not
// the message or the person.
func (c Cause) Later() bool {
	switch c {
	case CauseBusy, CausePersonBusy, CauseTemplate:
		return true
	}
	return c.HoldsNumber()
}

// HoldsNumber reports whether the number has to wait for WhatsApp or for an operator, whatever it
// sends: a try of one message then says nothing of that message.
func (c Cause) HoldsNumber() bool {
	switch c {
	case CauseAccount, CauseSpam, CauseRestricted:
		return true
	}
	return false
}

// HoldsBroadcast reports whether the next person of a broadcast would be refused for the same
// reason: it is the message as the shop wrote it.
func (c Cause) HoldsBroadcast() bool {
	switch c {
	case CauseRequest, CauseTemplate, CauseMedia:
		return true
	}
	return false
}
