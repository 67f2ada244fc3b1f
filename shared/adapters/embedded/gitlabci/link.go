package gitlabci

import (
	"regexp"
	"slices"
)

// link sets what every job waits for and whose artifacts it gets, now that it is known
// which jobs run.
func (e *evaluation) link(chosen []selected, jobs []Job) {
	runs := make(map[string]bool, len(jobs))
	for _, j := range jobs {
		runs[j.Name] = true
	}
	byName := make(map[string]selected, len(chosen))
	for _, s := range chosen {
		byName[s.job.Name] = s
	}
	for i := range jobs {
		s := byName[jobs[i].Name]
		if len(s.needs) > maxNeeds {
			e.problem("%s: one job can only need %d others, but you have listed %d. See needs keyword documentation for more details",
				jobs[i].Name, maxNeeds, len(s.needs))
			continue
		}
		for _, n := range s.needs {
			e.linkNeed(&jobs[i], n, runs)
		}
		switch {
		case s.config.hasDeps:
			jobs[i].ArtifactsFrom = slices.DeleteFunc(slices.Clone(s.config.dependencies), func(d string) bool { return !runs[d] })
		case !jobs[i].HasNeeds:
			jobs[i].ArtifactsFrom = withArtifacts(jobs[:i], jobs[i].Stage)
		}
	}
}

func (e *evaluation) linkNeed(j *Job, n need, runs map[string]bool) {
	switch {
	case runs[n.job]:
		j.Needs = append(j.Needs, n.job)
		if n.artifacts {
			j.ArtifactsFrom = append(j.ArtifactsFrom, n.job)
		}
	case !n.optional:
		e.problem("'%s' job needs '%s' job, but '%s' does not exist in the pipeline. "+
			"This might be because of the only, except, or rules keywords. "+
			"To need a job that sometimes does not exist in the pipeline, use needs:optional.", j.Name, n.job, n.job)
	}
}

// withArtifacts names the earlier jobs that leave artifacts; jobs are in stage order.
func withArtifacts(before []Job, stage string) []string {
	var out []string
	for _, j := range before {
		if j.Stage != stage && len(j.Artifacts) > 0 {
			out = append(out, j.Name)
		}
	}
	return out
}

// tierNames are the patterns by which GitLab guesses a tier from an environment's name.
var tierNames = []struct {
	tier string
	name *regexp.Regexp
}{
	{"development", regexp.MustCompile(`(?i)(dev|review|trunk)`)},
	{"testing", regexp.MustCompile(`(?i)(test|tst|int|ac(ce|)pt|qa|qc|control|quality)`)},
	{"staging", regexp.MustCompile(`(?i)(st(a|)g|mod(e|)l|pre|demo|non)`)},
	{"production", regexp.MustCompile(`(?i)(pr(o|)d|live)`)},
}

func guessTier(name string) string {
	for _, t := range tierNames {
		if t.name.MatchString(name) {
			return t.tier
		}
	}
	return "other"
}
