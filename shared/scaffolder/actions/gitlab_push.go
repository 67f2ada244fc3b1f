package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/shared/scm"
)

// PushID is what templates call the action that commits to a branch.
const PushID = "gitlab:repo:push"

// push commits the files of the workspace to a branch of a project.
type push struct {
	host         gitLabHost
	projects     scm.Projects
	repositories scm.Repositories
}

var _ Action = push{}

// ID gives "gitlab:repo:push".
func (push) ID() string { return PushID }

type pushInput struct {
	RepoURL       string `json:"repoUrl"`
	BranchName    string `json:"branchName"`
	CommitMessage string `json:"commitMessage"`
	SourcePath    string `json:"sourcePath"`
	TargetPath    string `json:"targetPath"`
	CommitAction  string `json:"commitAction"`
	AllowEmpty    bool   `json:"allowEmpty"`

	project string // full path or number
}

// maxMessage is how long a commit message may be, in bytes.
const maxMessage = 10_000

func (a push) read(c Call) (pushInput, error) {
	in, err := decodeInput[pushInput](c)
	if err != nil {
		return in, err
	}
	if in.project, err = a.host.project(c, in.RepoURL); err != nil {
		return in, err
	}
	if err := branchName(c, "branchName", in.BranchName); err != nil {
		return in, err
	}
	if err := required(PushID, "commitMessage", strings.TrimSpace(in.CommitMessage)); err != nil {
		return in, err
	}
	if len(in.CommitMessage) > maxMessage {
		return in, errs.New(errs.Invalid, fmt.Sprintf("commitMessage is longer than %d bytes", maxMessage))
	}
	in.CommitAction = orDefault(in.CommitAction, effects.AutoFiles)
	if !slices.Contains([]string{effects.AutoFiles, effects.CreateFiles, effects.UpdateFiles, effects.DeleteFiles}, in.CommitAction) {
		return in, errs.New(errs.Invalid, "commitAction is auto, create, update or delete")
	}
	in.SourcePath, in.TargetPath = folder(in.SourcePath), folder(in.TargetPath)
	return in, nil
}

// pushing is what a push comes to, seen from the branch as it is now.
type pushing struct {
	in      pushInput
	files   *workspace.Files
	ignored int
	project scm.Project // zero for one that is not there yet
	head    scm.Commit  // that the commit goes on
	changes []scm.Change
	params  effects.PushParams // Makes is "" when there is nothing to make
}

func (a push) look(ctx context.Context, c Call) (*pushing, error) {
	in, err := a.read(c)
	if err != nil {
		return nil, err
	}
	all, err := loadFiles(ctx, c)
	if err != nil {
		return nil, err
	}
	p := &pushing{in: in}
	if p.files, p.ignored, err = placed(all, in.SourcePath, in.TargetPath); err != nil {
		return nil, err
	}
	p.params = effects.PushParams{
		Project: in.project, Branch: in.BranchName, Title: strings.TrimSpace(in.CommitMessage), From: in.SourcePath, To: in.TargetPath,
		Way: in.CommitAction, Files: digestOf(c, p.files),
	}
	var known bool
	if p.project, known, err = knownProject(ctx, c, a.projects, in.project); err != nil {
		return nil, err
	}
	if !known || c.unforeseen(in.BranchName) {
		p.unknown(c)
		return p, nil
	}
	return p, a.compare(ctx, c, p)
}

// unknown plans for a project that nobody can look into yet.
func (p *pushing) unknown(c Call) {
	p.params.Start, p.params.Makes, p.params.Base = c.unknown("start"), c.unknown("makes"), c.unknown("base")
	p.changes = created(p.files)
}

// created gives all files as those of a repository that holds none of them.
func created(files *workspace.Files) []scm.Change {
	var list []scm.Change
	for _, f := range files.All() {
		list = append(list, scm.Change{Action: scm.CreateFile, Path: f.Path, Content: f.Content, Executable: f.Executable, Link: f.Link})
	}
	return list
}

// compare finds out whether the branch is there and what differs from it, or from the
// default branch that it would start from.
func (a push) compare(ctx context.Context, c Call, p *pushing) error {
	var err error
	makes := effects.MakesCommit
	p.head, err = a.repositories.Head(ctx, p.project.ID, p.in.BranchName)
	if errors.Is(err, errs.NotFound) {
		if p.project.DefaultBranch == "" {
			return errs.New(errs.Invalid, fmt.Sprintf("the project %s is empty: there is no branch to push to", p.project.Path))
		}
		makes, p.params.Start = effects.MakesBoth, p.project.DefaultBranch
		p.head, err = a.repositories.Head(ctx, p.project.ID, p.project.DefaultBranch)
	}
	if err != nil {
		return fmt.Errorf("reading the branches of %s: %w", p.project.Path, err)
	}
	compared, err := effects.Compare(ctx, a.repositories, p.project.ID, p.head.ID, p.files, p.in.CommitAction)
	if err != nil {
		return fmt.Errorf("comparing with %s: %w", p.project.Path, err)
	}
	p.changes, p.params.Base = compared.Changes, compared.Base
	if c.Rehearsing && operations.HoldsUnknown(p.params.Files) {
		p.params.Base = c.unknown("base")
	}
	p.params.Makes = makes
	if len(p.changes) == 0 && !p.in.AllowEmpty {
		p.params.Makes = map[string]string{effects.MakesBoth: effects.MakesBranch}[makes]
	}
	return nil
}

