package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A program of the shop asks the API of a bot that runs.
type apiClient struct {
	b   *binary
	ctx context.Context
	url string
}

// page is the address of the page of the bot that runs now.
func (b *binary) page(ctx context.Context) string {
	b.t.Helper()
	var page struct{ Address string }
	err := eventually(ctx, func() bool {
		said, err := os.ReadFile(filepath.Join(b.dir, "data", "page.json"))
		return err == nil && json.Unmarshal(said, &page) == nil && page.Address != ""
	})
	if err != nil {
		b.t.Fatal("the page is not served")
	}
	return page.Address
}

// programs is a client of the API of the bot that runs now.
func (b *binary) programs(ctx context.Context) apiClient {
	b.t.Helper()
	return apiClient{b, ctx, b.page(ctx) + "/api/v1"}
}

// key makes a key at the command line.
func (b *binary) key(name, role string) (token string) {
	b.t.Helper()
	var made struct{ Token string }
	must(b.t, json.Unmarshal([]byte(b.do("key", "add", name, "--role", role, "--json")), &made))
	return made.Token
}

// ask asks with a key, and fails unless the answer has a status.
func (c apiClient) ask(status int, key, method, path, body string) string {
	c.b.t.Helper()
	r, err := http.NewRequestWithContext(c.ctx, method, c.url+path, strings.NewReader(body))
	must(c.b.t, err)
	r.Header.Set("Authorization", "Bearer "+key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	said, err := http.DefaultClient.Do(r)
	must(c.b.t, err)
	defer said.Body.Close()
	text, err := io.ReadAll(said.Body)
	must(c.b.t, err)
	if said.StatusCode != status {
		c.b.t.Errorf("%s %s: %d %s, want %d", method, path, said.StatusCode, text, status)
	}
	return string(text)
}

// TestKeysOfTheCommandLineOpenTheAPI: keys that `key add` makes let programs in while the bot runs, each as far as its role goes, until
// `key revoke` ends them. What a program asks for reaches people.
func TestKeysOfTheCommandLineOpenTheAPI(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	ctx := scene(t)
	srv, b := linked(t)
	kill := b.start()
	ana := srv.Contact("+12125550101")
	ana.Send("I want promotions")
	if _, err := ana.WaitText(ctx, "You are in!"); err != nil {
		t.Fatal(err)
	}
	owner, viewer := b.key("crm", "owner"), b.key("wall", "viewer")
	api := b.programs(ctx)

	api.ask(http.StatusOK, "", http.MethodGet, "/openapi.json", "")
	for _, none := range []string{"", "opt_nothing", owner + "x"} {
		api.ask(http.StatusUnauthorized, none, http.MethodGet, "/numbers", "")
	}
	if seen := api.ask(http.StatusOK, owner, http.MethodGet, "/numbers/main/contacts", ""); !strings.Contains(seen, "+12125550101") {
		t.Errorf("an owner sees %s", seen)
	}
	if seen := api.ask(http.StatusOK, viewer, http.MethodGet, "/numbers/main/contacts", ""); strings.Contains(seen, "2125550101") {
		t.Errorf("a viewer sees %s", seen)
	}
	const reply = `{"text": "We have it in blue."}`
	api.ask(http.StatusForbidden, viewer, http.MethodPost, "/numbers/main/contacts/1/reply", reply)
	api.ask(http.StatusAccepted, owner, http.MethodPost, "/numbers/main/contacts/1/reply", reply)
	if _, err := ana.WaitText(ctx, "We have it in blue."); err != nil {
		t.Fatal(err)
	}
	api.ask(http.StatusOK, owner, http.MethodPost, "/numbers/main/optouts/import", `{"phones": ["+12125550101"], "reason": "left before"}`)
	if shown := b.do("contacts", "list", "--consent", "unsubscribed", "--json"); !strings.Contains(shown, "+12125550101") {
		t.Errorf("the command line sees %s", shown)
	}
	api.ask(http.StatusForbidden, viewer, http.MethodGet, "/webhooks", "")
	api.ask(http.StatusCreated, owner, http.MethodPost, "/webhooks", `{"url": "https://crm.example/hook"}`)
	if list := b.do("webhook", "list"); !strings.Contains(list, "https://crm.example/hook") {
		t.Errorf("the command line lists %s", list)
	}

	b.do("key", "revoke", "crm", "--yes")
	api.ask(http.StatusUnauthorized, owner, http.MethodGet, "/numbers", "")
	api.ask(http.StatusUnauthorized, owner, http.MethodPost, "/numbers/main/contacts/1/pause", "")
	api.ask(http.StatusOK, viewer, http.MethodGet, "/numbers", "")
	kill()
}
