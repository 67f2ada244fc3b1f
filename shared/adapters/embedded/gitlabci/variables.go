package gitlabci

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/document"
)

// variableReference is $NAME, ${NAME} or %NAME% in a value; $$ is an escaped dollar.
var variableReference = regexp.MustCompile(`\$\$|%%|\$(\w+)|\$\{(\w+)\}|%(\w+)%`)

// maxExpanded bounds one expanded value, so that variables that double each other stay small.
const maxExpanded = 64 << 10

// maxNesting is how deep variables may refer to each other.
const maxNesting = 50

var errExpansion = errors.New("a variable refers to itself or expands to too much")

// variable is one value with its expand flag.
type variable struct {
	value string
	raw   bool
}

// variables is an ordered set; later layers replace earlier ones in place.
type variables struct {
	names  []string
	values map[string]variable
}

func newVariables() *variables { return &variables{values: make(map[string]variable)} }

func (v *variables) set(name string, value variable) {
	if _, ok := v.values[name]; !ok {
		v.names = append(v.names, name)
	}
	v.values[name] = value
}

// with gives a copy with over on top.
func (v *variables) with(over *variables) *variables {
	out := newVariables()
	for _, layer := range []*variables{v, over} {
		for _, n := range layer.names {
			out.set(n, layer.values[n])
		}
	}
	return out
}

// only gives a copy with some names.
func (v *variables) only(names []string) *variables {
	out := newVariables()
	for _, n := range v.names {
		if slices.Contains(names, n) {
			out.set(n, v.values[n])
		}
	}
	return out
}

// plain gives the unexpanded values, and the names that are not to be expanded.
func (v *variables) plain() (values map[string]string, raw []string) {
	if len(v.names) == 0 {
		return nil, nil
	}
	values = make(map[string]string, len(v.names))
	for _, n := range v.names {
		values[n] = v.values[n].value
		if v.values[n].raw {
			raw = append(raw, n)
		}
	}
	return values, raw
}

// predefined are the trigger's variables that a file may override; the others were given
// for this pipeline and win over the file.
func isPredefined(name string) bool {
	return name == "CI" || strings.HasPrefix(name, "CI_") || strings.HasPrefix(name, "GITLAB_")
}

// scope is what expressions and expansions of one job or of the workflow see.
func scope(trigger Trigger, file *variables) *variables {
	low, high := newVariables(), newVariables()
	for name, value := range trigger.Variables {
		if isPredefined(name) {
			low.set(name, variable{value: value, raw: true})
			continue
		}
		high.set(name, variable{value: value})
	}
	return low.with(file).with(high)
}

// lookup gives a variable with everything in it expanded; where that is impossible, as
// it was written.
func (v *variables) lookup(name string) (string, bool) {
	e := expansion{of: v, done: make(map[string]string)}
	s, ok, err := e.variable(name, 0)
	if err != nil {
		return v.values[name].value, true
	}
	return s, ok
}

// expandAll expands a text; variables that do not exist become empty.
func (v *variables) expandAll(text string) (string, error) {
	e := expansion{of: v, done: make(map[string]string)}
	return e.text(text, 0)
}

// expansion remembers what it has expanded, so that variables which refer to each other
// many times cost no more than once each.
type expansion struct {
	of   *variables
	done map[string]string
}

func (e *expansion) variable(name string, depth int) (string, bool, error) {
	value, ok := e.of.values[name]
	if !ok || value.raw {
		return value.value, ok, nil
	}
	if s, ok := e.done[name]; ok {
		return s, true, nil
	}
	s, err := e.text(value.value, depth+1)
	if err == nil {
		e.done[name] = s
	}
	return s, true, err
}

func (e *expansion) text(text string, depth int) (string, error) {
	if depth > maxNesting {
		return "", errExpansion
	}
	var failed error
	out := expand(text, func(name string) (string, bool) {
		if failed != nil {
			return "", false
		}
		s, ok, err := e.variable(name, depth)
		failed = err
		return s, ok
	}, dropUnknown)
	if len(out) > maxExpanded {
		failed = errExpansion
	}
	return out, failed
}

// unknownPolicy is what expand does with a variable that does not exist.
type unknownPolicy bool

const (
	dropUnknown unknownPolicy = false
	keepUnknown unknownPolicy = true
)

// expand replaces the variable references of a text once.
func expand(text string, lookup func(string) (string, bool), unknown unknownPolicy) string {
	if !strings.ContainsAny(text, "$%") {
		return text
	}
	size := 0
	return variableReference.ReplaceAllStringFunc(text, func(ref string) string {
		if ref == "$$" || ref == "%%" || size > maxExpanded {
			return ref
		}
		value, ok := lookup(strings.Trim(ref, "${}%"))
		if !ok && unknown == keepUnknown {
			return ref
		}
		size += len(value)
		return value
	})
}

func lookupIn(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}
}

// readVariables reads a variables: mapping. dataKeys are allowed in the long form.
func (c *checker) readVariables(at string, v document.Value, dataKeys ...string) *variables {
	out := newVariables()
	if v == nil {
		return out
	}
	m, ok := v.(*document.Map)
	if !ok {
		c.errorf("%s config should be a hash of key value pairs", at)
		return out
	}
	for _, name := range m.Keys() {
		c.readVariable(out, at+":"+name, name, m.Get(name), dataKeys)
	}
	return out
}

func (c *checker) readVariable(out *variables, at, name string, v document.Value, dataKeys []string) {
	long, ok := v.(*document.Map)
	if !ok {
		text, scalar := document.Text(v)
		if _, isBool := v.(bool); !scalar || isBool || v == nil {
			c.errorf("%s variable definition must be either a string or a hash", at)
			return
		}
		out.set(name, variable{value: text})
		return
	}
	if unknown := unknownKeys(long, dataKeys...); len(unknown) > 0 {
		c.errorf("%s config uses invalid data keys: %s", at, strings.Join(unknown, ", "))
		return
	}
	text, scalar := document.Text(long.Get("value"))
	if !scalar {
		c.errorf("%s value must be a string", at)
		return
	}
	expandable := true
	if long.Has("expand") {
		if expandable, ok = long.Get("expand").(bool); !ok {
			c.errorf("%s expand should be a boolean value", at)
		}
	}
	if options, ok := long.Get("options").([]document.Value); ok && !slices.Contains(options, long.Get("value")) {
		c.errorf("%s config value is not in the list of options", at)
	}
	out.set(name, variable{value: text, raw: !expandable})
}
