package desk_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/store"
)

const (
	goodPassword = "correct horse battery"
	here         = "127.0.0.1"
	elsewhere    = "192.0.2.7"
)

// shopOwner is whoever sits at the machine.
var shopOwner = desk.Who{Name: "cli:rui", Via: desk.ViaCLI, Role: desk.Owner}

// works adds an operator with goodPassword, and logs them in.
func (s *shop) works(name string, role desk.Role, numbers ...string) desk.Login {
	s.t.Helper()
	link, err := s.AddOperator(desk.As(s.Ctx, shopOwner), name, role, numbers)
	must(s.t, err)
	login, err := s.SetPassword(s.Ctx, link.Token, goodPassword, here)
	must(s.t, err)
	return login
}

func (s *shop) logsIn(name, password, code, address string) (desk.Login, error) {
	return s.LogIn(s.Ctx, desk.LogIn{Name: name, Password: password, Code: code, Address: address})
}

// TestAnOperatorComesIn: an owner adds somebody, who chooses a password by a link that counts once
// and for a quarter of an hour, and comes in with it. The link and the session are kept as hashes.
func TestAnOperatorComesIn(t *testing.T) {
	t.Parallel()
	s := newShop(t, twoNumbers)
	at := desk.As(s.Ctx, shopOwner)
	link, err := s.AddOperator(at, "marta", desk.Editor, []string{"second"})
	must(t, err)
	if want := "http://127.0.0.1:8420/welcome#" + link.Token; link.URL != want {
		t.Errorf("%s, want %s", link.URL, want)
	}
	s.refused("at least 12 characters", func() error { _, err := s.SetPassword(s.Ctx, link.Token, "short", here); return err })
	if _, err := s.logsIn("marta", "", "", here); !errors.Is(err, desk.ErrWrongLogIn) {
		t.Errorf("before there is a password: %v", err)
	}
	login, err := s.SetPassword(s.Ctx, link.Token, goodPassword, here)
	must(t, err)
	want := desk.Who{Name: "marta", Via: desk.ViaWeb, Role: desk.Editor, Numbers: []string{"second"}, Fresh: true}
	if who, err := s.Session(s.Ctx, login.Token); err != nil || fmt.Sprint(who) != fmt.Sprint(want) {
		t.Errorf("%+v, %v", who, err)
	}
	if _, err := s.SetPassword(s.Ctx, link.Token, "another good password", here); !errors.Is(err, desk.ErrLinkOver) {
		t.Errorf("the link a second time: %v", err)
	}
	again, err := s.logsIn("marta", goodPassword, "", here)
	must(t, err)
	held := s.held()
	for _, secret := range []string{link.Token, login.Token, again.Token, goodPassword} {
		if strings.Contains(held, secret) {
			t.Errorf("the database holds %q", secret)
		}
	}
	late, err := s.ResetOperator(at, "marta")
	must(t, err)
	if _, err := s.Session(s.Ctx, again.Token); !errors.Is(err, desk.ErrNoSession) {
		t.Errorf("a session after the reset: %v", err)
	}
	if _, err := s.logsIn("marta", goodPassword, "", here); !errors.Is(err, desk.ErrWrongLogIn) {
		t.Errorf("the password after the reset: %v", err)
	}
	s.later(15 * time.Minute)
	if _, err := s.SetPassword(s.Ctx, late.Token, goodPassword, here); !errors.Is(err, desk.ErrLinkOver) {
		t.Errorf("the link after a quarter of an hour: %v", err)
	}
	got := s.lately(99)
	if want := []string{
		"cli:rui operator add marta, : done", "marta set password, : done", "marta log in, : done",
		"cli:rui operator reset marta, : done",
	}; !slices.Equal(slices.DeleteFunc(slices.Clone(got), func(r string) bool { return strings.HasSuffix(r, "refused") }), want) {
		t.Errorf("%q", got)
	}
	for words, use := range map[string]func() error{
		"a name is up to":              func() error { _, err := s.AddOperator(at, "Marta\x1b", desk.Editor, nil); return err },
		"there is no role":             func() error { _, err := s.AddOperator(at, "rui", "boss", nil); return err },
		"there is no role \"metrics\"": func() error { _, err := s.AddOperator(at, "rui", desk.Metrics, nil); return err },
		"there is no number \"third\"": func() error { _, err := s.AddOperator(at, "rui", desk.Editor, []string{"third"}); return err },
		"there is an operator marta":   func() error { _, err := s.AddOperator(at, "marta", desk.Editor, nil); return err },
	} {
		if err := use(); !errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), words) {
			t.Errorf("want it refused with %q: %v", words, err)
		}
	}
	if err := s.RemoveOperator(at, "rui"); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// TestSecurityAnExpiredOrRevokedSession: a session ends after 12 hours without use, after 14 days
