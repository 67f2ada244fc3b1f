package actions

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
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
// commit, and the webhook that keeps the portal informed. The pipeline is started by the
// operation once all steps are through.
type PublishGitLab struct{ cfg PublishConfig }

// PublishConfig is what PublishGitLab needs.
type PublishConfig struct {
	BaseURL string // of the GitLab, "https://gitlab.example.com"
}

// NewPublishGitLab makes the action.
func NewPublishGitLab(c PublishConfig) (*PublishGitLab, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" {
		return nil, errors.New("publish:gitlab needs the URL of the GitLab")
	}
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	return &PublishGitLab{cfg: c}, nil
}

// ID gives "publish:gitlab".
func (*PublishGitLab) ID() string { return PublishGitLabID }

type publishInput struct {
	RepoURL          string `json:"repoUrl"`
	RepoVisibility   string `json:"repoVisibility"`
	DefaultBranch    string `json:"defaultBranch"`
	Description      string `json:"description"`
	GitCommitMessage string `json:"gitCommitMessage"`
	// Settings are GitLab's own names for the project's attributes; they come first.
	Settings struct {
		Description string `json:"description"`
		Visibility  string `json:"visibility"`
	} `json:"settings"`
}

// publication is a checked input.
type publication struct {
	project    operations.Effect
	commit     operations.Effect
	hook       operations.Effect
	path       string
	branch     string
	webURL     string
	contentURL string
}

func (a *PublishGitLab) read(c Call, files *workspace.Files) (publication, error) {
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
	if err := fillPublishDefaults(&in, repo); err != nil {
		return publication{}, err
	}
	return a.effects(c, in, repo, digestOf(c, files))
}

func fillPublishDefaults(in *publishInput, repo RepoURL) error {
	in.DefaultBranch = orDefault(in.DefaultBranch, "main")
	in.Description = orDefault(in.Settings.Description, in.Description)
	in.RepoVisibility = orDefault(in.Settings.Visibility, orDefault(in.RepoVisibility, "private"))
	in.GitCommitMessage = orDefault(in.GitCommitMessage, "Create "+repo.Repo)
	switch {
	case !slices.Contains([]string{"private", "internal", "public"}, in.RepoVisibility):
		return errs.New(errs.Invalid, "repoVisibility is private, internal or public")
	case !slugPattern.MatchString(in.DefaultBranch), strings.Contains(in.DefaultBranch, ".."), strings.HasSuffix(in.DefaultBranch, ".lock"):
		return errs.New(errs.Invalid, "defaultBranch is not the name of a branch")
	case strings.ContainsAny(in.GitCommitMessage, "\r\n") || len(in.GitCommitMessage) > 200:
		return errs.New(errs.Invalid, "gitCommitMessage is one line of at most 200 bytes")
	case len(in.Description) > 2000:
		return errs.New(errs.Invalid, "description is longer than 2000 bytes")
	}
	return nil
}

