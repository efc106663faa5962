package bot

import (
	"cmp"
	"slices"
	"strings"

	"optinbot/flows"
	"optinbot/flows/words"
)

// botQuestion reads the answer to the bot's own question: an exact yes or no to the confirm
// question, and, forgivingly, whether they want to stop.
func (t *turn) botQuestion(verdict words.Recognition) (bool, error) {
	late := t.c.BotQuestion.Kind == askConfirm && t.env.Now.Sub(t.c.BotQuestion.At) > confirmLasts
	if t.c.BotQuestion.Kind == "" || late || t.writtenBeforeQuestion() || t.writtenBeforeStop() {
		return false, nil
	}
	if t.c.BotQuestion.Kind == askUnsure {
		if answer := t.read().WantsOut(t.c.Language, verdict); answer != words.NoAnswer {
			return true, t.answerUnsure(answer)
		}
		return false, nil
	}
	answer := t.read().YesNo(t.c.Language)
	if answer == words.NoAnswer {
		return false, nil
	}
	own := t.c.BotQuestion
	if answer == words.No && t.c.Consent == Subscribed {
		return true, t.optOut("confirm.no") // asked again whether they want promotions, they do not
	}
	if answer == words.No {
		t.c.BotQuestion = BotQuestion{}
		t.say(SayReply, t.flow.OptIn.Declined)
		return true, nil
	}
	if t.in.Forwarded || t.in.EditOf != "" {
		return true, nil // not their own live yes. The question stays open (C1)
	}
	phrase := words.Phrase{Match: words.Exact, Language: own.Language, Source: own.Source}
	return true, t.optIn(phrase, ruleOptInConfirm, own)
}

// optInPhrase is the door to "subscribed": the exact phrase, live, direct, not forwarded, not
// edited (C1).
func (t *turn) optInPhrase(words.Recognition) (bool, error) {
	phrase := t.phrase()
	if phrase.Match != words.Exact || t.in.Forwarded || t.in.EditOf != "" {
		return false, nil
	}
	if t.flow.OptIn.Confirm {
		if t.tooOld() {
			return true, nil // no question for what loses by its time
		}
		return true, t.askConfirm(phrase)
	}
	return true, t.optIn(phrase, ruleOptInPhrase, BotQuestion{})
}

// phrase compares the message with the opt-in phrases, once in a turn. A near miss is nothing to
// somebody who is subscribed.
func (t *turn) phrase() words.Phrase {
	if t.foundPhrase == nil {
		compare := t.read().OptIn
		if t.c.Consent == Subscribed {
			compare = t.read().OptInExactly
		}
		phrase := compare(t.c.Language, t.env.Registered)
		t.foundPhrase = &phrase
	}
	return *t.foundPhrase
}

// optIn subscribes. confirmed is the question they said yes to, if that is how they came in. A
// phrase from somebody who is subscribed renews the proof: they are told again what they signed up
// for, and their conversation stays where it is.
func (t *turn) optIn(phrase words.Phrase, rule string, confirmed BotQuestion) error {
	to, changed, err := t.c.Consent.move(eventOptIn)
	if err != nil {
		return err
	}
	event := EntryOptedIn
	if !changed {
		event = EntryRenewed
	}
	entry := t.entry(event, rule)
	entry.Public.From, entry.Public.To = t.c.Consent, to
	entry.Public.Shown, entry.Personal.Shown = t.shown(phrase.Source, confirmed.Ad)
	if t.tooOld() {
		t.supersede(entry)
		return nil
	}
	if changed && t.changedTooOften(entry) {
		t.c.BotQuestion = BotQuestion{}
		return nil
	}
	if !changed && t.env.Now.Before(t.c.MutedTo) {
		return nil // a loop was cut: nothing is said, so nothing is renewed
	}
	if !t.in.At.Before(t.c.OptedIn) {
		t.c.Language = phrase.Language
	}
	t.c.Consent, t.c.OptedIn = to, later(t.c.OptedIn, t.in.At)
	t.c.Goodbye, t.c.AfterSaid, t.c.BotQuestion = "", false, BotQuestion{}
	t.c.Suppressed = false
	if t.in.At.After(t.c.MayHaveStopped) {
		t.c.release(UnsureStop)
	}
	t.c.Holds = slices.DeleteFunc(t.c.Holds, func(h Hold) bool { return h.OptIn && t.in.At.After(h.Since) })
	t.effects = append(t.effects, ForgetSuppression{})
	if confirmed.Discloses {
		entry.Personal.Disclosure, entry.Personal.DisclosureID = confirmed.Text, confirmed.MessageID
	} else {
		entry.Personal.Disclosure, entry.Personal.DisclosureID = t.disclose()
	}
	entry.Public.Disclosure = hash(entry.Personal.Disclosure)[:12]
	t.effects = append(t.effects, Record{entry})
	if !changed {
		return nil
	}
	return t.transition(flows.EventOptIn)
}

