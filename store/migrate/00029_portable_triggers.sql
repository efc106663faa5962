-- The triggers that keep counts, in words that SQLite and PostgreSQL both understand: a condition is no number, and of two columns
-- with one name it is said which is meant. What they do is as before. PostgreSQL has triggers from here on (postgres_migrate.go).

-- +goose Up
DROP TRIGGER deliveries_counted_new;
DROP TRIGGER deliveries_counted;
DROP TRIGGER deliveries_counted_gone;
DROP TRIGGER outcomes_counted_new;
DROP TRIGGER outcomes_counted;
DROP TRIGGER outcomes_counted_gone;
DROP TRIGGER contacts_counted_new;
DROP TRIGGER consents_counted;
DROP TRIGGER holds_counted;
DROP TRIGGER waits_counted;
DROP TRIGGER contacts_counted_gone;
DROP TRIGGER contacts_pass;
DROP TRIGGER contacts_begin;
DROP TRIGGER contacts_gone;
DROP TRIGGER states_counted_new;
DROP TRIGGER states_counted;
DROP TRIGGER states_counted_gone;
DROP TRIGGER consents_move;
DROP TRIGGER tags_counted_new;
DROP TRIGGER tags_counted_gone;
DROP TRIGGER reply_pictures_gone;
DROP TRIGGER reply_pictures_forgotten;
DROP TRIGGER sources_counted;

-- +goose StatementBegin
CREATE TRIGGER deliveries_counted_new AFTER INSERT ON deliveries
WHEN NOT EXISTS (SELECT 1 FROM counted_apart WHERE occurrence_id = NEW.occurrence_id)
BEGIN
    INSERT INTO delivery_counts (occurrence_id, status, reason, people)
    VALUES (NEW.occurrence_id, NEW.status, NEW.reason, 1)
    ON CONFLICT (occurrence_id, status, reason) DO UPDATE SET people = delivery_counts.people + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER deliveries_counted AFTER UPDATE OF status, reason ON deliveries
WHEN (OLD.status <> NEW.status OR OLD.reason <> NEW.reason)
    AND NOT EXISTS (SELECT 1 FROM counted_apart WHERE occurrence_id = NEW.occurrence_id)
BEGIN
    UPDATE delivery_counts SET people = people - 1
    WHERE occurrence_id = OLD.occurrence_id AND status = OLD.status AND reason = OLD.reason;
    INSERT INTO delivery_counts (occurrence_id, status, reason, people)
    VALUES (NEW.occurrence_id, NEW.status, NEW.reason, 1)
    ON CONFLICT (occurrence_id, status, reason) DO UPDATE SET people = delivery_counts.people + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER deliveries_counted_gone AFTER DELETE ON deliveries
BEGIN
    UPDATE delivery_counts SET people = people - 1
    WHERE occurrence_id = OLD.occurrence_id AND status = OLD.status AND reason = OLD.reason;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER outcomes_counted_new AFTER INSERT ON deliveries
WHEN NEW.claimed_at > 0
BEGIN
    INSERT INTO outcome_counts (
        occurrence_id, variant, hour, claimed, sent, delivered, read, replied, opted_out, bad
    )
    VALUES (
        NEW.occurrence_id, NEW.variant, NEW.claimed_at / 3600000, 1, CASE WHEN NEW.sent_at > 0 THEN 1 ELSE 0 END,
        CASE WHEN NEW.delivered_at > 0 THEN 1 ELSE 0 END,
        CASE WHEN NEW.read_at > 0 THEN 1 ELSE 0 END, CASE WHEN NEW.replied_at > 0 THEN 1 ELSE 0 END,
        CASE WHEN NEW.opted_out_at > 0 THEN 1 ELSE 0 END, CASE WHEN NEW.bad_at > 0 THEN 1 ELSE 0 END
    )
    ON CONFLICT (occurrence_id, variant, hour) DO UPDATE
    SET claimed = outcome_counts.claimed + 1, sent = outcome_counts.sent + excluded.sent,
        delivered = outcome_counts.delivered + excluded.delivered,
        read = outcome_counts.read + excluded.read, replied = outcome_counts.replied + excluded.replied,
        opted_out = outcome_counts.opted_out + excluded.opted_out, bad = outcome_counts.bad + excluded.bad;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER outcomes_counted
