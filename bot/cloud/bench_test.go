package cloud_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cloud"
	"optinbot/bot/pump"
	"optinbot/flows"
	"optinbot/store"
)

var (
	benchPeople = flag.Int("cloud.people", 2000, "people of BenchmarkBroadcastCloud; the long forms have 10000 and 200000")
	benchFlight = flag.Int("cloud.flight", 80, "messages under way at a time")
	benchTexts  = flag.Bool("cloud.statements", false, "list the statements of a message, the most frequent first")
	benchWait   = flag.Duration("cloud.wait", 0, "how long the server takes for a message: 80 ms are 1,000 a second with 80 under way")
)

// BenchmarkBroadcastCloud measures a broadcast on the Cloud API with everything that a promotion needs,
// beside a bare loop of POSTs: as many of them at a time, the same bodies, the same server on loopback,
// in turns of one run. Ours claims, asks MaySend, renders, records, and takes the two statuses of each
// message from webhooks. x-bare is the throughput of ours as a part of the bare loop's.
func BenchmarkBroadcastCloud(b *testing.B) {
	m := newMeta(b)
	s := newShop(b, m)
	var bare, ours, bareWork, oursWork time.Duration
	var resident, heap uint64
	for b.Loop() {
		bodies := m.recorded()
		if len(bodies) == 0 { // the first broadcast only shows what is posted
			s.broadcast(b)
			bodies = m.recorded()
		}
		start, worked := time.Now(), processorTime()
		bareLoop(b, m, bodies, *benchPeople)
		bare, bareWork = bare+time.Since(start), bareWork+processorTime()-worked
		start, worked = time.Now(), processorTime()
		s.broadcast(b)
		ours, oursWork = ours+time.Since(start), oursWork+processorTime()-worked
	}
	if *benchTexts {
		s.list()
	}
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	resident, heap = residentBytes(), stats.HeapInuse
	sends := float64(b.N * *benchPeople)
	b.ReportMetric(sends/bare.Seconds(), "bare-messages/s")
	b.ReportMetric(sends/ours.Seconds(), "messages/s")
	b.ReportMetric(float64(bare)/float64(ours), "x-bare")
	b.ReportMetric(float64(bareWork.Microseconds())/sends, "bare-cpu-µs/message")
	b.ReportMetric(float64(oursWork.Microseconds())/sends, "cpu-µs/message")
	b.ReportMetric(float64(s.commits.Load())/float64(s.sent), "commits/message")
	b.ReportMetric(float64(s.statements.Load())/float64(s.sent), "statements/message")
	b.ReportMetric(float64(m.most.Load()), "most-under-way")
	b.ReportMetric(float64(resident)/(1<<20), "MB-resident")
	b.ReportMetric(float64(heap)/(1<<20), "MB-heap")
}

// processorTime is what the process has used of the processors, of which other processes take nothing.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// residentBytes is what the process holds of the machine's memory. 0: nobody knows.
func residentBytes() uint64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident uint64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return 0
	}
	return resident * uint64(os.Getpagesize())
}

// bareLoop posts so many messages, as many at a time as ours.
func bareLoop(b *testing.B, m *meta, bodies [][]byte, n int) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: *benchFlight}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	var posting sync.WaitGroup
	for range *benchFlight {
		posting.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, m.web.URL+"/bare/messages",
					bytes.NewReader(bodies[int(i)%len(bodies)]))
				if err != nil {
					b.Error(err)
					return
				}
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("Authorization", "Bearer token")
				resp, err := client.Do(req)
				if err != nil {
					b.Error(err)
					return
				}
				_, err = io.Copy(io.Discard, resp.Body)
				if err = errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusOK {
					b.Error(resp.StatusCode, err)
					return
				}
			}
		})
	}
	posting.Wait()
}

const (
	benchNumber = "106540352242922"
	benchWABA   = "102290129340398"
	benchSecret = "the app's secret"
)

// A meta is Meta as quick as can be: it takes every message, and tells of each that it was sent and
// delivered. (cloudtest looks more closely, and would be most of what is measured.)
type meta struct {
	web   *httptest.Server
	hooks string
	made  atomic.Int64
	under atomic.Int64
	most  atomic.Int64

	mu     sync.Mutex
	bodies [][]byte
	told   chan string // callback data of messages of which statuses are to be told
}

