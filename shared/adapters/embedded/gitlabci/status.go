package gitlabci

// Status is the state of a job or a pipeline in GitLab's words.
type Status string

// The statuses. A job starts as Created; the runner of the jobs sets Running, Success,
// Failed and Canceled, Next gives the others.
const (
	Created            Status = "created"
	WaitingForResource Status = "waiting_for_resource"
	Preparing          Status = "preparing"
	Pending            Status = "pending"
	Running            Status = "running"
	Success            Status = "success"
	Failed             Status = "failed"
	Canceled           Status = "canceled"
	Skipped            Status = "skipped"
	Manual             Status = "manual"
	Scheduled          Status = "scheduled"
)

// Completed reports whether a job or pipeline in this status has ended for good.
func (s Status) Completed() bool {
	switch s {
	case Success, Failed, Canceled, Skipped:
		return true
	default:
		return false
	}
}

// Two members of a status set that no job has: failed but allowed to, and manual but optional.
const (
	passedWithWarnings Status = "success_with_warnings"
	ignored            Status = "ignored"
)

// StatusOf gives the status of a pipeline whose jobs are in states; a job that is not in
// states is Created.
func StatusOf(p Pipeline, states map[string]Status) Status {
	return composite(statusSet(p.Jobs, states))
}

// statusSet collects what the jobs' statuses mean to whoever waits for them.
func statusSet(jobs []Job, states map[string]Status) map[Status]bool {
	set := make(map[Status]bool)
	for _, j := range jobs {
		s := stateOf(states, j.Name)
		switch {
		case j.AllowFailure && (s == Failed || s == Canceled):
			s = passedWithWarnings
		case j.AllowFailure && s == Manual:
			s = ignored
		}
		set[s] = true
	}
	return set
}

func stateOf(states map[string]Status, job string) Status {
	if s, ok := states[job]; ok {
		return s
	}
	return Created
}

// composite is GitLab's order-dependent rule from a set of job statuses to one status.
func composite(set map[Status]bool) Status {
	if len(set) == 0 {
		return Success
	}
	for _, exact := range exactRules {
		if onlyOf(set, exact.only) {
			return exact.status
		}
	}
	for _, s := range prevailing {
		if set[s.any] {
			return s.status
		}
	}
	return Failed
}

// exactRules apply when the set holds nothing else, in this order.
var exactRules = []struct {
	only   []Status
	status Status
}{
	{[]Status{Skipped, ignored}, Skipped},
	{[]Status{Success, Skipped, passedWithWarnings, ignored}, Success},
	{[]Status{Created, passedWithWarnings, ignored}, Created},
	{[]Status{Preparing, passedWithWarnings, ignored}, Preparing},
	{[]Status{Canceled, Success, Skipped, passedWithWarnings, ignored}, Canceled},
	{[]Status{Pending, Created, Skipped, passedWithWarnings, ignored}, Pending},
}

// prevailing are the statuses that decide a mixed set, in this order.
var prevailing = []struct{ any, status Status }{
	{Running, Running},
	{Pending, Running},
	{WaitingForResource, WaitingForResource},
	{Manual, Manual},
	{Scheduled, Scheduled},
	{Preparing, Preparing},
	{Created, Running},
}

func onlyOf(set map[Status]bool, names []Status) bool {
	n := 0
	for _, s := range names {
		if set[s] {
			n++
		}
	}
	return n == len(set)
}
