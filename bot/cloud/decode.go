package cloud

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"optinbot/bot"
)

// A part is what one change of a webhook says, to one number or to an account.
type part struct {
	account string // the WABA
	number  string // the phone number ID. "": it is about the account

	messages  []bot.Message
	receipts  []bot.Receipt
	settled   []string // our IDs that statuses are of
	events    []bot.NumberEvent
	templates []TemplateEvent
	limit     string            // the messaging limit, in Meta's word. "": nothing is said of it
	lost      []json.RawMessage // what could not be read
	ignored   int               // what says nothing to the bot
}

// personal reports whether it is about somebody, or may be.
func (p part) personal() bool { return len(p.messages)+len(p.receipts)+len(p.lost) > 0 }

// TemplateEventKind is what happened to a template.
type TemplateEventKind string

// The events of templates. After any of them the template is to be asked for again.
const (
	TemplateStatus     TemplateEventKind = "status"     // Status, and Reason of a rejection
	TemplateQuality    TemplateEventKind = "quality"    // Quality
	TemplateCategory   TemplateEventKind = "category"   // Category
	TemplateComponents TemplateEventKind = "components" // its words changed
)

// A TemplateEvent is news of one template in one language.
type TemplateEvent struct {
	Kind           TemplateEventKind
	ID             string
	Name, Language string // the language as the API spells it: pt_BR
	Status         string // APPROVED, REJECTED, PAUSED, DISABLED …
	Quality        string // GREEN, YELLOW, RED, UNKNOWN
	Category       string
	Reason         string
}

// templateFields are the fields of changes that are about templates.
var templateFields = map[flex]TemplateEventKind{
	"message_template_status_update": TemplateStatus, "message_template_quality_update": TemplateQuality,
	"template_category_update": TemplateCategory, "message_template_components_update": TemplateComponents,
}

// decode reads a webhook. It is pure: now stands in where a time is missing. ok is false where
// nothing of it can be read.
func decode(body []byte, now time.Time) (parts []part, ok bool) {
	var w struct {
		Object flex  `json:"object"`
		Entry  items `json:"entry"`
	}
	if tooDeep(body) || json.Unmarshal(body, &w) != nil {
		return nil, false
	}
	if w.Object != "" && w.Object != "whatsapp_business_account" {
		return []part{{ignored: 1}}, true
	}
	for _, raw := range w.Entry {
		var e entry
		if json.Unmarshal(raw, &e) != nil {
			parts = append(parts, part{lost: []json.RawMessage{raw}})
			continue
		}
		for _, raw := range e.Changes {
			parts = append(parts, decodeChange(string(e.ID), raw, now))
		}
	}
	return parts, true
}

func decodeChange(account string, raw json.RawMessage, now time.Time) part {
	p := part{account: account}
	var c change
	if json.Unmarshal(raw, &c) != nil {
		p.lost = append(p.lost, raw)
		return p
	}
	switch kind, template := templateFields[c.Field]; {
	case template:
		p.template(kind, c.Value)
	case c.Field == "messages", c.Field == "user_preferences", c.Field == "smb_message_echoes":
		p.value(c.Value, now)
	case c.Field == "account_update", c.Field == "phone_number_quality_update":
		p.accountUpdate(c.Value)
	default:
		p.ignored++
	}
	return p
}

// value reads what happened in chats.
func (p *part) value(raw json.RawMessage, now time.Time) {
	var v value
	if json.Unmarshal(raw, &v) != nil {
		p.lost = append(p.lost, raw)
		return
	}
	p.number = string(v.Metadata.PhoneNumberID)
	var contacts []contact
	for _, raw := range v.Contacts {
		var c contact
		if json.Unmarshal(raw, &c) == nil {
			contacts = append(contacts, c)
		}
	}
	d := decoder{now: now, contacts: contacts, alone: len(v.Messages)+len(v.Echoes)+len(v.Preferences) == 1}
	for _, raw := range v.Messages {
		p.message(d, raw, false)
	}
	for _, raw := range v.Echoes {
		p.message(d, raw, true)
	}
	for _, raw := range v.Preferences {
		p.preference(d, raw)
	}
	for _, raw := range v.Statuses {
		p.status(d, raw)
	}
}

// A decoder reads the messages of one change.
type decoder struct {
	now      time.Time
	contacts []contact
	alone    bool // one message: the only contact is of it, however it is spelled
}

