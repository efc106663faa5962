package desk

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"optinbot/store"
)

// ConsentProof is what the ledger of a number has about one person.
type ConsentProof struct {
	Entries  []store.LedgerEntry `json:"entries"`
	ShopZone *time.Location      `json:"-"`
}

// ShowConsent returns the entries of the ledger about a contact. It changes nothing. A phone that
// has never written is not found.
func (d *Desk) ShowConsent(ctx context.Context, number, phone string) (v ConsentProof, err error) {
	contact, err := d.Contact(ctx, number, phone)
	if err != nil {
		return v, err
	}
	v.ShopZone = d.shopZone(contact.Number)
	v.Entries, err = d.Store.Ledger(ctx, contact.Number, contact.ID)
	return v, err
}

// Intact reports whether every chain holds.
func Intact(results []store.Verification) bool {
	return !slices.ContainsFunc(results, func(v store.Verification) bool { return !v.Holds() })
}

// EditsOnly are the numbers whose chain was verified without a head of an earlier time: nothing says
// whether it was cut or rewritten.
func EditsOnly(results []store.Verification) (numbers []string) {
	for _, v := range results {
		if v.Against == "" {
			numbers = append(numbers, v.Number)
		}
	}
	return numbers
}

// ReadHead reads the head of a ledger as people type it or copy it from a page, which shows it in
// groups. What is no head is refused, and "" is none.
func ReadHead(typed string) (string, error) {
	head := strings.ToLower(strings.Join(strings.Fields(typed), ""))
	if head != "" && (len(head) != 64 || strings.Trim(head, "0123456789abcdef") != "") {
		return "", Refuse("a head is 64 digits from 0 to f, as `optinbot consent verify` shows it")
	}
	return head, nil
}

// VerifyConsent computes the chains of the ledger anew, of one number or of all (""). A head that
// was noted earlier, or those of a backup by number, let it find cuts and rewrites too. What does
// not hold is in the problems of a verification. It changes nothing. It is refused with what is no
// head, and with a head while it is not said of which of several numbers that is.
func (d *Desk) VerifyConsent(
	ctx context.Context, number, head string, heads map[string]string,
) (results []store.Verification, err error) {
	head, err = ReadHead(head)
	if err != nil {
		return nil, err
	}
	if head != "" && number == "" && len(d.Config.Numbers) > 1 {
		return nil, Refuse("each number has a chain of its own: say with --number which one the head is of")
	}
	if _, err := NumberOf(d.Config, number); err != nil {
		return nil, err
	}
	if number != "" {
		if err := d.mayRead(ctx, number); err != nil {
			return nil, err
		}
	}
	ctx, end, err := d.Costly(ctx, number)
	if err != nil {
		return nil, err
	}
	defer end()
	for _, n := range d.numbersFor(ctx) {
		if number != "" && number != n.Name {
			continue
		}
		v, err := d.Store.Verify(ctx, n.Name, cmp.Or(heads[n.Name], head))
		if err != nil {
			return nil, err
		}
		results = append(results, v)
	}
	return results, nil
}
