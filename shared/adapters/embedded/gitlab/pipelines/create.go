package pipelines

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

// Request asks for a pipeline.
type Request struct {
	Project   state.Project
	Ref       string // branch or tag name
	Tag       bool
	SHA       string
	Before    string // what the branch pointed to; gitstore.Zero when unknown
	Source    string // "push", "api", "web", "trigger" …
	Variables []state.PipelineVariable
	Inputs    map[string]any
}

// Prepared is a compiled pipeline that is not stored yet.
type Prepared struct {
	req        Request
	definition gitlabci.Pipeline
	commit     state.CommitFacts
	yamlErrors string
}

// Prepare compiles the CI file of a commit. It answers a *Refused when GitLab would start
// nothing: no file, no job, or a wrong file. A push with a wrong file still makes a
// pipeline, a failed one.
func (s *Service) Prepare(_ context.Context, req Request) (*Prepared, error) {
	repo, err := s.cfg.Repos.Open(req.Project.ID)
	if err != nil {
		return nil, err
	}
	commit, err := repo.Commit(req.SHA)
	if err != nil {
		return nil, err
	}
	src := files{repo: repo, commit: req.SHA, before: req.Before}
	trigger, err := s.trigger(req, commit)
	if err != nil {
		return nil, err
	}
	if _, err := src.ReadFile(trigger.ConfigPath); errors.Is(err, fs.ErrNotExist) {
		return nil, &Refused{[]string{"Missing CI config file"}}
	}
	p := &Prepared{req: req, commit: facts(commit)}
	p.definition, err = gitlabci.Compile(src, trigger)
	var wrong *gitlabci.ConfigError
	switch {
	case errors.As(err, &wrong) && req.Source == "push":
		p.yamlErrors = wrong.Error()
	case errors.As(err, &wrong):
		return nil, &Refused{wrong.Messages}
	case errors.Is(err, gitlabci.ErrNoJobs):
		return nil, &Refused{[]string{"Pipeline will not run for the selected trigger. The rules configuration prevented any jobs from being added to the pipeline."}}
	case err != nil:
		return nil, err
	}
	return p, nil
}

func facts(c gitstore.Commit) state.CommitFacts {
	return state.CommitFacts{
		ID: c.ID, Title: c.Title(), Message: c.Message, AuthorName: c.Author.Name, AuthorEmail: c.Author.Email, When: c.Author.When,
	}
}

// Create prepares and stores a pipeline.
func (s *Service) Create(ctx context.Context, req Request) (state.Pipeline, error) {
	p, err := s.Prepare(ctx, req)
	if err != nil {
		return state.Pipeline{}, err
	}
	var pl state.Pipeline
	err = s.cfg.State.Update(func(tx *state.Tx) error {
		pl, err = s.Store(tx, p)
		return err
	})
	s.Wake()
	return pl, err
}

// Store keeps a prepared pipeline in the caller's transaction.
func (s *Service) Store(tx *state.Tx, p *Prepared) (state.Pipeline, error) {
	now := s.cfg.Clock.Now()
	pl := state.Pipeline{
		ProjectID: p.req.Project.ID, Ref: p.req.Ref, SHA: p.req.SHA, BeforeSHA: p.req.Before, Tag: p.req.Tag, Source: p.req.Source,
		Status: gitlabci.Created, Definition: p.definition, Variables: p.req.Variables, CreatedAt: now, UpdatedAt: now,
		YAMLErrors: p.yamlErrors, Commit: p.commit,
	}
	if pl.BeforeSHA == "" {
		pl.BeforeSHA = gitstore.Zero
	}
	var err error
	if pl.ID, err = tx.NextID("pipelines"); err != nil {
		return pl, err
	}
	if pl.IID, err = tx.NextOf(pl.ProjectID, "pipelines"); err != nil {
		return pl, err
	}
	ch := &change{tx: tx, project: p.req.Project, pl: &pl, now: now, before: map[int64]gitlabci.Status{}}
	if pl.YAMLErrors != "" {
		pl.Status, pl.FinishedAt = gitlabci.Failed, &now
		return pl, s.announce(ch, gitlabci.Created)
	}
	for _, j := range pl.Definition.Jobs {
		if _, err := ch.addJob(j.Name, gitlabci.Created, 0); err != nil {
			return pl, err
		}
	}
	if err := s.cancelOutdated(tx, pl, p.req.Project); err != nil {
		return pl, err
	}
	return pl, s.settle(ch)
}