// whatever happens, when it is ended, and with its operator. What they may do counts as it is now.
func TestSecurityAnExpiredOrRevokedSession(t *testing.T) {
	t.Parallel()
	s := newShop(t, twoNumbers)
	at := desk.As(s.Ctx, shopOwner)
	over := func(what, token string) {
		t.Helper()
		if who, err := s.Session(s.Ctx, token); !errors.Is(err, desk.ErrNoSession) {
			t.Errorf("%s: %+v, %v", what, who, err)
		}
	}
	alive := func(what, token string) desk.Who {
		t.Helper()
		who, err := s.Session(s.Ctx, token)
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return who
	}
	over("no token", "")
	idle := s.works("idle", desk.Viewer)
	s.later(12*time.Hour - time.Second)
	alive("within 12 hours", idle.Token)
	s.later(12*time.Hour - time.Second)
	alive("within 12 hours of the last use", idle.Token)
	s.later(12 * time.Hour)
	over("after 12 hours", idle.Token)
	used := s.works("used", desk.Viewer)
	for range 2 * 14 {
		s.later(11*time.Hour + 59*time.Minute)
		alive("in use", used.Token)
	}
	s.later(time.Hour)
	over("after 14 days", used.Token)

	marta := s.works("marta", desk.Owner)
	second, err := s.logsIn("marta", goodPassword, "", here)
	must(t, err)
	third, err := s.LogIn(s.Ctx, desk.LogIn{Name: "marta", Password: goodPassword, Address: here, Before: second.Token})
	must(t, err)
	over("the one before the log-in", second.Token)
	who := alive("marta", marta.Token)
	sessions, err := s.ListSessions(desk.As(s.Ctx, who), "marta")
	if err != nil || len(sessions) != 2 || sessions[0].Hash == "" {
		t.Fatalf("%+v, %v", sessions, err)
	}
	must(t, s.EndSession(desk.As(s.Ctx, who), sessions[0].ID))
	over("one that was ended", third.Token)
	must(t, s.LogOut(s.Ctx, marta.Token))
	must(t, s.LogOut(s.Ctx, marta.Token))
	over("after the log-out", marta.Token)

	rui := s.works("rui", desk.Editor)
	must(t, s.SetOperatorRole(at, "rui", desk.Viewer, []string{"main"}))
	if who := alive("another role", rui.Token); who.Role != desk.Viewer || !slices.Equal(who.Numbers, []string{"main"}) {
		t.Errorf("%+v", who)
	}
	if _, err := s.ListSessions(desk.As(s.Ctx, alive("rui", rui.Token)), ""); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("a viewer sees the sessions of others: %v", err)
	}
	if _, err := s.EndSessions(desk.As(s.Ctx, alive("rui", rui.Token)), "marta"); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("a viewer ends the sessions of others: %v", err)
	}
	if n, err := s.EndSessions(at, "rui"); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	over("all were ended", rui.Token)
	again, err := s.logsIn("rui", goodPassword, "", here)
	must(t, err)
	must(t, s.RemoveOperator(at, "rui"))
	over("the operator is gone", again.Token)
	if _, err := s.logsIn("rui", goodPassword, "", here); !errors.Is(err, desk.ErrWrongLogIn) {
		t.Errorf("who is gone comes in: %v", err)
	}
}

