package actions

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/shared/scm"
)

// PublishGitLabID is what templates call PublishGitLab.
const PublishGitLabID = "publish:gitlab"

// PublishGitLab is "publish:gitlab": a new project, all files of the workspace in one
// commit, the webhook that keeps the portal informed, and CI/CD variables. The pipeline is started by the
// operation once all steps are through.
type PublishGitLab struct{ cfg PublishConfig }

// PublishConfig is what PublishGitLab needs.
type PublishConfig struct {
	BaseURL  string        // of the GitLab, "https://gitlab.example.com"
	Projects scm.Projects  // for skipExisting; without it that is refused
	Vault    effects.Vault // of masked variables; without one they are refused
}

// NewPublishGitLab makes the action.
func NewPublishGitLab(c PublishConfig) (*PublishGitLab, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" {
		return nil, errors.New("publish:gitlab needs the URL of the GitLab")
	}
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	if c.Vault == nil {
		c.Vault = effects.NoSecrets{}
	}
	return &PublishGitLab{cfg: c}, nil
}

// ID gives "publish:gitlab".
func (*PublishGitLab) ID() string { return PublishGitLabID }

// publication is a checked input.
type publication struct {
	in         publishInput
	existing   *scm.Project     // that is not published to, when skipExisting asks for that
	files      *workspace.Files // that are published
	ignored    int              // files that are not, because .gitignore says so
	project    operations.Effect
	owner      *operations.Effect // nil when nobody is named
	commit     *operations.Effect // nil for a project that stays empty
	branches   []operations.Effect
	hook       operations.Effect
	variables  []variable
	path       string
	webURL     string
	contentURL string
}

// effects gives what is made, in order.
func (p publication) effects() []operations.Effect {
	list := []operations.Effect{p.project}
	for _, e := range []*operations.Effect{p.owner, p.commit} {
		if e != nil {
			list = append(list, *e)
		}
	}
	list = append(append(list, p.branches...), p.hook)
	for _, v := range p.variables {
		list = append(list, v.effect)
	}
	return list
}

func (a *PublishGitLab) read(ctx context.Context, c Call) (publication, error) {
	in, err := decodeInput[publishInput](c)
	if err != nil {
		return publication{}, err
	}
	repo, err := ParseRepoURL(in.RepoURL)
	if err != nil {
		return publication{}, err
	}
	base, _ := url.Parse(a.cfg.BaseURL)
	if repo.Host != base.Host && repo.Host != base.Hostname() {
		return publication{}, errs.New(errs.Invalid, fmt.Sprintf("repoUrl names the host %.100q; repositories are created on %s", repo.Host, base.Host))
	}
	if err := in.complete(repo); err != nil {
		return publication{}, err
	}
	p := publication{in: in, path: repo.Owner + "/" + in.Settings.Path}
	if err := a.skip(ctx, c, &p); err != nil || p.existing != nil {
		return p, err
	}
	all, err := loadFiles(ctx, c)
	if err != nil {
		return publication{}, err
	}
	if p.files, p.ignored, err = placed(all, in.from, ""); err != nil {
		return publication{}, err
	}
	p.webURL = a.cfg.BaseURL + "/" + p.path
	p.contentURL = p.webURL + "/-/blob/" + in.DefaultBranch
	return p, p.state(c, repo)
}

// skip looks whether there is a project that is not to be published to.
func (a *PublishGitLab) skip(ctx context.Context, c Call, p *publication) error {
	if !p.in.SkipExisting {
		return nil
	}
	if a.cfg.Projects == nil {
		return errs.New(errs.Invalid, "skipExisting needs to look for projects, which can't be done here")
	}
	found, err := a.cfg.Projects.Project(ctx, p.path)
	switch {
	case errors.Is(err, errs.NotFound):
		return nil
	case err != nil:
		return fmt.Errorf("looking for the project %s: %w", p.path, err)
	case found.At(p.path) && !effects.MadeProject(found, c.Operation):
		p.existing = &found
	}
	return nil
}

// outputs of a project that is left as it is.
func (p publication) skipped() (map[string]any, string) {
	out := map[string]any{
		"remoteUrl": p.existing.WebURL, "repoContentsUrl": p.existing.WebURL + "/-/blob/" + p.existing.DefaultBranch,
		"projectId": p.existing.ID, "created": false,
	}
	return out, p.existing.WebURL + " is there already"
}

// placed is effects.Placed, with the number of files that were left out.
func placed(all *workspace.Files, from, to string) (*workspace.Files, int, error) {
	files, err := effects.Placed(all, from, to)
	if err != nil {
		return nil, 0, err
	}
	below, err := all.Under(from)
	if err != nil {
		return nil, 0, err
	}
	return files, below.Len() - files.Len(), nil
}

// sayIgnored says how many files were left out.
func sayIgnored(c Call, ignored int) {
	if ignored > 0 {
		c.say("left out " + counted(ignored) + " that .gitignore names")
	}
}

