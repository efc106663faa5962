package api

import (
	"bytes"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/flows"
)

// addressFields are the LIDs and BSUIDs that are a field of an answer by themselves.
var addressFields = flows.Pattern(`("(?:lid|bsuid)":"|"kind":"(?:lid|bsuid)","value":")[^"]+`)

// masked hides phones, LIDs and BSUIDs from whoever only reads. Contacts have an ID too, by which they
// can be asked for.
func masked(ctx huma.Context, _ string, v any) (any, error) {
	who, _ := desk.WhoActs(ctx.Context())
	if _, says := v.(*Problem); says || who.Role.Includes(desk.Editor) {
		return v, nil
	}
	var out bytes.Buffer
	if err := asJSON.Marshal(&out, v); err != nil {
		return nil, err
	}
	return withoutAddresses(out.Bytes()), nil
}

// withoutAddresses is JSON without what WhatsApp knows people by.
func withoutAddresses(data []byte) json.RawMessage {
	return json.RawMessage(text.Masked(string(addressFields().ReplaceAll(data, []byte("${1}…")))))
}
