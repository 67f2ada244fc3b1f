package blob

import (
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// The limits of keys and lists.
const (
	MaxKeyBytes = 512
	MaxList     = 1000
)

// letters reports whether s is made of what may stand between the slashes of a key.
func letters(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("._-", r)
	})
}

// WrongSize is what Fill refuses a blob of another size with.
func WrongSize(key string) error {
	return errs.New(errs.Invalid, "the blob "+key+" has another size")
}

// ValidateKey reports a key that no store takes. Adapters call it on every key.
func ValidateKey(key string) error {
	if key == "" || len(key) > MaxKeyBytes {
		return errs.New(errs.Invalid, fmt.Sprintf("the key of a blob has 1 to %d bytes", MaxKeyBytes))
	}
	for segment := range strings.SplitSeq(key, "/") {
		if segment == "" || segment == "." || segment == ".." || !letters(segment) {
			return errs.New(errs.Invalid, "the key of a blob is not letters, digits, dots, dashes and underscores between slashes")
		}
	}
	return nil
}

// ValidateBlob reports a blob that no store takes.
func ValidateBlob(key string, body []byte) error {
	if len(body) > MaxBytes {
		return errs.New(errs.TooLarge, fmt.Sprintf("the blob takes %d bytes, more than %d", len(body), MaxBytes))
	}
	return ValidateKey(key)
}

// ValidateList reports a list that no store gives. Prefix and after need not be whole keys.
func ValidateList(prefix, after string, limit int) error {
	if limit < 1 || limit > MaxList {
		return errs.New(errs.Invalid, fmt.Sprintf("a list has 1 to %d keys", MaxList))
	}
	for _, part := range []string{prefix, after} {
		if len(part) > MaxKeyBytes || !letters(strings.ReplaceAll(part, "/", "")) {
			return errs.New(errs.Invalid, "the list does not begin with what keys are made of")
		}
	}
	return nil
}
