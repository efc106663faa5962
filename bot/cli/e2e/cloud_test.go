package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"optinbot/bot/cloud/cloudtest"
)

// A cloudShop is the built program with a number on the Cloud API, of a Meta of the test.
type cloudShop struct {
	*binary
	ctx   context.Context
	srv   *cloudtest.Server
	ahead atomic.Int64 // of Meta's clock before the machine's
}

const verifyToken = "the words that Meta knows"

// onCloud is a shop whose number is linked at Meta. kind are arguments of `init`.
func onCloud(t *testing.T, kind ...string) *cloudShop {
	t.Helper()
	file, err := program()
	must(t, err)
	s := &cloudShop{
		binary: &binary{t: t, file: file, dir: filepath.Join(t.TempDir(), "shop")}, ctx: scene(t), srv: cloudtest.NewServer(),
	}
	t.Cleanup(s.srv.Close)
	s.srv.RequireProof()
	s.srv.SetClock(func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) })
	if out, err := exec.Command(file, append([]string{"init", s.dir}, kind...)...).CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	n := s.srv.Number()
	s.env = append(os.Environ(), "OPTINBOT_NUMBERS_0_TRANSPORT=cloud", "OPTINBOT_NUMBERS_0_CLOUD_PHONE_NUMBER_ID="+n.ID,
		"OPTINBOT_NUMBERS_0_CLOUD_WABA_ID="+n.WABA, "OPTINBOT_WEB_HOOKS=127.0.0.1:0", "OPTINBOT_CLOUD_TEST_SERVER="+s.srv.URL(),
		"OPTINBOT_CLOUD_TEST_LIMITS=off")
	s.onDatabaseOf(t)
	for name, content := range map[string]string{"TOKEN": s.srv.Token(), "APP_SECRET": s.srv.AppSecret(), "VERIFY_TOKEN": verifyToken} {
		secret := filepath.Join(filepath.Dir(s.dir), name)
		must(t, os.WriteFile(secret, []byte(content+"\n"), 0o600))
		s.env = append(s.env, "OPTINBOT_NUMBERS_0_CLOUD_"+name+"_FILE="+secret)
	}
	s.do("link")
	delivers, end := context.WithCancel(s.ctx)
	ticker, ended := time.NewTicker(50*time.Millisecond), make(chan struct{})
	go func() { defer close(ended); s.srv.Run(delivers, ticker.C) }()
	t.Cleanup(func() { end(); <-ended; ticker.Stop() })
	return s
}

// serves runs the bot, and lets Meta post to where it listens.
func (s *cloudShop) serves() (kill func()) {
	s.t.Helper()
	kill = s.start()
	s.meets()
	return kill
}

func (s *cloudShop) meets() {
	s.t.Helper()
	must(s.t, s.srv.Subscribe(s.ctx, s.hooks()+"main", verifyToken))
}

// hooks is where the bot that runs now takes webhooks.
func (s *cloudShop) hooks() string {
	s.t.Helper()
	var at struct{ Address, Problem string }
	said, err := os.ReadFile(filepath.Join(s.dir, "data", "hooks.json"))
	must(s.t, err)
	must(s.t, json.Unmarshal(said, &at))
	if at.Address == "" {
		s.t.Fatalf("webhooks do not come in: %s", at.Problem)
	}
	return at.Address
}

// hears waits for a message to somebody.
func (s *cloudShop) hears(p *cloudtest.Person, part string) cloudtest.Received {
	s.t.Helper()
	r, err := p.WaitText(s.ctx, part)
	if err != nil {
		s.t.Fatalf("%v; they have %q", err, texts(p))
	}
	return r
}

func texts(p *cloudtest.Person) (all []string) {
	for _, r := range p.Received() {
		all = append(all, r.Text)
	}
	return all
}

// consent waits until the bot knows somebody with that consent.
func (s *cloudShop) consent(id, want string) {
	s.t.Helper()
	err := eventually(s.ctx, func() bool { return strings.Contains(s.do("contacts", "show", id), want) })
	if err != nil {
		s.t.Errorf("%s is not %s: %s", id, want, s.do("contacts", "show", id))
	}
}

// joins opts somebody in.
func (s *cloudShop) joins(p *cloudtest.Person) {
	s.t.Helper()
	p.Send("I want promotions")
	s.hears(p, "You are in!")
	s.hears(p, "A  Shoes")
}

