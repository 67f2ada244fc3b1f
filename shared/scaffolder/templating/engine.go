package templating

import (
	"context"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Config is what an Engine is made of. Its zero value is Backstage's behaviour.
type Config struct {
	Limits Limits
	Syntax Syntax

	// Hosts names the Git hosts that parseRepoUrl and projectSlug accept, each with
	// its kind: "gitlab", "github", "azure", "bitbucket". Nil accepts every host, by
	// GitLab's rules.
	Hosts map[string]string

	// Halves keeps halves of characters, which are left when text is cut in the middle of one,
	// as WTF-8 has them. They have no place in files; without it U+FFFD stands for them.
	Halves bool
}

// Syntax are the options of fetch:template that change how a template is read.
type Syntax struct {
	TrimBlocks   bool // drop the line break behind a block tag
	LstripBlocks bool // drop white space between the start of a line and a block tag
	Cookiecutter bool // {{ x }} instead of ${{ x }}, True/False/None, and methods of Python's dict and list
}

// Engine renders templates. It is immutable and safe for concurrent use.
type Engine struct {
	limits Limits
	syntax Syntax
	hosts  map[string]string
	halves bool
}

// New makes an Engine.
func New(c Config) (*Engine, error) {
	for host, kind := range c.Hosts {
		switch kind {
		case "gitlab", "github", "azure", "bitbucket":
		default:
			return nil, errs.New(errs.Invalid, "host "+host+": kind must be gitlab, github, azure or bitbucket")
		}
	}
	return &Engine{limits: c.Limits.withDefaults(), syntax: c.Syntax, hosts: c.Hosts, halves: c.Halves}, nil
}

// With gives an engine that reads templates by another syntax, and is otherwise the same.
func (e *Engine) With(s Syntax) *Engine {
	other := *e
	other.syntax = s
	return &other
}

// Render gives the text of the template src with scope's values at the top level. The
// values are plain data: nil, booleans, numbers, strings, []any, map[string]any,
// Object and Returns; anything else in it is an error once the template uses it.
func (e *Engine) Render(ctx context.Context, name, src string, scope map[string]any) (text string, err error) {
	defer rescue(name, src, &err)
	r, tree := e.prepare(ctx, src, scope)
	out := &writer{budget: r.budget, final: true}
	r.block(tree, out)
	return e.outward(out.String()), nil
}

// Value gives what a step's input means: a template that is one single ${{ }} keeps the
// type of its value, where an object is an Object; anything else is text. A value that does
// not exist is Undefined. What to do with an error is the caller's choice; Backstage keeps
// the raw string.
func (e *Engine) Value(ctx context.Context, name, src string, scope map[string]any) (value any, err error) {
	if !strings.ContainsAny(src, "{}") {
		return e.outward(whole(src)), nil
	}
	defer rescue(name, src, &err)
	r, tree := e.prepare(ctx, src, scope)
	if len(tree) == 1 {
		switch only := tree[0].(type) {
		case *outputStmt:
			return r.export(only.offset(), r.eval(only.value), 0), nil
		case *filterStmt:
			return r.export(only.offset(), r.filterBlock(only), 0), nil
		}
	}
	out := &writer{budget: r.budget, final: true}
	r.block(tree, out)
	return e.outward(out.String()), nil
}

// outward gives text that leaves the engine.
func (e *Engine) outward(text string) string {
	if e.halves {
		return text
	}
	return valid(text)
}

// Check reads the template without running it. It also finds unknown filters in branches
// that are seldom taken.
func (e *Engine) Check(ctx context.Context, name, src string) (err error) {
	defer rescue(name, src, &err)
	e.parse(newBudget(ctx, e.limits), src, true)
	return nil
}

func (e *Engine) prepare(ctx context.Context, src string, scope map[string]any) (*run, []stmt) {
	b := newBudget(ctx, e.limits)
	tree := e.parse(b, src, false)
	return newRun(e, b, scope), tree
}

func (e *Engine) parse(b *budget, src string, strict bool) []stmt {
	if int64(len(src)) > e.limits.Source {
		failLimit(0, "the template is too large (limit %d bytes)", e.limits.Source)
	}
	return newParser(newLexer(src, b, e.syntax), strict).template()
}
