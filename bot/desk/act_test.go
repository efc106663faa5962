package desk_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"optinbot/bot/desk"
	"optinbot/store/storetest"
)

// The people who work at the desk of these tests.
var (
	marta = desk.Who{Name: "marta", Via: desk.ViaWeb, Role: desk.Owner, Fresh: true}
	rui   = desk.Who{Name: "rui", Via: desk.ViaWeb, Role: desk.Editor}
	ines  = desk.Who{Name: "ines", Via: desk.ViaWeb, Role: desk.Viewer}
)

// database is the one that the desk works with.
func (s *shop) database() *sql.DB {
	s.t.Helper()
	db, err := storetest.Beside(s.Dir)
	must(s.t, err)
	s.t.Cleanup(func() { must(s.t, db.Close()) })
	return db
}

// lately are the newest acts, as "who act number contact: result", the oldest first.
func (s *shop) lately(n int) (rows []string) {
	s.t.Helper()
	acts, err := s.Acts(s.Ctx, desk.ActQuery{Limit: n})
	must(s.t, err)
	for _, a := range slices.Backward(acts) {
		about := ""
		if a.Contact != 0 {
			about = fmt.Sprintf(" contact %d", a.Contact)
		}
		rows = append(rows, fmt.Sprintf("%s %s, %s%s: %s", a.Who, a.Act, a.Number, about, a.Result))
	}
	return rows
}

// useCases are those that change something or let something out, by what is in their row. Each
// succeeds in the shop of actShop.
func (s *shop) useCases() map[string]func(context.Context) error {
	erase := func(ctx context.Context) error {
		v, err := s.PreviewErase(s.Ctx, cy)
		if err == nil {
			_, err = s.ErasePerson(ctx, cy, v.Version)
		}
		return err
	}
	schedule := func(ctx context.Context) error {
		p, err := s.Preview(s.Ctx, "main", "weekend-offer", desk.PreviewOptions{Now: true})
		if err == nil {
			_, err = s.Schedule(ctx, "main", "weekend-offer", desk.ScheduleOptions{Now: true}, p.Version)
		}
		return err
	}
	on := func(do func(context.Context, string, string) (*desk.BroadcastChange, error)) func(context.Context) error {
		return func(ctx context.Context) error { _, err := do(ctx, "main", "weekend-offer"); return err }
	}
	sheet := func(fields ...string) desk.Sheet {
		return desk.Sheet{Name: "list.csv", Rows: []desk.SheetRow{{Line: 1, Fields: []string{"phone", "tags"}}, {Line: 2, Fields: fields}}}
	}
	none := func(int, int) {}
	main, err := s.Number("main")
	must(s.t, err)
	return map[string]func(context.Context) error{
		"01 contacts pause, main contact 1":  func(ctx context.Context) error { _, err := s.PauseContact(ctx, "", ana); return err },
		"02 contacts resume, main contact 1": func(ctx context.Context) error { return s.ResumeContact(ctx, "main", ana) },
		"03 reply, main contact 1":           func(ctx context.Context) error { _, err := s.Reply(ctx, "main", ana, "hello"); return err },
		"04 contacts zone, main contact 1": func(ctx context.Context) error {
			_, err := s.SetZone(ctx, "main", ana, "Europe/Lisbon")
			return err
		},
		"05 contacts import, main": func(ctx context.Context) error {
			_, err := s.ImportContacts(ctx, "main", sheet(ana, "vip"), false, none)
			return err
		},
		"06 contacts untag, main contact 1": func(ctx context.Context) error { _, err := s.UntagContact(ctx, "main", "vip", ana); return err },
		"07 broadcast sample, main": func(ctx context.Context) error {
			_, err := s.SendSamples(ctx, "main", "weekend-offer", "", false)
			return err
		},
		"08 broadcast schedule, main": schedule,
		"09 broadcast pause, main":    on(s.PauseBroadcast),
		"10 broadcast resume, main": func(ctx context.Context) error {
			_, err := s.ResumeBroadcast(ctx, "main", "weekend-offer", true)
			return err
		},
		"11 broadcast cancel, main":          on(s.CancelBroadcast),
		"12 flow reload, main":               func(ctx context.Context) error { _, err := s.RequestReload(ctx, "main"); return err },
		"13 number release, main":            func(ctx context.Context) error { _, err := s.ReleaseNumber(ctx, "main", "looked", true); return err },
		"14 consent export, main":            func(ctx context.Context) error { _, err := s.ExportConsent(ctx, ""); return err },
		"15 consent export, main contact 1":  func(ctx context.Context) error { _, err := s.ExportConsentOf(ctx, "main", ana); return err },
		"16 contacts export, main contact 1": func(ctx context.Context) error { _, err := s.ExportPerson(ctx, ana); return err },
		"17 contacts export, main": func(ctx context.Context) error {
			return s.ExportCards(ctx, "main", func(desk.ContactCard) error { return nil })
		},
		"18 invite, main": func(ctx context.Context) error { _, err := s.Invite(ctx, "main", "window", ""); return err },
		"19 backup, ": func(ctx context.Context) error {
			_, err := s.BackUp(ctx, desk.BackupOrder{File: s.Path(fmt.Sprint("b", s.nextID()))})
			return err
		},
		"20 optout, main": func(ctx context.Context) error { _, err := s.OptOut(ctx, "main", ben, "by phone"); return err },
		"21 optout, main": func(ctx context.Context) error {
			_, err := s.OptOutSheet(ctx, "main", sheet(ben, ""), "", "", none)
			return err
		},
		"22 contacts erase,  contact -2": erase,
		"23 link, main": func(ctx context.Context) error {
			_, err := s.Link(ctx, "main", "", always((&pairing{scans: "+12125550109"}).open))
			return err
		},
		"25 contacts tag, main contact 1": func(ctx context.Context) error { _, err := s.TagContact(ctx, "main", "vip", ana); return err },
		"24 flow rollback, main":          func(ctx context.Context) error { return s.rollsBack(ctx, main.Name) },
	}
}

