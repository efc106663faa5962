package store_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/store"
	"optinbot/store/storetest"
)

const million = 1_000_000

var millionPeople = flag.Int("million.people", million, "contacts in BenchmarkMillion")

// BenchmarkMillion opens, looks up and steps with a million contacts in the file: each a subscriber
// with phone, LID, preferences and a ledger entry. Making the file takes a minute or more; it is
// made once.
func BenchmarkMillion(b *testing.B) {
	folder := b.TempDir()
	fillPeople(b, folder, *millionPeople)
	b.Run("fill", func(b *testing.B) { // what an earlier version has not: the first Open after an upgrade
		s, err := store.Open(b.Context(), folder, store.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		reportMillis(b)
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			s, err := store.Open(b.Context(), folder, store.Options{})
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		}
		reportMillis(b)
		reportMemory(b)
		reportSize(b, folder)
	})
	s, err := store.Open(b.Context(), folder, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	random := rand.New(rand.NewPCG(1, 2))
	b.Run("look_up_by_phone", func(b *testing.B) {
		for b.Loop() {
			c, err := s.Contact(b.Context(), "main", identitiesOf(random.IntN(*millionPeople))[0].Value)
			if err != nil || c == nil {
				b.Fatal("not found", err)
			}
		}
		reportMillis(b)
		reportMemory(b)
	})
	for name, q := range map[string]store.ContactSearch{
		"search_a_letter":    {Words: []string{"a"}},
		"search_a_name":      {Words: []string{"gabrielac"}},
		"search_two_words":   {Words: []string{"ana", "bcd"}},
		"search_nobody":      {Words: []string{"ana", "zzz"}},
		"search_a_phone":     {Begin: []bot.Identity{{Kind: bot.Phone, Value: "+551190000"}, {Kind: bot.LID, Value: "1190000"}}},
		"page_of_a_consent":  {Consent: bot.Subscribed, After: storetest.FirstPerson + int64(*millionPeople)/2},
		"page_of_who_waits":  {Waiting: true},
		"page_of_a_takeover": {Hold: bot.HumanTakeover, Now: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)},
	} {
		q.Number, q.Limit = "main", 50
		b.Run(name, func(b *testing.B) {
			found := 0
			for b.Loop() {
				page, in, err := s.SearchContacts(b.Context(), q)
				if err != nil || !in {
					b.Fatal(in, err)
				}
				found = len(page)
			}
			reportMillis(b)
			b.ReportMetric(float64(found), "people")
		})
	}
	b.Run("take", func(b *testing.B) {
		env := bot.Env{Machine: promotions(b), Now: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)}
		n := 0
		env.NewID = func() string { n++; return fmt.Sprintf("3EB1%016X", random.Uint64()) }
		for b.Loop() {
			turn, err := s.HandleMessage(b.Context(), "main", bot.Message{
				ID: env.NewID(), Identities: identitiesOf(random.IntN(*millionPeople)), Name: "Ana Souza", Kind: bot.KindText, Text: "preferências", At: env.Now,
			}, func(string) bot.Env { return env })
			if err != nil || len(turn.Effects) == 0 {
				b.Fatal(len(turn.Effects), err)
			}
		}
		reportMillis(b)
		reportMemory(b)
	})
}

// fillPeople writes contacts with plain SQL, as they are after the conversation that the shipped
// flow has with them. The next Open fills in what they are found by.
func fillPeople(b *testing.B, folder string, people int) {
	b.Helper()
	shop := newShop(b, folder, 1, store.Options{})
	if err := shop.store.EnsureNumber(b.Context(), "main", "casa aurora", shop.env.Machine.Version()); err != nil {
		b.Fatal(err)
	}
	like, err := shop.store.Contact(b.Context(), shop.numbers[0], identitiesOf(0)[0].Value)
	if err != nil {
		b.Fatal(err)
	}
	like.State, like.FlowQuestion, like.Holds = "member", nil, nil
	if err := shop.store.Close(); err != nil {
		b.Fatal(err)
	}
	if err := storetest.FillPeople(b.Context(), folder, "main", *like, people, time.Unix(shop.now.Load(), 0)); err != nil {
		b.Fatal(err)
	}
}

func reportMillis(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/op")
	b.ReportMetric(0, "ns/op")
}

// reportMemory shows the Go heap and, where the system says it, the resident set of the process.
// The words of the recogniser and the phone tables are in it.
func reportMemory(b *testing.B) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "heap-MB")
	if rss := residentKB(); rss > 0 {
		b.ReportMetric(float64(rss)/1024, "rss-MB")
	}
}

func residentKB() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	kb, _ := strconv.Atoi(strings.Fields(after + " 0")[0])
	return kb
}

func reportSize(b *testing.B, folder string) {
	if info, err := os.Stat(filepath.Join(folder, "bot.db")); err == nil {
		b.ReportMetric(float64(info.Size()>>20), "file-MB")
	}
}
