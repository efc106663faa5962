package cloudtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// version is what a path begins with: v25.0. Without one Meta takes the oldest, which nobody wants.
var version = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^v\d+\.\d+$`) })

// maxBody is the most that a request may have.
const maxBody = 110 << 20

// A problem is an error of the API.
type problem struct {
	code    int
	status  int // 0: what goes with the code
	details string
	subcode int
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(parts) < 2 || !version().MatchString(parts[0]) {
		s.fail(w, problem{code: 100, details: "unknown path"})
		return
	}
	if r.Header.Get("Idempotency-Key") != "" || r.Header.Get("X-Idempotency-Key") != "" {
		s.fail(w, problem{code: 100, details: "our choice: no request may carry an idempotency key"})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if p := s.authorised(r); p != nil {
		s.fail(w, *p)
		return
	}
	object, edge := parts[1], ""
	if len(parts) > 2 {
		edge = parts[2]
	}
	s.route(w, r, object, edge, body)
}

// authorised asks for the token, and for the proof that the caller knows the app's secret.
func (s *Server) authorised(r *http.Request) *problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if token == s.app.id+"|"+s.app.secret {
		return nil
	}
	if !ok || token != s.app.token || !s.app.expires.IsZero() && !s.clock().Before(s.app.expires) {
		return &problem{code: 190, details: "the access token is not valid"}
	}
	proof := r.URL.Query().Get("appsecret_proof")
	if right := proofOf(s.app.secret, token); proof != right && (s.app.proof || proof != "") {
		return &problem{code: 100, details: "Invalid appsecret_proof provided in the API argument"}
	}
	return nil
}

func (s *Server) count(operation string) {
	s.mu.Lock()
	s.counts[operation]++
	s.mu.Unlock()
	s.changed.Ring()
}

func (s *Server) route(w http.ResponseWriter, r *http.Request, object, edge string, body []byte) {
	s.mu.Lock()
	n := s.numberWith(object)
	account := slices.ContainsFunc(s.numbers, func(n *Number) bool { return n.WABA == object })
	s.mu.Unlock()
	switch what := r.Method + " " + edge; {
	case object == "debug_token":
		s.count("debug_token")
		s.debugToken(w, r)
	case object == s.app.id && what == "POST subscriptions":
		s.count("subscriptions")
		s.subscriptions(w, r, body)
	case n != nil && what == "POST messages":
		s.messages(w, r, n, body)
	case n != nil && what == "POST media":
		s.count("media")
		s.media(w, r)
	case n != nil && what == "GET ":
		s.count("number")
		s.fields(w, r, n)
	case account && edge == "subscribed_apps":
		s.count("subscribed_apps")
		s.subscribed(w, r, object)
	case account && what == "POST message_templates":
		s.count("templates")
		s.createTemplate(w, object, body)
	case account && what == "GET message_templates":
		s.count("templates")
		s.listTemplates(w, r, object)
	case account && (what == "GET phone_numbers" || what == "GET "):
		s.count("account")
		s.accountOf(w, object, edge, r.URL.Query().Get("fields"))
	default:
		s.fail(w, problem{
			code: 100, subcode: 33, details: "Unsupported " + r.Method + " request. The object does not exist, " +
				"cannot be loaded due to missing permissions, or does not support this operation",
		})
	}
}

// fail answers with an error as the API writes it.
func (s *Server) fail(w http.ResponseWriter, p problem) {
	c := codeOf(p.code)
	e := map[string]any{
		"message": fmt.Sprintf("(#%d) %s", p.code, c.Title), "type": "OAuthException", "code": p.code,
		"fbtrace_id": "AtEsTtRaCe",
		"error_data": map[string]any{"messaging_product": "whatsapp", "details": p.details},
	}
	if p.subcode != 0 {
		e["error_subcode"] = p.subcode
	}
	if p.status == 0 {
		p.status = c.HTTP
	}
	answer(w, p.status, map[string]any{"error": e})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// cut breaks the connection of a request, after some bytes where there are any.
func cut(w http.ResponseWriter, before string) {
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_, _ = buffered.WriteString(before)
	_ = buffered.Flush()
	_ = conn.Close()
}

// fields answers with what a caller asks to know of a number.
func (s *Server) fields(w http.ResponseWriter, r *http.Request, n *Number) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]any{"id": n.ID}
	names := strings.Split(r.URL.Query().Get("fields"), ",")
	if names[0] == "" {
		names = []string{"display_phone_number", "verified_name", "quality_rating"}
	}
	for _, name := range names {
		if v, ok := n.fields[name]; ok {
			out[name] = v
		}
	}
	answer(w, http.StatusOK, out)
}

func (s *Server) accountOf(w http.ResponseWriter, waba, edge, fields string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if edge == "" {
		out := map[string]any{"id": waba, "name": "The shop"}
		if fields == "owner_business_info" {
			out["owner_business_info"] = map[string]any{"id": Portfolio, "name": "The shop"}
		}
		answer(w, http.StatusOK, out)
		return
	}
	var data []any
	for _, n := range s.numbers {
		if n.WABA == waba {
			data = append(data, map[string]any{"id": n.ID, "display_phone_number": n.Phone, "verified_name": n.name})
		}
	}
	answer(w, http.StatusOK, map[string]any{"data": data})
}

// subscribed says, and changes, whether the app hears of an account.
func (s *Server) subscribed(w http.ResponseWriter, r *http.Request, waba string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var data []any
	for _, n := range s.numbers {
		if n.WABA != waba {
			continue
		}
		switch r.Method {
		case http.MethodPost:
			n.subject = true
		case http.MethodDelete:
			n.subject = false
		}
		if n.subject && data == nil {
			data = append(data, map[string]any{"whatsapp_business_api_data": map[string]any{
				"id": s.app.id, "name": "optinbot", "link": "https://www.facebook.com/games/?app_id=" + s.app.id,
			}})
		}
	}
	if r.Method == http.MethodGet {
		answer(w, http.StatusOK, map[string]any{"data": data})
		return
	}
	answer(w, http.StatusOK, map[string]any{"success": true})
}

// subscriptions registers the URL of the webhooks, with the handshake.
func (s *Server) subscriptions(w http.ResponseWriter, r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	to, token := r.FormValue("callback_url"), r.FormValue("verify_token")
	if r.FormValue("object") != "whatsapp_business_account" {
		s.fail(w, problem{code: 100, details: "object must be whatsapp_business_account"})
		return
	}
	if err := s.handshake(r.Context(), to, token); err != nil {
		s.fail(w, problem{code: 100, subcode: 2200, details: err.Error()})
		return
	}
	s.mu.Lock()
	s.sender.url, s.sender.verify = to, token
	s.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"success": true})
}

func (s *Server) debugToken(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data := map[string]any{"app_id": s.app.id, "type": "SYSTEM_USER", "is_valid": false, "scopes": []string{}}
	if r.URL.Query().Get("input_token") == s.app.token {
		expires := int64(0)
		if !s.app.expires.IsZero() {
			expires = s.app.expires.Unix()
		}
		var granular []any
		for _, scope := range s.app.scopes {
			var accounts []string
			for _, n := range s.numbers {
				accounts = append(accounts, n.WABA)
			}
			granular = append(granular, map[string]any{"scope": scope, "target_ids": slices.Compact(accounts)})
		}
		data["is_valid"], data["expires_at"] = true, expires
		data["scopes"], data["granular_scopes"] = s.app.scopes, granular
	}
	answer(w, http.StatusOK, map[string]any{"data": data})
}

// A File was uploaded.
type File struct {
	Name    string
	MIME    string
	Content []byte
}

// sizes are the most bytes of a file, by what its MIME type begins with. Our choice where Meta's
// pages give one for each codec.
var sizes = map[string]int{
	"image/jpeg": 5 << 20, "image/png": 5 << 20, "image/webp": 500 << 10, "video/mp4": 16 << 20, "video/3gpp": 16 << 20,
	"audio/": 16 << 20, "application/": 100 << 20, "text/plain": 100 << 20,
}

func (s *Server) media(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseMultipartForm(maxBody); err != nil {
		s.fail(w, problem{code: 100, details: "multipart form expected"})
		return
	}
	file, head, err := r.FormFile("file")
	if err != nil || r.FormValue("messaging_product") != "whatsapp" {
		s.fail(w, problem{code: 100, details: "file and messaging_product are required"})
		return
	}
	content, err := io.ReadAll(file)
	if err != nil {
		return
	}
	kind, most := head.Header.Get("Content-Type"), 0
	for begin, size := range sizes {
		if strings.HasPrefix(kind, begin) {
			most = size
		}
	}
	if most == 0 || len(content) > most {
		s.fail(w, problem{code: 131053, details: fmt.Sprintf("%d bytes of %s are not taken", len(content), kind)})
		return
	}
	s.mu.Lock()
	id := s.newID("88000000")
	s.files[id] = File{Name: head.Filename, MIME: kind, Content: content}
	s.mu.Unlock()
	s.changed.Ring()
	answer(w, http.StatusOK, map[string]any{"id": id})
}
