package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestANumberIsPutOnTheCloud: in whatever way config.yaml is written, the number's lines say so then,
// and no other line is another. What cannot be changed stays.
func TestANumberIsPutOnTheCloud(t *testing.T) {
	t.Parallel()
	shipped := string(defaultConfig(t))
	for name, c := range map[string]struct {
		text   string
		number string
		lost   string // a line of before that is not there any more. "" none is
		fails  string
	}{
		"as init makes it":  {text: shipped, number: "main"},
		"in short":          {text: "zone: UTC # São Paulo\nnumbers:\n  - {name: main, flow: promotions} # ours\n  - {name: two, flow: promotions}\n", number: "two"},
		"in one line":       {text: "numbers: [{name: main, flow: promotions}, {flow: promotions, name: \"two\", cloud: {}}]", number: "main"},
		"a few keys":        {text: "numbers:\n- flow: promotions\n  name: two\n- name: main\n  flow: promotions\n", number: "main"},
		"the end":           {text: "numbers:\n  - name: main\n    flow: promotions", number: "main"},
		"one line, the end": {text: "numbers:\n  - flow: promotions\n    name: main", number: "main"},
		"again":             {text: "numbers: [" + onCloud + "}]\n", number: "main"},
		"with the other":    {text: "numbers:\n  - name: main\n    transport: 'whatsapp'\n    flow: promotions\n", number: "main"},
		"established":       {text: "numbers:\n  - {name: main, flow: promotions, established: true}\n", number: "main", fails: "established"},
		"another number":    {text: "numbers:\n  - {name: main, flow: promotions}\n", number: "two", fails: `no number "two"`},
		"no numbers":        {text: "zone: UTC\n", number: "main", fails: "no list of numbers"},
		"an anchor":         {text: "numbers:\n  - &a {name: main, flow: promotions, transport: &b whatsapp}\n", number: "main", fails: "no simple value"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "config.yaml")
			must(t, os.WriteFile(file, []byte(c.text), 0o640))
			before, err := Load(defaultConfig(t), file, true, nil)
			must(t, err)
			n := Number{Name: c.number, Cloud: CloudNumber{PhoneNumberID: "1001", WABA: "3001", TokenFile: "data/cloud-main.token",
				AppSecretFile: "data/cloud-main.app-secret", VerifyTokenFile: "data/cloud-main.verify-token"}}
			err = before.PutOnCloud(n)
			text, readErr := os.ReadFile(file)
			must(t, readErr)
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) || string(text) != c.text {
					t.Errorf("%v, and config.yaml is\n%s", err, text)
				}
				return
			}
			must(t, err)
			after, err := Load(defaultConfig(t), file, true, nil)
			must(t, err)
			for i, got := range after.Numbers {
				if got.Name == c.number {
					if !got.OnCloud() || got.Cloud != n.Cloud {
						t.Errorf("%+v in\n%s", got, text)
					}
				} else if got != before.Numbers[i] {
					t.Errorf("%+v was %+v", got, before.Numbers[i])
				}
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
				t.Error("its mode is another")
			}
			if left, err := filepath.Glob(filepath.Join(filepath.Dir(file), ".config*")); err != nil || len(left) > 0 {
				t.Errorf("%v are left", left)
			}
			if name == "as init makes it" {
				changed := 0
				now := strings.Split(string(text), "\n")
				for i, line := range strings.Split(shipped, "\n") {
					if i < len(now) && now[i] != line {
						changed++
					}
				}
				if changed != 6 || !strings.Contains(string(text), "    transport: cloud        # or cloud") {
					t.Errorf("%d lines are others:\n%s", changed, text)
				}
			}
		})
	}
}
