-- +goose Up
-- Assess has looked at the contacts up to here; -1: at all of them.
ALTER TABLE occurrences ADD COLUMN assess_after BIGINT NOT NULL DEFAULT -1;

-- All that most plans read, in the order in which they write.
CREATE INDEX contacts_to_plan ON contacts (number, id, consent, suppressed, zones);
DROP INDEX contacts_by_zones;

-- The moment is read with the key. Outside the transaction that plans, the table is empty.
DROP TABLE own_times;
CREATE TABLE own_times (
    occurrence_id BIGINT NOT NULL,
    zones         TEXT NOT NULL,
    at            BIGINT NOT NULL,
    PRIMARY KEY (occurrence_id, zones, at)
);

-- +goose Down
DROP TABLE own_times;
CREATE TABLE own_times (
    occurrence_id BIGINT NOT NULL,
    zones         TEXT NOT NULL,
    at            BIGINT NOT NULL,
    PRIMARY KEY (occurrence_id, zones)
);
CREATE INDEX contacts_by_zones ON contacts (number, zones);
DROP INDEX contacts_to_plan;
ALTER TABLE occurrences DROP COLUMN assess_after;