func newMeta(b *testing.B) *meta {
	m := &meta{told: make(chan string, 1<<20)}
	m.web = httptest.NewServer(http.HandlerFunc(m.serve))
	b.Cleanup(m.web.Close)
	return m
}

func (m *meta) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/messages") {
		_, _ = io.WriteString(w, `{"id":"`+benchNumber+`","display_phone_number":"+1 555-000-0001","quality_rating":"GREEN","data":[]}`)
		return
	}
	body, err := io.ReadAll(r.Body)
	var said struct {
		To     string `json:"to"`
		BSUID  string `json:"recipient"`
		Opaque string `json:"biz_opaque_callback_data"`
	}
	if err != nil || json.Unmarshal(body, &said) != nil || said.To+said.BSUID == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if under := m.under.Add(1); under > m.most.Load() {
		m.most.Store(under)
	}
	defer m.under.Add(-1)
	time.Sleep(*benchWait)
	id := fmt.Sprintf("wamid.%016d", m.made.Add(1))
	_, _ = fmt.Fprintf(w, `{"messaging_product":"whatsapp","contacts":[{"input":%q}],"messages":[{"id":%q,"message_status":"accepted"}]}`,
		said.To+said.BSUID, id)
	if !strings.HasPrefix(r.URL.Path, "/bare/") {
		m.mu.Lock()
		if len(m.bodies) < 1000 {
			m.bodies = append(m.bodies, body)
		}
		m.mu.Unlock()
		m.told <- id + " " + said.Opaque
	}
}

// recorded are bodies of messages that were posted.
func (m *meta) recorded() [][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.bodies
}

// tell posts the statuses of what was taken, 50 messages in a webhook at most, four webhooks at a time.
func (m *meta) tell(ctx context.Context, b *testing.B) {
	var telling sync.WaitGroup
	for range 4 {
		telling.Go(func() {
			for {
				var some []string
				select {
				case one := <-m.told:
					some = append(some, one)
				case <-ctx.Done():
					return
				}
				for more := true; more && len(some) < 50; {
					select {
					case one := <-m.told:
						some = append(some, one)
					default:
						more = false
					}
				}
				if err := m.post(ctx, some); err != nil && ctx.Err() == nil {
					b.Error(err)
				}
			}
		})
	}
	telling.Wait()
}

func (m *meta) post(ctx context.Context, some []string) error {
	var statuses []string
	at := time.Now().Unix()
	for _, one := range some {
		id, opaque, _ := strings.Cut(one, " ")
		for _, status := range []string{"sent", "delivered"} {
			statuses = append(statuses, fmt.Sprintf(`{"id":%q,"status":%q,"timestamp":"%d","biz_opaque_callback_data":%q}`, id, status, at, opaque))
		}
	}
	body := fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"id":%q,"changes":[{"field":"messages","value":{"messaging_product":"whatsapp",`+
		`"metadata":{"display_phone_number":"15550000001","phone_number_id":%q},"statuses":[%s]}}]}]}`, benchWABA, benchNumber, strings.Join(statuses, ","))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.hooks+"/whatsapp/main", bytes.NewReader(body))
	if err != nil {
		return err
	}
	sum := hmac.New(sha256.New, []byte(benchSecret))
	sum.Write(body)
	req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(sum.Sum(nil)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("a webhook is answered with %d", resp.StatusCode)
	}
	return errors.Join(err, resp.Body.Close())
}

const benchFlow = `flow: brief
brand: Casa Aurora
languages: [en]
start: welcome
opt_in:
  phrases: {en: [I want promotions]}
  disclosure: {en: "You are in! {brand} will send you at most two offers a week. Reply 2 to stop, any time."}
  goto: member
opt_out:
  hint: {en: Reply 2 to stop.}
states:
  welcome:
    say: {en: "Hi! Write *I want promotions*."}
  member:
    otherwise:
      say: {en: "Somebody will read it."}
      at_most: 2
