package desk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// office stands in for WhatsApp's.
type office struct {
	list []bot.SeenTemplate
	lost bool // it cannot be reached
}

func (o *office) Submit(_ context.Context, d bot.TemplateDraft) (id, status string, err error) {
	id = fmt.Sprint(len(o.list) + 1)
	o.list = append(o.list, bot.SeenTemplate{ID: id, Name: d.Name, Language: d.Language, Category: "MARKETING", Status: "PENDING",
		Quality: "UNKNOWN", Named: true, Body: d.Body, Footer: d.Footer, Buttons: d.Buttons})
	return id, "PENDING", nil
}

func (o *office) Templates(_ context.Context, name string) (found []bot.SeenTemplate, err error) {
	if o.lost {
		return nil, errors.New("no line")
	}
	for _, t := range o.list {
		if t.Name == name {
			found = append(found, t)
		}
	}
	return found, nil
}

// weekend is a draft that WhatsApp may approve.
var weekend = map[string]string{"flows/broadcasts/weekend-offer.yaml": "text:\n  en: [\"Hi {first_name|there}! 20% off {interests|everything} now.\", " +
	"\"A treat for you, {first_name|friend}: 20% off.\"]\n  pt: Oi {first_name|tudo bem}! 20% de desconto.\n"}

// onCloudWith is a shop on the Cloud API with an office.
func onCloudWith(t *testing.T, files map[string]string) (*desktest.Shop, *office) {
	t.Helper()
	s, o := desktest.Open(t, desktest.Setup{Config: onCloud, Files: files}), &office{}
	s.Offices = func(config.Number) (bot.TemplateOffice, error) { return o, nil }
	return s, o
}

// TestK3ADraftIsHandedInAndArmedWhenItIsApproved: from the draft to the occurrence that keeps its
// templates. Nothing is handed in twice, and nothing goes out by other words.
func TestK3ADraftIsHandedInAndArmedWhenItIsApproved(t *testing.T) {
	t.Parallel()
	s, o := onCloudWith(t, weekend)
	ctx := s.Ctx
	must(t, s.Do("Ben +447700900001 > I want promotions"))
	l, err := s.TemplateStatus(ctx, "main", "weekend-offer")
	must(t, err)
	if l.Ready || len(l.Templates) < 3 || !strings.Contains(l.Templates[0].Why, "template submit") {
		t.Errorf("%+v", l)
	}
	if _, err := s.Schedule(ctx, "main", "weekend-offer", desk.ScheduleOptions{Now: true}, version(t, s)); !errors.Is(err, desk.ErrRefused) {
		t.Errorf("it is armed without templates: %v", err)
	}
	l, err = s.SubmitTemplates(ctx, "main", "weekend-offer")
	must(t, err)
	handedIn := len(o.list)
	if l.Ready || handedIn != len(l.Templates) || o.list[0].Footer != "Reply 2 to stop." || !slices.Equal(o.list[0].Buttons, []string{"Stop promotions"}) ||
		!strings.Contains(o.list[0].Body, "{{first_name}}") {
		t.Errorf("%+v, handed in %+v", l, o.list)
	}
	if _, err := s.SubmitTemplates(ctx, "main", "weekend-offer"); err != nil || len(o.list) != handedIn {
		t.Errorf("handed in twice: %d, %v", len(o.list), err)
	}
	for i := range o.list {
		o.list[i].Status = "APPROVED"
	}
	must(t, s.HearTemplate(ctx, "main", o.list[0].Name)) // of one of them it is told, of the others not
	_, err = s.TemplateStatus(ctx, "main", "weekend-offer")
	must(t, err)
	armed, err := s.Schedule(ctx, "main", "weekend-offer", desk.ScheduleOptions{Now: true}, version(t, s))
	must(t, err)
	kept, err := s.Store.Occurrences(ctx, "main", "weekend-offer")
	must(t, err)
	if kept[0].ID != armed.ID || len(kept[0].Templates) != handedIn || kept[0].Templates[0].ID == "" || kept[0].Templates[0].Hash == "" {
		t.Errorf("it keeps %+v", kept[0].Templates)
	}
	must(t, s.Do("+1h"))
}

func version(t *testing.T, s *desktest.Shop) string {
	t.Helper()
	p, err := s.Preview(s.Ctx, "main", "weekend-offer", desk.PreviewOptions{Now: true})
	must(t, err)
	return p.Version
}

// TestK3ArmingAsksAnew: what has changed since anybody looked is seen when it is armed, and where
// WhatsApp cannot be asked nothing is armed.
func TestK3ArmingAsksAnew(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*office){
		"PAUSED":             func(o *office) { o.list[1].Status = "PAUSED" },
		"UTILITY":            func(o *office) { o.list[1].Category = "UTILITY" },
		"words":              func(o *office) { o.list[1].Body += "!" },
		"does not have it":   func(o *office) { o.list[1].Name = "gone" },
		"RED":                func(o *office) { o.list[1].Quality = "RED" },
		"could not be asked": func(o *office) { o.lost = true },
	} {
		s, o := onCloudWith(t, weekend)
		_, err := s.SubmitTemplates(s.Ctx, "main", "weekend-offer")
		must(t, err)
		for i := range o.list {
			o.list[i].Status = "APPROVED"
		}
		_, err = s.TemplateStatus(s.Ctx, "main", "weekend-offer")
		must(t, err)
		seen := version(t, s)
		change(o)
		_, err = s.Schedule(s.Ctx, "main", "weekend-offer", desk.ScheduleOptions{Now: true}, seen)
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestK3WhatWhatsAppWouldNotApproveIsToldByEveryDoor: the same words by the check, the page and the
// verb. Another wire takes the draft as it is.
func TestK3WhatWhatsAppWouldNotApproveIsToldByEveryDoor(t *testing.T) {
	t.Parallel()
	const text = "text: {en: \"{first_name|Friend}, look!\"}\n"
	files := map[string]string{"flows/broadcasts/hello.yaml": text}
	s, _ := onCloudWith(t, files)
	const want = "stands at the beginning"
	c, err := s.CheckDraftText(s.Ctx, "main", "hello", text)
	must(t, err)
	all, err := s.Files.Check(s.Ctx, nil)
	must(t, err)
	_, refused := s.SubmitTemplates(s.Ctx, "main", "hello")
	p, err := s.Preview(s.Ctx, "main", "hello", desk.PreviewOptions{})
	must(t, err)
	for door, says := range map[string]string{
		"the page": fmt.Sprint(c.Problems), "the check": fmt.Sprint(all.Problems), "the verb": fmt.Sprint(refused), "the preview": p.Objection,
	} {
		if !strings.Contains(says, want) {
			t.Errorf("%s says %q", door, says)
		}
	}
	other := desktest.Open(t, desktest.Setup{Config: oneNumber, Files: files})
	if c, err := other.CheckDraftText(other.Ctx, "main", "hello", text); err != nil || len(c.Problems) != 0 {
		t.Errorf("%v, %v", c.Problems, err)
	}
	if _, err := other.TemplateStatus(other.Ctx, "main", "hello"); !errors.Is(err, desk.ErrRefused) {
		t.Errorf("a number without templates: %v", err)
	}
}
