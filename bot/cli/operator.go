package cli

import (
	"strings"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// OperatorCmd is `operator`.
type OperatorCmd struct {
	Add    OperatorAddCmd    `cmd:"" help:"Let somebody work at the page: prints a link by which they choose a password."`
	List   OperatorListCmd   `cmd:"" help:"Show who may work at the page, and as what."`
	Role   OperatorRoleCmd   `cmd:"" help:"Change what somebody may do, and on which numbers."`
	Reset  OperatorResetCmd  `cmd:"" help:"Give somebody a new link: password and authenticator are taken away."`
	Remove OperatorRemoveCmd `cmd:"" help:"Take somebody away, at once."`
	Enable OperatorEnableCmd `cmd:"" help:"Let somebody in again whom a restore has switched off."`
}

// ForNumbers is embedded in verbs that limit somebody to numbers.
type ForNumbers struct {
	Number []string `help:"Only this number, as config.yaml calls it; several may be given (default: all)." placeholder:"NAME" sep:"none"`
}

// limits says which numbers somebody may see.
func limits(numbers []string) string {
	if len(numbers) == 0 {
		return "all"
	}
	return strings.Join(numbers, ", ")
}

// lastly is when something was last used.
func lastly(at time.Time, zone *time.Location) string {
	if at.IsZero() {
		return "never"
	}
	return text.When(at, zone)
}

// printLink shows a link by which an operator chooses a password.
func printLink(a *App, l desk.OperatorLink, zone *time.Location) {
	p := a.page()
	p.say("This link lets %s choose a password. It counts once, and until %s. Give it to nobody else:", l.Operator, text.When(l.Ends, zone))
	p.say("  %s", l.URL)
	if !l.Served {
		p.say("There is no page yet: `web.listen` in config.yaml is empty.")
	}
}
