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

// BranchKind is the effect of starting a branch of any project with one commit.
const BranchKind = "gitlab.branch"

// BranchParams describes the branch and its commit.
type BranchParams struct {
	Project string `json:"project"` // number or full path
	Branch  string `json:"branch"`
	Target  string `json:"target"` // branch that it starts from, at its newest commit
	Title   string `json:"title"`  // of the commit
	// From is the folder of the workspace whose files are meant, To the one of the
	// repository that they go to; "" for the root.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	Way  string `json:"way"` // how the files are brought in: AutoFiles …
	// Files is the digest of the files (workspace.Files.Digest), Base that of what the
	// target holds in their place (Comparison.Base): a plan is about both.
	Files string `json:"files"`
	Base  string `json:"base"`
}

func (p BranchParams) within() string { return p.Project }

// BranchResult is what came of it.
type BranchResult struct {
	Project int64  `json:"project"`
	Branch  string `json:"branch"`
	Commit  string `json:"commit"`
}

// NewBranch makes the effect.
func NewBranch(id string, p BranchParams) (operations.Effect, error) {
	return newEffect(id, BranchKind, p.Project+"@"+p.Branch, p)
}

// Branch performs BranchKind. Branch and commit are made by one request, so that there is
// never a branch without the operation's mark, which is in the commit.
type Branch struct {
	Projects     scm.Projects
	Repositories scm.Repositories
	Branches     scm.Branches
	Workspaces   Workspaces
}

var _ operations.Performer = Branch{}

// Find looks for the branch and for a commit in it that carries the effect's trailers.
func (e Branch) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[BranchParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	own, _, err := ownCommit(ctx, e.Repositories, p, params.Branch, op, effect)
	switch {
	case err != nil:
		return nil, err
	case own == nil:
		return nil, foreignBranch(p, params.Branch)
	}
	return encode(BranchResult{Project: p.ID, Branch: params.Branch, Commit: own.ID})
}

// ownCommit finds the commit of a branch that carries an effect's trailers, unless a newer
// one has taken it back, and gives the newest commits.
func ownCommit(ctx context.Context, repositories scm.Repositories, p scm.Project, branch string, op operations.Ref, effect operations.Effect) (*scm.Commit, []scm.Commit, error) {
	commits, err := repositories.Commits(ctx, p.ID, branch, foreignCommitWindow)
	if err != nil {
		return nil, nil, fmt.Errorf("listing the commits of %s@%s: %w", p.Path, branch, err)
	}
	for i, c := range commits {
		if carriesTrailer(c.Message, op) && slices.Contains(lines(c.Message), undone(effect)) {
			break
		}
		if carriesTrailers(c.Message, op, effect) {
			return &commits[i], commits, nil
		}
	}
	return nil, commits, nil
}

func foreignBranch(p scm.Project, branch string) error {
	return errs.New(errs.Conflict, fmt.Sprintf("%s has a branch %s already, which was not made by this operation", p.Path, branch))
}

// Do starts the branch with one commit, which may start a pipeline like anybody's.
func (e Branch) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[BranchParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	files, err := proposed(ctx, e.Workspaces, op, params.From, params.To, params.Files)
	if err != nil {
		return nil, err
	}
	head, err := e.Repositories.Head(ctx, p.ID, params.Target)
	if err != nil {
		return nil, fmt.Errorf("reading the branch %s of %s: %w", params.Target, p.Path, err)
	}
	compared, err := Compare(ctx, e.Repositories, p.ID, head.ID, files, params.Way)
	if err != nil {
		return nil, fmt.Errorf("comparing with %s: %w", params.Target, err)
	}
	if compared.Base != params.Base {
		return nil, errs.New(errs.Conflict, fmt.Sprintf("somebody has changed the same files on %s since", params.Target))
	}
	c, err := e.Repositories.Commit(ctx, p.ID, scm.NewCommit{
		Branch: params.Branch, Start: head.ID, Message: params.Title + "\n\n" + trailers(op, effect) + "\n", Changes: compared.Changes,
	})
	if err != nil {
		return nil, fmt.Errorf("committing %d files to %s@%s: %w", len(compared.Changes), p.Path, params.Branch, err)
	}
	return encode(BranchResult{Project: p.ID, Branch: params.Branch, Commit: c.ID})
}

// Undo deletes the branch, unless somebody else has committed to it since.
func (e Branch) Undo(ctx context.Context, op operations.Ref, _ operations.Effect, result json.RawMessage) error {
	made, err := decode[BranchResult]("branch", result)
	if err != nil {
		return err
	}
	return dropBranch(ctx, e.Repositories, e.Branches, op, made.Project, made.Branch, made.Commit)
}

// dropBranch deletes a branch that an operation has made, up to one of its commits, unless
// somebody else has committed to it since.
func dropBranch(ctx context.Context, repositories scm.Repositories, branches scm.Branches, op operations.Ref, project int64, branch, upTo string) error {
	commits, err := repositories.Commits(ctx, project, branch, foreignCommitWindow)
	if errors.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("listing the commits of the branch %s of project %d: %w", branch, project, err)
	}
	for _, c := range commits {
		if c.ID == upTo {
			break
		}
		if !carriesTrailer(c.Message, op) {
			return foreignCommit(c)
		}
	}
	if err := branches.DeleteBranch(ctx, project, branch); err != nil {
		return fmt.Errorf("deleting the branch %s of project %d: %w", branch, project, err)
	}
	return nil
}

func foreignCommit(c scm.Commit) error {
	return errs.New(errs.Conflict, fmt.Sprintf("somebody else has committed to it (%.8s), so it is left for a person to decide", c.ID))
}
