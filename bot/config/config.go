package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones on machines that have none: containers, Windows

	"go.yaml.in/yaml/v4"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/flows"
)

// Config is config.yaml. The embedded file, which has every key with its default, is read first.
type Config struct {
	Data      string    `yaml:"data"`
	Flows     string    `yaml:"flows"`
	Zone      string    `yaml:"zone"`
	Country   string    `yaml:"country"` // ISO 3166-1 alpha-2. "": not known
	Numbers   []Number  `yaml:"numbers"`
	Pace      Pace      `yaml:"pace"`
	Hours     Hours     `yaml:"hours"`
	Contact   Contact   `yaml:"contact"`
	Broadcast Broadcast `yaml:"broadcast"`
	Retention Retention `yaml:"retention"`
	Guard     Guard     `yaml:"guard"`
	Answers   Answers   `yaml:"answers"`
	WhatsApp  WhatsApp  `yaml:"whatsapp"`
	Cloud     Cloud     `yaml:"cloud"`
	Store     Store     `yaml:"store"`
	Backup    Backup    `yaml:"backup"`
	Log       Log       `yaml:"log"`
	Web       Web       `yaml:"web"`
	Webhooks  Webhooks  `yaml:"webhooks"`
	Health    Health    `yaml:"health"`

	file  string // where it is read from
	dir   string // what relative paths are relative to
	found bool   // there is a config.yaml: this is somebody's shop

	namesData bool // so does the environment, or config.yaml is there

	builtIn bool   // the program's own, with its own flow: no file counts
	where   places // every setting was made

	storePassword string   // see Database
	unknown       []string // variables of the environment that look like settings and are none. See readEnvironment
}

// Number is one number of the business.
type Number struct {
	Name        string `yaml:"name"`
	Flow        string `yaml:"flow"`
	Card        string `yaml:"card"`
	Established bool   `yaml:"established"`

	Transport string      `yaml:"transport"` // TransportWhatsApp or TransportCloud. "": the first
	Pace      int         `yaml:"pace"`      // promotions a second, of TransportCloud. 0: DefaultCloudPace
	Notify    string      `yaml:"notify"`    // of TransportCloud: an operator's own phone, which gets the notices
	Cloud     CloudNumber `yaml:"cloud"`
}

// Abilities are what the number's wire can do.
func (n Number) Abilities() bot.Abilities {
	if n.OnCloud() {
		return bot.CloudAbilities()
	}
	return bot.Abilities{}
}

// Pace is the pace of a number.
type Pace struct {
	Every   Duration `yaml:"every"`
	PerHour int      `yaml:"per_hour"` // 0: as many as Every allows
	PerDay  int      `yaml:"per_day"`
}

// each is the time that one promotion takes, so that they go out evenly and never more than PerHour
// in an hour.
func (p Pace) each() time.Duration {
	if p.PerHour == 0 {
		return p.Every.D()
	}
	n := time.Duration(p.PerHour)
	return max(p.Every.D(), (time.Hour/bot.Tick+n-1)/n*bot.Tick)
}

// Hours are the hours of promotions, in the contact's time zone.
type Hours struct {
	From Clock     `yaml:"from"`
	To   Clock     `yaml:"to"`
	Days []Weekday `yaml:"days"`
}

// Retention are for how long what is not needed any more is kept. 0: for ever.
type Retention struct {
	Messages  Duration `yaml:"messages"`
	Strangers Duration `yaml:"strangers"`
	Events    Duration `yaml:"events"`
	Acts      Duration `yaml:"acts"`
	Sessions  Duration `yaml:"sessions"`
	Answers   Duration `yaml:"answers"`
}

// Contact are the limits for one person.
type Contact struct {
	PerDay  int      `yaml:"per_day"`
	PerWeek int      `yaml:"per_week"`
	Gap     Duration `yaml:"gap"`
}

