package config

import (
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Store is where the bot keeps what it remembers.
type Store struct {
	URL string `yaml:"url"` // of a PostgreSQL database that several machines may share. "": bot.db in the data folder
	// Synchronous says that a standby which takes over has all that was acknowledged.
	Synchronous bool   `yaml:"synchronous"`
	Host        string `yaml:"host"` // of this machine among those that share the database. "": its host name
}

// storePassword is the variable with the password of store.url. It is not a setting: no file of the
// shop's, which is copied and shown around, may hold it.
const storePassword = envPrefix + "STORE_PASSWORD"

// Database is the URL of the PostgreSQL database that is used in the place of bot.db, with its
// password where one was given. It is never printed. "": bot.db is used.
func (c *Config) Database() string {
	if c == nil || c.Store.URL == "" || c.storePassword == "" {
		return c.databaseURL()
	}
	separator := "?"
	if strings.Contains(c.Store.URL, "?") {
		separator = "&"
	}
	return c.Store.URL + separator + "password=" + strings.ReplaceAll(url.QueryEscape(c.storePassword), "+", "%20")
}

func (c *Config) databaseURL() string {
	if c == nil { // a verb that has nothing to do with a folder
		return ""
	}
	return c.Store.URL
}

// checkStore says nothing of the URL itself, in which a password may be.
func (c *Config) checkStore(where places, bad func(is bool, key, format string, args ...any)) {
	bad(c.Store.URL != "" && !isPostgres(c.Store.URL), "store.url",
		"is no address of a PostgreSQL database, such as postgres://optinbot@db.example/optinbot, or nothing for bot.db in the data folder")
	hidden := func(r rune) bool { return r <= ' ' || r == 0x7f }
	bad(strings.ContainsFunc(c.Store.Host, hidden) || len(c.Store.Host) > 253, "store.host",
		"is no name of a machine: it has no spaces, and at most 253 characters")
	file := at(document(where.text), "store.url")
	if file != nil && file.Kind == yaml.AliasNode {
		file = file.Alias
	}
	bad(file != nil && hasPassword(file.Value), "store.url",
		"has a password in it, and config.yaml is no place for one. Write postgres://USER@HOST/DATABASE, and put the password into a "+
			"file that %s%s names, into the variable %s, or into ~/.pgpass. Whoever has read this file knows the password: change it",
		storePassword, fileOf, storePassword)
}

func isPostgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// secretParameters are what may follow the ? of a URL and nobody may read.
var secretParameters = []string{"password", "sslpassword", "oauth_client_secret"}

// hasPassword reports whether somebody who reads the URL of a database learns a password.
func hasPassword(address string) bool {
	who, _, parameters := splitURL(address)
	if _, password, _ := strings.Cut(who, ":"); password != "" {
		return true
	}
	for _, pair := range strings.Split(parameters, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(key); err == nil {
			key = plain
		}
		if value != "" && slices.Contains(secretParameters, strings.ToLower(strings.TrimSpace(key))) {
			return true
		}
	}
	return false
}

// splitURL takes the URL of a database apart: the user, the hosts with the database, the parameters. A
// password that was not escaped may have any character in it, and still belongs to the user.
func splitURL(address string) (who, where, parameters string) {
	_, rest, _ := strings.Cut(address, "://")
	if path := strings.Index(rest, "/"); path >= 0 {
		if query := strings.Index(rest[path:], "?"); query >= 0 {
			rest, parameters = rest[:path+query], rest[path+query+1:]
		}
	}
	if user := strings.LastIndex(rest, "@"); user >= 0 {
		who, rest = rest[:user], rest[user+1:]
	}
	where, more, _ := strings.Cut(rest, "?")
	if parameters == "" {
		parameters = more
	}
	return who, where, parameters
}

// shownDatabase is the URL of a database without what may be secret in it: where it is.
func shownDatabase(address string) string {
	if address == "" {
		return ""
	}
	_, where, _ := splitURL(address)
	return "postgres://" + where
}

// DatabaseShown is where the database is, fit to be shown: without user, password and parameters. "":
// it is bot.db.
func (c *Config) DatabaseShown() string { return shownDatabase(c.databaseURL()) }
