package bot

import (
	"math"
	"strings"
	"testing"
	"time"
)

func on(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

var testRates = &Rates{Currency: "USD", All: []Rate{
	{"BR", MarketingCategory, 62_500, on(2026, 10, 1)},
	{"BR", MarketingCategory, 70_000, on(2027, 1, 1)},
	{"GB", MarketingCategory, 100_000, on(2026, 7, 1)},
	{OtherCountries, MarketingCategory, 30_000, on(2026, 10, 1)},
	{"BR", "service", 1, on(2026, 10, 1)},
}}

// TestTheRateOfADay: the newest that holds by then, of the country itself where it has any.
func TestTheRateOfADay(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		country string
		day     time.Time
		want    Micros
	}{
		{"BR", on(2026, 9, 30), -1}, {"BR", on(2026, 10, 1), 62_500}, {"BR", on(2026, 12, 31).Add(23 * time.Hour), 62_500},
		{"BR", on(2027, 1, 1), 70_000}, {"GB", on(2028, 1, 1), 100_000}, {"FR", on(2026, 10, 1), 30_000},
		{"FR", on(2026, 9, 1), -1}, {"", on(2026, 10, 1), 30_000},
	} {
		got, ok := testRates.Of(x.country, MarketingCategory, x.day)
		if ok != (x.want >= 0) || ok && got.Price != x.want {
			t.Errorf("%s on %s: %v, %v, want %d", x.country, x.day, got, ok, x.want)
		}
	}
	if _, ok := (*Rates)(nil).Of("BR", MarketingCategory, on(2026, 10, 1)); ok {
		t.Error("no rates have a price")
	}
}

// TestKACountryWithoutARateIsNeverFree: it is said, is no part of the sum, and no budget takes it.
func TestKACountryWithoutARateIsNeverFree(t *testing.T) {
	t.Parallel()
	rates := &Rates{Currency: "USD", All: testRates.All[:3]}
	var c Cost
	c.Add(rates, "BR", MarketingCategory, on(2026, 11, 1), 3)
	c.Add(rates, "FR", MarketingCategory, on(2026, 11, 1), 2)
	c.Add(rates, "", MarketingCategory, on(2026, 11, 1), 1)
	if c.Total != 187_500 || c.NoRate.Messages() != 3 || strings.Join(c.NoRate.Countries(), " ") != "? FR" {
		t.Errorf("%+v", c)
	}
	b := Budget{Rates: rates, Most: math.MaxInt64, Currency: "USD"}
	if why := b.Objection(c); !strings.Contains(why, "no rate for ?, FR (3 people)") {
		t.Error(why)
	}
	if why := (Budget{Rates: rates}).Objection(c); why != "" {
		t.Errorf("without a limit: %s", why)
	}
	for _, b := range []Budget{{Most: 1, Currency: "USD"}, {Rates: rates, Most: math.MaxInt64, Currency: "EUR"}} {
		if why := b.Objection(Cost{}); why == "" {
			t.Errorf("%+v lets it go", b)
		}
	}
}

// TestKABudgetHoldsToTheMicro: it is enough to the last one, and one less is not.
func TestKABudgetHoldsToTheMicro(t *testing.T) {
	t.Parallel()
	c := &Contact{Identities: []Identity{{Kind: Phone, Value: "+5511900000001"}}}
	b := Budget{Rates: testRates, Most: 125_000, Currency: "USD"}
	for spent, want := range map[Micros]bool{0: true, 62_500: true, 62_501: false, 125_000: false, math.MaxInt64: false} {
		price, why := b.Claim(c, spent, on(2026, 11, 1))
		if price != 62_500 || (why == "") != want {
			t.Errorf("after %d: %d, %q", spent, price, why)
		}
	}
}

// TestRatesOfAQuarterThatIsOver: Meta changes prices on the first day of one.
func TestRatesOfAQuarterThatIsOver(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		country string
		day     time.Time
		old     bool
	}{
		{"BR", on(2026, 12, 31), false}, {"BR", on(2027, 1, 1), false}, {"BR", on(2027, 4, 1), true},
		{"GB", on(2026, 9, 30), false}, {"GB", on(2026, 10, 1), true},
	} {
		var c Cost
		c.Add(testRates, x.country, MarketingCategory, x.day, 1)
		if c.Old() != x.old {
			t.Errorf("%s on %s: %v", x.country, x.day, c.Old())
		}
	}
	for day, want := range map[time.Time]string{on(2026, 1, 1): "2026-Q1", on(2026, 3, 31): "2026-Q1", on(2026, 4, 1): "2026-Q2", on(2026, 12, 31): "2026-Q4"} {
		if got := Quarter(day); got != want {
			t.Errorf("%s: %s", day, got)
		}
	}
}

// TestMoneyIsRoundedUpAndNeverOverflows.
func TestMoneyIsRoundedUpAndNeverOverflows(t *testing.T) {
	t.Parallel()
	for m, want := range map[Micros]string{0: "0.00", 1: "0.01", 10_000: "0.01", 10_001: "0.02", 62_500_000: "62.50", 1_999_999: "2.00"} {
		if got := m.String(); got != want {
			t.Errorf("%d: %s, want %s", m, got, want)
		}
	}
	if got := Micros(5).plus(1e12, math.MaxInt); got != math.MaxInt64 {
		t.Error(got)
	}
	if got := Micros(math.MaxInt64-1).plus(1, 1); got != math.MaxInt64 {
		t.Error(got)
	}
}

// TestWhereSomebodyIsChargedFor: by their phone, and an account without one by its own name.
func TestWhereSomebodyIsChargedFor(t *testing.T) {
	t.Parallel()
	for want, ids := range map[string][]Identity{
		"GB": {{Kind: Phone, Value: "+447700900001"}, {Kind: BSUID, Value: "1/BR.77"}},
		"BR": {{Kind: BSUID, Value: "300/BR.77"}},
		"":   {{Kind: LID, Value: "77"}},
	} {
		if got := ChargedIn(&Contact{Identities: ids}); got != want {
			t.Errorf("%v: %q", ids, got)
		}
	}
}
