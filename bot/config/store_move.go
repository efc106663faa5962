package config

import "fmt"

// IsDatabase reports whether an address is that of a database, and not a folder.
func IsDatabase(address string) bool { return isPostgres(address) }

// InDatabase is the configuration as it would be with another store.url. What is wrong with that is
// said without quoting it: a password may be in it.
func (c *Config) InDatabase(address string) (*Config, error) {
	if !isPostgres(address) {
		return nil, fmt.Errorf("it is no address of a PostgreSQL database, such as postgres://optinbot@db.example/optinbot")
	}
	if hasPassword(address) {
		return nil, fmt.Errorf("there is a password in that address, and whoever sees the list of processes or the history of the "+
			"shell can read it: change it. Put it into a file that %s%s names, into the variable %s, or into ~/.pgpass",
			storePassword, fileOf, storePassword)
	}
	other := *c
	other.Store.URL = address
	return &other, nil
}
