package desk

import (
	"context"
	"slices"
)

// A Role says how much an operator may do. Each includes the ones before it.
type Role string

// The roles, from the one that may do least.
const (
	Viewer Role = "viewer" // reads, with phones masked
	Editor Role = "editor" // replies, takes over, tags, opts out, edits drafts and flows
	Owner  Role = "owner"  // also arms, releases, erases, exports, links, and says who may do what
)

// Metrics is what a key has that may read the figures for a monitor, and nothing else. It is no role
// of people.
const Metrics Role = "metrics"

// roles are in order: each includes the ones before it.
var roles = []Role{Viewer, Editor, Owner}

// UsualRole is what an operator or a key has where nothing else is said.
const UsualRole = Viewer

// Roles are what an operator may have, from the one that may do least, and KeyRoles what a key may.
func Roles() []Role    { return slices.Clone(roles) }
func KeyRoles() []Role { return append(Roles(), Metrics) }

// Includes says whether whoever has this role may do what the other one may. A role that does not
// exist may do nothing.
func (r Role) Includes(other Role) bool {
	mine := slices.Index(roles, r)
	return mine >= 0 && mine >= slices.Index(roles, other)
}

// A Door is the way by which somebody came in.
type Door string

// The doors.
const (
	ViaCLI   Door = "cli"
	ViaWeb   Door = "web"
	ViaAPI   Door = "api"
	ViaPhone Door = "phone"
)

// Who is whoever works at the desk: an operator, a key of the API, or a user of the machine.
type Who struct {
	Name    string // "marta", "key:crm", "cli:rui"
	Via     Door
	Role    Role
	Numbers []string // the numbers that they may see and act on. Empty: all
	Fresh   bool     // they have given their password within the last minutes

	// They are an owner who has no second factor and comes from another machine. Until they have set
	// one up they may only look.
	NeedsTOTP bool
}

// MaySee says whether a number is one of theirs.
func (w Who) MaySee(number string) bool {
	return len(w.Numbers) == 0 || slices.Contains(w.Numbers, number)
}

// seesPhones reports whether whoever acts may see phones whole. The program itself may.
func seesPhones(ctx context.Context) bool {
	w, ok := WhoActs(ctx)
	return !ok || w.Role.Includes(Editor)
}

type whoKey struct{}

// As says who acts from here on. Whoever opens a door calls it for each command and each request.
func As(ctx context.Context, w Who) context.Context { return context.WithValue(ctx, whoKey{}, w) }

// WhoActs is whoever acts. It is false where the program itself does, such as when its clock fires.
func WhoActs(ctx context.Context) (Who, bool) {
	w, ok := ctx.Value(whoKey{}).(Who)
	return w, ok
}