// Broadcast are how long a broadcast is worth sending, and how much, where it costs something.
type Broadcast struct {
	Grace   Duration `yaml:"grace"`
	Expires Duration `yaml:"expires"`
	Rates   string   `yaml:"rates"`    // a file of what Meta charges. "": none
	MaxCost string   `yaml:"max_cost"` // "": no limit
}

// Answers is the brake on answers to people who are not subscribed. It cannot be switched off.
type Answers struct {
	PerMinute int `yaml:"per_minute"`
	PerHour   int `yaml:"per_hour"`
}

// Guard makes the guard stricter. It cannot be switched off.
type Guard struct {
	Canary int      `yaml:"canary"`
	Wait   Duration `yaml:"wait"`
	Odds   int      `yaml:"odds"`
}

// WhatsApp is about the connection.
type WhatsApp struct {
	SendTimeout Duration `yaml:"send_timeout"`
	TestServer  string   `yaml:"test_server"`
	TestLimits  string   `yaml:"test_limits"`
}

// Backup is about the backup that `run` makes every day, and whom backups are encrypted for.
type Backup struct {
	Folder     string   `yaml:"folder"` // "": `run` makes none
	At         Clock    `yaml:"at"`     // in the zone of the shop
	Keep       int      `yaml:"keep"`   // so many are kept
	Recipients []string `yaml:"recipients"`
}

// Log is about the log, which goes to standard error.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// Default are the program's own settings and flow, which no file and no variable changes.
func Default(defaults []byte) (*Config, error) {
	c := &Config{builtIn: true, dir: ".", where: places{defaults: defaults}}
	if err := yaml.Load(defaults, c, yaml.WithKnownFields()); err != nil {
		return nil, fmt.Errorf("the built-in config.yaml: %w", err)
	}
	return c, nil
}

// Load reads the defaults, then file where it exists (it must when required), then the environment.
func Load(defaults []byte, file string, required bool, environ map[string]string) (*Config, error) {
	c, err := Default(defaults)
	if err != nil {
		return nil, err
	}
	c.builtIn, c.file, c.dir = false, file, filepath.Dir(file)
	text, err := os.ReadFile(file)
	c.found = err == nil
	c.namesData = c.found || environ[envPrefix+"DATA"] != "" || environ[envPrefix+"DATA"+fileOf] != ""
	switch {
	case errors.Is(err, fs.ErrNotExist) && !required:
	case err != nil:
		return nil, fmt.Errorf("read the configuration: %w", err)
	case len(strings.TrimSpace(string(text))) > 0:
		numbers := c.Numbers
		c.Numbers = nil
		if err := yaml.Load(text, c, yaml.WithKnownFields()); err != nil {
			return nil, configProblems(file, text, err)
		}
		if c.Numbers == nil {
			c.Numbers = numbers
		}
	}
	if c.unknown, err = c.readEnvironment(environ); err != nil {
		return nil, fmt.Errorf("the environment: %w", err)
	}
	c.where = places{file, text, environ, defaults}
	return c, c.check(c.where)
}

// File is where the configuration is read from.
func (c *Config) File() string { return c.file }

// Found reports whether there is a config.yaml, so that the folder is somebody's shop.
func (c *Config) Found() bool { return c.found }

// BuiltIn reports whether these are the program's own settings, so that no file of the operator's
// counts.
func (c *Config) BuiltIn() bool { return c.builtIn }

// NamesData reports whether somebody has said where the data folder is: config.yaml, or the
// environment.
func (c *Config) NamesData() bool { return c.namesData }

// places tells where a setting was made.
type places struct {
	file    string
	text    []byte
	environ map[string]string

	defaults []byte // the built-in config.yaml
}

