package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/shared/scm"
)

// MergeRequestID is what templates call the action that proposes changes to a project.
const MergeRequestID = "publish:gitlab:merge-request"

// mergeRequest proposes the files of the workspace to a project: a branch with one commit,
// and the merge request.
type mergeRequest struct {
	host         gitLabHost
	projects     scm.Projects
	repositories scm.Repositories
}

var _ Action = mergeRequest{}

// ID gives "publish:gitlab:merge-request".
func (mergeRequest) ID() string { return MergeRequestID }

type mergeRequestInput struct {
	RepoURL            string      `json:"repoUrl"`
	ProjectID          projectName `json:"projectid"`
	Title              string      `json:"title"`
	Description        string      `json:"description"`
	BranchName         string      `json:"branchName"`
	TargetBranchName   string      `json:"targetBranchName"`
	SourcePath         string      `json:"sourcePath"`
	TargetPath         string      `json:"targetPath"`
	CommitAction       string      `json:"commitAction"`
	RemoveSourceBranch bool        `json:"removeSourceBranch"`
	Assignee           string      `json:"assignee"`
	Reviewers          []string    `json:"reviewers"`
	Labels             labels      `json:"labels"`
	FromApprovalRules  bool        `json:"assignReviewersFromApprovalRules"`
	AutoMerge          bool        `json:"autoMerge"`
}

// labels are a list, or a text with commas in it.
type labels []string

// UnmarshalJSON takes either.
func (l *labels) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return json.Unmarshal(raw, (*[]string)(l))
	}
	for _, label := range strings.Split(text, ",") {
		if label = strings.TrimSpace(label); label != "" {
			*l = append(*l, label)
		}
	}
	return nil
}

// read checks an input and fills in what it leaves out, as far as that needs nobody's
// answer.
func (a mergeRequest) read(c Call) (mergeRequestInput, error) {
	in, err := decodeInput[mergeRequestInput](c)
	if err != nil {
		return in, err
	}
	project, err := a.host.project(c, in.RepoURL)
	if err == nil && in.ProjectID != "" {
		project, err = in.ProjectID.checked(c, "projectid")
	}
	if err != nil {
		return in, err
	}
	in.ProjectID = projectName(project)
	in.CommitAction = orDefault(in.CommitAction, effects.AutoFiles)
	if !slices.Contains([]string{effects.AutoFiles, effects.CreateFiles, effects.UpdateFiles, effects.DeleteFiles, effects.SkipFiles}, in.CommitAction) {
		return in, errs.New(errs.Invalid, "commitAction is auto, create, update, delete or skip")
	}
	if in.SourcePath == "" {
		in.SourcePath = in.TargetPath // as Backstage has it; "." is the whole workspace
	}
	in.SourcePath, in.TargetPath = folder(in.SourcePath), folder(in.TargetPath)
	return in, in.check(c)
}

// folder gives a folder's path without what says nothing; "" for the root.
func folder(given string) string {
	clean := path.Clean("./" + strings.TrimPrefix(given, "/"))
	if clean == "." {
		return ""
	}
	return clean // one that leads out is refused with the first file in it
}

func (in mergeRequestInput) check(c Call) error {
	if err := required(MergeRequestID, "title", strings.TrimSpace(in.Title)); err != nil {
		return err
	}
	if err := oneLine("title", in.Title, 255); err != nil {
		return err
	}
	if err := branchName(c, "branchName", in.BranchName); err != nil {
		return err
	}
	if in.BranchName == in.TargetBranchName {
		return errs.New(errs.Invalid, "branchName and targetBranchName are the same")
	}
	if in.TargetBranchName != "" {
		if err := branchName(c, "targetBranchName", in.TargetBranchName); err != nil {
			return err
		}
	}
	if in.AutoMerge {
		return errs.New(errs.Invalid, "autoMerge merges what nobody could undo when a later step fails; it is not supported")
	}
	if len(in.Description) > 100_000 {
		return errs.New(errs.Invalid, "description is longer than 100000 bytes")
	}
	return nil
}

