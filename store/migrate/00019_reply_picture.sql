-- A reply of a person of the shop may carry a picture: bot.Media as JSON. Its content lies in media, under its hash, and goes with the
-- last message that has it, unless it is also the file of a broadcast.

-- +goose Up
ALTER TABLE outbox ADD COLUMN media TEXT NOT NULL DEFAULT '';
CREATE INDEX outbox_media ON outbox (media) WHERE media <> '';

-- +goose StatementBegin
CREATE TRIGGER reply_pictures_gone AFTER DELETE ON outbox
WHEN OLD.media <> '' AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.media = OLD.media AND o.media <> '')
BEGIN
    DELETE FROM media
    WHERE hash = CASE WHEN json_valid(OLD.media) THEN json_extract(OLD.media, '$.hash') END
        AND NOT EXISTS (SELECT 1 FROM occurrences WHERE instr(occurrences.media, hash) > 0)
        AND NOT EXISTS (SELECT 1 FROM schedules WHERE instr(schedules.media, hash) > 0);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER reply_pictures_forgotten AFTER UPDATE OF media ON outbox
WHEN OLD.media <> '' AND NEW.media = '' AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.media = OLD.media AND o.media <> '')
BEGIN
    DELETE FROM media
    WHERE hash = CASE WHEN json_valid(OLD.media) THEN json_extract(OLD.media, '$.hash') END
        AND NOT EXISTS (SELECT 1 FROM occurrences WHERE instr(occurrences.media, hash) > 0)
        AND NOT EXISTS (SELECT 1 FROM schedules WHERE instr(schedules.media, hash) > 0);
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER reply_pictures_forgotten;
DROP TRIGGER reply_pictures_gone;
DROP INDEX outbox_media;
ALTER TABLE outbox DROP COLUMN media;
