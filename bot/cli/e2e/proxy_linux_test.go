package e2e

import (
	"io"
	"net"
	"sync"
	"testing"
)

// A proxy is a network between a machine and its database. It can be cut, and it can go silent: then
// nothing is refused, and nothing comes through until it speaks again.
type proxy struct {
	listener net.Listener
	to       string

	mu     sync.Mutex
	speaks *sync.Cond
	silent bool
	lines  map[net.Conn]bool
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &proxy{listener: l, to: to, lines: map[net.Conn]bool{}}
	p.speaks = sync.NewCond(&p.mu)
	t.Cleanup(func() { p.silence(false); _ = l.Close(); p.cut() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go p.carry(from)
		}
	}()
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) carry(from net.Conn) {
	to, err := net.Dial("tcp", p.to)
	if err != nil {
		_ = from.Close()
		return
	}
	p.mu.Lock()
	p.lines[from], p.lines[to] = true, true
	p.mu.Unlock()
	var both sync.WaitGroup
	one := func(to, from net.Conn) {
		_, _ = io.Copy(held{to, p}, from)
		_, _ = to.Close(), from.Close()
	}
	both.Go(func() { one(to, from) })
	both.Go(func() { one(from, to) })
	both.Wait()
	p.mu.Lock()
	delete(p.lines, from)
	delete(p.lines, to)
	p.mu.Unlock()
}

// held writes once the proxy speaks.
type held struct {
	net.Conn
	p *proxy
}

func (h held) Write(b []byte) (int, error) {
	h.p.mu.Lock()
	for h.p.silent {
		h.p.speaks.Wait()
	}
	h.p.mu.Unlock()
	return h.Conn.Write(b)
}

// ReadFrom keeps io.Copy from leaving Write out.
func (h held) ReadFrom(r io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{h}, r) }

// silence keeps back whatever is said from now on, or lets it go.
func (p *proxy) silence(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent = on
	p.speaks.Broadcast()
}

// cut ends every connection. New ones come through.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for line := range p.lines {
		_ = line.Close()
	}
}
