package template

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// stepReference finds steps.name and steps['name'] inside ${{ }} and {% %}.
var (
	tag           = regexp.MustCompile(`(?s)\{#.*?#\}|\$\{\{.*?\}\}|\{%.*?%\}`)
	quoted        = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`)
	stepReference = regexp.MustCompile(`(?:^|[^\w.'"])steps(?:\.([A-Za-z_$][\w$]*)|\[\s*(?:"([^"]*)"|'([^']*)')\s*\])`)
)

// stepReferences finds references to steps that do not exist, or that have not run yet
// when they are read: both would silently render as nothing.
func (p *problems) stepReferences(t *Template, index map[string]int) {
	for i, s := range t.Steps {
		at := "/spec/steps/" + strconv.Itoa(i)
		p.references(at+"/input", s.Input, index, i)
		p.references(at+"/if", s.If, index, i)
		p.references(at+"/each", s.Each, index, i)
	}
}

func (p *problems) output(t *Template) {
	index := map[string]int{}
	for i, s := range t.Steps {
		index[s.ID] = i
	}
	p.references("/spec/output", t.Output, index, len(t.Steps))
}

// references walks a value; before is the number of the step that reads it.
func (p *problems) references(at string, v any, index map[string]int, before int) {
	switch v := v.(type) {
	case string:
		for _, id := range stepsNamed(v) {
			i, there := index[id]
			switch {
			case !there:
				p.add(at, "refers to step %s, which does not exist", shownAction(id))
			case i >= before:
				p.add(at, "refers to step %s, which runs only later", shownAction(id))
			}
		}
	case []any:
		for i, item := range v {
			p.references(at+"/"+strconv.Itoa(i), item, index, before)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			p.references(at+"/"+escape(key), v[key], index, before)
		}
	}
}

// stepsNamed gives the steps that a template text refers to by a constant name.
func stepsNamed(text string) []string {
	var ids []string
	for _, code := range tag.FindAllString(text, -1) {
		if code[1] == '#' {
			continue
		}
		texts := quoted.FindAllStringIndex(code, -1)
		for _, m := range stepReference.FindAllStringSubmatchIndex(code, -1) {
			for len(texts) > 0 && texts[0][1]-1 <= m[0] {
				texts = texts[1:]
			}
			if len(texts) > 0 && texts[0][0] < m[0] {
				continue // within a quoted text
			}
			for g := 2; g < len(m); g += 2 {
				if m[g] >= 0 {
					ids = append(ids, code[m[g]:m[g+1]])
				}
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
