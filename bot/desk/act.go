package desk

import (
	"context"
	"errors"
	"fmt"

	"optinbot/store"
)

// An Action names what an operator can do at the desk. It is the words of the verb that does it.
type Action string

// The actions.
const (
	ActBackup            Action = "backup"
	ActRestore           Action = "restore"
	ActMove              Action = "move"
	ActMoveNumber        Action = "fleet move"
	ActDrainHost         Action = "fleet drain"
	ActPauseBroadcast    Action = "broadcast pause"
	ActCancelBroadcast   Action = "broadcast cancel"
	ActReleaseBroadcast  Action = "broadcast release"
	ActResumeBroadcast   Action = "broadcast resume"
	ActResolveBroadcast  Action = "broadcast resolve"
	ActSampleBroadcast   Action = "broadcast sample"
	ActScheduleBroadcast Action = "broadcast schedule"
	ActSubmitTemplates   Action = "broadcast template submit"
	ActExportConsent     Action = "consent export"
	ActEraseContact      Action = "contacts erase"
	ActExportContact     Action = "contacts export"
	ActImportContacts    Action = "contacts import"
	ActPauseContact      Action = "contacts pause"
	ActResumeContact     Action = "contacts resume"
	ActReleaseContact    Action = "contacts release"
	ActTagContact        Action = "contacts tag"
	ActUntagContact      Action = "contacts untag"
	ActZoneContact       Action = "contacts zone"
	ActReply             Action = "reply"
	ActOptOut            Action = "optout"
	ActReloadFlow        Action = "flow reload"
	ActRollBackFlow      Action = "flow rollback"
	ActEditFlow          Action = "flow edit"
	ActPublishFlow       Action = "flow publish"
	ActRecordTest        Action = "flow record"
	ActEditBroadcast     Action = "broadcast edit"
	ActEditReplies       Action = "replies edit"
	ActRegisterSource    Action = "invite"
	ActLinkNumber        Action = "link"
	ActChangeNumber      Action = "number change"
	ActReleaseNumber     Action = "number release"
	ActAddWebhook        Action = "webhook add"
	ActTestWebhook       Action = "webhook test"
	ActReplayWebhook     Action = "webhook replay"
	ActRotateWebhook     Action = "webhook rotate"
	ActEnableWebhook     Action = "webhook enable"
	ActRemoveWebhook     Action = "webhook remove"
	ActSeeWebhooks       Action = "webhook list"
	ActSeeActs           Action = "acts"
	ActAddOperator       Action = "operator add"
	ActListOperators     Action = "operator list"
	ActSetOperatorRole   Action = "operator role"
	ActResetOperator     Action = "operator reset"
	ActRemoveOperator    Action = "operator remove"
	ActEnableOperator    Action = "operator enable"
	ActAddKey            Action = "key add"
	ActListKeys          Action = "key list"
	ActRevokeKey         Action = "key revoke"
	ActEnableKey         Action = "key enable"
	ActEndSessions       Action = "end sessions"

	// What everybody does to themselves.
	ActLogIn       Action = "log in"
	ActLogOut      Action = "log out"
	ActSetPassword Action = "set password"
	ActSetUpTOTP   Action = "set up authenticator"
	ActDropTOTP    Action = "drop authenticator"
)

// A right says who may do something.
type right struct {
	least Role
	fresh bool // whoever comes by the page gives their password again first
	shop  bool // it is about every number, so whoever is limited to some may not
	cli   bool // only at the command line

	people bool // no key may: a program lets nobody in
}

