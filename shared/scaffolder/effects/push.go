package effects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// PushKind is the effect of bringing files into a branch of any project, which is made where
// it is missing.
const PushKind = "gitlab.push"

// What a push makes.
const (
	MakesCommit = "commit"        // on a branch that is there
	MakesBranch = "branch"        // that holds what another one holds
	MakesBoth   = "branch+commit" // in one request
)

// PushParams describes the push.
type PushParams struct {
	Project string `json:"project"` // number or full path
	Branch  string `json:"branch"`
	Start   string `json:"start"`           // branch that a missing one starts from
	Makes   string `json:"makes"`           // MakesCommit …
	Title   string `json:"title,omitempty"` // of the commit
	// From, To, Way, Files and Base are as those of BranchParams.
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
	Way   string `json:"way"`
	Files string `json:"files"`
	Base  string `json:"base"`
}

func (p PushParams) within() string { return p.Project }

// PushResult is what came of it.
type PushResult struct {
	Project int64  `json:"project"`
	Branch  string `json:"branch"`
	Commit  string `json:"commit,omitempty"` // "" when only a branch was made
	Parent  string `json:"parent"`           // commit that it builds on
	Folder  string `json:"folder,omitempty"` // that all files lie in
}

// NewPush makes the effect.
func NewPush(id string, p PushParams) (operations.Effect, error) {
	return newEffect(id, PushKind, p.Project+"@"+p.Branch+" for "+id, p)
}

// Push performs PushKind.
type Push struct {
	Projects     scm.Projects
	Repositories scm.Repositories
	Branches     scm.Branches
	Workspaces   Workspaces
}

var _ operations.Performer = Push{}

// Find looks for a commit of the branch that carries the effect's trailers. A branch without
// a commit carries no mark: one that has none of its own is taken for the operation's, for
// nothing of anybody's goes with it.
func (e Push) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[PushParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	own, commits, err := ownCommit(ctx, e.Repositories, p, params.Branch, op, effect)
	if err != nil {
		return nil, err
	}
	if own != nil && len(own.Parents) > 0 {
		return e.result(ctx, op, params, PushResult{Project: p.ID, Branch: params.Branch, Commit: own.ID, Parent: own.Parents[0]})
	}
	if params.Makes == MakesCommit {
		return nil, errs.New(errs.NotFound, "the branch has no commit of this operation")
	}
	if params.Makes == MakesBranch && len(commits) > 0 {
		of, err := e.Repositories.Commits(ctx, p.ID, params.Start, foreignCommitWindow)
		if err != nil {
			return nil, fmt.Errorf("listing the commits of %s@%s: %w", p.Path, params.Start, err)
		}
		for _, c := range of {
			if c.ID == commits[0].ID {
				return encode(PushResult{Project: p.ID, Branch: params.Branch, Parent: c.ID})
			}
		}
	}
	return nil, foreignBranch(p, params.Branch)
}

// undone is the trailer of the commit that takes back what an effect's has changed.
func undone(e operations.Effect) string { return undoneTrailerKey + ": " + e.ID }

// result adds the folder of the files. Without the files, which only undoing needs to know
// of, all of the repository is looked through then.
func (e Push) result(ctx context.Context, op operations.Ref, params PushParams, r PushResult) (json.RawMessage, error) {
	if files, err := proposed(ctx, e.Workspaces, op, params.From, params.To, params.Files); err == nil {
		r.Folder = commonFolder(files.Sorted())
	}
	return encode(r)
}

// Do makes the commit, which may start a pipeline like anybody's, and the branch.
func (e Push) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[PushParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	from := params.Branch
	if params.Makes != MakesCommit {
		from = params.Start
	}
	head, err := e.Repositories.Head(ctx, p.ID, from)
	if err != nil {
		return nil, fmt.Errorf("reading the branch %s of %s: %w", from, p.Path, err)
	}
	if params.Makes == MakesBranch {
		if err := e.Branches.CreateBranch(ctx, p.ID, params.Branch, head.ID); err != nil {
			return nil, fmt.Errorf("creating the branch %s of %s: %w", params.Branch, p.Path, err)
		}
		return encode(PushResult{Project: p.ID, Branch: params.Branch, Parent: head.ID})
	}
	return e.commit(ctx, op, effect, params, PushResult{Project: p.ID, Branch: params.Branch, Parent: head.ID})
}

func (e Push) commit(ctx context.Context, op operations.Ref, effect operations.Effect, params PushParams, made PushResult) (json.RawMessage, error) {
	files, err := proposed(ctx, e.Workspaces, op, params.From, params.To, params.Files)
	if err != nil {
		return nil, err
	}
	compared, err := Compare(ctx, e.Repositories, made.Project, made.Parent, files, params.Way)
	if err != nil {
		return nil, fmt.Errorf("comparing with %s: %w", params.Branch, err)
	}
	if compared.Base != params.Base {
		return nil, errs.New(errs.Conflict, fmt.Sprintf("somebody has changed the same files of %s since", params.Project))
	}
	n := scm.NewCommit{
		Branch: params.Branch, Message: params.Title + "\n\n" + trailers(op, effect) + "\n", Changes: compared.Changes, Seen: made.Parent,
		Empty: len(compared.Changes) == 0,
	}
	if params.Makes == MakesBoth {
		n.Start = made.Parent
	}
	c, err := e.Repositories.Commit(ctx, made.Project, n)
	if err != nil {
		return nil, fmt.Errorf("committing %d files to %s@%s: %w", len(n.Changes), params.Project, params.Branch, err)
	}
	made.Commit = c.ID
	return e.result(ctx, op, params, made)
}

// Undo deletes a branch that the push has made, unless somebody else has committed to it
// since. On one that was there it takes the commit's changes back with another commit.
func (e Push) Undo(ctx context.Context, op operations.Ref, effect operations.Effect, result json.RawMessage) error {
	made, err := decode[PushResult]("push", result)
	if err != nil {
		return err
	}
	params, err := decode[PushParams]("push", effect.Params)
	if err != nil {
		return err
	}
	if params.Makes != MakesCommit {
		return dropBranch(ctx, e.Repositories, e.Branches, op, made.Project, made.Branch, made.Parent)
	}
	err = restoration{repositories: e.Repositories, made: made}.commit(ctx, fmt.Sprintf("Undo %q\n\n%s\n%s\n", lines(params.Title)[0], trailer(op), undone(effect)))
	if errors.Is(err, errs.NotFound) { // with its branch or its project
		return nil
	}
	return err
}
