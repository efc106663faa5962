package api

import (
	"bytes"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"optinbot/bot/desk"
	"optinbot/flows"
)

// shownPhones are phones and LIDs as they stand in an answer: by themselves, as an identity, and as
// an address of WhatsApp.
var shownPhones = flows.Pattern(`\+[1-9][0-9]{6,14}|"lid":"[0-9]+|"kind":"lid","value":"[0-9]+|[0-9]+(:[0-9]+)?@(lid|s\.whatsapp\.net)`)

// masked hides phones from whoever only reads. Contacts have an ID too, by which they can be asked
// for.
func masked(ctx huma.Context, _ string, v any) (any, error) {
	who, _ := desk.WhoActs(ctx.Context())
	if _, says := v.(*Problem); says || who.Role.Includes(desk.Editor) {
		return v, nil
	}
	var out bytes.Buffer
	if err := asJSON.Marshal(&out, v); err != nil {
		return nil, err
	}
	return json.RawMessage(shownPhones().ReplaceAllFunc(out.Bytes(), mask)), nil
}

// mask keeps where a phone is from, and its last two digits.
func mask(phone []byte) []byte {
	switch at := bytes.LastIndexAny(phone, `"@`); {
	case at >= 0 && phone[at] == '"':
		return append(append([]byte{}, phone[:at+1]...), "…"...)
	case at >= 0:
		return append([]byte("…"), phone[at:]...)
	}
	return append(append(append([]byte{}, phone[:3]...), "…"...), phone[len(phone)-2:]...)
}
