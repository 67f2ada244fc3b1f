package gitlabci

import (
	"regexp"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/document"
)

// jobConfig is one job of a checked file; parallel: has been taken apart already.
type jobConfig struct {
	name         string
	base         string // its name in the file
	copy         copyOf
	stage        string
	when         string
	needs        []need
	hasNeeds     bool
	dependencies []string
	hasDeps      bool
	rules        []rule
	hasRules     bool
	only, except *policy
	variables    *variables
	inherit      inherit
	allowFailure *bool
	job          Job // what does not depend on rules
}

// inherit says what a job takes from default: and from the global variables.
type inherit struct {
	noDefault, noVariables bool
	defaults, variables    []string // only these, when not nil
}

func newJobConfig(name string) *jobConfig {
	return &jobConfig{name: name, base: name, stage: "test", variables: newVariables()}
}

// jobKey reads one keyword of a job. Keywords of trigger jobs are marked, the others need
// a runner.
type jobKey struct {
	read   func(c *checker, at string, v document.Value, j *jobConfig)
	bridge bool
}

var (
	jobWhen       = []string{"on_success", "on_failure", "always", "manual", "delayed"}
	imageKeys     = []string{"name", "entrypoint", "ports", "pull_policy", "docker", "kubernetes"}
	serviceKeys   = []string{"name", "entrypoint", "command", "alias", "ports", "variables", "pull_policy", "docker", "kubernetes"}
	artifactKeys  = []string{"name", "untracked", "paths", "reports", "when", "expire_in", "expose_as", "exclude", "public", "access"}
	cacheKeys     = []string{"key", "untracked", "paths", "when", "policy", "unprotect", "fallback_keys"}
	releaseKeys   = []string{"tag_name", "tag_message", "name", "description", "ref", "released_at", "milestones", "assets"}
	coverageForm  = regexp.MustCompile(`^/.+/$`)
	triggerKeys   = []string{"project", "branch", "strategy", "forward", "include", "inputs"}
	maxNameLength = 255
)

// readJob checks one job and gives its copies, one unless it is parallel.
func (c *checker) readJob(name string, v document.Value, defaults *document.Map) []*jobConfig {
	m, ok := v.(*document.Map)
	bridge := m.Has("trigger")
	if !ok || (!bridge && !m.Has("script") && !m.Has("run")) {
		c.errorf("jobs %s config should implement the script:, run:, or trigger: keyword", name)
		return nil
	}
	at := "jobs:" + name
	if len(name) > maxNameLength {
		c.errorf("%s name is too long (maximum is %d characters)", at, maxNameLength)
	}
	c.checkKeys(at, m, bridge)
	before := len(c.errors)
	in := c.readInherit(at+":inherit", m.Get("inherit"))
	if !bridge {
		m = withDefaults(m, defaults, in)
	}
	var out []*jobConfig
	for _, one := range c.readParallel(at+":parallel", name, m.Get("parallel")) {
		j := newJobConfig(one.name)
		j.base, j.copy, j.inherit, j.job.Bridge = name, one, in, bridge
		for _, k := range m.Keys() {
			if r, ok := jobKeys[k]; ok {
				r.read(c, at+":"+k, m.Get(k), j)
			}
		}
		c.checkCombination(at, m, j)
		out = append(out, j)
		if len(c.errors) > before {
			break // the other copies have the same mistakes
		}
	}
	return out
}

func (c *checker) checkKeys(at string, m *document.Map, bridge bool) {
	var unknown []string
	for _, k := range m.Keys() {
		if r, ok := jobKeys[k]; !ok || (bridge && !r.bridge) {
			unknown = append(unknown, k)
		}
	}
	if len(unknown) > 0 {
		c.errorf("%s config contains unknown keys: %s", at, strings.Join(unknown, ", "))
	}
}

func withDefaults(m, defaults *document.Map, in inherit) *document.Map {
	if in.noDefault {
		return m
	}
	out := m
	for _, k := range defaults.Keys() {
		if !m.Has(k) && (in.defaults == nil || slices.Contains(in.defaults, k)) {
			if out == m {
				out = m.Without()
			}
			out.Set(k, defaults.Get(k))
		}
	}
	return out
}

func (c *checker) readInherit(at string, v document.Value) inherit {
	if v == nil {
		return inherit{}
	}
	m := c.hash(at, v, "default", "variables")
	var in inherit
	in.noDefault, in.defaults = c.readInherited(at+":default", m.Get("default"))
	in.noVariables, in.variables = c.readInherited(at+":variables", m.Get("variables"))
	return in
}

func (c *checker) readInherited(at string, v document.Value) (none bool, names []string) {
	if b, ok := v.(bool); ok {
		return !b, nil
	}
	names, ok := stringsOf(v)
	if !ok {
		c.errorf("%s should be a bool or an array of strings", at)
	}
	return false, names
}

// checkCombination holds the keywords of one job against each other.
func (c *checker) checkCombination(at string, m *document.Map, j *jobConfig) {
	if j.hasRules {
		var clash []string
		for _, k := range []string{"only", "except", "start_in"} {
			if m.Has(k) {
				clash = append(clash, k)
			}
		}
		if len(clash) > 0 {
			c.errorf("%s config key may not be used with `rules`: %s", at, strings.Join(clash, ", "))
		}
	}
	switch {
	case j.when == "delayed":
		j.job.StartIn = c.duration(at+" start in", m.Get("start_in"))
	case m.Has("start_in") && !j.hasRules:
		c.errorf("%s start in must be blank", at)
	}
	if !j.job.Bridge && !m.Has("run") && len(listOf(m.Get("script"))) == 0 {
		c.errorf("%s script can't be blank", at)
	}
	if m.Has("run") && m.Has("script") {
		c.errorf("%s config these keys cannot be used together: run, script", at)
	}
	if last := len(j.rules) - 1; last >= 0 && j.rules[last].onlyWhen && j.rules[last].when != "never" {
		c.warnings = append(c.warnings, at+" may allow multiple pipelines to run for a single action due to "+
			"`rules:when` clause with no `workflow:rules` - read more: https://docs.gitlab.com/ci/jobs/job_troubleshooting/#job-may-allow-multiple-pipelines-to-run-for-a-single-action-warning")
	}
}
