package effects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// ProjectBranchKind is the effect of creating and protecting a branch of a new project.
const ProjectBranchKind = "gitlab.project-branch"

// ProjectBranchParams describes the branch.
type ProjectBranchParams struct {
	Project string `json:"project"` // full path
	Branch  string `json:"branch"`  // or a wildcard, when it is only protected
	// From is the branch that it starts from, "" for a branch that is not created.
	From    string `json:"from,omitempty"`
	Protect bool   `json:"protect"`
}

func (p ProjectBranchParams) within() string { return p.Project }

// NewProjectBranch makes the effect.
func NewProjectBranch(id string, p ProjectBranchParams) (operations.Effect, error) {
	return newEffect(id, ProjectBranchKind, p.Project+"@"+p.Branch, p)
}

// ProjectBranch performs ProjectBranchKind. The project is the operation's, and so are its
// branches.
type ProjectBranch struct {
	Projects     scm.Projects
	Repositories scm.Repositories
	Branches     scm.Branches
	Protections  scm.Protections
}

var _ operations.Performer = ProjectBranch{}

// Find looks whether the branch is there and protected.
func (e ProjectBranch) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := within[ProjectBranchParams](ctx, e.Projects, op, effect)
	if err != nil {
		return nil, err
	}
	if params.From != "" {
		if _, err := e.Repositories.Head(ctx, p.ID, params.Branch); err != nil {
			return nil, fmt.Errorf("reading the branch %s of %s: %w", params.Branch, p.Path, err)
		}
	}
	if params.Protect {
		names, err := e.Protections.ProtectedBranches(ctx, p.ID)
		if err != nil {
			return nil, fmt.Errorf("listing what is protected of %s: %w", p.Path, err)
		}
		if !slices.Contains(names, params.Branch) {
			return nil, errs.New(errs.NotFound, fmt.Sprintf("%s of %s is not protected", params.Branch, p.Path))
		}
	}
	return encode(struct{}{})
}

// Do creates the branch where it is missing, and protects it.
func (e ProjectBranch) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := within[ProjectBranchParams](ctx, e.Projects, op, effect)
	if err != nil {
		return nil, err
	}
	if params.From != "" {
		head, err := e.Repositories.Head(ctx, p.ID, params.From)
		if err != nil {
			return nil, fmt.Errorf("reading the branch %s of %s: %w", params.From, p.Path, err)
		}
		err = e.Branches.CreateBranch(ctx, p.ID, params.Branch, head.ID)
		if err != nil && !errors.Is(err, errs.Conflict) {
			return nil, fmt.Errorf("creating the branch %s of %s: %w", params.Branch, p.Path, err)
		}
	}
	if params.Protect {
		if err := e.Protections.ProtectBranch(ctx, p.ID, params.Branch); err != nil {
			return nil, fmt.Errorf("protecting the branch %s of %s: %w", params.Branch, p.Path, err)
		}
	}
	return encode(struct{}{})
}

// Undo leaves the branch: it goes with the project that this operation made.
func (e ProjectBranch) Undo(context.Context, operations.Ref, operations.Effect, json.RawMessage) error {
	return nil
}