func (p *part) message(d decoder, raw json.RawMessage, echo bool) {
	var in inbound
	broken := json.Unmarshal(raw, &in) != nil
	phone, user := in.From, in.FromUser
	if echo {
		phone, user = in.To, in.ToUser
	}
	ids, name := d.person(phone, user)
	m := bot.Message{
		ID: string(in.ID), Identities: ids, Name: name, FromMe: echo, At: d.at(in.Timestamp),
		ReplyTo: string(in.Context.V.ID), Forwarded: in.Context.V.Forwarded.yes() || in.Context.V.Frequently.yes(),
	}
	if echo {
		m.Name = ""
	}
	if m.ID == "" {
		m.ID = madeID("raw", raw)
	}
	switch {
	case in.Group != "":
		p.ignored++
		return
	case broken:
		m.Kind = bot.KindUndecryptable
		p.lost = append(p.lost, raw)
	case len(ids) == 0:
	default:
		if !read(in, &m) {
			p.ignored++
			return
		}
	}
	if len(ids) == 0 {
		p.lost = append(p.lost, raw) // nobody is named: there is nobody to be held
		return
	}
	if r := in.Referral; r.Set {
		m.Ad = &bot.Ad{ID: string(r.V.ID), Title: string(r.V.Headline), Text: string(r.V.Body), URL: string(r.V.URL)}
	}
	p.messages = append(p.messages, m)
}

// at is a time of Meta, or else now.
func (d decoder) at(f flex) time.Time {
	if at := f.time(); !at.IsZero() {
		return at
	}
	return d.now.UTC()
}

// person tells who somebody is: by their phone, by their BSUID, or by both. The list of contacts adds
// what the message leaves out. Its wa_id is another spelling of a phone, and never a second one.
func (d decoder) person(phone, user flex) (ids []bot.Identity, name string) {
	for _, c := range d.contacts {
		same := phone != "" && digitsOf(c.WaID) == digitsOf(phone) || user != "" && c.UserID == user
		if !same && !(d.alone && len(d.contacts) == 1 && !differs(c, phone, user)) {
			continue
		}
		name = string(c.Profile.V.Name)
		if phone == "" {
			phone = c.WaID
		}
		if user == "" {
			user = c.UserID
		}
	}
	if number := phoneFrom(string(phone)); number != "" {
		ids = append(ids, bot.Identity{Kind: bot.Phone, Value: number})
	}
	if isBSUID(string(user)) {
		ids = append(ids, bot.Identity{Kind: bot.BSUID, Value: string(user)})
	}
	return ids, name
}

// differs reports whether a contact is known to be somebody else.
func differs(c contact, _, user flex) bool { return user != "" && c.UserID != "" && c.UserID != user }

func digitsOf(f flex) string { return strings.TrimPrefix(string(f), "+") }

// phoneFrom is a phone with the plus, as the core spells it, "" where s is none.
func phoneFrom(s string) string {
	s = strings.TrimPrefix(strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(s), "+")
	if len(s) < 5 || len(s) > 20 || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return "+" + s
}

// isBSUID reports whether s is the ID of a person at one business. The ID of a person at a group of
// linked businesses, XX.ENT.…, names nobody here.
func isBSUID(s string) bool {
	country, rest, ok := strings.Cut(s, ".")
	if !ok || len(country) != 2 || rest == "" || len(rest) > 128 {
		return false
	}
	for _, r := range country + rest {
		if r > 0x7f || !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return false
		}
	}
	return true
}

// madeID is an ID for what has none: the same when it comes again.
func madeID(of string, raw []byte) string {
	sum := sha256.Sum256(raw)
	return of + ":" + hex.EncodeToString(sum[:16])
}

// lostWords are the kinds of unsupported messages whose words are lost. They may be a stop. Of the
// others the kind says that there are none.
var lostWords = map[flex]bool{
	"": true, "edit": true, "button": true, "interactive": true, "errors": true, "media_placeholder": true,
	"unknown": true,
}

