-- Numbers that are asked for all the time, kept with what changes them. Triggers keep the counts, so that no statement can forget
-- them. PostgreSQL wants the same triggers as functions.

-- +goose Up
-- How many deliveries of an occurrence have a status for a reason.
CREATE TABLE delivery_counts (
    occurrence_id BIGINT NOT NULL,
    status        TEXT NOT NULL,
    reason        TEXT NOT NULL,
    people        BIGINT NOT NULL,
    PRIMARY KEY (occurrence_id, status, reason)
);

-- What became of what was claimed, by variant and by the hour of the claim (UTC, since 1970).
CREATE TABLE outcome_counts (
    occurrence_id BIGINT NOT NULL,
    variant       BIGINT NOT NULL,
    hour          BIGINT NOT NULL,
    claimed       BIGINT NOT NULL,
    sent          BIGINT NOT NULL,
    delivered     BIGINT NOT NULL,
    read          BIGINT NOT NULL,
    replied       BIGINT NOT NULL,
    opted_out     BIGINT NOT NULL,
    bad           BIGINT NOT NULL,
    PRIMARY KEY (occurrence_id, variant, hour)
);

-- Occurrences whose deliveries the transaction under way counts by itself, all at once. Empty outside of it.
CREATE TABLE counted_apart (
    occurrence_id BIGINT PRIMARY KEY
);

-- How many contacts of a number have a value: what is 'consent', 'holds' or 'waits'.
CREATE TABLE contact_counts (
    number TEXT NOT NULL,
    what   TEXT NOT NULL,
    value  TEXT NOT NULL,
    people BIGINT NOT NULL,
    PRIMARY KEY (number, what, value)
);

-- What is asked of contacts and decided by their doc and their notices. See store/derive.go.
ALTER TABLE contacts ADD COLUMN holds TEXT NOT NULL DEFAULT '';              -- reasons, in order, joined by commas
ALTER TABLE contacts ADD COLUMN taken_until BIGINT NOT NULL DEFAULT 0;       -- a person of the shop has the chat until then
ALTER TABLE contacts ADD COLUMN undelivering_from BIGINT NOT NULL DEFAULT 0; -- their phone counts as gone from then on
ALTER TABLE contacts ADD COLUMN told BIGINT NOT NULL DEFAULT 0;              -- 1: the operator was told that they need a person
ALTER TABLE contacts ADD COLUMN waits_since BIGINT NOT NULL DEFAULT 0;       -- for a person of the shop; 0: they do not wait
ALTER TABLE contacts ADD COLUMN name TEXT NOT NULL DEFAULT '';               -- by which the shop knows them
CREATE INDEX contacts_holds ON contacts (number, holds) WHERE holds <> '';
CREATE INDEX contacts_taken ON contacts (number, taken_until) WHERE taken_until > 0;
CREATE INDEX contacts_undelivering ON contacts (number, undelivering_from) WHERE undelivering_from > 0;
CREATE INDEX contacts_waiting ON contacts (number, waits_since) WHERE waits_since > 0;
CREATE INDEX notices_about ON notices (contact_id, kind, at) WHERE contact_id <> 0;

-- The words of names, by which people are searched for.
CREATE TABLE name_words (
    contact_id BIGINT NOT NULL,
    word       TEXT NOT NULL,
    number     TEXT NOT NULL,
    PRIMARY KEY (contact_id, word)
);
CREATE INDEX name_words_by_word ON name_words (number, word, contact_id);
CREATE INDEX preferences_tags ON preferences (value, contact_id) WHERE name = 'tags';
CREATE INDEX deliveries_sent ON deliveries (occurrence_id, sent_at) WHERE sent_at > 0;

-- Of which version the columns and words above are filled; 0: not yet. One row.
CREATE TABLE derived (
    id      INTEGER PRIMARY KEY,                  -- 1
    version BIGINT NOT NULL DEFAULT 0
);
INSERT INTO derived (id) VALUES (1);

INSERT INTO delivery_counts (occurrence_id, status, reason, people)
SELECT occurrence_id, status, reason, COUNT(*) FROM deliveries GROUP BY occurrence_id, status, reason;
INSERT INTO outcome_counts (occurrence_id, variant, hour, claimed, sent, delivered, read, replied, opted_out, bad)
SELECT occurrence_id, variant, claimed_at / 3600000, COUNT(*),
    COUNT(CASE WHEN sent_at > 0 THEN 1 END),
    COUNT(CASE WHEN delivered_at > 0 THEN 1 END),
    COUNT(CASE WHEN read_at > 0 THEN 1 END),
    COUNT(CASE WHEN replied_at > 0 THEN 1 END),
    COUNT(CASE WHEN opted_out_at > 0 THEN 1 END),
    COUNT(CASE WHEN bad_at > 0 THEN 1 END)
FROM deliveries
WHERE claimed_at > 0
GROUP BY occurrence_id, variant, claimed_at / 3600000;
INSERT INTO contact_counts (number, what, value, people)
SELECT number, 'consent', consent, COUNT(*) FROM contacts GROUP BY number, consent;

