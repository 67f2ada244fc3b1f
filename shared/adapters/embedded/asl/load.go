package asl

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Load reads a definition, replacing ${Name} by the substitutions. The error names every
// place at which the definition is wrong or can't be run, as fields of an errs.Error.
func Load(definition []byte, substitutions map[string]string) (*Machine, error) {
	doc, err := decodeStrict(definition)
	if err != nil {
		return nil, err
	}
	p := &problems{}
	doc = substitute(doc, substitutions, "", func(pointer, name string) {
		p.addf(pointer, "there is no substitution for ${%s}", name)
	})
	m := &Machine{}
	if m.source, err = encode(doc); err != nil {
		return nil, errs.Wrap(errs.Invalid, "the definition can't be written as JSON", err)
	}
	m.read(p.fieldsOf("", doc))
	if len(p.fields) > 0 {
		return nil, errs.WithFields("the state machine can't be run: "+describe(p.fields), p.fields)
	}
	return m, nil
}

// describe lists the first few problems for a log line or a terminal.
func describe(found []errs.Field) string {
	slices.SortStableFunc(found, func(a, b errs.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	var parts []string
	for _, f := range found[:min(len(found), 5)] {
		parts = append(parts, fmt.Sprintf("at %q: %s", f.Pointer, f.Message))
	}
	if more := len(found) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}

func (m *Machine) read(f *fields) {
	m.Comment = f.anyText("Comment")
	m.Timeout = f.duration("TimeoutSeconds", 1)
	if v, ok := f.get("Version"); ok && v != "1.0" {
		f.failf("Version", `must be "1.0"`)
	}
	onlyJSONPath(f)
	m.graph = readGraph(f)
	f.rejectRest("a state machine")
	m.graph.checkVariables(f.problems, f.pointer, nil)
}

func onlyJSONPath(f *fields) {
	if v, ok := f.get("QueryLanguage"); ok && v != "JSONPath" {
		f.failf("QueryLanguage", "only JSONPath is supported")
	}
}

// readGraph reads StartAt and States of a machine, a branch or a processor.
func readGraph(f *fields) *graph {
	g := &graph{startAt: f.text("StartAt"), states: map[string]*state{}}
	v, _ := f.get("States")
	all := f.fieldsOf(f.at("States"), v)
	for _, name := range slices.Sorted(maps.Keys(all.values)) {
		if name == "" || len([]rune(name)) > 80 {
			all.failf(name, "a state's name has 1 to 80 characters")
		}
		g.states[name] = readState(all.fieldsOf(all.at(name), all.values[name]), name)
	}
	g.check(f)
	return g
}

// check finds dangling transitions and states that nothing leads to.
func (g *graph) check(f *fields) {
	if _, ok := g.states[g.startAt]; !ok {
		f.failf("StartAt", "there is no state %q", g.startAt)
	}
	reached := map[string]bool{}
	var follow func(name string)
	follow = func(name string) {
		s, ok := g.states[name]
		if !ok || reached[name] {
			return
		}
		reached[name] = true
		for _, next := range s.targets() {
			follow(next)
		}
	}
	follow(g.startAt)
	states := f.at("States")
	for _, name := range slices.Sorted(maps.Keys(g.states)) {
		for _, next := range g.states[name].targets() {
			if _, ok := g.states[next]; !ok {
				f.addf(states+"/"+name, "leads to %q, which is no state here", next)
			}
		}
		if !reached[name] {
			f.addf(states+"/"+name, "nothing leads to this state")
		}
	}
}

// targets gives the states that may follow.
func (s *state) targets() []string {
	var names []string
	if s.next != "" {
		names = append(names, s.next)
	}
	for _, c := range s.catch {
		names = append(names, c.next)
	}
	if s.choice != nil {
		for _, r := range s.choice.rules {
			names = append(names, r.next)
		}
		if s.choice.fallback != "" {
			names = append(names, s.choice.fallback)
		}
	}
	return names
}

// checkVariables refuses an inner graph that assigns a variable of an outer one, as Step
// Functions does: inner assignments would be lost.
func (g *graph) checkVariables(p *problems, pointer string, outer map[string]bool) {
	own := maps.Clone(outer)
	if own == nil {
		own = map[string]bool{}
	}
	for _, name := range slices.Sorted(maps.Keys(g.states)) {
		for _, variable := range g.states[name].assigned() {
			if outer[variable] {
				p.addf(pointer+"/States/"+name, "assigns $%s, which belongs to an outer scope", variable)
			}
			own[variable] = true
		}
	}
	for name, s := range g.states {
		for _, inner := range s.inner() {
			inner.checkVariables(p, pointer+"/States/"+name, own)
		}
	}
}

// assigned gives the variables a state may assign.
func (s *state) assigned() []string {
	templates := []*template{s.assign}
	for _, c := range s.catch {
		templates = append(templates, c.assign)
	}
	if s.choice != nil {
		for _, r := range s.choice.rules {
			templates = append(templates, r.assign)
		}
	}
	var names []string
	for _, t := range templates {
		if t != nil {
			object, _ := t.root.(templateObject)
			names = slices.AppendSeq(names, maps.Keys(object))
		}
	}
	return names
}
