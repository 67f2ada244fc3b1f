package gitlabci

import (
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/document"
)

// config is a checked file, before any rule is evaluated.
type config struct {
	stages    []string // with .pre and .post
	variables *variables
	workflow  workflow
	jobs      []*jobConfig
	tree      *document.Map
}

type workflow struct {
	name       string
	rules      []rule
	hasRules   bool
	autoCancel string
}

var (
	globalKeys  = []string{"default", "include", "before_script", "image", "services", "after_script", "variables", "stages", "cache", "workflow"}
	defaultKeys = []string{
		"before_script", "after_script", "hooks", "cache", "image", "services", "interruptible",
		"timeout", "retry", "tags", "artifacts", "id_tokens", "identity",
	}
	globalDefaults = []string{"before_script", "after_script", "cache", "image", "services"}
	defaultStages  = []string{"build", "test", "deploy"}
)

// maxJobs bounds the jobs of one pipeline.
const maxJobs = 1000

// readConfig checks a merged tree. The result is complete only if c has no errors.
func (c *checker) readConfig(tree *document.Map) *config {
	cfg := &config{tree: tree, stages: c.readStages(tree.Get("stages"))}
	cfg.variables = c.readVariables("variables", tree.Get("variables"), "value", "description", "expand", "options")
	if tree.Has("workflow") {
		cfg.workflow = c.readWorkflow(tree.Get("workflow"))
	}
	defaults := c.readDefaults(tree)
	visible := 0
	for _, name := range tree.Keys() {
		if slices.Contains(globalKeys, name) || strings.HasPrefix(name, ".") {
			continue
		}
		visible++
		cfg.jobs = append(cfg.jobs, c.readJob(name, tree.Get(name), defaults)...)
	}
	if visible == 0 {
		c.errorf("jobs config should contain at least one visible job")
	}
	if len(cfg.jobs) > maxJobs {
		c.errorf("the pipeline has %d jobs, at most %d are allowed", len(cfg.jobs), maxJobs)
		return cfg
	}
	c.checkJobs(cfg)
	return cfg
}

func (c *checker) readStages(v document.Value) []string {
	stages := defaultStages
	if v != nil {
		flat, ok := flatten(listOf(v), maxRuleNesting)
		given, texts := stringsOf(flat)
		if _, isList := v.([]document.Value); !isList || !ok || !texts {
			c.errorf("stages config should be an array of strings")
		}
		stages = given
	}
	out := []string{".pre"}
	for _, s := range stages {
		// The two outer stages keep their places even when the file lists them.
		if s != ".post" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return append(out, ".post")
}

func (c *checker) readWorkflow(v document.Value) workflow {
	var w workflow
	m := c.hash("workflow", v, "rules", "name", "auto_cancel")
	if m == nil {
		return w
	}
	if w.name = c.text("workflow name", m.Get("name")); len(w.name) > 255 {
		c.errorf("workflow name is too long (maximum is 255 characters)")
	}
	if m.Has("rules") {
		w.rules, w.hasRules = c.readRules("workflow:rules", m.Get("rules"), workflowRuleKeys), true
		for _, r := range w.rules {
			if r.when != "" && r.when != "always" && r.when != "never" {
				c.errorf("workflow:rules:rule when should be one of: always, never")
			}
		}
	}
	if m.Has("auto_cancel") {
		w.autoCancel = c.readAutoCancel("workflow:auto_cancel", m.Get("auto_cancel"))
	}
	return w
}

// readDefaults gives what jobs inherit: default: and the older global keywords.
func (c *checker) readDefaults(tree *document.Map) *document.Map {
	out := document.NewMap()
	if tree.Has("default") {
		m := c.hash("default", tree.Get("default"), defaultKeys...)
		for _, k := range m.Keys() {
			out.Set(k, m.Get(k))
		}
	}
	for _, k := range globalDefaults {
		if !tree.Has(k) {
			continue
		}
		if out.Has(k) {
			c.errorf("%s is defined in top-level and `default:` entry", k)
		}
		out.Set(k, tree.Get(k))
	}
	probe := &checker{}
	for _, k := range out.Keys() {
		if r, ok := jobKeys[k]; ok {
			at := "default:" + k
			if tree.Has(k) {
				at = k
			}
			r.read(probe, at, out.Get(k), newJobConfig(""))
		}
	}
	for _, text := range probe.errors {
		c.errorf("%s", text)
	}
	if len(probe.errors) > 0 {
		return document.NewMap() // reported once, not for every job
	}
	return out
}

// checkJobs does what needs all jobs: stages, needs, dependencies, stop jobs.
func (c *checker) checkJobs(cfg *config) {
	stages := make(map[string]int, len(cfg.stages))
	for i, s := range cfg.stages {
		stages[s] = i
	}
	all := make(map[string]*jobConfig, len(cfg.jobs))
	copies := make(map[string][]copyOf)
	for _, j := range cfg.jobs {
		if _, ok := all[j.name]; ok {
			c.errorf("jobs:%s config has several jobs with this name", j.name)
		}
		all[j.name] = j
		copies[j.base] = append(copies[j.base], j.copy)
	}
	for _, j := range cfg.jobs {
		if _, ok := stages[j.stage]; !ok {
			c.errorf("%s job: chosen stage %s does not exist; available stages are %s", j.name, j.stage, strings.Join(cfg.stages, ", "))
		}
		j.needs = expandNeeds(j.needs, copies)
		for i := range j.rules {
			j.rules[i].needs = expandNeeds(j.rules[i].needs, copies)
		}
		j.dependencies = expandNames(j.dependencies, copies)
	}
	if len(c.errors) > 0 {
		return // the checks below would only repeat them
	}
	for _, j := range cfg.jobs {
		c.checkLinks(j, all, stages)
	}
	if len(c.errors) == 0 {
		c.checkCycles(cfg.jobs)
	}
}

func expandNames(names []string, copies map[string][]copyOf) []string {
	var out []string
	for _, n := range names {
		if len(copies[n]) == 0 {
			out = append(out, n)
		}
		for _, one := range copies[n] {
			out = append(out, one.name)
		}
	}
	return out
}

func (c *checker) checkLinks(j *jobConfig, all map[string]*jobConfig, stages map[string]int) {
	for _, d := range j.dependencies {
		c.checkDependency(j, "dependency", d, false, all, stages)
	}
	c.checkNeeds(j, j.needs, all, stages)
	for _, r := range j.rules {
		c.checkNeeds(j, r.needs, all, stages)
	}
	var missing []string
	for _, d := range j.dependencies {
		if len(j.needs) > 0 && !slices.ContainsFunc(j.needs, func(n need) bool { return n.job == d }) {
			missing = append(missing, d)
		}
	}
	if len(missing) > 0 {
		c.errorf("jobs:%s dependencies the %s should be part of needs", j.name, strings.Join(missing, ", "))
	}
	if e := j.job.Environment; e != nil && e.OnStop != "" {
		c.checkStopJob(j.name, e, all[e.OnStop])
	}
}

func (c *checker) checkStopJob(name string, e *Environment, stop *jobConfig) {
	switch {
	case stop == nil:
		c.errorf("%s job: on_stop job %s is not defined", name, e.OnStop)
	case stop.job.Environment == nil:
		c.errorf("%s job: on_stop job %s does not have environment defined", name, e.OnStop)
	case stop.job.Environment.Name != e.Name:
		c.errorf("%s job: on_stop job %s have different environment name", name, e.OnStop)
	case stop.job.Environment.Action != "stop":
		c.errorf("%s job: on_stop job %s needs to have action stop defined", name, e.OnStop)
	}
}