// TestSecurityGuessedPasswords: whoever guesses gets the same answer for a name that nobody has,
// after the same work, and after a few tries none at all, whatever they give. Twenty are a notice.
// A name that nobody has is not kept.
func TestSecurityGuessedPasswords(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.works("marta", desk.Owner)
	for i, name := range []string{"marta", "nobody-here"} {
		before := s.Hashed()
		_, err := s.logsIn(name, "a wrong password", "", fmt.Sprint("198.51.100.", i))
		if err == nil || err.Error() != desk.ErrWrongLogIn.Error() || s.Hashed() != before+1 {
			t.Errorf("%s: %v after %d hashes", name, err, s.Hashed()-before)
		}
	}
	var many desk.TooMany
	for n := range 3 {
		if _, err := s.logsIn("marta", "a wrong password", "", fmt.Sprint("203.0.113.", n)); !errors.Is(err, desk.ErrWrongLogIn) {
			t.Errorf("guess %d: %v", n+2, err)
		}
	}
	if _, err := s.logsIn("marta", goodPassword, "", here); err != nil {
		t.Errorf("the right one after four wrong ones: %v", err)
	}
	for n := range 5 {
		if _, err := s.logsIn("marta", "a wrong password", "", fmt.Sprint("203.0.113.", n)); !errors.Is(err, desk.ErrWrongLogIn) {
			t.Errorf("guess %d: %v", n, err)
		}
	}
	before := s.Hashed()
	if _, err := s.logsIn("marta", goodPassword, "", here); !errors.As(err, &many) || many.RetryAfter != 30*time.Second || s.Hashed() != before {
		t.Errorf("the right one, too early: %v", err)
	}
	for n := 5; n < 20; n++ {
		s.later(15 * time.Minute)
		if _, err := s.logsIn("marta", "a wrong password", "", fmt.Sprint("203.0.113.", n)); !errors.Is(err, desk.ErrWrongLogIn) {
			t.Errorf("guess %d: %v", n, err)
		}
	}
	for n := range 20 { // and from one address, with any name
		s.later(15 * time.Minute)
		_, _ = s.logsIn(fmt.Sprint("guess", n), "a wrong password", "", elsewhere)
	}
	var told []string
	notices, err := s.Store.Notices(s.Ctx, "main", 99)
	must(t, err)
	for _, n := range notices {
		if strings.Contains(n.Text, "log-ins") {
			told = append(told, n.Text)
		}
	}
	if len(told) != 2 || !strings.Contains(told[1], "20 log-ins as marta have failed") || !strings.Contains(told[0], "20 log-ins from 192.0.2.7 have failed") {
		t.Errorf("%q", told)
	}
	if held := s.held(); strings.Contains(held, "guess1") || strings.Contains(held, "nobody-here") {
		t.Error("a name that nobody has is kept")
	}
	refusals := 0
	for _, row := range s.lately(999) {
		if row == "marta log in, : refused" {
			refusals++
		}
	}
	if refusals != 1+3+5+15 {
		t.Errorf("%d rows of refused log-ins as marta", refusals)
	}
}

// TestSecurityAnOpenPageKeepsNoSession: what a page asks by itself does not count as use, so that a
// tab that somebody left open goes idle. What a person does counts.
func TestSecurityAnOpenPageKeepsNoSession(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	left, used := s.works("marta", desk.Owner), s.works("rui", desk.Editor)
	for range 13 {
		s.later(time.Hour)
		_, err := s.Session(s.Ctx, used.Token)
		must(t, err)
		_, _ = s.Session(desk.Unattended(s.Ctx), left.Token)
	}
	if who, err := s.Session(s.Ctx, left.Token); !errors.Is(err, desk.ErrNoSession) {
		t.Errorf("after 13 hours in which only the page asked: %+v, %v", who, err)
	}
	if _, err := s.Session(desk.Unattended(s.Ctx), used.Token); err != nil {
		t.Errorf("after 13 hours of work: %v", err)
	}
}

