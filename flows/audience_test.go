package flows

import (
	"strings"
	"testing"
	"time"
)

// audienceOf reads an audience for the flow of testdata/good/everything.yaml.
func audienceOf(t *testing.T, expression string) (*Audience, []Problem) {
	t.Helper()
	draft := "text: {en: Hi!, sv: Hej!}\naudience: '" + strings.ReplaceAll(expression, "'", "''") + "'\n"
	b, problems := LoadBroadcast("x.yaml", []byte(draft), good(t, "everything.yaml"))
	if b == nil {
		return nil, problems
	}
	return b.Audience, problems
}

// TestB1AudienceMeansWhatItSays: who is in, above all where something was never said.
func TestB1AudienceMeansWhatItSays(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	facts := map[string]Facts{
		"ana": {Language: "en", LastWrote: now.AddDate(0, 0, -10), Values: map[string][]string{"interests": {"shoes", "bags"}, "age": {"42"},
			"size": {"small"}, "birthday": {"1984-05-06"}, "confirmed": {"yes"}, "tags": {"vip"}}},
		"ben":    {Language: "sv", LastWrote: now.AddDate(0, 0, -40), Values: map[string][]string{"interests": {"bags"}, "age": {"9"}, "confirmed": {"no"}}},
		"nobody": {Language: "en"},
	}
	for expression, want := range map[string]string{
		`true`:                                 "ana ben nobody",
		`"shoes" in interests`:                 "ana",
		`not ("shoes" in interests)`:           "ben nobody",
		`"shoes" not in interests`:             "ben nobody",
		`"bags" in interests && age < 18`:      "ben",
		`age >= 18`:                            "ana",
		`age > 9`:                              "ana",
		`18 <= age`:                            "ana",
		`age != 42`:                            "ben nobody",
		`not (age >= 18)`:                      "ben nobody",
		`age == -1 or age == 9`:                "ben",
		`language == "en"`:                     "ana nobody",
		`language != "sv"`:                     "ana nobody",
		`language in ["sv", "en"]`:             "ana ben nobody",
		`size in ["small", "large"]`:           "ana",
		`size != "small"`:                      "ben nobody",
		`birthday < "2000-01-01"`:              "ana",
		`birthday >= "1984-05-06"`:             "ana",
		`confirmed`:                            "ana",
		`confirmed == false`:                   "ben",
		`!confirmed`:                           "ben nobody",
		`"vip" in tags`:                        "ana",
		`active(30)`:                           "ana",
		`not active(30)`:                       "ben nobody",
		`active(40)`:                           "ana ben",
		`got("sale")`:                          "ben",
		`not got("sale") and language == "en"`: "ana nobody",
		`("shoes" in interests or age < 10)`:   "ana ben",
		`false`:                                "",
	} {
		a, problems := audienceOf(t, expression)
		if a == nil {
			t.Errorf("%s: %v", expression, problems)
			continue
		}
		var in []string
		for _, name := range []string{"ana", "ben", "nobody"} {
			f := facts[name]
			f.Now, f.Got = now, func(broadcast string) bool { return broadcast == "sale" && name == "ben" }
			if a.Includes(f) {
				in = append(in, name)
			}
		}
		if got := strings.Join(in, " "); got != want {
			t.Errorf("%s: %q, want %q", expression, got, want)
		}
	}
}

// TestAudienceMistakes: each is told at its place, with what to do.
func TestAudienceMistakes(t *testing.T) {
	for expression, want := range map[string][2]string{
		`"shoe" in interests`:       {`2:12: audience: nobody can answer "shoe" to interests; did you mean "shoes"?`, "the answers are kept as: shoes"},
		`intrests == "shoes"`:       {`2:12: audience: nothing is called "intrests"; did you mean "interests"?`, "there are: language, tags"},
		`interests == "shoes"`:      {"audience: interests is several things", `write "shoes" in interests`},
		`"small" in size`:           {"audience: size is one thing", `write size == "small"`},
		`age == "42"`:               {"audience: age is a number: no quotes", "write age >= 18"},
		`age`:                       {"audience: age alone is neither true nor false", "compare it: age >= 18"},
		`language == "fr"`:          {`audience: the flow does not speak "fr"`, "it speaks: en, sv"},
		`birthday < "1.1.2000"`:     {`audience: "1.1.2000" is not a date`, `write it as "1990-04-03"`},
		`confirmed == "yes"`:        {"audience: confirmed is true or false: no quotes", ""},
		`language < "sv"`:           {"audience: language has no order", "write == or !="},
		`got(30)`:                   {"audience: got cannot be used like this", `write got("weekend-offer")`},
		`active("x")`:               {"audience: active cannot be used like this", "active(30)"},
		`len(interests) > 1`:        {"audience: one side of a comparison must be a name", ""},
		`age + 1 == 2`:              {"audience: one side of a comparison must be a name", ""},
		`upper(language) == "EN"`:   {"audience: one side of a comparison must be a name", ""},
		`"shoes" in interests and`:  {"audience: it ends too early", ""},
		`any(interests, # == "x")`:  {"audience: an audience cannot have this in it", ""},
		`language == "en" age == 3`: {"audience: unexpected", ""},
	} {
		a, problems := audienceOf(t, expression)
		if a != nil || len(problems) != 1 {
			t.Errorf("%s: %v", expression, problems)
			continue
		}
		if text := problems[0].String(); !strings.Contains(text, want[0]) || !strings.Contains(text, want[1]) {
			t.Errorf("%s:\n%s\nwant %q", expression, text, want)
		}
	}
}

// TestReadAudience: what is typed to look for people is read as in a draft, and what is wrong with it
// is said at its column.
func TestReadAudience(t *testing.T) {
	f := good(t, "everything.yaml")
	if a, bad := ReadAudience("audience", `"shoes" in interests and age >= 18`, f); a == nil || len(bad) > 0 {
		t.Errorf("%v, %v", a, bad)
	}
	for text, want := range map[string]string{
		`"shoes" in intrests`:       "audience:1:12: audience: nothing is called \"intrests\"",
		`é == 1 and "shoes" in`:     "audience:1:",
		`"shoes" in interests and`:  "audience:1:",
		"language == \"en\"\nand x": "audience:2:5: audience",
		``:                          "audience:1:1: audience",
		strings.Repeat("a", 901):    "audience:1:1: audience: this is too long",
	} {
		a, bad := ReadAudience("audience", text, f)
		if a != nil || len(bad) != 1 || !strings.HasPrefix(bad[0].String(), want) {
			t.Errorf("%.40q: %v, %v, want %s", text, a, bad, want)
		}
	}
}

// TestSecurityADeepAudience: what calls the parser over and over for each character does not fill the
// stack of the program, which would end it.
func TestSecurityADeepAudience(t *testing.T) {
	f := shipped(t)
	for _, deep := range []string{strings.Repeat("!", 800_000) + "true", strings.Repeat("(", 400_000), strings.Repeat("-", 800_000) + "1"} {
		b, problems := LoadBroadcast("sale.yaml", []byte("audience: '"+deep+"'\ntext: {en: Hi from {brand}}\n"), f)
		if b != nil || len(problems) == 0 {
			t.Fatalf("%d characters are taken", len(deep))
		}
	}
	long := &audienceCompiler{flow: f}
	if long.expression(strings.Repeat("!", longestExpression+1)); long.problem == nil || !strings.Contains(long.problem.message, "at most 10000") {
		t.Errorf("%+v", long.problem)
	}
}
