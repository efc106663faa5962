package desk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/flows"
)

// A FlowOffer says what publishing a text of a flow would do. What it shows is what is published,
// or nothing.
type FlowOffer struct {
	Text    FlowText      `json:"text"`
	Check   FlowTextCheck `json:"check"`
	Test    FlowTest      `json:"test"`
	Refused string        `json:"refused,omitempty"` // why it cannot be published. "" where it can
	Ordinal int           `json:"ordinal"`           // the how-manieth version of the number it would be
}

// OfferFlow says what publishing the text of a number's flow would do: who moves, what people will
// notice, which conversations fail. It changes nothing, and may be repeated.
func (d *Desk) OfferFlow(ctx context.Context, number string) (o FlowOffer, err error) {
	if err := d.may(ctx, ActPublishFlow, number); err != nil {
		return o, err
	}
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return o, err
	}
	if o.Text, err = d.flowText(n); err != nil {
		return o, err
	}
	if o.Check, err = d.CheckFlowText(ctx, number, o.Text.Text); err != nil {
		return o, err
	}
	c, err := d.candidate(ctx, d.Files.With(n.Flow+".yaml", []byte(o.Text.Text)), n)
	if err != nil {
		return o, err
	}
	o.Refused = d.asItIs(c)
	o.Test = FlowTest{Results: append([]TestResult{}, c.results...), Failed: len(c.failed)}
	versions, err := d.Store.FlowVersions(ctx, n.Name)
	o.Ordinal = len(versions) + 1
	return o, err
}

// A Publication says what was published.
type Publication struct {
	Version string     `json:"version"`
	Changes []string   `json:"changes"` // what people will notice
	Moves   []FlowMove `json:"moves"`   // who moved
	Kept    string     `json:"kept"`    // the file that has the text of before. "" where there was none
}

// PublishFlow lets a number speak the text that was offered: it is written into the flow's file, and
// the file of before is kept beside it. It is refused as stale where the text or the file has another
// version by now than the offer said, and refused where the text has problems, a conversation is not
// as expected, or people stand on a state that it lacks. A repetition is stale, or changes nothing.
func (d *Desk) PublishFlow(ctx context.Context, number, version, inFile string) (p Publication, err error) {
	ctx, end, err := d.begin(ctx, ActPublishFlow, number)
	if err != nil {
		return p, err
	}
	defer func() { end(err) }()
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return p, err
	}
	if err := d.ofAll(ctx, n.Flow); err != nil {
		return p, err
	}
	d.taking.Lock()
	defer d.taking.Unlock()
	t, err := d.editable(n, version)
	if err != nil {
		return p, err
	}
	if t.InFile != inFile {
		return p, stale("%s has changed since you looked at it", t.File)
	}
	c, err := d.candidate(ctx, d.Files.With(n.Flow+".yaml", []byte(t.Text)), n)
	if err == nil && c.refused != "" {
		err = Refuse("%s", d.asItIs(c))
	}
	if err != nil {
		return p, err
	}
	if p.Kept, err = d.writeDraft(n, t); err != nil {
		return p, err
	}
	p.Version, p.Changes = c.flow.Version, append([]string{}, c.changes...)
	for from, to := range c.moved {
		p.Moves = append(p.Moves, FlowMove{from, to, c.people[from]})
	}
	if m := d.Machine(n.Name); m != nil && m.Flow.Version == c.flow.Version {
		return p, nil
	}
	now := d.Now()
	if err := d.take(ctx, c, now); err != nil {
		return p, err
	}
	return p, d.Store.Notify(ctx, n.Name, bot.NoticeFlow, c.taken(), now)
}

// writeDraft makes a draft the file of its flow, where the text is one.
func (d *Desk) writeDraft(n config.Number, t FlowText) (kept string, err error) {
	if !t.Draft {
		return "", nil
	}
	if kept, err = d.Files.replaceFlow(n.Flow, []byte(t.Text), t.InFile); err != nil {
		return "", err
	}
	err = os.Remove(d.Files.FlowPath(n.Flow) + draftEnding)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return kept, err
}

// A PastFlow is a version that a number has spoken.
type PastFlow struct {
	Version  string    `json:"version"`
	Ordinal  int       `json:"ordinal"` // the how-manieth it was
	Flow     string    `json:"flow"`
	Accepted time.Time `json:"accepted"`
	Changes  []string  `json:"changes"` // against the one before. None of the oldest that is shown
	Live     bool      `json:"live"`    // the number speaks it
}

// FlowHistory is the newest versions that a number has spoken, at most so many, the newest first. It
// changes nothing, and may be repeated.
func (d *Desk) FlowHistory(ctx context.Context, number string, most int) (past []PastFlow, err error) {
	if err := d.mayRead(ctx, number); err != nil {
		return nil, err
	}
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return nil, err
	}
	versions, err := d.Store.FlowVersions(ctx, n.Name)
	if err != nil {
		return nil, err
	}
	past = []PastFlow{}
	var after *flows.Flow
	for i, v := range versions[:min(len(versions), most+1)] {
		flow, _ := flows.LoadAccepted(v.Flow+".yaml", v.Source)
		if i > 0 && flow != nil && after != nil {
			past[i-1].Changes = append(past[i-1].Changes, flows.Diff(flow, after)...)
		}
		after = flow
		if i < most {
			m := d.Machine(n.Name)
			past = append(past, PastFlow{Version: v.Version, Ordinal: len(versions) - i, Flow: v.Flow, Accepted: v.Accepted,
				Changes: []string{}, Live: m != nil && m.Flow.Version == v.Version})
		}
	}
	return past, nil
}
