package api

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// schemaName names a type in the document.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := ""
	for part := range strings.SplitSeq(huma.DefaultSchemaNamer(t, hint), "-") { // hints have the names of operations
		name += strings.ToUpper(part[:1]) + part[1:]
	}
	if t.Kind() != reflect.Struct {
		return name
	}
	switch t.PkgPath() {
	case "optinbot/flows":
		return "File" + name // a problem of a file is another thing than a problem of a request
	case "optinbot/bot":
		return "Kept" + name // a contact as decisions rest on it is more than one that is listed
	}
	return name
}

// document is the OpenAPI document. Pointers and maps that are always there may be null.
func document(o *huma.OpenAPI) []byte {
	registry := o.Components.Schemas
	for _, schema := range schemasOf(o) {
		schema.PatternDescription = "" // the library's own, which is no word of OpenAPI
	}
	for name, schema := range registry.Map() {
		if t := registry.TypeFromRef("#/components/schemas/" + name); t != nil {
			allowNull(t, schema)
		}
	}
	out, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		panic(err) // the types are the program's own
	}
	return append(out, '\n')
}

// schemasOf are all schemas of a document that have properties, and those of parameters.
func schemasOf(o *huma.OpenAPI) (all []*huma.Schema) {
	for _, schema := range o.Components.Schemas.Map() {
		for _, property := range schema.Properties {
			all = append(all, property)
		}
	}
	for _, path := range o.Paths {
		for _, op := range []*huma.Operation{path.Get, path.Post, path.Put, path.Delete} {
			if op == nil {
				continue
			}
			for _, parameter := range op.Parameters {
				all = append(all, parameter.Schema)
			}
		}
	}
	return all
}

// allowNull says of the fields of a type which of them may be null.
func allowNull(t reflect.Type, schema *huma.Schema) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		property := schema.Properties[name]
		if property == nil || strings.Contains(options, "omit") {
			continue
		}
		switch {
		case f.Type.Kind() == reflect.Pointer && property.Ref != "":
			schema.Properties[name] = &huma.Schema{
				AnyOf:       []*huma.Schema{{Ref: property.Ref}, {Type: "null"}},
				Description: property.Description,
			}
		case f.Type.Kind() == reflect.Map:
			property.Nullable = true
		}
	}
}
