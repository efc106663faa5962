package desk_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/store"
)

// rates are a file of rates that hold when a shop begins.
func rates(lines ...string) string {
	return "country,category,currency,price,from\n" + strings.Join(lines, "\n") + "\n"
}

// onCloudPriced is a shop on the Cloud API whose templates are approved, with people in two countries.
func onCloudPriced(t *testing.T, maxCost, file string) *desktest.Shop {
	t.Helper()
	files := map[string]string{"flows/broadcasts/weekend-offer.yaml": weekend["flows/broadcasts/weekend-offer.yaml"]}
	if file != "" {
		files["rates.csv"] = file
	}
	s, o := desktest.Open(t, desktest.Setup{Config: onCloud + "broadcast: {max_cost: " + maxCost + "}\n", Files: files}), &manager{}
	s.TemplateManagers = func(config.Number) (bot.TemplateManager, error) { return o, nil }
	_, err := s.SubmitTemplates(s.Ctx, "main", "weekend-offer")
	must(t, err)
	for i := range o.list {
		o.list[i].Status = "APPROVED"
	}
	_, err = s.TemplateStatus(s.Ctx, "main", "weekend-offer")
	must(t, err)
	for i := range 3 {
		must(t, s.Do(fmt.Sprintf("B%d +44770090000%d > I want promotions", i, i)))
	}
	must(t, s.Do("Ana +5511900000001 > quero promoções"))
	must(t, s.Do("+1h"))
	return s
}

const (
	inBritain = "GB,marketing,USD,0.0529,2026-Q1"
	inBrazil  = "BR,marketing,USD,0.0625,2026-01-01"
)

// TestK1TheCostIsAnUpperBoundAndMaxCostRefuses: what a preview shows, and what is armed with it.
func TestK1TheCostIsAnUpperBoundAndMaxCostRefuses(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		maxCost, file string
		sum, unknown  string
		refused       string
	}{
		"within":           {`""`, rates(inBritain, inBrazil), "0.23 USD 2026-Q1", "", ""},
		"to the micro":     {"0.2212 USD", rates(inBritain, inBrazil), "0.23 USD 2026-Q1", "", ""},
		"above":            {"0.221199 USD", rates(inBritain, inBrazil), "0.23 USD 2026-Q1", "", "cost_cap: it may cost up to 0.23 USD"},
		"another currency": {"5 EUR", rates(inBritain, inBrazil), "0.23 USD 2026-Q1", "", "cost_cap: the rates are in USD"},
		"no rate":          {"5 USD", rates(inBritain), "0.16 USD 2026-Q1", "", "cost_cap: there is no rate for BR (1 people)"},
		"no rate, no cap":  {`""`, rates(inBritain), "0.16 USD 2026-Q1", "", ""},
		"no file":          {`""`, "", "0.00  ", "there is no file of rates", ""},
		"no file, a cap":   {"5 USD", "", "0.00  ", "there is no file of rates", "cost_cap: nobody knows what it costs"},
		"a broken file":    {"5 USD", "x", "0.00  ", "rates.csv:1:1: the first line", "cost_cap: nobody knows what it costs"},
	} {
		s := onCloudPriced(t, x.maxCost, x.file)
		p, err := s.Preview(s.Ctx, "main", "weekend-offer", desk.PreviewOptions{Now: true})
		must(t, err)
		if got := p.Cost.Sum + " " + p.Cost.Currency + " " + p.Cost.RatesOf; got != x.sum || !strings.Contains(p.Cost.Unknown, x.unknown) || p.Cost.Messages != 4 {
			t.Errorf("%s: %+v", name, p.Cost)
		}
		_, err = s.Schedule(s.Ctx, "main", "weekend-offer", desk.ScheduleOptions{Now: true}, p.Version)
		if refused := errors.Is(err, desk.ErrCostCap) && errors.Is(err, desk.ErrRefused); refused != (x.refused != "") ||
			refused && !strings.Contains(err.Error(), x.refused) || !refused && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestK1TheActualCostComesOfWhatWhatsAppSays: of each message once, and without those
// that were free.
func TestK1TheActualCostComesOfWhatWhatsAppSays(t *testing.T) {
	t.Parallel()
	s := onCloudPriced(t, `""`, rates(inBritain, inBrazil))
	armed, err := s.Schedule(s.Ctx, "main", "weekend-offer", desk.ScheduleOptions{Now: true}, version(t, s))
	must(t, err)
	must(t, s.Do("+1h"))
	must(t, s.Do("+1m"))
	n := s.Numbers["main"]
	status := func() *desk.Cost {
		p, err := s.BroadcastStatus(s.Ctx, n, "weekend-offer", 0)
		must(t, err)
		return p.Cost
	}
	if c := status(); c == nil || c.Messages != 0 || c.Micros != 0 {
		t.Fatalf("before anything has arrived: %+v", c)
	}
	kinds := []string{bot.PricedRegular, "free_entry_point"}
	told := 0
	err = s.Store.Deliveries(s.Ctx, armed.ID, 0, func(d store.Delivery) error {
		r := bot.Receipt{Kind: bot.ReceiptDelivered, MessageIDs: []string{d.MessageID}, At: s.World.Now(),
			Pricing: bot.Pricing{Category: bot.MarketingCategory, Kind: kinds[min(told/3, 1)]}}
		told++
		for range 2 {
			must(t, s.Store.Receipt(s.Ctx, "main", r, s.Envs))
		}
		return nil
	})
	must(t, err)
	c := status()
	if c.Messages != 4 || c.Free != 1 || c.Micros != 3*52_900 || c.Sum != "0.16" || c.RatesOf != "2026-Q1" || c.Old {
		t.Errorf("%+v", c)
	}
}

// TestDoctorLooksAtTheRates: what is in the file, and whether its quarter is over.
func TestDoctorLooksAtTheRates(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"":                                       "nobody knows what a broadcast costs",
		rates(inBritain, inBrazil):               "they are of 2026-Q1, in USD",
		rates("GB,marketing,USD,0.0529,2025-Q4"): "the newest are of 2025-Q4",
		rates("GB,marketing,USD,0.0529,2026-Q2"): "no rate for promotions that holds today",
		"x":                                      "rates.csv:1:1",
	} {
		files := map[string]string{}
		if file != "" {
			files["rates.csv"] = file
		}
		s := desktest.Open(t, desktest.Setup{Config: onCloud, Files: files})
		if out := examined(t, s.Options); !strings.Contains(out, want) {
			t.Errorf("%q: %s", file, out)
		}
	}
}

// TestACostSaysWhatIsKnown: each sentence where it belongs.
func TestACostSaysWhatIsKnown(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]desk.Cost{
		"at most 1.00 USD, by the rates of 2026-Q4": {Currency: "USD", Sum: "1.00", RatesOf: "2026-Q4"},
		"it costs nothing":                          {Sum: "0.00"},
		"the cost is not known|2 messages have no rate and no part in that: ?, BR":                               {Sum: "0.00", NoRate: map[string]int{"BR": 1, "?": 1}},
		"the cost is not known: there is no file":                                                                {Unknown: "there is no file", NoRate: map[string]int{"BR": 1}},
		"at most 1.00 USD, by the rates of 2026-Q3|these rates are of a quarter that is over|broadcast.max_cost": {Currency: "USD", Sum: "1.00", RatesOf: "2026-Q3", Old: true, MaxCost: "5.00 USD"},
	} {
		says := c.Says("at most")
		for i, part := range strings.Split(want, "|") {
			if i >= len(says) || !strings.HasPrefix(says[i], part) {
				t.Errorf("%q, want %s", says, want)
			}
		}
	}
}