// TestSecurityThePasswordAgain: for ten minutes after the password was given an owner may do what
// asks for it, and giving it again begins them anew.
func TestSecurityThePasswordAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	login := s.works("marta", desk.Owner)
	fresh := func() bool {
		who, err := s.Session(s.Ctx, login.Token)
		must(t, err)
		return who.Fresh
	}
	s.later(10*time.Minute - time.Second)
	if !fresh() {
		t.Error("not fresh within ten minutes")
	}
	s.later(time.Second)
	if fresh() {
		t.Error("fresh after ten minutes")
	}
	who, err := s.Session(s.Ctx, login.Token)
	must(t, err)
	if _, err := s.AddKey(desk.As(s.Ctx, who), "crm", desk.Viewer, nil, nil); !errors.Is(err, desk.ErrPasswordNeeded) {
		t.Errorf("a key without the password: %v", err)
	}
	if err := s.ConfirmPassword(s.Ctx, login.Token, "a wrong password"); !errors.Is(err, desk.ErrWrongLogIn) || fresh() {
		t.Errorf("a wrong one: %v", err)
	}
	must(t, s.ConfirmPassword(s.Ctx, login.Token, goodPassword))
	if !fresh() {
		t.Error("not fresh after the password")
	}
	if err := s.ConfirmPassword(s.Ctx, "x", goodPassword); !errors.Is(err, desk.ErrNoSession) {
		t.Errorf("%v", err)
	}
}

// codeOf is what an authenticator shows.
func codeOf(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.DecodeString(secret)
	must(t, err)
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := mac.Sum(nil)
	at4 := sum[sum[19]&15:]
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(at4)&0x7fffffff)%1_000_000)
}

// TestSecurityASecondFactor: an owner who comes from another machine may only look until they have
// set up an authenticator. From then on every log-in needs a code of it, each counts once, and a
// right password alone wins no more guesses.
func TestSecurityASecondFactor(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.works("marta", desk.Owner)
	s.works("rui", desk.Editor)
	if login, err := s.logsIn("rui", goodPassword, "", elsewhere); err != nil || login.Who.NeedsTOTP || login.Who.Role != desk.Editor {
		t.Errorf("an editor from elsewhere: %+v, %v", login.Who, err)
	}
	login, err := s.logsIn("marta", goodPassword, "", elsewhere)
	if err != nil || !login.Who.NeedsTOTP || login.Who.Role != desk.Viewer {
		t.Fatalf("an owner from elsewhere: %+v, %v", login.Who, err)
	}
	secret, uri, err := s.StartTOTP(s.Ctx, login.Token)
	if err != nil || !strings.HasPrefix(uri, "otpauth://totp/optinbot:marta?") || !strings.Contains(uri, "secret="+secret) {
		t.Fatalf("%s, %v", uri, err)
	}
	if err := s.ConfirmTOTP(s.Ctx, login.Token, "000000"); !errors.Is(err, desk.ErrWrongLogIn) {
		t.Errorf("a wrong code: %v", err)
	}
	must(t, s.ConfirmTOTP(s.Ctx, login.Token, codeOf(t, secret, s.Now())))
	if strings.Contains(s.held(), secret) {
		t.Error("the secret is in the database as it is")
	}
	if who, err := s.Session(s.Ctx, login.Token); err != nil || who.NeedsTOTP || who.Role != desk.Owner {
		t.Errorf("%+v, %v", who, err)
	}
	if _, err := s.logsIn("marta", goodPassword, "", elsewhere); !errors.Is(err, desk.ErrCodeNeeded) {
		t.Errorf("without a code: %v", err)
	}
	if _, err := s.logsIn("marta", goodPassword, codeOf(t, secret, s.Now()), elsewhere); !errors.Is(err, desk.ErrWrongLogIn) {
		t.Errorf("the code that set it up, once more: %v", err)
	}
	s.later(30 * time.Second)
	_, err = s.logsIn("marta", goodPassword, codeOf(t, secret, s.Now()), elsewhere)
	must(t, err)
	if _, err := s.logsIn("marta", goodPassword, codeOf(t, secret, s.Now()), elsewhere); !errors.Is(err, desk.ErrWrongLogIn) {
		t.Errorf("a code twice: %v", err)
	}
	var many desk.TooMany
	for range 20 {
		_, _ = s.logsIn("marta", goodPassword, "", elsewhere)
		if _, err = s.logsIn("marta", goodPassword, "123456", elsewhere); errors.As(err, &many) {
			break
		}
	}
	if many.RetryAfter == 0 {
		t.Errorf("codes can be guessed without end: %v", err)
	}
	s.later(time.Hour)
	if err := s.DropTOTP(s.Ctx, login.Token); !errors.Is(err, desk.ErrPasswordNeeded) {
		t.Errorf("without the password again: %v", err)
	}
	must(t, s.ConfirmPassword(s.Ctx, login.Token, goodPassword))
	must(t, s.DropTOTP(s.Ctx, login.Token))
	_, err = s.logsIn("marta", goodPassword, "", here)
	must(t, err)
}