// proposal is what a merge request comes to, seen from the target's newest commit.
type proposal struct {
	in      mergeRequestInput
	files   *workspace.Files
	ignored int         // files that are left out, because .gitignore says so
	project scm.Project // zero for one that is not there yet
	head    scm.Commit  // of the target
	changes []scm.Change
	base    string // see effects.BranchParams
	bare    bool   // the branch is made, without a commit: there is none and nothing to change
}

// propose compares the workspace with the target.
func (a mergeRequest) propose(ctx context.Context, c Call) (*proposal, error) {
	in, err := a.read(c)
	if err != nil {
		return nil, err
	}
	all, err := loadFiles(ctx, c)
	if err != nil {
		return nil, err
	}
	p := &proposal{in: in}
	if p.files, p.ignored, err = placed(all, in.SourcePath, in.TargetPath); err != nil {
		return nil, err
	}
	var known bool
	if p.project, known, err = knownProject(ctx, c, a.projects, string(in.ProjectID)); err != nil {
		return nil, err
	}
	if !known {
		p.unknown(c)
		return p, nil
	}
	return p, a.compare(ctx, c, p)
}

// unknown plans for a project that nobody can look into yet.
func (p *proposal) unknown(c Call) {
	p.in.TargetBranchName = orDefault(p.in.TargetBranchName, c.unknown("targetBranchName"))
	p.base = c.unknown("base")
	p.changes = created(p.files)
}

func (a mergeRequest) compare(ctx context.Context, c Call, p *proposal) error {
	p.in.TargetBranchName = orDefault(p.in.TargetBranchName, p.project.DefaultBranch)
	target := p.in.TargetBranchName
	switch {
	case target == "":
		return errs.New(errs.Invalid, fmt.Sprintf("the project %s is empty: there is no branch to propose changes to", p.project.Path))
	case target == p.in.BranchName:
		return errs.New(errs.Invalid, fmt.Sprintf("branchName is %s, the branch to propose changes to", target))
	}
	var err error
	if p.head, err = a.repositories.Head(ctx, p.project.ID, target); err != nil {
		return fmt.Errorf("reading the branch %s of %s: %w", target, p.project.Path, err)
	}
	compared, err := effects.Compare(ctx, a.repositories, p.project.ID, p.head.ID, p.files, p.in.CommitAction)
	if err != nil {
		return fmt.Errorf("comparing with %s of %s: %w", target, p.project.Path, err)
	}
	p.changes, p.base = compared.Changes, compared.Base
	if c.Rehearsing && slices.ContainsFunc(p.files.All(), func(f workspace.File) bool { return operations.HoldsUnknown(f.Path) }) {
		p.base = c.unknown("base")
	}
	return nil
}

// effects gives the branch, unless somebody else's is proposed, and the merge request.
func (p *proposal) effects(c Call) ([]operations.Effect, error) {
	in := p.in
	request, err := effects.NewMergeRequest(c.StepID+"/merge-request", effects.MergeRequestParams{
		Project: string(in.ProjectID), Source: in.BranchName, Target: in.TargetBranchName, Title: in.Title, Description: in.Description,
		Labels: in.Labels, Assignee: in.Assignee, Reviewers: in.Reviewers, RemoveSourceBranch: in.RemoveSourceBranch,
		Existing: len(p.changes) == 0 && !p.bare,
	})
	if err != nil || (len(p.changes) == 0 && !p.bare) {
		return []operations.Effect{request}, err
	}
	branch, err := p.branch(c)
	return []operations.Effect{branch, request}, err
}

func (p *proposal) branch(c Call) (operations.Effect, error) {
	in := p.in
	if p.bare {
		return effects.NewPush(c.StepID+"/bare", effects.PushParams{
			Project: string(in.ProjectID), Branch: in.BranchName, Start: in.TargetBranchName, Makes: effects.MakesBranch, Way: effects.SkipFiles,
		})
	}
	return effects.NewBranch(c.StepID+"/branch", effects.BranchParams{
		Project: string(in.ProjectID), Branch: in.BranchName, Target: in.TargetBranchName, Title: in.Title,
		From: in.SourcePath, To: in.TargetPath, Way: in.CommitAction, Files: digestOf(c, p.files), Base: p.base,
	})
}