-- +goose StatementBegin
CREATE TRIGGER deliveries_counted_new AFTER INSERT ON deliveries
WHEN NOT EXISTS (SELECT 1 FROM counted_apart WHERE occurrence_id = NEW.occurrence_id)
BEGIN
    INSERT INTO delivery_counts (occurrence_id, status, reason, people)
    VALUES (NEW.occurrence_id, NEW.status, NEW.reason, 1)
    ON CONFLICT (occurrence_id, status, reason) DO UPDATE SET people = people + 1;
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
    ON CONFLICT (occurrence_id, status, reason) DO UPDATE SET people = people + 1;
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
        NEW.occurrence_id, NEW.variant, NEW.claimed_at / 3600000, 1, NEW.sent_at > 0, NEW.delivered_at > 0,
        NEW.read_at > 0, NEW.replied_at > 0, NEW.opted_out_at > 0, NEW.bad_at > 0
    )
    ON CONFLICT (occurrence_id, variant, hour) DO UPDATE
    SET claimed = claimed + 1, sent = sent + excluded.sent, delivered = delivered + excluded.delivered,
        read = read + excluded.read, replied = replied + excluded.replied,
        opted_out = opted_out + excluded.opted_out, bad = bad + excluded.bad;
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
    SET claimed = claimed - 1, sent = sent - (OLD.sent_at > 0), delivered = delivered - (OLD.delivered_at > 0),
        read = read - (OLD.read_at > 0), replied = replied - (OLD.replied_at > 0),
        opted_out = opted_out - (OLD.opted_out_at > 0), bad = bad - (OLD.bad_at > 0)
    WHERE OLD.claimed_at > 0
        AND occurrence_id = OLD.occurrence_id AND variant = OLD.variant AND hour = OLD.claimed_at / 3600000;
    INSERT INTO outcome_counts (
        occurrence_id, variant, hour, claimed, sent, delivered, read, replied, opted_out, bad
    )
    SELECT NEW.occurrence_id, NEW.variant, NEW.claimed_at / 3600000, 1, NEW.sent_at > 0, NEW.delivered_at > 0,
        NEW.read_at > 0, NEW.replied_at > 0, NEW.opted_out_at > 0, NEW.bad_at > 0
    WHERE NEW.claimed_at > 0
    ON CONFLICT (occurrence_id, variant, hour) DO UPDATE
    SET claimed = claimed + 1, sent = sent + excluded.sent, delivered = delivered + excluded.delivered,
        read = read + excluded.read, replied = replied + excluded.replied,
        opted_out = opted_out + excluded.opted_out, bad = bad + excluded.bad;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER outcomes_counted_gone AFTER DELETE ON deliveries
WHEN OLD.claimed_at > 0
BEGIN
    UPDATE outcome_counts
    SET claimed = claimed - 1, sent = sent - (OLD.sent_at > 0), delivered = delivered - (OLD.delivered_at > 0),
        read = read - (OLD.read_at > 0), replied = replied - (OLD.replied_at > 0),
        opted_out = opted_out - (OLD.opted_out_at > 0), bad = bad - (OLD.bad_at > 0)
    WHERE occurrence_id = OLD.occurrence_id AND variant = OLD.variant AND hour = OLD.claimed_at / 3600000;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER contacts_counted_new AFTER INSERT ON contacts
BEGIN
    INSERT INTO contact_counts (number, what, value, people)
    VALUES (NEW.number, 'consent', NEW.consent, 1)
    ON CONFLICT (number, what, value) DO UPDATE SET people = people + 1;
    INSERT INTO contact_counts (number, what, value, people)
    SELECT NEW.number, 'holds', NEW.holds, 1 WHERE NEW.holds <> ''
    ON CONFLICT (number, what, value) DO UPDATE SET people = people + 1;
    INSERT INTO contact_counts (number, what, value, people)
    SELECT NEW.number, 'waits', '', 1 WHERE NEW.waits_since > 0
    ON CONFLICT (number, what, value) DO UPDATE SET people = people + 1;
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
    ON CONFLICT (number, what, value) DO UPDATE SET people = people + 1;
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
    ON CONFLICT (number, what, value) DO UPDATE SET people = people + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER waits_counted AFTER UPDATE OF waits_since ON contacts
WHEN (OLD.waits_since > 0) <> (NEW.waits_since > 0)
BEGIN
    INSERT INTO contact_counts (number, what, value, people)
    VALUES (NEW.number, 'waits', '', CASE WHEN NEW.waits_since > 0 THEN 1 ELSE -1 END)
    ON CONFLICT (number, what, value) DO UPDATE SET people = people + excluded.people;
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

-- +goose Down
DROP TRIGGER contacts_counted_gone;
DROP TRIGGER waits_counted;
DROP TRIGGER holds_counted;
DROP TRIGGER consents_counted;
DROP TRIGGER contacts_counted_new;
DROP TRIGGER outcomes_counted_gone;
DROP TRIGGER outcomes_counted;
DROP TRIGGER outcomes_counted_new;
DROP TRIGGER deliveries_counted_gone;
DROP TRIGGER deliveries_counted;
DROP TRIGGER deliveries_counted_new;
DROP TABLE derived;
DROP INDEX deliveries_sent;
DROP INDEX preferences_tags;
DROP TABLE name_words;
DROP INDEX notices_about;
DROP INDEX contacts_waiting;
DROP INDEX contacts_undelivering;
DROP INDEX contacts_taken;
DROP INDEX contacts_holds;
ALTER TABLE contacts DROP COLUMN name;
ALTER TABLE contacts DROP COLUMN waits_since;
ALTER TABLE contacts DROP COLUMN told;
ALTER TABLE contacts DROP COLUMN undelivering_from;
ALTER TABLE contacts DROP COLUMN taken_until;
ALTER TABLE contacts DROP COLUMN holds;
DROP TABLE contact_counts;
DROP TABLE counted_apart;
DROP TABLE outcome_counts;
DROP TABLE delivery_counts;