// TestHowLongAKeyIsGood: a year where nothing is said, for ever with 0, and never for days that
// nobody can mean. 213,504 days are more than a time.Duration can hold.
func TestHowLongAKeyIsGood(t *testing.T) {
	t.Parallel()
	s := newShop(t, twoNumbers)
	usual, err := s.AddKey(s.Ctx, "usual", desk.Viewer, nil, nil)
	must(t, err)
	if want := s.Now().AddDate(0, 0, 365); !usual.Ends.Equal(want) {
		t.Errorf("it is good until %s, not %s", usual.Ends, want)
	}
	for days, ends := range map[int]time.Time{0: {}, 1: s.Now().AddDate(0, 0, 1), 36_500: s.Now().AddDate(0, 0, 36_500)} {
		made, err := s.AddKey(s.Ctx, fmt.Sprint("days-", days), desk.Viewer, nil, &days)
		must(t, err)
		if !made.Ends.Equal(ends) {
			t.Errorf("%d days: until %s, not %s", days, made.Ends, ends)
		}
	}
	for _, days := range []int{-1, 36_501, 213_504, math.MaxInt} {
		s.refused("a key ", func() error {
			_, err := s.AddKey(s.Ctx, "crm", desk.Viewer, nil, &days)
			return err
		})
	}
	s.refused("the metrics are of every number", func() error {
		_, err := s.AddKey(s.Ctx, "monitor", desk.Metrics, []string{"main"}, nil)
		return err
	})
}

