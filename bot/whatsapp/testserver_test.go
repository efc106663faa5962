package whatsapp

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const someKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

func TestTestServerIsOnLoopbackOnly(t *testing.T) {
	rows := []struct {
		name, file, problem string // problem "": it is taken
	}{
		{"IPv4", `{"addr":"127.0.0.1:8443","cert_pub_key":"` + someKey + `","ca_pem":""}`, ""},
		{"all of 127/8", `{"addr":"127.9.9.9:1","cert_pub_key":"` + someKey + `"}`, ""},
		{"IPv6", `{"addr":"[::1]:8443","cert_pub_key":"` + someKey + `"}`, ""},
		{"IPv4 in IPv6", `{"addr":"[::ffff:127.0.0.1]:8443","cert_pub_key":"` + someKey + `"}`, ""},
		{"elsewhere", `{"addr":"157.240.0.1:443","cert_pub_key":"` + someKey + `"}`, "not on this machine"},
		{"private", `{"addr":"192.168.0.1:443","cert_pub_key":"` + someKey + `"}`, "not on this machine"},
		{"everywhere", `{"addr":"0.0.0.0:443","cert_pub_key":"` + someKey + `"}`, "not on this machine"},
		{"a name", `{"addr":"localhost:443","cert_pub_key":"` + someKey + `"}`, "names are not allowed"},
		{"loopback as a name", `{"addr":"127.0.0.1.example.org:443","cert_pub_key":"` + someKey + `"}`, "names are not allowed"},
		{"no port", `{"addr":"127.0.0.1:0","cert_pub_key":"` + someKey + `"}`, "no port"},
		{"nothing", `{}`, "not an address"},
		{"short key", `{"addr":"127.0.0.1:8443","cert_pub_key":"00ff"}`, "64 hexadecimal"},
		{"no key", `{"addr":"127.0.0.1:8443"}`, "64 hexadecimal"},
		{"bad authority", `{"addr":"127.0.0.1:8443","cert_pub_key":"` + someKey + `","ca_pem":"hello"}`, "PEM"},
		{"not JSON", `addr: 127.0.0.1`, "invalid character"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "server.json")
			if err := os.WriteFile(file, []byte(row.file), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := LoadTestServer(file)
			switch {
			case row.problem == "" && err != nil:
				t.Error(err)
			case row.problem != "" && (err == nil || !strings.Contains(err.Error(), row.problem)):
				t.Errorf("got %v, want %q", err, row.problem)
			}
		})
	}
	if _, err := LoadTestServer(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a missing file was taken")
	}
}

// TestTestServerTakesEveryConnection: whatever host the library asks for, plain and with TLS, it
// reaches the test server.
func TestTestServerTakesEveryConnection(t *testing.T) {
	var hosts []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hosts = append(hosts, r.Host)
		io.WriteString(w, "here")
	}))
	defer server.Close()
	transport, err := (&TestServer{Addr: server.Listener.Addr().String(), CertPubKey: someKey}).transport()
	if err != nil {
		t.Fatal(err)
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	for _, url := range []string{"https://web.whatsapp.com/ws/chat", "https://mmg.whatsapp.net/file", "http://example.org/"} {
		resp, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(body) != "here" {
			t.Errorf("%s: %q", url, body)
		}
	}
	if got := strings.Join(hosts, " "); got != "web.whatsapp.com mmg.whatsapp.net example.org" {
		t.Errorf("hosts %q", got)
	}
}

func TestTransportRefusesOtherAddresses(t *testing.T) {
	if _, err := (&TestServer{Addr: "157.240.0.1:443", CertPubKey: someKey}).transport(); err == nil {
		t.Error("a transport to another machine")
	}
}