// of is the variable that sets a key such as pace.every, or its file:line:col, or the file where
// neither has it.
func (p places) of(key string) string {
	path := strings.Split(key, ".")
	set := path
	if _, err := strconv.Atoi(path[len(path)-1]); err == nil { // an element of a list, which is one variable
		set = path[:len(path)-1]
	}
	if text, from, _ := environValue(p.environ, envPrefix+strings.ToUpper(strings.Join(set, "_"))); text != "" {
		return from
	}
	var doc yaml.Node
	if err := yaml.Load(p.text, &doc); err != nil || len(doc.Content) == 0 {
		return p.file
	}
	node := doc.Content[0]
	for _, step := range path {
		if node = child(node, step); node == nil {
			return p.file
		}
	}
	return fmt.Sprintf("%s:%d:%d", p.file, node.Line, node.Column)
}

// child is the value of a key of a mapping, or an element of a list. Nil where there is none.
func child(node *yaml.Node, step string) *yaml.Node {
	if i, err := strconv.Atoi(step); err == nil && node.Kind == yaml.SequenceNode && i < len(node.Content) {
		return node.Content[i]
	}
	for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == step {
			return node.Content[i+1]
		}
	}
	return nil
}

// configProblems says file:line:col for every problem at once. What is no YAML is told as `flow
// check` tells it.
func configProblems(file string, text []byte, err error) error {
	var lines []string
	for _, p := range flows.NotYAML(file, text) {
		lines = append(lines, fmt.Sprintf("%s:%d:%d: %s; %s", file, p.Line, p.Col, p.Message, p.Advice))
	}
	var all *yaml.LoadErrors
	if !errors.As(err, &all) {
		return errors.New(cmp.Or(strings.Join(lines, "\n"), file+": "+err.Error()))
	}
	lines = nil
	for _, e := range all.Errors {
		lines = append(lines, fmt.Sprintf("%s:%d:%d: %s", file, e.Mark.Line, e.Mark.Column, plainly(e.Message)))
	}
	return errors.New(strings.Join(lines, "\n"))
}

// The library's words for the commonest mistakes, which name types of ours.
var (
	unknownKey = flows.Pattern(`^field (\S+) not found in type \S+$`)
	wrongType  = flows.Pattern("^cannot (?:construct|unmarshal) !!\\S+(?: (`.*`))? into (\\S+)$")
)

// plainly says the same for whoever wrote the file.
func plainly(message string) string {
	if m := unknownKey().FindStringSubmatch(message); m != nil && m[1] == "password" {
		return fmt.Sprintf("a password has no place here; for that of store.url there are %s%s, which names a file with it, and ~/.pgpass",
			storePassword, fileOf)
	}
	if m := unknownKey().FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("there is no setting %q here; the config.yaml that `optinbot init` makes has them all", m[1])
	}
	if m := wrongType().FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("%s does not belong here; it has to be %s",
			cmp.Or(strings.ReplaceAll(m[1], "`", `"`), "what stands here"),
			cmp.Or(goTypes[m[2]], "a group of settings, each on a line of its own"))
	}
	return message
}

var goTypes = map[string]string{
	"int": "a whole number", "bool": "true or false", "string": "a text", "[]config.Number": "a list, each with name and flow",
	"[]config.Weekday": "a list of days, such as [mon, tue]",
}

