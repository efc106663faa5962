package clitest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A Verb is a command line, and what comes in on standard input.
type Verb struct{ Args, Stdin string }

// Verbs is every verb, in an order in which each finds what it needs. A verb that changes little
// comes before one that ends what others show. {dir} is a folder beside the working folder.
var Verbs = []Verb{
	{Args: "version"}, {Args: "--version"}, {Args: "help"}, {Args: "help broadcast why"}, {Args: "completion bash"}, {Args: "complete broadcast why x"},
	{Args: "status"}, {Args: "status --json"},
	{Args: "doctor"}, {Args: "doctor --json"},
	{Args: "contacts list"}, {Args: "contacts list --json"},
	{Args: "contacts show +12125550101"}, {Args: "contacts show +12125550102 --json"}, {Args: "contacts show +12125550101 --as-test"},
	{Args: "contacts waiting"}, {Args: "contacts waiting --json"},
	{Args: "contacts export --vcard"}, {Args: "contacts export +12125550101"}, {Args: "contacts export +12125550102 --json"},
	{Args: "contacts import customers.csv"}, {Args: "contacts import customers.csv --json"}, {Args: "contacts import strange.csv"},
	{Args: "contacts untag vip +12125550101"}, {Args: "contacts untag nothing"},
	{Args: "contacts zone +12125550101"}, {Args: "contacts zone +12125550101 America/New_York"},
	{Args: "contacts pause +12125550102"}, {Args: "contacts resume +12125550102"},
	{Args: "contacts release +12125550101 --reason x"},
	{Args: "consent show +12125550101"}, {Args: "consent show +12125550101 --json"},
	{Args: "consent export"}, {Args: "consent export +12125550101 --json"},
	{Args: "consent verify"},
	{Args: "flow check"}, {Args: "flow check strange.yaml"}, {Args: "flow check --json strange.yaml"},
	{Args: "flow test"}, {Args: "flow test strange.chat"},
	{Args: "flow explain member"}, {Args: "flow graph"}, {Args: "flow graph --format svg"}, {Args: "flow graph --format dot"},
	{Args: "flow reload"}, {Args: "flow versions"}, {Args: "flow diff"}, {Args: "flow diff strange.yaml"}, {Args: "flow schema"},
	{Args: "flow rollback"},
	{Args: "broadcast list"}, {Args: "broadcast list --json"},
	{Args: "broadcast preview hello"}, {Args: "broadcast preview hello --json"}, {Args: "broadcast preview strange"},
	{Args: "broadcast test hello"},
	{Args: "broadcast status weekend-offer"}, {Args: "broadcast status weekend-offer --json"},
	{Args: "broadcast why weekend-offer +12125550101"}, {Args: "broadcast why weekend-offer +12125550102 --json"},
	{Args: "simulate --broadcast hello --all"}, {Args: "simulate --json --all"},
	{Args: "broadcast template status hello"}, {Args: "broadcast template submit hello"},
	{Args: "broadcast schedule hello --yes"},
	{Args: "broadcast pause weekend-offer"}, {Args: "broadcast status weekend-offer"}, {Args: "broadcast resume weekend-offer"},
	{Args: "broadcast release weekend-offer"}, {Args: "broadcast resolve weekend-offer --arrived"}, {Args: "broadcast cancel weekend-offer"},
	{Args: "invite"}, {Args: "invite --poster poster.svg"},
	{Args: "reply +12125550101 Yes."},
	{Args: "chat", Stdin: Hostile + "\n/as +12125550109 " + oneLineHostile + "\nI want promotions\n" + oneLineHostile + "\n/state\n/" + oneLineHostile + "\n"},
	{Args: "chat --json", Stdin: `{"from":"+12125550109","text":"I want promotions","name":` + quotedJSON(Hostile) + "}\n{" + oneLineHostile + "\n"},
	{Args: "optout +12125550102 --reason x"}, {Args: "optout --from customers.csv"}, {Args: "optout --from strange.csv --json"},
	{Args: "contacts erase +12125550101"}, {Args: "contacts erase +12125550101 --yes"},
	{Args: "webhook add http://127.0.0.1:9/"}, {Args: "webhook add https://crm.example/hook --type unsubscribed"}, {Args: "webhook list"},
	{Args: "webhook list --json"}, {Args: "webhook log"}, {Args: "webhook log 1 --json"}, {Args: "webhook test 9"}, {Args: "webhook rotate 1"},
	{Args: "webhook replay 1"}, {Args: "webhook enable 1"}, {Args: "webhook remove 1"}, {Args: "webhook remove 1 --yes"},
	{Args: "backup backup.tar.gz"}, {Args: "restore strange.csv"}, {Args: "move --to postgres://bot@127.0.0.1:1/shop --yes"},
	{Args: "fleet status"}, {Args: "fleet status --json"}, {Args: "fleet move main"}, {Args: "fleet drain machine"},
	{Args: "number release"}, {Args: "number change"},
	{Args: "operator add marta --role owner"}, {Args: "operator add rui --number main --json"}, {Args: "operator role rui editor"},
	{Args: "operator reset rui"}, {Args: "operator enable rui"}, {Args: "operator list"}, {Args: "operator remove rui --yes"},
	{Args: "key add crm --role editor"}, {Args: "key add monitor --role metrics --json"}, {Args: "key enable crm"}, {Args: "key list"},
	{Args: "key revoke crm --yes"},
	{Args: "init {dir}/shop"},
	{Args: "link"}, {Args: "run"},
	{Args: "demo"},
}

