package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/store"
)

// A Finding is what `doctor` says of one thing.
type Finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Says  string `json:"says"`
	Do    string `json:"do,omitempty"`
}

// From here on something has to be done.
const (
	leastFree  = 1 << 30              // bytes on the disk of the data folder
	libraryOld = 120 * 24 * time.Hour // WhatsApp refuses old clients after a while
	BackupOld  = 7 * 24 * time.Hour
	clockOff   = 30 * time.Second
	clockNoted = 24 * time.Hour // a comparison older than that says nothing of the clock of today
)

// An Examination is everything that `doctor` found.
type Examination struct {
	Findings []Finding
	NoShop   bool // there is nothing here that could be looked at
}

// ToDo is how many things have to be done.
func (e Examination) ToDo() (n int) {
	for _, f := range e.Findings {
		if !f.OK {
			n++
		}
	}
	return n
}

// A Build is what the program was built with.
type Build struct {
	Library     string    // the version of the WhatsApp library
	LibraryDate time.Time // of that version
}

// Examine looks at the configuration, the flows, the database, the disk and the sessions. broken is
// why the configuration cannot be used, if it cannot. Whatever is wrong is a finding, so there is
// no error. Nothing is changed but tables of an older version, as every verb does. It may be
// repeated.
func Examine(ctx context.Context, o Options, built Build, broken error) Examination {
	d := &Doctor{Options: o, built: built, broken: broken, Found: []Finding{}}
	d.examine(ctx)
	return Examination{Findings: d.Found, NoShop: d.noShop}
}

// Examine looks at everything, as the function of that name does, while the desk is open. Whoever may
// see only some numbers gets the findings that are about no other.
func (d *Desk) Examine(ctx context.Context) (Examination, error) {
	ctx, end, err := d.Costly(ctx, "")
	if err != nil {
		return Examination{}, err
	}
	defer end()
	found := Examine(ctx, d.Options, d.Built, nil)
	who, _ := WhoActs(ctx)
	found.Findings = slices.DeleteFunc(found.Findings, func(f Finding) bool {
		return slices.ContainsFunc(d.Config.Numbers, func(n config.Number) bool {
			return !who.MaySee(n.Name) && strings.HasPrefix(f.Check, n.Name+" ")
		})
	})
	return found, nil
}

// A Doctor collects findings.
type Doctor struct {
	Options
	built  Build
	broken error
	Store  *store.Store
	Found  []Finding
	noShop bool
}

// say notes a finding. An empty do says that nothing has to be done.
func (d *Doctor) say(check, do, format string, args ...any) {
	d.Found = append(d.Found, Finding{Check: check, OK: do == "", Says: fmt.Sprintf(format, args...), Do: do})
}

func (d *Doctor) examine(ctx context.Context) {
	if d.broken != nil {
		d.say("configuration", "fix the problem it names", "%v", d.broken)
		return
	}
	if !d.Config.Found() {
		d.say("configuration", "go into the shop's folder; `optinbot init DIR` makes one",
			"there is no config.yaml here")
		d.noShop = true
		return
	}
	d.say("configuration", "", "config.yaml can be read, and every setting is within its limits")
	if unknown := d.Config.Unknown(); unknown != "" {
		d.say("environment", "correct the name, or take the variable away", "%s", unknown)
	}
	d.writable()
	d.library()
	for _, n := range d.Config.Numbers {
		d.flow(ctx, n)
	}
	folder := d.Config.Path(d.Config.Data)
	if d.Database == "" {
		if err := store.Lost(folder); err != nil {
			d.say("database", "bring it back, or `optinbot restore` a backup", "%v", err)
			return
		}
		if _, err := os.Stat(filepath.Join(folder, "bot.db")); err != nil {
			d.say("data", "`optinbot link` makes it", "there is no database yet")
			return
		}
	}
	if err := leftBehind(folder, d.Database); err != nil {
		d.say("database", "see there", "%v", err)
		return
	}
	if isFolder(folder) {
		d.modes(folder)
		d.disk(folder)
	}
	if !d.open(ctx, folder) {
		return
	}
	defer d.Store.Close()
	d.database(ctx)
	d.clock(ctx)
	d.rates()
	for _, n := range d.Config.Numbers {
		d.Number(ctx, n)
	}
	d.strayNumbers(ctx)
	d.optouts(ctx, folder)
	d.leftovers()
}

