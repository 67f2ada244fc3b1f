package gitlabci

import "maps"

// Next gives the new status of every created job that can move now: Pending (to be run),
// Manual (waits for a person), Scheduled (waits for its start_in) or Skipped. Jobs that
// must wait longer are not in the answer; with an empty answer nothing moves until a
// running job ends or a person plays one.
func Next(p Pipeline, states map[string]Status) map[string]Status {
	now := maps.Clone(states)
	if now == nil {
		now = make(map[string]Status)
	}
	moved := make(map[string]Status)
	stage := make(map[string]int, len(p.Stages))
	for i, name := range p.Stages {
		stage[name] = i
	}
	// A skipped job can make the next one move, within a stage too: repeat until all is quiet.
	for changed := true; changed; {
		changed = false
		for _, j := range p.Jobs {
			if stateOf(now, j.Name) != Created {
				continue
			}
			if s, ok := advance(j, before(p, j, stage, now)); ok {
				now[j.Name], moved[j.Name], changed = s, s, true
			}
		}
	}
	return moved
}

// before gives the status of what a job waits for: its needs, else all earlier stages.
func before(p Pipeline, j Job, stage map[string]int, states map[string]Status) Status {
	var jobs []Job
	if j.HasNeeds {
		wanted := make(map[string]bool, len(j.Needs))
		for _, n := range j.Needs {
			wanted[n] = true
		}
		for _, other := range p.Jobs {
			if wanted[other.Name] {
				jobs = append(jobs, other)
			}
		}
		return needsStatus(statusSet(jobs, states))
	}
	for _, other := range p.Jobs {
		if stage[other.Stage] < stage[j.Stage] {
			jobs = append(jobs, other)
		}
	}
	return composite(statusSet(jobs, states))
}

// needsStatus differs from a stage's: one needed job that does not run skips the
// dependent, and all have to be complete before it moves.
func needsStatus(set map[Status]bool) Status {
	if set[Skipped] || set[ignored] {
		return Skipped
	}
	for s := range set {
		if !s.Completed() && s != passedWithWarnings {
			return Pending
		}
	}
	return composite(set)
}

// advance decides one created job once what it waits for is complete.
func advance(j Job, previous Status) (Status, bool) {
	if !previous.Completed() {
		return "", false
	}
	if !startsAfter(j, previous) {
		return Skipped, true
	}
	switch j.When {
	case "manual":
		return Manual, true
	case "delayed":
		return Scheduled, true
	}
	return Pending, true
}

func startsAfter(j Job, previous Status) bool {
	switch j.When {
	case "on_failure":
		return previous == Failed
	case "always":
		return previous != Canceled
	case "never":
		return false
	}
	return previous == Success || (previous == Skipped && !j.HasNeeds)
}

// Reset names the skipped jobs that become Created again when job is played or retried:
// those that need it, directly or not, and those of later stages.
func Reset(p Pipeline, states map[string]Status, job string) []string {
	stage := make(map[string]int, len(p.Stages))
	for i, name := range p.Stages {
		stage[name] = i
	}
	alive := map[string]bool{job: true}
	from := -1
	for _, j := range p.Jobs {
		if j.Name == job {
			from = stage[j.Stage]
		}
	}
	var reset []string
	for changed := true; changed; {
		changed = false
		for _, j := range p.Jobs {
			if alive[j.Name] || stateOf(states, j.Name) != Skipped || !follows(j, alive, stage, from) {
				continue
			}
			alive[j.Name], changed = true, true
			reset = append(reset, j.Name)
		}
	}
	return reset
}

func follows(j Job, alive map[string]bool, stage map[string]int, from int) bool {
	if !j.HasNeeds {
		return from >= 0 && stage[j.Stage] > from
	}
	for _, n := range j.Needs {
		if alive[n] {
			return true
		}
	}
	return false
}