// TestCloudFromLinkToStop: the built program at a Meta of the test, over HTTP. People write, opt in,
// are asked, and leave by text and by WhatsApp's own button. What is written while the bot is killed is
// answered after its next start, once.
func TestCloudFromLinkToStop(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	s := onCloud(t)
	kill := s.serves()
	ana, bob, cy := s.srv.Person("+12125550101"), s.srv.Person("+12125550102"), s.srv.Person("+12125550103")
	cy.HidePhone("cy") // is known by a BSUID alone

	for _, p := range []*cloudtest.Person{ana, bob, cy} {
		s.joins(p)
	}
	ana.Send("A")
	s.hears(ana, "where do you like to shop")
	ana.Send("B")
	s.hears(ana, "*preferences*")
	s.consent(ana.Phone(), "subscribed")
	s.do("reply", ana.Phone(), "We are here until six.")
	s.hears(ana, "until six")

	kill()
	ana.Send("2") // is posted to nobody
	must(t, s.srv.WaitUntil(s.ctx, func() bool {
		n, _ := s.srv.Pending()
		return n > 0 && len(s.srv.Attempts()) > 0 && s.srv.Attempts()[len(s.srv.Attempts())-1].Status != http.StatusOK
	}))
	if n := receivedOf(ana, "no more promotions"); n != 0 {
		t.Fatalf("a bot that is killed has said goodbye %d times", n)
	}
	kill = s.serves()
	s.ahead.Add(int64(time.Minute)) // Meta tries again
	s.hears(ana, "no more promotions")
	s.consent(ana.Phone(), "unsubscribed")

	cy.StopOffers()
	if err := eventually(s.ctx, func() bool {
		return strings.Count(s.do("contacts", "list", "--consent", "unsubscribed", "--json"), `"unsubscribed"`) == 2
	}); err != nil {
		t.Errorf("not both have left: %s", s.do("contacts", "list"))
	}
	s.consent(bob.Phone(), "subscribed")
	if n := receivedOf(ana, "no more promotions"); n != 1 {
		t.Errorf("%d goodbyes: %q", n, texts(ana))
	}
	if n := receivedOf(cy, "no more promotions"); n != 0 {
		t.Errorf("who used WhatsApp's button got a goodbye: %q", texts(cy))
	}
	if said := s.do("status"); !strings.Contains(said, "Meta's webhooks: http://127.0.0.1:") || !strings.Contains(said, "TEST SERVER: cloud.test_server") {
		t.Errorf("status says %s", said)
	}
	kill()
}

func receivedOf(p *cloudtest.Person, part string) (n int) {
	for _, text := range texts(p) {
		if strings.Contains(text, part) {
			n++
		}
	}
	return n
}

