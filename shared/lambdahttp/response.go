package lambdahttp

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// response gives the JSON that an HTTP API expects of an integration (payload format 2.0).
// An answer that Lambda can't return becomes an error that says so.
func (w *recorder) response() []byte {
	if w.end() != nil {
		return tooLarge()
	}
	body := w.body.Bytes()
	if w.request.Method == http.MethodHead {
		body = nil
	}
	asText := !w.zipping && utf8.Valid(body)
	size := 512 + len(body)*9/8
	if !asText {
		size = 512 + base64.StdEncoding.EncodedLen(len(body))
	}
	// In one order, so that equal answers are equal bytes.
	slices.SortFunc(w.sent, func(a, b field) int { return strings.Compare(a.name, b.name) })
	out := append(make([]byte, 0, size), `{"statusCode":`...)
	out = strconv.AppendInt(out, int64(w.status), 10)
	out = appendHeaders(out, w.sent)
	out = appendCookies(out, w.cookies)
	switch {
	case len(body) == 0:
	case asText:
		out = appendText(append(out, `,"body":`...), body)
	default:
		out = base64.StdEncoding.AppendEncode(append(out, `,"body":"`...), body)
		out = append(out, `","isBase64Encoded":true`...)
	}
	if out = append(out, '}'); len(out) > maxResponse {
		return tooLarge()
	}
	return out
}

func appendHeaders(out []byte, headers []field) []byte {
	out = append(out, `,"headers":{`...)
	for i, f := range headers {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendText(out, toUTF8(f.name))
		out = append(out, ':')
		out = appendText(out, toUTF8(f.value))
	}
	return append(out, '}')
}

func appendCookies(out []byte, cookies []string) []byte {
	for i, c := range cookies {
		before := `,"cookies":[`
		if i > 0 {
			before = ","
		}
		out = appendText(append(out, before...), toUTF8(c))
	}
	if len(cookies) > 0 {
		out = append(out, ']')
	}
	return out
}

func toUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// appendText appends UTF-8 text as a JSON string. It leaves <, > and & alone: escaping
// them makes answers larger for nobody's good.
func appendText[T string | []byte](out []byte, text T) []byte {
	out = append(out, '"')
	from := 0
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		out = append(out, text[from:i]...)
		from = i + 1
		if c == '"' || c == '\\' {
			out = append(out, '\\', c)
			continue
		}
		const hex = "0123456789abcdef"
		out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	}
	out = append(out, text[from:]...)
	return append(out, '"')
}

func tooLarge() []byte {
	return failure(http.StatusInternalServerError,
		fmt.Sprintf("the answer is larger than %d bytes; ask for less of it at once", maxResponse))
}

// failure is a problem document (RFC 9457) for what happens outside of the handler.
func failure(status int, detail string) []byte {
	out := strconv.AppendInt([]byte(`{"statusCode":`), int64(status), 10)
	out = appendHeaders(out, []field{{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}})
	return append(appendText(append(out, `,"body":`...), problem(status, detail)), '}')
}

func problem(status int, detail string) []byte {
	return fmt.Appendf(nil, `{"type":"about:blank","title":%q,"status":%d,"detail":%q}`, http.StatusText(status), status, detail)
}
