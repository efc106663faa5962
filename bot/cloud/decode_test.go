package cloud

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
)

var noon = time.Date(2026, time.November, 2, 12, 0, 0, 0, time.UTC)

const (
	anasBSUID = "US.1a2B3c"
	head      = `"from":"12125550101","from_user_id":"US.1a2B3c","id":"wamid.A","timestamp":"1793620800"`
)

// webhook is a whole webhook with these messages, or another list, in it.
func webhook(list, inside string) string {
	return `{"object":"whatsapp_business_account","entry":[{"id":"30","changes":[{"field":"messages","value":{"messaging_product":"whatsapp",` +
		`"metadata":{"display_phone_number":"15550000001","phone_number_id":"10"},"contacts":[{"profile":{"name":"Ana","username":"ana.s"},` +
		`"wa_id":"12125550101","user_id":"US.1a2B3c"}],"` + list + `":[` + inside + `]}}]}]}`
}

// messageCases are messages as Meta posts them, and what they are.
var messageCases = []struct {
	name, raw string
	want      bot.Message // its kind and words
	none      bool        // nobody said anything
}{
	{name: "text", raw: `"type":"text","text":{"body":"2"},"context":{"id":"wamid.B","from":"15550000001"}`, want: bot.Message{Kind: bot.KindText, Text: "2", ReplyTo: "wamid.B"}},
	{name: "text without body", raw: `"type":"text","text":{}`, want: bot.Message{Kind: bot.KindUndecryptable}},
	{name: "text of another kind", raw: `"type":"text","text":"2"`, want: bot.Message{Kind: bot.KindUndecryptable}},
	{name: "text without text", raw: `"type":"text"`, want: bot.Message{Kind: bot.KindUndecryptable}},
	{name: "forward", raw: `"type":"text","text":{"body":"I want"},"context":{"forwarded":true}`, want: bot.Message{Kind: bot.KindText, Text: "I want", Forwarded: true}},
	{name: "much forwarded", raw: `"type":"text","text":{"body":"I want"},"context":{"frequently_forwarded":true}`, want: bot.Message{Kind: bot.KindText, Text: "I want", Forwarded: true}},
	{name: "template button", raw: `"type":"button","button":{"text":"Stop promotions","payload":"stop"}`, want: bot.Message{Kind: bot.KindText, Text: "Stop promotions", Button: "stop"}},
	{name: "button without text", raw: `"type":"button","button":{"payload":"stop"}`, want: bot.Message{Kind: bot.KindText, Text: "stop", Button: "stop"}},
	{name: "reply button", raw: `"type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":"y","title":"Yes"}}`, want: bot.Message{Kind: bot.KindText, Text: "Yes", Button: "y"}},
	{name: "list", raw: `"type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"i1","title":"Shoes","description":"d"}}`, want: bot.Message{Kind: bot.KindText, Text: "Shoes", Button: "i1"}},
	{name: "form", raw: `"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"response_json":"{}","body":"Sent","name":"flow"}}`, want: bot.Message{Kind: bot.KindOther}},
	{name: "interactive of a new kind", raw: `"type":"interactive","interactive":{"type":"new"}`, want: bot.Message{Kind: bot.KindUndecryptable}},
	{name: "image", raw: `"type":"image","image":{"id":"1","mime_type":"image/jpeg","sha256":"x","caption":"stop"}`, want: bot.Message{Kind: bot.KindImage, Text: "stop"}},
	{name: "video", raw: `"type":"video","video":{"id":"1"}`, want: bot.Message{Kind: bot.KindVideo}},
	{name: "document", raw: `"type":"document","document":{"id":"1","filename":"a.pdf","caption":"c"}`, want: bot.Message{Kind: bot.KindDocument, Text: "c"}},
	{name: "sticker", raw: `"type":"sticker","sticker":{"id":"1"}`, want: bot.Message{Kind: bot.KindSticker}},
	{name: "voice", raw: `"type":"audio","audio":{"id":"1","voice":true}`, want: bot.Message{Kind: bot.KindAudio}},
	{name: "location", raw: `"type":"location","location":{"latitude":1,"longitude":2,"name":"stop"}`, want: bot.Message{Kind: bot.KindLocation}},
	{name: "contacts", raw: `"type":"contacts","contacts":[{"name":{"formatted_name":"B"}}]`, want: bot.Message{Kind: bot.KindContact}},
	{name: "order", raw: `"type":"order","order":{"catalog_id":"1","text":"in blue","product_items":[]}`, want: bot.Message{Kind: bot.KindOrder, Text: "in blue"}},
	{name: "reaction", raw: `"type":"reaction","reaction":{"message_id":"wamid.B","emoji":"2️⃣"}`, want: bot.Message{Kind: bot.KindReaction, Text: "2️⃣", OnOurs: true, ReplyTo: "wamid.B"}},
	{name: "reaction taken back", raw: `"type":"reaction","reaction":{"message_id":"wamid.B"}`, want: bot.Message{Kind: bot.KindReaction, OnOurs: true, ReplyTo: "wamid.B"}},
	{name: "a new number", raw: `"type":"system","system":{"type":"user_changed_number","body":"x","wa_id":"12125550102"}`, want: bot.Message{Kind: bot.KindReassigned}},
	{name: "a new number, as it was", raw: `"type":"system","system":{"type":"customer_changed_number"}`, want: bot.Message{Kind: bot.KindReassigned}},
	{name: "a new key", raw: `"type":"system","system":{"type":"customer_identity_changed"}`, none: true},
	{name: "edit", raw: `"type":"edit","edit":{"original_message_id":"wamid.B","message":{"type":"text","text":{"body":"stop"}}}`, want: bot.Message{Kind: bot.KindText, Text: "stop", EditOf: "wamid.B"}},
	{name: "edit of nothing", raw: `"type":"edit","edit":{}`, want: bot.Message{Kind: bot.KindUndecryptable, EditOf: "wamid.A", Hidden: true}},
	{name: "edit in an edit", raw: `"type":"edit","edit":{"original_message_id":"wamid.B","message":{"type":"edit"}}`, want: bot.Message{Kind: bot.KindUndecryptable, EditOf: "wamid.B", Hidden: true}},
	{name: "revoke", raw: `"type":"revoke","revoke":{"original_message_id":"wamid.B"}`, want: bot.Message{Kind: bot.KindRevoke, EditOf: "wamid.B"}},
	{name: "edit on a plain number", raw: `"type":"unsupported","unsupported":{"type":"edit"},"errors":[{"code":131051}]`, want: bot.Message{Kind: bot.KindUndecryptable, Hidden: true}},
	{name: "unsupported", raw: `"type":"unsupported","errors":[{"code":131051}]`, want: bot.Message{Kind: bot.KindUndecryptable}},
	{name: "unsupported button", raw: `"type":"unsupported","unsupported":{"type":"button"}`, want: bot.Message{Kind: bot.KindUndecryptable}},
	{name: "unsupported poll", raw: `"type":"unsupported","unsupported":{"type":"poll_creation"}`, want: bot.Message{Kind: bot.KindOther}},
	{name: "unsupported pin", raw: `"type":"unsupported","unsupported":{"type":"pin"}`, want: bot.Message{Kind: bot.KindOther}},
	{name: "of a new type", raw: `"type":"hologram","hologram":{}`, want: bot.Message{Kind: bot.KindUndecryptable, Unknown: true}},
	{name: "without type", raw: `"errors":[]`, want: bot.Message{Kind: bot.KindUndecryptable}},
	{name: "opened the chat", raw: `"type":"request_welcome"`, none: true},
	{name: "in a group", raw: `"type":"text","group_id":"g","text":{"body":"2"}`, none: true},
	{
		name: "from an ad", raw: `"type":"text","text":{"body":"hi"},"referral":{"source_id":"7","source_url":"https://fb.me/x","headline":"Shoes","body":"20 %","source_type":"ad"}`,
		want: bot.Message{Kind: bot.KindText, Text: "hi", Ad: &bot.Ad{ID: "7", URL: "https://fb.me/x", Title: "Shoes", Text: "20 %"}},
	},
}

