package whatsapp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"go.mau.fi/whatsmeow"
)

// A TestServer is a WhatsApp server on this machine, for tests and the demo. With it every
// connection of the process goes there: the socket, the one before the login, and media.
type TestServer struct {
	Addr       string `json:"addr"`         // 127.0.0.1:PORT or [::1]:PORT, nothing else
	CertPubKey string `json:"cert_pub_key"` // the root key of its Noise certificates, 64 hexadecimal digits
	CAPEM      string `json:"ca_pem"`       // "": plain TCP. Else TLS, with a certificate of this authority
	Waits      Waits  `json:"waits"`        // the zero Waits: as with WhatsApp
}

// LoadTestServer reads the file that the setting whatsapp.test_server names.
func LoadTestServer(file string) (*TestServer, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("test server: %w", err)
	}
	var t TestServer
	if err := json.Unmarshal(content, &t); err != nil {
		return nil, fmt.Errorf("test server: %s: %w", file, err)
	}
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("test server: %s: %w", file, err)
	}
	return &t, nil
}

// check refuses everything but loopback: a forgotten test setting must not carry a shop's traffic
// elsewhere. Names are refused too, because they are looked up later than they are checked.
func (t *TestServer) check() error {
	addr, err := netip.ParseAddrPort(t.Addr)
	if err != nil {
		return fmt.Errorf("addr %q is not an address like 127.0.0.1:8443 (names are not allowed)", t.Addr)
	}
	if !addr.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("addr %q is not on this machine; only 127.0.0.0/8 and ::1 are allowed", t.Addr)
	}
	if addr.Port() == 0 {
		return fmt.Errorf("addr %q has no port", t.Addr)
	}
	if _, err := t.rootKey(); err != nil {
		return err
	}
	_, err = t.authority()
	return err
}

func (t *TestServer) rootKey() ([32]byte, error) {
	key, err := hex.DecodeString(t.CertPubKey)
	if err != nil || len(key) != 32 {
		return [32]byte{}, errors.New("cert_pub_key is not 64 hexadecimal digits")
	}
	return [32]byte(key), nil
}

func (t *TestServer) authority() (*x509.CertPool, error) {
	if t.CAPEM == "" {
		return nil, nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(t.CAPEM)) {
		return nil, errors.New("ca_pem holds no certificate in PEM form")
	}
	return pool, nil
}

// transport dials the server whatever host is asked for. A transport of its own stays on HTTP/1.1,
// which the websocket needs.
func (t *TestServer) transport() (*http.Transport, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	pool, err := t.authority()
	if err != nil {
		return nil, err
	}
	addr, dialer := t.Addr, &net.Dialer{Timeout: 10 * time.Second}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", addr) }
	transport := &http.Transport{DialContext: dial}
	if pool == nil {
		transport.DialTLSContext = dial // https and wss over plain TCP
	} else {
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return transport, nil
}

// useTransport sends all three of the library's HTTP clients through transport (client.go: one
// before the login, one for the socket after it, one for media).
func useTransport(wa *whatsmeow.Client, transport *http.Transport) {
	wa.SetPreLoginHTTPClient(&http.Client{Transport: transport})
	wa.SetWebsocketHTTPClient(&http.Client{Transport: transport})
	wa.SetMediaHTTPClient(&http.Client{Transport: transport})
}