func (p *pushing) outputs() map[string]any {
	return map[string]any{"projectid": p.in.project, "projectPath": orDefault(p.project.Path, p.in.project)}
}

func (c Call) pushID() string { return c.StepID + "/push" }

// Plan states the push, and shows what would change.
func (a push) Plan(ctx context.Context, c Call) (Planned, error) {
	c.Rehearsing = true
	p, err := a.look(ctx, c)
	if err != nil {
		return Planned{}, err
	}
	sayIgnored(c, p.ignored)
	planned := Planned{Outputs: p.outputs(), Detail: "nothing to push"}
	if p.params.Makes == "" {
		return planned, nil
	}
	e, err := effects.NewPush(c.pushID(), p.params)
	if err != nil {
		return Planned{}, err
	}
	planned.Effects, planned.Detail = []operations.Effect{e}, p.in.project+"@"+p.in.BranchName
	if p.params.Makes != effects.MakesBranch {
		planned.Outputs["commitHash"] = c.unknown("commitHash")
	}
	planned.Changes, err = shownChanges(ctx, a.repositories, p.project, p.in.project, p.in.BranchName, p.head, p.changes)
	return planned, err
}

// Run pushes. Once an earlier run has begun, the branch no longer looks as it did.
func (a push) Run(ctx context.Context, c Call) (Result, error) {
	e, err := c.begun(ctx, c.pushID())
	if err != nil {
		return Result{}, err
	}
	p, err := a.look(ctx, c)
	if err != nil && e == nil {
		return Result{}, err
	}
	if p == nil { // the branch holds by now what can't be brought in a second time
		if p, err = a.begunPushing(ctx, c); err != nil {
			return Result{}, err
		}
	}
	out := p.outputs()
	if e == nil {
		sayIgnored(c, p.ignored)
		if p.params.Makes == "" {
			c.say("there is nothing to push: " + p.in.BranchName + " holds the files as they are")
			return Result{Outputs: out, Detail: "nothing to push"}, nil
		}
		made, err := effects.NewPush(c.pushID(), p.params)
		if err != nil {
			return Result{}, err
		}
		e = &made
	}
	made, err := apply[effects.PushResult](ctx, c, *e)
	if err != nil {
		return Result{}, err
	}
	if made.Commit == "" {
		c.say("nothing differs: made the branch " + made.Branch + " without a commit")
		return Result{Outputs: out, Detail: p.in.project + "@" + made.Branch}, nil
	}
	out["commitHash"] = made.Commit
	c.say(fmt.Sprintf("committed to the branch %s (%.8s)", made.Branch, made.Commit))
	return Result{Outputs: out, Detail: p.in.project + "@" + made.Branch}, nil
}

// begunPushing gives what is needed to go on with a push that was begun.
func (a push) begunPushing(ctx context.Context, c Call) (*pushing, error) {
	in, err := a.read(c)
	if err != nil {
		return nil, err
	}
	p := &pushing{in: in}
	p.project, err = effects.AnyProject(ctx, a.projects, in.project)
	return p, err
}

func pushSpec() Spec {
	return Spec{
		ID:          PushID,
		Description: "Commits the files of the workspace to a branch of a project, which is made where it is missing.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["repoUrl","branchName","commitMessage"],"additionalProperties":false,"properties":{
"repoUrl":{"type":"string","description":"The project, as RepoUrlPicker writes it: host?owner=group&repo=name, or host?project=number"},
"branchName":{"type":"string","description":"The branch; one that is missing starts from the default branch"},
"commitMessage":{"type":"string","description":"The message of the commit"},
"sourcePath":{"type":"string","description":"The folder of the workspace to commit; all of it when not given"},
"targetPath":{"type":"string","description":"The folder of the project that it goes to"},
"commitAction":{"type":"string","enum":["auto","create","update","delete"],"description":"auto (when not given) creates what is missing, updates what differs and leaves out the rest"},
"allowEmpty":{"type":"boolean","description":"Commit although nothing changes; GitLab has to be able to"},
"token":{"type":"string","description":"Accepted for compatibility; the portal uses its own access"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"projectid":{"type":"string","description":"The project as it was given"},
"projectPath":{"type":"string","description":"The full path of the project"},
"commitHash":{"type":"string","description":"The id of the commit; none when there was nothing to commit"}}}`),
		Examples: []Example{{"Add a file to a project that is there", `steps:
  - id: push
    name: Add the service to the list
    action: gitlab:repo:push
    input:
      repoUrl: gitlab.example.com?owner=platform&repo=services
      branchName: main
      commitMessage: Add ${{ parameters.name }}
      sourcePath: entry
      targetPath: services
`}},
		Effects: []Undo{{effects.PushKind, "a branch that it made is deleted, unless somebody else has committed to it; else another commit takes back what it changed, unless somebody has changed the same files since"}},
	}
}
