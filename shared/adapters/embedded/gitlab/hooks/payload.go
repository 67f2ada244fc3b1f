package hooks

import (
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

// object is a JSON object of a payload.
type object = map[string]any

const hookTime = "2006-01-02 15:04:05 UTC"

func clockText(t time.Time) string { return t.UTC().Format(hookTime) }

func clockTextPtr(t *time.Time) any {
	if t == nil {
		return nil
	}
	return clockText(*t)
}

func (s *Service) user() object {
	return object{"id": state.RootUser, "name": "Administrator", "username": "root", "avatar_url": nil, "email": "[REDACTED]"}
}

// project is the project as every payload shows it.
func (s *Service) project(tx *state.Tx, p state.Project) object {
	ns, err := state.Groups.Get(tx, state.ID(p.NamespaceID))
	if err != nil {
		ns.Name = "" // the group went away; the rest of the payload still helps
	}
	web := s.cfg.BaseURL + "/" + p.FullPath
	return object{
		"id": p.ID, "name": p.Name, "description": p.Description, "web_url": web, "avatar_url": nil,
		"git_ssh_url": "", "git_http_url": web + ".git", "namespace": ns.Name, "visibility_level": visibilityLevel(p.Visibility),
		"path_with_namespace": p.FullPath, "default_branch": p.DefaultBranch, "ci_config_path": p.CIConfigPath,
	}
}

func visibilityLevel(v string) int {
	switch v {
	case "public":
		return 20
	case "internal":
		return 10
	}
	return 0
}

// Commit is one commit of a push.
type Commit struct {
	ID, Title, Message       string
	AuthorName, AuthorEmail  string
	When                     time.Time
	Added, Modified, Removed []string
}

// Push is one branch or tag that a push changed.
type Push struct {
	Project       state.Project
	Ref           string // full name
	Before, After string
	CheckoutSHA   string // "" when deleted
	Protected     bool
	Commits       []Commit // at most 20, oldest first
	Total         int
	Message       string // of an annotated tag
}

// Push makes the event of a changed branch.
func (s *Service) Push(tx *state.Tx, p Push) object {
	v := s.pushed(tx, p)
	v["object_kind"], v["event_name"] = "push", "push"
	return v
}

// TagPush makes the event of a changed tag.
func (s *Service) TagPush(tx *state.Tx, p Push) object {
	v := s.pushed(tx, p)
	v["object_kind"], v["event_name"] = "tag_push", "tag_push"
	return v
}

func (s *Service) pushed(tx *state.Tx, p Push) object {
	web := s.cfg.BaseURL + "/" + p.Project.FullPath
	commits := []object{}
	for _, c := range p.Commits {
		commits = append(commits, object{
			"id": c.ID, "message": c.Message, "title": c.Title, "timestamp": c.When.Format(time.RFC3339),
			"url": web + "/-/commit/" + c.ID, "author": object{"name": c.AuthorName, "email": "[REDACTED]"},
			"added": c.Added, "modified": c.Modified, "removed": c.Removed,
		})
	}
	var checkout, message any
	if p.CheckoutSHA != "" {
		checkout = p.CheckoutSHA
	}
	if p.Message != "" {
		message = p.Message
	}
	return object{
		"before": p.Before, "after": p.After, "ref": p.Ref, "ref_protected": p.Protected, "checkout_sha": checkout, "message": message,
		"user_id": state.RootUser, "user_name": "Administrator", "user_username": "root", "user_email": nil, "user_avatar": nil,
		"project_id": p.Project.ID, "project": s.project(tx, p.Project), "commits": commits, "total_commits_count": p.Total,
		"push_options": object{},
		"repository": object{
			"name": p.Project.Name, "url": web + ".git", "description": p.Project.Description, "homepage": web,
			"git_http_url": web + ".git", "git_ssh_url": "", "visibility_level": visibilityLevel(p.Project.Visibility),
		},
	}
}

// Pipeline makes the event of a pipeline's change of status.
func (s *Service) Pipeline(tx *state.Tx, p state.Project, pl state.Pipeline) object {
	builds := []object{}
	for _, j := range pl.Jobs {
		builds = append(builds, s.build(tx, p, pl, j))
	}
	variables := []object{}
	for _, v := range pl.Variables {
		variables = append(variables, object{"key": v.Key, "value": v.Value})
	}
	stages := pl.Definition.Stages
	if stages == nil {
		stages = []string{}
	}
	return object{
		"object_kind": "pipeline", "user": s.user(), "project": s.project(tx, p), "merge_request": nil, "builds": builds,
		"commit": s.commit(p, pl.Commit),
		"object_attributes": object{
			"id": pl.ID, "iid": pl.IID, "name": nilIfEmpty(pl.Definition.Name), "ref": pl.Ref, "tag": pl.Tag, "sha": pl.SHA,
			"before_sha": pl.BeforeSHA, "source": pl.Source, "status": pl.Status, "detailed_status": detailed(string(pl.Status)),
			"stages": stages, "created_at": clockText(pl.CreatedAt), "finished_at": clockTextPtr(pl.FinishedAt),
			"duration": seconds(pl.StartedAt, pl.FinishedAt), "queued_duration": seconds(&pl.CreatedAt, pl.StartedAt),
			"variables": variables, "url": s.cfg.BaseURL + "/" + p.FullPath + "/-/pipelines/" + state.Number(pl.ID),
		},
	}
}

func (s *Service) commit(p state.Project, c state.CommitFacts) object {
	return object{
		"id": c.ID, "message": c.Message, "title": c.Title, "timestamp": c.When.Format(time.RFC3339),
		"url":    s.cfg.BaseURL + "/" + p.FullPath + "/-/commit/" + c.ID,
		"author": object{"name": c.AuthorName, "email": "[REDACTED]"},
	}
}

func (s *Service) build(_ *state.Tx, _ state.Project, pl state.Pipeline, j state.Job) object {
	v := object{
		"id": j.ID, "stage": j.Stage, "name": j.Name, "status": j.Status, "created_at": clockText(j.CreatedAt),
		"started_at": clockTextPtr(j.StartedAt), "finished_at": clockTextPtr(j.FinishedAt),
		"duration": seconds(j.StartedAt, j.FinishedAt), "queued_duration": seconds(j.QueuedAt, j.StartedAt),
		"failure_reason": nilIfEmpty(j.FailureReason), "when": "on_success", "manual": false, "allow_failure": j.AllowFailure,
		"user": s.user(), "runner": nil, "artifacts_file": object{"filename": nil, "size": nil}, "environment": nil,
	}
	for _, d := range pl.Definition.Jobs {
		if d.Name != j.Name {
			continue
		}
		v["when"], v["manual"] = d.When, d.When == "manual"
		if d.Environment != nil {
			v["environment"] = object{"name": d.Environment.Name, "action": d.Environment.Action, "deployment_tier": nilIfEmpty(d.Environment.DeploymentTier)}
		}
	}
	return v
}

// Job makes the event of a job's change of status. Its commit.id is the pipeline's id, as
// in GitLab.
func (s *Service) Job(tx *state.Tx, p state.Project, pl state.Pipeline, j state.Job) object {
	return object{
		"object_kind": "build", "ref": pl.Ref, "tag": pl.Tag, "before_sha": pl.BeforeSHA, "sha": pl.SHA, "retries_count": j.Attempt,
		"build_id": j.ID, "build_name": j.Name, "build_stage": j.Stage, "build_status": j.Status,
		"build_created_at": clockText(j.CreatedAt), "build_started_at": clockTextPtr(j.StartedAt), "build_finished_at": clockTextPtr(j.FinishedAt),
		"build_duration": seconds(j.StartedAt, j.FinishedAt), "build_queued_duration": seconds(j.QueuedAt, j.StartedAt),
		"build_allow_failure": j.AllowFailure, "build_failure_reason": orUnknown(j.FailureReason), "pipeline_id": pl.ID, "runner": nil,
		"project_id": p.ID, "project_name": p.FullPath, "user": s.user(), "project": s.project(tx, p), "environment": nil,
		"commit": object{"id": pl.ID, "name": nil, "sha": pl.SHA, "message": pl.Commit.Message, "author_name": pl.Commit.AuthorName, "status": pl.Status},
	}
}

// MergeRequest makes the event of a merge request; action is open, update, close, reopen or
// merge.
func (s *Service) MergeRequest(tx *state.Tx, p state.Project, m state.MergeRequest, action string) object {
	project := s.project(tx, p)
	return object{
		"object_kind": "merge_request", "event_type": "merge_request", "user": s.user(), "project": project, "changes": object{},
		"labels": []object{}, "assignees": []object{}, "reviewers": []object{},
		"object_attributes": object{
			"id": m.ID, "iid": m.IID, "title": m.Title, "description": m.Description, "state": m.State, "action": action,
			"source_branch": m.Source, "target_branch": m.Target, "source_project_id": p.ID, "target_project_id": p.ID,
			"author_id": state.RootUser, "last_commit": object{"id": m.SHA}, "merge_commit_sha": nilIfEmpty(m.MergeCommit),
			"detailed_merge_status": "mergeable", "merge_status": "can_be_merged", "draft": false,
			"created_at": clockText(m.CreatedAt), "updated_at": clockText(m.UpdatedAt), "source": project, "target": project,
			"url": s.cfg.BaseURL + "/" + p.FullPath + "/-/merge_requests/" + state.Number(m.IID),
		},
	}
}

// Release makes the event of a release; action is create, update or delete.
func (s *Service) Release(tx *state.Tx, p state.Project, r state.Release, action string) object {
	return object{
		"object_kind": "release", "action": action, "tag": r.Tag, "name": r.Name, "description": r.Description, "project": s.project(tx, p),
		"created_at": clockText(r.CreatedAt), "released_at": clockText(r.ReleasedAt),
		"url": s.cfg.BaseURL + "/" + p.FullPath + "/-/releases/" + r.Tag, "assets": object{"count": 0, "links": []object{}, "sources": []object{}},
	}
}

func nilIfEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown_failure"
	}
	return s
}

// detailed is a pipeline's status as GitLab's pages call it.
func detailed(status string) string {
	switch status {
	case "success":
		return "passed"
	case "manual":
		return "blocked"
	}
	return status
}

func seconds(from, to *time.Time) any {
	if from == nil || to == nil {
		return nil
	}
	return to.Sub(*from).Seconds()
}
