package effects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/holds"
	"github.com/slipwayhq/slipway/shared/scm"
)

// ProjectKind is the effect of creating a project.
const ProjectKind = "gitlab.project"

// foreignCommitWindow is how many of the newest commits are looked at for somebody else's
// work before a project is deleted.
const foreignCommitWindow = 100

// everyRef makes scm list the commits of all branches and tags: work that is not merged
// yet is work as well.
const everyRef = ""

// ProjectParams describes the project to create.
type ProjectParams struct {
	Namespace     string `json:"namespace"`
	Slug          string `json:"slug"`
	Name          string `json:"name,omitempty"` // for people; "" for the slug
	Description   string `json:"description,omitempty"`
	DefaultBranch string `json:"defaultBranch"`
	Visibility    string `json:"visibility"`
	// Topics are those besides the operation's mark.
	Topics   []string        `json:"topics,omitempty"`
	Settings ProjectSettings `json:"settings,omitzero"`
}

// ProjectSettings are scm.Settings.
type ProjectSettings struct {
	CIConfigPath   string `json:"ciConfigPath,omitempty"`
	MergeMethod    string `json:"mergeMethod,omitempty"`
	SquashOption   string `json:"squashOption,omitempty"`
	IssuesAccess   string `json:"issuesAccess,omitempty"`
	WikiAccess     string `json:"wikiAccess,omitempty"`
	SnippetsAccess string `json:"snippetsAccess,omitempty"`

	AutoDevOps           *bool `json:"autoDevOps,omitempty"`
	MergeNeedsPipeline   *bool `json:"mergeNeedsPipeline,omitempty"`
	MergeSkippedPipeline *bool `json:"mergeSkippedPipeline,omitempty"`
	MergeNeedsResolution *bool `json:"mergeNeedsResolution,omitempty"`
}

// Path gives the project's full path.
func (p ProjectParams) Path() string { return p.Namespace + "/" + p.Slug }

// ProjectResult is what came of it.
type ProjectResult struct {
	ID       int64  `json:"id"`
	Path     string `json:"path"`
	WebURL   string `json:"webUrl"`
	CloneURL string `json:"cloneUrl"`
}

// NewProject makes the effect.
func NewProject(id string, p ProjectParams) (operations.Effect, error) {
	return newEffect(id, ProjectKind, p.Path(), p)
}

// MadeProject reports whether a project carries the mark of an operation.
func MadeProject(p scm.Project, op operations.Ref) bool {
	return slices.Contains(p.Topics, holds.Topic(op.ID))
}

// Project performs ProjectKind.
type Project struct {
	Projects     scm.Projects
	Repositories scm.Repositories
}

var _ operations.Performer = Project{}

// Find looks for the project by its path and topic.
func (e Project) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, err := decode[ProjectParams]("project", effect.Params)
	if err != nil {
		return nil, err
	}
	p, err := ownProject(ctx, e.Projects, op, params.Path())
	if err != nil {
		return nil, err
	}
	return projectResult(p)
}

// Do creates the project, empty and marked.
func (e Project) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, err := decode[ProjectParams]("project", effect.Params)
	if err != nil {
		return nil, err
	}
	p, err := e.Projects.CreateProject(ctx, scm.NewProject{
		Namespace: params.Namespace, Slug: params.Slug, Name: params.Name, Description: params.Description,
		DefaultBranch: params.DefaultBranch, Visibility: params.Visibility, Topics: append([]string{"slipway", holds.Topic(op.ID)}, params.Topics...), Settings: scm.Settings(params.Settings),
	})
	if err != nil {
		return nil, fmt.Errorf("creating project %s: %w", params.Path(), err)
	}
	return projectResult(p)
}

func projectResult(p scm.Project) (json.RawMessage, error) {
	return encode(ProjectResult{ID: p.ID, Path: p.Path, WebURL: p.WebURL, CloneURL: p.CloneURL})
}

// Undo deletes the project, unless somebody else has committed to it since: that work is
// nobody's to delete here.
func (e Project) Undo(ctx context.Context, op operations.Ref, effect operations.Effect, result json.RawMessage) error {
	made, err := decode[ProjectResult]("project", result)
	if err != nil {
		return err
	}
	p, err := e.Projects.ProjectByID(ctx, made.ID)
	if errors.Is(err, errs.NotFound) || (err == nil && p.MarkedForDeletion) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("finding project %s: %w", made.Path, err)
	}
	if !MadeProject(p, op) {
		return errs.New(errs.Conflict, "the project no longer carries this operation's topic, so it is left alone")
	}
	if err := e.refuseForeignWork(ctx, op, p); err != nil {
		return err
	}
	if err := e.Projects.DeleteProject(ctx, p.ID); err != nil {
		return fmt.Errorf("deleting project %s: %w", p.Path, err)
	}
	return nil
}

func (e Project) refuseForeignWork(ctx context.Context, op operations.Ref, p scm.Project) error {
	if p.DefaultBranch == "" {
		return nil
	}
	commits, err := e.Repositories.Commits(ctx, p.ID, everyRef, foreignCommitWindow)
	if errors.Is(err, errs.NotFound) { // an empty repository
		return nil
	}
	if err != nil {
		return fmt.Errorf("listing the commits of %s: %w", p.Path, err)
	}
	for _, c := range commits {
		if !carriesTrailer(c.Message, op) {
			return errs.New(errs.Conflict, fmt.Sprintf("somebody else has committed to it (%.8s), so it is left for a person to decide", c.ID))
		}
	}
	return nil
}
