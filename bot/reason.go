package bot

// A Reason says why marketing to a contact, or by a number, waits (a hold) or will not happen (a
// skip). The same names stand in the store, in `broadcast why`, in `chat --json` and in the docs.
type Reason string

// Holds: something named must happen first. Reasons tells what.
const (
	AwaitingDisclosure   Reason = "awaiting_disclosure"
	QuestionOpen         Reason = "question_open"
	HumanTakeover        Reason = "human_takeover"
	UnsureStop           Reason = "unsure_stop"
	QuietHours           Reason = "quiet_hours"
	DailyCap             Reason = "daily_cap"
	WeeklyCap            Reason = "weekly_cap"
	MinGap               Reason = "min_gap"
	NotDelivering        Reason = "not_delivering"
	UndecryptableMessage Reason = "undecryptable_message"
	NeedsInbound         Reason = "needs_inbound"
	NumberReassigned     Reason = "number_reassigned"
	Pace                 Reason = "pace"
	WarmUp               Reason = "warm_up"
	NumberCap            Reason = "number_cap"
	OfflineSync          Reason = "offline_sync"
	RestrictedUntil      Reason = "number_restricted_until"
	Disconnected         Reason = "number_disconnected"
	GuardPaused          Reason = "guard_paused"
	OperatorPaused       Reason = "operator_paused"
	SafeMode             Reason = "safe_mode"
	Late                 Reason = "late"
	SlowDown             Reason = "slow_down"
	NumberChanged        Reason = "number_changed"
	MarketingLimit       Reason = "marketing_limit"
	TemplateNotReady     Reason = "template_not_ready"
	CostCap              Reason = "cost_cap"
)

// Skips: it will not happen.
const (
	NotSubscribed       Reason = "not_subscribed"
	SkippedUnsubscribed Reason = "unsubscribed"
	Erased              Reason = "erased"
	Suppressed          Reason = "suppressed"
	NotInAudience       Reason = "not_in_audience"
	AlreadyDelivered    Reason = "already_delivered"
	NoLegalHour         Reason = "no_legal_hour"
	Fatigued            Reason = "fatigued"
	Expired             Reason = "expired"
	Cancelled           Reason = "cancelled"
	RenderFailed        Reason = "render_failed"
	Failed              Reason = "failed"
	NoMarketingThere    Reason = "no_marketing_there"
)

// ReasonInfo describes one Reason for people.
type ReasonInfo struct {
	Reason Reason
	Skip   bool   // else a hold
	Says   string // a sentence that starts with "because"
	Ends   string // of a hold: what ends it
}

