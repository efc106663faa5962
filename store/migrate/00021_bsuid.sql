-- A person may have no phone: the Cloud API names them by a business-scoped user ID (BSUID) as well, or alone.

-- +goose Up
CREATE TABLE identities_of_now (
    number     TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('phone', 'lid', 'bsuid')),
    value      TEXT NOT NULL,
    contact_id BIGINT NOT NULL REFERENCES contacts (id),
    first_seen BIGINT NOT NULL,
    PRIMARY KEY (number, kind, value)
);
INSERT INTO identities_of_now (number, kind, value, contact_id, first_seen)
SELECT number, kind, value, contact_id, first_seen
FROM identities;
DROP TABLE identities;
ALTER TABLE identities_of_now RENAME TO identities;
CREATE INDEX identities_by_contact ON identities (contact_id);

-- +goose Down
SELECT 1;