// open opens the store, and says why it cannot be opened.
func (d *Doctor) open(ctx context.Context, folder string) bool {
	var err error
	d.Store, err = store.Open(ctx, folder, store.Options{URL: d.Database})
	do := "fix the problem it names, or `optinbot restore` a backup"
	switch {
	case err == nil:
		d.shareSessions(d.Store)
		return true
	case errors.Is(err, store.ErrNewer):
		do = "run the version of optinbot that made it, or a later one"
	case errors.Is(err, store.ErrOtherKey):
		do = "bring back the right secret.key"
	case d.Database != "":
		do = "fix the problem it names; store.url is " + d.Config.DatabaseShown()
	}
	d.say("database", do, "%v", err)
	return false
}

// strayNumbers looks for numbers that the configuration does not have any more. One that was given
// up on purpose is no matter. One that has another name now has left its people behind.
func (d *Doctor) strayNumbers(ctx context.Context) {
	others, err := StrayNumbers(ctx, d.Config, d.Store)
	if err != nil {
		d.say("numbers", "`optinbot doctor` again", "%v", err)
		return
	}
	for _, o := range others {
		do := ""
		if o.Renamed {
			do = "give the number its old name again in config.yaml"
		}
		d.say("numbers", do, "%s", o.Says)
	}
}

// leftovers names copies of the database that nobody works on any more.
func (d *Doctor) leftovers() {
	found := d.Files.leftovers()
	for i, dir := range found {
		found[i] = ShownPath(dir)
	}
	if len(found) > 0 {
		d.say("leftovers", "`optinbot backup` takes them away; or: rm -r "+strings.Join(found, " "),
			"%s of the database that killed processes have left, with names and messages in them",
			text.Plural(len(found), "copy", "copies"))
	}
}

// library looks at the age of the WhatsApp library.
func (d *Doctor) library() {
	age, do := d.Now().Sub(d.built.LibraryDate), ""
	if age > libraryOld {
		do = "build a newer optinbot: WhatsApp refuses old clients after a while"
	}
	d.say("version", do, "whatsmeow %s, of %s", d.built.Library, d.built.LibraryDate.Format(time.DateOnly))
}

// flow looks whether the flow of a number can be used and says what its conversations expect.
func (d *Doctor) flow(ctx context.Context, n config.Number) {
	check := "flow " + n.Flow
	flow, err := d.Files.Flow(ctx, n.Flow)
	if err != nil {
		d.say(check, "`optinbot flow check` shows every problem", "%v", err)
		return
	}
	if newer := newerRules(flow.Warnings); len(newer) > 0 {
		d.say(check, "", "it was accepted before %s that it does not keep, and goes on; "+
			"its next edit will be refused until they are kept",
			text.Plural(len(newer), "rule", "rules"))
	} else {
		d.say(check, "", "it has no problems")
	}
	c := &candidate{number: n, flow: flow}
	if err := New(d.Options).play(ctx, d.Files, c); err != nil {
		c.refused = err.Error()
	}
	switch {
	case len(c.failed) > 0:
		d.say("conversations of "+n.Flow, "`optinbot flow test` shows them", "%s not as expected",
			text.Plural(len(c.failed), "conversation is", "conversations are"))
	case c.refused != "":
		d.say("conversations of "+n.Flow, "`optinbot flow test` shows them", "%s", c.refused)
	default:
		d.say("conversations of "+n.Flow, "", "they are as expected")
	}
}

// modes looks whether somebody else on this machine could read names, messages and keys.
func (d *Doctor) modes(folder string) {
	if runtime.GOOS == "windows" {
		return // there the folder's access list decides, which it has from the folder around it
	}
	open := 0
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // SQLite takes its files away meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			open++
		}
		return err
	})
	switch {
	case err != nil:
		d.say("files", "let the user that runs optinbot own the data folder", "%v", err)
	case open > 0:
		d.say("files", fmt.Sprintf("chmod -R go= %s", ShownPath(folder)), "others on this machine can read %s of %s",
			text.Plural(open, "file or folder", "files and folders"), ShownPath(folder))
	default:
		d.say("files", "", "only their owner can read %s", ShownPath(folder))
	}
}

