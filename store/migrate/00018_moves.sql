-- What a page asks for with each look, kept with what changes it: how many people asked for promotions and stopped them, and how many
-- have a tag. And the acts of one operator, or about one number, are found without reading those of all others.

-- +goose Up
-- How many people became subscribed, and how many were it no longer, in a quarter of an hour (UTC, since 1970): every zone has its
-- midnight at the beginning of one.
CREATE TABLE consent_moves (
    number  TEXT NOT NULL,
    quarter BIGINT NOT NULL,
    joined  BIGINT NOT NULL,
    stopped BIGINT NOT NULL,
    PRIMARY KEY (number, quarter)
);
INSERT INTO consent_moves (number, quarter, joined, stopped)
SELECT number, CAST(strftime('%s', json_extract(public, '$.recorded')) AS INTEGER) / 900,
    COUNT(CASE WHEN json_extract(public, '$.to') = 'subscribed' THEN 1 END),
    COUNT(CASE WHEN json_extract(public, '$.from') = 'subscribed' THEN 1 END)
FROM ledger
WHERE json_extract(public, '$.from') <> json_extract(public, '$.to')
    AND 'subscribed' IN (json_extract(public, '$.from'), json_extract(public, '$.to'))
GROUP BY 1, 2;

-- +goose StatementBegin
CREATE TRIGGER consents_move AFTER INSERT ON ledger
WHEN CASE WHEN json_valid(NEW.public) THEN
    json_extract(NEW.public, '$.from') <> json_extract(NEW.public, '$.to')
    AND 'subscribed' IN (json_extract(NEW.public, '$.from'), json_extract(NEW.public, '$.to'))
END
BEGIN
    INSERT INTO consent_moves (number, quarter, joined, stopped)
    VALUES (
        NEW.number, CAST(strftime('%s', json_extract(NEW.public, '$.recorded')) AS INTEGER) / 900,
        json_extract(NEW.public, '$.to') = 'subscribed', json_extract(NEW.public, '$.from') = 'subscribed'
    )
    ON CONFLICT (number, quarter) DO UPDATE SET joined = joined + excluded.joined, stopped = stopped + excluded.stopped;
END;
-- +goose StatementEnd

-- 'tag' in contact_counts
INSERT INTO contact_counts (number, what, value, people)
SELECT c.number, 'tag', p.value, COUNT(*)
FROM preferences p
JOIN contacts c ON c.id = p.contact_id
WHERE p.name = 'tags'
GROUP BY c.number, p.value;

-- +goose StatementBegin
CREATE TRIGGER tags_counted_new AFTER INSERT ON preferences
WHEN NEW.name = 'tags'
BEGIN
    INSERT INTO contact_counts (number, what, value, people)
    SELECT number, 'tag', NEW.value, 1 FROM contacts WHERE id = NEW.contact_id
    ON CONFLICT (number, what, value) DO UPDATE SET people = people + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tags_counted_gone AFTER DELETE ON preferences
WHEN OLD.name = 'tags'
BEGIN
    UPDATE contact_counts SET people = people - 1
    WHERE number = (SELECT number FROM contacts WHERE id = OLD.contact_id) AND what = 'tag' AND value = OLD.value;
END;
-- +goose StatementEnd

CREATE INDEX acts_by_number ON acts (number);
CREATE INDEX acts_by_who ON acts (who);

-- +goose Down
DROP INDEX acts_by_who;
DROP INDEX acts_by_number;
DROP TRIGGER tags_counted_gone;
DROP TRIGGER tags_counted_new;
DELETE FROM contact_counts WHERE what = 'tag';
DROP TRIGGER consents_move;
DROP TABLE consent_moves;
