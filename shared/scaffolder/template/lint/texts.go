package lint

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"

	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/suggest"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

type actionSpec = actions.Spec

// reader is who reads a text: what it may refer to.
type reader struct {
	before    int  // the number of steps that have run
	condition bool // it is the if of a step
	each      bool // the step has an each
	strict    bool // a text that can't be read is an error when the step runs
	files     bool // it ends in files only, into which no secret gets
	open      bool // it is for no action: no secret is seen there
}

// roots are the variables of every text of a template.
var roots = []string{"parameters", "steps", "secrets", "user", "context", "environment", "environments"}

// builtins are the functions of the template language.
var builtins = []string{"range", "cycler", "joiner"}

// texts checks every text in a value.
func (s *subject) texts(n *yaml.Node, pointer string, r reader) {
	if n == nil {
		return
	}
	switch n = resolved(n); n.Kind {
	case yaml.MappingNode:
		margin := n.Column - 1
		for i := 0; i+1 < len(n.Content); i += 2 {
			s.inside(n.Content[i+1], pointerTo(pointer, n.Content[i].Value), margin, r)
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			s.inside(item, pointerTo(pointer, i), n.Column-1, r)
		}
	default:
		s.inside(n, pointer, 0, r)
	}
}

// inside checks one value; margin is the indentation of what it is in, by which that of a
// literal block is guessed: YAML does not keep it.
func (s *subject) inside(n *yaml.Node, pointer string, margin int, r reader) {
	src, ok := text(n)
	if !ok {
		if n = resolved(n); n != nil && n.Kind != yaml.ScalarNode {
			s.texts(n, pointer, r)
		}
		return
	}
	where := func(line, column int) place { return s.within(n, line, column, margin+2) }
	list, err := s.engine.References(s.ctx, pointer, src)
	var wrong *templating.Error
	switch {
	case errors.As(err, &wrong):
		message := wrong.Reason
		if !r.strict {
			message += "; it would be left as it is"
		}
		s.add(Error, where(wrong.Line, wrong.Column), pointer, wrong.Hint, "%s", message)
		return
	case err != nil:
		s.add(Error, at(n), pointer, "", "%v", err)
		return
	}
	for _, ref := range list {
		s.reference(ref, where(ref.Line, ref.Column), pointer, r)
	}
}

// reference checks that something of that name is there when it is read.
func (s *subject) reference(ref templating.Reference, where place, pointer string, r reader) {
	root := ref.Path[0]
	switch {
	case root == "steps" && len(ref.Path) > 1:
		s.stepReference(ref, where, pointer, r)
	case root == "parameters" && len(ref.Path) > 1:
		s.parameterReference(ref, where, pointer)
	case root == "secrets" && r.files && !strings.HasSuffix(pointer, "/token"):
		s.add(Warning, where, pointer, "hand it over in a variable of the project", "secrets don't get into files: ⟦secret:…⟧ would stand there")
	case root == "secrets" && r.open:
		s.add(Warning, where, pointer, "", "secrets are there for the input and each of a step only")
	case slices.Contains(roots, root), slices.Contains(builtins, root) && ref.Called:
	case root == "each":
		if !r.each {
			s.add(Error, where, pointer, "", "each has a value only in the input and if of a step with an each")
		}
	case root == "always" || root == "failure":
		if !r.condition || !ref.Called {
			s.add(Error, where, pointer, "", "%s() is for the if of a step, and is called", root)
		}
	default:
		hint := "there are " + strings.Join(roots, ", ")
		if name := suggest.Closest(root, append(slices.Clone(roots), "each")); name != "" {
			hint = fmt.Sprintf("did you mean %q?", name)
		}
		s.add(Error, where, pointer, hint, "there is no %q", root)
	}
}

func (s *subject) stepReference(ref templating.Reference, where place, pointer string, r reader) {
	id := ref.Path[1]
	i := slices.IndexFunc(s.steps, func(step *stepInFile) bool { return step.id == id })
	switch {
	case i < 0:
		var ids []string
		for _, step := range s.steps {
			ids = append(ids, step.id)
		}
		hint := ""
		if name := suggest.Closest(id, ids); name != "" {
			hint = fmt.Sprintf("did you mean %q?", name)
		}
		s.add(Error, where, pointer, hint, "there is no step %q", id)
	case i == r.before:
		s.add(Error, where, pointer, "", "a step can't refer to its own outputs")
	case i > r.before:
		s.add(Error, where, pointer, "", "step %q runs only later", id)
	case len(ref.Path) > 2 && ref.Path[2] != "output":
		hint := fmt.Sprintf("write steps.%s.output.%s", id, ref.Path[2])
		if suggest.Closest(ref.Path[2], []string{"output"}) != "" {
			hint = `did you mean "output"?`
		}
		s.add(Error, where, pointer, hint, "a step has nothing but output")
	case len(ref.Path) > 3:
		s.outputReference(s.steps[i], ref.Path[3], where, pointer)
	}
}

// outputReference checks that the action of a step has an output of that name.
func (s *subject) outputReference(step *stepInFile, name string, where place, pointer string) {
	spec, known := s.actions[step.action]
	if !known || member(step.node, "each") != nil && name == "length" {
		return
	}
	names, closed := properties(spec.Output)
	if spec.Output != nil && !closed || slices.Contains(names, name) {
		return
	}
	hint := step.action + " has no outputs"
	if len(names) > 0 {
		hint = "there are " + strings.Join(names, ", ")
	}
	s.add(Warning, where, pointer, hint, "%s gives no output %q", step.action, name)
}

func (s *subject) parameterReference(ref templating.Reference, where place, pointer string) {
	name := ref.Path[1]
	if s.form == nil || s.form.AsksFor(name) {
		return
	}
	hint := ""
	if near := suggest.Closest(name, s.asked); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	s.add(Error, where, pointer, hint, "no page of the form asks for %q", name)
}

// never reports whether a condition is false whatever is given.
func (s *subject) never(n *yaml.Node) bool {
	src, isText := text(n)
	if !isText {
		var v any
		return n.Decode(&v) == nil && (v == false || v == nil || v == 0)
	}
	list, err := s.engine.References(s.ctx, "if", src)
	if err != nil || len(list) > 0 {
		return false
	}
	v, err := s.engine.Value(s.ctx, "if", src, nil)
	if items, ok := v.([]any); ok && len(items) == 0 {
		return true
	}
	return err == nil && (v == nil || v == false || v == "" || v == 0.0 || v == templating.Undefined{})
}

var expression = lazyregexp.New(`(?s)\$\{\{.*?\}\}`)

// plainText reports whether a condition is a text with something outside of expressions,
// which is true whatever they give.
func plainText(src string) bool {
	return strings.TrimSpace(expression.ReplaceAllString(src, "")) != "" && !strings.Contains(src, "{%") && !strings.Contains(src, "{#")
}

// onlyAfterFailure reports whether a condition is plainly failure().
func (s *subject) onlyAfterFailure(src string) bool {
	list, err := s.engine.References(s.ctx, "if", src)
	if err != nil || len(list) != 1 || list[0].Path[0] != "failure" || !list[0].Called {
		return false
	}
	v, err := s.engine.Value(s.ctx, "if", src, map[string]any{"failure": templating.Returns{Value: false}})
	return err == nil && v == false
}
