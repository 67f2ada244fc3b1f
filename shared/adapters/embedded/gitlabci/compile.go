package gitlabci

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// maxNeeds is GitLab's limit of needs of one job.
const maxNeeds = 50

// Compile gives the pipeline that the file means for this trigger: a *ConfigError when
// GitLab would refuse the file, ErrNoJobs when its rules leave nothing to run.
func Compile(src Source, trigger Trigger) (Pipeline, error) {
	cfg, problems, _ := read(src, trigger)
	if len(problems) > 0 {
		return Pipeline{}, &ConfigError{Messages: problems}
	}
	e := &evaluation{cfg: cfg, src: src, trigger: trigger, root: cfg.variables}
	return e.pipeline()
}

// reading is what one pass over the files found besides the configuration.
type reading struct {
	includes []string
	warnings []string
}

func read(src Source, trigger Trigger) (*config, []string, reading) {
	l := newLoader(src, trigger)
	tree, ok := l.load()
	if !ok {
		return nil, l.problems, reading{includes: l.includes}
	}
	c := &checker{}
	cfg := c.readConfig(tree)
	if cfg.workflow.hasRules {
		c.warnings = nil // they are about files without workflow:rules
	}
	return cfg, c.errors, reading{includes: l.includes, warnings: c.warnings}
}

// evaluation applies the rules of a file to one trigger.
type evaluation struct {
	cfg        *config
	src        Source
	trigger    Trigger
	root       *variables // global ones, with those of the workflow's rule
	autoCancel string
	problems   []string
}

func (e *evaluation) problem(format string, args ...any) {
	e.problems = append(e.problems, fmt.Sprintf(format, args...))
}

func (e *evaluation) pipeline() (Pipeline, error) {
	runs, err := e.workflow()
	if err != nil {
		return Pipeline{}, err
	}
	if !runs {
		return Pipeline{}, errFiltered
	}
	jobs, err := e.jobs()
	if err != nil {
		return Pipeline{}, err
	}
	p := Pipeline{AutoCancel: e.autoCancel}
	vars := scope(e.trigger, e.root)
	if p.Name, err = vars.expandAll(e.cfg.workflow.name); err != nil {
		e.problem("workflow name: %v", err)
	}
	p.Jobs, p.Stages = e.order(jobs)
	e.link(jobs, p.Jobs)
	if len(e.problems) > 0 {
		return Pipeline{}, &ConfigError{Messages: e.problems}
	}
	if !slices.ContainsFunc(p.Stages, func(s string) bool { return s != ".pre" && s != ".post" }) {
		return Pipeline{}, ErrNoJobs
	}
	return p, nil
}

// workflow decides whether there is a pipeline at all.
func (e *evaluation) workflow() (bool, error) {
	e.autoCancel = cmp.Or(e.cfg.workflow.autoCancel, "conservative")
	if !e.cfg.workflow.hasRules {
		return true, nil
	}
	matched, err := firstMatch(e.cfg.workflow.rules, e.src, scope(e.trigger, e.root))
	if err != nil {
		return false, fmt.Errorf("evaluating workflow:rules: %w", err)
	}
	if matched == nil || matched.when == "never" {
		return false, nil
	}
	if matched.variables != nil {
		e.root = e.root.with(matched.variables)
	}
	e.autoCancel = cmp.Or(matched.autoCancel, e.autoCancel)
	return true, nil
}

// selected is a job that runs, with the needs that its rule left it.
type selected struct {
	config *jobConfig
	needs  []need
	job    Job
}

func (e *evaluation) jobs() ([]selected, error) {
	var out []selected
	for _, j := range e.cfg.jobs {
		s, runs, err := e.job(j)
		if err != nil {
			return nil, fmt.Errorf("evaluating the rules of %s: %w", j.name, err)
		}
		if runs {
			out = append(out, s)
		}
	}
	return out, nil
}