// TestSecurityAKeyWithoutScope: a key does what its role may on its numbers, until it ends or is
// revoked. It lets nobody in, and one for a monitor sees nobody. Only its hash is kept.
func TestSecurityAKeyWithoutScope(t *testing.T) {
	t.Parallel()
	s := actShop(t)
	at := desk.As(s.Ctx, shopOwner)
	add := func(name string, role desk.Role, days int, numbers ...string) desk.MadeKey {
		t.Helper()
		made, err := s.AddKey(at, name, role, numbers, &days)
		must(t, err)
		return made
	}
	uses := func(k desk.MadeKey) desk.Who {
		t.Helper()
		who, err := s.Key(s.Ctx, k.Token)
		must(t, err)
		return who
	}
	viewer, editor := add("shop-window", desk.Viewer, 0), add("crm", desk.Editor, 1, "main")
	owner, monitor := add("agency", desk.Owner, 0), add("monitor", desk.Metrics, 0)
	if who := uses(editor); who.Name != "key:crm" || who.Via != desk.ViaAPI || who.Role != desk.Editor || !slices.Equal(who.Numbers, []string{"main"}) {
		t.Errorf("%+v", who)
	}
	if !strings.HasPrefix(viewer.Token, "opt_"+viewer.ID+"_") || strings.Contains(s.held(), viewer.Token[len("opt_"):]) {
		t.Errorf("%s, or the database holds it", viewer.Token)
	}
	ctx := desk.As(s.Ctx, uses(viewer))
	s.forbids("a viewer's reply", func() error { _, err := s.Reply(ctx, "main", ana, "hello"); return err })
	if _, err := s.Contact(ctx, "main", ana); err != nil {
		t.Errorf("a viewer reads: %v", err)
	}
	if _, err := s.Contact(desk.As(s.Ctx, uses(monitor)), "main", ana); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("a monitor reads: %v", err)
	}
	if _, err := s.Contact(desk.As(s.Ctx, uses(editor)), "second", ana); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("a key of another number reads: %v", err)
	}
	ctx = desk.As(s.Ctx, uses(owner))
	for name, use := range map[string]func() error{
		"operator add":    func() error { _, err := s.AddOperator(ctx, "eve", desk.Owner, nil); return err },
		"operator reset":  func() error { _, err := s.ResetOperator(ctx, "eve"); return err },
		"operator enable": func() error { return s.EnableOperator(ctx, "eve") },
		"key add":         func() error { _, err := s.AddKey(ctx, "eve", desk.Owner, nil, nil); return err },
		"key enable":      func() error { _, err := s.EnableKey(ctx, "crm"); return err },
	} {
		s.forbids("a key: "+name, use)
	}
	for _, token := range []string{"", "opt_", "opt__", "opt_" + viewer.ID + "_", viewer.Token + "x", viewer.Token[:len(viewer.Token)-1],
		"opt_" + viewer.ID + "_" + strings.Repeat("A", 43), strings.Repeat("opt_", 100)} {
		if who, err := s.Key(s.Ctx, token); !errors.Is(err, desk.ErrNoKey) {
			t.Errorf("%q: %+v, %v", token, who, err)
		}
	}
	s.later(24 * time.Hour)
	if _, err := s.Key(s.Ctx, editor.Token); !errors.Is(err, desk.ErrNoKey) {
		t.Errorf("a key that is over: %v", err)
	}
	must(t, s.RevokeKey(at, "shop-window"))
	if _, err := s.Key(s.Ctx, viewer.Token); !errors.Is(err, desk.ErrNoKey) {
		t.Errorf("a revoked key: %v", err)
	}
	if err := s.RevokeKey(at, "shop-window"); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("revoked twice: %v", err)
	}
	keys, err := s.ListKeys(at)
	if err != nil || len(keys) != 3 || keys[0].Name != "agency" || keys[0].Used.IsZero() {
		t.Errorf("%+v, %v", keys, err)
	}
}

// TestTheLastOwnerStays: the page does not let the last owner take their own rights away, and the
// command line does. Nobody else may manage operators at all.
func TestTheLastOwnerStays(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	marta, rui := s.works("marta", desk.Owner), s.works("rui", desk.Editor)
	ctx := desk.As(s.Ctx, marta.Who)
	s.forbids("an editor adds", func() error {
		_, err := s.AddOperator(desk.As(s.Ctx, rui.Who), "eve", desk.Owner, nil)
		return err
	})
	for _, use := range []func() error{
		func() error { return s.RemoveOperator(ctx, "marta") },
		func() error { return s.SetOperatorRole(ctx, "marta", desk.Viewer, nil) },
		func() error { return s.SetOperatorRole(ctx, "marta", desk.Owner, []string{"main"}) },
	} {
		if err := use(); !errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), "marta is the last owner") {
			t.Errorf("%v", err)
		}
	}
	must(t, s.SetOperatorRole(ctx, "rui", desk.Owner, nil))
	must(t, s.RemoveOperator(ctx, "marta"))
	must(t, s.RemoveOperator(desk.As(s.Ctx, shopOwner), "rui"))
}

