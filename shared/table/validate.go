package table

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// itemOverhead is what an adapter may add to an item: attribute names, revision, expiry.
const itemOverhead = 128

// ValidateKey reports a key that no table takes. Adapters call it on every key.
func ValidateKey(k Key) error {
	if err := validatePart("partition key", k.PK, MaxPartitionKey); err != nil {
		return err
	}
	return validatePart("sort key", k.SK, MaxSortKey)
}

func validatePart(what, s string, most int) error {
	switch {
	case s == "":
		return errs.New(errs.Invalid, "the "+what+" is empty")
	case len(s) > most:
		return errs.New(errs.Invalid, fmt.Sprintf("the %s is longer than %d bytes", what, most))
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return errs.New(errs.Invalid, "the "+what+" is not UTF-8 text without NUL")
	}
	return nil
}

// Size gives the bytes an item counts for against the limits.
func Size(i Item) int { return len(i.PK) + len(i.SK) + len(i.Body) + itemOverhead }

// ValidateItem reports an item that no table takes.
func ValidateItem(i Item) error {
	if err := ValidateKey(i.Key); err != nil {
		return err
	}
	if n := Size(i); n > MaxItemBytes {
		return errs.New(errs.TooLarge, fmt.Sprintf("the item %s/%s takes %d bytes, more than %d", i.PK, i.SK, n, MaxItemBytes))
	}
	return nil
}

// ValidateTransaction reports a transaction that no table takes.
func ValidateTransaction(writes []Write) error {
	if len(writes) == 0 || len(writes) > MaxTransactWrites {
		return errs.New(errs.Invalid, fmt.Sprintf("a transaction has 1 to %d writes, not %d", MaxTransactWrites, len(writes)))
	}
	seen, bytes := make(map[Key]bool, len(writes)), 0
	for _, w := range writes {
		if err := ValidateItem(w.Item); err != nil {
			return err
		}
		if w.Op < OpPut || w.Op > OpCheck || (w.Op == OpCheck && w.Cond == Always) {
			return errs.New(errs.Invalid, "a write of the transaction does nothing")
		}
		if seen[w.Item.Key] {
			return errs.New(errs.Invalid, fmt.Sprintf("the transaction writes %s/%s twice", w.Item.PK, w.Item.SK))
		}
		seen[w.Item.Key] = true
		bytes += Size(w.Item)
	}
	if bytes > MaxTransactBytes {
		return errs.New(errs.TooLarge, fmt.Sprintf("the transaction takes %d bytes, more than %d", bytes, MaxTransactBytes))
	}
	return nil
}

// ValidateQuery reports a query that no table answers, apart from its cursor: see Position.
func ValidateQuery(q Query) error {
	if err := validatePart("partition key", q.PK, MaxPartitionKey); err != nil {
		return err
	}
	if q.Limit < 0 {
		return errs.New(errs.Invalid, "the limit of the query is negative")
	}
	if q.Prefix != "" && (q.From != "" || q.To != "") {
		return errs.New(errs.Invalid, "a query takes a prefix or a range, not both")
	}
	for _, bound := range []string{q.Prefix, q.From, q.To} {
		if bound == "" {
			continue
		}
		if err := validatePart("bound of the query", bound, MaxSortKey); err != nil {
			return err
		}
	}
	return nil
}