AFTER UPDATE OF variant, claimed_at, sent_at, delivered_at, read_at, replied_at, opted_out_at, bad_at ON deliveries
WHEN (OLD.claimed_at > 0 OR NEW.claimed_at > 0)
    AND (
        OLD.variant <> NEW.variant
        OR OLD.claimed_at / 3600000 <> NEW.claimed_at / 3600000
        OR (OLD.claimed_at > 0) <> (NEW.claimed_at > 0)
        OR (OLD.sent_at > 0) <> (NEW.sent_at > 0)
        OR (OLD.delivered_at > 0) <> (NEW.delivered_at > 0)
        OR (OLD.read_at > 0) <> (NEW.read_at > 0)
        OR (OLD.replied_at > 0) <> (NEW.replied_at > 0)
        OR (OLD.opted_out_at > 0) <> (NEW.opted_out_at > 0)
        OR (OLD.bad_at > 0) <> (NEW.bad_at > 0)
    )
BEGIN
    UPDATE outcome_counts
    SET claimed = claimed - 1, sent = sent - CASE WHEN OLD.sent_at > 0 THEN 1 ELSE 0 END,
        delivered = delivered - CASE WHEN OLD.delivered_at > 0 THEN 1 ELSE 0 END,
        read = read - CASE WHEN OLD.read_at > 0 THEN 1 ELSE 0 END,
        replied = replied - CASE WHEN OLD.replied_at > 0 THEN 1 ELSE 0 END,
        opted_out = opted_out - CASE WHEN OLD.opted_out_at > 0 THEN 1 ELSE 0 END,
        bad = bad - CASE WHEN OLD.bad_at > 0 THEN 1 ELSE 0 END
    WHERE OLD.claimed_at > 0
        AND occurrence_id = OLD.occurrence_id AND variant = OLD.variant AND hour = OLD.claimed_at / 3600000;
    INSERT INTO outcome_counts (
        occurrence_id, variant, hour, claimed, sent, delivered, read, replied, opted_out, bad
    )
    SELECT NEW.occurrence_id, NEW.variant, NEW.claimed_at / 3600000, 1, CASE WHEN NEW.sent_at > 0 THEN 1 ELSE 0 END,
        CASE WHEN NEW.delivered_at > 0 THEN 1 ELSE 0 END,
        CASE WHEN NEW.read_at > 0 THEN 1 ELSE 0 END, CASE WHEN NEW.replied_at > 0 THEN 1 ELSE 0 END,
        CASE WHEN NEW.opted_out_at > 0 THEN 1 ELSE 0 END, CASE WHEN NEW.bad_at > 0 THEN 1 ELSE 0 END
    WHERE NEW.claimed_at > 0
    ON CONFLICT (occurrence_id, variant, hour) DO UPDATE
    SET claimed = outcome_counts.claimed + 1, sent = outcome_counts.sent + excluded.sent,
        delivered = outcome_counts.delivered + excluded.delivered,
        read = outcome_counts.read + excluded.read, replied = outcome_counts.replied + excluded.replied,
        opted_out = outcome_counts.opted_out + excluded.opted_out, bad = outcome_counts.bad + excluded.bad;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER outcomes_counted_gone AFTER DELETE ON deliveries
WHEN OLD.claimed_at > 0
BEGIN
    UPDATE outcome_counts
    SET claimed = claimed - 1, sent = sent - CASE WHEN OLD.sent_at > 0 THEN 1 ELSE 0 END,
        delivered = delivered - CASE WHEN OLD.delivered_at > 0 THEN 1 ELSE 0 END,
        read = read - CASE WHEN OLD.read_at > 0 THEN 1 ELSE 0 END,
        replied = replied - CASE WHEN OLD.replied_at > 0 THEN 1 ELSE 0 END,
        opted_out = opted_out - CASE WHEN OLD.opted_out_at > 0 THEN 1 ELSE 0 END,
        bad = bad - CASE WHEN OLD.bad_at > 0 THEN 1 ELSE 0 END
    WHERE occurrence_id = OLD.occurrence_id AND variant = OLD.variant AND hour = OLD.claimed_at / 3600000;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER contacts_counted_new AFTER INSERT ON contacts
