package desk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// manager stands in for WhatsApp's.
type manager struct {
	list []bot.SeenTemplate
	lost bool // it cannot be reached
}

func (o *manager) Submit(_ context.Context, d bot.TemplateDraft) (id, status string, err error) {
	id = fmt.Sprint(len(o.list) + 1)
	o.list = append(o.list, bot.SeenTemplate{ID: id, Name: d.Name, Language: d.Language, Category: "MARKETING", Status: "PENDING",
		Quality: "UNKNOWN", Named: true, Body: d.Body, Footer: d.Footer, Buttons: d.Buttons})
	return id, "PENDING", nil
}

func (o *manager) Templates(_ context.Context, name string) (found []bot.SeenTemplate, err error) {
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

// onCloudWith is a shop on the Cloud API with an manager.
func onCloudWith(t *testing.T, files map[string]string) (*desktest.Shop, *manager) {
	t.Helper()
	s, o := desktest.Open(t, desktest.Setup{Config: onCloud, Files: files}), &manager{}
	s.TemplateManagers = func(config.Number) (bot.TemplateManager, error) { return o, nil }
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
	for what, change := range map[string]func(*manager){
		"PAUSED":             func(o *manager) { o.list[1].Status = "PAUSED" },
		"UTILITY":            func(o *manager) { o.list[1].Category = "UTILITY" },
		"words":              func(o *manager) { o.list[1].Body += "!" },
		"does not have it":   func(o *manager) { o.list[1].Name = "gone" },
		"RED":                func(o *manager) { o.list[1].Quality = "RED" },
		"could not be asked": func(o *manager) { o.lost = true },
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

// approved lets WhatsApp approve all that was handed in of the weekend-offer.
func approved(t *testing.T, s *desktest.Shop, o *manager) {
	t.Helper()
	_, err := s.SubmitTemplates(s.Ctx, "main", "weekend-offer")
	must(t, err)
	for i := range o.list {
		o.list[i].Status = "APPROVED"
	}
	_, err = s.TemplateStatus(s.Ctx, "main", "weekend-offer")
	must(t, err)
}

// TestK3WhatWaitsForATemplateIsResumedWhenItIsReady: resuming asks WhatsApp, and refuses while it is
// not, with its name. What somebody paused is theirs to resume.
func TestK3WhatWaitsForATemplateIsResumedWhenItIsReady(t *testing.T) {
	t.Parallel()
	s, o := onCloudWith(t, weekend)
	must(t, s.Do("Ben +447700900001 > I want promotions"))
	approved(t, s, o)
	_, err := s.Schedule(s.Ctx, "main", "weekend-offer", desk.ScheduleOptions{Now: true, TakeBack: 10 * time.Minute}, version(t, s))
	must(t, err)
	list, err := s.Store.Occurrences(s.Ctx, "main", "weekend-offer")
	must(t, err)
	paused := func(note bot.Reason) {
		_, err := s.Store.SetStatus(s.Ctx, "main", list[0].ID, bot.OccurrencePaused, string(note), s.World.Now())
		must(t, err)
	}
	o.list[1].Status = "PAUSED"
	paused(bot.OperatorPaused)
	if _, err := s.ResumeBroadcast(s.Ctx, "main", "weekend-offer", false); err != nil {
		t.Errorf("what the operator paused: %v", err)
	}
	paused(bot.TemplateNotReady)
	offer, err := s.OfferResume(s.Ctx, "main", "weekend-offer")
	if err != nil || !strings.Contains(fmt.Sprint(offer.Reminds), "was not ready") {
		t.Errorf("%v, %v", offer.Reminds, err)
	}
	_, err = s.ResumeBroadcast(s.Ctx, "main", "weekend-offer", false)
	if !errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), o.list[1].Name) || !strings.Contains(err.Error(), "PAUSED") {
		t.Errorf("it is resumed: %v", err)
	}
	o.lost = true
	if _, err := s.ResumeBroadcast(s.Ctx, "main", "weekend-offer", false); err == nil {
		t.Error("it is resumed, and nobody could ask")
	}
	o.lost, o.list[1].Status = false, "APPROVED"
	change, err := s.ResumeBroadcast(s.Ctx, "main", "weekend-offer", false)
	if err != nil || len(change.Occurrences) != 1 {
		t.Errorf("%+v, %v", change, err)
	}
}

// TestK3StatusAndDoctorSayWhatTemplatesLack: how many there are, which of an armed broadcast is not
// ready, and of drafts what to do. Nobody is told of what was never handed in.
func TestK3StatusAndDoctorSayWhatTemplatesLack(t *testing.T) {
	t.Parallel()
	files := map[string]string{"flows/broadcasts/weekend-offer.yaml": "cron: 0 12 * * 1\n" + weekend["flows/broadcasts/weekend-offer.yaml"]}
	s, o := onCloudWith(t, files)
	looks := func() (status, doctor string) {
		found, err := s.Desk.Statuses(s.Ctx, 5)
		must(t, err)
		overview, err := s.Overview(s.Ctx, found)
		must(t, err)
		d := &desk.Doctor{Options: s.Desk.Options, Store: s.Store}
		d.Templates(s.Ctx, s.Numbers["main"])
		return fmt.Sprint(overview.Needs, overview.Numbers[0].Facts), fmt.Sprint(d.Found)
	}
	if status, doctor := looks(); strings.Contains(status, "template") || strings.Contains(doctor, "template") {
		t.Errorf("of nothing it says %s, %s", status, doctor)
	}
	_, err := s.SubmitTemplates(s.Ctx, "main", "weekend-offer")
	must(t, err)
	if status, doctor := looks(); !strings.Contains(status, "PENDING") || !strings.Contains(doctor, "as PENDING }") || strings.Contains(status, "cannot go out") {
		t.Errorf("in review it says %s, %s", status, doctor)
	}
	approved(t, s, o)
	p, err := s.Preview(s.Ctx, "main", "weekend-offer", desk.PreviewOptions{})
	must(t, err)
	_, err = s.Schedule(s.Ctx, "main", "weekend-offer", desk.ScheduleOptions{}, p.Version)
	must(t, err)
	if status, doctor := looks(); !strings.Contains(status, "APPROVED") || !strings.Contains(doctor, "are ready") || strings.Contains(status, "cannot go out") {
		t.Errorf("when they are ready it says %s, %s", status, doctor)
	}
	o.list[0].Status = "REJECTED"
	must(t, s.HearTemplate(s.Ctx, "main", o.list[0].Name))
	status, doctor := looks()
	if !strings.Contains(status, "cannot go out as it is armed: template "+o.list[0].Name) || !strings.Contains(doctor, "asks again and says") {
		t.Errorf("when one is refused it says %s, %s", status, doctor)
	}
	schedules, err := s.Store.Schedules(s.Ctx, "main", "")
	must(t, err)
	o.list[0].Status = "APPROVED"
	must(t, s.AskTemplates(s.Ctx, schedules[0]))
	if status, _ := looks(); strings.Contains(status, "cannot go out") {
		t.Errorf("it was asked before it goes out again, and status says %s", status)
	}
	o.lost = true
	if err := s.AskTemplates(s.Ctx, schedules[0]); err == nil {
		t.Error("nobody could ask, and it goes out")
	}
}
