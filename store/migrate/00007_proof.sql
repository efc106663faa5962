-- +goose Up
-- What the database knows of the files beside it. One row.
CREATE TABLE files (
    id             INTEGER PRIMARY KEY,           -- 1
    optouts_length BIGINT NOT NULL DEFAULT 0,     -- how much of optouts.log is carried out, in bytes
    optouts_hash   TEXT NOT NULL DEFAULT '',      -- of those lines; see logHash
    key_check      TEXT NOT NULL DEFAULT ''       -- tells the right secret.key from another; see keyCheck
);
INSERT INTO files (id) VALUES (1);

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
DROP TABLE files;