BEGIN
    INSERT INTO contact_counts (number, what, value, people)
    VALUES (NEW.number, 'consent', NEW.consent, 1)
    ON CONFLICT (number, what, value) DO UPDATE SET people = contact_counts.people + 1;
    INSERT INTO contact_counts (number, what, value, people)
    SELECT NEW.number, 'holds', NEW.holds, 1 WHERE NEW.holds <> ''
    ON CONFLICT (number, what, value) DO UPDATE SET people = contact_counts.people + 1;
    INSERT INTO contact_counts (number, what, value, people)
    SELECT NEW.number, 'waits', '', 1 WHERE NEW.waits_since > 0
    ON CONFLICT (number, what, value) DO UPDATE SET people = contact_counts.people + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consents_counted AFTER UPDATE OF consent ON contacts
WHEN OLD.consent <> NEW.consent
BEGIN
    UPDATE contact_counts SET people = people - 1
    WHERE number = OLD.number AND what = 'consent' AND value = OLD.consent;
    INSERT INTO contact_counts (number, what, value, people)
    VALUES (NEW.number, 'consent', NEW.consent, 1)
    ON CONFLICT (number, what, value) DO UPDATE SET people = contact_counts.people + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER holds_counted AFTER UPDATE OF holds ON contacts
WHEN OLD.holds <> NEW.holds
BEGIN
    UPDATE contact_counts SET people = people - 1
    WHERE OLD.holds <> '' AND number = OLD.number AND what = 'holds' AND value = OLD.holds;
    INSERT INTO contact_counts (number, what, value, people)
    SELECT NEW.number, 'holds', NEW.holds, 1 WHERE NEW.holds <> ''
    ON CONFLICT (number, what, value) DO UPDATE SET people = contact_counts.people + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER waits_counted AFTER UPDATE OF waits_since ON contacts
WHEN (OLD.waits_since > 0) <> (NEW.waits_since > 0)
BEGIN
    INSERT INTO contact_counts (number, what, value, people)
    VALUES (NEW.number, 'waits', '', CASE WHEN NEW.waits_since > 0 THEN 1 ELSE -1 END)
    ON CONFLICT (number, what, value) DO UPDATE SET people = contact_counts.people + excluded.people;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER contacts_counted_gone AFTER DELETE ON contacts
BEGIN
    UPDATE contact_counts SET people = people - 1
    WHERE number = OLD.number
        AND (
            what = 'consent' AND value = OLD.consent
            OR what = 'holds' AND value = OLD.holds
            OR what = 'waits' AND OLD.waits_since > 0
        );
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER contacts_pass AFTER UPDATE OF state ON contacts
WHEN OLD.state <> NEW.state AND NEW.state <> ''
BEGIN
    INSERT INTO passages (number, day, came_from, went_to, silent, people)
    VALUES (NEW.number, NEW.updated_at / 86400000, OLD.state, NEW.state,
        CASE WHEN OLD.last_inbound = NEW.last_inbound THEN 1 ELSE 0 END, 1)
    ON CONFLICT (number, day, came_from, went_to, silent) DO UPDATE SET people = passages.people + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER contacts_begin AFTER INSERT ON contacts
WHEN NEW.state <> ''
BEGIN
    INSERT INTO passages (number, day, came_from, went_to, silent, people)
    VALUES (NEW.number, NEW.updated_at / 86400000, '', NEW.state, 0, 1)
    ON CONFLICT (number, day, came_from, went_to, silent) DO UPDATE SET people = passages.people + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER contacts_gone AFTER DELETE ON contacts
BEGIN
    UPDATE files SET last_contact = OLD.id WHERE id = 1 AND last_contact < OLD.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER states_counted_new AFTER INSERT ON contacts
WHEN NEW.state <> ''
BEGIN
    INSERT INTO contact_counts (number, what, value, people)
    VALUES (NEW.number, 'state', NEW.state, 1)
    ON CONFLICT (number, what, value) DO UPDATE SET people = contact_counts.people + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER states_counted AFTER UPDATE OF state ON contacts