func (s *shop) nextID() int { s.ids++; return s.ids }

// rollsBack writes the version of before into the file of a number's flow.
func (s *shop) rollsBack(ctx context.Context, number string) error {
	n, err := s.Number(number)
	if err != nil {
		return err
	}
	offer, err := s.OfferRollback(s.Ctx, n, "")
	if err == nil {
		_, err = s.RollBack(ctx, n, offer)
	}
	return err
}

// actShop has two people who signed up, and a draft.
func actShop(t *testing.T) *shop {
	t.Helper()
	s := newShop(t, twoNumbers)
	s.Start()
	flow := s.Path("flows/promotions.yaml")
	write(t, flow, string(readAll(t, flow))+"\n# another version\n")
	n, err := s.Number("main")
	must(t, err)
	must(t, s.Reload(s.Ctx, n))
	s.linked("main", "+12125550109")
	s.writes(ana, phrase)
	s.writes(cy, phrase)
	hold(t, s, cy) // for the release of the number
	return s
}

// TestD2EveryActHasANameOnIt: each use case that changes something, or lets something out, leaves one
// row that says who did it, about which number and whom, and the row has neither words nor a phone.
func TestD2EveryActHasANameOnIt(t *testing.T) {
	t.Parallel()
	s := actShop(t)
	all := s.useCases()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if name == "23 link, main" { // it is linked: see TestD2ARefusalIsARow
			continue
		}
		if err := all[name](desk.As(s.Ctx, marta)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, want := s.lately(1), "marta "+name[3:]+": done"; !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if acts := s.lately(999); len(acts) != len(all)-1 {
		t.Errorf("%d rows for %d acts:\n%s", len(acts), len(all)-1, strings.Join(acts, "\n"))
	}
	for _, row := range list(t, s.database(), "SELECT * FROM acts") {
		for _, secret := range []string{ana[1:], ben[1:], cy[1:], "hello", "by phone", "looked"} {
			if strings.Contains(row, secret) {
				t.Errorf("an act has %q in it: %s", secret, row)
			}
		}
	}
}

// TestD2ARefusalIsARow: what was refused or not found leaves a row too, and what the program does by
// itself leaves none.
func TestD2ARefusalIsARow(t *testing.T) {
	t.Parallel()
	s := actShop(t)
	ctx := desk.As(s.Ctx, marta)
	_ = s.ResumeContact(ctx, "main", ana)
	_, _ = s.Reply(ctx, "main", nobody, "hello")
	_, _ = s.Reply(ctx, ana, ana, "hello")
	_, _ = s.CancelBroadcast(ctx, "main", "weekend-offer")
	_, _ = s.ErasePerson(ctx, ana, "another")
	_, _ = s.Link(ctx, "main", "", always((&pairing{account: "1:1@s.whatsapp.net", phone: "+12125550109"}).open))
	want := []string{
		"marta contacts resume, main contact 1: refused", "marta reply, main: not found", "marta reply, : refused",
		"marta broadcast cancel, main: refused", "marta contacts erase,  contact 1: refused", "marta link, main: refused",
	}
	got := s.lately(99)
	if slices.Sort(got); !slices.Equal(got, sorted(want)) {
		t.Errorf("%q\nwant %q", got, want)
	}
	for name, act := range s.useCases() {
		_ = act(s.Ctx)
		if now := s.lately(99); len(now) != len(got) {
			t.Fatalf("%s left a row though nobody acted: %q", name, now)
		}
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// TestSecurityAViewerWhoArms: each act is refused to whoever has too small a role, in words, with a
// row and nothing else changed.
func TestSecurityAViewerWhoArms(t *testing.T) {
	t.Parallel()
	s := actShop(t)
	editors := []string{"01", "02", "03", "04", "05", "06", "07", "09", "12", "18", "20", "21", "24", "25"}
	for name, act := range s.useCases() {
		for _, w := range []desk.Who{ines, rui, {Name: "nobody", Role: "boss"}, {}} {
			if w.Role == desk.Editor && slices.Contains(editors, name[:2]) {
				continue
			}
			s.forbids(name, func() error { return act(desk.As(s.Ctx, w)) })
			if name[:2] == "18" && !w.Role.Includes(desk.Viewer) {
				continue // they cannot even see the number, and to see is no act
			}
			if got := s.lately(1); !strings.HasPrefix(got[0], w.Name+" "+firstOf(name[3:])) || !strings.HasSuffix(got[0], ": forbidden") {
				t.Errorf("%s by %q: %q", name, w.Role, got)
			}
		}
	}
	all := s.useCases()
	for _, name := range slices.Sorted(slices.Values(editors)) {
		for full, act := range all {
			if full[:2] != name {
				continue
			}
			if err := act(desk.As(s.Ctx, rui)); errors.Is(err, desk.ErrForbidden) {
				t.Errorf("an editor, %s: %v", full, err)
			}
		}
	}
}

// firstOf is the act in the name of one of useCases.
func firstOf(name string) string { return name[:strings.Index(name, ",")] }

// forbids looks that something is forbidden, and that nothing but a row about it is new.
func (s *shop) forbids(what string, do func() error) {
	s.t.Helper()
	before := s.held()
	err := do()
	if !errors.Is(err, desk.ErrForbidden) {
		s.t.Errorf("%s: want it forbidden: %v", what, err)
	}
	var changed []string
	for _, line := range strings.Split(difference(before, s.held()), "\n") {
		if line != "" && !strings.HasPrefix(line, "+ acts: ") {
			changed = append(changed, line)
		}
	}
	if len(changed) > 0 {
		s.t.Errorf("%s was forbidden and changed: %q", what, changed)
	}
}

// TestSecurityAnEditorOfAnotherNumber: whoever is limited to some numbers can neither act on another
// one nor see it, and can do nothing that is about all of them.
func TestSecurityAnEditorOfAnotherNumber(t *testing.T) {
	t.Parallel()
	s := actShop(t)
	other := marta
	other.Numbers = []string{"second"}
	ctx := desk.As(s.Ctx, other)
	for name, act := range s.useCases() {
		if strings.Contains(name, "contacts export, main contact") {
			continue // it is refused because the person is not found among their numbers
		}
		s.forbids(name, func() error { return act(ctx) })
	}
	main, err := s.Number("main")
	must(t, err)
	for name, read := range map[string]func() error{
		"status":      func() error { _, err := s.Status(ctx, main, 1); return err },
		"contact":     func() error { _, err := s.Contact(ctx, "", ana); return err },
		"show":        func() error { _, err := s.ShowContact(ctx, "main", ana, 5); return err },
		"list":        func() error { _, err := s.ListContacts(ctx, "main", desk.ContactQuery{}); return err },
		"waiting":     func() error { _, err := s.Waiting(ctx, "main"); return err },
		"consent":     func() error { _, err := s.ShowConsent(ctx, "main", ana); return err },
		"verify":      func() error { _, err := s.VerifyConsent(ctx, "main", "", nil); return err },
		"broadcasts":  func() error { _, err := s.ListBroadcasts(ctx, "main"); return err },
		"progress":    func() error { _, err := s.BroadcastStatus(ctx, main, "weekend-offer", 0); return err },
		"why":         func() error { _, err := s.WhyBroadcast(ctx, "main", "weekend-offer", ana, 0); return err },
		"paused":      func() error { _, err := s.OfferResume(ctx, "main", "weekend-offer"); return err },
		"unknown":     func() error { _, err := s.UnknownDeliveries(ctx, "main", "weekend-offer", ""); return err },
		"schedules":   func() error { _, err := s.Schedules(ctx, "main", ""); return err },
		"preview":     func() error { _, err := s.Preview(ctx, "main", "weekend-offer", desk.PreviewOptions{}); return err },
		"tagged":      func() error { _, err := s.Tagged(ctx, "main", "vip"); return err },
		"versions":    func() error { _, err := s.FlowVersions(ctx, "main"); return err },
		"rollback":    func() error { _, err := s.OfferRollback(ctx, main, ""); return err },
		"reload":      func() error { _, err := s.PreviewReload(ctx, main); return err },
		"invite":      func() error { _, err := s.Invite(ctx, "main", "", ""); return err },
		"news":        func() error { _, err := s.Follow(ctx, "main"); return err },
		"release":     func() error { _, err := s.OfferNumberRelease(ctx, "main", true); return err },
		"change":      func() error { _, err := s.OfferNumberChange(ctx, "main"); return err },
		"erase":       func() error { _, err := s.PreviewErase(ctx, ana); return err },
		"acts":        func() error { _, err := s.Acts(ctx, desk.ActQuery{}); return err },
		"acts, rui":   func() error { _, err := s.Acts(desk.As(s.Ctx, rui), desk.ActQuery{}); return err },
		"as a nobody": func() error { _, err := s.Contact(desk.As(s.Ctx, desk.Who{Name: "x"}), "main", ana); return err },
	} {
		s.unchanged(name, func() {
			if err := read(); !errors.Is(err, desk.ErrForbidden) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	if _, err := s.ExportPerson(ctx, ana); !errors.Is(err, desk.ErrRefused) {
		t.Errorf("somebody of another number is exported: %v", err)
	}
	all, err := s.Desk.Statuses(ctx, 1)
	if err != nil || len(all) != 1 || all[0].Name != "second" {
		t.Errorf("%+v, %v", all, err)
	}
	heads, err := s.VerifyConsent(ctx, "", "", nil)
	if err != nil || len(heads) != 1 || heads[0].Number != "second" {
		t.Errorf("%+v, %v", heads, err)
	}
}

// TestSecurityWhatNeedsThePasswordAgain: on the page an owner gives the password again before they
// erase somebody or link a phone. The command line and a key have no password to give.
func TestSecurityWhatNeedsThePasswordAgain(t *testing.T) {
	t.Parallel()
	s := actShop(t)
	stale := marta
	stale.Fresh = false
	for name, act := range s.useCases() {
		needs := name[:2] == "22" || name[:2] == "23"
		if !needs {
			continue
		}
		s.forbids(name, func() error {
			err := act(desk.As(s.Ctx, stale))
			if !errors.Is(err, desk.ErrPasswordNeeded) {
				t.Errorf("%s: %v", name, err)
			}
			return err
		})
		for _, door := range []desk.Door{desk.ViaCLI, desk.ViaAPI} {
			stale := stale
			stale.Via = door
			if err := act(desk.As(s.Ctx, stale)); errors.Is(err, desk.ErrForbidden) {
				t.Errorf("%s by %s: %v", name, door, err)
			}
		}
	}
}

// TestEveryWriteOfTheDeskBegins: whatever in this package writes into the store asks first who acts,
// or is something that only the program does.
func TestEveryWriteOfTheDeskBegins(t *testing.T) {
	t.Parallel()
	// What writes and does not begin, and why.
	free := map[string]string{
		"addAct": "the row itself", "Once": "no act", "Answer": "no act", "tellOfTries": "it was refused", "Session": "no act",
		"Key": "no act", "ConfirmPassword": "no act", "letIn": "beginAs", "SetPassword": "beginAs", "LogOut": "beginAs", "changeTOTP": "beginAs",
		"StartTOTP": "no act yet", "EndSession": "beginOwn", "EndSessions": "beginOwn", "FirstOperatorLink": "the program's own",
		"Introduce": "the program's own", "take": "of Reload", "Reload": "the watcher's",
		"olderFlow": "the program's own", "OlderDrafts": "the program's own",
		"DisarmEdited": "the watcher's", "ApplyOptouts": "the program's own", "settle": "the program's own", "Look": "the daily backup",
		"KeepMedia": "of Arm", "Act": "of those that call it", "untag": "of those that call it", "all": "of a sheet", "part": "of a sheet",
		"RememberLink": "of Link", "health": "changes nothing",
		"lookUpTemplate": "what WhatsApp says, nobody's act", "HearTemplate": "the program's own",
	}
	writes := writersOf(t, "../../store")
	if len(writes) < 30 || !writes["Act"] || writes["Contact"] {
		t.Fatalf("%d methods of the store write", len(writes))
	}
	seen := map[string]bool{}
	eachFunc(t, ".", func(f *ast.FuncDecl) {
		var begins bool
		var calls []string
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if sel.Sel.Name == "begin" || sel.Sel.Name == "beginOn" {
				begins = true
			}
			if from, ok := sel.X.(*ast.SelectorExpr); ok && from.Sel.Name == "Store" && writes[sel.Sel.Name] {
				calls = append(calls, sel.Sel.Name)
			}
			return true
		})
		if len(calls) == 0 {
			return
		}
		seen[f.Name.Name] = true
		if !begins && free[f.Name.Name] == "" {
			t.Errorf("%s calls the store's %s and does not begin: see begin in act.go", f.Name.Name, strings.Join(calls, ", "))
		}
	})
	for name := range free {
		if !seen[name] {
			t.Errorf("%s writes nothing: take it off the list", name)
		}
	}
}

// writersOf are the methods of Store that write.
func writersOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	writes := map[string]bool{"write": true, "decide": true, "writeAndThen": true}
	for before := 0; before != len(writes); {
		before = len(writes)
		eachFunc(t, dir, func(f *ast.FuncDecl) {
			if f.Recv == nil || len(f.Recv.List[0].Names) == 0 {
				return
			}
			star, ok := f.Recv.List[0].Type.(*ast.StarExpr)
			if !ok {
				return
			}
			if of, ok := star.X.(*ast.Ident); !ok || of.Name != "Store" {
				return
			}
			ast.Inspect(f, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == f.Recv.List[0].Names[0].Name && writes[sel.Sel.Name] {
					writes[f.Name.Name] = true
				}
				return true
			})
		})
	}
	return writes
}

// eachFunc calls do for each function of the Go files of a folder that are no tests.
func eachFunc(t *testing.T, dir string, do func(*ast.FuncDecl)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	must(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		must(t, err)
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
				do(f)
			}
		}
	}
}

