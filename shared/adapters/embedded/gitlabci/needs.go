package gitlabci

import (
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/document"
)

// need is one entry of needs: inside the same pipeline.
type need struct {
	job       string
	artifacts bool
	optional  bool
	matrix    []map[string]string // only these of a parallel job; nil for all
}

// readNeeds reads needs:. Artifacts from other pipelines and projects have no order to
// keep here, so those entries are checked and left out.
func (c *checker) readNeeds(at string, v document.Value) []need {
	list, ok := v.([]document.Value)
	if !ok {
		c.errorf("%s config can only be a hash or an array", at)
		return nil
	}
	list, ok = flatten(list, maxRuleNesting)
	if !ok {
		c.errorf("%s config is nested too deep", at)
	}
	var out []need
	for _, item := range list {
		switch item := item.(type) {
		case string:
			out = append(out, need{job: item, artifacts: true})
		case *document.Map:
			if n, same := c.readNeed(at+":need", item); same {
				out = append(out, n)
			}
		default:
			c.errorf("%s:need has an unsupported type", at)
		}
	}
	return out
}

func (c *checker) readNeed(at string, m *document.Map) (n need, samePipeline bool) {
	if m.Has("project") || m.Has("pipeline") {
		c.hash(at, m, "project", "ref", "pipeline", "job", "artifacts", "parallel")
		return need{}, false
	}
	c.hash(at, m, "job", "artifacts", "optional", "parallel")
	n = need{job: c.text(at+" job", m.Get("job")), artifacts: true}
	if n.job == "" {
		c.errorf("%s job can't be blank", at)
		return need{}, false
	}
	if m.Has("artifacts") && m.Get("artifacts") != nil {
		if b := c.boolean(at+" artifacts", m.Get("artifacts")); b != nil {
			n.artifacts = *b
		}
	}
	if m.Has("optional") && m.Get("optional") != nil {
		if b := c.boolean(at+" optional", m.Get("optional")); b != nil {
			n.optional = *b
		}
	}
	if m.Has("parallel") {
		n.matrix = c.readMatrix(at+":parallel", m.Get("parallel"))
	}
	return n, true
}

// expandNeeds turns needs of parallel jobs into needs of their copies. byName are the
// copies of every job of the file.
func expandNeeds(needs []need, byName map[string][]copyOf) []need {
	var out []need
	for _, n := range needs {
		copies, ok := byName[n.job]
		if !ok || (len(copies) == 1 && copies[0].name == n.job) {
			out = append(out, n)
			continue
		}
		for _, one := range copies {
			if n.matrix == nil || slices.ContainsFunc(n.matrix, one.is) {
				out = append(out, need{job: one.name, artifacts: n.artifacts, optional: n.optional})
			}
		}
	}
	return out
}

// checkNeeds holds one list of needs against the jobs of the file.
func (c *checker) checkNeeds(j *jobConfig, needs []need, all map[string]*jobConfig, stages map[string]int) {
	var seen, twice []string
	for _, n := range needs {
		if slices.Contains(seen, n.job) && !slices.Contains(twice, n.job) {
			twice = append(twice, n.job)
		}
		seen = append(seen, n.job)
		c.checkDependency(j, "need", n.job, n.optional, all, stages)
	}
	if len(twice) > 0 {
		c.errorf("%s has the following needs duplicated: %s.", j.name, strings.Join(twice, ", "))
	}
}

func (c *checker) checkDependency(j *jobConfig, kind, name string, optional bool, all map[string]*jobConfig, stages map[string]int) {
	other, ok := all[name]
	if !ok {
		if !optional {
			c.errorf("%s job: undefined %s: %s", j.name, kind, name)
		}
		return
	}
	if stages[other.stage] > stages[j.stage] {
		c.errorf("%s job: %s %s is not defined in current or prior stages", j.name, kind, name)
	}
}

// checkCycles reports the first circle of needs.
func (c *checker) checkCycles(jobs []*jobConfig) {
	needs := make(map[string][]string, len(jobs))
	for _, j := range jobs {
		for _, n := range j.needs {
			if n.job == j.name {
				c.errorf("The pipeline has circular dependencies: self-dependency: %s", j.name)
				return
			}
			needs[j.name] = append(needs[j.name], n.job)
		}
	}
	state := make(map[string]int, len(jobs)) // 1 on the way, 2 done
	for _, j := range jobs {
		if cycle := findCycle(j.name, needs, state, nil); cycle != nil {
			c.errorf("The pipeline has circular dependencies: topological sort failed: %q", cycle)
			return
		}
	}
}

// findCycle walks depth first; the depth is bounded by the number of jobs.
func findCycle(name string, needs map[string][]string, state map[string]int, path []string) []string {
	switch state[name] {
	case 1:
		return path[slices.Index(path, name):]
	case 2:
		return nil
	}
	state[name] = 1
	path = append(path, name)
	for _, next := range needs[name] {
		if cycle := findCycle(next, needs, state, path); cycle != nil {
			return cycle
		}
	}
	state[name] = 2
	return nil
}
