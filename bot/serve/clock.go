package serve

import (
	"context"
	"time"
)

// clockEvery is how often the difference between the machine's clock and WhatsApp's is noted while
// it stays as it is.
const clockEvery = 10 * time.Minute

// seeClock notes by how much the machine's clock is ahead of WhatsApp's: what an operator records
// goes by the one, what people write by the other. Stops recorded since the last look get their
// true times.
func (s *numberServer) seeClock(ctx context.Context) {
	ahead, known := s.client.Ahead()
	if !known {
		return
	}
	now := s.Now()
	changed := (ahead - time.Duration(s.Ahead.Load())).Abs() >= time.Second
	if since := now.Sub(s.clockAt); !changed && since >= 0 && since < clockEvery {
		return
	}
	s.Ahead.Store(int64(ahead))
	restated, err := s.Store.SeeClock(ctx, s.number.Name, ahead, s.Envs)
	if err != nil {
		s.clockAt = time.Time{} // it is tried again, and the store's own loops report its errors
		return
	}
	s.clockAt = now
	if restated > 0 {
		s.Log.Warn("stops had been recorded by a wrong clock", "number", s.number.Name, "people", restated, "ahead",
			ahead)
	}
}