func orDefault(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

func (a *PublishGitLab) effects(c Call, in publishInput, repo RepoURL, digest string) (publication, error) {
	path := repo.Owner + "/" + repo.Repo
	web := a.cfg.BaseURL + "/" + path
	p := publication{path: path, branch: in.DefaultBranch, webURL: web, contentURL: web + "/-/blob/" + in.DefaultBranch}
	var err1, err2, err3 error
	p.project, err1 = effects.NewProject(c.StepID+"/project", effects.ProjectParams{
		Namespace: repo.Owner, Slug: repo.Repo, Description: in.Description, DefaultBranch: in.DefaultBranch, Visibility: in.RepoVisibility,
	})
	p.commit, err2 = effects.NewCommit(c.StepID+"/commit", effects.CommitParams{
		Project: path, Branch: in.DefaultBranch, Title: in.GitCommitMessage, Files: digest,
	})
	p.hook, err3 = effects.NewHook(c.StepID+"/hook", effects.HookParams{Project: path})
	return p, errors.Join(err1, err2, err3)
}

// Plan states the project, the commit and the hook.
func (a *PublishGitLab) Plan(ctx context.Context, c Call) (Planned, error) {
	files, err := loadFiles(ctx, c)
	if err != nil {
		return Planned{}, err
	}
	p, err := a.read(c, files)
	if err != nil {
		return Planned{}, err
	}
	return Planned{
		Effects: []operations.Effect{p.project, p.commit, p.hook},
		Outputs: map[string]any{
			"remoteUrl": p.webURL + ".git", "repoContentsUrl": p.contentURL,
			"projectId": Unknown(c.StepID + ".projectId"), "commitHash": Unknown(c.StepID + ".commitHash"),
		},
		Changes: newFiles(p.path, p.branch, files),
		Detail:  p.webURL,
	}, nil
}

// digestOf gives the digest of files, unknown as long as one of them holds what nobody can
// know yet.
func digestOf(c Call, files *workspace.Files) string {
	for _, f := range files.All() {
		if c.Rehearsing && (operations.HoldsUnknown(f.Path) || operations.HoldsUnknown(string(f.Content))) {
			return Unknown(c.StepID + ".files")
		}
	}
	return files.Digest()
}

// newFiles gives the files of a commit to an empty repository.
func newFiles(project, branch string, files *workspace.Files) []Change {
	list := make([]Change, 0, files.Len())
	for _, f := range files.All() {
		list = append(list, Change{
			Project: project, Branch: branch, Path: f.Path, Action: scm.CreateFile, After: f.Content, Executable: f.Executable, Link: f.Link,
		})
	}
	return list
}

// Run creates the project, commits the workspace and adds the hook.
func (a *PublishGitLab) Run(ctx context.Context, c Call) (Result, error) {
	files, err := loadFiles(ctx, c)
	if err != nil {
		return Result{}, err
	}
	p, err := a.read(c, files)
	if err != nil {
		return Result{}, err
	}
	raw, err := c.Apply(ctx, p.project)
	if err != nil {
		return Result{}, err
	}
	project, err := decodeResult[effects.ProjectResult](raw)
	if err != nil {
		return Result{}, err
	}
	raw, err = c.Apply(ctx, p.commit)
	if err != nil {
		return Result{}, err
	}
	commit, err := decodeResult[effects.CommitResult](raw)
	if err != nil {
		return Result{}, err
	}
	if _, err := c.Apply(ctx, p.hook); err != nil {
		return Result{}, err
	}
	return Result{
		Outputs: map[string]any{"remoteUrl": project.CloneURL, "repoContentsUrl": p.contentURL, "projectId": project.ID, "commitHash": commit.ID},
		Detail:  project.WebURL,
	}, nil
}

func publishGitLabSpec() Spec {
	return Spec{
		ID:          PublishGitLabID,
		Description: "Creates a project, commits the workspace to it and adds the portal's webhook.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["repoUrl"],"properties":{
"repoUrl":{"type":"string","description":"The project, as RepoUrlPicker writes it: host?owner=group&repo=name"},
"repoVisibility":{"type":"string","enum":["private","internal","public"],"description":"Who sees the project; private when not given"},
"defaultBranch":{"type":"string","description":"The branch of the commit; main when not given"},
"description":{"type":"string","description":"What the project is for"},
"gitCommitMessage":{"type":"string","description":"One line; Create and the name when not given"},
"settings":{"type":"object","description":"GitLab's own names for some of this, which come first","properties":{
"description":{"type":"string"},"visibility":{"type":"string","enum":["private","internal","public"]}}}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"remoteUrl":{"type":"string","description":"The URL to clone from"},
"repoContentsUrl":{"type":"string","description":"The URL of the project's files"},
"projectId":{"type":"number","description":"GitLab's id of the project"},
"commitHash":{"type":"string","description":"The id of the commit"}}}`),
		Examples: []Example{{"Publish to the group of the owner", `steps:
  - id: publish
    name: Create the project
    action: publish:gitlab
    input:
      repoUrl: gitlab.example.com?owner=apps&repo=${{ parameters.name }}
      description: ${{ parameters.description }}
`}},
		Effects: []Undo{
			{effects.ProjectKind, "the project is deleted, unless somebody else has committed to it"},
			{effects.CommitKind, "goes with the project"},
			{effects.HookKind, "goes with the project"},
		},
	}
}