`

const benchDraft = "broadcast: offer\nat: now\ntext:\n  en: \"Hi {first_name|there}, there is 20% off at {brand} today.\"\n"

// A shop is the whole bot on the Cloud API.
type shop struct {
	store   *store.Store
	pump    *pump.Pump
	client  *cloud.Client
	machine *bot.Machine
	draft   *flows.Broadcast
	ids     atomic.Int64
	armed   int
	sent    int
	online  chan struct{}
	synced  sync.Once

	counting            atomic.Bool
	statements, commits atomic.Int64
	texts               sync.Map // statement -> *atomic.Int64, with -cloud.statements
}

func newShop(b *testing.B, m *meta) *shop {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	s := &shop{online: make(chan struct{})}
	flow, bad := flows.Load("brief.yaml", []byte(benchFlow))
	if len(bad) > 0 {
		b.Fatal(bad)
	}
	if s.draft, bad = flows.LoadBroadcast("offer.yaml", []byte(benchDraft), flow); len(bad) > 0 {
		b.Fatal(bad)
	}
	s.machine = bot.NewMachine(flow)
	ctx := context.Background()
	var err error
	s.store, err = store.Open(ctx, b.TempDir(), store.Options{Faults: s.count})
	must(err)
	b.Cleanup(func() { must(s.store.Close()) })
	must(s.store.EnsureNumber(ctx, "main", "casa aurora", s.machine.Version()))
	must(s.store.Linked(ctx, "main", "jid", "", time.Now().AddDate(0, 0, -90)))
	for _, ref := range bot.TemplatesOf(flow, s.draft) {
		must(s.store.SawTemplates(ctx, "main", ref.Name, []bot.TemplateState{{
			TemplateRef: ref, Status: bot.TemplateApproved, Category: bot.TemplateMarketing, Quality: "GREEN"}}, time.Now()))
	}
	hook, err := cloud.NewHook([]cloud.HookNumber{{
		Name: "main", PhoneNumberID: benchNumber, WABA: benchWABA, AppSecret: benchSecret, VerifyToken: "verify"}}, nil, nil)
	must(err)
	web := httptest.NewServer(hook)
	b.Cleanup(web.Close)
	m.hooks = web.URL
	s.client, err = cloud.Open(cloud.Options{
		Number: "main", PhoneNumberID: benchNumber, WABA: benchWABA, Portfolio: "500", Token: "token", AppSecret: benchSecret,
		Server: m.web.URL, Hasty: true, Hook: hook, Inbound: benchInbound{s}, SendTimeout: 2 * time.Minute,
	})
	must(err)
	b.Cleanup(func() { must(s.client.Close()) })
	s.pump = s.newPump()
	s.join(b)
	must(s.client.Connect(ctx))
	running, stop := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() { m.tell(running, b) })
	ended.Go(func() { must(s.pump.Run(running)) })
	b.Cleanup(func() { stop(); ended.Wait() })
	<-s.online
	return s
}

// A benchInbound is the pump, which exists only after the client.
type benchInbound struct{ s *shop }

func (i benchInbound) Message(ctx context.Context, m bot.Message) error {
	return i.s.pump.Message(ctx, m)
}

func (i benchInbound) Receipt(ctx context.Context, r bot.Receipt) error {
	return i.s.pump.Receipt(ctx, r)
}

func (i benchInbound) Pairs(ctx context.Context, pairs []bot.Pair) error {
	return i.s.pump.Pairs(ctx, pairs)
}

func (i benchInbound) NumberEvent(ctx context.Context, e bot.NumberEvent) error {
	err := i.s.pump.NumberEvent(ctx, e)
	if e.Kind == bot.NumberSynced {
		i.s.synced.Do(func() { close(i.s.online) })
	}
	return err
}

func (s *shop) count(statement string) error {
	if s.counting.Load() {
		s.statements.Add(1)
		if statement == "COMMIT" {
			s.commits.Add(1)
		}
		if *benchTexts {
			n, _ := s.texts.LoadOrStore(statement, new(atomic.Int64))
			n.(*atomic.Int64).Add(1)
		}
	}
	return nil
}

// list prints how often each statement was run for a message.
func (s *shop) list() {
	var lines []string
	s.texts.Range(func(statement, n any) bool {
		lines = append(lines, fmt.Sprintf("%7.3f %s", float64(n.(*atomic.Int64).Load())/float64(s.sent), statement))
		return true
	})
	slices.Sort(lines)
	slices.Reverse(lines)
	fmt.Fprintln(os.Stderr, strings.Join(lines, "\n"))
}

func (s *shop) newPump() *pump.Pump {
	wire := bot.CloudAbilities()
	wire.InFlight = *benchFlight
	limits := bot.DefaultLimits()
	limits.Unlimited, limits.Wire = true, wire
	envs := func(string) bot.Env {
		return bot.Env{Now: time.Now(), Machine: s.machine, Wire: wire, Unlimited: true, Guard: limits.Guard,
			NewID: func() string { return fmt.Sprintf("m%08d", s.ids.Add(1)) }}
	}
	return pump.New(pump.Config{
		Number: "main", Inbox: s.store, Outbox: s.store, Timers: s.store, Schedule: s.store, Transport: s.client, Envs: envs, Now: time.Now,
		Limits: func() bot.Limits { return limits },
		Armed:  func(bot.Occurrence) (*flows.Broadcast, error) { return s.draft, nil },
		Render: func(_ bot.Occurrence, c *bot.Contact) (bot.Promotion, error) {
			return bot.RenderFor(wire, s.machine.Flow, s.draft, c), nil
		},
		Edited: func(bot.Occurrence) bool { return false }, Card: func() bot.Card { return bot.Card{} },
		Log: slog.New(slog.DiscardHandler),
	})
}

// benchIdentity is a phone of a range that is kept for fiction, or a BSUID.
func benchIdentity(i int64) bot.Identity {
	if i <= 1000 {
		return bot.Identity{Kind: bot.Phone, Value: fmt.Sprintf("+447700900%03d", i-1)}
	}
	return bot.Identity{Kind: bot.BSUID, Value: fmt.Sprintf("500/BR.%010d", i)}
}

// join lets everybody opt in, as if they had written an hour ago on another wire, so that the
// disclosures are sent by nobody.
func (s *shop) join(b *testing.B) {
	b.Helper()
	ctx := context.Background()
	envs := func(string) bot.Env {
		return bot.Env{Now: time.Now().Add(-time.Hour), Machine: s.machine, Unlimited: true,
			NewID: func() string { return fmt.Sprintf("j%08d", s.ids.Add(1)) }}
	}
	var next atomic.Int64
	var writing sync.WaitGroup
	for range 64 {
		writing.Go(func() {
			for i := next.Add(1); i <= int64(*benchPeople); i = next.Add(1) {
				_, err := s.store.HandleMessage(ctx, "main", bot.Message{
					ID: fmt.Sprintf("in%08d", i), Kind: bot.KindText, Text: "I want promotions", Name: "Ana", At: time.Now().Add(-time.Hour),
					Identities: []bot.Identity{benchIdentity(i)},
				}, envs)
				if err != nil {
					b.Error(err)
				}
				for {
					k, err := s.store.ClaimReply(ctx, "main", time.Now(), bot.Brake{}, true)
					if err != nil {
						b.Error(err)
					}
					if k == nil {
						break
					}
					if err := s.store.Record(ctx, *k, bot.SendResult{Status: bot.SendAccepted}, envs); err != nil {
						b.Error(err)
					}
				}
			}
		})
	}
	writing.Wait()
}

// broadcast sends one to everybody, and returns when the last delivery is recorded as delivered.
func (s *shop) broadcast(b *testing.B) {
	b.Helper()
	s.counting.Store(true)
	defer s.counting.Store(false)
	s.armed++
	o, err := s.store.Arm(b.Context(), bot.Occurrence{
		Number: "main", Broadcast: "offer", Key: fmt.Sprint(s.armed), DueAt: time.Now(), ArmedAt: time.Now(), Content: benchDraft, Version: "1",
	})
	if err != nil {
		b.Fatal(err)
	}
	s.pump.Wake()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		funnel, err := s.store.Funnel(b.Context(), o.ID)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, c := range funnel {
			if c.Status == bot.DeliveryDelivered {
				n += c.People
			}
		}
		if n == *benchPeople {
			s.sent += n
			return
		}
	}
}
