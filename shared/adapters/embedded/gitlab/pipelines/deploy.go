package pipelines

import (
	"errors"
	"regexp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

// tierRules guess an environment's tier from its name, in GitLab's order.
var tierRules = []struct {
	tier string
	name *regexp.Regexp
}{
	{"development", regexp.MustCompile(`(?i)(dev|review|trunk)`)},
	{"testing", regexp.MustCompile(`(?i)(test|tst|int|ac(ce|)pt|qa|qc|control|quality)`)},
	{"staging", regexp.MustCompile(`(?i)(st(a|)g|mod(e|)l|pre|demo|non)`)},
	{"production", regexp.MustCompile(`(?i)(pr(o|)d|live)`)},
}

// deploy keeps the environment and deployment of a job in step with the job's new status.
func (s *Service) deploy(ch *change, j state.Job) error {
	d := ch.definition(j.Name)
	if d == nil || d.Environment == nil || j.StartedAt == nil {
		return nil
	}
	switch d.Environment.Action {
	case "", "start":
		return s.startEnvironment(ch, j, *d.Environment)
	case "stop":
		if j.Status != gitlabci.Success {
			return nil
		}
		return s.environment(ch, *d.Environment, "stopped")
	}
	return nil
}

func (s *Service) environment(ch *change, d gitlabci.Environment, status string) error {
	key := state.Under(ch.pl.ProjectID, d.Name)
	e, err := state.Environments.Get(ch.tx, key)
	if errors.Is(err, state.ErrNotFound) {
		e = state.Environment{Name: d.Name, Slug: Slug(d.Name), CreatedAt: ch.now}
		e.ID, err = ch.tx.NextID("environments")
	}
	if err != nil {
		return err
	}
	e.State, e.UpdatedAt = status, ch.now
	if e.Tier = d.DeploymentTier; e.Tier == "" {
		e.Tier = Tier(d.Name)
	}
	if d.URL != "" {
		e.URL = d.URL
	}
	return state.Environments.Put(ch.tx, key, e)
}

// Tier guesses the tier of an environment.
func Tier(name string) string {
	for _, r := range tierRules {
		if r.name.MatchString(name) {
			return r.tier
		}
	}
	return "other"
}

func (s *Service) startEnvironment(ch *change, j state.Job, d gitlabci.Environment) error {
	if err := s.environment(ch, d, "available"); err != nil {
		return err
	}
	all, err := state.Deployments.All(ch.tx, state.ID(ch.pl.ProjectID))
	if err != nil {
		return err
	}
	dep := state.Deployment{JobID: j.ID, PipelineID: ch.pl.ID, Environment: d.Name, Ref: ch.pl.Ref, SHA: ch.pl.SHA, Tag: ch.pl.Tag, CreatedAt: ch.now}
	for _, old := range all {
		if old.JobID == j.ID {
			dep = old
		}
	}
	if dep.ID == 0 {
		if dep.ID, err = ch.tx.NextID("deployments"); err != nil {
			return err
		}
		if dep.IID, err = ch.tx.NextOf(ch.pl.ProjectID, "deployments"); err != nil {
			return err
		}
	}
	dep.Status, dep.UpdatedAt = deploymentStatus(j.Status), ch.now
	return state.Deployments.Put(ch.tx, state.ID(ch.pl.ProjectID, dep.ID), dep)
}

func deploymentStatus(s gitlabci.Status) string {
	if s == gitlabci.Running || s.Completed() {
		return string(s)
	}
	return "created"
}
