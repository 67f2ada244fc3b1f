package actions

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const componentInfoName = "get-component-info"

type componentInfoInput struct {
	ComponentName string `json:"componentName"`
}

func newComponentInfo(family string) Action {
	id := family + componentInfoName
	return lookup{id: id, outputs: []string{"kebabCaseComponentName"}, read: func(_ context.Context, c Call) (Result, error) {
		in, err := decodeInput[componentInfoInput](c)
		if err == nil {
			err = required(id, "componentName", in.ComponentName)
		}
		if err != nil {
			return Result{}, err
		}
		name := kebabCase(in.ComponentName)
		return Result{Outputs: map[string]any{"kebabCaseComponentName": name}, Detail: name}, nil
	}}
}

// kebabCase gives a text's words in lower case with "-" between them, as lodash 4.17 does
// (https://lodash.com/docs/4.17.15#kebabCase), but for emoji, which are left out. A word ends
// where lower case turns into upper case, before the last capital of an acronym, and between
// letters and digits unless they are an ordinal such as "2nd".
func kebabCase(text string) string {
	var words []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
		}
		word = word[:0]
	}
	for rest := plainLetters(text); len(rest) > 0; {
		if n := ordinal(rest); n > 0 && (len(word) == 0 || !unicode.IsDigit(word[len(word)-1])) {
			end()
			word = append(word, rest[:n]...)
			end()
			rest = rest[n:]
			continue
		}
		r := rest[0]
		rest = rest[1:]
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			end()
			continue
		}
		if len(word) > 0 && wordBegins(word[len(word)-1], r, rest) {
			end()
		}
		word = append(word, r)
	}
	end()
	return strings.Join(words, "-")
}

// wordBegins reports whether r, behind before, is the first letter of a word.
func wordBegins(before, r rune, rest []rune) bool {
	if unicode.IsDigit(before) != unicode.IsDigit(r) {
		return true
	}
	return capital(r) && (!capital(before) || len(rest) > 0 && unicode.IsLetter(rest[0]) && !capital(rest[0]))
}

// capital knows no other alphabet, whose letters all count as small ones.
func capital(r rune) bool { return 'A' <= r && r <= 'Z' }

func small(r rune) bool { return 'a' <= r && r <= 'z' }

// ordinal gives the length of the ordinal number that the runes begin with, 0 without one.
func ordinal(runes []rune) int {
	n := 0
	for n < len(runes) && '0' <= runes[n] && runes[n] <= '9' {
		n++
	}
	if n == 0 || len(runes) < n+2 {
		return 0
	}
	ending := map[rune]string{'1': "st", '2': "nd", '3': "rd"}[runes[n-1]]
	if ending == "" {
		ending = "th"
	}
	said, follows := string(runes[n:n+2]), ' '
	if len(runes) > n+2 {
		follows = runes[n+2]
	}
	ends := follows == '_' || follows < utf8.RuneSelf && !capital(follows) && !small(follows) && !unicode.IsDigit(follows)
	if said == ending && (ends || capital(follows)) || said == strings.ToUpper(ending) && (ends || small(follows)) {
		return n + 2
	}
	return 0
}

// ligatures are letters that are more than a letter with an accent.
var ligatures = strings.NewReplacer("Æ", "Ae", "æ", "ae", "Œ", "Oe", "œ", "oe", "Þ", "Th", "þ", "th", "ß", "ss", "Ð", "D", "ð", "d", "Đ", "D", "đ", "d",
	"Ø", "O", "ø", "o", "Ł", "L", "ł", "l", "Ħ", "H", "ħ", "h", "Ŧ", "T", "ŧ", "t", "ı", "i", "ĸ", "k", "Ŀ", "L", "ŀ", "l", "Ŋ", "N", "ŋ", "n", "Ĳ", "IJ", "ĳ", "ij",
	"ŉ", "n", "ſ", "s", "'", "", "’", "")

// plainLetters takes accents from letters, and apostrophes out.
func plainLetters(text string) []rune {
	var out []rune
	for _, r := range norm.NFD.String(ligatures.Replace(text)) {
		if !unicode.Is(unicode.Mn, r) {
			out = append(out, r)
		}
	}
	return out
}

func componentInfoSpec(family string) Spec {
	return Spec{
		ID:          family + componentInfoName,
		Description: "Writes the name of a component in kebab case.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["componentName"],"additionalProperties":false,"properties":{
"componentName":{"type":"string","description":"The component's name"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["kebabCaseComponentName"],"additionalProperties":false,"properties":{
"kebabCaseComponentName":{"type":"string","description":"The name in lower case with - between its words"}}}`),
		Examples: []Example{{"Name a stack after the component", `steps:
  - id: info
    name: The component's name
    action: ` + family + componentInfoName + `
    input:
      componentName: ${{ parameters.component_id }}
`}},
	}
}