// rights are the one table of who may do what. What is not in it nobody may do.
var rights = map[Action]right{
	ActBackup:            {least: Owner, shop: true},
	ActRestore:           {least: Owner, shop: true},
	ActMove:              {least: Owner, shop: true, cli: true},
	ActMoveNumber:        {least: Owner, shop: true, cli: true},
	ActDrainHost:         {least: Owner, shop: true, cli: true},
	ActPauseBroadcast:    {least: Editor}, // whoever sees that something is wrong can stop it
	ActCancelBroadcast:   {least: Owner},
	ActReleaseBroadcast:  {least: Owner},
	ActResumeBroadcast:   {least: Owner},
	ActResolveBroadcast:  {least: Editor},
	ActSampleBroadcast:   {least: Editor},
	ActScheduleBroadcast: {least: Owner},
	ActSubmitTemplates:   {least: Owner},
	ActExportConsent:     {least: Owner},
	ActEraseContact:      {least: Owner, fresh: true, shop: true},
	ActExportContact:     {least: Owner},
	ActImportContacts:    {least: Editor},
	ActPauseContact:      {least: Editor},
	ActResumeContact:     {least: Editor},
	ActReleaseContact:    {least: Owner},
	ActTagContact:        {least: Editor},
	ActUntagContact:      {least: Editor},
	ActZoneContact:       {least: Editor},
	ActReply:             {least: Editor},
	ActOptOut:            {least: Editor},
	ActReloadFlow:        {least: Editor},
	ActRollBackFlow:      {least: Editor},
	ActEditFlow:          {least: Editor},
	ActPublishFlow:       {least: Editor},
	ActRecordTest:        {least: Editor},
	ActEditBroadcast:     {least: Editor},
	ActEditReplies:       {least: Editor},
	ActRegisterSource:    {least: Editor},
	ActLinkNumber:        {least: Owner, fresh: true},
	ActChangeNumber:      {least: Owner, fresh: true},
	ActReleaseNumber:     {least: Owner},
	ActAddWebhook:        {least: Owner, fresh: true, shop: true}, // it takes what is known of people out of the house
	ActTestWebhook:       {least: Owner, shop: true},
	ActReplayWebhook:     {least: Owner, shop: true},
	ActRotateWebhook:     {least: Owner, fresh: true, shop: true},
	ActEnableWebhook:     {least: Owner, shop: true},
	ActRemoveWebhook:     {least: Owner, shop: true},
	ActSeeWebhooks:       {least: Owner, shop: true}, // a URL may hold a password
	ActSeeActs:           {least: Owner, shop: true},
	ActAddOperator:       {least: Owner, fresh: true, shop: true, people: true},
	ActListOperators:     {least: Owner, shop: true},
	ActSetOperatorRole:   {least: Owner, fresh: true, shop: true, people: true},
	ActResetOperator:     {least: Owner, fresh: true, shop: true, people: true},
	ActRemoveOperator:    {least: Owner, fresh: true, shop: true, people: true},
	ActEnableOperator:    {least: Owner, shop: true, cli: true},
	ActAddKey:            {least: Owner, fresh: true, shop: true, people: true},
	ActListKeys:          {least: Owner, shop: true},
	ActRevokeKey:         {least: Owner, fresh: true, shop: true, people: true},
	ActEnableKey:         {least: Owner, shop: true, cli: true},
	ActEndSessions:       {least: Owner, fresh: true, shop: true},
}

// ErrForbidden marks what somebody may not do or see. Nothing was changed.
var ErrForbidden = errors.New("you may not do that")

// ErrPasswordNeeded marks what somebody may do once they have given their password again. It is an
// ErrForbidden too.
var ErrPasswordNeeded = fmt.Errorf("%w without your password: give it again", ErrForbidden)

// May reports whether somebody may do something on the numbers that they may see. Whether they have
// given their password of late is not asked.
func (w Who) May(act Action) bool {
	right, ok := rights[act]
	return ok && w.Role.Includes(right.least) && (!right.shop || len(w.Numbers) == 0) && (!right.cli || w.Via == ViaCLI)
}

// allowed says why somebody may not do something to a number. It is nil where they may.
func (w Who) allowed(act Action, number string) error {
	right, ok := rights[act]
	switch {
	case !ok || !w.Role.Includes(right.least):
		return fmt.Errorf("%w: %q is for %s, and you are %s", ErrForbidden, act, aRole(right.least), aRole(w.Role))
	case right.shop && len(w.Numbers) > 0:
		return fmt.Errorf("%w: %q is about every number of the shop, and you may see only some", ErrForbidden, act)
	case !right.shop && !w.MaySee(number):
		return notYours(number)
	case right.people && w.Via == ViaAPI:
		return fmt.Errorf("%w with a key: %q is for people", ErrForbidden, act)
	case right.cli && w.Via != ViaCLI:
		return onlyAtCLI(act)
	case right.fresh && !w.Fresh && w.Via == ViaWeb:
		return ErrPasswordNeeded
	}
	return nil
}

func onlyAtCLI(act Action) error {
	return fmt.Errorf("%w here: %q is for the command line of the machine that the bot runs on", ErrForbidden, act)
}

func notYours(number string) error {
	return fmt.Errorf("%w: number %s is not one of yours", ErrForbidden, number)
}

// aRole names a role in a sentence.
func aRole(r Role) string {
	switch r {
	case Owner:
		return "an owner"
	case Editor:
		return "an editor"
	case Viewer:
		return "a viewer"
	}
	return "nobody who works here"
}

