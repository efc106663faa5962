package cli

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/flows"
	"optinbot/flows/words"
)

const (
	mainNumber  = "main"
	otherNumber = "outlet" // of the same brand; its flow asks back before it subscribes
	strangeOne  = "strange"
)

var propertyNumbers = []string{mainNumber, otherNumber, strangeOne}

// number draws one; most happens on the main number.
func (w *propertyWorld) number() string {
	return rapid.SampledFrom([]string{mainNumber, mainNumber, mainNumber, otherNumber, otherNumber, strangeOne}).Draw(w.t, "number")
}

// propertyFlows are the shipped flow and two relatives.
func propertyFlows(t *testing.T) map[string]*bot.Machine {
	t.Helper()
	src, err := flows.Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	load := func(old, new string) *bot.Machine {
		text := strings.Replace(string(src), old, new, 1)
		if old != new && text == string(src) {
			t.Fatalf("the shipped flow has no %q", old)
		}
		flow, bad := flows.Load("promotions.yaml", []byte(text))
		if len(bad) > 0 {
			t.Fatal(desk.Problems(bad))
		}
		return bot.NewMachine(flow)
	}
	shop := map[string]*bot.Machine{
		mainNumber:  load("", ""),
		otherNumber: load("confirm: false", "confirm: true"),
		strangeOne:  load("brand: Casa Aurora", "brand: Loja Azul"),
	}
	if checkTexts(t, shop[mainNumber].Flow.Words); t.Failed() {
		t.FailNow()
	}
	return shop
}

// propertySource is a tag by which people come.
const propertySource = "window"

func isPropertySource(tag string) bool { return tag == propertySource }

// propertyTexts are what people write, and what they mean by it.
func propertyTexts() map[label][]string {
	return map[label][]string{
		labelOptIn:  {"I want promotions", "quero promoções!", "QUIERO PROMOCIONES 😊", "I want promotions #" + propertySource},
		labelNear:   {"i wnat promotions", "hello, I want promotions", "promotions please"},
		labelStop:   {"2", "STOP", "não quero mais", "unsubscribe", "stop the messages", "me tira da lista", "désabonner", "berhenti", "stpo"},
		labelUnsure: {"could you send fewer messages?"},
		labelYes:    {"yes", "sim"},
		labelNo:     {"no", "não"},
		labelOther:  {"A", "all", "A C", "B", "preferences", "help", "oi", "how much is the red bag", "español", "😀", ""},
	}
}

// checkTexts makes sure that the recogniser reads them so: else the model and not the code would be wrong.
func checkTexts(t *testing.T, v *words.Vocabulary) {
	t.Helper()
	for l, texts := range propertyTexts() {
		for _, text := range texts {
			for _, language := range []string{"en", "pt", "es"} {
				got, phrase, answer := v.Recognise(text, language).Outcome, v.OptIn(text, language, isPropertySource).Match, v.YesNo(text, language)
				right := (got == words.Out) == (l == labelStop) && (got == words.Unsure) == (l == labelUnsure) &&
					(phrase == words.Exact) == (l == labelOptIn) && (phrase == words.Near) == (l == labelNear) &&
					(answer == words.Yes) == (l == labelYes) && (answer == words.No) == (l == labelNo)
				if !right {
					t.Errorf("%q (%s) is read as %v, %v, %v", text, l, got, phrase, answer)
				}
			}
		}
	}
}

var (
	errCrash = errors.New("the process died")
	anna     = bot.Identity{Kind: bot.Phone, Value: "+5511900000001"}
	bob      = bot.Identity{Kind: bot.Phone, Value: "+12125550102"}
	cleo     = bot.Identity{Kind: bot.Phone, Value: "+34600000003"}
)

func lid(n string) bot.Identity { return bot.Identity{Kind: bot.LID, Value: n} }

// senders are the ways in which a handful of people appear.
func senders() [][]bot.Identity {
	return [][]bot.Identity{
		{anna}, {anna, lid("101")}, {lid("101")}, {anna, lid("109")}, // 109: her phone has a new owner
		{bob}, {bob, lid("202")}, {lid("202")}, {lid("202"), cleo}, // Bob changes his phone to what was Cleo's
		{cleo, lid("303")}, {lid("303")},
	}
}
