-- +goose Up
-- How much of optouts.log this database has carried out: so many bytes, and the hash of those lines (see logHash). One row.
CREATE TABLE optouts_applied (
    id     INTEGER PRIMARY KEY,                   -- 1
    length BIGINT NOT NULL,
    hash   TEXT NOT NULL
);
INSERT INTO optouts_applied (id, length, hash) VALUES (1, 0, '');

-- The last head of the ledger that was put into the number's own chat.
ALTER TABLE numbers ADD COLUMN anchored_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE numbers ADD COLUMN anchored_head TEXT NOT NULL DEFAULT '';

-- The last entry about a contact says what their consent is.
DROP INDEX ledger_by_contact;
CREATE INDEX ledger_by_contact ON ledger (contact_id, seq);

-- +goose Down
DROP INDEX ledger_by_contact;
CREATE INDEX ledger_by_contact ON ledger (contact_id);
ALTER TABLE numbers DROP COLUMN anchored_head;
ALTER TABLE numbers DROP COLUMN anchored_at;
DROP TABLE optouts_applied;