// disclose tells them what they signed up for. Marketing waits until WhatsApp's server has accepted
// it.
func (t *turn) disclose() (text, id string) {
	text = t.disclosure()
	id = t.env.NewID()
	t.out(Say{ID: id, Kind: SayReply, Text: text, Disclosure: true})
	t.c.Disclosure, t.c.DisclosureLost = id, false
	t.c.hold(AwaitingDisclosure, t.env.Now)
	return text, id
}

// disclosure is what they are told of what they sign up for. Whom WhatsApp itself sends no
// promotions, because they stopped them there, it tells how to allow them.
func (t *turn) disclosure() string {
	text := t.render(t.flow.OptIn.Disclosure, "")
	if t.c.StoppedAtWhatsApp {
		text = strings.TrimSpace(text + "\n\n" + t.render(t.flow.AllowAgain(), ""))
	}
	return text
}

// shown is what they saw before they asked, as far as it is known: a poster or link with a tag, an
// ad, or none.
func (t *turn) shown(source string, asked *Ad) (names, text string) {
	var what []string
	if source != "" {
		what = append(what, "source:"+source)
	}
	if ad := cmp.Or(t.in.Ad, asked); ad != nil {
		what = append(what, "ad:"+shortened(ad.ID, maxRememberedName))
		said := slices.DeleteFunc([]string{ad.Title, ad.Text, ad.URL}, func(s string) bool { return s == "" })
		text = shortened(strings.Join(said, "\n"), maxText)
	}
	return cmp.Or(strings.Join(what, " "), "none"), text
}

// moveOn forgets the confirm question when they talk about something else: a later yes is not an
// answer to it (C1).
func (t *turn) moveOn(words.Recognition) (bool, error) {
	if t.c.BotQuestion.Kind == askConfirm && !t.writtenBeforeQuestion() {
		t.c.BotQuestion = BotQuestion{}
	}
	return false, nil
}

// nearMiss asks somebody who nearly wrote an opt-in phrase (or forwarded or edited one) whether
// they want promotions.
func (t *turn) nearMiss(words.Recognition) (bool, error) {
	if t.c.Consent == Subscribed {
		return false, nil
	}
	phrase := t.phrase()
	if phrase.Match == words.NoMatch {
		return false, nil
	}
	return true, t.askConfirm(phrase)
}

// askConfirm puts the confirm question. Where the flow says `confirm: true` the disclosure is the
// question.
func (t *turn) askConfirm(phrase words.Phrase) error {
	if err := t.greeted("opt_in.near_miss"); err != nil {
		return err
	}
	t.c.Language = phrase.Language
	own := BotQuestion{
		Kind: askConfirm, At: t.env.Now, Language: phrase.Language,
		Source: phrase.Source, Ad: t.in.Ad, Discloses: t.flow.OptIn.Confirm,
	}
	if own.Discloses {
		own.Text = t.disclosure()
	} else {
		own.Text = t.render(t.flow.OptIn.Question, "")
	}
	own.MessageID = t.env.NewID()
	if t.out(Say{ID: own.MessageID, Kind: SayQuestion, Text: own.Text}) {
		t.c.BotQuestion = own // a yes answers only what was asked
	}
	return nil
}

// greeted moves somebody new to pending: the bot has written to them, because they wrote first.
func (t *turn) greeted(rule string) error {
	if t.c.Consent != New {
		return nil
	}
	to, _, err := t.c.Consent.move(eventGreet)
	if err != nil {
		return err
	}
	entry := t.entry(EntryGreeted, rule)
	entry.Public.From, entry.Public.To = t.c.Consent, to
	t.c.Consent = to
	t.effects = append(t.effects, Record{entry})
	return nil
}
