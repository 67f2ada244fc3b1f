package asl

import (
	"crypto/md5"  //nolint:gosec // States.Hash offers MD5; nothing here relies on it
	"crypto/sha1" //nolint:gosec // as above
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

// Limits of the intrinsics on Step Functions.
const (
	maxRange      = 1000
	maxTextLength = 10000 // characters that can be hashed, encoded or decoded
)

func array(args []any, _ *env) (any, error) { return slices.Clone(args), nil }

func listArgument(v any) ([]any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, failf(ErrIntrinsic, "wants an array")
	}
	return list, nil
}

func arrayPartition(args []any, _ *env) (any, error) {
	list, err := listArgument(args[0])
	if err != nil {
		return nil, err
	}
	size, ok := rounded(args[1])
	if !ok || size < 1 {
		return nil, failf(ErrIntrinsic, "wants a positive size")
	}
	parts := []any{}
	for part := range slices.Chunk(list, int(min(size, int64(len(list))+1))) {
		parts = append(parts, part)
	}
	return parts, nil
}

func arrayContains(args []any, _ *env) (any, error) {
	list, err := listArgument(args[0])
	if err != nil {
		return nil, err
	}
	return slices.ContainsFunc(list, func(v any) bool { return equal(v, args[1]) }), nil
}

func arrayRange(args []any, _ *env) (any, error) {
	first, okFirst := rounded(args[0])
	last, okLast := rounded(args[1])
	by, okBy := rounded(args[2])
	if !okFirst || !okLast || !okBy || by == 0 {
		return nil, failf(ErrIntrinsic, "wants two numbers and a step other than 0")
	}
	list := []any{}
	for i := first; (by > 0 && i <= last) || (by < 0 && i >= last); i += by {
		if len(list) == maxRange {
			return nil, failf(ErrIntrinsic, "the range has more than %d items", maxRange)
		}
		list = append(list, fromInt(i))
	}
	return list, nil
}

func arrayGetItem(args []any, _ *env) (any, error) {
	list, err := listArgument(args[0])
	if err != nil {
		return nil, err
	}
	i, ok := rounded(args[1])
	if !ok || i < 0 || i >= int64(len(list)) {
		return nil, failf(ErrIntrinsic, "the array has no such item")
	}
	return list[i], nil
}

func arrayLength(args []any, _ *env) (any, error) {
	list, err := listArgument(args[0])
	return fromInt(int64(len(list))), err
}

func arrayUnique(args []any, _ *env) (any, error) {
	list, err := listArgument(args[0])
	if err != nil {
		return nil, err
	}
	unique := []any{}
	for _, v := range list {
		if !slices.ContainsFunc(unique, func(other any) bool { return equal(v, other) }) {
			unique = append(unique, v)
		}
	}
	return unique, nil
}

func textArgument(v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", failf(ErrIntrinsic, "wants a string")
	}
	if len([]rune(s)) > maxTextLength {
		return "", failf(ErrIntrinsic, "the string has more than %d characters", maxTextLength)
	}
	return s, nil
}

func base64Encode(args []any, _ *env) (any, error) {
	s, err := textArgument(args[0])
	return base64.StdEncoding.EncodeToString([]byte(s)), err
}

func base64Decode(args []any, _ *env) (any, error) {
	s, err := textArgument(args[0])
	if err != nil {
		return nil, err
	}
	decoded, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, failf(ErrIntrinsic, "the string is not Base64")
	}
	return string(decoded), nil
}

func hash(args []any, _ *env) (any, error) {
	data, isText := args[0].(string)
	if !isText {
		data = text(args[0])
	}
	if len([]rune(data)) > maxTextLength {
		return nil, failf(ErrIntrinsic, "the data has more than %d characters", maxTextLength)
	}
	var sum []byte
	switch args[1] {
	case "MD5":
		s := md5.Sum([]byte(data)) //nolint:gosec // see the import
		sum = s[:]
	case "SHA-1":
		s := sha1.Sum([]byte(data)) //nolint:gosec // see the import
		sum = s[:]
	case "SHA-256":
		s := sha256.Sum256([]byte(data))
		sum = s[:]
	case "SHA-384":
		s := sha512.Sum384([]byte(data))
		sum = s[:]
	case "SHA-512":
		s := sha512.Sum512([]byte(data))
		sum = s[:]
	default:
		return nil, failf(ErrIntrinsic, "wants MD5, SHA-1, SHA-256, SHA-384 or SHA-512")
	}
	return hex.EncodeToString(sum), nil
}

// stringSplit cuts a string at any of the characters of the second argument and leaves
// empty parts out.
func stringSplit(args []any, _ *env) (any, error) {
	s, okS := args[0].(string)
	separators, ok := args[1].(string)
	if !okS || !ok {
		return nil, failf(ErrIntrinsic, "wants two strings")
	}
	parts := []any{}
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		parts = append(parts, part)
	}
	return parts, nil
}