// trigger gathers what the CI file may ask about: predefined variables, then the
// project's, then the caller's.
func (s *Service) trigger(req Request, c gitstore.Commit) (gitlabci.Trigger, error) {
	t := gitlabci.Trigger{
		Ref: req.Ref, Tag: req.Tag, SHA: req.SHA, Source: req.Source, Inputs: req.Inputs,
		ConfigPath: req.Project.CIConfigPath, Variables: s.predefined(req, c),
	}
	if t.ConfigPath == "" {
		t.ConfigPath = gitlabci.DefaultConfigPath
	}
	err := s.cfg.State.View(func(tx *state.Tx) error {
		isProtected, err := Protected(tx, req.Project, req.Ref)
		if err != nil {
			return err
		}
		all, err := state.Variables.All(tx, state.ID(req.Project.ID))
		for _, v := range all {
			// Environment-scoped ones are not known when rules are read.
			if v.Scope == "*" && (!v.Protected || isProtected) {
				t.Variables[v.Key] = v.Value
			}
		}
		return err
	})
	for _, v := range req.Variables {
		t.Variables[v.Key] = v.Value
	}
	return t, err
}

func (s *Service) predefined(req Request, c gitstore.Commit) map[string]string {
	p := req.Project
	at := strings.LastIndex(p.FullPath, "/")
	host := strings.TrimPrefix(strings.TrimPrefix(s.cfg.BaseURL, "http://"), "https://")
	v := map[string]string{
		"CI": "true", "GITLAB_CI": "true", "CI_PIPELINE_SOURCE": req.Source, "CI_CONFIG_PATH": p.CIConfigPath,
		"CI_COMMIT_SHA": req.SHA, "CI_COMMIT_SHORT_SHA": req.SHA[:8], "CI_COMMIT_BEFORE_SHA": req.Before,
		"CI_COMMIT_REF_NAME": req.Ref, "CI_COMMIT_REF_SLUG": Slug(req.Ref), "CI_COMMIT_TITLE": c.Title(), "CI_COMMIT_MESSAGE": c.Message,
		"CI_COMMIT_AUTHOR": c.Author.Name + " <" + c.Author.Email + ">", "CI_COMMIT_TIMESTAMP": c.Author.When.Format(time.RFC3339),
		"CI_DEFAULT_BRANCH": p.DefaultBranch, "CI_PROJECT_ID": state.Number(p.ID), "CI_PROJECT_NAME": p.Path, "CI_PROJECT_TITLE": p.Name,
		"CI_PROJECT_PATH": p.FullPath, "CI_PROJECT_PATH_SLUG": Slug(p.FullPath), "CI_PROJECT_NAMESPACE": p.FullPath[:max(at, 0)],
		"CI_PROJECT_URL": s.cfg.BaseURL + "/" + p.FullPath, "CI_PROJECT_VISIBILITY": p.Visibility, "CI_API_V4_URL": s.cfg.BaseURL + "/api/v4",
		"CI_SERVER": "yes", "CI_SERVER_URL": s.cfg.BaseURL, "CI_SERVER_FQDN": host, "CI_SERVER_HOST": host, "CI_SERVER_NAME": "GitLab",
		"CI_SERVER_VERSION": s.cfg.Version, "GITLAB_USER_LOGIN": "root", "GITLAB_USER_NAME": "Administrator", "GITLAB_USER_ID": "1",
	}
	if req.Tag {
		v["CI_COMMIT_TAG"] = req.Ref
	} else {
		v["CI_COMMIT_BRANCH"] = req.Ref
	}
	return v
}

// Slug makes a name safe for hosts: lower case, digits and hyphens, at most 63 long.
func Slug(name string) string {
	b := []byte(strings.ToLower(name))
	for i, c := range b {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			b[i] = '-'
		}
	}
	return strings.Trim(string(b[:min(len(b), 63)]), "-")
}