// writable looks whether somebody else on this machine could change what the bot says: a running
// bot takes an edit at once.
func (d *Doctor) writable() {
	if runtime.GOOS == "windows" {
		return
	}
	settings, open := d.Config.File(), []string{}
	look := func(name string, mode fs.FileMode) {
		if mode.Perm()&0o002 != 0 && mode&fs.ModeSticky == 0 && mode&fs.ModeSymlink == 0 {
			open = append(open, ShownPath(name))
		}
	}
	for _, name := range []string{filepath.Dir(settings), settings} {
		if info, err := os.Stat(name); err == nil {
			look(name, info.Mode())
		}
	}
	err := filepath.WalkDir(d.Config.Path(d.Config.Flows), func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // `flow check` says what cannot be read
		}
		if info, err := entry.Info(); err == nil {
			look(name, info.Mode())
		}
		return nil
	})
	switch {
	case err != nil:
		d.say("flows", "`optinbot doctor` again", "%v", err)
	case len(open) > 0:
		d.say("who may edit", "chmod o-w "+strings.Join(open, " "),
			"everybody on this machine can change what the bot says")
	default:
		d.say("who may edit", "", "not everybody on this machine can change what the bot says")
	}
}

func (d *Doctor) disk(folder string) {
	free, err := FreeBytes(folder)
	switch {
	case err != nil:
		d.say("disk", "look whether the disk is there", "%v", err)
	case free < leastFree:
		d.say("disk", "make room: on a full disk no message is answered, and none is lost", "%d MB are free", free>>20)
	default:
		d.say("disk", "", "%d MB are free", free>>20)
	}
}

func (d *Doctor) database(ctx context.Context) {
	if err := d.Store.Check(ctx); err != nil {
		d.say("database", "stop the bot, keep a copy of the data folder, `optinbot restore` the last backup",
			"it is damaged: %v", err)
		return
	}
	if d.Database != "" {
		d.say("database", "", "%s answers, and keeps what is committed", d.Config.DatabaseShown())
		d.server(ctx)
		return
	}
	d.say("database", "", "it is whole")
}

// How much of a server is too much.
const (
	mostOfConnections = 0.8
	oldSnapshot       = 10 * time.Minute
)

// server looks at the server of a database that machines share.
func (d *Doctor) server(ctx context.Context) {
	s, err := d.Store.Server(ctx)
	if err != nil {
		d.say("database server", "`optinbot doctor` again", "%v", err)
		return
	}
	switch {
	case s.Standbys == "" && d.Config.Store.Synchronous:
		d.say("standby", "name it in synchronous_standby_names of the server, or take store.synchronous out of config.yaml",
			"store.synchronous is true, and the server waits for no standby: a failover would lose what was acknowledged")
	case s.Standbys == "":
		d.say("standby", "", "the server waits for no standby. After a failover every number would be in safe mode")
	case !d.Config.Store.Synchronous:
		d.say("standby", "", "the server waits for %s. With store.synchronous: true numbers go on after a failover", s.Standbys)
	default:
		d.say("standby", "", "the server waits for %s", s.Standbys)
	}
	if float64(s.Connections) > mostOfConnections*float64(s.Most) {
		d.say("connections", "raise max_connections of the server, or find out who needs so many",
			"%d of %d connections to the server are open", s.Connections, s.Most)
	}
	if s.Snapshot > oldSnapshot {
		d.say("old transaction", "end it; make backups and reports on a standby",
			"somebody has had a transaction open for %s: meanwhile every send gets slower", text.Duration(s.Snapshot.Round(time.Minute)))
	}
	if s.Collation {
		d.say("collation", "REINDEX DATABASE, then ALTER DATABASE ... REFRESH COLLATION VERSION",
			"the system of the server sorts texts otherwise than when the indexes were made")
	}
}

// clock compares the clock of the machine with WhatsApp's: by what `run` found at its last login,
// and by the newest message.
func (d *Doctor) clock(ctx context.Context) {
	newest, err := d.Store.Newest(ctx)
	ahead, noted, aheadErr := d.Store.ClockAhead(ctx)
	err = errors.Join(err, aheadErr)
	early := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) // there was no optinbot then
	const set = "set the clock, and let the machine keep it (NTP): hours, caps and timeouts go by it"
	switch now := d.Now(); {
	case err != nil:
		d.say("clock", "`optinbot doctor` again", "%v", err)
	case now.Before(early):
		d.say("clock", set, "it says %s, and then there was no optinbot", now.Format(time.DateOnly))
	case ahead.Abs() > clockOff && now.Sub(noted).Abs() < clockNoted:
		way := "ahead of"
		if ahead < 0 {
			way = "behind"
		}
		d.say("clock", set, "it was %s %s WhatsApp's at %s",
			howLong(ahead.Abs()), way, text.When(noted, d.Config.ShopZone()))
	case newest.Sub(now) > clockOff:
		d.say("clock", set, "it is %s behind the newest message that WhatsApp dated",
			howLong(newest.Sub(now)))
	case newest.IsZero() && noted.IsZero():
		d.say("clock", "", "nothing to compare it with until WhatsApp has sent something")
	default:
		d.say("clock", "", "it agrees with WhatsApp's")
	}
}

