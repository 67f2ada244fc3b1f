package templating

import (
	"net/url"
	"strconv"
	"strings"
)

// repoURL is a repository URL as far as filters look at it.
type repoURL struct {
	host       string // with its port, unless that is 443
	parameters map[string]string
}

// readRepoURL reads a URL without its scheme, as the WHATWG's URL standard does with "https://" in
// front: that is what Backstage reads them with.
func readRepoURL(text string) (repoURL, bool) {
	text = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(text)
	text = strings.TrimRightFunc(text, func(c rune) bool { return c <= ' ' })
	text, _, _ = strings.Cut(text, "#")
	text = strings.TrimLeft(text, `/\`)
	authority := text
	if i := strings.IndexAny(text, `/\?`); i >= 0 {
		authority = text[:i]
	}
	_, query, _ := strings.Cut(text[len(authority):], "?")
	host, ok := hostOf(authority[strings.LastIndexByte(authority, '@')+1:])
	return repoURL{host, firstParameters(query)}, ok
}

func hostOf(authority string) (string, bool) {
	host, port, _ := strings.Cut(authority, ":")
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return "", false
		}
		if port = ":" + strconv.FormatUint(n, 10); n == 443 {
			port = ""
		}
	}
	host, err := url.PathUnescape(host)
	forbidden := func(c rune) bool { return c <= ' ' || c == 0x7f || strings.ContainsRune("#/:<>?@[\\]^|%", c) }
	if err != nil || host == "" || strings.ContainsFunc(host, forbidden) {
		return "", false
	}
	return strings.ToLower(host) + port, true
}

// firstParameters reads a query; of parameters that are there more than once the first counts.
func firstParameters(query string) map[string]string {
	list := map[string]string{}
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		name = formDecode(name)
		if _, there := list[name]; part != "" && !there {
			list[name] = formDecode(value)
		}
	}
	return list
}

// formDecode decodes what can be decoded and leaves the rest as it is.
func formDecode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		if s[i] == '+' {
			b.WriteByte(' ')
			continue
		}
		b.WriteByte(s[i])
	}
	return strings.ToValidUTF8(b.String(), "\ufffd")
}

// lodashPath splits a path such as a.b[0]["c d"] into names, in the way of lodash's toPath.
func lodashPath(path string) []string {
	var names []string
	if strings.HasPrefix(path, ".") {
		names = append(names, "")
	}
	for i := 0; i < len(path); {
		rest := path[i:]
		if n := strings.IndexAny(rest, ".[]"); n != 0 {
			if n < 0 {
				n = len(rest)
			}
			names = append(names, rest[:n])
			i += n
			continue
		}
		if name, size := bracketed(rest); size > 0 {
			names = append(names, name)
			i += size
			continue
		}
		if gap := separator(rest); gap > 0 && (gap == len(rest) || separator(rest[gap:]) > 0) {
			names = append(names, "")
		}
		i++
	}
	return names
}

// separator is the length of "." or "[]" at the start of a text.
func separator(s string) int {
	switch {
	case strings.HasPrefix(s, "."):
		return 1
	case strings.HasPrefix(s, "[]"):
		return 2
	}
	return 0
}

// bracketed reads [1], ["a"] or ['a'] at the start of a text.
func bracketed(s string) (name string, size int) {
	if len(s) < 3 || s[0] != '[' {
		return "", 0
	}
	if quote := s[1]; quote == '"' || quote == '\'' {
		var b strings.Builder
		for i := 2; i+1 < len(s); i++ {
			if s[i] == quote && s[i+1] == ']' {
				return b.String(), i + 2
			}
			if s[i] == quote {
				break
			}
			if s[i] == '\\' {
				if i++; s[i] != '\\' {
					b.WriteByte(s[i])
					continue
				}
			}
			b.WriteByte(s[i])
		}
		return "", 0
	}
	end := strings.IndexByte(s, ']')
	if end < 0 {
		return "", 0
	}
	whole, fraction, point := strings.Cut(strings.TrimPrefix(s[1:end], "-"), ".")
	if !allDigits(whole) || point && !allDigits(fraction) {
		return "", 0
	}
	return s[1:end], end + 1
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