// TestCloudLinkStepByStep: `link --cloud` asks, checks at Meta, writes config.yaml and the files of the
// secrets, and ends when Meta has found the webhooks. Then the bot answers. What is wrong is told, and
// nothing is written.
func TestCloudLinkStepByStep(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	s := onCloud(t)
	s.dir = filepath.Join(t.TempDir(), "another")
	if out, err := exec.Command(s.file, "init", s.dir).CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	s.env = append(os.Environ(), "OPTINBOT_WEB_HOOKS=127.0.0.1:0", "OPTINBOT_CLOUD_TEST_SERVER="+s.srv.URL(), "OPTINBOT_CLOUD_TEST_LIMITS=off")
	n, given := s.srv.Number(), t.TempDir()
	must(t, os.WriteFile(filepath.Join(given, "token"), []byte(s.srv.Token()), 0o644))
	must(t, os.WriteFile(filepath.Join(given, "secret"), []byte(s.srv.AppSecret()+"\n"), 0o644))
	config := filepath.Join(s.dir, "config.yaml")
	before, err := os.ReadFile(config)
	must(t, err)
	link := func(id string) (cmd *exec.Cmd, said *bytes.Buffer) {
		cmd, said = s.cmd("link", "--cloud"), &bytes.Buffer{}
		cmd.Stdin = strings.NewReader("+1 555\n" + id + "\n" + n.WABA + "\n" + filepath.Join(given, "none") + "\n" +
			filepath.Join(given, "token") + "\n" + filepath.Join(given, "secret") + "\n")
		cmd.Stdout, cmd.Stderr = said, said
		return cmd, said
	}

	cmd, said := link("4711")
	if err := cmd.Run(); err == nil || !strings.Contains(said.String(), "none has this phone_number_id") {
		t.Errorf("a wrong ID: %v\n%s", err, said)
	}
	left, err := filepath.Glob(filepath.Join(s.dir, "data", "cloud-*"))
	must(t, err)
	if after, err := os.ReadFile(config); err != nil || !bytes.Equal(before, after) || len(left) > 0 {
		t.Errorf("something was written: %v %v\n%s", err, left, after)
	}

	cmd, said = link(n.ID)
	must(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	hooks := filepath.Join(s.dir, "data", "hooks.json")
	if err := eventually(s.ctx, func() bool {
		text, err := os.ReadFile(hooks)
		return err == nil && json.Valid(text)
	}); err != nil {
		_ = cmd.Process.Kill()
		t.Fatalf("nothing listens: %v\n%s", <-ended, said)
	}
	token, err := os.ReadFile(filepath.Join(s.dir, "data", "cloud-main.verify-token"))
	must(t, err)
	must(t, s.srv.Subscribe(s.ctx, s.hooks()+"main", strings.TrimSpace(string(token))))
	if err := <-ended; err != nil || !strings.Contains(said.String(), "Meta has asked, and has its answer") ||
		!strings.Contains(said.String(), strings.TrimSpace(string(token))) {
		t.Fatalf("%v\n%s", err, said)
	}
	for _, secret := range []string{s.srv.Token(), s.srv.AppSecret()} {
		if strings.Contains(said.String(), secret) {
			t.Error("a secret is shown")
		}
	}
	files, err := filepath.Glob(filepath.Join(s.dir, "data", "cloud-main.*"))
	must(t, err)
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
	if len(files) < 3 {
		t.Errorf("%v", files)
	}
	kill := s.start()
	must(t, s.srv.Subscribe(s.ctx, s.hooks()+"main", strings.TrimSpace(string(token))))
	s.joins(s.srv.Person("+12125550104"))
	if doctor, _ := s.cmd("doctor").Output(); !strings.Contains(string(doctor), "main webhooks: an app has subscribed to the account") {
		t.Errorf("doctor says %s", doctor)
	}
	kill()
}

// TestCloudBadWebhooksAreCounted: whatever a stranger posts to the built program, and what Meta posts
// twice or about others, changes nothing, and is counted. The next person is answered.
func TestCloudBadWebhooksAreCounted(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	s := onCloud(t)
	kill := s.serves()
	s.joins(s.srv.Person("+12125550101"))
	before := s.do("contacts", "list", "--json")
	real := s.srv.Attempts()[0].Body
	stop := func(phoneID string) []byte {
		return fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"id":"9","changes":[{"field":"messages","value":{"metadata":`+
			`{"phone_number_id":%q},"messages":[{"from":"12125550101","id":"wamid.A","timestamp":"1","type":"text","text":{"body":"2"}}]}}]}]}`, phoneID)
	}
	ours := stop(s.srv.Number().ID)
	for _, c := range []struct {
		name string
		sign cloudtest.Signature
		body []byte
		want int
	}{
		{"unsigned", cloudtest.SignNone, ours, 401}, {"forged", cloudtest.SignWrong, ours, 401}, {"another app's", cloudtest.SignOther, ours, 401},
		{"4 MB", cloudtest.SignWrong, bytes.Repeat([]byte(" "), 4<<20), 413}, {"foreign", cloudtest.SignRight, stop("4711"), 200},
		{"deep", cloudtest.SignWrong, bytes.Repeat([]byte("["), 1<<20), 401}, {"again", cloudtest.SignRight, real, 200},
	} {
		s.srv.Sign(c.sign)
		status, err := s.srv.Post(s.ctx, c.body)
		if cut := err != nil && c.want == 413; !cut && (err != nil || status != c.want) { // it may be cut off before all of it was sent
			t.Errorf("%s: %d, %v", c.name, status, err)
		}
	}
	s.srv.Sign(cloudtest.SignRight)
	for _, path := range []string{"", "nobody", "main/", "main/../main", "../", "../metrics", "../api/v1/numbers"} {
		r, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.hooks()+path, nil)
		must(t, err)
		said, err := http.DefaultClient.Do(r)
		must(t, err)
		must(t, said.Body.Close())
		if said.StatusCode != http.StatusNotFound && (path != "main/../main" || said.StatusCode != http.StatusForbidden) {
			t.Errorf("%q is answered with %d", path, said.StatusCode)
		}
	}
	if after := s.do("contacts", "list", "--json"); after != before {
		t.Errorf("before %s, after %s", before, after)
	}
	s.joins(s.srv.Person("+12125550102"))

	r, err := http.NewRequestWithContext(s.ctx, http.MethodGet, strings.TrimSuffix(s.programs(s.ctx).url, "/api/v1")+"/metrics", nil)
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+s.key("prometheus", "viewer"))
	said, err := http.DefaultClient.Do(r)
	must(t, err)
	defer said.Body.Close()
	text, err := io.ReadAll(said.Body)
	must(t, err)
	for _, want := range []string{`"unsigned"} 1`, `"forged"} 3`, `"too_large"} 1`, `"foreign"} 1`, `"repeated"} 1`, `"failed"} 0`} {
		if !strings.Contains(string(text), "optinbot_meta_webhooks_total{outcome="+want+"\n") {
			t.Errorf("%s is not told: %d %s", want, said.StatusCode, text)
		}
	}
	kill()
}