// read fills in what a message says. False: nobody said anything.
func read(in inbound, m *bot.Message) bool {
	m.Kind = bot.KindUndecryptable // unless it is known to be something else
	switch in.Type {
	case "text":
		words(m, bot.KindText, in.Text.V.Body)
	case "button":
		tap(m, in.Button.V.Payload, in.Button.V.Text)
	case "interactive":
		readInteractive(in, m)
	case "image":
		readFile(m, bot.KindImage, in.Image)
	case "video":
		readFile(m, bot.KindVideo, in.Video)
	case "document":
		readFile(m, bot.KindDocument, in.Document)
	case "audio", "voice":
		m.Kind = bot.KindAudio
	case "sticker":
		m.Kind = bot.KindSticker
	case "location":
		m.Kind = bot.KindLocation
	case "contacts":
		m.Kind = bot.KindContact
	case "order":
		m.Kind, m.Text = bot.KindOrder, string(in.Order.V.Text)
	case "reaction":
		// Meta tells only of reactions to what the business sent.
		m.Kind, m.Text, m.OnOurs = bot.KindReaction, string(in.Reaction.V.Emoji), true
		m.ReplyTo = string(in.Reaction.V.MessageID)
	case "system":
		return readSystem(in, m)
	case "edit":
		readEdit(in, m)
	case "revoke":
		m.Kind, m.EditOf = bot.KindRevoke, string(in.Revoke.V.Of)
	case "unsupported":
		if !lostWords[in.Unsupported.V.Type] {
			m.Kind = bot.KindOther
		}
		m.Hidden = in.Unsupported.V.Type == "edit" // their phone shows no failure
	case "request_welcome":
		return false // they opened the chat
	default:
		m.Unknown = in.Type != "" && len(in.Errors) == 0
	}
	return true
}

// words takes a text, which must not be missing.
func words(m *bot.Message, kind bot.Kind, text flex) {
	if text != "" {
		m.Kind, m.Text = kind, string(text)
	}
}

// tap takes what was tapped. Without words its ID is the text.
func tap(m *bot.Message, id, title flex) {
	if title == "" {
		title = id
	}
	words(m, bot.KindText, title)
	m.Button = string(id)
}

func readInteractive(in inbound, m *bot.Message) {
	i := in.Interactive
	switch {
	case i.V.Button.Set:
		tap(m, i.V.Button.V.ID, i.V.Button.V.Title)
	case i.V.List.Set:
		tap(m, i.V.List.V.ID, i.V.List.V.Title)
	case i.V.Type == "nfm_reply", i.V.Type == "call_permission_reply":
		m.Kind = bot.KindOther // a form that was filled in has no words
	}
}

func readFile(m *bot.Message, kind bot.Kind, f opt[file]) {
	m.Kind, m.Text = kind, string(f.V.Caption)
}

// readEdit reads the new words of an edit, which exists only where a person of the shop uses the
// number in the app too.
func readEdit(in inbound, m *bot.Message) {
	m.EditOf = string(in.Edit.V.Of)
	if m.EditOf == "" {
		m.EditOf = m.ID // never let an edit pass for a new message
	}
	var inner inbound
	m.Hidden = true
	if json.Unmarshal(in.Edit.V.Message, &inner) != nil || inner.Type == "edit" || inner.Type == "revoke" {
		return
	}
	if _ = read(inner, m); m.Kind != bot.KindUndecryptable {
		m.Hidden = false
	}
}

// readSystem reads what WhatsApp says about a person. The old address of somebody who has a new one
// may get another owner.
func readSystem(in inbound, m *bot.Message) bool {
	switch in.System.V.Type {
	case "user_changed_number", "customer_changed_number", "user_changed_user_id":
		m.Kind = bot.KindReassigned
		return true
	}
	return false
}

// preference reads what they set in WhatsApp itself. A stop is a stop. Nothing there is ever a yes.
func (p *part) preference(d decoder, raw json.RawMessage) {
	var in preference
	if json.Unmarshal(raw, &in) != nil {
		p.lost = append(p.lost, raw)
		return
	}
	ids, name := d.person(in.WaID, in.UserID)
	switch {
	case in.Value != "stop":
		p.ignored++
		return
	case len(ids) == 0:
		p.lost = append(p.lost, raw)
		return
	}
	said := string(in.WaID + "|" + in.UserID + "|" + in.Value + "|" + in.Timestamp)
	p.messages = append(p.messages, bot.Message{
		ID: madeID("preference", []byte(said)), Identities: ids, Name: name, Kind: bot.KindMarketingStop,
		At: d.at(in.Timestamp),
	})
}

// statusKinds are Meta's words for how far a message got.
var statusKinds = map[flex]bot.ReceiptKind{
	"sent": bot.ReceiptSent, "delivered": bot.ReceiptDelivered, "read": bot.ReceiptRead, "played": bot.ReceiptRead,
	"failed": bot.ReceiptFailed,
}

