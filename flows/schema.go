package flows

import (
	"encoding/json"
	"strings"
)

// FlowSchema is the JSON Schema (draft 2020-12) of a flow, for editors that complete keys and show
// what they mean. It knows shapes only: `flow check` finds what is wrong.
func FlowSchema() []byte { return schema("A flow of optinbot", FlowKeys()) }

// BroadcastSchema is the JSON Schema of a draft.
func BroadcastSchema() []byte { return schema("A broadcast of optinbot", BroadcastKeys()) }

// object is a piece of JSON. encoding/json writes its keys in order, so that the same keys give the
// same bytes.
type object = map[string]any

func schema(title string, keys []Key) []byte {
	s := objectOf(keys, "")
	s["$schema"], s["title"] = "https://json-schema.org/draft/2020-12/schema", title
	s["$defs"] = object{
		"name": object{"type": "string", "pattern": plainName().String()},
		"list": object{"oneOf": []any{object{"type": "string"},
			object{"type": "array", "items": object{"type": "string"}}}},
		"text":  eachLanguage("#/$defs/list"),
		"words": eachLanguage("#/$defs/list"),
		"label": eachLanguage("#/$defs/string"),
		// A number or true is a text too, where a text belongs.
		"string":   object{"type": []string{"string", "number", "boolean"}},
		"duration": object{"type": "string", "pattern": "^([0-9]{1,6}[mhd])+$"},
	}
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // maps of strings: cannot fail
	}
	return append(out, '\n')
}

// eachLanguage is a value for all languages, or one for each.
func eachLanguage(ref string) object {
	one := object{"$ref": ref}
	return object{"anyOf": []any{one, object{"type": "object",
		"propertyNames": object{"pattern": languageCode().String()}, "additionalProperties": one}}}
}

// objectOf is the schema of what stands at path.
func objectOf(keys []Key, path string) object {
	properties, required := object{}, []string{}
	for _, k := range keys {
		name, inside := strings.CutPrefix(k.Path, path)
		if !inside || name == "" || name == "*" || strings.ContainsAny(name, ".[") {
			continue
		}
		properties[name] = described(keys, k)
		if k.Required {
			required = append(required, name)
		}
	}
	o := object{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}

// described is the schema of one key's value, with what an editor shows beside it.
func described(keys []Key, k Key) object {
	s := valueOf(keys, k)
	s["description"] = strings.ReplaceAll(k.About, "`", "")
	if k.OneOf != nil {
		s = object{"enum": k.OneOf, "description": s["description"]}
	}
	return s
}

func valueOf(keys []Key, k Key) object {
	switch k.Shape {
	case ShapeBool:
		return object{"enum": []any{true, false, "yes", "no", "on", "off"}}
	case ShapeInteger:
		return object{"type": "integer"}
	case ShapeState, ShapeName:
		return object{"$ref": "#/$defs/name"}
	case ShapeLanguages:
		return object{"$ref": "#/$defs/list"}
	case ShapeObject:
		return objectOf(keys, k.Path+".")
	case ShapeObjects:
		return object{"type": "array", "items": objectOf(keys, k.Path+"[].")}
	case ShapeNamed:
		return object{"type": "object", "additionalProperties": named(keys, k)}
	}
	return object{"$ref": "#/$defs/" + string(k.Shape)}
}

// named is the schema of what every name of the operator's own stands for. Where the keys inside
// it are optional but for a label, the label alone will do.
func named(keys []Key, k Key) object {
	for _, item := range keys {
		if item.Path == k.Path+".*" {
			s := described(keys, item)
			if item.Shape == ShapeObject && strings.HasSuffix(k.Path, "options") {
				return object{"anyOf": []any{object{"$ref": "#/$defs/string"}, s}}
			}
			return s
		}
	}
	return object{}
}