func (e *evaluation) job(j *jobConfig) (s selected, runs bool, err error) {
	file := e.inherited(j.inherit).with(j.variables).with(j.copy.variables)
	vars := scope(e.trigger, file)
	s = selected{config: j, needs: j.needs, job: j.job}
	s.job.Name, s.job.Stage, s.job.HasNeeds = j.name, j.stage, j.hasNeeds
	s.job.When = cmp.Or(j.when, "on_success")
	s.job.AllowFailure = s.job.When == "manual"
	if j.allowFailure != nil {
		s.job.AllowFailure = *j.allowFailure
	}
	if !j.hasRules {
		runs, err = j.included(e.src, e.trigger, vars, e.cfg.workflow.hasRules)
	} else {
		var matched *rule
		matched, err = firstMatch(j.rules, e.src, vars)
		if matched != nil && matched.when != "never" {
			runs = true
			file = s.apply(matched, file)
			vars = scope(e.trigger, file)
		}
	}
	if err != nil || !runs {
		return s, false, err
	}
	if s.job.When != "delayed" {
		s.job.StartIn = ""
	}
	e.expandInto(&s.job, file, vars)
	return s, true, nil
}

// inherited gives the global variables that a job sees.
func (e *evaluation) inherited(in inherit) *variables {
	switch {
	case in.noVariables:
		return newVariables()
	case in.variables != nil:
		return e.root.only(in.variables)
	}
	return e.root
}

// apply lays the effects of a matching rule over the job.
func (s *selected) apply(r *rule, file *variables) *variables {
	if r.when != "" {
		// Unlike the job's own "when: manual", a rule's leaves allow_failure alone, so such
		// a job blocks the pipeline.
		s.job.When = r.when
	}
	if r.startIn != "" {
		s.job.StartIn = r.startIn
	}
	if r.allowFailure != nil {
		s.job.AllowFailure, s.job.AllowFailureCodes = *r.allowFailure, nil
	}
	if r.interrupt != nil {
		s.job.Interruptible = *r.interrupt
	}
	if r.hasNeeds {
		s.needs, s.job.HasNeeds = r.needs, true
	}
	if r.variables != nil {
		return file.with(r.variables)
	}
	return file
}

// expandInto sets what depends on variables.
func (e *evaluation) expandInto(j *Job, file, vars *variables) {
	effective := newVariables()
	for _, n := range file.names {
		effective.set(n, vars.values[n])
	}
	j.Variables, j.RawVariables = effective.plain()
	var err error
	if j.ResourceGroup, err = vars.expandAll(j.ResourceGroup); err != nil {
		e.problem("%s: %v", j.Name, err)
	}
	j.Image = expand(j.Image, vars.lookup, keepUnknown)
	j.ManualConfirmation = expand(j.ManualConfirmation, vars.lookup, keepUnknown)
	if j.IDTokens != nil {
		j.IDTokens = expandValues(j.IDTokens, vars)
	}
	if len(j.Tags) > 0 {
		j.Tags = expandEach(j.Tags, vars)
	}
	if j.Environment == nil {
		return
	}
	env := *j.Environment
	if env.Name, err = vars.expandAll(env.Name); err != nil || env.Name == "" {
		e.problem("%s: environment name is not valid once its variables are expanded", j.Name)
	}
	env.URL = expand(env.URL, vars.lookup, keepUnknown)
	if env.DeploymentTier == "" {
		env.DeploymentTier = guessTier(env.Name)
	}
	j.Environment = &env
}

func expandValues(in map[string]string, vars *variables) map[string]string {
	out := make(map[string]string, len(in))
	for k, v := range in {
		out[k] = expand(v, vars.lookup, keepUnknown)
	}
	return out
}

// order sorts the jobs by stage and names the stages in use.
func (e *evaluation) order(jobs []selected) ([]Job, []string) {
	var out []Job
	var stages []string
	for _, stage := range e.cfg.stages {
		for _, s := range jobs {
			if s.job.Stage != stage {
				continue
			}
			out = append(out, s.job)
			if !slices.Contains(stages, stage) {
				stages = append(stages, stage)
			}
		}
	}
	return out, stages
}

// errFiltered is ErrNoJobs for a file whose workflow:rules leave no pipeline.
var errFiltered = fmt.Errorf("pipeline filtered out by workflow rules: %w", ErrNoJobs)

// Reasons gives the messages that GitLab's API answers for an error of Compile.
func Reasons(err error) []string {
	var refused *ConfigError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return refused.Messages
	case errors.Is(err, errFiltered):
		return []string{"Pipeline filtered out by workflow rules."}
	case errors.Is(err, ErrNoJobs):
		return []string{"Pipeline will not run for the selected trigger. " +
			"The rules configuration prevented any jobs from being added to the pipeline."}
	}
	return []string{"The configuration can't be read."}
}
