package flows

import "testing"

// shipped is the flow that comes with the program.
func shipped(t testing.TB) *Flow {
	t.Helper()
	src, err := Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return mustLoad(t, "promotions.yaml", src)
}

// mustLoad loads a flow without problems.
func mustLoad(t testing.TB, file string, src []byte) *Flow {
	t.Helper()
	f, problems := Load(file, src)
	for _, p := range problems {
		t.Error(p)
	}
	if f == nil {
		t.FailNow()
	}
	return f
}

func TestShippedFilesLoad(t *testing.T) {
	f := shipped(t)
	entries, err := Defaults.ReadDir("broadcasts")
	if err != nil || len(entries) == 0 {
		t.Fatal("no broadcasts", err)
	}
	for _, e := range entries {
		src, _ := Defaults.ReadFile("broadcasts/" + e.Name())
		if _, problems := LoadBroadcast(e.Name(), src, f); len(problems) > 0 {
			t.Error(problems)
		}
	}
}
