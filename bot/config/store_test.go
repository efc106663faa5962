package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAPasswordHasNoPlaceInConfigYAML: wherever in the URL it is, the file is refused with the place
// and what to do, and the password is not repeated.
func TestAPasswordHasNoPlaceInConfigYAML(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "config.yaml")
	for _, store := range []string{
		"url: postgres://bot:SECRET@db.example/optinbot",
		"url: 'postgres://bot:SEC/RET@db.example/optinbot'",
		"url: 'postgres://bot:SEC?RET@db.example/optinbot'",
		"url: 'postgres://bot:SEC@RET@db.example/optinbot'",
		"url: postgresql://bot:SECRET@one:5432,two:5433/optinbot?sslmode=verify-full",
		"url: postgres://bot@db.example/optinbot?sslmode=require&password=SECRET",
		"url: postgres://bot@db.example/optinbot?pass%77ord=SECRET",
		"url: postgres://bot@db.example?password=SECRET",
		"url: postgres:///optinbot?host=/run/postgresql&sslpassword=SECRET",
		"url: mysql://bot:SECRET@db.example/optinbot",
		"url: host=db.example user=bot password=SECRET",
		"password: SECRET",
	} {
		must(t, os.WriteFile(file, []byte("zone: UTC\nstore:\n  "+store+"\n"), 0o600))
		// The environment's URL has no password, and that of the file can be read all the same.
		for _, environ := range []map[string]string{nil, {"OPTINBOT_STORE_URL": "postgres://bot@db.example/optinbot"}} {
			_, err := Load(defaultConfig(t), file, true, environ)
			if err == nil && environ != nil && !strings.Contains(store, "postgres") {
				continue // what stands there does not count
			}
			if err == nil || strings.Contains(err.Error(), "SEC") || strings.Contains(err.Error(), "RET") {
				t.Errorf("%s: %v", store, err)
			}
			if environ == nil && (err == nil || !strings.Contains(err.Error(), file+":3:")) {
				t.Errorf("%s: %v", store, err)
			}
		}
	}
}

// TestTheDatabasesPassword: it comes from a file that a variable names, or from the variable, and what
// is shown of the settings never has it.
func TestTheDatabasesPassword(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, secret := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "password")
	must(t, os.WriteFile(secret, []byte("SE CRET&+%\n"), 0o600))
	const escaped = "password=SE%20CRET%26%2B%25"
	for _, c := range []struct {
		url     string
		environ map[string]string
		want    string
		shown   string
	}{
		{"", map[string]string{"OPTINBOT_STORE_PASSWORD": "SECRET"}, "", ""},
		{"postgres://bot@db/optinbot", nil, "postgres://bot@db/optinbot", "postgres://db/optinbot"},
		{"postgres://bot@db/optinbot", map[string]string{"OPTINBOT_STORE_PASSWORD_FILE": secret},
			"postgres://bot@db/optinbot?" + escaped, "postgres://db/optinbot"},
		{"postgres://bot@one:5432,two/optinbot?sslmode=require", map[string]string{"OPTINBOT_STORE_PASSWORD": "SE CRET&+%"},
			"postgres://bot@one:5432,two/optinbot?sslmode=require&" + escaped, "postgres://one:5432,two/optinbot"},
		{"", map[string]string{"OPTINBOT_STORE_URL": "postgres://bot:SE@CRET@db/optinbot"}, "postgres://bot:SE@CRET@db/optinbot",
			"postgres://db/optinbot"},
		{"", map[string]string{"OPTINBOT_STORE_URL": "postgres:///optinbot?host=/run/pg&password=SECRET"},
			"postgres:///optinbot?host=/run/pg&password=SECRET", "postgres:///optinbot"},
	} {
		must(t, os.WriteFile(file, fmt.Appendf(nil, "store: {url: %q}\n", c.url), 0o600))
		loaded, err := Load(defaultConfig(t), file, true, c.environ)
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		if got := loaded.Database(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
		if loaded.DatabaseShown() != c.shown || loaded.Unknown() != "" {
			t.Errorf("%+v: %s, %s", c, loaded.DatabaseShown(), loaded.Unknown())
		}
		if says := fmt.Sprintf("%+v", loaded.Settings()); strings.Contains(says, "CRET") {
			t.Errorf("the settings show %s", says)
		}
		if _, s := find(t, loaded, "store.url"); s.Value != c.shown {
			t.Errorf("%+v", s)
		}
	}
	_, err := Load(defaultConfig(t), file, true, map[string]string{"OPTINBOT_STORE_PASSWORD_FILE": secret + "/nowhere"})
	if err == nil || !strings.Contains(err.Error(), "OPTINBOT_STORE_PASSWORD_FILE: ") {
		t.Errorf("a file that is not there: %v", err)
	}
}
