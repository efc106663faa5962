package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
)

const templateColumns = "name, language, id, status, category, quality, reason, hash, seen_at"

func scanTemplate(scan scanner) (t bot.TemplateState, err error) {
	err = scan(&t.Name, &t.Language, &t.ID, &t.Status, &t.Category, &t.Quality, &t.Reason, &t.Hash, moment(&t.Seen))
	return t, err
}

// Templates are the templates of a number as WhatsApp last told of them. name may be "" for all.
func (s *Store) Templates(ctx context.Context, number, name string) ([]bot.TemplateState, error) {
	return collect(s.query(ctx), scanTemplate, `
		SELECT `+templateColumns+`
		FROM templates
		WHERE number = $1 AND ($2 = '' OR name = $2)
		ORDER BY name, language`, number, name)
}

// SawTemplates keeps what WhatsApp tells of the templates of a number with a name: those that it does
// not tell of are gone. asked is when it was asked: what an answer to a later question says stays.
// What has not begun and cannot go out by its templates any more is taken back, with a notice. What
// is under way pauses at its next message. It may be repeated.
func (s *Store) SawTemplates(
	ctx context.Context, number, name string, all []bot.TemplateState, asked time.Time,
) error {
	return s.write(ctx, only(number), func(t *tx) error {
		later, err := t.row("SELECT 1 FROM templates WHERE number = $1 AND name = $2 AND seen_at > $3",
			[]any{number, name, millis(asked)}, new(int))
		if err != nil || later {
			return err
		}
		if err := t.exec("DELETE FROM templates WHERE number = $1 AND name = $2", number, name); err != nil {
			return err
		}
		for _, state := range all {
			if err := t.sawTemplate(number, state); err != nil {
				return err
			}
		}
		return t.disarmForTemplates(number, name, asked)
	})
}

func (t *tx) sawTemplate(number string, s bot.TemplateState) error {
	return t.exec(`
		INSERT INTO templates (number, `+templateColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (number, name, language) DO UPDATE
		SET id = $4, status = $5, category = $6, quality = $7, reason = $8, hash = $9, seen_at = $10`,
		number, s.Name, s.Language, s.ID, s.Status, s.Category, s.Quality, s.Reason, s.Hash, millis(s.Seen))
}

// disarmForTemplates cancels what has not begun and needs a template with that name which is not
// ready.
func (t *tx) disarmForTemplates(number, name string, now time.Time) error {
	scheduled, err := collect(t.rows, scanOccurrence, `
		SELECT `+occurrenceColumns+`
		FROM occurrences o
		WHERE o.number = $1 AND o.status = 'scheduled' AND o.templates <> ''`, number)
	if err != nil {
		return err
	}
	for _, o := range scheduled {
		refs := slices.DeleteFunc(o.Templates, func(r bot.TemplateRef) bool { return r.Name != name })
		why, err := t.templatesNotReady(number, refs)
		if err != nil || why == "" {
			if err != nil {
				return err
			}
			continue
		}
		if _, err := t.setStatus(o.ID, bot.OccurrenceCancelled, string(bot.TemplateNotReady), now); err != nil {
			return err
		}
		if err := t.notice(number, 0, bot.Notify{Kind: bot.NoticeBroadcast, Text: fmt.Sprintf(
			"broadcast %s does not go out as it was scheduled: %s. Schedule it again when the template is ready "+
				"(`broadcast template status %s`)", o.Broadcast, why, o.Broadcast)}, millis(now)); err != nil {
			return err
		}
	}
	return nil
}

// templatesNotReady says of the first of some templates that is not ready why it is not, "" where all
// are.
func (t *tx) templatesNotReady(number string, refs []bot.TemplateRef) (string, error) {
	for _, want := range refs {
		state, _, err := first(t.rows, scanTemplate, `
			SELECT `+templateColumns+`
			FROM templates
			WHERE number = $1 AND name = $2 AND language = $3`, number, want.Name, want.Language)
		if err != nil {
			return "", err
		}
		if why := state.NotReady(want); why != "" {
			return fmt.Sprintf("template %s in %s is not ready: %s", want.Name, want.Language, why), nil
		}
	}
	return "", nil
}

// onlyApproved pauses an occurrence whose promotion is not one that WhatsApp has approved, on a
// number whose promotions have to be (K3). paused is false where it may go out. asked keeps what was
// found out in this transaction: why a template is not ready, "" where it is.
func (t *tx) onlyApproved(
	o bot.Occurrence, p bot.Promotion, now time.Time, asked map[bot.TemplateRef]string,
) (paused bool, err error) {
	if !t.env(o.Number).Wire.Templates {
		return false, nil
	}
	why := "its text has no template"
	if p.Template != nil {
		want := bot.TemplateRef{Name: p.Template.Name, Language: p.Template.Language, Hash: p.Template.Hash}
		if i := slices.IndexFunc(o.Templates, func(r bot.TemplateRef) bool {
			return r.Name == want.Name && r.Language == want.Language
		}); i >= 0 {
			want.ID = o.Templates[i].ID
		}
		known := false
		if why, known = asked[want]; !known {
			if why, err = t.templatesNotReady(o.Number, []bot.TemplateRef{want}); err != nil {
				return false, err
			}
			asked[want] = why
		}
		if why == "" {
			return false, nil
		}
	}
	if _, err := t.setStatus(o.ID, bot.OccurrencePaused, string(bot.TemplateNotReady), now); err != nil {
		return false, err
	}
	return true, t.notice(o.Number, 0, bot.Notify{Kind: bot.NoticeBroadcast, Text: fmt.Sprintf(
		"broadcast %[1]s is paused: %[2]s. When it is ready (`broadcast template status %[1]s`), `broadcast resume %[1]s` "+
			"lets it go on", o.Broadcast, why)}, millis(now))
}

// refsColumn scans what refsText wrote.
type refsColumn struct{ into *[]bot.TemplateRef }

// Scan reads it.
func (c refsColumn) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("templates are a %T", v)
	}
	if *c.into = nil; text == "" {
		return nil
	}
	return json.NewDecoder(strings.NewReader(text)).Decode(c.into)
}

func refsText(refs []bot.TemplateRef) (string, error) {
	if len(refs) == 0 {
		return "", nil
	}
	text, err := json.Marshal(refs)
	return string(text), err
}
