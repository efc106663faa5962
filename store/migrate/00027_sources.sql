-- How many times somebody asked for promotions by a poster or link with a tag, kept with the ledger, which says so in 'shown' ("source:TAG",
-- and an ad behind a space). Counting it for every look reads the whole ledger.

-- +goose Up
ALTER TABLE sources ADD COLUMN came BIGINT NOT NULL DEFAULT 0;
UPDATE sources SET came = counted.n
FROM (
    SELECT number, substr(shown, 8, instr(substr(shown, 8) || ' ', ' ') - 1) AS tag, COUNT(*) AS n
    FROM (
        SELECT number, json_extract(public, '$.shown') AS shown
        FROM ledger
        WHERE json_extract(public, '$.from') <> 'subscribed' AND json_extract(public, '$.to') = 'subscribed'
    )
    WHERE shown LIKE 'source:%'
    GROUP BY 1, 2
) AS counted
WHERE counted.number = sources.number AND counted.tag = sources.tag;

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
            json_extract(NEW.public, '$.shown'), 8, instr(substr(json_extract(NEW.public, '$.shown'), 8) || ' ', ' ') - 1
        );
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER sources_counted;
ALTER TABLE sources DROP COLUMN came;
