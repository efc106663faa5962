package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
)

// independentVerifier is what somebody who has an export, docs/ledger.md and no code of ours would write. It returns the first entry
// that does not hold, or 0.
func independentVerifier(export []byte) (broken int, head string) {
	var x struct {
		Whole   bool
		Entries []struct {
			Seq                          int
			Previous, Hash, Public, Salt string
			PersonalHash                 string `json:"personal_hash"`
			Personal                     string
		}
	}
	if json.Unmarshal(export, &x) != nil {
		return -1, ""
	}
	sha := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	for i, e := range x.Entries {
		chained := !x.Whole || e.Seq == i+1 && (i == 0 && e.Previous == "" || i > 0 && e.Previous == x.Entries[i-1].Hash)
		sealed := e.Hash == sha(e.Previous+"\n"+e.Public+"\n"+e.PersonalHash+"\n")
		personal := e.Personal == "" || e.PersonalHash == sha(e.Salt+"\n"+e.Personal)
		if !chained || !sealed || !personal {
			return e.Seq, ""
		}
		head = e.Hash
	}
	return 0, head
}

// TestC6ExportVerifiesWithoutOurCode: what `consent export` writes can be checked by anybody, erased people included, and every
// change of a byte shows.
func TestC6ExportVerifiesWithoutOurCode(t *testing.T) {
	t.Parallel()
	s, _ := lived(t)
	must(t, s.Do("Ben +447700900002 > I want promotions"))
	ben, err := s.FindContact(s.People["Ben"])
	must(t, err)
	export := func(about int64) []byte {
		x, err := s.Exported(t.Context(), s.Numbers["main"], about)
		must(t, err)
		var out bytes.Buffer
		must(t, printJSON(&out, x))
		return out.Bytes()
	}
	whole := export(0)
	head, err := s.Store.Head(s.Ctx, "main")
	must(t, err)
	if broken, last := independentVerifier(whole); broken != 0 || last != head {
		t.Fatalf("entry %d does not hold; head %s, want %s", broken, last, head)
	}
	if broken, _ := independentVerifier(export(ben.ID)); broken != 0 {
		t.Errorf("entry %d about one person does not hold", broken)
	}
	for _, edit := range [][2]string{{"parar", "ficar"}, {"opted_out", "opted_in_"}, {"source:poster", "source:letter"}, {`"seq": 2`, `"seq": 3`}} {
		if broken, _ := independentVerifier(bytes.Replace(whole, []byte(edit[0]), []byte(edit[1]), 1)); broken == 0 {
			t.Errorf("%s was changed to %s, and it still holds", edit[0], edit[1])
		}
	}
	_, err = s.Store.Erase(s.Ctx, ben.Identities, s.Envs)
	must(t, err)
	erased := export(0)
	if broken, _ := independentVerifier(erased); broken != 0 {
		t.Errorf("after an erasure entry %d does not hold", broken)
	}
	if strings.Contains(string(erased), "7700900002") {
		t.Error("the export names somebody who was erased")
	}
}
