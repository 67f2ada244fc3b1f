package templating

import (
	"math"

	"strings"

	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

var (
	punctuation = lazyregexp.New(`^(?:\(|<|&lt;)?(.*?)(?:\.|,|\)|\n|&gt;)?$`)
	mailAddress = lazyregexp.New("(?i)^[\\w.!#$%&'*+\\-/=?^`{|}~]+@[a-z\\d\\-]+(\\.[a-z\\d\\-]+)+$")
	webAddress  = lazyregexp.New(`^https?://.*$`)
	knownDomain = lazyregexp.New(`\.(?:org|net|com)(?:[:/]|$)`)
)

// urlize turns what looks like an address into a link.
func urlize(r *run, at int, in any, args []any) any {
	s := r.textOnly(at, in)
	r.budget.spend(at, 8*int64(len(s)))
	r.budget.text(at, 32*int64(len(s)))
	most := 1 << 30
	if v := arg(args, 0); !isUndefined(v) {
		if n, isNumber := v.(float64); !isNumber || !math.IsNaN(n) {
			most = max(clampInt(r.num(at, v)), 0)
		}
	}
	attribute := ""
	if arg(args, 1) == true {
		attribute = ` rel="nofollow"`
	}
	var out strings.Builder
	last := 0
	for _, m := range append(whiteSpace.FindAllStringIndex(s, -1), []int{len(s), len(s)}) {
		out.WriteString(link(s[last:m[0]], most, attribute))
		out.WriteString(s[m[0]:m[1]])
		last = m[1]
	}
	r.budget.text(at, int64(out.Len()))
	return out.String()
}

func link(word string, most int, attribute string) string {
	address := word
	if m := punctuation.FindStringSubmatch(word); m != nil {
		address = m[1]
	}
	shown := cut(address, 0, most)
	switch {
	case webAddress.MatchString(address):
		return `<a href="` + address + `"` + attribute + `>` + shown + `</a>`
	case strings.HasPrefix(address, "www."), !mailAddress.MatchString(address) && knownDomain.MatchString(address):
		return `<a href="http://` + address + `"` + attribute + `>` + shown + `</a>`
	case mailAddress.MatchString(address):
		return `<a href="mailto:` + address + `">` + address + `</a>`
	}
	return word
}