// TestARequestIsCarriedOutOnce: a program that sends the same request again gets the same answer and
// nothing happens twice. Another request with its key is refused, and so is one while the first is
// under way.
func TestARequestIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	s := actShop(t)
	crm := desk.As(s.Ctx, desk.Who{Name: "key:crm", Via: desk.ViaAPI, Role: desk.Editor})
	key := desk.OnceKey{Key: "a1", Request: "POST /reply hello"}
	ctx, answer, done, err := s.Once(crm, key)
	if err != nil || answer != nil {
		t.Fatalf("%v, %v", answer, err)
	}
	if _, _, _, err := s.Once(crm, key); !errors.Is(err, desk.ErrInFlight) {
		t.Errorf("while it is carried out: %v", err)
	}
	_, err = s.Reply(ctx, "main", ana, "hello")
	must(t, err)
	must(t, s.Answer(ctx, desk.KeptAnswer{Status: 201, Body: []byte(`{"until":1}`)}))
	done()
	_, answer, done, err = s.Once(crm, key)
	if done(); err != nil || answer == nil || answer.Status != 201 || string(answer.Body) != `{"until":1}` {
		t.Errorf("again: %+v, %v", answer, err)
	}
	_, _, done, err = s.Once(crm, desk.OnceKey{Key: "a1", Request: "POST /reply goodbye"})
	if done(); !errors.Is(err, desk.ErrKeyReused) {
		t.Errorf("another request: %v", err)
	}
	_, answer, done, err = s.Once(desk.As(s.Ctx, marta), key) // another one's keys are their own
	if done(); err != nil || answer != nil {
		t.Errorf("somebody else: %+v, %v", answer, err)
	}
	lost := desk.OnceKey{Key: "a2", Request: "POST /reply hello"}
	_, _, done, err = s.Once(crm, lost) // cut off before it changed anything
	done()
	must(t, err)
	ctx, answer, done, err = s.Once(crm, lost)
	if err != nil || answer != nil {
		t.Errorf("after a cut: %+v, %v", answer, err)
	}
	_, err = s.Reply(ctx, "main", ana, "hello")
	must(t, err)
	done() // and now the answer is lost
	_, _, done, err = s.Once(crm, lost)
	if done(); !errors.Is(err, desk.ErrAnswerLost) {
		t.Errorf("carried out and not answered: %v", err)
	}
	if rows := list(t, s.database(), "SELECT contact_id FROM answers WHERE acted = 1"); !slices.Equal(rows, []string{"1", "1"}) {
		t.Errorf("whom the requests were about: %v", rows)
	}
	v, err := s.PreviewErase(s.Ctx, ana)
	must(t, err)
	_, err = s.ErasePerson(s.Ctx, ana, v.Version)
	must(t, err)
	if rows := list(t, s.database(), "SELECT key FROM answers WHERE acted = 1"); len(rows) != 0 {
		t.Errorf("what was said about somebody outlives them: %v", rows)
	}
}
