package whatsapp

import (
	"slices"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"optinbot/bot"
)

// The tests in this file are made from the library's schema: a field that a newer one brings is
// tried by itself.

// fieldsOf calls each for every field of a message that can hold one message.
func fieldsOf(m protoreflect.Message, each func(protoreflect.FieldDescriptor)) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); f.Message() != nil && !f.IsList() && !f.IsMap() {
			each(f)
		}
	}
}

// wrapped returns the message in every wrapper that the schema has, by the wrapper's name.
func wrapped(inner *waE2E.Message) map[string]*waE2E.Message {
	out := map[string]*waE2E.Message{}
	fieldsOf((&waE2E.Message{}).ProtoReflect(), func(f protoreflect.FieldDescriptor) {
		slot := f.Message().Fields().ByName("message")
		if slot == nil || slot.Message() == nil || slot.Message().FullName() != inner.ProtoReflect().Descriptor().FullName() {
			return
		}
		m := &waE2E.Message{}
		m.ProtoReflect().Mutable(f).Message().Set(slot, protoreflect.ValueOfMessage(inner.ProtoReflect()))
		out[string(f.Name())] = m
	})
	return out
}

func decoded(t *testing.T, m *waE2E.Message) bot.Message {
	t.Helper()
	got, ok := shopDecoder().Decode(fromAna(m))
	if !ok {
		t.Error("ignored")
	}
	return got
}

func TestT3EveryWrapperIsOpened(t *testing.T) {
	all := wrapped(text("stop"))
	if len(all) < 25 {
		t.Fatalf("only %d wrappers found", len(all))
	}
	for name, m := range all {
		t.Run(name, func(t *testing.T) {
			if got := decoded(t, m); got.Text != "stop" || got.Forwarded != (name == "botForwardedMessage") {
				t.Errorf("%+v", got)
			}
			if got := decoded(t, &waE2E.Message{EphemeralMessage: wrap(m)}); got.Text != "stop" {
				t.Errorf("in another one: %+v", got)
			}
			picture := &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("stop")}}
			if got := decoded(t, wrapped(picture)[name]); got.Text != "stop" || got.Kind != bot.KindImage {
				t.Errorf("around a picture: %+v", got)
			}
		})
	}
}

// unknown is a message of one field that no schema has, around a text.
func unknown(number protowire.Number, beside *waE2E.Message) *waE2E.Message {
	inner, _ := proto.Marshal(wrap(text("stop")))
	m := proto.Clone(beside).(*waE2E.Message)
	m.ProtoReflect().SetUnknown(protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), inner))
	return m
}

// TestT3WhatThisBuildDoesNotKnowMayBeAStop: every wrapper of today was once a field that no build
// knew.
func TestT3WhatThisBuildDoesNotKnowMayBeAStop(t *testing.T) {
	context := &waE2E.Message{MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: []byte("secret")}}
	keys := &waE2E.Message{SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{GroupID: proto.String("1@g.us")}}
	for _, number := range []protowire.Number{150, 177, 5000} {
		for _, m := range []*waE2E.Message{unknown(number, &waE2E.Message{}), unknown(number, context), unknown(number, keys)} {
			if got := decoded(t, m); got.Kind != bot.KindUndecryptable || !got.Unknown || got.Hidden {
				t.Errorf("field %d: %+v", number, got)
			}
		}
		for name, m := range wrapped(unknown(number, &waE2E.Message{})) {
			if got := decoded(t, m); got.Kind != bot.KindUndecryptable || !got.Unknown {
				t.Errorf("field %d in %s: %+v", number, name, got)
			}
		}
		if got := decoded(t, unknown(number, text("oi"))); got.Kind != bot.KindText || got.Text != "oi" {
			t.Errorf("field %d beside words: %+v", number, got)
		}
		pin := unknown(number, &waE2E.Message{PinInChatMessage: &waE2E.PinInChatMessage{}})
		if got, ok := shopDecoder().Decode(fromAna(pin)); ok {
			t.Errorf("field %d beside a pin: %+v", number, got)
		}
	}
	picture := &waE2E.ImageMessage{}
	picture.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 900, protowire.VarintType), 1))
	if got := decoded(t, &waE2E.Message{ImageMessage: picture}); got.Kind != bot.KindImage {
		t.Errorf("an unknown field in a picture: %+v", got)
	}
	resent := fromAna(&waE2E.Message{MessageContextInfo: &waE2E.MessageContextInfo{}})
	resent.RetryCount = 1
	if got, ok := shopDecoder().Decode(resent); !ok || got.Kind != bot.KindNothing || got.ID != "A1" {
		t.Errorf("what came readable and says nothing: %+v %v", got, ok)
	}
}

