package keyorder

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"
)

// Append appends a value as JSON to dst, its keys in an order, without HTML escapes: nil
// gives what encoding/json writes.
func (o *Order) Append(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case string:
		return AppendText(dst, v), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case float64:
		if math.Trunc(v) == v && math.Abs(v) < 1<<53 {
			return strconv.AppendFloat(dst, v, 'f', -1, 64), nil
		}
	case map[string]any:
		return o.appendObject(dst, v)
	case []any:
		return o.appendList(dst, v)
	}
	return appendOther(dst, v)
}

func (o *Order) appendObject(dst []byte, v map[string]any) (_ []byte, err error) {
	if v == nil {
		return append(dst, "null"...), nil
	}
	dst = append(dst, '{')
	for i, name := range o.sorted(v) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendText(dst, name), ':')
		if dst, err = o.Member(name).Append(dst, v[name]); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func (o *Order) appendList(dst []byte, v []any) (_ []byte, err error) {
	if v == nil {
		return append(dst, "null"...), nil
	}
	dst = append(dst, '[')
	for i, item := range v {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = o.Item(i).Append(dst, item); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

// appendOther leaves to encoding/json what is rare.
func appendOther(dst []byte, v any) ([]byte, error) {
	var b bytes.Buffer
	write := json.NewEncoder(&b)
	write.SetEscapeHTML(false)
	if err := write.Encode(v); err != nil {
		return dst, err
	}
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte{'\n'})...), nil
}

// AppendText appends a text as a JSON string, as encoding/json writes it without HTML
// escapes: U+FFFD in place of what is no character, and U+2028 and U+2029 escaped.
func AppendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	begin := 0
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			i++
			if c < ' ' || c == '"' || c == '\\' {
				dst = appendEscape(append(dst, s[begin:i-1]...), c)
				begin = i
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(append(dst, s[begin:i]...), `\ufffd`...)
			begin = i + size
		case r == '\u2028', r == '\u2029':
			dst = append(append(dst, s[begin:i]...), `\u202`...)
			dst = append(dst, hex[r&0xf])
			begin = i + size
		}
		i += size
	}
	return append(append(dst, s[begin:]...), '"')
}

const hex = "0123456789abcdef"

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
}
