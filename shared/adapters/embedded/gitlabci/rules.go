package gitlabci

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/document"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/expression"
)

// rule is one entry of rules:.
type rule struct {
	condition    *expression.Expression
	changes      []string
	exists       []string
	when         string // "" when not given
	startIn      string
	allowFailure *bool
	variables    *variables
	needs        []need
	hasNeeds     bool
	interrupt    *bool
	autoCancel   string
	onlyWhen     bool // nothing but when: matches always
}

var (
	jobRuleKeys      = []string{"if", "changes", "exists", "when", "start_in", "allow_failure", "variables", "needs", "interruptible"}
	workflowRuleKeys = []string{"if", "changes", "exists", "when", "variables", "auto_cancel"}
	includeRuleKeys  = []string{"if", "changes", "exists", "when"}
	ruleWhen         = []string{"on_success", "on_failure", "always", "never", "manual", "delayed"}
)

// maxRuleNesting is how deep !reference may nest lists of rules.
const maxRuleNesting = 10

// readRules reads a rules: list, flattening lists that !reference brought in.
func (c *checker) readRules(at string, v document.Value, keys []string) []rule {
	list, ok := v.([]document.Value)
	if !ok {
		c.errorf("%s config should be an array of hashes", at)
		return nil
	}
	flat, ok := flatten(list, maxRuleNesting)
	if !ok {
		c.errorf("%s config should be an array containing hashes and arrays of hashes", at)
		return nil
	}
	out := make([]rule, 0, len(flat))
	for _, item := range flat {
		m, ok := item.(*document.Map)
		if !ok {
			c.errorf("%s:rule config should be a hash", at)
			continue
		}
		out = append(out, c.readRule(at+":rule", m, keys))
	}
	return out
}

// flatten takes lists in a list apart, at most levels deep.
func flatten(list []document.Value, levels int) ([]document.Value, bool) {
	var out []document.Value
	for _, item := range list {
		inner, ok := item.([]document.Value)
		if !ok {
			out = append(out, item)
			continue
		}
		if levels == 0 {
			return nil, false
		}
		more, ok := flatten(inner, levels-1)
		if !ok {
			return nil, false
		}
		out = append(out, more...)
	}
	return out, true
}

func (c *checker) readRule(at string, m *document.Map, keys []string) rule {
	r := rule{onlyWhen: m.Len() == 1 && m.Has("when")}
	if unknown := unknownKeys(m, keys...); len(unknown) > 0 {
		c.errorf("%s config contains unknown keys: %s", at, strings.Join(unknown, ", "))
		return r
	}
	if m.Len() == 0 {
		c.errorf("%s config can't be blank", at)
		return r
	}
	if m.Has("if") {
		r.condition = c.checkExpression(at, m.Get("if"))
	}
	r.changes = c.readPaths(at+":changes", m.Get("changes"), "paths", "compare_to")
	r.exists = c.readPaths(at+":exists", m.Get("exists"), "paths", "project", "ref")
	if m.Has("when") {
		r.when = c.oneOf(at+" when", m.Get("when"), ruleWhen)
	}
	c.readRuleEffects(at, m, &r)
	return r
}

func (c *checker) readRuleEffects(at string, m *document.Map, r *rule) {
	if m.Has("start_in") || r.when == "delayed" {
		r.startIn = c.duration(at+" start in", m.Get("start_in"))
	}
	if m.Has("allow_failure") {
		r.allowFailure = c.boolean(at+" allow failure", m.Get("allow_failure"))
	}
	if m.Has("interruptible") {
		r.interrupt = c.boolean(at+" interruptible", m.Get("interruptible"))
	}
	if m.Has("variables") {
		r.variables = c.readVariables(at+":variables", m.Get("variables"))
	}
	if m.Has("needs") {
		r.needs, r.hasNeeds = c.readNeeds(at+":needs", m.Get("needs")), true
	}
	if m.Has("auto_cancel") {
		r.autoCancel = c.readAutoCancel(at+":auto_cancel", m.Get("auto_cancel"))
	}
}

// readPaths reads changes: and exists:, in the short and the long form.
func (c *checker) readPaths(at string, v document.Value, keys ...string) []string {
	if v == nil {
		return nil
	}
	if m, ok := v.(*document.Map); ok {
		if unknown := unknownKeys(m, keys...); len(unknown) > 0 {
			c.errorf("%s config contains unknown keys: %s", at, strings.Join(unknown, ", "))
		}
		v = m.Get("paths")
	}
	list, ok := stringsOf(v)
	if !ok || len(list) == 0 {
		c.errorf("%s config should be an array of strings", at)
		return []string{}
	}
	if len(list) > 50 {
		c.errorf("%s config is too long (maximum is 50 patterns)", at)
	}
	return list
}

// firstMatch gives the first rule whose every clause holds, nil when none does.
func firstMatch(rules []rule, src Source, vars *variables) (*rule, error) {
	for i := range rules {
		ok, err := rules[i].matches(src, vars)
		if err != nil || ok {
			return &rules[i], err
		}
	}
	return nil, nil
}

func (r *rule) matches(src Source, vars *variables) (bool, error) {
	if r.condition != nil && !r.condition.Match(vars.lookup) {
		return false, nil
	}
	if r.changes != nil {
		if ok, err := anyChanged(src, expandEach(r.changes, vars)); err != nil || !ok {
			return false, err
		}
	}
	if r.exists != nil {
		return anyExists(src, expandEach(r.exists, vars))
	}
	return true, nil
}

func expandEach(patterns []string, vars *variables) []string {
	out := make([]string, len(patterns))
	for i, p := range patterns {
		out[i] = expand(p, vars.lookup, keepUnknown)
	}
	return out
}

func anyChanged(src Source, patterns []string) (bool, error) {
	differ, ok := src.(Differ)
	if !ok {
		return true, nil
	}
	changed, known, err := differ.ChangedFiles()
	if err != nil {
		return false, fmt.Errorf("finding the changed files: %w", err)
	}
	return !known || anyMatch(patterns, changed), nil
}

func anyMatch(patterns, names []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return matchGlob(p, n) })
	})
}

// anyExists reads plain paths, which is cheap, and lists all files only for patterns.
func anyExists(src Source, patterns []string) (bool, error) {
	var wild []string
	for _, p := range patterns {
		p = strings.TrimPrefix(p, "/")
		if strings.ContainsAny(p, "*?[{") {
			wild = append(wild, p)
			continue
		}
		_, err := src.ReadFile(path.Clean(p))
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("looking for %s: %w", p, err)
		}
	}
	if len(wild) == 0 {
		return false, nil
	}
	lister, ok := src.(Lister)
	if !ok {
		return true, nil
	}
	all, err := lister.ListFiles()
	if err != nil {
		return false, fmt.Errorf("listing files: %w", err)
	}
	return anyMatch(wild, all), nil
}
