-- How many people went from one state of a flow to another, by day (UTC, since 1970). Nobody is named. '' is the place before the
-- greeting. A state that is passed at once is not seen.

-- +goose Up
CREATE TABLE passages (
    number    TEXT NOT NULL,
    day       BIGINT NOT NULL,
    came_from TEXT NOT NULL,
    went_to   TEXT NOT NULL,
    silent    BIGINT NOT NULL,                    -- 1: they had written nothing, the time for an answer was over
    people    BIGINT NOT NULL,
    PRIMARY KEY (number, day, came_from, went_to, silent)
);

-- +goose StatementBegin
CREATE TRIGGER contacts_pass AFTER UPDATE OF state ON contacts
WHEN OLD.state <> NEW.state AND NEW.state <> ''
BEGIN
    INSERT INTO passages (number, day, came_from, went_to, silent, people)
    VALUES (NEW.number, NEW.updated_at / 86400000, OLD.state, NEW.state,
        CASE WHEN OLD.last_inbound = NEW.last_inbound THEN 1 ELSE 0 END, 1)
    ON CONFLICT (number, day, came_from, went_to, silent) DO UPDATE SET people = people + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER contacts_begin AFTER INSERT ON contacts
WHEN NEW.state <> ''
BEGIN
    INSERT INTO passages (number, day, came_from, went_to, silent, people)
    VALUES (NEW.number, NEW.updated_at / 86400000, '', NEW.state, 0, 1)
    ON CONFLICT (number, day, came_from, went_to, silent) DO UPDATE SET people = people + 1;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER contacts_begin;
DROP TRIGGER contacts_pass;
DROP TABLE passages;