// status reads how far a message of ours got. Our own ID names it where it came back, else Meta's.
func (p *part) status(d decoder, raw json.RawMessage) {
	var in status
	if json.Unmarshal(raw, &in) != nil || in.ID == "" && in.Opaque == "" {
		p.lost = append(p.lost, raw)
		return
	}
	kind, known := statusKinds[in.Status]
	if !known {
		p.ignored++
		return
	}
	r := bot.Receipt{Kind: kind, At: d.at(in.Timestamp)}
	if in.Opaque != "" {
		r.MessageIDs = []string{string(in.Opaque)}
		p.settled = append(p.settled, string(in.Opaque))
	} else {
		r.WireIDs = []string{string(in.ID)}
	}
	if priced := in.Pricing.V; kind == bot.ReceiptDelivered || kind == bot.ReceiptRead {
		r.Pricing = bot.Pricing{Category: small(priced.Category), Kind: small(priced.Type)}
	}
	if kind == bot.ReceiptFailed {
		r.Code, r.Cause, r.Detail = failure(in.Errors)
	}
	p.receipts = append(p.receipts, r)
}

// small is one of Meta's words in small letters, "" where it is none.
func small(f flex) string {
	s := strings.ToLower(string(f))
	if len(s) > 40 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return ""
	}
	return s
}

// failure reads why a message failed: the code counts, not what is written beside it.
func failure(errors items) (code int, cause bot.Cause, detail string) {
	for _, raw := range errors {
		var e statusError
		if json.Unmarshal(raw, &e) != nil {
			continue
		}
		code, err := strconv.Atoi(string(e.Code))
		if err != nil {
			continue
		}
		m := meaningOf(code)
		return code, m.cause, m.words
	}
	return 0, bot.CauseOther, "it failed, and Meta does not say why"
}

func (p *part) template(kind TemplateEventKind, raw json.RawMessage) {
	var u update
	if json.Unmarshal(raw, &u) != nil {
		p.lost = append(p.lost, raw)
		return
	}
	p.templates = append(p.templates, TemplateEvent{
		Kind: kind, ID: string(u.ID), Name: string(u.Name), Language: strings.ReplaceAll(string(u.Language), "-", "_"),
		Status: word(string(u.Event)), Quality: word(string(u.Quality)), Category: word(string(u.Category)),
		Reason: masked(string(u.Reason)),
	})
}

// accountUpdate reads what Meta decided about the account.
func (p *part) accountUpdate(raw json.RawMessage) {
	var u update
	if json.Unmarshal(raw, &u) != nil {
		p.lost = append(p.lost, raw)
		return
	}
	tell := func(kind bot.NumberEventKind, detail string, until time.Time) {
		p.events = append(p.events, bot.NumberEvent{Kind: kind, Detail: detail, Until: until})
	}
	const look = "; look at WhatsApp Manager"
	switch what := word(string(u.Event)); {
	case what == "ACCOUNT_RESTRICTION":
		var until time.Time
		for _, raw := range u.Restrictions {
			var r restriction
			if json.Unmarshal(raw, &r) == nil && r.Expiration.time().After(until) {
				until = r.Expiration.time()
			}
		}
		tell(bot.NumberRestricted, "Meta has restricted the account: it may not write first for a time"+look, until)
	case what == "DISABLED_UPDATE" && u.Ban.V.State == "REINSTATE":
		tell(bot.NumberReleased, "Meta has given the account back", time.Time{})
	case what == "DISABLED_UPDATE":
		tell(bot.NumberRestricted, "Meta disables the account ("+word(string(u.Ban.V.State))+")"+look, time.Time{})
	case what == "ACCOUNT_DELETED", what == "ACCOUNT_OFFBOARDED", what == "PARTNER_REMOVED":
		tell(bot.NumberDisconnected, "the account is no longer connected with the app ("+what+")"+look, time.Time{})
	case what == "ACCOUNT_VIOLATION":
		tell(bot.NumberTrouble, "Meta says that the account breaks a policy"+look, time.Time{})
	case u.Limit != "":
		p.limit = word(string(u.Limit))
		tell(bot.NumberTrouble, "the messaging limit is now "+word(string(u.Limit))+" ("+what+")", time.Time{})
	default:
		p.ignored++
	}
}
