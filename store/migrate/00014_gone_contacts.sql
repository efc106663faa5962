-- +goose Up
-- Contacts that are gone. Programs outside know them by their IDs.

-- The contact that a change was about, where that has gone in a merge since; 0: contact_id.
ALTER TABLE changes ADD COLUMN known_as BIGINT NOT NULL DEFAULT 0;

-- The highest ID of a contact that is gone, whichever way it went: none is given twice. Of those that went before this migration
-- only what is left of them tells.
ALTER TABLE files ADD COLUMN last_contact BIGINT NOT NULL DEFAULT 0;
UPDATE files SET last_contact = MAX(
    -COALESCE((SELECT MIN(contact_id) FROM ledger), 0),
    -COALESCE((SELECT MIN(contact_id) FROM changes), 0),
    COALESCE((SELECT MAX(id) FROM contacts), 0)
);

-- +goose StatementBegin
CREATE TRIGGER contacts_gone AFTER DELETE ON contacts
BEGIN
    UPDATE files SET last_contact = OLD.id WHERE id = 1 AND last_contact < OLD.id;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER contacts_gone;
ALTER TABLE files DROP COLUMN last_contact;
ALTER TABLE changes DROP COLUMN known_as;
