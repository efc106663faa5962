-- What promotions cost, on a wire that charges. An occurrence knows in millionths of the currency what its deliveries come to at most,
-- and each delivery its part. charges counts the messages that WhatsApp says it charges for, or does not (kind), by day and country:
-- nobody is in it. occurrence_id is 0 for messages of conversations. A message of the outbox is counted once: priced.

-- +goose Up
ALTER TABLE occurrences ADD COLUMN cost BIGINT NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN cost BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN priced BIGINT NOT NULL DEFAULT 0;
CREATE TABLE charges (
    number        TEXT NOT NULL,
    occurrence_id BIGINT NOT NULL,
    day           TEXT NOT NULL,
    country       TEXT NOT NULL,
    category      TEXT NOT NULL,
    kind          TEXT NOT NULL,
    messages      BIGINT NOT NULL,
    PRIMARY KEY (number, occurrence_id, day, country, category, kind)
);

-- +goose Down
DROP TABLE charges;
ALTER TABLE outbox DROP COLUMN priced;
ALTER TABLE deliveries DROP COLUMN cost;
ALTER TABLE occurrences DROP COLUMN cost;
