package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"optinbot/bot/config"
	"optinbot/bot/text"
)

// A CloudAccount is what Meta says of a number on the Cloud API, to who has its access token. What it
// returns is foreign, but for phones.
type CloudAccount interface {
	// Token says what the access token is good for.
	Token(ctx context.Context) (CloudToken, error)
	// Phones are the numbers of the WhatsApp Business account.
	Phones(ctx context.Context) ([]CloudPhone, error)
	// Quality is Meta's word for what people think of the number, and how many it may write to.
	Quality(ctx context.Context) (quality, limit string, err error)
	// Portfolio is the ID of the portfolio of businesses that owns the account.
	Portfolio(ctx context.Context) (string, error)
	// Subscribed reports whether Meta posts what happens to the account to an app of the business.
	Subscribed(ctx context.Context) (bool, error)
	// Subscribe makes Meta do so. It may be repeated.
	Subscribe(ctx context.Context) error
	// Close ends what is kept for the calls.
	Close() error
}

// A CloudToken says what an access token is good for.
type CloudToken struct {
	Valid   bool
	Expires time.Time // zero: never
	Missing []string  // permissions that a bot needs and the token does not have
}

// A CloudPhone is a number of an account.
type CloudPhone struct {
	ID, Phone string // the phone with the plus
	Name      string // as people see it
}

// OpenCloud opens the account of a number, with its secrets. It asks Meta nothing.
type OpenCloud func(n config.Number, secrets config.CloudSecrets) (CloudAccount, error)

// tokenSoon is how long before its end a token is to be replaced.
const tokenSoon = 14 * 24 * time.Hour

// A cloudLook asks Meta about one number, and notes what it finds.
type cloudLook struct {
	o       Options
	n       config.Number
	account CloudAccount
	tell    func(Finding)
	todo    int

	phone, portfolio string
	subscribed       bool
}

func (l *cloudLook) say(check, do, format string, args ...any) {
	if do != "" {
		l.todo++
	}
	l.tell(Finding{Check: l.n.Name + " " + check, OK: do == "", Says: fmt.Sprintf(format, args...), Do: do})
}

// lookAtCloud opens the account of a number and asks about all of it. It stops where nothing more can
// be learned. The account is nil then, and else to be closed by the caller.
func lookAtCloud(ctx context.Context, o Options, n config.Number, tell func(Finding)) *cloudLook {
	l := &cloudLook{o: o, n: n, tell: tell}
	if o.Cloud == nil {
		l.say("account", "use the command line of the machine that runs the bot", "nobody can ask Meta here")
		return l
	}
	secrets, err := o.Config.CloudSecrets(n)
	if err != nil {
		l.say("secrets", "`optinbot link --cloud` makes the files; they are read at each start of the number", "%v", err)
		return l
	}
	account, err := o.Cloud(n, secrets)
	if err != nil {
		l.say("secrets", "correct config.yaml, or the file of the secret", "%v", err)
		return l
	}
	if !l.token(ctx, account) {
		_ = account.Close()
		return l
	}
	l.account = account
	l.number(ctx)
	l.owner(ctx)
	l.hears(ctx)
	return l
}

// token asks about the access token. It is false where no other question would be answered.
func (l *cloudLook) token(ctx context.Context, account CloudAccount) bool {
	const anew = "make a new token of the system user (business settings of Meta, System users), and write it to the file of token_file"
	token, err := account.Token(ctx)
	left := token.Expires.Sub(l.o.Now())
	switch {
	case err != nil:
		l.say("token", anew+"; is this machine online, and is the app secret that of the token's app?", "%v", err)
		return false
	case !token.Valid:
		l.say("token", anew, "Meta says that the access token is not valid")
		return false
	case len(token.Missing) > 0:
		l.say("token", "give the system user the missing permissions in the app, then "+anew, "it does not allow %s",
			text.Line(strings.Join(token.Missing, ", ")))
	case !token.Expires.IsZero() && left < tokenSoon:
		l.say("token", anew+" before that", "it ends on %s", token.Expires.In(l.o.Config.Limits(l.n).Zone).Format(time.DateOnly))
	case !token.Expires.IsZero():
		l.say("token", "", "it is valid until %s", token.Expires.In(l.o.Config.Limits(l.n).Zone).Format(time.DateOnly))
	default:
		l.say("token", "", "it is valid, and does not end")
	}
	return true
}

