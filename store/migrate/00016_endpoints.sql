-- +goose Up
-- The highest ID that an endpoint has had: none is given twice, for a program may still know one by it.
ALTER TABLE files ADD COLUMN last_endpoint BIGINT NOT NULL DEFAULT 0;
UPDATE files SET last_endpoint = MAX(
    COALESCE((SELECT MAX(id) FROM endpoints), 0),
    COALESCE((SELECT MAX(endpoint_id) FROM endpoint_attempts), 0)
);

-- Whether an earlier event of the same person waits is asked for every event that does.
CREATE INDEX endpoint_waits_of_person ON endpoint_waits (endpoint_id, number, contact_id, seq) WHERE dead_at = 0;

-- A merge and an erasure ask for the evidence of one person, while every stop waits for them.
CREATE INDEX ledger_personal_by_contact ON ledger_personal (contact_id);

-- +goose Down
DROP INDEX ledger_personal_by_contact;
DROP INDEX endpoint_waits_of_person;
ALTER TABLE files DROP COLUMN last_endpoint;
