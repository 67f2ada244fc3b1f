package lint

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/form"
	"github.com/slipwayhq/slipway/shared/scaffolder/suggest"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
)

// subject is a template being checked.
type subject struct {
	*check
	document
	form  *form.Form
	asked []string // the names that the form's pages have at their top level
	steps []*stepInFile
}

// stepInFile is one step as it is written.
type stepInFile struct {
	node    *yaml.Node
	pointer string
	id      string
	action  string
}

func (c *check) document(d document) {
	s := &subject{check: c, document: d}
	t, ok := s.format()
	if !ok {
		return
	}
	s.pages(t)
	s.collectSteps()
	for i, step := range s.steps {
		s.step(i, step)
	}
	spec := member(d.root, "spec")
	s.texts(member(spec, "output"), "/spec/output", reader{before: len(s.steps), open: true})
}

// format checks the document's own rules.
func (s *subject) format() (*template.Template, bool) {
	var plain any
	if err := s.root.Decode(&plain); err != nil {
		wrong := explainYAML(err)
		if wrong.line < at(s.root).line { // it names none
			wrong.line = at(s.root).line
		}
		s.add(Error, place{wrong.line, max(wrong.column, 1)}, "", "", "the document can't be read: %s", wrong.message)
		return nil, false
	}
	body, err := json.Marshal(plain)
	if err != nil {
		s.add(Error, at(s.root), "", "", "the document has no JSON form: %v", err)
		return nil, false
	}
	t, fields, err := template.Read(body, template.Config{})
	for _, f := range append(fields, errs.Fields(err)...) {
		s.add(Error, at(s.locate(f.Pointer)), f.Pointer, "", "%s", sentence(f))
	}
	if err != nil && len(errs.Fields(err)) == 0 {
		s.add(Error, at(s.root), "", "", "%s", errs.Message(err))
	}
	return t, err == nil
}

// sentence gives the message of a field with what it is about.
func sentence(f errs.Field) string {
	name := f.Pointer[strings.LastIndexByte(f.Pointer, '/')+1:]
	if name == "" {
		return f.Message
	}
	return name + " " + f.Message
}

// pages checks the form.
func (s *subject) pages(t *template.Template) {
	first := map[string]int{}
	var schemas []map[string]any
	for i, p := range t.Pages {
		schemas = append(schemas, p.Schema)
		pointer := s.pagePointer(i)
		f, err := form.New(form.Config{Pages: []map[string]any{p.Schema}})
		if err != nil {
			s.schemaFaults(pointer, err)
		} else if unchecked := f.Unchecked(); len(unchecked) > 0 {
			s.add(Warning, at(s.locate(pointer)), pointer, "of look-around only look-ahead at the beginning is checked", "only frontends check the pattern %s", strings.Join(unchecked, " and "))
		}
		s.choices(s.page(i), pointer)
		properties, _ := p.Schema["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			s.asked = append(s.asked, name)
			if j, twice := first[name]; twice {
				where := pointerTo(pointer+"/properties", name)
				s.add(Warning, at(s.locate(where)), where, "the later page wins", "page %d already asks for %q", j+1, name)
				continue
			}
			first[name] = i
		}
	}
	if f, err := form.New(form.Config{Pages: schemas}); err == nil {
		s.form = f
		s.required(schemas)
	}
}

// schemaFaults tells what is wrong with the schema of a page, where it is.
func (s *subject) schemaFaults(page string, err error) {
	var wrong *form.SchemaError
	if !errors.As(err, &wrong) {
		s.add(Error, at(s.locate(page)), page, "", "%s", errs.Message(err))
		return
	}
	for _, f := range wrong.Faults {
		pointer := page + f.Pointer
		s.add(Error, at(s.locate(pointer)), pointer, "", "the schema is not valid for JSON Schema draft-07: %s", sentence(f))
	}
}

// page gives the node of a page.
func (s *subject) page(i int) *yaml.Node {
	parameters := member(member(s.root, "spec"), "parameters")
	if pages := items(parameters); i < len(pages) {
		return pages[i]
	}
	return parameters
}

func (s *subject) pagePointer(i int) string {
	if len(items(member(member(s.root, "spec"), "parameters"))) == 0 {
		return "/spec/parameters"
	}
	return pointerTo("/spec/parameters", i)
}

func (s *subject) collectSteps() {
	for i, n := range items(member(member(s.root, "spec"), "steps")) {
		step := &stepInFile{node: n, pointer: pointerTo("/spec/steps", i)}
		step.action, _ = text(member(n, "action"))
		if step.id, _ = text(member(n, "id")); step.id == "" {
			step.id = fmt.Sprintf("step-%d", i+1)
		}
		s.steps = append(s.steps, step)
	}
}

// step checks one step: its action, its texts, its input, and whether it ever runs.
func (s *subject) step(i int, step *stepInFile) {
	spec, known := s.actions[step.action]
	if step.action != "" && !known {
		hint := "there are " + strings.Join(s.ids, ", ")
		if name := suggest.Closest(step.action, s.ids); name != "" {
			hint = fmt.Sprintf("did you mean %q?", name)
		}
		severity := Error
		if member(step.node, "if") != nil { // it may be for another host
			severity = Warning
		}
		s.add(severity, at(member(step.node, "action")), step.pointer+"/action", hint, "there is no action %q", step.action)
	}
	each := member(step.node, "each")
	s.texts(member(step.node, "if"), step.pointer+"/if", reader{before: i, condition: true, each: each != nil, strict: true, open: each == nil})
	s.texts(each, step.pointer+"/each", reader{before: i, strict: true})
	files := known && len(spec.Effects) == 0 && !strings.HasPrefix(step.action, "debug:")
	s.texts(member(step.node, "input"), step.pointer+"/input", reader{before: i, each: each != nil, files: files})
	s.unreachable(step, spec)
	s.named(step)
	if known {
		s.input(step, spec)
		s.skeleton(step)
	}
}

// named finds a name with a template in it: nobody renders it.
func (s *subject) named(step *stepInFile) {
	n := member(step.node, "name")
	if name, _ := text(n); strings.Contains(name, "${{") {
		s.add(Warning, at(n), step.pointer+"/name", "", "the name of a step is shown as it is written")
	}
}

// unreachable finds steps that never run, or never to an end.
func (s *subject) unreachable(step *stepInFile, spec actionSpec) {
	condition := member(step.node, "if")
	if condition != nil && s.never(condition) {
		s.add(Warning, at(condition), step.pointer+"/if", "", "this step never runs: its if is always false")
	}
	if src, _ := text(condition); plainText(src) {
		s.add(Warning, at(condition), step.pointer+"/if", "the whole condition stands in one ${{ }}", "this if is always true: it is a text")
	}
	if each := member(step.node, "each"); each != nil && len(each.Content) == 0 && each.Kind != yaml.ScalarNode {
		s.add(Warning, at(each), step.pointer+"/each", "", "this step never runs: its each has no values")
	}
	if src, _ := text(condition); len(spec.Effects) > 0 && s.onlyAfterFailure(src) {
		s.add(Warning, at(condition), step.pointer+"/if", "everything is undone after a failure, so nothing new is made",
			"%s changes something outside, which a step that runs after a failure can't", step.action)
	}
}
