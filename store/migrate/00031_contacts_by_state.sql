-- +goose Up
-- Who stands on a state of the flow is asked for by the page. Where nobody does, that read every contact of the number.
CREATE INDEX contacts_by_state ON contacts (number, state, id);

-- +goose Down
DROP INDEX contacts_by_state;