// mayRead says why whoever acts may not see a number. It is nil where they may.
func (d *Desk) mayRead(ctx context.Context, number string) error {
	w, ok := WhoActs(ctx)
	switch {
	case !ok:
		return nil
	case !w.Role.Includes(Viewer):
		return fmt.Errorf("%w: you may not see what is held here", ErrForbidden)
	case !w.MaySee(d.named(number)):
		return notYours(d.named(number))
	}
	return nil
}

// may says why whoever acts may not do something later, and leaves no row. Of a preview, which a
// password does not have to come before.
func (d *Desk) may(ctx context.Context, act Action, number string) error {
	w, ok := WhoActs(ctx)
	if !ok {
		return nil
	}
	w.Fresh = true
	return w.allowed(act, d.named(number))
}

// named is a number by its name. "" is the first of the configuration.
func (d *Desk) named(number string) string {
	if number == "" {
		return d.Config.Numbers[0].Name
	}
	return number
}

// begin is how every use case begins that changes something. It says whether whoever acts may do
// that to the number ("" is the first), and returns the context to act with: the first write that
// is made with it also writes the row that says who did what. end is called with how it ended.
//
// Where the program itself acts there is nothing to ask and no row. In a use case that another one
// calls there is no second row.
func (d *Desk) begin(ctx context.Context, act Action, number string) (context.Context, func(error), error) {
	return d.beginNamed(ctx, act, number, string(act))
}

// beginOn is begin for what is done to an operator or a key, whose name stands in the row.
func (d *Desk) beginOn(ctx context.Context, act Action, name string) (context.Context, func(error), error) {
	row := string(act)
	if accountName().MatchString(name) { // what somebody typed may be anything
		row += " " + name
	}
	return d.beginNamed(ctx, act, "", row)
}

func (d *Desk) beginNamed(ctx context.Context, act Action, number, name string) (context.Context, func(error), error) {
	w, ok := WhoActs(ctx)
	if !ok || store.RecordingOf(ctx) != nil {
		return ctx, func(error) {}, nil
	}
	number = d.named(number)
	row := store.ActRow{At: d.Now(), Who: w.Name, Via: string(w.Via), Act: name}
	if _, known := d.Numbers[number]; known && !rights[act].shop {
		row.Number = number // what somebody typed may be anything
	}
	if err := w.allowed(act, number); err != nil {
		row.Result = resultOf(err)
		return ctx, nil, errors.Join(err, d.addAct(ctx, row))
	}
	ctx, recording := store.Record(ctx, row)
	return ctx, func(err error) { d.end(ctx, recording, err) }, nil
}

// end writes the row of an act that no write has written, or that failed after its first write.
func (d *Desk) end(ctx context.Context, recording *store.Recording, err error) {
	if recording.Written() && err == nil {
		return
	}
	if failed := d.addAct(context.WithoutCancel(ctx), recording.Row(resultOf(err))); failed != nil {
		d.Log.Error("who did this could not be written down", "act", recording.Row("").Act, "error", failed)
	}
}

func (d *Desk) addAct(ctx context.Context, row store.ActRow) error {
	if d.Store == nil { // a restore that was refused: there is no database yet
		return nil
	}
	if d.Store.ReadOnly() {
		d.Log.Warn("who did this is not written down: the data folder cannot be written", "act", row.Act)
		return nil
	}
	return d.Store.AddAct(ctx, row)
}

// about says whom the act under way is about.
func about(ctx context.Context, contact int64) {
	if r := store.RecordingOf(ctx); r != nil {
		r.About(contact)
	}
}

// resultOf is what the row of an act says of how it ended.
func resultOf(err error) string {
	switch {
	case err == nil:
		return store.ActDone
	case errors.Is(err, ErrForbidden):
		return "forbidden"
	case errors.Is(err, ErrNotFound):
		return "not found"
	case errors.Is(err, ErrRefused), errors.Is(err, ErrWrongLogIn), errors.Is(err, ErrLinkOver):
		return "refused"
	}
	return "failed"
}

// An ActQuery says which acts are listed.
type ActQuery struct {
	Number string // "": any, and what is about the whole shop
	Who    string // "": anybody
	Before int64  // only rows before that one. 0: from the newest on
	Limit  int    // 0: a hundred
}

// Acts returns who did what, the newest first. It changes nothing.
func (d *Desk) Acts(ctx context.Context, q ActQuery) ([]store.ActRow, error) {
	if w, ok := WhoActs(ctx); ok {
		if err := w.allowed(ActSeeActs, ""); err != nil {
			return nil, err
		}
	}
	if q.Limit <= 0 {
		q.Limit = 100
	}
	return d.Store.Acts(ctx, store.ActFilter(q))
}
