package serve

import (
	"context"
	"time"
)

// anchorLook is how often `run` looks whether the head of a ledger is due for the number's own
// chat.
const anchorLook = time.Hour

// anchor puts the head of the number's ledger into its own chat, about once a week. A clock that
// was set back only delays it.
func (s *numberServer) anchor(ctx context.Context) {
	now := s.Now()
	if wait := s.anchorAt.Sub(now); wait > 0 && wait <= anchorLook {
		return
	}
	s.anchorAt = now.Add(anchorLook)
	if err := s.Store.AnchorHead(ctx, s.number.Name, now); err != nil {
		s.Log.Error("the head of the ledger could not be noted", "number", s.number.Name, "error", err)
	}
}