// check holds every setting against its ceiling or floor. The ceilings are in code: no file can lift them.
func (c *Config) check(where places) error {
	var problems []error
	bad := func(is bool, key, format string, args ...any) {
		if is {
			problems = append(problems, fmt.Errorf("%s: %s "+format, append([]any{where.of(key), key}, args...)...))
		}
	}
	between := func(key string, v, low, high time.Duration) {
		bad(v < low || v > high, key, "is %s; it has to be between %s and %s", text.Duration(v), text.Duration(low), text.Duration(high))
	}
	_, err := time.LoadLocation(c.Zone)
	bad(err != nil || c.Zone == "Local", "zone", "is %q, and that is not a time zone such as Europe/Lisbon", c.Zone)
	bad(c.Country != "" && !isCountry(c.Country), "country",
		"is %q; it is two letters, such as BR or US, or nothing", c.Country)
	between("pace.every", c.Pace.Every.D(), 500*time.Millisecond, 24*time.Hour)
	bad(c.Pace.PerHour < 0 || c.Pace.PerHour > 7200, "pace.per_hour",
		"is %d; it has to be between 1 and 7200, or 0 for as many as pace.every allows", c.Pace.PerHour)
	bad(c.Pace.PerDay < 1 || c.Pace.PerDay > 93_600, "pace.per_day",
		"is %d; it has to be between 1 and 93600", c.Pace.PerDay)
	bad(c.Hours.From.D() < 8*time.Hour, "hours.from", "is %s; promotions do not go out before 08:00", c.Hours.From)
	bad(c.Hours.To.D() > 21*time.Hour, "hours.to", "is %s; promotions do not go out after 21:00", c.Hours.To)
	bad(c.Hours.From.D() >= c.Hours.To.D(), "hours.from",
		"(%s) has to be before hours.to (%s)", c.Hours.From, c.Hours.To)
	bad(len(c.Hours.Days) == 0, "hours.days", "is empty; name at least one, such as [mon, tue]")
	bad(c.Contact.PerDay < 1 || c.Contact.PerDay > 3, "contact.per_day",
		"is %d; it has to be between 1 and 3", c.Contact.PerDay)
	bad(c.Contact.PerWeek < 1 || c.Contact.PerWeek > 21, "contact.per_week",
		"is %d; it has to be between 1 and 21", c.Contact.PerWeek)
	between("contact.gap", c.Contact.Gap.D(), time.Hour, 30*24*time.Hour)
	if c.Retention.Messages != 0 {
		between("retention.messages", c.Retention.Messages.D(), 30*24*time.Hour, 3650*24*time.Hour)
	}
	if c.Retention.Strangers != 0 {
		between("retention.strangers", c.Retention.Strangers.D(), 7*24*time.Hour, 3650*24*time.Hour)
	}
	if c.Retention.Events != 0 {
		between("retention.events", c.Retention.Events.D(), 7*24*time.Hour, 3650*24*time.Hour)
	}
	if c.Retention.Acts != 0 {
		between("retention.acts", c.Retention.Acts.D(), 90*24*time.Hour, 3650*24*time.Hour)
	}
	if c.Retention.Sessions != 0 {
		between("retention.sessions", c.Retention.Sessions.D(), 14*24*time.Hour, 3650*24*time.Hour)
	}
	between("retention.answers", c.Retention.Answers.D(), time.Hour, 7*24*time.Hour)
	between("broadcast.grace", c.Broadcast.Grace.D(), time.Minute, 24*time.Hour)
	between("broadcast.expires", c.Broadcast.Expires.D(), time.Hour, 7*24*time.Hour)
	_, _, money := ParseMoney(c.Broadcast.MaxCost)
	bad(!money, "broadcast.max_cost", "is %q; it is an amount and its currency, such as 50 USD, or nothing", c.Broadcast.MaxCost)
	bad(c.Guard.Canary < 10 || c.Guard.Canary > 50, "guard.canary",
		"is %d; it has to be between 10 and 50", c.Guard.Canary)
	between("guard.wait", c.Guard.Wait.D(), time.Hour, 24*time.Hour)
	bad(c.Guard.Odds < 10 || c.Guard.Odds > 100, "guard.odds", "is %d; it has to be between 10 and 100", c.Guard.Odds)
	bad(c.Answers.PerMinute < 1 || c.Answers.PerMinute > bot.MostAMinute, "answers.per_minute",
		"is %d; it has to be between 1 and %d", c.Answers.PerMinute, bot.MostAMinute)
	bad(c.Answers.PerHour < 1 || c.Answers.PerHour > 7200, "answers.per_hour",
		"is %d; it has to be between 1 and 7200", c.Answers.PerHour)
	between("whatsapp.send_timeout", c.WhatsApp.SendTimeout.D(), 5*time.Second, 2*time.Minute)
	limits := c.WhatsApp.TestLimits
	bad(limits != "" && limits != "off", "whatsapp.test_limits", `is %q; it is "" or "off"`, limits)
	bad(limits == "off" && c.WhatsApp.TestServer == "", "whatsapp.test_limits",
		"is off, and that works with whatsapp.test_server only; a real number keeps its limits")
	bad(c.Backup.Keep < 1 || c.Backup.Keep > 3650, "backup.keep",
		"is %d; it has to be between 1 and 3650", c.Backup.Keep)
	for i, recipient := range c.Backup.Recipients {
		_, err := ParseRecipients([]string{recipient})
		bad(err != nil, fmt.Sprintf("backup.recipients.%d", i), "is wrong: %v", err)
	}
	var level slog.Level
	bad(level.UnmarshalText([]byte(c.Log.Level)) != nil, "log.level",
		"is %q; it is debug, info, warn or error", c.Log.Level)
	bad(c.Log.Format != "text" && c.Log.Format != "json" && c.Log.Format != "auto", "log.format",
		"is %q; it is text, json or auto", c.Log.Format)
	c.checkStore(where, bad)
	c.checkWeb(bad)
	c.checkWebhooks(bad)
	c.checkHealth(bad)
	c.checkNumbers(bad)
	c.checkCloud(bad)
	return errors.Join(problems...)
}