// Hostile is what a stranger may call himself or write: sequences that a terminal obeys, lines that
// look like ours, marks piled up.
const (
	oneLineHostile = "\x1b]52;c;cm0=\x07\x1b[2J\x08\x7f\u009b31m\u202ecod\u2066e \u2028FORGED \x1b]8;;http://x.example\x1b\\link" +
		"Z\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301"
	Hostile = "Ana\nFORGED line\r\nFORGED line\rFORGED\t" + oneLineHostile
)

func quotedJSON(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}

// HostileFolder puts what strangers wrote wherever the program keeps it, as an earlier program kept
// it, and beside it files with mistakes. change executes a statement in the folder's database.
func HostileFolder(t *testing.T, dir string, change func(statement string, args ...any)) {
	t.Helper()
	change(`UPDATE contacts SET doc = json_set(doc, '$.name', ?, '$.tags', json(?), '$.preferences', json(?),
		'$.holds', json('[{"reason":"unsure_stop","since":"2026-11-29T08:42:00Z"}]'))`,
		Hostile, "["+quotedJSON(Hostile)+"]", `{"interests":[`+quotedJSON(Hostile)+`],"place":["shop"]}`)
	change(`UPDATE contacts SET doc = json_set(doc, '$.given', ?) WHERE id % 2 = 0`, Hostile)
	change(`UPDATE inbox SET text = ?`, Hostile)
	change(`UPDATE numbers SET status_detail = ?, status = 'banned'`, Hostile)
	change(`UPDATE occurrences SET note = ?`, Hostile)
	change(`UPDATE deliveries SET detail = ?, status = 'failed', reason = 'failed'`, Hostile)
	change(`UPDATE ledger_personal SET personal = json_set(personal, '$.words', ?, '$.name', ?, '$.reason', ?)`, Hostile, Hostile, Hostile)
	change(`INSERT INTO notices (number, at, kind, text, contact_id) SELECT number, 1795941722000, 'unsure_stop', ?, id FROM contacts`, Hostile)
	for name, content := range map[string]string{
		"flows/broadcasts/hello.yaml":   "broadcast: hello\nat: now\ntext: {en: \"Hi {name|you}, {interests|x}\"}\n",
		"flows/broadcasts/strange.yaml": "broadcast: strange\n\"\\e]0;x\\a\\u202E\": \"\\e[2J\"\ntext: {en: \"{\\e]0;x\\a|y}\"}\n",
		"strange.yaml":                  "flow: \"\\e]0;pwned\\a\\u202e\"\nbrand: \"\\e[2J\"\n\"\\e[31m\": 1\nstates: {\"\\u202e\": {goto: \"\\a\"}}\n",
		"strange.chat":                  "# " + oneLineHostile + "\nAna +12125550101 > I want promotions\n< " + oneLineHostile + "\n",
		"customers.csv":                 "phone,name\n+12125550101," + oneLineHostile + "\n" + oneLineHostile + ",Ana\n",
		"strange.csv":                   "phone," + oneLineHostile + "\n+12125550101,x\n",
	} {
		must(t, os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(content), 0o600))
	}
	flow := filepath.Join(dir, "flows", "promotions.yaml")
	content, err := os.ReadFile(flow)
	must(t, err)
	strange := strings.Replace(string(content), "[preferences, my", `["pre\u202e\u2028\u009b</text>", preferences, my`, 1)
	must(t, os.WriteFile(flow, []byte(strange), 0o600))
}
