package bot_test

import (
	"reflect"
	"testing"

	"optinbot/bot"
)

// TestEverythingThatComesInIsText: whatever a message carries, a database of either kind can store.
func TestEverythingThatComesInIsText(t *testing.T) {
	m := bot.Message{Identities: make([]bot.Identity, 1), Votes: make([]string, 1), Album: &bot.Album{}, Ad: &bot.Ad{}}
	strange := texts(reflect.ValueOf(&m).Elem())
	if len(strange) < 12 {
		t.Fatalf("only %d texts", len(strange))
	}
	for _, s := range strange {
		s.SetString("a\x00\xffb")
	}
	after := m.Bounded()
	for _, s := range texts(reflect.ValueOf(&after).Elem()) {
		if s.String() != "ab" {
			t.Errorf("%q is kept", s)
		}
	}
	for _, s := range strange {
		if s.String() != "a\x00\xffb" {
			t.Error("the caller's message is another now")
		}
	}
}

// texts are all strings within v, but kinds, which are our own words.
func texts(v reflect.Value) (all []reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			all = append(all, v)
		}
	case reflect.Pointer:
		all = append(all, texts(v.Elem())...)
	case reflect.Slice:
		for i := range v.Len() {
			all = append(all, texts(v.Index(i))...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				all = append(all, texts(v.Field(i))...)
			}
		}
	}
	return all
}
