package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// noticePause is how long notices wait after one that WhatsApp refused or did not answer. Every
// turn of a contact is an occasion to try, and a number that is refused must not knock at each of
// them.
const noticePause = 10 * time.Minute

// hand writes the notices that have not reached the operator's phone to the "Message yourself"
// chat.
func (s *numberServer) hand(ctx context.Context) {
	notices, err := s.Store.UnsentNotices(ctx, s.number.Name, 5)
	if err != nil {
		return
	}
	for _, n := range notices {
		if n.ID > s.logged {
			s.logged = n.ID
			s.logNotice(n)
		}
		text := n.Text
		if n.Contact != 0 {
			text = fmt.Sprintf("%s (contact %d: `optinbot contacts list`)", text, n.Contact)
		}
		if wait := s.noNotice.Sub(s.Now()); wait > 0 && wait <= noticePause { // longer: the clock was set back since
			return
		}
		if err := s.client.Notify(ctx, text); err != nil { // it stays unsent, and is shown by `status`
			if !errors.Is(err, bot.ErrNotTried) {
				s.noNotice = s.Now().Add(noticePause)
			}
			return
		}
		if err := s.Store.NoticeSent(ctx, n.Number, n.ID, s.Now()); err != nil {
			return
		}
	}
}

// logNotice logs a notice. Of a test only that there is one, for it is a message's text.
func (s *numberServer) logNotice(n store.Notice) {
	if n.Kind == string(bot.NoticeTest) {
		s.Log.Info("a test of a broadcast goes to the own chat", "number", n.Number)
		return
	}
	s.Log.Warn("notice", "number", n.Number, "kind", n.Kind, "text", n.Text, "contact", n.Contact)
}