// howLong is a length of time for people: to the second where it is short.
func howLong(d time.Duration) string {
	if d < 2*time.Hour {
		return text.Duration(d.Round(time.Second))
	}
	return text.Ago(d)
}

// Number looks at one number: its session, its phone, its ledger, its backup.
func (d *Doctor) Number(ctx context.Context, n config.Number) {
	row, err := d.Store.Number(ctx, n.Name)
	linked := err == nil && d.Config.LinkedTo(n, row.JID)
	switch {
	case !linked:
		d.say(n.Name+" session", "`"+n.LinkVerb()+"`", "the number is not linked")
	case n.OnCloud():
		d.cloud(ctx, n, row)
	default:
		d.session(ctx, n, row)
	}
	if err != nil {
		return // never seen
	}
	if row.SafeMode {
		d.say(n.Name+" safe mode", "look at `optinbot status`, then `optinbot number release`",
			"restored from a backup: promotions wait")
	}
	v, err := d.Store.Verify(ctx, n.Name, "")
	switch {
	case err != nil:
		d.say(n.Name+" ledger", "`optinbot consent verify`", "%v", err)
	case !v.Holds():
		d.say(n.Name+" ledger", "`optinbot consent verify` shows where; compare with a backup",
			"it does not hold: %s", v.Problems[0])
	default:
		d.say(n.Name+" ledger", "", "%s, the chain holds", text.Plural(int(v.Entries), "entry", "entries"))
	}
	d.backup(n, row)
	if at, err := d.Store.AppAnswers(ctx, n.Name); err == nil && d.Now().Sub(at) < bot.HumanChat {
		d.say(n.Name+" phone",
			"switch it off on the phone: WhatsApp Business, Settings, Business tools, "+
				"Greeting message and Away message",
			"WhatsApp Business answers people by itself, last at %s: that looks as if you had typed it",
			text.When(at, d.Config.Limits(n).Zone))
	}
}

func (d *Doctor) session(ctx context.Context, n config.Number, row store.NumberRow) {
	file := d.Config.SessionFile(n.Name)
	if _, err := os.Stat(file); err != nil && !d.Store.Shared() {
		d.say(n.Name+" session", "`optinbot link`", "the file of the WhatsApp session is gone")
	} else if err := d.Sessions.Home(ctx, n.Name); err != nil {
		d.say(n.Name+" session", "see there", "%v", err)
	} else if err := d.Sessions.Check(ctx, n.Name, row.JID); err != nil {
		d.say(n.Name+" session", "`optinbot link` again", "%v", err)
	} else {
		d.say(n.Name+" session", "", "linked since %s", row.LinkedAt.In(d.Config.Limits(n).Zone).Format(time.DateOnly))
	}
	switch row.Status {
	case bot.NumberOutdated, bot.NumberBanned, bot.NumberReplaced, bot.NumberFailed, bot.NumberLoggedOut:
		d.say(n.Name+" connection", cmp.Or(row.Detail, "docs/whatsapp.md says what to do"),
			"WhatsApp said %s at %s", row.Status, text.When(row.StatusAt, d.Config.Limits(n).Zone))
	}
	switch away := d.Now().Sub(row.PhoneAt); {
	case row.PhoneAt.IsZero():
	case away >= bot.PhoneNotice:
		d.say(n.Name+" phone", "open WhatsApp on it: after 14 days this device is logged out",
			"no sign of it for %d days", int(away/(24*time.Hour)))
	default:
		d.say(n.Name+" phone", "", "last seen %s", text.When(row.PhoneAt, d.Config.Limits(n).Zone))
	}
}

// cloud asks Meta about a number on the Cloud API.
func (d *Doctor) cloud(ctx context.Context, n config.Number, row store.NumberRow) {
	look := lookAtCloud(ctx, d.Options, n, func(f Finding) { d.Found = append(d.Found, f) })
	if look.account != nil {
		_ = look.account.Close()
	}
	if look.portfolio != "" && look.portfolio != row.Portfolio {
		d.say(n.Name+" portfolio", "`"+n.LinkVerb()+"` again: people who are known without a phone are others there",
			"the account belongs to another portfolio of businesses than when it was linked")
	}
	d.Templates(ctx, n)
	if p, err := new(Desk{Options: d.Options, Store: d.Store}).platform(ctx, n, &row); err == nil && p.Full() {
		d.say(n.Name+" limit", "wait, or earn a higher limit: docs/cloud.md", "%s", p.FirstSays())
	} else if err == nil {
		d.say(n.Name+" limit", "", "%s", p.FirstSays())
	}
	unread, err := d.Store.Unread(ctx, n.Name)
	if err == nil && unread > 0 {
		d.say(n.Name+" unread", "look for a newer optinbot; people whom it names get no promotions until they write",
			"%s of Meta could not be read, and may hold a stop", text.Plural(unread, "webhook", "webhooks"))
	}
}

