package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// MaxDataBytes is what an input, an output or a result may have at most.
const MaxDataBytes = 256 << 10

var executionName = lazyregexp.New(`^[A-Za-z0-9_-]{1,80}$`)

// ValidateStart checks what Start got and gives the input to use: {} for none. Adapters
// call it, so that both refuse alike.
func ValidateStart(name string, input json.RawMessage) (json.RawMessage, error) {
	if !executionName.MatchString(name) {
		return nil, errs.New(errs.Invalid, "the name of an execution has 1 to 80 letters, digits, - or _")
	}
	if len(input) == 0 {
		input = json.RawMessage("{}")
	}
	return input, ValidateData("the input", input)
}

// ValidateData reports data that no execution takes.
func ValidateData(what string, data json.RawMessage) error {
	switch {
	case len(data) > MaxDataBytes:
		return errs.New(errs.Invalid, fmt.Sprintf("%s has %d bytes, more than %d", what, len(data), MaxDataBytes))
	case !json.Valid(data):
		return errs.New(errs.Invalid, what+" is not JSON")
	}
	return nil
}

// The lengths of a failure that Step Functions takes, in characters.
const (
	maxErrorName  = 256
	maxErrorCause = 32768
)

// ClipFailure cuts an error's name and cause to what can be stored of them.
func ClipFailure(name, cause string) (string, string) {
	return clip(name, maxErrorName), clip(cause, maxErrorCause)
}

func clip(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	return string([]rune(s)[:most])
}

// SameInput reports whether two inputs are the same JSON, however they are written.
func SameInput(a, b json.RawMessage) bool {
	x, errX := decodeInput(a)
	y, errY := decodeInput(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

// decodeInput reads JSON with integers of any size kept apart.
func decodeInput(raw json.RawMessage) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return plainNumbers(v), err
}

// plainNumbers makes numbers that are equal look alike.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, ok := new(big.Int).SetString(string(v), 10); ok {
			return json.Number(i.String())
		}
		f, err := v.Float64()
		if err != nil {
			return v
		}
		if whole, accuracy := big.NewFloat(f).Int(nil); accuracy == big.Exact {
			return json.Number(whole.String())
		}
		return f
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plainNumbers(v[k])
		}
	}
	return v
}
