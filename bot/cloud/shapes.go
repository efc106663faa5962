package cloud

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// The shapes of what Meta posts. None of them makes decoding fail: what is not there, or is of
// another kind than it should be, reads as empty, and the rest of the webhook is read all the same.

// An entry is what is told of one account. A change is one kind of news in it.
type entry struct {
	ID      flex  `json:"id"`
	Changes items `json:"changes"`
}

type change struct {
	Field flex            `json:"field"`
	Value json.RawMessage `json:"value"`
}

// A value is the content of a change of the fields messages, user_preferences and
// smb_message_echoes.
type value struct {
	Metadata struct {
		PhoneNumberID flex `json:"phone_number_id"`
	} `json:"metadata"`
	Contacts    items `json:"contacts"`
	Messages    items `json:"messages"`
	Statuses    items `json:"statuses"`
	Preferences items `json:"user_preferences"`
	Echoes      items `json:"message_echoes"`
}

type contact struct {
	WaID    flex `json:"wa_id"`
	UserID  flex `json:"user_id"`
	Profile opt[struct {
		Name flex `json:"name"`
	}] `json:"profile"`
}

// An inbound is a message of a person, or, as an echo, one to them.
type inbound struct {
	From      flex `json:"from"`
	FromUser  flex `json:"from_user_id"`
	To        flex `json:"to"`
	ToUser    flex `json:"to_user_id"`
	ID        flex `json:"id"`
	Timestamp flex `json:"timestamp"`
	Type      flex `json:"type"`
	Group     flex `json:"group_id"`
	Context   opt[struct {
		ID         flex `json:"id"`
		Forwarded  flex `json:"forwarded"`
		Frequently flex `json:"frequently_forwarded"`
	}] `json:"context"`
	Referral opt[struct {
		ID       flex `json:"source_id"`
		URL      flex `json:"source_url"`
		Headline flex `json:"headline"`
		Body     flex `json:"body"`
	}] `json:"referral"`
	Errors items `json:"errors"`

	Text opt[struct {
		Body flex `json:"body"`
	}] `json:"text"`
	Button opt[struct {
		Text    flex `json:"text"`
		Payload flex `json:"payload"`
	}] `json:"button"`
	Interactive opt[struct {
		Type   flex       `json:"type"`
		Button opt[reply] `json:"button_reply"`
		List   opt[reply] `json:"list_reply"`
	}] `json:"interactive"`
	Image    opt[file] `json:"image"`
	Video    opt[file] `json:"video"`
	Document opt[file] `json:"document"`
	Reaction opt[struct {
		MessageID flex `json:"message_id"`
		Emoji     flex `json:"emoji"`
	}] `json:"reaction"`
	Order opt[struct {
		Text flex `json:"text"`
	}] `json:"order"`
	System opt[struct {
		Type flex `json:"type"`
	}] `json:"system"`
	Unsupported opt[struct {
		Type flex `json:"type"`
	}] `json:"unsupported"`
	Edit opt[struct {
		Of      flex            `json:"original_message_id"`
		Message json.RawMessage `json:"message"`
	}] `json:"edit"`
	Revoke opt[struct {
		Of flex `json:"original_message_id"`
	}] `json:"revoke"`
}

type reply struct {
	ID    flex `json:"id"`
	Title flex `json:"title"`
}

type file struct {
	Caption flex `json:"caption"`
}

type status struct {
	ID        flex  `json:"id"`
	Status    flex  `json:"status"`
	Timestamp flex  `json:"timestamp"`
	Opaque    flex  `json:"biz_opaque_callback_data"`
	Errors    items `json:"errors"`
	Pricing   opt[struct {
		Type     flex `json:"type"`
		Category flex `json:"category"`
	}] `json:"pricing"`
}

type statusError struct {
	Code flex `json:"code"`
	Data opt[struct {
		Details flex `json:"details"`
	}] `json:"error_data"`
}

type preference struct {
	WaID      flex `json:"wa_id"`
	UserID    flex `json:"user_id"`
	Value     flex `json:"value"`
	Timestamp flex `json:"timestamp"`
}

// An update is news of a template or of the account.
type update struct {
	Event    flex `json:"event"`
	ID       flex `json:"message_template_id"` // a number here, a text elsewhere
	Name     flex `json:"message_template_name"`
	Language flex `json:"message_template_language"`
	Reason   flex `json:"reason"`
	Quality  flex `json:"new_quality_score"`
	Category flex `json:"new_category"`

	Limit        flex  `json:"max_daily_conversations_per_business"`
	Restrictions items `json:"restriction_info"`
	Ban          opt[struct {
		State flex `json:"waba_ban_state"`
	}] `json:"ban_info"`
}

type restriction struct {
	Type       flex `json:"restriction_type"`
	Expiration flex `json:"expiration"`
}

// A flex is a text, or a number or yes or no as a text. Anything else reads as empty.
type flex string

// UnmarshalJSON never fails.
func (f *flex) UnmarshalJSON(raw []byte) error {
	*f = ""
	raw = bytes.TrimSpace(raw)
	var s string
	switch {
	case len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || string(raw) == "null":
	case raw[0] != '"':
		*f = flex(raw)
	case json.Unmarshal(raw, &s) == nil:
		*f = flex(s)
	}
	return nil
}

func (f flex) yes() bool { return f == "true" || f == "1" }

// seconds reads a time in seconds since 1970. Milliseconds have been seen too.
func (f flex) time() time.Time {
	n, err := strconv.ParseInt(strings.TrimSpace(string(f)), 10, 64)
	switch {
	case err != nil || n <= 0:
		return time.Time{}
	case n >= 1e17:
		return time.Time{} // no time that anybody means
	case n >= 1e14:
		return time.UnixMicro(n).UTC()
	case n >= 1e11:
		return time.UnixMilli(n).UTC()
	}
	return time.Unix(n, 0).UTC()
}

// An opt is an object that may be missing, or be of another kind.
type opt[T any] struct {
	Set bool
	V   T
}

// UnmarshalJSON never fails.
func (o *opt[T]) UnmarshalJSON(raw []byte) error {
	*o = opt[T]{}
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	if json.Unmarshal(raw, &o.V) == nil {
		o.Set = true
	}
	return nil
}

// items are the elements of a list, each read on its own. One object is a list of one.
type items []json.RawMessage

// UnmarshalJSON never fails.
func (i *items) UnmarshalJSON(raw []byte) error {
	*i = nil
	raw = bytes.TrimSpace(raw)
	var list []json.RawMessage
	switch {
	case len(raw) > 0 && raw[0] == '{':
		*i = items{bytes.Clone(raw)}
	case json.Unmarshal(raw, &list) == nil:
		*i = list
	case len(raw) > 0 && string(raw) != "null":
		*i = items{bytes.Clone(raw)} // unreadable, and not to be lost without a word
	}
	return nil
}

// maxDepth is how deep objects and lists may lie in each other. Meta's have about a dozen.
const maxDepth = 64

// tooDeep looks without reading the JSON.
func tooDeep(body []byte) bool {
	depth, text, escaped := 0, false, false
	for _, b := range body {
		switch {
		case escaped:
			escaped = false
		case text && b == '\\':
			escaped = true
		case b == '"':
			text = !text
		case text:
		case b == '{' || b == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return false
}
