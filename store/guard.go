package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"optinbot/bot"
)

// Guard returns what the guard remembers of an occurrence, its figures now, and until when the
// occurrence waits for it.
func (s *Store) Guard(
	ctx context.Context, occurrence int64, now time.Time,
) (state bot.GuardState, f bot.Figures, until time.Time, err error) {
	read := s.query(ctx)
	g, err := readGuard(read, occurrence)
	if err != nil {
		return state, f, until, err
	}
	f, err = readFigures(read, occurrence, now)
	return g.state, f, g.until, err
}

// guarded is the part of an occurrence that the guard looks at.
type guarded struct {
	number, broadcast string
	status            bot.OccurrenceStatus
	state             bot.GuardState
	until             time.Time
	cost              bot.Micros // what it comes to so far, at most
}

func (t *tx) guard(occurrence int64) (guarded, error) { return readGuard(t.rows, occurrence) }

func readGuard(read reader, occurrence int64) (g guarded, err error) {
	g, _, err = first(read, scanGuarded, `
		SELECT number, broadcast, status, guard, guard_until, cost
		FROM occurrences
		WHERE id = $1`, occurrence)
	if err != nil {
		err = fmt.Errorf("read the guard's state of occurrence %d: %w", occurrence, err)
	}
	return g, err
}

func scanGuarded(scan scanner) (g guarded, err error) {
	var doc []byte
	if err := scan(&g.number, &g.broadcast, &g.status, &doc, moment(&g.until), &g.cost); err != nil || len(doc) == 0 {
		return g, err
	}
	err = json.Unmarshal(doc, &g.state)
	return g, err
}

func (t *tx) keepGuard(occurrence int64, state bot.GuardState, until time.Time) error {
	doc, err := json.Marshal(state)
	if err != nil {
		return err
	}
	return t.exec("UPDATE occurrences SET guard = $1, guard_until = $2 WHERE id = $3", string(doc), millis(until), occurrence)
}

func (t *tx) figures(occurrence int64, now time.Time) (bot.Figures, error) {
	return readFigures(t.rows, occurrence, now)
}

// readFigures reads what the guard's test rests on. A merge of contacts changes it, so the people
// are counted and not kept.
func readFigures(read reader, occurrence int64, now time.Time) (bot.Figures, error) {
	people, _, err := first(read, value[int],
		"SELECT COUNT(*) FROM deliveries WHERE occurrence_id = $1 AND bad_at > 0", occurrence)
	if err != nil {
		return bot.Figures{}, err
	}
	sends, err := collect(read, func(scan scanner) (s bot.Sends, err error) {
		err = scan(&s.Minute, &s.Sent)
		return s, err
	}, "SELECT minute, sent FROM occurrence_sends WHERE occurrence_id = $1", occurrence)
	return bot.FiguresOf(sends, people, now), err
}

const minute = int64(time.Minute / time.Millisecond)

// countSends counts promotions that are about to go out.
func (t *tx) countSends(occurrence int64, sends int, now time.Time) error {
	return t.exec(`
		INSERT INTO occurrence_sends (occurrence_id, minute, sent)
		VALUES ($1, $2, $3)
		ON CONFLICT (occurrence_id, minute) DO UPDATE SET sent = occurrence_sends.sent + $3`,
		occurrence, millis(now)/minute, sends)
}

// guardClaimed counts a promotion that is about to go out while the guard counts people, and begins
// the wait after a step of it. waits is true when no other promotion may follow now.
func (t *tx) guardClaimed(occurrence int64, n NumberRow, limits bot.Limits, now time.Time) (waits bool, err error) {
	if err := t.countSends(occurrence, 1, now); err != nil {
		return false, err
	}
	g, err := t.guard(occurrence)
	if err != nil {
		return false, err
	}
	if g.state.DueForReview(now) {
		if err := t.judge(occurrence, limits.Guard, now); err != nil {
			return false, err
		}
		if g, err = t.guard(occurrence); err != nil {
			return false, err
		}
	}
	if g.state.Ramp.Began.Before(n.RestrictedUntil) {
		g.state = g.state.RestartRamp() // after a ban or time-lock it begins with a few people again
	}
	state, until := g.state.CountSend(limits, now)
	return state.Level == bot.GuardPause || until.After(now), t.keepGuard(occurrence, state, until)
}

// guardNotTried takes back what guardClaimed counted: it never left.
func (t *tx) guardNotTried(occurrence int64, claimed time.Time) error {
	err := t.exec(`
		UPDATE occurrence_sends
		SET sent = sent - 1
		WHERE occurrence_id = $1 AND minute = $2 AND sent > 0`,
		occurrence, millis(claimed)/minute)
	if err != nil {
		return err
	}
	g, err := t.guard(occurrence)
	if err != nil {
		return err
	}
	state, ended := g.state.UncountSend()
	if ended {
		g.until = time.Time{}
	}
	return t.keepGuard(occurrence, state, g.until)
}

