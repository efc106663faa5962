package phones

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

var update = flag.Bool("update", false, "write plans.tsv and zones.tsv")

// TestFiles: the files hold what the library holds. After an update of the library they are written
// again by -update.
func TestFiles(t *testing.T) {
	t.Parallel()
	for _, file := range []struct{ name, had, has string }{
		{"plans.tsv", plansFile, plansOfLibrary(t)},
		{"zones.tsv", zonesFile, zonesOfLibrary(t)},
	} {
		if *update {
			if err := os.WriteFile(file.name, []byte(file.has), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if file.had != file.has {
			t.Errorf("%s is not what the library says: go test ./bot/phones -update", file.name)
		}
	}
}

func plansOfLibrary(t *testing.T) string {
	var b strings.Builder
	for _, code := range slices.Sorted(maps.Keys(phonenumbers.GetSupportedCallingCodes())) {
		fmt.Fprintf(&b, "code\t%d\t%s\n", code, strings.Join(phonenumbers.GetRegionCodesForCountryCode(code), "\t"))
	}
	collection, err := phonenumbers.MetadataCollection()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range collection.GetMetadata() {
		name := m.GetId()
		if name == nowhere {
			name = strconv.Itoa(int(m.GetCountryCode()))
		}
		fmt.Fprintf(&b, "plan\t%s\t%d\t%s\t%s\t%s\t%s\n", name, m.GetCountryCode(), m.GetInternationalPrefix(),
			m.GetNationalPrefixForParsing(), m.GetNationalPrefixTransformRule(), m.GetLeadingDigits())
		general := m.GetGeneralDesc()
		fmt.Fprintf(&b, "general\t%s\t%s\t%s\n", list(general.GetPossibleLength()), list(general.GetPossibleLengthLocalOnly()),
			general.GetNationalNumberPattern())
		mobile := m.GetMobile()
		if m.GetSameMobileAndFixedLinePattern() {
			mobile = nil
		}
		for _, k := range []struct {
			who  string
			desc *phonenumbers.PhoneNumberDesc
		}{
			{"service", m.GetPremiumRate()}, {"service", m.GetTollFree()}, {"service", m.GetSharedCost()}, {"people", m.GetVoip()},
			{"people", m.GetPersonalNumber()}, {"service", m.GetPager()}, {"service", m.GetUan()}, {"service", m.GetVoicemail()},
			{"people", m.GetFixedLine()}, {"people", mobile},
		} {
			if pattern := k.desc.GetNationalNumberPattern(); pattern != "" {
				fmt.Fprintf(&b, "%s\t%s\t%s\n", k.who, list(k.desc.GetPossibleLength()), pattern)
			}
		}
		forms := m.GetIntlNumberFormat()
		if len(forms) == 0 {
			forms = m.GetNumberFormat()
		}
		for _, f := range forms {
			leading := ""
			if all := f.GetLeadingDigitsPattern(); len(all) > 0 {
				leading = all[len(all)-1]
			}
			fmt.Fprintf(&b, "form\t%s\t%s\t%s\n", f.GetPattern(), leading, f.GetFormat())
		}
	}
	return b.String()
}

func list(numbers []int32) string {
	var all []string
	for _, n := range numbers {
		all = append(all, strconv.Itoa(int(n)))
	}
	return strings.Join(all, ",")
}

// zonesOfLibrary reads the library's file, for it only answers about single numbers: the names of
// the zones, and for each beginning how much larger it is than the one before, and its zones.
func zonesOfLibrary(t *testing.T) string {
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/nyaruka/phonenumbers").Output()
	if err != nil {
		t.Fatal(err)
	}
	packed, err := os.Open(filepath.Join(strings.TrimSpace(string(dir)), "data", "prefix_to_timezone.xml.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(unpacked)
	take := func(v any) {
		if err := binary.Read(in, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	var size, count uint32
	take(&size)
	text := make([]byte, size)
	take(text)
	names := strings.Split(string(text), "\n")
	take(&count)
	b := strings.Builder{}
	b.WriteString("\n")
	beginning := uint64(0)
	for range count {
		more, err := binary.ReadUvarint(in)
		if err != nil {
			t.Fatal(err)
		}
		beginning += more
		var zones uint8
		take(&zones)
		numbers := make([]uint16, zones)
		take(numbers)
		var all []string
		for _, n := range numbers {
			all = append(all, names[n])
		}
		if len(strconv.FormatUint(beginning, 10)) > longestZoned {
			t.Fatalf("longestZoned does not reach %d", beginning)
		}
		fmt.Fprintf(&b, "%d\t%s\n", beginning, strings.Join(all, " "))
	}
	return b.String()
}

// TestAgainstLibrary compares every answer about many phones: the library's examples of every kind
// in every region, others that begin or end like them, and any digits.
func TestAgainstLibrary(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	regions := slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions()))
	for _, region := range regions {
		if !IsRegion(region) || CallingCode(region) != phonenumbers.GetCountryCodeForRegion(region) {
			t.Errorf("%s has the calling code %d", region, CallingCode(region))
		}
		for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
			n := phonenumbers.GetExampleNumberForType(region, kind)
			if n == nil {
				continue
			}
			phone, home := phonenumbers.Format(n, phonenumbers.E164), phonenumbers.Format(n, phonenumbers.NATIONAL)
			compareAll(t, r, phone, home, region)
		}
	}
	for range 3000 {
		digits := digitsOf(r, 1+r.IntN(18))
		compare(t, "+"+digits)
		compareIn(t, digits, regions[r.IntN(len(regions))])
	}
	for code := range phonenumbers.GetSupportedCallingCodes() {
		for range 15 {
			compare(t, "+"+strconv.Itoa(code)+digitsOf(r, r.IntN(15)))
		}
	}
	for _, not := range []string{"", "+", "+0", "+5", "+55", "+551", "+ 55 11", "5511900000001", "++5511900000001", "+999123", "+55x"} {
		if n, ok := Read(not); ok && !strings.HasPrefix(not, "+55") {
			t.Errorf("%q is read as %v", not, n)
		}
	}
	if IsRegion("001") || IsRegion("800") || IsRegion("") || IsRegion("ZZ") || CallingCode("001") != 0 {
		t.Error("what is no region is one")
	}
}

// compareAll compares what is like an example.
func compareAll(t *testing.T, r *rand.Rand, phone, home, region string) {
	t.Helper()
	compare(t, phone)
	dialled := onlyTheDigits(home)
	typed := []string{dialled, phone[1:], "00" + phone[1:], "0" + dialled, "011" + phone[1:], dialled[:len(dialled)-1], phone[2:], "1" + dialled}
	for _, digits := range typed {
		compareIn(t, digits, region)
	}
	for range 4 {
		at := 1 + r.IntN(len(phone)-1)
		compare(t, phone[:at]+digitsOf(r, 1)+phone[at+1:]) // another digit
		compare(t, phone[:at]+digitsOf(r, 1)+phone[at:])   // one more
		compare(t, phone[:at]+phone[at+1:])                // one fewer
		digits := typed[r.IntN(len(typed))]
		at = r.IntN(len(digits))
		compareIn(t, digits[:at]+digitsOf(r, 1)+digits[at+1:], region)
	}
}

func digitsOf(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + r.IntN(10))
	}
	return string(b)
}

func onlyTheDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func compare(t *testing.T, phone string) {
	t.Helper()
	n, ok := Read(phone)
	want, err := phonenumbers.Parse(phone, "")
	sameNumber(t, phone, n, ok, want, err)
}

func compareIn(t *testing.T, digits, region string) {
	t.Helper()
	n, ok := ReadIn(digits, region)
	want, err := phonenumbers.Parse(digits, region)
	sameNumber(t, digits+" in "+region, n, ok, want, err)
}

func sameNumber(t *testing.T, about string, n Number, ok bool, want *phonenumbers.PhoneNumber, err error) {
	t.Helper()
	if ok != (err == nil) {
		t.Fatalf("%s is read as %v, %v, and by the library as %v (%v)", about, n, ok, want, err)
	}
	if !ok {
		return
	}
	zones, err := phonenumbers.GetTimezonesForNumber(want)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(zones, phonenumbers.UNKNOWN_TIMEZONE) {
		zones = nil
	}
	personal := false
	switch phonenumbers.GetNumberType(want) {
	case phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE, phonenumbers.VOIP, phonenumbers.PERSONAL_NUMBER:
		personal = true
	}
	lengths := map[phonenumbers.ValidationResult]Length{
		phonenumbers.IS_POSSIBLE: Possible, phonenumbers.IS_POSSIBLE_LOCAL_ONLY: InsideOnly, phonenumbers.TOO_SHORT: TooShort,
		phonenumbers.TOO_LONG: TooLong, phonenumbers.INVALID_LENGTH: OtherLength,
	}
	code := int(want.GetCountryCode())
	says := fmt.Sprint(n, n.Region(), n.MainRegion(), n.IsPersonal(), n.Length(), n.Pretty(), n.Zones())
	wants := fmt.Sprint(phonenumbers.Format(want, phonenumbers.E164), phonenumbers.GetRegionCodeForNumber(want),
		phonenumbers.GetRegionCodeForCountryCode(code), personal, lengths[phonenumbers.IsPossibleNumberWithReason(want)],
		phonenumbers.Format(want, phonenumbers.INTERNATIONAL), zones)
	if says != wants {
		t.Fatalf("%s:\n%s\nand by the library:\n%s", about, says, wants)
	}
}
