package effects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/shared/scm"
)

// CommitKind is the effect of committing a workspace to a new project.
const CommitKind = "gitlab.commit"

// CommitParams describes the commit.
type CommitParams struct {
	Project string `json:"project"` // full path
	Branch  string `json:"branch"`
	Title   string `json:"title"`
	// From is the folder of the workspace that is committed, "" for all of it; Files is the
	// digest of its files (workspace.Files.Digest): a plan is about what they hold.
	From  string `json:"from,omitempty"`
	Files string `json:"files"`
	// The author that the commit names; the token's user when empty.
	AuthorName  string `json:"authorName,omitempty"`
	AuthorEmail string `json:"authorEmail,omitempty"`
	// CIFile is where the project has its pipeline defined, when it is not in the usual file.
	CIFile string `json:"ciFile,omitempty"`
	// NoPipeline keeps the commit from starting a pipeline: the operation starts one itself.
	NoPipeline bool `json:"noPipeline,omitempty"`
}

func (p CommitParams) within() string { return p.Project }

// CommitResult is what came of it.
type CommitResult struct {
	ID string `json:"id"`
}

// NewCommit makes the effect.
func NewCommit(id string, p CommitParams) (operations.Effect, error) {
	return newEffect(id, CommitKind, p.Project+"@"+p.Branch, p)
}

// Workspaces gives the files that steps have made so far.
type Workspaces interface {
	// Load gives the files of a workspace; NotFound when there is none.
	Load(ctx context.Context, id string) (*workspace.Files, error)
}

// Commit performs CommitKind.
type Commit struct {
	Projects     scm.Projects
	Repositories scm.Repositories
	Workspaces   Workspaces
}

var _ operations.Performer = Commit{}

// Find looks for a commit with the operation's trailer at the head of the branch.
func (e Commit) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := within[CommitParams](ctx, e.Projects, op, effect)
	if err != nil {
		return nil, err
	}
	commits, err := e.Repositories.Commits(ctx, p.ID, params.Branch, foreignCommitWindow)
	if err != nil {
		return nil, fmt.Errorf("listing the commits of %s: %w", params.Project, err)
	}
	for _, c := range commits {
		if carriesTrailer(c.Message, op) {
			return encode(CommitResult{ID: c.ID})
		}
	}
	if len(commits) == 0 {
		return nil, errs.New(errs.NotFound, "the branch has no commit")
	}
	return nil, errs.New(errs.Conflict, fmt.Sprintf("the branch %s of %s holds somebody else's commits", params.Branch, params.Project))
}

// Do writes all files of the workspace in one commit.
func (e Commit) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := within[CommitParams](ctx, e.Projects, op, effect)
	if err != nil {
		return nil, err
	}
	changes, err := e.changes(ctx, op, params)
	if err != nil {
		return nil, err
	}
	title := params.Title
	if params.NoPipeline {
		title += " [skip ci]" // GitLab's pipeline API, which starts the one that is waited for, ignores it
	}
	message := fmt.Sprintf("%s\n\n%s\n", title, trailer(op))
	c, err := e.Repositories.Commit(ctx, p.ID, scm.NewCommit{
		Branch: params.Branch, Message: message, Changes: changes, Author: scm.Signature{Name: params.AuthorName, Email: params.AuthorEmail},
	})
	if err != nil {
		return nil, fmt.Errorf("committing %d files to %s: %w", len(changes), params.Project, err)
	}
	return encode(CommitResult{ID: c.ID})
}

// changes gives the operation's files, which must be those that the effect was meant for.
func (e Commit) changes(ctx context.Context, op operations.Ref, params CommitParams) ([]scm.Change, error) {
	all, err := e.Workspaces.Load(ctx, op.ID)
	if errors.Is(err, errs.NotFound) {
		return nil, errs.New(errs.Invalid, "there is nothing to publish: no step before made any file")
	}
	if err != nil {
		return nil, fmt.Errorf("loading the workspace: %w", err)
	}
	files, err := Placed(all, params.From, "")
	if err != nil {
		return nil, err
	}
	if files.Len() == 0 {
		return nil, errs.New(errs.Invalid, "there is nothing to publish: the steps before left no file")
	}
	if files.Digest() != params.Files {
		return nil, errs.New(errs.Conflict, "the files are not those that were to be published")
	}
	changes := make([]scm.Change, 0, files.Len())
	for _, f := range files.All() {
		changes = append(changes, scm.Change{
			Action: scm.CreateFile, Path: f.Path, Content: f.Content, Executable: f.Executable, Link: f.Link,
		})
	}
	return changes, nil
}

// Undo leaves the commit: it goes with the project that this operation made.
func (e Commit) Undo(context.Context, operations.Ref, operations.Effect, json.RawMessage) error {
	return nil
}
