package desk_test

import (
	"fmt"
	"slices"
	"testing"

	"optinbot/bot/desk"
	"optinbot/flows"
	"optinbot/store"
)

// TestFindAudience: a filter is an audience of subscribers. A look is at a part of the contacts, and
// the next one goes on where it ended.
func TestFindAudience(t *testing.T) {
	t.Parallel()
	s := newShop(t, twoNumbers)
	s.linked("main", "+12125550190")
	for i := range 6 {
		phone := fmt.Sprintf("+1212555010%d", i)
		s.namedWrites(phone, fmt.Sprint("N", i), []string{phrase, "hello"}[i/5])
		if i%2 == 0 {
			_, err := s.TagContact(s.Ctx, "main", "vip", phone)
			must(t, err)
		}
	}
	look := func(q desk.AudienceSearch) (names []string, found *desk.AudienceFound) {
		t.Helper()
		found, err := s.FindAudience(s.Ctx, "main", q)
		must(t, err)
		for _, c := range found.Contacts {
			names = append(names, c.Name)
		}
		return names, found
	}
	names, found := look(desk.AudienceSearch{Expression: ` "vip" in tags `})
	if !slices.Equal(names, []string{"N0", "N2", "N4"}) || found.Looked != 6 || found.Next != 0 {
		t.Errorf("%q, %+v", names, found)
	}
	if names, _ = look(desk.AudienceSearch{Expression: `true`}); len(names) != 5 {
		t.Errorf("who is not subscribed is in an audience: %q", names)
	}
	var all []string
	for after := int64(0); ; {
		names, found = look(desk.AudienceSearch{Expression: `"vip" in tags`, After: after, Limit: 1})
		all = append(all, names...)
		if after = found.Next; after == 0 {
			break
		}
	}
	if !slices.Equal(all, []string{"N0", "N2", "N4"}) {
		t.Errorf("page by page: %q", all)
	}
	in, bad := flows.ReadAudience("audience", `"vip" in tags`, s.Machine("main").Flow)
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	page, looked, next, err := s.Store.LookFor(s.Ctx, store.AudienceLook{Number: "main", In: in, Now: s.Options.Now(), After: 1, Among: 2, Limit: 50})
	if err != nil || len(page) != 1 || page[0].Name != "N2" || looked != 2 || next != page[0].ID {
		t.Errorf("%+v, looked at %d, next %d, %v", page, looked, next, err)
	}
	if names, found = look(desk.AudienceSearch{Expression: `"vip" in tgas`}); len(names) > 0 || len(found.Problems) != 1 || found.Problems[0].Col != 10 {
		t.Errorf("%q, %+v", names, found)
	}
	other := marta
	other.Numbers = []string{"second"}
	if _, err := s.FindAudience(desk.As(s.Ctx, other), "main", desk.AudienceSearch{Expression: "true"}); err == nil {
		t.Error("somebody of another number looks")
	}
}
