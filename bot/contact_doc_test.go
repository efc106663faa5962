package bot

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestContactDoc holds the hand-written form of a contact against encoding/json: each field alone,
// and all of them with whatever may stand in them. A new field of Contact, or of what it holds,
// fails until contactDoc has it.
func TestContactDoc(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	fields := reflect.VisibleFields(reflect.TypeFor[Contact]())
	for _, f := range fields {
		if f.Anonymous || f.Tag.Get("json") == "-" {
			continue
		}
		for range 50 {
			var c Contact
			fill(r, reflect.ValueOf(&c).Elem().FieldByIndex(f.Index), 1)
			sameDoc(t, f.Name, &c)
		}
	}
	for range 2000 {
		var c Contact
		fill(r, reflect.ValueOf(&c).Elem(), 0.7)
		sameDoc(t, "all fields", &c)
	}
	sameDoc(t, "nobody", &Contact{})
}

// sameDoc compares both forms of a contact, and both readings of its form. Neither may leave it to
// encoding/json, but for a time that has no form.
func sameDoc(t *testing.T, about string, c *Contact) {
	t.Helper()
	want, err := json.Marshal(c)
	got, ok := contactDoc().write(nil, c)
	if !ok || err != nil || string(got) != string(want) {
		t.Fatalf("%s is written by hand %v (%v):\n%s\nand by encoding/json:\n%s", about, ok, err, got, want)
	}
	if doc, err := c.Doc(); err != nil || doc != string(want) {
		t.Fatalf("%s: Doc says %v:\n%s\nwant\n%s", about, err, doc, want)
	}
	var hand, library Contact
	reader := docReader{rest: string(want)}
	if err := json.Unmarshal(want, &library); err != nil {
		t.Fatal(err)
	}
	if !contactDoc().read(&reader, &hand) || reader.rest != "" || !reflect.DeepEqual(hand, library) {
		t.Fatalf("%s is read by hand, up to %q:\n%+v\nand by encoding/json:\n%+v", about, reader.rest, hand, library)
	}
}

// odd are texts that JSON writes in its own way.
var odd = []string{"", "Ana", "Zoë 🎉", "a\nb\t\"c\"\\", "<b>&amp;</b>", "\u2028", "\x00\x7f", "\xff\xfe", "\ufffd", "2026-03-02T14:00:00Z"}

// fill gives v and all that it holds values, each with that probability.
func fill(r *rand.Rand, v reflect.Value, likely float64) {
	if r.Float64() > likely || !v.CanSet() {
		return
	}
	if v.Type() == reflect.TypeFor[time.Time]() {
		zones := []*time.Location{time.UTC, time.FixedZone("", -3*3600), time.FixedZone("", 19800)}
		v.Set(reflect.ValueOf(time.Unix(r.Int64N(4e9), r.Int64N(2)*r.Int64N(1e9)).In(zones[r.IntN(len(zones))])))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(odd[r.IntN(len(odd))])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(r.Int64N(1e12) - 100)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem(), likely)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i), likely)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 4))
		for i := range v.Len() {
			fill(r, v.Index(i), likely)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(4) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, key, 1)
			fill(r, value, likely)
			v.SetMapIndex(key, value)
		}
	default:
		panic("nobody fills a " + v.Kind().String())
	}
}

// FuzzReadDoc: whatever the document, it is read as encoding/json reads it, or refused as it refuses
// it.
func FuzzReadDoc(f *testing.F) {
	for _, doc := range []string{
		`{"identities":null}`, `{"identities":[{"kind":"phone","value":"+5511900000001"}],"said":3,"suppressed":true}`,
		`{"identities":[],"preferences":{"a":["b"],"a":null},"unknown":{"x":[1]}}`, `{ "identities" : null }`,
		`{"said":1,"identities":null}`, `{"identities":null,"said":1,"said":2}`, `{"identities":null,"said":1.0}`,
		`{"identities":null,"said":-0,"misses":01}`, `{"IDENTITIES":null}`, `{"identities":null,}`, `{}`, `{}x`, ``, `null`,
		`{"identities":null,"name":"a\u0041\ud83d\n"}`, `{"identities":null,"words":"2026-03-02T14:00:00+03:00"}`,
		`{"identities":null,"words":"2026-03-02t14:00:00z"}`, `{"identities":null,"words":null,"own":null,"poll":null}`,
		`{"identities":null,"sends":["0000-01-01T00:00:00Z"],"album":{"id":"","at":"0001-01-01T00:00:00Z"}}`,
	} {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		var hand, library Contact
		err := hand.ReadDoc(doc)
		want := json.Unmarshal([]byte(doc), &library)
		if (err == nil) != (want == nil) || err == nil && !reflect.DeepEqual(hand, library) {
			t.Fatalf("%q is read by hand (%v):\n%+v\nand by encoding/json (%v):\n%+v", doc, err, hand, want, library)
		}
		if err != nil {
			return
		}
		if written, err := hand.Doc(); err != nil || written != mustMarshal(t, &library) {
			t.Fatalf("%q is written again as (%v) %s", doc, err, written)
		}
	})
}

func mustMarshal(t *testing.T, c *Contact) string {
	t.Helper()
	doc, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}

// TestDocOfImpossibleTime: what has no form is refused as encoding/json refuses it.
func TestDocOfImpossibleTime(t *testing.T) {
	t.Parallel()
	c := Contact{Presence: Presence{Paused: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}}
	if doc, err := c.Doc(); err == nil || !strings.Contains(err.Error(), "year") {
		t.Errorf("%v: %s", err, doc)
	}
}