// findBare finds out whether there is nothing to propose but a branch that is not there. One
// that an earlier run has made is there by now.
func (a mergeRequest) findBare(ctx context.Context, c Call, p *proposal) error {
	if len(p.changes) > 0 || p.project.ID == 0 {
		return nil
	}
	begun, err := c.begun(ctx, c.StepID+"/bare")
	if err != nil || begun != nil {
		p.bare = begun != nil
		return err
	}
	_, err = a.repositories.Head(ctx, p.project.ID, p.in.BranchName)
	if p.bare = errors.Is(err, errs.NotFound); p.bare {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the branch %s of %s: %w", p.in.BranchName, p.project.Path, err)
	}
	return nil
}

// outputs gives what is known of the outputs before the merge request is.
func (p *proposal) outputs(mergeRequestURL string) map[string]any {
	name := string(p.in.ProjectID)
	return map[string]any{
		"projectid": name, "projectPath": orDefault(p.project.Path, name), "targetBranchName": p.in.TargetBranchName, "mergeRequestUrl": mergeRequestURL,
	}
}

// Plan states the branch and the merge request, and shows what would change.
func (a mergeRequest) Plan(ctx context.Context, c Call) (Planned, error) {
	c.Rehearsing = true
	p, err := a.propose(ctx, c)
	if err != nil {
		return Planned{}, err
	}
	if err := a.findBare(ctx, c, p); err != nil {
		return Planned{}, err
	}
	sayIgnored(c, p.ignored)
	list, err := p.effects(c)
	if err != nil {
		return Planned{}, err
	}
	if err := a.refuseTaken(ctx, c, p, list[0]); err != nil {
		return Planned{}, err
	}
	changes, err := shownChanges(ctx, a.repositories, p.project, string(p.in.ProjectID), p.in.BranchName, p.head, p.changes)
	return Planned{Effects: list, Outputs: p.outputs(c.unknown("mergeRequestUrl")), Changes: changes, Detail: list[len(list)-1].Target}, err
}

// refuseTaken refuses a branch that somebody else has made already: better before anything
// is made than after.
func (a mergeRequest) refuseTaken(ctx context.Context, c Call, p *proposal, branch operations.Effect) error {
	if p.project.ID == 0 || branch.Kind != effects.BranchKind || c.unforeseen(p.in.BranchName) {
		return nil
	}
	_, err := effects.Branch{Projects: a.projects, Repositories: a.repositories}.Find(ctx, c.Operation, branch)
	if err != nil && !errors.Is(err, errs.NotFound) {
		return fmt.Errorf("looking whether %s is free: %w", branch.Target, err)
	}
	return nil
}

// Run makes the branch and opens the merge request.
func (a mergeRequest) Run(ctx context.Context, c Call) (Result, error) {
	p, err := a.propose(ctx, c)
	if err != nil {
		return Result{}, err
	}
	if err := a.findBare(ctx, c, p); err != nil {
		return Result{}, err
	}
	sayIgnored(c, p.ignored)
	list, err := p.effects(c)
	if err != nil {
		return Result{}, err
	}
	if len(list) > 1 {
		made, err := apply[effects.BranchResult](ctx, c, list[0])
		if err != nil {
			return Result{}, err
		}
		if p.bare {
			c.say("nothing differs: made the branch " + made.Branch + " without a commit")
		} else {
			c.say(fmt.Sprintf("committed %s to the branch %s (%.8s)", counted(len(p.changes)), made.Branch, made.Commit))
		}
	}
	opened, err := apply[effects.MergeRequestResult](ctx, c, list[len(list)-1])
	if err != nil {
		return Result{}, err
	}
	p.say(c, opened)
	return Result{Outputs: p.outputs(opened.WebURL), Detail: opened.WebURL}, nil
}

func (p *proposal) say(c Call, opened effects.MergeRequestResult) {
	c.say("opened the merge request " + opened.WebURL)
	if len(opened.Unassigned) > 0 {
		c.say("GitLab does not know, so they are not asked: " + strings.Join(opened.Unassigned, ", "))
	}
	if p.in.FromApprovalRules {
		c.say("reviewers are not taken from approval rules: GitLab asks for the approvals itself")
	}
}
