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
	BaseURL string        // of the GitLab, "https://gitlab.example.com"
	Vault   effects.Vault // of masked variables; without one they are refused
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
	files      *workspace.Files // that are published
	project    operations.Effect
	commit     *operations.Effect // nil for a project that stays empty
	hook       operations.Effect
	variables  []variable
	path       string
	webURL     string
	contentURL string
}

// effects gives what is made, in order.
func (p publication) effects() []operations.Effect {
	list := []operations.Effect{p.project}
	if p.commit != nil {
		list = append(list, *p.commit)
	}
	list = append(list, p.hook)
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
	all, err := loadFiles(ctx, c)
	if err != nil {
		return publication{}, err
	}
	p := publication{in: in, path: repo.Owner + "/" + repo.Repo}
	if p.files, err = effects.Placed(all, in.from, ""); err != nil {
		return publication{}, err
	}
	p.webURL = a.cfg.BaseURL + "/" + p.path
	p.contentURL = p.webURL + "/-/blob/" + in.DefaultBranch
	return p, p.state(c, repo)
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
		Namespace: repo.Owner, Slug: repo.Repo, Description: in.Description, DefaultBranch: in.DefaultBranch, Visibility: in.RepoVisibility,
		Topics: in.Topics, Settings: in.Settings.ofProject(),
	})
	if err != nil {
		return err
	}
	if !in.empty {
		commit, err := effects.NewCommit(c.StepID+"/commit", effects.CommitParams{
			Project: p.path, Branch: in.DefaultBranch, Title: in.GitCommitMessage, From: in.from, Files: digestOf(c, p.files),
			AuthorName: in.GitAuthorName, AuthorEmail: in.GitAuthorEmail, CIFile: in.Settings.CIConfigPath,
		})
		if err != nil {
			return err
		}
		p.commit = &commit
	}
	if p.hook, err = effects.NewHook(c.StepID+"/hook", effects.HookParams{Project: p.path}); err != nil {
		return err
	}
	p.variables, err = in.variables(c, p.path)
	return err
}

// Plan states the project, the commit, the hook and the variables.
func (a *PublishGitLab) Plan(ctx context.Context, c Call) (Planned, error) {
	p, err := a.read(ctx, c)
	if err != nil {
		return Planned{}, err
	}
	p.in.leftOut(c)
	planned := Planned{Effects: p.effects(), Detail: p.webURL, Outputs: map[string]any{
		"remoteUrl": p.webURL + ".git", "repoContentsUrl": p.contentURL, "projectId": c.unknown("projectId"), "created": true,
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

// Run creates the project, commits the workspace, adds the hook and creates the variables.
func (a *PublishGitLab) Run(ctx context.Context, c Call) (Result, error) {
	p, err := a.read(ctx, c)
	if err != nil {
		return Result{}, err
	}
	project, err := apply[effects.ProjectResult](ctx, c, p.project)
	if err != nil {
		return Result{}, err
	}
	c.say("created the project " + project.WebURL)
	out := map[string]any{"remoteUrl": project.CloneURL, "repoContentsUrl": p.contentURL, "projectId": project.ID, "created": true}
	if p.commit != nil {
		commit, err := apply[effects.CommitResult](ctx, c, *p.commit)
		if err != nil {
			return Result{}, err
		}
		c.say(fmt.Sprintf("committed %s to %s (%.8s)", counted(p.files.Len()), p.in.DefaultBranch, commit.ID))
		out["commitHash"] = commit.ID
	}
	if _, err := c.Apply(ctx, p.hook); err != nil {
		return Result{}, err
	}
	for _, v := range p.variables {
		if _, err := v.create(ctx, c, a.cfg.Vault); err != nil {
			return Result{}, err
		}
	}
	p.in.leftOut(c)
	return Result{Outputs: out, Detail: project.WebURL}, nil
}

func publishGitLabSpec() Spec {
	return Spec{
		ID:          PublishGitLabID,
		Description: "Creates a project, commits the workspace to it, adds the portal's webhook and CI/CD variables.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["repoUrl"],"properties":{
"repoUrl":{"type":"string","description":"The project, as RepoUrlPicker writes it: host?owner=group&repo=name"},
"repoVisibility":{"type":"string","enum":["private","internal","public"],"description":"Who sees the project; private when not given"},
"defaultBranch":{"type":"string","description":"The branch of the commit; main when not given"},
"description":{"type":"string","description":"What the project is for"},
"gitCommitMessage":{"type":"string","description":"One line; Create and the name when not given"},
"gitAuthorName":{"type":"string","description":"Who the commit names as its author"},
"gitAuthorEmail":{"type":"string","description":"The author's address"},
"sourcePath":{"type":["string","boolean"],"description":"The folder of the workspace to publish; all of it when not given, nothing for false"},
"topics":{"type":"array","items":{"type":"string"},"description":"Topics of the project"},
"settings":{"type":"object","description":"GitLab's own names for attributes of the project, which come first","properties":{
"path":{"type":"string"},"description":{"type":"string"},"visibility":{"type":"string","enum":["private","internal","public"]},
"topics":{"type":"array","items":{"type":"string"}},"ci_config_path":{"type":"string"},
"merge_method":{"type":"string","enum":["merge","rebase_merge","ff"]},
"squash_option":{"type":"string","enum":["never","always","default_on","default_off"]},
"auto_devops_enabled":{"type":"boolean"},"only_allow_merge_if_pipeline_succeeds":{"type":"boolean"},
"allow_merge_on_skipped_pipeline":{"type":"boolean"},"only_allow_merge_if_all_discussions_are_resolved":{"type":"boolean"}}},
"projectVariables":{"type":"array","description":"CI/CD variables of the project","items":{"type":"object","required":["key","value"],"properties":{
"key":{"type":"string"},"value":{"type":"string"},"description":{"type":"string"},"variable_type":{"type":"string","enum":["env_var","file"]},
"protected":{"type":"boolean"},"masked":{"type":"boolean"},"raw":{"type":"boolean"},"environment_scope":{"type":"string"}}}},
"branches":{"type":"array","description":"Accepted for compatibility; the project has its default branch"},
"skipExisting":{"type":"boolean","description":"Accepted for compatibility; a project that is there already is not published to"},
"setUserAsOwner":{"type":"boolean","description":"Accepted for compatibility; the portal uses its own access"},
"signCommit":{"type":"boolean","description":"Accepted for compatibility"},
"token":{"type":"string","description":"Accepted for compatibility; the portal uses its own access"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"remoteUrl":{"type":"string","description":"The URL to clone from"},
"repoContentsUrl":{"type":"string","description":"The URL of the project's files"},
"projectId":{"type":"number","description":"GitLab's id of the project"},
"commitHash":{"type":"string","description":"The id of the commit; none for an empty project"},
"created":{"type":"boolean","description":"Always true"}}}`),
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
			{effects.VariableKind, "the variable is deleted, unless somebody has changed it since"},
		},
	}
}
