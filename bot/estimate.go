package bot

import "time"

// EstimateFinish is when a number will have sent n more promotions, from a moment on: at its pace,
// within the hours where the shop is, under its daily cap and warm-up. today is how many it has
// sent on the day of from. left is how many it does not reach before end.
func EstimateFinish(l Limits, linked, from, end time.Time, today, n int) (at time.Time, left int) {
	if l.Unlimited {
		return from, 0
	}
	zones, day := []*time.Location{l.Zone}, Day(from, l.Zone)
	most := max(1, n/1000) // at a time, so that a long list takes no longer than a short one
	at = from
	for n > 0 {
		t := nextLegal(at, l, zones)
		if d := Day(t, l.Zone); d != day {
			day, today = d, 0
		}
		if !t.Before(end) {
			return end, n
		}
		now := min(n, most, min(l.NumberPerDay, WarmUpToday(linked, l, t))-today)
		if now <= 0 {
			at = NextDay(t, l.Zone)
			continue
		}
		n, today, at = n-now, today+now, t.Add(time.Duration(now)*l.Every)
	}
	return at, 0
}