// Reasons is the one table of reasons. Docs/reasons.md is made from it.
func Reasons() []ReasonInfo {
	hold := func(r Reason, says, ends string) ReasonInfo { return ReasonInfo{Reason: r, Says: says, Ends: ends} }
	skip := func(r Reason, says string) ReasonInfo { return ReasonInfo{Reason: r, Skip: true, Says: says} }
	return []ReasonInfo{
		hold(AwaitingDisclosure,
			"because WhatsApp has not yet accepted the message that tells them what they signed up for",
			"WhatsApp's server accepts the disclosure"),
		hold(QuestionOpen, "because the bot has just asked them something",
			"their answer, the state's timeout, or 30 minutes after their last message, whichever is first"),
		hold(HumanTakeover, "because a person of the shop is writing with them",
			"12 hours after the last human message, or `contacts resume PHONE`"),
		hold(UnsureStop, "because they may have asked to stop and have not yet said yes or no",
			"their yes or no, a new opt-in, or `contacts release PHONE --reason`"),
		hold(QuietHours, "because it is outside the hours for promotions where they live",
			"the next allowed hour in their time zone"),
		hold(DailyCap, "because they already got as many promotions today as one person may",
			"the next day in their time zone"),
		hold(WeeklyCap, "because they already got as many promotions in seven days as one person may",
			"seven days after the oldest of them"),
		hold(MinGap, "because they got a promotion too recently", "the minimum gap has passed"),
		hold(NotDelivering, "because the last promotions did not reach their phone", "any receipt from their phone"),
		hold(UndecryptableMessage, "because a message of theirs could not be read, and it may have been a stop",
			"it is decrypted, or their next readable message"),
		hold(NeedsInbound, "because WhatsApp does not let this number write to them first (463)", "their next message"),
		hold(MarketingLimit, "because WhatsApp lets them have no more promotions for now, of any shop",
			"their next message, or 24 hours, and when it happens again 72 hours and 7 days"),
		hold(NumberReassigned, "because their phone number now belongs to another WhatsApp account",
			"the old account writes again; where WhatsApp itself told it, whoever has the number asks for promotions"),
		hold(NumberChanged, "because the shop has another phone number since, and they never wrote to that one",
			"they write to the new number themselves; no release ends it"),
		hold(Pace,
			"because the number sends at an even pace, or the guard waits for what the first people say, and it is "+
				"not their turn yet",
			"their turn"),
		hold(WarmUp, "because a newly linked number sends few promotions a day at first",
			"the next day of the warm-up"),
		hold(NumberCap, "because the number has sent as many promotions as it may, today or (Cloud API) in 24 hours",
			"the next day; on the Cloud API as soon as some of those are 24 hours old, or Meta raises the messaging limit"),
		hold(OfflineSync,
			"because messages that came while the bot was away are still being read, and one may be a stop",
			"the end of the offline sync, with an empty inbox; after a new link also the phone's history, "+
				"or 30 minutes"),
		hold(RestrictedUntil, "because WhatsApp restricts this number for now", "the time WhatsApp named"),
		hold(Disconnected, "because the number is not connected to WhatsApp, or may not send there",
			"the number connects, or its account is in order"),
		hold(GuardPaused,
			"because the guard saw too many bad reactions, WhatsApp rates or limits the number for them, or its server "+
				"did not take six promotions in a row",
			"`broadcast resume NAME`"),
		hold(TemplateNotReady, "because WhatsApp does not take its template: it is missing, paused or not approved",
			"the template is in order, then `broadcast resume NAME`"),
		hold(CostCap, "because it would cost more than `broadcast.max_cost`, or what it costs is not known",
			"more is allowed or the rates are written down, and `run` has started again, then `broadcast resume NAME`"),
		hold(OperatorPaused, "because the operator paused it", "`broadcast resume NAME`"),
		hold(SafeMode, "because the store was restored from a backup and nobody has released the number",
			"`number release`"),
		hold(Late, "because it could only start after its grace period",
			"`broadcast release NAME` or `broadcast cancel NAME`"),
		hold(SlowDown, "because WhatsApp's server did not take the last promotion, for now",
			"a pause that grows: 1, 2, 5, 10, 30 minutes"),
		skip(NotSubscribed, "because they have not asked for promotions"),
		skip(SkippedUnsubscribed, "because they asked to stop"),
		skip(Erased, "because their data was erased"),
		skip(Suppressed, "because this phone is on the list of people who must not be written to"),
		skip(NotInAudience, "because the broadcast is not for them"),
		skip(AlreadyDelivered, "because they already have it"),
		skip(NoLegalHour, "because there is no allowed hour where they live before it expires"),
		skip(Fatigued, "because they neither read nor answered the last twelve"),
		skip(Expired, "because it was not their turn before it expired"),
		skip(Cancelled, "because the operator cancelled it"),
		skip(RenderFailed, "because its text could not be written for them: something in it would have been empty"),
		skip(NoMarketingThere, "because WhatsApp delivers no promotions in their country"),
		skip(Failed, "because WhatsApp refused it"),
	}
}

// Info returns the row of Reasons for r.
func (r Reason) Info() ReasonInfo {
	for _, info := range Reasons() {
		if info.Reason == r {
			return info
		}
	}
	return ReasonInfo{Reason: r, Says: string(r)}
}
