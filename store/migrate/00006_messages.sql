-- +goose Up
-- A contact may have a timer of each kind: of an open question, and of single messages.
CREATE TABLE timers_by_kind (
    contact_id BIGINT NOT NULL,
    number     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    due_at     BIGINT NOT NULL,
    PRIMARY KEY (contact_id, kind)
);
INSERT INTO timers_by_kind (contact_id, number, kind, due_at) SELECT contact_id, number, kind, due_at FROM timers;
DROP TABLE timers;
ALTER TABLE timers_by_kind RENAME TO timers;
CREATE INDEX timers_due ON timers (number, due_at);

-- Texts that the shop's phone sent so fast that its app may have sent them by itself. A row with contact 0 says that it did.
CREATE TABLE shop_texts (
    number     TEXT NOT NULL,
    hash       TEXT NOT NULL,                     -- SHA-256 of the text, hex
    contact_id BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    at         BIGINT NOT NULL,                   -- server time
    PRIMARY KEY (number, hash, contact_id)
);
CREATE INDEX shop_texts_by_contact ON shop_texts (contact_id);

-- Messages of which this build knew nothing.
CREATE INDEX inbox_unknown ON inbox (received_at) WHERE kind = 'unknown';

-- +goose Down
DROP INDEX inbox_unknown;
DROP TABLE shop_texts;
CREATE TABLE timers_by_contact (
    contact_id INTEGER PRIMARY KEY,               -- one timer each: the next thing that happens if they stay silent
    number     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    due_at     BIGINT NOT NULL
);
INSERT INTO timers_by_contact (contact_id, number, kind, due_at) SELECT contact_id, number, kind, due_at FROM timers WHERE kind IN ('timeout', 'reminder');
DROP TABLE timers;
ALTER TABLE timers_by_contact RENAME TO timers;
CREATE INDEX timers_due ON timers (number, due_at);
