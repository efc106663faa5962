package web

import (
	"net/http/httptest"
	"testing"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// TestSecurityWhoIsAMonitor: programs of this machine, and keys that are of every number. Behind a
// proxy whoever comes seems to be on this machine.
func TestSecurityWhoIsAMonitor(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{})
	ctx := desk.As(t.Context(), desk.Who{Name: "marta", Via: desk.ViaCLI, Role: desk.Owner, Fresh: true})
	key := func(name string, role desk.Role, numbers ...string) string {
		t.Helper()
		made, err := s.AddKey(ctx, name, role, numbers, nil)
		if err != nil {
			t.Fatal(err)
		}
		return made.Token
	}
	all, limited := key("all", desk.Metrics), key("limited", desk.Viewer, "main")
	for _, c := range []struct {
		from, key string
		proxy     bool
		is        bool
	}{
		{from: "127.0.0.1:5000", is: true},
		{from: "[::1]:5000", is: true},
		{from: "127.0.0.1:5000", proxy: true},
		{from: "192.0.2.7:5000"},
		{from: "nowhere"},
		{from: "192.0.2.7:5000", key: "opt_x_y"},
		{from: "192.0.2.7:5000", key: limited},
		{from: "192.0.2.7:5000", key: all, is: true},
		{from: "127.0.0.1:5000", key: all, proxy: true, is: true},
	} {
		s.Config.Web.BehindProxy = c.proxy
		r := httptest.NewRequest("GET", "/readyz", nil)
		r.RemoteAddr, r.Host = c.from, "localhost:8420"
		if c.key != "" {
			r.Header.Set("Authorization", "Bearer "+c.key)
		}
		if is := MayMonitor(s.Desk, r) == nil; is != c.is {
			t.Errorf("%+v: %t", c, is)
		}
	}
}
