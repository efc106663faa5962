-- +goose Up
-- What a delivery has waited for, in order.
CREATE TABLE delivery_holds (
    contact_id    BIGINT NOT NULL,
    occurrence_id BIGINT NOT NULL,
    position      BIGINT NOT NULL,                -- from 1
    reason        TEXT NOT NULL,
    since         BIGINT NOT NULL,
    PRIMARY KEY (contact_id, occurrence_id, position)
);

-- Until now they were a text, "reason@since reason@since ". rtrim(x, replace(x, ' ', '')) is x up to its last space: it takes away
-- every character at the end that is none. So the words come off the end one by one.
INSERT INTO delivery_holds (contact_id, occurrence_id, position, reason, since)
WITH RECURSIVE
    words (contact_id, occurrence_id, position, rest, before) AS (
        SELECT contact_id, occurrence_id,
            length(rtrim(holds)) - length(replace(rtrim(holds), ' ', '')) + 1,
            rtrim(holds),
            rtrim(rtrim(holds), replace(holds, ' ', ''))
        FROM deliveries
        WHERE holds <> ''
        UNION ALL
        SELECT contact_id, occurrence_id, position - 1, rtrim(before), rtrim(rtrim(before), replace(before, ' ', ''))
        FROM words
        WHERE before <> ''
    ),
    parts (contact_id, occurrence_id, position, word, reason) AS (
        SELECT contact_id, occurrence_id, position,
            substr(rest, length(before) + 1),
            rtrim(substr(rest, length(before) + 1), replace(substr(rest, length(before) + 1), '@', ''))
        FROM words
    )
SELECT contact_id, occurrence_id, position, rtrim(reason, '@'), CAST(substr(word, length(reason) + 1) AS BIGINT)
FROM parts
WHERE reason <> '';
ALTER TABLE deliveries DROP COLUMN holds;

-- 1: a stop came while it was being sent. Whatever becomes of it, it is not sent again. Until now 1,000 attempts said so.
ALTER TABLE outbox ADD COLUMN overtaken BIGINT NOT NULL DEFAULT 0;
UPDATE outbox SET overtaken = 1, attempts = 1 WHERE attempts >= 1000;

-- +goose Down
UPDATE outbox SET attempts = 1001 WHERE overtaken = 1;
ALTER TABLE outbox DROP COLUMN overtaken;
ALTER TABLE deliveries ADD COLUMN holds TEXT NOT NULL DEFAULT '';
DROP TABLE delivery_holds;
