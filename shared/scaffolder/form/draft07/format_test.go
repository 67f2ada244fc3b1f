package draft07_test

import (
	"regexp"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/scaffolder/form/draft07"
)

var formatNames = []string{
	"json-pointer", "relative-json-pointer", "uuid", "semver", "duration", "period", "ipv4", "ipv6", "hostname", "email", "date", "date-time",
	"uri", "iri", "uri-reference", "iri-reference", "uri-template", "regex", "idn-email", "nothing",
}

// formed are texts that are of some format, nearly.
var formed = []string{
	"/a~0b/c~1/", "~", "0/a", "01/a", "1#", "2##", "8ab3aa1c-0b1f-4b1e-9d3a-0123456789AB", "8ab3aa1c-0b1f-4b1e-9d3a-0123456789AG",
	"1.2.3", "1.02.3", "1.2.3-a.1+b.0", "1.2.3-01", "1.2.3-", "1.2", "1.2.3+", "1.0.0--", "P1Y2M3DT4H5M6S", "P", "PT", "P1W", "P1Y1W", "P1M1Y", "PT1S1H", "P1", "P1DT1H/2026-01-31T12:00:00Z",
	"2026-01-31T12:00:00Z/P1D", "2026-01-31T12:00:00Z/2026-02-31T12:00:00Z", "P1D/P1D", "10.0.0.1", "10.0.0.01", "256.0.0.1", "10.0.0", "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "12345::",
	"a.b-c.d1", "a..b", "-a.b", "a-.b", "a.", ".", "a_b", "a@b.c", "a.@b", ".a@b", "a..b@c", "@b", "a@", "\"a b\"@c", "\"a\"b\"@c", "a@[10.0.0.1]", "a@[IPv6:::1]", "a@[x]", "é@b",
	"2026-01-31", "2026-02-29", "2024-02-29", "2026-1-31", "2026-01-31T12:00:00Z", "2026-01-31t12:00:00z", "2026-01-31T12:00:00.5+02:00", "2026-01-31T12:00:00", "2026-01-31T24:00:00Z",
	"2026-01-31T12:60:00Z", "1998-12-31T23:59:60Z", "1998-12-31T15:59:60.123-08:00", "1998-12-31T23:58:60Z", "1998-12-31T22:59:60Z", "2026-01-31T12:00:00+24:00", "2026-01-31T12:00:00+23:60",
	"2026-01-31T12:00:00.Z", "2026-01-31T12:00:00+0200", "2026-01-31 12:00:00Z", "1998-12-31T00:59:60+01:00", "1999-01-01T00:29:60+00:30", "1998-12-31T23:59:61Z",
	"https://a.b/c?d#e", "//a/b", "a:b", "http://[::1]/", "http://[::x]/", "http://::1/", "https://a b/", "a\\b", "%zz", "/a{b}", "/a{b", "/a}b{", "/{a{b}}", "http://a/%7Ba}/b", "http://a/{a}%7B", "mailto:a@b.c", "",
	"^a(b|c)$", "((", "[a", "a\nb", "/a\nb",
}

// TestFormatsAreThoseOfTheLibrary compares on texts that are drawn near to such of a format.
func TestFormatsAreThoseOfTheLibrary(t *testing.T) {
	t.Parallel()
	theirs, ours := map[string]*jsonschema.Schema{}, map[string]*draft07.Schema{}
	for _, name := range formatNames {
		var err, ourErr error
		theirs[name], err = oracle(object{"format": name})
		ours[name], ourErr = compile(object{"format": name})
		if err != nil || ourErr != nil {
			t.Fatal(err, ourErr)
		}
	}
	fits := map[string]int{}
	agree := func(t interface{ Fatalf(string, ...any) }, text string) {
		for _, name := range formatNames {
			err := theirs[name].Validate(text)
			found, _ := ours[name].Validate(text)
			if (err == nil) != (len(found) == 0) {
				t.Fatalf("%q as %s: %v, the library: %v", text, name, told(found), err)
			}
			if err == nil {
				fits[name]++
			}
		}
	}
	for _, text := range formed {
		agree(t, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := []rune(one(t, formed))
		for range upTo(t, 3) {
			at := upTo(t, len(text))
			changed := append([]rune{}, text[:at]...)
			if upTo(t, 2) > 0 {
				changed = append(changed, one(t, []rune("0159aTZP:-./@[]~{}%é\x00 ")))
			}
			text = append(changed, text[min(len(text), at+upTo(t, 1)):]...)
		}
		if !signed.MatchString(string(text)) {
			agree(t, string(text))
		}
	})
	for _, name := range formatNames {
		if fits[name] == 0 {
			t.Errorf("no text was of format %s", name)
		}
	}
}

// signed is what the library takes for a number in an address or a time.
var signed = regexp.MustCompile(`(?:^|[.:T+[-])[+-]\d`)