// TestTheFirstOperator: where nobody has come in yet there is a link for an owner, each time another
// one, until somebody has used one or was added by name.
func TestTheFirstOperator(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	first, err := s.FirstOperatorLink(s.Ctx)
	if err != nil || first == nil {
		t.Fatal(first, err)
	}
	link, err := s.FirstOperatorLink(s.Ctx)
	if err != nil || link == nil {
		t.Fatal(link, err)
	}
	if _, err := s.SetPassword(s.Ctx, first.Token, goodPassword, here); !errors.Is(err, desk.ErrLinkOver) {
		t.Errorf("the link of before: %v", err)
	}
	login, err := s.SetPassword(s.Ctx, link.Token, goodPassword, here)
	if err != nil || login.Who.Role != desk.Owner {
		t.Errorf("%+v, %v", login, err)
	}
	if link, err := s.FirstOperatorLink(s.Ctx); link != nil || err != nil {
		t.Errorf("with an operator: %v, %v", link, err)
	}
	other := newShop(t, oneNumber)
	_, err = other.AddOperator(desk.As(s.Ctx, shopOwner), "marta", desk.Owner, nil)
	must(t, err)
	if link, err := other.FirstOperatorLink(s.Ctx); link != nil || err != nil {
		t.Errorf("somebody waits for their own link: %v, %v", link, err)
	}
}

// TestSecurityAKeyRevivedByARestore: a backup has keys, sessions and operators that were taken away
// since. After a restore nobody is let in by them until an owner says so at the command line.
func TestSecurityAKeyRevivedByARestore(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	at := desk.As(s.Ctx, shopOwner)
	session := s.works("marta", desk.Owner)
	key, err := s.AddKey(at, "crm", desk.Owner, nil, nil)
	must(t, err)
	link, err := s.AddOperator(at, "rui", desk.Editor, nil)
	must(t, err)
	backup := s.Path("backup.tar.gz")
	_, err = s.BackUp(at, desk.BackupOrder{File: backup})
	must(t, err)
	must(t, s.RevokeKey(at, "crm"))
	must(t, s.RemoveOperator(at, "marta"))

	o := desktest.Folder(t, desktest.Setup{Config: oneNumber})
	o.Now = s.Now
	r, err := desk.OpenRestore(s.Ctx, o, desk.RestoreOrder{File: backup})
	must(t, err)
	_, err = r.Restore(at)
	must(t, errors.Join(err, r.Close()))
	d, err := desk.Open(s.Ctx, o)
	must(t, err)
	defer d.Close()
	if _, err := d.Key(s.Ctx, key.Token); !errors.Is(err, desk.ErrNoKey) {
		t.Errorf("a revoked key is revived: %v", err)
	}
	if _, err := d.Session(s.Ctx, session.Token); !errors.Is(err, desk.ErrNoSession) {
		t.Errorf("a session is revived: %v", err)
	}
	if _, err := d.SetPassword(s.Ctx, link.Token, goodPassword, here); !errors.Is(err, desk.ErrLinkOver) {
		t.Errorf("a link is revived: %v", err)
	}
	if _, err := d.LogIn(s.Ctx, desk.LogIn{Name: "marta", Password: goodPassword, Address: here}); !errors.Is(err, desk.ErrWrongLogIn) {
		t.Errorf("an operator is revived: %v", err)
	}
	page := marta
	if _, err := d.EnableKey(desk.As(s.Ctx, page), "crm"); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("the page enables a key: %v", err)
	}
	_, err = d.EnableKey(at, "crm")
	must(t, err)
	must(t, d.EnableOperator(at, "marta"))
	if _, err := d.Key(s.Ctx, key.Token); err != nil {
		t.Errorf("a key that was enabled: %v", err)
	}
	if _, err := d.LogIn(s.Ctx, desk.LogIn{Name: "marta", Password: goodPassword, Address: here}); err != nil {
		t.Errorf("an operator who was enabled: %v", err)
	}
	acts, err := d.Acts(at, desk.ActQuery{})
	must(t, err)
	if !slices.ContainsFunc(acts, func(a store.ActRow) bool { return a.Act == "restore" && a.Result == "done" && a.Who == "cli:rui" }) {
		t.Errorf("the restore has no row: %+v", acts)
	}
}