func (c *Config) checkNumbers(bad func(is bool, key, format string, args ...any)) {
	bad(len(c.Numbers) == 0, "numbers", "is empty; name at least one")
	seen := map[string]bool{}
	for i, n := range c.Numbers {
		name, flow := fmt.Sprintf("numbers.%d.name", i), fmt.Sprintf("numbers.%d.flow", i)
		bad(!plainName(n.Name), name, "is %q; use letters, digits, - and _", n.Name)
		bad(seen[n.Name], name, "is %q, and so is another number's", n.Name)
		bad(!plainName(n.Flow), flow, "is %q; it is the name of a file in the flows folder, without .yaml", n.Flow)
		seen[n.Name] = true
	}
}

// plainName reports whether s can be a file name and a word on the command line.
func plainName(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return s != ""
}

// SessionFile is where a number's WhatsApp session lies.
func (c *Config) SessionFile(number string) string {
	return filepath.Join(c.Path(c.Data), "session-"+number+".db")
}

// Path makes a path of the configuration relative to the configuration's folder.
func (c *Config) Path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}

// ShopZone is the time zone in which times are shown that belong to no number: that of the first one.
func (c *Config) ShopZone() *time.Location { return c.Limits(c.Numbers[0]).Zone }

// Limits are the limits of one number.
func (c *Config) Limits(n Number) bot.Limits {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil { // check has refused it
		zone = time.UTC
	}
	limits := bot.Limits{
		Every: c.Pace.each(), NumberPerDay: c.Pace.PerDay,
		PerDay: c.Contact.PerDay, PerWeek: c.Contact.PerWeek, Gap: c.Contact.Gap.D(),
		From: c.Hours.From.D(), To: c.Hours.To.D(), Days: weekdays(c.Hours.Days),
		Zone: zone, Load: zones(), Expires: c.Broadcast.Expires.D(), Grace: c.Broadcast.Grace.D(),
		Guard:       bot.Guard{Canary: c.Guard.Canary, Wait: c.Guard.Wait.D(), Odds: float64(c.Guard.Odds)},
		Brake:       bot.Brake{PerMinute: c.Answers.PerMinute, PerHour: c.Answers.PerHour},
		Established: n.Established, Unlimited: c.WhatsApp.TestLimits == "off", Wire: n.Abilities(),
	}
	if n.OnCloud() {
		c.cloudLimits(n, &limits)
	}
	return limits
}