// judge lets the guard look at an occurrence, in the transaction of what made it look, and does
// what it says.
func (t *tx) judge(occurrence int64, settings bot.Guard, now time.Time) error {
	g, err := t.guard(occurrence)
	if err != nil {
		return err
	}
	f, err := t.figures(occurrence, now)
	if err != nil {
		return err
	}
	state, told := g.state.Judge(settings, f, now)
	if err := t.keepGuard(occurrence, state, g.until); err != nil || told == "" {
		return err
	}
	return t.guardTells(occurrence, g, state.Level, told, now)
}

// guardTells leaves the notice, and pauses the occurrence where the guard has had enough.
func (t *tx) guardTells(occurrence int64, g guarded, level bot.GuardLevel, told string, now time.Time) error {
	text := fmt.Sprintf("the guard watches broadcast %s: %s", g.broadcast, told)
	switch level {
	case bot.GuardSlowed:
		text = fmt.Sprintf("the guard slows broadcast %s down: %s", g.broadcast, told)
	case bot.GuardPause:
		text = fmt.Sprintf("the guard has paused broadcast %s (%s): %s. Look at what was sent and to whom; "+
			"`broadcast resume %s` goes on, "+
			"with a few people first, `broadcast cancel %s` drops the rest", g.broadcast, bot.GuardPaused, told,
			g.broadcast, g.broadcast)
		if g.status != bot.OccurrenceRunning && g.status != bot.OccurrencePaused {
			text = fmt.Sprintf("broadcast %s is over, and the guard would pause it now: %s. The number's next "+
				"broadcast will wait for you", g.broadcast, told)
		}
		n, err := t.execCount(`
			UPDATE occurrences
			SET status = 'paused', note = $1
			WHERE id = $2 AND status IN ('running', 'paused')`, told, occurrence)
		if err == nil && n > 0 {
			paused := bot.Event{Type: bot.EventGuardPaused, What: g.broadcast}
			err = t.event(g.number, 0, paused, millis(now))
		}
		if err != nil {
			return err
		}
	}
	return t.notice(g.number, 0, bot.Notify{Kind: bot.NoticeBroadcast, Text: text}, millis(now))
}

// guardResumed is the operator's decision to go on after a pause of the guard.
func (t *tx) guardResumed(occurrence int64, now time.Time) error {
	g, err := t.guard(occurrence)
	if err != nil || g.state.Level != bot.GuardPause || g.status != bot.OccurrencePaused {
		return err
	}
	f, err := t.figures(occurrence, now)
	if err != nil {
		return err
	}
	return t.keepGuard(occurrence, g.state.Resumed(f), time.Time{})
}

// guardStarts looks at what became of the number's last occurrences before one begins, and gives it
// its first people.
func (t *tx) guardStarts(o bot.Occurrence, limits bot.Limits, now time.Time) error {
	level, told, err := t.lookBack(o, now)
	if err != nil {
		return err
	}
	n, err := t.number(o.Number)
	if err != nil {
		return err
	}
	begins := bot.NewGuardState(level).RatedAs(n.Quality)
	if n.Quality == bot.GuardPause && level != bot.GuardPause {
		level, told = bot.GuardPause, "WhatsApp rates the number's quality low"
		begins = begins.PausedBecause(told)
	}
	if level == bot.GuardCalm {
		if begins.CleanRecord, err = cleanRecord(t.rows, o.Number, o.ID, now); err != nil {
			return err
		}
	}
	if err := t.keepGuard(o.ID, begins, time.Time{}); err != nil {
		return err
	}
	if level != bot.GuardCalm {
		g := guarded{number: o.Number, broadcast: o.Broadcast, status: bot.OccurrenceRunning}
		if err := t.guardTells(o.ID, g, level, told, now); err != nil {
			return err
		}
	}
	if limits.Unlimited { // nobody waits for what they say
		return nil
	}
	return t.exec(`
		UPDATE deliveries
		SET turn = 0
		WHERE occurrence_id = $1
			AND contact_id IN (
				SELECT c.id
				FROM contacts c
				JOIN deliveries d ON d.contact_id = c.id AND d.occurrence_id = $1
				WHERE c.number = $2 AND c.consent = 'subscribed' AND d.status = 'planned'
				ORDER BY c.last_inbound DESC LIMIT $3
			)`, o.ID, o.Number, bot.CanaryOf(limits))
}

// lookBack says how an occurrence is to begin: paused, where the guard would have paused the
// number's last one but that was over, or it is paused still. Otherwise it begins by what became of
// it a day later.
func (t *tx) lookBack(o bot.Occurrence, now time.Time) (level bot.GuardLevel, told string, err error) {
	ids, err := t.before(o, now)
	if err != nil {
		return level, "", err
	}
	var last, baseline bot.Aftermath
	for _, id := range ids {
		g, err := t.guard(id)
		if err != nil {
			return level, "", err
		}
		if g.state.Level == bot.GuardPause && g.status != bot.OccurrenceCancelled {
			told = fmt.Sprintf("the number's broadcast %s: %s", g.broadcast, g.state.Why())
			return bot.GuardPause, told, t.acknowledgePause(id, g)
		}
		a, err := t.aftermath(id, g, now)
		if err != nil {
			return level, "", err
		}
		if !last.Enough() {
			last = a
		} else {
			baseline = baseline.Plus(a)
		}
	}
	level, told = last.Against(baseline)
	return level, told, nil
}

