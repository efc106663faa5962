-- How many contacts of a number stand on each state of its flow, kept with what changes it: 'state' in contact_counts. Counting them
-- for every look at the flow reads every contact.

-- +goose Up
INSERT INTO contact_counts (number, what, value, people)
SELECT number, 'state', state, COUNT(*) FROM contacts WHERE state <> '' GROUP BY number, state;

-- +goose StatementBegin
CREATE TRIGGER states_counted_new AFTER INSERT ON contacts
WHEN NEW.state <> ''
BEGIN
    INSERT INTO contact_counts (number, what, value, people)
    VALUES (NEW.number, 'state', NEW.state, 1)
    ON CONFLICT (number, what, value) DO UPDATE SET people = people + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER states_counted AFTER UPDATE OF state ON contacts
WHEN OLD.state <> NEW.state
BEGIN
    UPDATE contact_counts SET people = people - 1
    WHERE OLD.state <> '' AND number = OLD.number AND what = 'state' AND value = OLD.state;
    INSERT INTO contact_counts (number, what, value, people)
    SELECT NEW.number, 'state', NEW.state, 1 WHERE NEW.state <> ''
    ON CONFLICT (number, what, value) DO UPDATE SET people = people + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER states_counted_gone AFTER DELETE ON contacts
WHEN OLD.state <> ''
BEGIN
    UPDATE contact_counts SET people = people - 1
    WHERE number = OLD.number AND what = 'state' AND value = OLD.state;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER states_counted_gone;
DROP TRIGGER states_counted;
DROP TRIGGER states_counted_new;
DELETE FROM contact_counts WHERE what = 'state';
