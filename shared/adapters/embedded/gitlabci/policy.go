package gitlabci

import (
	"regexp"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/document"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/expression"
)

// policy is the older only: and except:.
type policy struct {
	refs       []string
	patterns   map[string]*regexp.Regexp // of refs written /like this/
	conditions []*expression.Expression
	changes    []string
	kubernetes bool
}

var refPattern = regexp.MustCompile(`^/(.+)/(i?)$`)

func (c *checker) readPolicy(at string, v document.Value) *policy {
	p := &policy{patterns: make(map[string]*regexp.Regexp)}
	if m, ok := v.(*document.Map); ok {
		c.hash(at, m, "refs", "kubernetes", "variables", "changes")
		p.refs = c.readRefs(at+" refs", m.Get("refs"), p.patterns)
		for _, item := range listOf(m.Get("variables")) {
			if e := c.checkExpression(at+" variables", item); e != nil {
				p.conditions = append(p.conditions, e)
			}
		}
		if m.Has("changes") {
			p.changes = c.readPaths(at+" changes", m.Get("changes"), "paths")
		}
		p.kubernetes = m.Has("kubernetes")
		return p
	}
	p.refs = c.readRefs(at+" config", v, p.patterns)
	return p
}

func (c *checker) readRefs(at string, v document.Value, patterns map[string]*regexp.Regexp) []string {
	refs, ok := stringsOf(v)
	if !ok {
		c.errorf("%s should be an array of strings or regular expressions using re2 syntax", at)
	}
	for _, ref := range refs {
		name, _, _ := strings.Cut(ref, "@")
		m := refPattern.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		source := m[1]
		if m[2] != "" {
			source = "(?i)" + source
		}
		re, err := regexp.Compile(source)
		if err != nil {
			c.errorf("%s should be an array of strings or regular expressions using re2 syntax", at)
			continue
		}
		patterns[name] = re
	}
	return refs
}

// included applies only: and except: as GitLab combines them: every part of only must
// hold, and no part of except. Without only a job runs for branches and tags, unless the
// file has workflow:rules.
func (j *jobConfig) included(src Source, trigger Trigger, vars *variables, hasWorkflowRules bool) (bool, error) {
	only := j.only
	if only == nil && !hasWorkflowRules {
		only = &policy{refs: []string{"branches", "tags"}}
	}
	if only != nil {
		parts, err := only.parts(src, trigger, vars)
		if err != nil || slices.Contains(parts, false) {
			return false, err
		}
	}
	if j.except != nil {
		parts, err := j.except.parts(src, trigger, vars)
		return !slices.Contains(parts, true), err
	}
	return true, nil
}

// parts evaluates each part that the policy has.
func (p *policy) parts(src Source, trigger Trigger, vars *variables) ([]bool, error) {
	var out []bool
	if len(p.refs) > 0 {
		out = append(out, slices.ContainsFunc(p.refs, func(ref string) bool { return p.matchesRef(ref, trigger) }))
	}
	if len(p.conditions) > 0 {
		out = append(out, slices.ContainsFunc(p.conditions, func(e *expression.Expression) bool { return e.Match(vars.lookup) }))
	}
	if p.kubernetes {
		out = append(out, false) // there is no cluster
	}
	if p.changes != nil {
		ok, err := anyChanged(src, expandEach(p.changes, vars))
		if err != nil {
			return nil, err
		}
		out = append(out, ok)
	}
	return out, nil
}

// sourceNames are the plural forms of pipeline sources in only: and except:.
var sourceNames = map[string]string{
	"pushes": "push", "triggers": "trigger", "schedules": "schedule", "pipelines": "pipeline",
	"merge_requests": "merge_request_event", "external_pull_requests": "external_pull_request_event",
}

func (p *policy) matchesRef(ref string, trigger Trigger) bool {
	name, project, hasProject := strings.Cut(ref, "@")
	if hasProject && project != trigger.Variables["CI_PROJECT_PATH"] {
		return false
	}
	switch name {
	case "tags":
		return trigger.Tag
	case "branches":
		return !trigger.Tag && trigger.Source != "merge_request_event"
	}
	if source, ok := sourceNames[name]; ok && source == trigger.Source || name == trigger.Source {
		return true
	}
	if re, ok := p.patterns[name]; ok {
		return re.MatchString(trigger.Ref)
	}
	return name == trigger.Ref
}
