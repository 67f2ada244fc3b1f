package template

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// problems collects what is wrong, so that an author sees all of it at once.
type problems struct{ fields []errs.Field }

// maxProblems keeps an answer readable when a document is wrong from end to end.
const maxProblems = 100

func (p *problems) add(pointer, format string, args ...any) {
	if len(p.fields) < maxProblems {
		p.fields = append(p.fields, errs.Field{Pointer: pointer, Message: fmt.Sprintf(format, args...)})
	}
}

// entityName is Backstage's rule for metadata.name.
var entityName = lazyregexp.New(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)

func (p *problems) header(e entity) {
	if e.APIVersion != APIVersion {
		p.add("/apiVersion", "must be %q", APIVersion)
	}
	if e.Kind != Kind {
		p.add("/kind", "must be %q", Kind)
	}
	if len(e.Metadata.Name) > 63 || !entityName.MatchString(e.Metadata.Name) {
		p.add("/metadata/name", "must be 1 to 63 letters, digits and -_. and begin and end with a letter or digit")
	}
	if e.Spec.Type == "" {
		p.add("/spec/type", "is missing: say what the template makes, for example \"service\"")
	}
	switch {
	case e.Spec.Steps == nil:
		p.add("/spec/steps", "is missing: say what the template does, step by step")
	case len(e.Spec.Steps) > maxSteps:
		p.add("/spec/steps", "has more than %d steps", maxSteps)
	}
}

// pages reads spec.parameters: one page, a list of pages, or nothing.
func (p *problems) pages(raw json.RawMessage) []Page {
	const at = "/spec/parameters"
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return []Page{p.page(at, raw)}
	}
	if len(list) > maxPages {
		p.add(at, "has more than %d pages", maxPages)
		return nil
	}
	var pages []Page
	for i, one := range list {
		pages = append(pages, p.page(at+"/"+strconv.Itoa(i), one))
	}
	return pages
}

func (p *problems) page(at string, raw json.RawMessage) Page {
	var schema map[string]any
	if err := json.Unmarshal(raw, &schema); err != nil || schema == nil {
		p.add(at, "must be an object with the JSON Schema of a form page")
		return Page{}
	}
	page := Page{Schema: schema}
	page.Title = p.text(at+"/title", schema["title"])
	page.Description = p.text(at+"/description", schema["description"])
	delete(schema, "title")
	delete(schema, "description")
	if kind, there := schema["type"]; there && kind != "object" {
		p.add(at+"/type", `must be "object": a page holds named values`)
	}
	if properties, there := schema["properties"]; there {
		if _, ok := properties.(map[string]any); !ok {
			p.add(at+"/properties", "must be an object")
		}
	}
	return page
}

func (p *problems) text(at string, v any) string {
	s, ok := v.(string)
	if !ok && v != nil {
		p.add(at, "must be text")
	}
	return s
}

// stepID is what a step's id may be. The format sets no rule, so only what could not be
// shown or stored is refused.
var stepID = lazyregexp.New(`^[^\x00-\x1f\x7f/]{1,100}$`)

func (p *problems) steps(t *Template, c Config) {
	seen := map[string]int{}
	for i, s := range t.Steps {
		at := "/spec/steps/" + strconv.Itoa(i)
		if !stepID.MatchString(s.ID) {
			p.add(at+"/id", "must be 1 to 100 characters without slashes and control characters")
		} else if j, there := seen[s.ID]; there {
			p.add(at+"/id", "%q is already the id of step %d", s.ID, j+1)
		} else {
			seen[s.ID] = i
		}
		switch {
		case s.Action == "":
			p.add(at+"/action", "is missing: name the action that this step calls")
		case c.Actions != nil && !s.Conditional() && !c.Actions(s.Action):
			p.add(at+"/action", "there is no action %s", shownAction(s.Action))
		}
		p.condition(at, s)
	}
}

var actionName = lazyregexp.New(`^[A-Za-z0-9:._-]{1,100}$`)

func shownAction(name string) string {
	if actionName.MatchString(name) {
		return strconv.Quote(name)
	}
	return "of this name"
}

func (p *problems) condition(at string, s Step) {
	switch s.Each.(type) {
	case nil, string, []any, templating.Object:
	default:
		p.add(at+"/each", "must be a list, an object, or a template that gives one")
	}
	switch s.If.(type) {
	case nil, string, bool, float64, []any:
	default:
		p.add(at+"/if", "must be a boolean or a template")
	}
}