// TestT3TheWordsBesideEverySharedThingAreRead: caption, message, comment, note of every kind.
func TestT3TheWordsBesideEverySharedThingAreRead(t *testing.T) {
	tried := 0
	fieldsOf((&waE2E.Message{}).ProtoReflect(), func(f protoreflect.FieldDescriptor) {
		if f.Name() == "reactionMessage" {
			return // its text is an emoji
		}
		for _, name := range []protoreflect.Name{"caption", "message", "comment", "text", "note", "body"} {
			slot := f.Message().Fields().ByName(name)
			if slot == nil || slot.Kind() != protoreflect.StringKind || slot.IsList() {
				continue
			}
			tried++
			m := &waE2E.Message{}
			m.ProtoReflect().Mutable(f).Message().Set(slot, protoreflect.ValueOfString("stop"))
			if got := decoded(t, m); got.Text != "stop" {
				t.Errorf("%s of %s: %+v", name, f.Name(), got)
			}
			if got := decoded(t, &waE2E.Message{EphemeralMessage: wrap(m)}); got.Text != "stop" {
				t.Errorf("%s of %s, disappearing: %+v", name, f.Name(), got)
			}
		}
	})
	if tried < 18 {
		t.Errorf("only %d tried", tried)
	}
}

// TestC1AnyMarkOfAForwardIsOne: the words of others are nobody's consent.
func TestC1AnyMarkOfAForwardIsOne(t *testing.T) {
	marks := []string{}
	fields := (&waE2E.ContextInfo{}).ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if !isForward(f.Name()) {
			continue
		}
		marks = append(marks, string(f.Name()))
		context := &waE2E.ContextInfo{}
		switch r := context.ProtoReflect(); f.Kind() {
		case protoreflect.BoolKind:
			r.Set(f, protoreflect.ValueOfBool(true))
		case protoreflect.Uint32Kind:
			r.Set(f, protoreflect.ValueOfUint32(1))
		case protoreflect.EnumKind:
			r.Set(f, protoreflect.ValueOfEnum(1))
		default:
			r.Mutable(f)
		}
		m := &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("I want promotions"), ContextInfo: context}}
		if got := decoded(t, m); !got.Forwarded {
			t.Errorf("%s: %+v", f.Name(), got)
		}
	}
	for _, known := range []string{"isForwarded", "forwardingScore", "forwardedNewsletterMessageInfo", "forwardedAiBotMessageInfo", "forwardOrigin"} {
		if !slices.Contains(marks, known) {
			t.Errorf("%s is not in the schema: %v", known, marks)
		}
	}
	direct := &waE2E.ContextInfo{IsForwarded: proto.Bool(false), ForwardingScore: proto.Uint32(0)}
	if got := decoded(t, &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("oi"), ContextInfo: direct}}); got.Forwarded {
		t.Errorf("%+v", got)
	}
}

// TestT3OnlyWhatCanTellTheTimerTellsIt: whatever has a context can. An edit and plain words cannot.
func TestT3OnlyWhatCanTellTheTimerTellsIt(t *testing.T) {
	tried := 0
	fieldsOf((&waE2E.Message{}).ProtoReflect(), func(f protoreflect.FieldDescriptor) {
		slot := f.Message().Fields().ByName("contextInfo")
		if slot == nil || isHousekeeping(f.Name()) {
			return
		}
		tried++
		m := &waE2E.Message{}
		m.ProtoReflect().Mutable(f).Message().Mutable(slot).Message().Interface().(*waE2E.ContextInfo).Expiration = proto.Uint32(86400)
		if got := decoded(t, m); !got.Timed || got.Expires != 24*time.Hour {
			t.Errorf("%s: %+v", f.Name(), got)
		}
		if got := decoded(t, edit("A0", m)); got.Timed {
			t.Errorf("edit of %s: %+v", f.Name(), got)
		}
	})
	if tried < 25 {
		t.Errorf("only %d tried", tried)
	}
	for name, m := range map[string]*waE2E.Message{"words": text("oi"), "edit": edit("A0", text("oi")), "reaction": {ReactionMessage: &waE2E.ReactionMessage{}}} {
		if got := decoded(t, m); got.Timed {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
