package cloudtest

// A Cut says when the connection breaks while a message is being sent.
type Cut int

// The places for a cut.
const (
	NoCut     Cut = iota
	CutBefore     // the message is lost
	CutAfter      // the message is taken, and the business never hears so
	CutWithin     // the same, in the middle of the answer
)

// An Outbound is a message of the business, on its way to its fate.
type Outbound struct {
	To     *Person // nil: nobody has that address
	From   *Number
	Type   string
	Opaque string
	Body   []byte
}

// A Fate is what happens to a message of the business. The zero Fate: accepted, sent, delivered.
type Fate struct {
	Code    int             // refused at once with this error
	HTTP    int             // the status of the refusal, or of Body. 0: what goes with the code
	Body    string          // this instead of the API's answer
	Take    bool            // of a refusal: the message is taken nonetheless, as a 5xx may hide
	Cut     Cut             // the connection breaks
	Later   int             // accepted, and then failed with this code
	Dropped bool            // accepted, and nothing comes of it: the pacing of a template that people disliked
	Early   bool            // the webhook with the statuses comes, and is answered, before the answer to the request
	NoID    bool            // 200, and the answer names no message
	Word    string          // message_status of a template: accepted where it is empty
	Hold    <-chan struct{} // the answer comes when the channel is closed
}

// Next gives the next messages of the business these fates, one each.
func (s *Server) Next(fates ...Fate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = append(s.next, fates...)
}

// Decide lets f decide the fate of every message that has none from [Server.Next]. Nil: all are
// delivered. f is called from the goroutines of the requests.
func (s *Server) Decide(f func(Outbound) Fate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decide = f
}

func (s *Server) fateOf(m Outbound) Fate {
	s.mu.Lock()
	if len(s.next) > 0 {
		defer s.mu.Unlock()
		fate := s.next[0]
		s.next = s.next[1:]
		return fate
	}
	decide := s.decide
	s.mu.Unlock()
	if decide != nil {
		return decide(m)
	}
	return Fate{}
}
