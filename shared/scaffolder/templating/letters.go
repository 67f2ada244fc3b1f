package templating

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Unicode's SpecialCasing.txt, as JavaScript applies it: letters that become several in the other
// case. Go's strings package maps one letter to one.

// severalUpper lists a letter, and behind it what it is in upper case.
const severalUpper = "ßSS ŉʼN ǰJ̌ ΐΪ́ ΰΫ́ ևԵՒ ẖH̱ ẗT̈ ẘW̊ ẙY̊ ẚAʾ ὐΥ̓ ὒΥ̓̀ ὔΥ̓́ ὖΥ̓͂ ᾀἈΙ " +
	"ᾁἉΙ ᾂἊΙ ᾃἋΙ ᾄἌΙ ᾅἍΙ ᾆἎΙ ᾇἏΙ ᾈἈΙ ᾉἉΙ ᾊἊΙ ᾋἋΙ ᾌἌΙ ᾍἍΙ ᾎἎΙ ᾏἏΙ ᾐἨΙ ᾑἩΙ " +
	"ᾒἪΙ ᾓἫΙ ᾔἬΙ ᾕἭΙ ᾖἮΙ ᾗἯΙ ᾘἨΙ ᾙἩΙ ᾚἪΙ ᾛἫΙ ᾜἬΙ ᾝἭΙ ᾞἮΙ ᾟἯΙ ᾠὨΙ ᾡὩΙ ᾢὪΙ " +
	"ᾣὫΙ ᾤὬΙ ᾥὭΙ ᾦὮΙ ᾧὯΙ ᾨὨΙ ᾩὩΙ ᾪὪΙ ᾫὫΙ ᾬὬΙ ᾭὭΙ ᾮὮΙ ᾯὯΙ ᾲᾺΙ ᾳΑΙ ᾴΆΙ ᾶΑ͂ " +
	"ᾷΑ͂Ι ᾼΑΙ ῂῊΙ ῃΗΙ ῄΉΙ ῆΗ͂ ῇΗ͂Ι ῌΗΙ ῒΪ̀ ΐΪ́ ῖΙ͂ ῗΪ͂ ῢΫ̀ ΰΫ́ ῤΡ̓ ῦΥ͂ " +
	"ῧΫ͂ ῲῺΙ ῳΩΙ ῴΏΙ ῶΩ͂ ῷΩ͂Ι ῼΩΙ ﬀFF ﬁFI ﬂFL ﬃFFI ﬄFFL ﬅST ﬆST ﬓՄՆ ﬔՄԵ " +
	"ﬕՄԻ ﬖՎՆ ﬗՄԽ"

var upperCases = upperCaseReplacer()

func upperCaseReplacer() *strings.Replacer {
	var pairs []string
	for entry := range strings.FieldsSeq(severalUpper) {
		_, size := utf8.DecodeRuneInString(entry)
		pairs = append(pairs, entry[:size], entry[size:])
	}
	return strings.NewReplacer(pairs...)
}

func (r *run) upper(at int, s string) string {
	r.budget.text(at, 3*int64(len(s)))
	if isASCII(s) {
		return strings.ToUpper(s)
	}
	return betweenHalves(s, func(s string) string { return strings.ToUpper(upperCases.Replace(s)) })
}

func (r *run) lower(at int, s string) string {
	r.budget.text(at, 2*int64(len(s)))
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return betweenHalves(s, func(s string) string {
		if strings.Contains(s, "Σ") {
			s = finalSigmas(s)
		}
		return strings.ToLower(strings.ReplaceAll(s, "\u0130", "i\u0307"))
	})
}

// betweenHalves changes text, but not the halves of characters in it.
func betweenHalves(s string, change func(string) string) string {
	if valid(s) == s {
		return change(s)
	}
	var b strings.Builder
	for s != "" {
		n := 0
		for n < len(s) {
			c, size := decode(s[n:])
			if isHalf(c) {
				break
			}
			n += size
		}
		_, size := decode(s[n:])
		b.WriteString(change(s[:n]) + s[n:n+size])
		s = s[n+size:]
	}
	return b.String()
}

// finalSigmas puts the form of the letter that ends a word where a capital sigma does.
func finalSigmas(s string) string {
	list := []rune(s)
	for i, c := range list {
		if c == 'Σ' && casedBeside(list, i, -1) && !casedBeside(list, i, 1) {
			list[i] = 'ς'
		}
	}
	return string(list)
}

// casedBeside reports whether the next character in a direction is a letter with two cases,
// passing over those that do not count.
func casedBeside(list []rune, i, direction int) bool {
	for i += direction; i >= 0 && i < len(list); i += direction {
		c := list[i]
		if unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) || strings.ContainsRune("'.:·’", c) {
			continue
		}
		return unicode.IsUpper(c) || unicode.IsLower(c) || unicode.IsTitle(c)
	}
	return false
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