func orDefault(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// state makes the effects.
func (p *publication) state(c Call, repo RepoURL) error {
	in := p.in
	var err error
	p.project, err = effects.NewProject(c.StepID+"/project", effects.ProjectParams{
		Namespace: repo.Owner, Slug: in.Settings.Path, Name: in.Settings.Name, Description: in.Description, DefaultBranch: in.DefaultBranch, Visibility: in.RepoVisibility,
		Topics: in.Topics, Settings: in.Settings.ofProject(),
	})
	if err != nil {
		return err
	}
	if in.OwnerUsername != "" {
		owner, err := effects.NewAccess(c.StepID+"/owner", effects.AccessParams{Project: p.path, Name: in.OwnerUsername, Level: ownerLevel, Before: "0"})
		if err != nil {
			return err
		}
		p.owner = &owner
	}
	if !in.empty {
		commit, err := effects.NewCommit(c.StepID+"/commit", effects.CommitParams{
			Project: p.path, Branch: in.DefaultBranch, Title: in.GitCommitMessage, From: in.from, Files: digestOf(c, p.files),
			AuthorName: in.GitAuthorName, AuthorEmail: in.GitAuthorEmail, CIFile: in.Settings.CIConfigPath, NoPipeline: c.AwaitPipeline,
		})
		if err != nil {
			return err
		}
		p.commit = &commit
		if p.branches, err = in.branches(c, p.path); err != nil {
			return err
		}
	}
	if p.hook, err = effects.NewHook(c.StepID+"/hook", effects.HookParams{Project: p.path}); err != nil {
		return err
	}
	p.variables, err = in.variables(c, p.path)
	return err
}

// Plan states the project, its owner, the commit, branches, the hook and the variables.
func (a *PublishGitLab) Plan(ctx context.Context, c Call) (Planned, error) {
	p, err := a.read(ctx, c)
	if err != nil {
		return Planned{}, err
	}
	if p.existing != nil {
		out, detail := p.skipped()
		return Planned{Outputs: out, Detail: detail}, nil
	}
	p.leftOut(c)
	planned := Planned{Effects: p.effects(), Detail: p.webURL, Outputs: map[string]any{
		"remoteUrl": p.webURL, "repoContentsUrl": p.contentURL, "projectId": c.unknown("projectId"), "created": true,
	}}
	if p.commit != nil {
		planned.Outputs["commitHash"] = c.unknown("commitHash")
		planned.Changes = newFiles(p.path, p.in.DefaultBranch, p.files)
	}
	return planned, nil
}

// digestOf gives the digest of files, unknown as long as one of them holds what nobody can
// know yet.
func digestOf(c Call, files *workspace.Files) string {
	for _, f := range files.All() {
		if c.Rehearsing && (operations.HoldsUnknown(f.Path) || operations.HoldsUnknown(string(f.Content))) { // contents are not copied in vain
			return c.unknown("files")
		}
	}
	return files.Digest()
}

// newFiles gives the files of a commit to an empty repository.
func newFiles(project, branch string, files *workspace.Files) []operations.FileChange {
	list := make([]operations.FileChange, 0, files.Len())
	for _, f := range files.All() {
		list = append(list, operations.FileChange{
			Project: project, Branch: branch, Path: f.Path, Action: string(scm.CreateFile), After: f.Content, Executable: f.Executable, Link: f.Link,
		})
	}
	return list
}

// Run creates the project, commits the workspace, adds branches and the hook and creates the
// variables.
func (a *PublishGitLab) Run(ctx context.Context, c Call) (Result, error) {
	p, err := a.read(ctx, c)
	if err != nil {
		return Result{}, err
	}
	if p.existing != nil {
		out, detail := p.skipped()
		c.say("left the project as it is: " + detail)
		return Result{Outputs: out, Detail: detail}, nil
	}
	project, err := apply[effects.ProjectResult](ctx, c, p.project)
	if err != nil {
		return Result{}, err
	}
	c.say("created the project " + project.WebURL)
	out := map[string]any{
		"remoteUrl": strings.TrimSuffix(project.CloneURL, ".git"), "repoContentsUrl": p.contentURL, "projectId": project.ID, "created": true,
	}
	if err := p.fill(ctx, c, out); err != nil {
		return Result{}, err
	}
	if _, err := c.Apply(ctx, p.hook); err != nil {
		return Result{}, err
	}
	for _, v := range p.variables {
		if _, err := v.create(ctx, c, a.cfg.Vault); err != nil {
			return Result{}, err
		}
	}
	p.leftOut(c)
	return Result{Outputs: out, Detail: project.WebURL}, nil
}

// fill names the owner, commits, and makes branches.
func (p publication) fill(ctx context.Context, c Call, out map[string]any) error {
	if p.owner != nil {
		given, err := apply[effects.AccessResult](ctx, c, *p.owner)
		if err != nil {
			return err
		}
		if given.Unknown {
			c.say("GitLab does not know the user " + p.in.OwnerUsername + ": nobody was made owner")
		}
	}
	if p.commit == nil {
		return nil
	}
	commit, err := apply[effects.CommitResult](ctx, c, *p.commit)
	if err != nil {
		return err
	}
	c.say(fmt.Sprintf("committed %s to %s (%.8s)", counted(p.files.Len()), p.in.DefaultBranch, commit.ID))
	out["commitHash"] = commit.ID
	for _, e := range p.branches {
		if _, err := c.Apply(ctx, e); err != nil {
			return err
		}
		c.say("made " + e.Target)
	}
	return nil
}

// leftOut says what of an input is not done.
func (p publication) leftOut(c Call) {
	sayIgnored(c, p.ignored)
	if p.in.empty && len(p.in.Branches) > 0 {
		c.say("an empty project has no branches: none is made or protected")
	}
}
