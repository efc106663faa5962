package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
)

const someRates = `# from Meta's rate card, 2 October 2026
country,category,currency,price,from
BR,marketing,USD,0.0625,2026-10-01
BR,marketing,USD,0.07,2027-Q1
"GB",marketing,USD,0.1,2026-Q3
other,service,USD,0,2026-Q4
`

// TestRatesAreRead: the lines of the file, with days, quarters and quotes.
func TestRatesAreRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{someRates, "\ufeff" + strings.ReplaceAll(someRates, "\n", "\r\n")} {
		r, err := ParseRates("rates.csv", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		day := func(y int, m time.Month) time.Time { return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC) }
		want := []bot.Rate{
			{Country: "BR", Category: "marketing", Price: 62_500, From: day(2026, 10)},
			{Country: "BR", Category: "marketing", Price: 70_000, From: day(2027, 1)},
			{Country: "GB", Category: "marketing", Price: 100_000, From: day(2026, 7)},
			{Country: "other", Category: "service", From: day(2026, 10)},
		}
		if r.Currency != "USD" || len(r.All) != len(want) {
			t.Fatalf("%+v", r)
		}
		for i, rate := range r.All {
			if rate != want[i] {
				t.Errorf("%+v, want %+v", rate, want[i])
			}
		}
	}
}

// TestRatesSayWhatIsWrong: each mistake by file, line and column.
func TestRatesSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	const head = "country,category,currency,price,from\n"
	for text, want := range map[string]string{
		"":                                     "rates.csv:1:1: the first line is not country,category,currency,price,from",
		"country;category;currency;price;from": "rates.csv:1:1: the first line is not",
		head:                                   "rates.csv: it has no rate",
		head + "BR,marketing,USD,0.1":          "rates.csv:2:1: it has 4 columns",
		head + "Brazil,marketing,USD,0.1,2026-Q4\nbr,marketing,USD,1,2026-Q4": `rates.csv:2:1: "Brazil" is no country`,
		head + "BR,promotion,USD,0.1,2026-Q4":                                 `rates.csv:2:4: "promotion" is no category`,
		head + "BR,marketing,$,0.1,2026-Q4":                                   `rates.csv:2:14: "$" is no currency`,
		head + "BR,marketing,USD,0.1,2026-Q4\nGB,marketing,EUR,1,2026-Q4":     "rates.csv:3:14: the currency is EUR, and before it was USD",
		head + `BR,marketing,USD,"0,1",2026-Q4`:                               `rates.csv:2:18: "0,1" is no price`,
		head + "BR,marketing,USD,-1,2026-Q4":                                  `rates.csv:2:18: "-1" is no price`,
		head + "BR,marketing,USD,1e3,2026-Q4":                                 "is no price",
		head + "BR,marketing,USD,0.1234567,2026-Q4":                           "is no price",
		head + "BR,marketing,USD,1,2026-Q5":                                   `rates.csv:2:20: "2026-Q5" is no day`,
		head + "BR,marketing,USD,1,01/10/2026":                                "is no day",
		head + "BR,marketing,USD,1,2026-10-01\nBR,marketing,USD,2,2026-Q4":    "rates.csv:3:1: BR has a rate for marketing from that day on already",
		head + `BR,"marketing,USD,1,2026-Q4`:                                  "rates.csv:2:",
		strings.Repeat("#", mostRates+1):                                      "larger than 1 MB",
	} {
		r, err := ParseRates("rates.csv", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || r != nil {
			t.Errorf("%.80q: %v, want %s", text, err, want)
		}
	}
}

// TestRatesLieBesideTheConfiguration: no file is no error, and the environment's own program has none.
func TestRatesLieBesideTheConfiguration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := &Config{dir: dir, Broadcast: Broadcast{Rates: "rates.csv", MaxCost: "50 USD"}}
	if r, err := c.Rates(); r != nil || err != nil {
		t.Errorf("%v, %v", r, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "rates.csv"), []byte(someRates), 0o600); err != nil {
		t.Fatal(err)
	}
	if b := c.Budget(); b.Rates == nil || b.Most != 50_000_000 || b.Currency != "USD" {
		t.Errorf("%+v", b)
	}
	if err := os.WriteFile(filepath.Join(dir, "rates.csv"), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b := c.Budget(); b.Rates != nil || b.Most == 0 {
		t.Errorf("a file that cannot be read: %+v", b)
	}
}

// TestMaxCostIsAnAmountAndItsCurrency is about broadcast.max_cost.
func TestMaxCostIsAnAmountAndItsCurrency(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"": true, "50 USD": true, "0.5 EUR": true, "50": false, "USD 50": false, "0 USD": false, "50 usd": false, "-1 USD": false, "50  USD": false,
	} {
		if _, _, ok := ParseMoney(s); ok != want {
			t.Errorf("%q: %v", s, ok)
		}
	}
}

// FuzzRates: whatever is in the file, what is read is whole, and what is not is told with a place.
func FuzzRates(f *testing.F) {
	f.Add(someRates)
	f.Add("country,category,currency,price,from\nBR,marketing,USD,999999.999999,0001-01-01\n")
	f.Add("country,category,currency,price,from\nother,service,USD,\"1\n\",2026-Q4")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRates("rates.csv", []byte(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "rates.csv:") || r != nil {
				t.Fatalf("%v", err)
			}
			return
		}
		if r.Currency == "" || len(r.All) == 0 {
			t.Fatalf("%+v", r)
		}
		for _, rate := range r.All {
			if rate.Price < 0 || rate.Price >= 1e12 || rate.Country == "" || rate.Category == "" {
				t.Fatalf("%+v", rate)
			}
		}
	})
}