func one(t *testing.T, body string) part {
	t.Helper()
	parts, ok := decode([]byte(body), noon)
	if !ok || len(parts) != 1 {
		t.Fatalf("%v %+v", ok, parts)
	}
	return parts[0]
}

func TestEveryKindOfMessage(t *testing.T) {
	for _, c := range messageCases {
		t.Run(c.name, func(t *testing.T) {
			p := one(t, webhook("messages", "{"+head+","+c.raw+"}"))
			if c.none {
				if len(p.messages) != 0 || p.ignored != 1 || len(p.lost) != 0 {
					t.Errorf("%+v", p)
				}
				return
			}
			c.want.ID, c.want.Name, c.want.At = "wamid.A", "Ana", time.Unix(1793620800, 0).UTC()
			c.want.Identities = []bot.Identity{{Kind: bot.Phone, Value: anasPhone}, {Kind: bot.BSUID, Value: anasBSUID}}
			if len(p.messages) != 1 || !reflect.DeepEqual(p.messages[0], c.want) || p.number != "10" || p.account != "30" {
				t.Errorf("%+v\nwant %+v", p, c.want)
			}
		})
	}
}

func TestWhoSomebodyIs(t *testing.T) {
	phone, bsuid := bot.Identity{Kind: bot.Phone, Value: anasPhone}, bot.Identity{Kind: bot.BSUID, Value: anasBSUID}
	for name, c := range map[string]struct {
		from, contacts string
		want           []bot.Identity
		named          string
	}{
		"both":                {`"from":"12125550101","from_user_id":"US.1a2B3c"`, ``, []bot.Identity{phone, bsuid}, ""},
		"phone":               {`"from":"12125550101"`, ``, []bot.Identity{phone}, ""},
		"with a plus":         {`"from":"+12125550101"`, ``, []bot.Identity{phone}, ""},
		"a number":            {`"from":12125550101`, ``, []bot.Identity{phone}, ""},
		"BSUID":               {`"from_user_id":"US.1a2B3c"`, ``, []bot.Identity{bsuid}, ""},
		"null":                {`"from":null,"from_user_id":"US.1a2B3c"`, ``, []bot.Identity{bsuid}, ""},
		"parent":              {`"from":"12125550101","from_user_id":"US.ENT.1a2B3c"`, ``, []bot.Identity{phone}, ""},
		"not a phone":         {`"from":"ana","from_user_id":"US.1a2B3c"`, ``, []bot.Identity{bsuid}, ""},
		"contact adds":        {`"from":"12125550101"`, `{"wa_id":"12125550101","user_id":"US.1a2B3c","profile":{"name":"Ana"}}`, []bot.Identity{phone, bsuid}, "Ana"},
		"contact adds phone":  {`"from_user_id":"US.1a2B3c"`, `{"wa_id":"12125550101","user_id":"US.1a2B3c"}`, []bot.Identity{phone, bsuid}, ""},
		"only a contact":      {`"x":1`, `{"wa_id":"12125550101"}`, []bot.Identity{phone}, ""},
		"another spelling":    {`"from":"12125550101"`, `{"wa_id":"2125550101","user_id":"US.1a2B3c","profile":{"name":"Ana"}}`, []bot.Identity{phone, bsuid}, "Ana"},
		"somebody else":       {`"from":"12125550101","from_user_id":"US.1a2B3c"`, `{"wa_id":"12125550102","user_id":"US.other","profile":{"name":"Bia"}}`, []bot.Identity{phone, bsuid}, ""},
		"one of two":          {`"from":"12125550101"`, `{"wa_id":"12125550102","user_id":"US.other"},{"wa_id":"12125550101","user_id":"US.1a2B3c","profile":{"name":"Ana"}}`, []bot.Identity{phone, bsuid}, "Ana"},
		"neither of two":      {`"from":"12125550101"`, `{"wa_id":"12125550102","user_id":"US.x"},{"wa_id":"12125550103","user_id":"US.y"}`, []bot.Identity{phone}, ""},
		"a contact that is 7": {`"from":"12125550101"`, `7`, []bot.Identity{phone}, ""},
	} {
		body := `{"entry":[{"changes":[{"field":"messages","value":{"contacts":[` + c.contacts + `],"messages":[{` + c.from +
			`,"id":"wamid.A","type":"text","text":{"body":"x"}}]}}]}]}`
		p := one(t, body)
		if len(p.messages) != 1 || !slices.Equal(p.messages[0].Identities, c.want) || p.messages[0].Name != c.named {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestTimes(t *testing.T) {
	for raw, want := range map[string]time.Time{
		`"1793620800"`: time.Unix(1793620800, 0).UTC(), `1793620800`: time.Unix(1793620800, 0).UTC(),
		`"1793620800123"`: time.UnixMilli(1793620800123).UTC(), `"1793620800123456"`: time.UnixMicro(1793620800123456).UTC(),
		`""`: noon, `"soon"`: noon, `null`: noon, `{}`: noon, `0`: noon, `"-5"`: noon, `"99999999999999999999"`: noon,
	} {
		p := one(t, webhook("messages", `{"from":"12125550101","id":"wamid.A","timestamp":`+raw+`,"type":"text","text":{"body":"x"}}`))
		if !p.messages[0].At.Equal(want) {
			t.Errorf("%s: %s", raw, p.messages[0].At)
		}
	}
}

func TestStatuses(t *testing.T) {
	p := one(t, webhook("statuses", strings.Join([]string{
		`{"id":"wamid.B","status":"sent","timestamp":"1793620800","recipient_id":"12125550101","biz_opaque_callback_data":"m1","pricing":{"billable":true}}`,
		`{"id":"wamid.C","status":"played","timestamp":"1793620800"}`,
		`{"id":"wamid.D","status":"failed","errors":[{"code":"131050","title":"x"}],"biz_opaque_callback_data":"m2"}`,
		`{"id":"wamid.E","status":"failed"}`, `{"id":"wamid.F","status":"warped"}`, `{"status":"sent"}`,
	}, ",")))
	want := []string{"sent [m1] [] 0 ", "read [] [wamid.C] 0 ", "failed [m2] [] 131050 opted_out", "failed [] [wamid.E] 0 "}
	var got []string
	for _, r := range p.receipts {
		got = append(got, fmt.Sprint(r.Kind, " ", r.MessageIDs, " ", r.WireIDs, " ", r.Code, " ", r.Cause))
	}
	if !slices.Equal(got, want) || p.ignored != 1 || len(p.lost) != 1 || !slices.Equal(p.settled, []string{"m1", "m2"}) {
		t.Errorf("%q\n%+v", got, p)
	}
}

func TestPreferences(t *testing.T) {
	p := one(t, strings.Replace(webhook("user_preferences", `{"wa_id":"12125550101","user_id":"US.1a2B3c","detail":"x","category":"marketing_messages","value":"stop","timestamp":1793620800},`+
		`{"wa_id":"12125550101","value":"resume","timestamp":1793620801},{"wa_id":"12125550101","value":"signup","signup_id":"1","timestamp":1793620801}`),
		`"field":"messages"`, `"field":"user_preferences"`, 1))
	if len(p.messages) != 1 || p.messages[0].Kind != bot.KindMarketingStop || p.ignored != 2 || len(p.messages[0].Identities) != 2 ||
		!p.messages[0].At.Equal(time.Unix(1793620800, 0)) {
		t.Errorf("%+v", p)
	}
}

func TestEchoesAreAPersonOfTheShop(t *testing.T) {
	p := one(t, strings.Replace(webhook("message_echoes", `{"from":"15550000001","to":"12125550101","id":"wamid.A","timestamp":"1793620800","type":"text","text":{"body":"I call you"}}`),
		`"field":"messages"`, `"field":"smb_message_echoes"`, 1))
	if len(p.messages) != 1 || !p.messages[0].FromMe || bot.PhoneOf(p.messages[0].Identities) != anasPhone || p.messages[0].Name != "" {
		t.Errorf("%+v", p)
	}
}

func TestNewsOfTheAccount(t *testing.T) {
	change := func(field, value string) part {
		return one(t, `{"object":"whatsapp_business_account","entry":[{"id":"30","changes":[{"field":"`+field+`","value":`+value+`}]}]}`)
	}
	for value, want := range map[string]bot.NumberEvent{
		`{"event":"ACCOUNT_RESTRICTION","restriction_info":[{"restriction_type":"X","expiration":1793620800},{"expiration":"1793620900"},7]}`: {
			Kind: bot.NumberRestricted, Until: time.Unix(1793620900, 0).UTC()},
		`{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"DISABLE"}}`:              {Kind: bot.NumberRestricted},
		`{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"REINSTATE"}}`:            {Kind: bot.NumberReleased},
		`{"event":"ACCOUNT_DELETED"}`:                                                      {Kind: bot.NumberDisconnected},
		`{"event":"ACCOUNT_VIOLATION"}`:                                                    {Kind: bot.NumberTrouble},
		`{"event":"THROUGHPUT_UPGRADE","max_daily_conversations_per_business":"TIER_10K"}`: {Kind: bot.NumberTrouble},
	} {
		p := change("account_update", value)
		if len(p.events) != 1 || p.events[0].Kind != want.Kind || !p.events[0].Until.Equal(want.Until) || p.events[0].Detail == "" {
			t.Errorf("%s: %+v", value, p)
		}
	}
	p := change("message_template_status_update", `{"event":"PAUSED","message_template_id":806312974732579,"message_template_name":"offer","message_template_language":"pt-BR","reason":"NONE"}`)
	if want := (TemplateEvent{Kind: TemplateStatus, ID: "806312974732579", Name: "offer", Language: "pt_BR", Status: "PAUSED", Reason: "NONE"}); len(p.templates) != 1 || p.templates[0] != want {
		t.Errorf("%+v", p)
	}
	for _, field := range []string{"history", "flows", "", "security"} {
		if p := change(field, `{}`); p.ignored != 1 {
			t.Errorf("%s: %+v", field, p)
		}
	}
	if p := one(t, `{"object":"page","entry":[{"changes":[{"field":"messages"}]}]}`); p.ignored != 1 || len(p.messages) != 0 {
		t.Errorf("%+v", p)
	}
}

// wholeWebhook has every field that the decoder reads, and more.
func wholeWebhook() string {
	var all []string
	for i, c := range messageCases {
		all = append(all, fmt.Sprintf(`{"from":"12125550101","from_user_id":"US.1a2B3c","id":"wamid.%d","timestamp":"1793620800",%s}`, i, c.raw))
	}
	return webhook("messages", strings.Join(all, ","))
}

// TestEveryFieldLeftOutOnce: without any one field, of another kind, or null, nobody's message is
// dropped: a text that is there stays, or its person is held.
func TestEveryFieldLeftOutOnce(t *testing.T) {
	body := webhook("messages", `{`+head+`,"type":"text","text":{"body":"2"},"context":{"id":"wamid.B","forwarded":false}}`) // one message
	statuses := webhook("statuses", `{"id":"wamid.B","status":"failed","timestamp":"1","recipient_id":"1","biz_opaque_callback_data":"m1",`+
		`"errors":[{"code":131049,"title":"t","message":"m","error_data":{"details":"d"},"href":"h"}],"pricing":{"billable":true},"conversation":{"id":"c"}}`)
	tried := 0
	all := wholeWebhook()
	for _, whole := range []string{body, statuses, all} {
		for how, with := range map[string]string{"left out": "", "null": "null", "a number": "7", "a text": `"x"`, "a list": `[7,null,"x"]`, "an object": `{"x":[]}`} {
			if whole == all && with != "" {
				continue // the messages have been tried one by one
			}
			for path, broken := range withoutEach(t, whole, with) {
				tried++
				parts, ok := decode(broken, noon)
				if !ok {
					t.Errorf("%s %s: unreadable", path, how)
					continue
				}
				if whole != body || strings.HasSuffix(path, "changes") || strings.HasSuffix(path, "entry") || strings.HasSuffix(path, "messages") ||
					strings.HasSuffix(path, "value") || strings.HasSuffix(path, "field") || path == ".object" {
					continue
				}
				said := false
				for _, p := range parts {
					for _, m := range p.messages {
						said = said || (m.Text != "" || m.Kind == bot.KindUndecryptable) && len(m.Identities) > 0 && m.ID != "" && !m.At.IsZero()
					}
					said = said || len(p.lost) > 0
				}
				if !said {
					t.Errorf("%s %s: nothing is left: %+v", path, how, parts)
				}
			}
		}
	}
	if tried < 300 {
		t.Errorf("only %d tried", tried)
	}
}

// withoutEach returns the JSON without each of its fields in turn, or with something else there.
func withoutEach(t *testing.T, whole, with string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	var root any
	if err := json.Unmarshal([]byte(whole), &root); err != nil {
		t.Fatal(err)
	}
	var walk func(v any, path string)
	walk = func(v any, path string) {
		switch v := v.(type) {
		case []any:
			for i, inner := range v {
				walk(inner, fmt.Sprint(path, "[", i, "]"))
			}
		case map[string]any:
			for name, inner := range v {
				delete(v, name)
				if with != "" {
					v[name] = json.RawMessage(with)
				}
				broken, err := json.Marshal(root)
				if err != nil {
					t.Fatal(err)
				}
				out[path+"."+name] = broken
				v[name] = inner
				walk(inner, path+"."+name)
			}
		}
	}
	walk(root, "")
	return out
}

// FuzzDecode: nothing makes it panic, every message names somebody and has an ID, and what it says is
// the same each time.
func FuzzDecode(f *testing.F) {
	f.Add(wholeWebhook())
	for _, c := range messageCases {
		f.Add(webhook("messages", "{"+head+","+c.raw+"}"))
	}
	f.Add(webhook("statuses", `{"id":"wamid.B","status":"failed","timestamp":"1","errors":[{"code":131049}]}`))
	f.Add(webhook("user_preferences", `{"wa_id":"12125550101","value":"stop","timestamp":1}`))
	f.Add(`{"entry":{"changes":{"field":"account_update","value":{"event":"ACCOUNT_RESTRICTION","restriction_info":{"expiration":1}}}}}`)
	f.Add(`{"entry":[{"changes":[{"field":"message_template_status_update","value":{"message_template_id":1e3}}]}]}`)
	f.Add(`[[[[`)
	f.Fuzz(func(t *testing.T, body string) {
		parts, ok := decode([]byte(body), noon)
		again, _ := decode([]byte(body), noon)
		if !reflect.DeepEqual(parts, again) {
			t.Error("not the same twice")
		}
		if !ok && len(parts) != 0 {
			t.Error("unreadable, and read")
		}
		for _, p := range parts {
			for _, m := range p.messages {
				if m.ID == "" || len(m.Identities) == 0 || m.Kind == "" || m.At.IsZero() {
					t.Errorf("%+v", m)
				}
				for _, id := range m.Identities {
					if id.Kind == bot.Phone && !strings.HasPrefix(id.Value, "+") {
						t.Errorf("%v", id)
					}
				}
			}
			for _, r := range p.receipts {
				if r.Kind == "" || len(r.MessageIDs)+len(r.WireIDs) != 1 {
					t.Errorf("%+v", r)
				}
			}
		}
	})
}

// TestPricingComesWithWhatArrived: once a message has arrived Meta says how it is charged, and only its
// own words count.
func TestPricingComesWithWhatArrived(t *testing.T) {
	t.Parallel()
	priced := bot.Pricing{Category: "marketing", Kind: "regular"}
	for text, want := range map[string]bot.Pricing{
		`"status":"delivered","pricing":{"pricing_model":"PMP","type":"regular","category":"MARKETING","billable":true}`: priced,
		`"status":"read","pricing":{"type":"regular","category":"marketing"}`:                                            priced,
		`"status":"sent","pricing":{"type":"regular","category":"marketing"}`:                                            {},
		`"status":"delivered"`:                  {},
		`"status":"delivered","pricing":"free"`: {},
		`"status":"delivered","pricing":{"type":"reg\u202eular","category":"market1"}`: {},
		`"status":"delivered","pricing":{"type":7,"category":{"a":1}}`:                 {},
	} {
		var p part
		p.status(decoder{}, json.RawMessage(`{"id":"wamid.A","timestamp":"1793620800","biz_opaque_callback_data":"m1",`+text+`}`))
		if len(p.receipts) != 1 || p.receipts[0].Pricing != want {
			t.Errorf("%s: %+v", text, p.receipts)
		}
	}
}
