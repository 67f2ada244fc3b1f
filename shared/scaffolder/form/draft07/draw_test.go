package draft07_test

import (
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"
)

type object = map[string]any

var (
	memberNames = []string{"a", "b", "c/d", "e~f", "0", ""}
	drawnTypes  = []any{"null", "boolean", "number", "integer", "string", "array", "object"}
	sources     = []string{"^a", "b$", "^[a-c]*$", "é", "", "^.{2}$"}
	references  = []string{"#", "#/definitions/a", "#/definitions/b", "#/definitions/c~1d", "#/definitions/%61", "", "#/x/0"}
	unsure      = []string{"#/properties/a", "#/items/0", "#/allOf/0", "#/not", "#/x/0/not", "#/definitions"}
	drawnTexts  = []string{"", "a", "ab", "abc", "é", "éa", "😀", "b", "2026-01-31", "1.2.3", "10.0.0.1", "a@b.c", "https://a/b", "(", "P1D"}
	drawnTimes  = []string{"date", "ipv4", "email", "uri", "semver", "regex", "hostname", "duration", "uri-reference", "unknown"}
)

// bits draws evenly: ranges and samples of rapid's own lean to the small and the first, which
// makes schemas that hardly say anything.
func bits(t *rapid.T, count int) int {
	n := 0
	for range count {
		n <<= 1
		if rapid.Bool().Draw(t, "bit") {
			n++
		}
	}
	return n
}

func one[T any](t *rapid.T, of []T) T { return of[bits(t, 8)%len(of)] }

func upTo(t *rapid.T, most int) int { return bits(t, 6) % (most + 1) }

// drawValue draws any JSON value, of few kinds so that rules meet.
func drawValue(t *rapid.T, depth int) any {
	most := 6
	if depth == 0 {
		most = 4
	}
	switch upTo(t, most) {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return drawNumber(t)
	case 3, 4:
		return one(t, drawnTexts)
	case 5:
		list := make([]any, upTo(t, 3))
		for i := range list {
			list[i] = drawValue(t, depth-1)
		}
		return list
	}
	members := object{}
	for range upTo(t, 4) {
		members[one(t, memberNames)] = drawValue(t, depth-1)
	}
	return members
}

func drawNumber(t *rapid.T) any {
	return one(t, []any{0, 1, 2, 3, -1, 0.5, 1.5, 0.1, 0.3, 1e21, 1e-7, -2.5, 4.0, 9007199254740993.0, 1e300})
}

// drawSchema draws a schema of some keywords; at the top with what references lead to.
func drawSchema(t *rapid.T, depth int, top bool) any {
	if !top && upTo(t, 9) == 0 {
		return rapid.Bool().Draw(t, "bool")
	}
	s := object{}
	if !top && upTo(t, 7) == 0 {
		ref := one(t, references)
		if upTo(t, 15) == 0 {
			ref = one(t, unsure)
		}
		return object{"$ref": ref, "maxLength": 1, "type": "string"}
	}
	for range 1 + upTo(t, 3) {
		keyword := one(t, plainKeywords)
		if depth > 0 && upTo(t, 2) > 0 {
			keyword = one(t, nestingKeywords)
		}
		addKeyword(t, s, keyword, depth)
	}
	if top {
		s["definitions"] = object{"a": drawSchema(t, 1, false), "b": drawSchema(t, 1, false), "c/d": drawSchema(t, 0, false)}
		s["x"] = []any{drawSchema(t, 1, false)}
		addKeyword(t, s, "properties", depth)
	}
	return s
}

var (
	plainKeywords = []string{
		"type", "types", "enum", "const", "multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern",
		"minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "required", "format", "title",
	}
	nestingKeywords = []string{
		"items", "tuple", "contains", "properties", "patternProperties", "additionalProperties", "dependencies", "propertyNames",
		"if", "allOf", "anyOf", "oneOf", "not",
	}
)

func addKeyword(t *rapid.T, s object, keyword string, depth int) {
	switch keyword {
	case "type":
		s["type"] = one(t, drawnTypes)
	case "types":
		s["type"] = rapid.SliceOfNDistinct(rapid.SampledFrom(drawnTypes), 1, 4, rapid.ID[any]).Draw(t, "types")
	case "enum":
		list, seen := []any{}, object{}
		for range 1 + upTo(t, 3) {
			v := drawValue(t, 1)
			if key := fmt.Sprintf("%v", v); seen[key] == nil {
				list, seen[key] = append(list, v), true
			}
		}
		s["enum"] = list
	case "const":
		s["const"] = drawValue(t, 2)
	case "multipleOf":
		s["multipleOf"] = one(t, []any{1, 2, 0.1, 0.5, 1e-7, 3, 1.5})
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		s[keyword] = drawNumber(t)
	case "pattern":
		s["pattern"] = one(t, sources)
	case "uniqueItems":
		s["uniqueItems"] = upTo(t, 4) > 0
	case "required":
		s["required"] = drawNames(t)
	case "format":
		s["format"] = one(t, drawnTimes)
	case "title":
		s["title"] = "x"
	case "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties":
		s[keyword] = one(t, []any{0, 1, 2, 3, 1.0})
	default:
		addNesting(t, s, keyword, depth-1)
	}
}

// spoil puts anything behind a keyword somewhere in a schema.
func spoil(t *rapid.T, schema object) {
	for at := schema; ; {
		var below []object
		for _, name := range slices.Sorted(maps.Keys(at)) {
			if o, is := at[name].(object); is && o["$ref"] == nil {
				below = append(below, o)
			}
		}
		if len(below) == 0 || upTo(t, 3) == 0 {
			at[one(t, slices.Concat(plainKeywords, nestingKeywords))] = spoiling(drawValue(t, 1))
			return
		}
		at = one(t, below)
	}
}

// spoiling leaves out what the library is known to read differently.
func spoiling(v any) any {
	if n, is := v.(float64); is && n > 1<<53 || v == false {
		return 2
	}
	return v
}

func drawNames(t *rapid.T) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(memberNames), 0, 3, rapid.ID[string]).Draw(t, "names")
}

func addNesting(t *rapid.T, s object, keyword string, depth int) {
	switch keyword {
	case "items", "contains", "additionalProperties", "propertyNames", "not":
		s[keyword] = drawSchema(t, depth, false)
	case "tuple":
		s["items"] = drawSchemas(t, depth)
		s["additionalItems"] = drawSchema(t, depth, false)
	case "allOf", "anyOf", "oneOf":
		s[keyword] = drawSchemas(t, depth)
	case "if":
		s["if"], s["then"], s["else"] = drawSchema(t, depth, false), drawSchema(t, depth, false), drawSchema(t, depth, false)
		delete(s, one(t, []string{"then", "else", ""}))
		if _, fixed := s["if"].(bool); fixed {
			s["if"] = object{"const": nil}
		}
	case "patternProperties":
		s[keyword] = object{one(t, sources): drawSchema(t, depth, false), one(t, sources): drawSchema(t, depth, false)}
	case "dependencies":
		s[keyword] = object{one(t, memberNames): drawNames(t), one(t, memberNames): drawSchema(t, depth, false)}
	case "properties":
		members := object{}
		for range 1 + upTo(t, 2) {
			members[one(t, memberNames)] = drawSchema(t, depth, false)
		}
		s[keyword] = members
	}
}

func drawSchemas(t *rapid.T, depth int) []any {
	list := []any{drawSchema(t, depth, false)}
	for range upTo(t, 2) {
		list = append(list, drawSchema(t, depth, false))
	}
	return list
}
