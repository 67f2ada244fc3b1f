package asl

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// Values are what encoding/json makes of a document, with numbers as json.Number.

// encode writes a value as JSON, without HTML escapes.
func encode(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// encodeData writes a state's input or output, which may not pass the limit.
func encodeData(v any) (json.RawMessage, error) {
	raw, err := encode(v)
	if err != nil {
		return nil, failf(ErrRuntime, "the state's data can't be written as JSON: %s", err)
	}
	if len(raw) > maxDataBytes {
		return nil, failf(ErrDataLimit, "the state's data has %d bytes, more than %d", len(raw), maxDataBytes)
	}
	return raw, nil
}

// text gives v as compact JSON for messages.
func text(v any) string {
	raw, err := encode(v)
	if err != nil {
		return "?"
	}
	return string(raw)
}

func number(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil && !math.IsInf(f, 0)
}

// integer gives v as an integer if it is written as one.
func integer(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.ParseInt(string(n), 10, 64)
	return i, err == nil
}

// rounded gives the integer nearest to a number, halves towards positive infinity, as
// Java's Math.round does.
func rounded(v any) (int64, bool) {
	if i, ok := integer(v); ok {
		return i, true
	}
	f, ok := number(v)
	if !ok || math.Abs(f) > math.MaxInt64/2 {
		return 0, false
	}
	return int64(math.Floor(f + 0.5)), true
}

func fromInt(i int64) json.Number { return json.Number(strconv.FormatInt(i, 10)) }

// compareNumbers compares integers exactly, so that large identifiers don't become equal,
// and everything else as 64-bit floating point.
func compareNumbers(a, b json.Number) (int, bool) {
	if x, ok := new(big.Int).SetString(string(a), 10); ok {
		if y, ok := new(big.Int).SetString(string(b), 10); ok {
			return x.Cmp(y), true
		}
	}
	x, okX := number(a)
	y, okY := number(b)
	return cmp.Compare(x, y), okX && okY
}

// equal reports whether two values are the same JSON: numbers by value, objects
// regardless of order.
func equal(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		n, ok := b.(json.Number)
		if !ok {
			return false
		}
		c, ok := compareNumbers(a, n)
		return ok && c == 0
	case []any:
		list, ok := b.([]any)
		return ok && slices.EqualFunc(a, list, equal)
	case map[string]any:
		object, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, object, equal)
	}
	return a == b
}

// javaText prints a value the way States.Format does on Step Functions: strings bare,
// objects as {key=value}, keys in order of their bytes.
func javaText(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return v
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = javaText(v[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, k+"="+javaText(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return text(v)
}

// timestamp reads a time as the language demands it: RFC 3339 with an upper case T and an
// offset.
func timestamp(v any) (time.Time, bool) {
	s, ok := v.(string)
	if !ok || !strings.Contains(s, "T") {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	return t, err == nil
}

// compareStrings orders strings by UTF-16 code units, as Java does.
func compareStrings(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}
