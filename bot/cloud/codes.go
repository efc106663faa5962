package cloud

import (
	"fmt"
	"net/http"

	"optinbot/bot"
)

// A meaning is what one of Meta's error codes says.
type meaning struct {
	cause bot.Cause
	words string // for the operator: what it is and what to do
	// unclear: the trouble is Meta's own, and the message may have gone out all the same.
	unclear bool
}

// meanings are Meta's codes, as they come in an answer or, later, in a status.
var meanings = map[int]meaning{
	0:   {bot.CauseAccount, "the access token is not valid: make a new one and put it into the token file", false},
	190: {bot.CauseAccount, "the access token is not valid: make a new one and put it into the token file", false},
	3:   {bot.CauseAccount, "the app has no permission for this: look at the system user's rights", false},
	10:  {bot.CauseAccount, "the app has no permission for this: look at the system user's rights", false},
	33: {bot.CauseAccount, "the phone number ID does not exist or is not shared with the app: look at phone_number_id",
		false},
	131005: {bot.CauseAccount, "the app may not use this number: look at the system user's rights", false},

	4:      {bot.CauseBusy, "the app makes too many calls; it slows down by itself", false},
	80007:  {bot.CauseBusy, "the business account sends too much; it slows down by itself", false},
	130429: {bot.CauseBusy, "the number sends faster than it may; it slows down by itself", false},
	131057: {bot.CauseBusy, "Meta is upgrading the number; it takes minutes", false},
	131056: {bot.CausePersonBusy, "too many messages to this person in a short time", false},

	1:      {bot.CauseOther, "Meta has trouble of its own", true},
	2:      {bot.CauseOther, "Meta has trouble of its own", true},
	131000: {bot.CauseOther, "Meta has trouble of its own", true},
	131016: {bot.CauseOther, "Meta has trouble of its own", true},
	133004: {bot.CauseOther, "Meta has trouble of its own", true},
	135000: {bot.CauseOther, "Meta has trouble of its own", true},

	131048: {bot.CauseSpam, "Meta limits the number, because people complain about its messages", false},
	131064: {bot.CauseSpam, "Meta says that templates are in the wrong category", false},
	368:    {bot.CauseRestricted, "Meta has blocked the account, by its policy: look at WhatsApp Manager", false},
	131031: {bot.CauseRestricted, "Meta has locked the account: look at WhatsApp Manager", false},

	130497: {bot.CauseNoMarketing, "the account may not write to people in this country", false},
	130403: {bot.CauseBlocked, "the number has blocked this person: unblock them where they were blocked", false},
	131026: {bot.CauseNoAccount, "it cannot be delivered: no WhatsApp there, an old app, or terms not accepted", false},
	131021: {bot.CauseOwnPhone, "this is the number's own phone, and a number cannot write to itself", false},
	131030: {bot.CauseTestList, "a number for tests may only write to the phones on its list: add this phone at Meta, or " +
		"use a number of your own", false},
	131047: {bot.CauseWindow, "they wrote more than 24 hours ago; only a template may go out", false},
	131049: {bot.CauseMarketingLimit, "Meta lets this person have no more marketing for now, of any business", false},
	131050: {bot.CauseOptedOut, "they have stopped the marketing of this business in WhatsApp", false},
	130472: {bot.CauseOther, "Meta leaves this person without it, as part of an experiment", false},
	137000: {bot.CauseReassigned, "the phone has another owner, or another device, than before", false},
	131062: {bot.CauseOther, "this message cannot go to somebody without a phone number", false},

	131042: {bot.CauseAccount, "Meta has no way to be paid: look at the payment method in WhatsApp Manager", false},
	131045: {bot.CauseAccount, "the number is not registered: register it", false},
	133010: {bot.CauseAccount, "the number is not registered: register it", false},
	131037: {bot.CauseAccount, "the display name of the number is not approved yet", false},

	100:    {bot.CauseRequest, "Meta does not take the message as it was made", false},
	131008: {bot.CauseRequest, "Meta does not take the message as it was made: something is missing", false},
	131009: {bot.CauseRequest, "Meta does not take the message as it was made: a value is wrong", false},
	131051: {bot.CauseRequest, "Meta does not take this kind of message", false},
	131055: {bot.CauseRequest, "Meta does not take this kind of message here", false},
	132000: {bot.CauseRequest, "the number of parameters is not the template's", false},
	132012: {bot.CauseRequest, "the parameters do not fit the template", false},
	132018: {bot.CauseRequest, "the parameters do not fit the template", false},

	132001: {bot.CauseTemplate, "the template does not exist in this language, or is not approved", false},
	132005: {bot.CauseTemplate, "the template is too long when it is filled in", false},
	132007: {bot.CauseTemplate, "the template breaks a policy of Meta", false},
	132015: {bot.CauseTemplate, "the template is paused, because people do not like it", false},
	132016: {bot.CauseTemplate, "the template is disabled for good", false},
	131063: {bot.CauseTemplate, "the template's category is not allowed here", false},

	131052: {bot.CauseMedia, "their file could not be read", false},
	131053: {bot.CauseMedia, "the file could not be taken: look at its format and size", false},
}

// meaningOf explains a code, also one that is not in the table.
func meaningOf(code int) meaning {
	m, known := meanings[code]
	switch {
	case known:
	case code >= 200 && code <= 299:
		m = meaning{bot.CauseAccount, "the app has no permission for this: look at the system user's rights", false}
	case code >= 134000 && code <= 134999:
		m = meaning{bot.CauseTemplate, "the template cannot be sent this way", false}
	default:
		m = meaning{bot.CauseOther, "Meta refused the message", false}
	}
	m.words = fmt.Sprintf("%d: %s", code, m.words)
	return m
}

// causeOf is the cause of a refusal that came with an HTTP status.
func causeOf(status, code int) bot.Cause {
	m := meaningOf(code)
	switch {
	case m.cause != bot.CauseOther:
	case status == http.StatusTooManyRequests:
		return bot.CauseBusy
	case status == http.StatusUnauthorized:
		return bot.CauseAccount
	}
	return m.cause
}
