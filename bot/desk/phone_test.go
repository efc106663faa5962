package desk_test

import (
	"slices"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// twoWays can be a phone of Brazil without its country code, or one of Norway.
const (
	twoWays   = "47 9999-0001"
	brazilian = "+554799990001"
	norwegian = "+4799990001"
)

// TestWhoIsMeant: where what was typed can be several phones, the one of somebody who has written
// is meant. Else the operator is asked, or has to write the country code.
func TestWhoIsMeant(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		writers []string
		deaf    bool // nobody can be asked
		chooses string
		want    string
		says    string
	}{
		"one is known":            {writers: []string{norwegian}, want: norwegian},
		"both are known":          {writers: []string{norwegian, brazilian}, chooses: brazilian, want: brazilian},
		"both, and nobody to ask": {writers: []string{norwegian, brazilian}, deaf: true, says: `"47 9999-0001" can be +554799990001 or +4799990001: write it with its + and country code`},
		"nobody is known":         {chooses: norwegian, want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, "country: BR\n"+oneNumber)
			for _, phone := range c.writers {
				s.writes(phone, "hello")
			}
			s.chooses = c.chooses
			if c.deaf {
				s.Choose = nil
			}
			find := func() error {
				got, err := s.Contact(t.Context(), "main", twoWays)
				if err == nil && got.Phone() != c.want {
					t.Errorf("%s is meant, want %s", got.Phone(), c.want)
				}
				return err
			}
			switch {
			case c.says != "":
				s.refused(c.says, find)
			case c.want == "":
				s.missing(norwegian+" has never written", find)
			default:
				must(t, find())
			}
			if asked := c.chooses != ""; asked != slices.Equal(s.asked, []string{brazilian, norwegian}) {
				t.Errorf("asked about %v", s.asked)
			}
		})
	}
}

// TestPhonesOfACountry: config.yaml tells the country of a phone without its code, or the phone of
// the number does.
func TestPhonesOfACountry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ settings, linked, says string }{
		"nothing tells it":     {"", "", "where a phone has none, `country` in config.yaml tells it"},
		"config.yaml tells it": {"country: US\n", "", ""},
		"the number tells it":  {"", "+12125550100", ""},
		"it is of another":     {"", "+447700900100", "is not a phone with its country code, such as +5511900000001, and none of GB without it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, c.settings+oneNumber)
			s.writes(ana, "hello")
			if c.linked != "" {
				s.linked("main", c.linked)
			}
			find := func() error { _, err := s.Contact(t.Context(), "main", "212 555 0101"); return err }
			if c.says == "" {
				must(t, find())
				return
			}
			s.refused(c.says, find)
		})
	}
}

// TestAPhoneOnSeveralNumbers: a person is looked for on all numbers, by the countries of all of
// them.
func TestAPhoneOnSeveralNumbers(t *testing.T) {
	t.Parallel()
	s := newShop(t, twoNumbers)
	s.linked("main", "+447700900100")
	s.linked("second", "+12125550100")
	s.message("second", bot.Message{Text: "hello", Identities: []bot.Identity{{Kind: bot.Phone, Value: ana}}})
	v, err := s.PreviewErase(t.Context(), "(212) 555-0101")
	must(t, err)
	if v.Phone != ana || v.Numbers != 1 {
		t.Errorf("%+v", v)
	}
	s.refused("none of GB, US without it", func() error { _, err := s.PreviewErase(t.Context(), "abc"); return err })
}

// codePhone is the phone where a code is to be typed, as Link reads it.
func (s *shop) codePhone(typed, number string) (phone string, err error) {
	_, err = s.Link(s.Ctx, number, typed, func(read string) desk.OpenPairing {
		phone = read
		return (&pairing{inUse: true}).open
	})
	if err != nil && strings.Contains(err.Error(), "serves number") {
		err = nil
	}
	return phone, err
}

// TestCodePhone: the phone that a number is linked by. What cannot be read is WhatsApp's to judge.
func TestCodePhone(t *testing.T) {
	t.Parallel()
	s := newShop(t, "country: BR\n"+oneNumber)
	s.chooses = norwegian
	for typed, want := range map[string]string{
		"": "", "11 90000-0001": "+5511900000001", "what?": "what?", twoWays: norwegian,
	} {
		if got, err := s.codePhone(typed, "main"); err != nil || got != want {
			t.Errorf("%q is %q, want %q: %v", typed, got, want, err)
		}
	}
	s.Choose = nil
	s.refused("write it with its + and country code", func() error {
		_, err := s.codePhone(twoWays, "main")
		return err
	})
	vera := desk.As(s.Ctx, desk.Who{Name: "cli:vera"})
	if _, err := s.Link(vera, "main", twoWays, always((&pairing{}).open)); err == nil {
		t.Error("linked")
	}
	acts, err := s.Acts(s.Ctx, desk.ActQuery{Limit: 1})
	if must(t, err); len(acts) != 1 || acts[0].Act != string(desk.ActLinkNumber) {
		t.Errorf("what was refused is no row: %+v", acts)
	}
}

// TestUnknownNumberHasNoCountry: the country of a number that is not there cannot be told.
func TestUnknownNumberHasNoCountry(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	if _, err := s.codePhone("1", "nope"); err == nil {
		t.Error("told")
	}
	if _, err := s.ReadSheet(t.Context(), "nope", "list.csv", strings.NewReader("phone\n")); err == nil {
		t.Error("told")
	}
	says(t, desk.Ambiguous("1", []string{"+1", "+2"}), `"1" can be +1 or +2`)
}
