package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

const hostile = `<img src=x onerror=alert(1)>`

// TestProofOfOnePerson: found by phone, with their words, and as a file that others can verify.
func TestProofOfOnePerson(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "Ben +447700900002 > hello")
	s.change("UPDATE ledger_personal SET personal = json_set(personal, '$.name', '" + hostile + "')")
	all := s.get("/n/main/proof").is(http.StatusOK)
	all.says("The ledger of main has", "Not verified since the bot started", "Asked for promotions", "I want promotions", hostile).lacks(hostile)
	if n := compressed(t, all.body); n > 8<<10 {
		t.Errorf("the page takes %d bytes", n)
	}
	s.post("/n/main/proof/find", url.Values{"who": {"+447700900009"}}).is(http.StatusConflict).says("Nobody is called “+447700900009”")
	s.post("/n/main/proof/find", url.Values{"who": {hostile}}).is(http.StatusConflict).lacks(hostile)
	s.post("/n/main/proof/find", nil).is(http.StatusConflict)
	to := s.post("/n/main/proof/find", url.Values{"who": {"+44 7700 900001"}}).is(http.StatusSeeOther).header.Get("Location")
	if strings.Contains(to, "7700") || !strings.HasSuffix(to, "#person") {
		t.Fatalf("it goes to %s", to)
	}
	to = strings.TrimSuffix(to, "#person")
	s.get(to).says("Ana : subscribed", "By their own message", "I want promotions", "the person", "Download this proof", "Was told")
	s.ask("vera", http.MethodGet, to, nil).lacks("447700900001", "Download this proof")
	_, id, _ := strings.Cut(to, "?id=")
	file := s.get("/n/main/proof/export.json?save&id=" + id).is(http.StatusOK)
	var out desk.ConsentExport
	told(t, json.Unmarshal([]byte(file.body), &out))
	if len(out.Entries) == 0 || out.Whole || !strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d entries, whole %v, %s", len(out.Entries), out.Whole, file.header.Get("Content-Disposition"))
	}
	s.ask("rui", http.MethodGet, "/n/main/proof/export.json", nil).is(http.StatusForbidden)
	s.get("/n/main/proof/export.json?id=x").is(http.StatusNotFound)
	s.get("/n/main/proof?id=999").is(http.StatusOK)
}

// TestProofIsVerified: against the head that somebody noted, and an edit shows.
func TestProofIsVerified(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.get("/n/main/proof").says("The ledger is empty")
	s.Plays("Ana +447700900001 > I want promotions")
	verify := func(head string) {
		s.post("/n/main/proof/verify", url.Values{"head": {head}}).goesTo("/n/main/proof")
		s.server.working.Wait()
	}
	verify("")
	s.get("/n/main/proof").says("The ledger of main is intact", "Cuts and rewrites do not")
	head, err := s.Store.Head(s.Ctx, "main")
	told(t, err)
	verify(strings.ToUpper(head[:32]) + " " + head[32:])
	s.get("/n/main/proof").says("is intact", "against the head that was given")
	verify(strings.Repeat("0", 64))
	s.get("/n/main/proof").says("does not hold", "the head you gave is not in the chain")
	s.post("/n/main/proof/verify", url.Values{"head": {hostile}}).is(http.StatusConflict).says("64 digits").lacks(hostile)
	s.change("UPDATE ledger SET public = replace(public, 'subscribed', 'pending')")
	verify("")
	s.get("/n/main/proof").says("The ledger of main does not hold", "was edited")
}

// TestSecurityATypedHeadIsOfWhoTypedIt: what comes of a verification against it nobody else is shown.
func TestSecurityATypedHeadIsOfWhoTypedIt(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions")
	s.post("/n/main/proof/verify", nil).goesTo("/n/main/proof")
	s.server.working.Wait()
	s.ask("rui", http.MethodPost, "/n/main/proof/verify", url.Values{"head": {strings.Repeat("0", 64)}}).goesTo("/n/main/proof")
	s.server.working.Wait()
	s.get("/n/main/proof").says("The ledger of main is intact").lacks("the head you gave")
	s.ask("rui", http.MethodGet, "/n/main/proof", nil).says("does not hold", "the head you gave is not in the chain")
	s.post("/n/main/proof/verify", nil)
	s.server.working.Wait()
	s.get("/n/main/proof").says("The ledger of main is intact")
}

// TestTheLedgerByPages: the newest entries first, and then those before them.
func TestTheLedgerByPages(t *testing.T) {
	s := open(t, desktest.Setup{})
	for range proofEntries {
		s.Plays("Ana +447700900001 > I want promotions", "Ana > 2")
	}
	first := s.get("/n/main/proof").says("Latest entries", "Older").lacks("proof?before=1\"")
	_, before, _ := strings.Cut(first.body, `href="?before=`)
	before, _, _ = strings.Cut(before, `"`)
	s.get("/n/main/proof?before="+before).says("Older entries", "Latest")
	s.get("/n/main/proof?before=1").says("The ledger is empty")
}

// TestEveryEventOfTheLedgerHasWords: in words/, whoever did it.
func TestEveryEventOfTheLedgerHasWords(t *testing.T) {
	all, err := readLanguages()
	told(t, err)
	for _, event := range []string{
		bot.EntryGreeted, bot.EntryOptedIn, bot.EntryRenewed, bot.EntryOptedOut, bot.EntryDisclosed, bot.EntrySuppressed, bot.EntryMerged, bot.EntryReassigned,
		bot.EntryReleased, bot.EntryErased, bot.EntryOptedOutAgain, bot.EntryNumberChanged, bot.EntrySuperseded, bot.EntryTooManyChanges, bot.EntryRestated,
	} {
		if !all["en"].has("proof.event." + event) {
			t.Errorf("there is no word for %s", event)
		}
	}
}