// number asks whether the number is one of the account, and how it is rated.
func (l *cloudLook) number(ctx context.Context) {
	phones, err := l.account.Phones(ctx)
	at := slices.IndexFunc(phones, func(p CloudPhone) bool { return p.ID == l.n.Cloud.PhoneNumberID })
	switch {
	case err != nil:
		l.say("account", "compare waba_id with the ID in WhatsApp Manager, and let the system user have that account", "%v", err)
		return
	case at < 0:
		l.say("account", "compare phone_number_id and waba_id with the IDs in WhatsApp Manager",
			"the account has %s, and none has this phone_number_id", text.Plural(len(phones), "number", "numbers"))
		return
	}
	l.phone = phones[at].Phone
	l.say("account", "", "the number is one of the account, as %q", text.Line(phones[at].Name))
	quality, limit, err := l.account.Quality(ctx)
	switch {
	case err != nil:
		l.say("quality", "`optinbot doctor` again", "%v", err)
	case quality == "RED" || quality == "YELLOW":
		l.say("quality", "send less, and only to who asked for it: people block or report the number",
			"Meta rates it %s; its messaging limit is %s", quality, text.Line(limit))
	default:
		l.say("quality", "", "Meta rates it %s; its messaging limit is %s", text.Line(quality), text.Line(limit))
	}
}

// owner asks who owns the account: the IDs of people hold within that portfolio.
func (l *cloudLook) owner(ctx context.Context) {
	var err error
	if l.portfolio, err = l.account.Portfolio(ctx); err != nil {
		l.say("portfolio", "compare waba_id with the ID in WhatsApp Manager, and let the system user have that account", "%v", err)
	}
}

// hears asks whether Meta posts what happens to anybody.
func (l *cloudLook) hears(ctx context.Context) {
	var err error
	switch l.subscribed, err = l.account.Subscribed(ctx); {
	case err != nil:
		l.say("webhooks", "`optinbot doctor` again", "%v", err)
	case !l.subscribed:
		l.say("webhooks", "`"+l.n.LinkVerb()+"` subscribes", "no app has subscribed to the account: nothing comes in")
	default:
		l.say("webhooks", "", "an app has subscribed to the account")
	}
}

// LinkCloud links a number that config.yaml has on the Cloud API: it checks everything at Meta, makes
// Meta post what happens, and notes the account. tell is told of each check. It is refused where
// something has to be done first, while another process has the number, and for another phone than the
// one that people wrote to. It may be repeated.
func (d *Desk) LinkCloud(ctx context.Context, number string, tell func(Finding)) (made LinkMade, err error) {
	ctx, end, err := d.begin(ctx, ActLinkNumber, number)
	if err != nil {
		return made, err
	}
	defer func() { end(err) }()
	n, row, err := d.numberRow(ctx, number)
	switch {
	case err != nil:
		return made, err
	case !n.OnCloud():
		return made, Refuse("number %s is not on the Cloud API: config.yaml does not say `transport: cloud`", n.Name)
	case d.Files.CloudTaken(n.Name):
		return made, served(n.Name)
	}
	look := lookAtCloud(ctx, d.Options, n, func(f Finding) {
		if f.OK || f.Check != n.Name+" webhooks" { // that is done below
			tell(f)
		}
	})
	if look.account == nil {
		return made, Refuse("number %s is not linked", n.Name)
	}
	defer func() { _ = look.account.Close() }()
	if look.phone == "" || look.portfolio == "" {
		return made, Refuse("number %s is not linked", n.Name)
	}
	if err := row.MayLink(look.phone); err != nil {
		return made, refusedPhone(err)
	}
	if !look.subscribed {
		if err := look.account.Subscribe(ctx); err != nil {
			return made, Refuse("Meta could not be made to post what happens to the account: %v", err)
		}
		tell(Finding{Check: n.Name + " webhooks", OK: true, Says: "the app has subscribed to the account now"})
	}
	err = d.Store.LinkedCloud(ctx, n.Name, d.Config.CloudAccount(n), look.phone, look.portfolio, d.Now())
	return LinkMade{Number: n.Name, Phone: look.phone}, refusedPhone(err)
}
