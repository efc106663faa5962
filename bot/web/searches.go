package web

import (
	"net/url"
	"strings"
	"sync"
	"time"

	"optinbot/flows"
)

// searchesKept is for how long what somebody searched for is known after it was last looked at, and
// mostSearches is how many are known at once.
const (
	searchesKept = 12 * time.Hour
	mostSearches = 5000
)

// searches are the texts that operators search people with. A text may be a name or a phone, so the
// address of what it finds has a random word in its place: addresses stay in the history of a
// browser and in the logs of a proxy. They are forgotten when the program ends.
type searches struct {
	now      func() time.Time
	newToken func() string
	mu       sync.Mutex
	kept     map[string]keptSearch
}

type keptSearch struct {
	who, typed string
	at         time.Time
}

func newSearches(now func() time.Time, newToken func() string) *searches {
	return &searches{now: now, newToken: newToken, kept: map[string]keptSearch{}}
}

// keep returns the word for a text. Only whoever typed it gets the text for it.
func (s *searches) keep(who, typed string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, oldest := s.now(), ""
	for word, search := range s.kept {
		if now.Sub(search.at) > searchesKept {
			delete(s.kept, word)
		} else if oldest == "" || search.at.Before(s.kept[oldest].at) {
			oldest = word
		}
	}
	if len(s.kept) >= mostSearches {
		delete(s.kept, oldest)
	}
	word := s.newToken()
	s.kept[word] = keptSearch{who, typed, now}
	return word
}

// text returns what somebody typed. It is not known where that was long ago, or by somebody else.
func (s *searches) text(who, word string) (typed string, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	search, ok := s.kept[word]
	now := s.now()
	if !ok || search.who != who || now.Sub(search.at) > searchesKept {
		return "", false
	}
	search.at = now
	s.kept[word] = search
	return search.typed, true
}

// findPeople finds whom a name or a phone means, or who is in an audience. What is wrong with an
// audience is shown where it was typed, and goes into no address either.
func findPeople(v *visit) (string, error) {
	form, query := v.r.PostForm, url.Values{}
	if audience := strings.TrimSpace(form.Get("audience")); audience != "" {
		if in, _ := flows.ReadAudience("audience", audience, v.Desk.Machine(v.number).Flow); in == nil {
			v.again = true
			return "", nil
		}
		query.Set("audience", audience)
		return v.here() + "?" + query.Encode(), nil
	}
	if typed := strings.TrimSpace(form.Get("q")); typed != "" {
		query.Set("s", v.searches.keep(v.who.Name, typed))
	}
	for _, filter := range []string{"consent", "hold", "tag", "state"} {
		if value := form.Get(filter); value != "" {
			query.Set(filter, value)
		}
	}
	if len(query) == 0 {
		return v.here(), nil
	}
	return v.here() + "?" + query.Encode(), nil
}
