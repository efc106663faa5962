package config

import "net/url"

// Health is about who is told that the bot is well.
type Health struct {
	HeartbeatURL string `yaml:"heartbeat_url"` // may hold a secret. "": nobody is
}

// checkHealth says nothing of the address itself: whoever knows it can say that all is well.
func (c *Config) checkHealth(bad func(is bool, key, format string, args ...any)) {
	if c.Health.HeartbeatURL == "" {
		return
	}
	u, err := url.Parse(c.Health.HeartbeatURL)
	bad(err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "", "health.heartbeat_url",
		"is no address such as https://watcher.example/TOKEN, or nothing")
}