// CleanRecord reports whether the number's last broadcasts went so well that the guard waits less
// in its next one.
func (s *Store) CleanRecord(ctx context.Context, number string, now time.Time) (bool, error) {
	return cleanRecord(s.query(ctx), number, 0, now)
}

// recordLooks bounds how many occurrences are looked at, of which all but a few were to few people.
const recordLooks = 50

// cleanRecord looks at the occurrences of a number but one, newest first.
func cleanRecord(read reader, number string, but int64, now time.Time) (bool, error) {
	since := now.AddDate(0, 0, -bot.RecordDays)
	// A ban moves linked_at to its end. Nobody knows what a backup does not have.
	ids, err := column[int64](read, `
		SELECT o.id
		FROM occurrences o
		JOIN numbers n ON n.name = o.number
		WHERE o.number = $1
			AND o.id <> $2
			AND o.planned_at > $3
			AND n.linked_at > 0
			AND n.linked_at <= $3
			AND n.restored_at <= $3
		ORDER BY o.planned_at DESC, o.id DESC LIMIT $4`, number, but, millis(since), recordLooks)
	if err != nil {
		return false, err
	}
	var record bot.TrackRecord
	for _, id := range ids {
		if record.Complete() {
			break
		}
		g, err := readGuard(read, id)
		if err != nil {
			return false, err
		}
		f, err := readFigures(read, id, now)
		if err != nil {
			return false, err
		}
		record = record.Plus(g.state, f)
	}
	return record.Clean(), nil
}

// before are the number's last occurrences that have begun, newest first.
func (t *tx) before(o bot.Occurrence, now time.Time) ([]int64, error) {
	return column[int64](t.rows, `
		SELECT id
		FROM occurrences
		WHERE number = $1 AND id <> $2 AND planned_at > $3
		ORDER BY planned_at DESC, id DESC LIMIT $4`,
		o.Number, o.ID, millis(now.AddDate(0, 0, -bot.BaselineDays)), bot.BaselineOf)
}

// acknowledgePause clears a pause that was reached after the occurrence had ended, so that it keeps
// one successor only from starting.
func (t *tx) acknowledgePause(occurrence int64, g guarded) error {
	if g.status != bot.OccurrenceDone {
		return nil
	}
	g.state.Level = bot.GuardCalm
	return t.keepGuard(occurrence, g.state, g.until)
}

// aftermath counts what had become of an occurrence's promotions a day after each. It is kept once
// nothing can change it.
func (t *tx) aftermath(occurrence int64, g guarded, now time.Time) (a bot.Aftermath, err error) {
	if g.state.After != nil {
		return *g.state.After, nil
	}
	day := bot.AftermathAfter.Milliseconds()
	var old bool // else nobody has had a day yet, which saves reading all its deliveries
	_, err = t.row(`
		SELECT EXISTS (SELECT 1 FROM occurrence_sends WHERE occurrence_id = $1 AND minute <= $2)`,
		[]any{occurrence, (millis(now) - day) / minute}, &old)
	if err != nil || !old {
		return a, err
	}
	var newest int64
	_, err = t.row(`
		SELECT COUNT(CASE WHEN sent_at <= $1 THEN 1 END),
			COUNT(CASE WHEN sent_at <= $1 AND (delivered_at = 0 OR delivered_at > sent_at + $2) THEN 1 END),
			COUNT(CASE
				WHEN sent_at <= $1
					AND delivered_at > 0 AND delivered_at <= sent_at + $2
					AND (read_at = 0 OR read_at > sent_at + $2)
				THEN 1
			END),
			COALESCE(MAX(sent_at), 0)
		FROM deliveries
		WHERE occurrence_id = $3 AND sent_at > 0`,
		[]any{millis(now) - day, day, occurrence},
		&a.Sent, &a.Undelivered, &a.Unread, &newest)
	over := g.status == bot.OccurrenceDone || g.status == bot.OccurrenceCancelled
	if err != nil || !over || newest > millis(now)-day {
		return a, err
	}
	g.state.After = &a
	return a, t.keepGuard(occurrence, g.state, g.until)
}

// guardWaits is the hold of a number whose broadcasts under way all wait for the guard: their next
// claim is then.
func (s *Store) guardWaits(ctx context.Context, number string, now time.Time) (bot.Decision, error) {
	var until int64
	err := s.queryRow(ctx, `
		SELECT COALESCE(MIN(guard_until), 0)
		FROM occurrences
		WHERE number = $1 AND status = 'running' AND guard_until > $2`,
		number, millis(now)).Scan(&until)
	if err != nil || until == 0 {
		return bot.Decision{}, err
	}
	return bot.Decision{Action: bot.ActionHold, Reason: bot.Pace, Until: timeOf(until)}, nil
}
