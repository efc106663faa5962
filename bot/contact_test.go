package bot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"testing"
	"time"
)

// filled sets every field below v that can be set to something, so that a copy shows what it
// shares.
func filled(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(tuesday))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			filled(v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 4))
		for i := range v.Len() {
			filled(v.Index(i))
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		filled(key)
		filled(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	default:
		panic(fmt.Sprintf("a contact holds a %s: say here how it is filled", v.Type()))
	}
}

// shared are the paths at which two values of one type hold the same memory.
func shared(path string, a, b reflect.Value) (paths []string) {
	if a.Type() == reflect.TypeFor[time.Time]() {
		return nil
	}
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			paths = append(paths, shared(path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))...)
		}
	case reflect.Pointer:
		if a.Pointer() == b.Pointer() {
			return []string{path}
		}
		return shared(path, a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Pointer() == b.Pointer() {
			return []string{path}
		}
		for i := range a.Len() {
			paths = append(paths, shared(fmt.Sprintf("%s[%d]", path, i), a.Index(i), b.Index(i))...)
		}
	case reflect.Map:
		if a.Pointer() == b.Pointer() {
			return []string{path}
		}
		for _, key := range a.MapKeys() {
			paths = append(paths, shared(fmt.Sprintf("%s[%v]", path, key), a.MapIndex(key), b.MapIndex(key))...)
		}
	}
	return paths
}

// TestACloneSharesNothing: whatever a turn changes in its contact, the caller's stays as it was,
// also where the decision fails.
func TestACloneSharesNothing(t *testing.T) {
	t.Parallel()
	var c Contact
	filled(reflect.ValueOf(&c).Elem())
	clone := c.clone()
	if !reflect.DeepEqual(c, clone) {
		t.Errorf("the clone is %+v, want %+v", clone, c)
	}
	for _, path := range shared("Contact", reflect.ValueOf(c), reflect.ValueOf(clone)) {
		t.Errorf("%s is shared with the clone", path)
	}
	if got := (Contact{}).clone(); !reflect.DeepEqual(got, Contact{}) {
		t.Errorf("the clone of nothing is %+v", got)
	}
}

// TestTheStoredFormOfAContact: what the store holds of a contact is read by every later version, so
// no change of the Go type changes a byte of it.
func TestTheStoredFormOfAContact(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/contact.json")
	if err != nil {
		t.Fatal(err)
	}
	want = bytes.TrimSpace(want)
	var c, read Contact
	filled(reflect.ValueOf(&c).Elem())
	if got, err := json.Marshal(c); err != nil || !bytes.Equal(got, want) {
		t.Errorf("stored is\n%s\nwant\n%s\n%v", got, want, err)
	}
	if err := json.Unmarshal(want, &read); err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(read); err != nil || !bytes.Equal(got, want) {
		t.Errorf("stored again is\n%s\nwant\n%s\n%v", got, want, err)
	}
	if got, err := json.Marshal(Contact{}); err != nil || string(got) != `{"identities":null}` {
		t.Errorf("nothing is stored as %s, %v", got, err)
	}
}
