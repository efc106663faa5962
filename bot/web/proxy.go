package web

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// fromHere reports whether a request comes from a program of this machine, a browser say. What a proxy
// of this machine passes on seems to, whoever asked the proxy: a request with a mark of one does not count.
func fromHere(r *http.Request) bool { return fromLoopback(r) && !throughProxy(r) }

func fromLoopback(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback()
}

// proxyHeaders are what proxies and tunnels add, beside X-Forwarded-For and its like.
var proxyHeaders = []string{"Forwarded", "Via", "X-Real-Ip", "Cf-Connecting-Ip", "True-Client-Ip"}

// throughProxy reports whether a request has a mark of a proxy: a header of one, an old protocol that
// they speak to servers, or a name that is not of this machine, be it in the Host or be it where the
// browser says which page it comes from. A proxy may leave no mark: web.behind_proxy tells of that.
func throughProxy(r *http.Request) bool {
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Forwarded-") {
			return true
		}
	}
	for _, name := range proxyHeaders {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return !r.ProtoAtLeast(1, 1) || !ofThisMachine(r.Host) ||
		foreign(r.Header.Get("Origin")) || foreign(r.Header.Get("Referer"))
}

// foreign reports whether a page lies on another machine. A browser that does not say leaves it open.
func foreign(page string) bool {
	u, err := url.Parse(page)
	return err == nil && u.Host != "" && !ofThisMachine(u.Host)
}

// ofThisMachine reports whether a host of an address, with or without a port, names this machine to
// itself.
func ofThisMachine(host string) bool {
	name := nameOf(host)
	if strings.EqualFold(name, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.Unmap().IsLoopback()
}

// warnOfProxy tells once that somebody uses a proxy which the configuration does not know of.
func (s *Server) warnOfProxy(r *http.Request) {
	if s.Config.BehindProxy || !fromLoopback(r) || !throughProxy(r) {
		return
	}
	s.warnedOfProxy.Do(func() {
		s.Log.Warn("requests to the page seem to come through a proxy, and web.behind_proxy is false: nobody who comes so " +
			"counts as somebody at this machine; set web.url and web.behind_proxy")
	})
}
