package draft07

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// formats gives what is known of texts (draft-07 §7.3, and some that came later). Others are
// not checked, as the draft wants it.
func formats() map[string]func(string) error {
	return map[string]func(string) error{
		"json-pointer":          like(jsonPointer),
		"relative-json-pointer": like(relativePointer),
		"uuid":                  like(uuid),
		"semver":                like(semver),
		"duration":              checkDuration,
		"period":                checkPeriod,
		"ipv4":                  checkIPv4,
		"ipv6":                  checkIPv6,
		"hostname":              checkHostname,
		"email":                 checkEmail,
		"date":                  checkDate,
		"date-time":             checkDateTime,
		"uri":                   checkURI,
		"iri":                   checkURI,
		"uri-reference":         checkReference,
		"iri-reference":         checkReference,
		"uri-template":          checkURITemplate,
	}
}

var errFormat = errors.New("it has another form")

var (
	jsonPointer     = lazyregexp.New(`^(?:/(?:[^~/]|~[01])*)*$`)
	relativePointer = lazyregexp.New(`^(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^~/]|~[01])*)*)$`)
	uuid            = lazyregexp.New(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	duration        = lazyregexp.New(`^P(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$`)
	label           = lazyregexp.New(`^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$`)
	localPart       = lazyregexp.New("^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]*$")
	timeOfDay       = lazyregexp.New(`^(\d\d:\d\d):(\d\d)(?:\.\d+)?([zZ]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$`)
	semver          = lazyregexp.New(`^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}` +
		`(?:-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?` +
		`(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$`)
)

func like(form *lazyregexp.Regexp) func(string) error {
	return func(s string) error { return unless(form.MatchString(s)) }
}

func unless(ok bool) error {
	if ok {
		return nil
	}
	return errFormat
}

// checkDuration: RFC 3339 appendix A.
func checkDuration(s string) error {
	return unless(duration.MatchString(s) && !strings.HasSuffix(s, "P") && !strings.HasSuffix(s, "T"))
}

// checkPeriod: RFC 3339 appendix A, two points in time or one and a duration.
func checkPeriod(s string) error {
	start, end, both := strings.Cut(s, "/")
	if !both {
		return errFormat
	}
	first, second := checkDateTime, checkDateTime
	if strings.HasPrefix(start, "P") {
		first = checkDuration
	} else if strings.HasPrefix(end, "P") {
		second = checkDuration
	}
	return errors.Join(first(start), second(end))
}

func checkIPv4(s string) error {
	addr, err := netip.ParseAddr(s)
	return unless(err == nil && addr.Is4())
}

func checkIPv6(s string) error {
	addr, err := netip.ParseAddr(s)
	return unless(err == nil && addr.Is6() && addr.Zone() == "")
}

// checkHostname: RFC 1123 §2.1, perhaps with the dot of the root.
func checkHostname(s string) error {
	s = strings.TrimSuffix(s, ".")
	if len(s) > 253 {
		return errFormat
	}
	for part := range strings.SplitSeq(s, ".") {
		if len(part) > 63 || !label.MatchString(part) {
			return errFormat
		}
	}
	return nil
}

// checkEmail: RFC 5321 §4.1.2, a mailbox.
func checkEmail(s string) error {
	i := strings.LastIndexByte(s, '@')
	if i < 0 || i > 64 || len(s) > 254 {
		return errFormat
	}
	local, domain := s[:i], s[i+1:]
	if quoted := len(local) > 1 && local[0] == '"' && local[len(local)-1] == '"'; quoted {
		if strings.ContainsAny(local[1:len(local)-1], `\"`) {
			return errFormat
		}
	} else if !localPart.MatchString(local) || strings.Contains("."+local+".", "..") && local != "" {
		return errFormat
	}
	literal, bracketed := strings.CutPrefix(domain, "[")
	if !bracketed || !strings.HasSuffix(literal, "]") {
		return checkHostname(domain)
	}
	literal = strings.TrimSuffix(literal, "]")
	if v6, is := strings.CutPrefix(literal, "IPv6:"); is {
		return checkIPv6(v6)
	}
	return checkIPv4(literal)
}

func checkDate(s string) error {
	_, err := time.Parse(time.DateOnly, s)
	return err
}

// checkDateTime: RFC 3339 §5.6, a leap second at the end of a day in UTC among it.
func checkDateTime(s string) error {
	if len(s) < len("2006-01-02T") || s[10] != 'T' && s[10] != 't' {
		return errFormat
	}
	parts := timeOfDay.FindStringSubmatch(s[11:])
	if parts == nil {
		return errFormat
	}
	clock, seconds, zone := parts[1], parts[2], strings.ToUpper(parts[3])
	leap := seconds == "60"
	if leap {
		seconds = "59"
	}
	at, err := time.Parse(time.RFC3339, s[:10]+"T"+clock+":"+seconds+zone)
	if err == nil && leap {
		utc := at.UTC()
		err = unless(utc.Hour() == 23 && utc.Minute() == 59)
	}
	return err
}

func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, err
	}
	if host := u.Hostname(); strings.Contains(host, ":") {
		if !strings.Contains(u.Host, "[") || !strings.Contains(u.Host, "]") {
			return nil, errFormat
		}
		return u, checkIPv6(host)
	}
	return u, nil
}

func checkURI(s string) error {
	u, err := parseURL(s)
	return unless(err == nil && u.IsAbs())
}

func checkReference(s string) error {
	_, err := parseURL(s)
	return unless(err == nil && !strings.Contains(s, `\`))
}

// checkURITemplate: RFC 6570, as far as that braces come in pairs within a part of the path.
func checkURITemplate(s string) error {
	u, err := parseURL(s)
	if err != nil {
		return err
	}
	for part := range strings.SplitSeq(u.RawPath, "/") {
		plain, err := url.PathUnescape(part)
		if err != nil {
			return err
		}
		open := false
		for _, c := range plain {
			if c == '{' && open || c == '}' && !open {
				return errFormat
			}
			open = c == '{' || open && c != '}'
		}
		if open {
			return errFormat
		}
	}
	return nil
}