// Templates says of each draft of which something was handed in how WhatsApp has it.
func (d *Doctor) Templates(ctx context.Context, n config.Number) {
	check := n.Name + " templates"
	known, err := d.Store.Templates(ctx, n.Name, "")
	flow, bad := d.Files.Flow(ctx, n.Flow)
	drafts, draftsErr := d.Files.Drafts()
	if err = errors.Join(err, draftsErr); err != nil || bad != nil { // of the flow it says so there
		if err != nil {
			d.say(check, "`optinbot doctor` again", "%v", err)
		}
		return
	}
	for _, name := range drafts {
		b, err := d.Files.Draft(ctx, name, flow)
		if err != nil {
			continue // `flow check` says what is wrong with it
		}
		refs := bot.TemplatesOf(flow, b)
		if !slices.ContainsFunc(refs, func(r bot.TemplateRef) bool { return stateOf(known, r).Lacks(r) != bot.TemplateMissing }) {
			continue
		}
		wrong := slices.DeleteFunc(slices.Clone(refs), func(r bot.TemplateRef) bool {
			lack := stateOf(known, r).Lacks(r)
			return lack == bot.TemplateReady || lack == bot.TemplateInReview
		})
		switch {
		case len(wrong) > 0:
			d.say(check, "`optinbot broadcast template status "+name+"` asks again and says of each what it lacks",
				"of %s: %s", name, text.Line(notReady(known, wrong)))
		case notReady(known, refs) != "":
			d.say(check, "", "of %s: %s", name, text.Line(notReady(known, refs)))
		default:
			d.say(check, "", "those of %s are ready", name)
		}
	}
}

func (d *Doctor) backup(n config.Number, row store.NumberRow) {
	if d.Database != "" { // whoever runs the server backs it up
		return
	}
	do := "name a folder under backup: in config.yaml, or `optinbot backup` every day; and keep a copy elsewhere"
	old := BackupOld
	if d.Config.Backup.Folder != "" {
		do = "`optinbot status` says why a running bot could not make one; `optinbot backup` makes one now"
		old = DailyOld
	}
	switch age := d.Now().Sub(row.BackedUpAt); {
	case row.BackedUpAt.IsZero():
		d.say(n.Name+" backup", do, "there has been none")
	case age > old:
		d.say(n.Name+" backup", do, "the last one is %d days old", int(age/(24*time.Hour)))
	default:
		d.say(n.Name+" backup", "", "the last one was written at %s", text.When(row.BackedUpAt, d.Config.Limits(n).Zone))
	}
}

// optouts looks for the log that keeps stops safe from an older backup.
func (d *Doctor) optouts(ctx context.Context, folder string) {
	left := 0
	for _, n := range d.Config.Numbers {
		counts, err := d.Store.CountConsents(ctx, n.Name)
		if err != nil {
			d.say("optouts.log", "`optinbot doctor` again", "%v", err)
			return
		}
		left += counts[bot.Unsubscribed]
	}
	fault, faultErr := d.Store.OptoutsFault(ctx)
	_, err := os.Stat(filepath.Join(folder, "optouts.log"))
	switch {
	case faultErr != nil:
		d.say("optouts.log", mendOptouts, "%v", faultErr)
	case err == nil && fault != "":
		d.say("optouts.log", mendOptouts, "%s", fault)
	case err == nil:
		d.say("optouts.log", "", "it is there; a copy elsewhere, every hour, makes an old backup safe")
	case d.Store.Shared(): // every machine has its own, and all stops are in the database
		d.say("optouts.log", "", "no stop has come in through this machine yet, so there is none")
	case left == 0:
		d.say("optouts.log", "", "nobody has left yet, so there is none")
	default:
		d.say("optouts.log", "bring back your copy of it; until then an older backup would not know who left",
			"%s left, and it is gone", text.Plural(left, "person has", "people have"))
	}
}