WHEN OLD.state <> NEW.state
BEGIN
    UPDATE contact_counts SET people = people - 1
    WHERE OLD.state <> '' AND number = OLD.number AND what = 'state' AND value = OLD.state;
    INSERT INTO contact_counts (number, what, value, people)
    SELECT NEW.number, 'state', NEW.state, 1 WHERE NEW.state <> ''
    ON CONFLICT (number, what, value) DO UPDATE SET people = contact_counts.people + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER states_counted_gone AFTER DELETE ON contacts
WHEN OLD.state <> ''
BEGIN
    UPDATE contact_counts SET people = people - 1
    WHERE number = OLD.number AND what = 'state' AND value = OLD.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consents_move AFTER INSERT ON ledger
WHEN CASE WHEN json_valid(NEW.public) THEN
    json_extract(NEW.public, '$.from') <> json_extract(NEW.public, '$.to')
    AND 'subscribed' IN (json_extract(NEW.public, '$.from'), json_extract(NEW.public, '$.to'))
END
BEGIN
    INSERT INTO consent_moves (number, quarter, joined, stopped)
    VALUES (
        NEW.number, CAST(strftime('%s', json_extract(NEW.public, '$.recorded')) AS BIGINT) / 900,
        CASE WHEN json_extract(NEW.public, '$.to') = 'subscribed' THEN 1 ELSE 0 END,
        CASE WHEN json_extract(NEW.public, '$.from') = 'subscribed' THEN 1 ELSE 0 END
    )
    ON CONFLICT (number, quarter) DO UPDATE SET joined = consent_moves.joined + excluded.joined,
        stopped = consent_moves.stopped + excluded.stopped;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tags_counted_new AFTER INSERT ON preferences
WHEN NEW.name = 'tags'
BEGIN
    INSERT INTO contact_counts (number, what, value, people)
    SELECT number, 'tag', NEW.value, 1 FROM contacts WHERE id = NEW.contact_id
    ON CONFLICT (number, what, value) DO UPDATE SET people = contact_counts.people + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tags_counted_gone AFTER DELETE ON preferences
WHEN OLD.name = 'tags'
BEGIN
    UPDATE contact_counts SET people = people - 1
    WHERE number = (SELECT number FROM contacts WHERE id = OLD.contact_id) AND what = 'tag' AND value = OLD.value;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER reply_pictures_gone AFTER DELETE ON outbox
WHEN OLD.media <> '' AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.media = OLD.media AND o.media <> '')
BEGIN
    DELETE FROM media
    WHERE hash = CASE WHEN json_valid(OLD.media) THEN json_extract(OLD.media, '$.hash') END
        AND NOT EXISTS (SELECT 1 FROM occurrences WHERE instr(occurrences.media, hash) > 0)
        AND NOT EXISTS (SELECT 1 FROM schedules WHERE instr(schedules.media, hash) > 0);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER reply_pictures_forgotten AFTER UPDATE OF media ON outbox
WHEN OLD.media <> '' AND NEW.media = '' AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.media = OLD.media AND o.media <> '')
BEGIN
    DELETE FROM media
    WHERE hash = CASE WHEN json_valid(OLD.media) THEN json_extract(OLD.media, '$.hash') END
        AND NOT EXISTS (SELECT 1 FROM occurrences WHERE instr(occurrences.media, hash) > 0)
        AND NOT EXISTS (SELECT 1 FROM schedules WHERE instr(schedules.media, hash) > 0);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER sources_counted AFTER INSERT ON ledger
WHEN CASE WHEN json_valid(NEW.public) THEN
    json_extract(NEW.public, '$.from') <> 'subscribed'
    AND json_extract(NEW.public, '$.to') = 'subscribed'
    AND json_extract(NEW.public, '$.shown') LIKE 'source:%'
END
BEGIN
    UPDATE sources SET came = came + 1
    WHERE number = NEW.number
        AND tag = substr(
            json_extract(NEW.public, '$.shown'), 8, instr(substr(json_extract(NEW.public, '$.shown'), 8) || ' ',
            ' ') - 1
        );
END;
-- +goose StatementEnd

-- +goose Down
SELECT 1;
