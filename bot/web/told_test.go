package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// noticeKinds are the kinds of notices that the code of bot names.
func noticeKinds(t *testing.T) (kinds []string) {
	t.Helper()
	files, err := filepath.Glob("../*.go")
	told(t, err)
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		told(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "NoticeKind" {
				name, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				told(t, err)
				kinds = append(kinds, name)
			}
			return true
		})
	}
	if len(kinds) < 20 {
		t.Fatalf("only %d kinds are found", len(kinds))
	}
	for _, kind := range bot.ToldKinds() { // and those that are named by what people ask for
		kinds = append(kinds, string(kind))
	}
	return kinds
}

// TestWhatTheDeskSaysHasWords: every kind of refusal, every kind of notice, every reason why somebody
// waits, and every status of a delivery. TestTheLanguagesSayTheSame asks for the other languages.
func TestWhatTheDeskSaysHasWords(t *testing.T) {
	all, err := readLanguages()
	told(t, err)
	var keys []string
	for _, word := range desk.KindWords() {
		keys = append(keys, "refusal."+word)
	}
	for _, kind := range noticeKinds(t) {
		keys = append(keys, "notice."+kind)
	}
	for _, kind := range bot.ToldKinds() {
		keys = append(keys, "wait."+string(kind))
	}
	keys = append(keys, "wait.unanswered", "wait.call", "wait."+string(bot.NoticeFlood))
	for _, status := range []bot.DeliveryStatus{
		bot.DeliveryPlanned, bot.DeliveryHeld, bot.DeliveryClaimed, bot.DeliverySent, bot.DeliveryDelivered, bot.DeliveryRead, bot.DeliveryReplied,
		bot.DeliveryOptedOut, bot.DeliveryUnknown, bot.DeliverySkipped, bot.DeliveryVoided, bot.DeliveryFailed,
	} {
		keys = append(keys, "why."+string(status))
	}
	for _, key := range keys {
		if !all["en"].has(key) {
			t.Errorf("there are no words for %s", key)
		}
	}
}

// speaking is a page as Marta sees it in a language.
func (s *site) speaking(language, method, path string, form url.Values) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.http.URL+path, strings.NewReader(form.Encode()))
	told(s.t, err)
	r.AddCookie(&http.Cookie{Name: "session", Value: "marta"})
	r.AddCookie(&http.Cookie{Name: languageCookie, Value: language})
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return s.send(r)
}

// TestWhatTheDeskSaysInOtherLanguages: a refusal, a notice, why somebody waits, and why somebody got a
// broadcast are said in the language of the page. What only the desk says is marked as English.
func TestWhatTheDeskSaysInOtherLanguages(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "Ben +447700900002 > I want promotions",
		"Ben > I think you send too many messages for a single shop", "+31m", "broadcast weekend-offer", "+1m")
	words, err := readLanguages()
	told(t, err)
	told(t, s.Store.Notify(s.Ctx, "main", bot.NoticeBackup, "the disk is full", s.Desk.Now()))
	why := "/n/main/broadcasts/weekend-offer?who=" + strings.TrimPrefix(s.at("Ana"), "/n/main/people/")
	for language, says := range map[string][]string{
		"pt": {"A cópia de segurança diária falhou", words["pt"].say("reason.unsure_stop"), "Recebeu. Enviado hoje", "Isso não foi feito", `"Mars/Olympus" não é um fuso horário como`},
		"es": {"Falló la copia de seguridad diaria", words["es"].say("reason.unsure_stop"), "Lo recibió. Enviado hoy", "Eso no se hizo", `"Mars/Olympus" no es una zona horaria como`},
	} {
		s.speaking(language, http.MethodGet, "/", nil).is(http.StatusOK).says(says[0], "the disk is full")
		s.speaking(language, http.MethodGet, s.at("Ben"), nil).is(http.StatusOK).says(says[1]).lacks("may have asked to stop")
		s.speaking(language, http.MethodGet, why, nil).is(http.StatusOK).says(says[2], "Ana got it: sent at")
		s.speaking(language, http.MethodPost, s.at("Ana")+"/zone", url.Values{"zone": {"Mars/Olympus"}}).is(http.StatusConflict).
			says(says[3], says[4]).lacks("is not a time zone", "<span lang=")
	}
	s.get("/").lacks("The daily backup failed") // the notice says it in English
	s.get(why).says("Ana got it: sent at").lacks("All of it, in English")
}

// TestWhatStaysEnglishIsMarked: what the catalogue lacks, and what a text has within that it lacks.
func TestWhatStaysEnglishIsMarked(t *testing.T) {
	words, err := readLanguages()
	told(t, err)
	for _, c := range []struct {
		says       error
		en, pt, es string
	}{
		{desk.Refuse("your <b>moon</b> is full"), "your &lt;b&gt;moon&lt;/b&gt; is full", `O motivo, em inglês: <span lang="en">your &lt;b&gt;moon&lt;/b&gt; is full</span>`, `El motivo, en inglés: <span lang="en">your &lt;b&gt;moon&lt;/b&gt; is full</span>`},
		{desk.Refuse("the test was not saved: %v", "the moon is full"), "the test was not saved: the moon is full", `o teste não foi salvo: <span lang="en">the moon is full</span>`, `la prueba no se guardó: <span lang="en">the moon is full</span>`},
		{desk.Refuse("%s does not have the tag %q", "<i>", "vip"), "&lt;i&gt; does not have the tag &#34;vip&#34;", "&lt;i&gt; não tem a etiqueta &#34;vip&#34;", "&lt;i&gt; no tiene la etiqueta &#34;vip&#34;"},
		{inWords("tudo bem"), "tudo bem", "tudo bem", "tudo bem"},
	} {
		for code, want := range map[string]string{"en": c.en, "pt": c.pt, "es": c.es} {
			p := &page{lang: words[code]}
			if p.refuse(c.says); string(p.Refused) != want {
				t.Errorf("%s: %s\nnot %s", code, p.Refused, want)
			}
		}
	}
}

// TestWhatIsToldHasItsCode: commands are shown as code, also where an argument is in them, and no space is lost.
func TestWhatIsToldHasItsCode(t *testing.T) {
	words, err := readLanguages()
	told(t, err)
	for code, want := range map[string]string{
		"en": "there is an operator <b> already; <code>optinbot operator reset &lt;b&gt;</code> makes another link",
		"pt": "já existe um operador <b>; <code>optinbot operator reset &lt;b&gt;</code> cria outro link",
		"es": "ya hay un operador <b>; <code>optinbot operator reset &lt;b&gt;</code> crea otro enlace",
	} {
		want = strings.ReplaceAll(want, "<b>", "&lt;b&gt;")
		if got := words[code].toldCode("there is an operator <b> already; `optinbot operator reset <b>` makes another link"); string(got) != want {
			t.Errorf("%s: %s\nnot %s", code, got, want)
		}
	}
}
