package actions

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

type publishInput struct {
	RepoURL          string            `json:"repoUrl"`
	RepoVisibility   string            `json:"repoVisibility"`
	DefaultBranch    string            `json:"defaultBranch"`
	Description      string            `json:"description"`
	GitCommitMessage string            `json:"gitCommitMessage"`
	GitAuthorName    string            `json:"gitAuthorName"`
	GitAuthorEmail   string            `json:"gitAuthorEmail"`
	SourcePath       any               `json:"sourcePath"` // a folder, true for all or false for nothing
	Topics           []string          `json:"topics"`
	Settings         publishSettings   `json:"settings"`
	ProjectVariables []publishVariable `json:"projectVariables"`
	Branches         []publishBranch   `json:"branches"`
	SkipExisting     bool              `json:"skipExisting"`
	OwnerUsername    string            `json:"ownerUsername"`
	SignCommit       bool              `json:"signCommit"`

	from  string // folder of the workspace, "" for all of it
	empty bool   // nothing is committed
	// unnamed says that the template leaves the name of the default branch to the portal.
	unnamed bool
}

// publishSettings are GitLab's own names for a project's attributes; they come first.
type publishSettings struct {
	Name                 string   `json:"name"`
	Path                 string   `json:"path"`
	Description          string   `json:"description"`
	Visibility           string   `json:"visibility"`
	Topics               []string `json:"topics"`
	CIConfigPath         string   `json:"ci_config_path"`
	MergeMethod          string   `json:"merge_method"`
	SquashOption         string   `json:"squash_option"`
	AutoDevOps           *bool    `json:"auto_devops_enabled"`
	MergeNeedsPipeline   *bool    `json:"only_allow_merge_if_pipeline_succeeds"`
	MergeSkippedPipeline *bool    `json:"allow_merge_on_skipped_pipeline"`
	MergeNeedsResolution *bool    `json:"only_allow_merge_if_all_discussions_are_resolved"`
}

func (s publishSettings) ofProject() effects.ProjectSettings {
	return effects.ProjectSettings{
		CIConfigPath: s.CIConfigPath, MergeMethod: s.MergeMethod, SquashOption: s.SquashOption, AutoDevOps: s.AutoDevOps,
		MergeNeedsPipeline: s.MergeNeedsPipeline, MergeSkippedPipeline: s.MergeSkippedPipeline, MergeNeedsResolution: s.MergeNeedsResolution,
	}
}

// publishVariable is a CI/CD variable in GitLab's own names.
type publishVariable struct {
	Key              string  `json:"key"`
	Value            *string `json:"value"`
	Description      string  `json:"description"`
	VariableType     string  `json:"variable_type"`
	Protected        bool    `json:"protected"`
	Masked           bool    `json:"masked"`
	MaskedAndHidden  bool    `json:"masked_and_hidden"`
	Raw              bool    `json:"raw"`
	EnvironmentScope string  `json:"environment_scope"`
}

// publishBranch is a branch besides the default one.
type publishBranch struct {
	Name    string `json:"name"`
	Create  bool   `json:"create"`
	Protect bool   `json:"protect"`
	Ref     string `json:"ref"`
}

// backstageBranch is the default branch where a template for Backstage names none.
const backstageBranch = "master"

// branches states the branches of the new project. They start from the default branch or
// from one before them: there is nothing else to start from.
func (in publishInput) branches(c Call, project string) ([]operations.Effect, error) {
	var list []operations.Effect
	there := []string{in.DefaultBranch}
	for i, b := range in.Branches {
		if !b.Create && !b.Protect {
			continue
		}
		from, err := b.start(c, in, there)
		if err != nil {
			return nil, err
		}
		e, err := effects.NewProjectBranch(fmt.Sprintf("%s/branch/%d", c.StepID, i), effects.ProjectBranchParams{
			Project: project, Branch: b.Name, From: from, Protect: b.Protect,
		})
		if err != nil {
			return nil, err
		}
		list, there = append(list, e), append(there, b.Name)
	}
	return list, nil
}

// start checks a branch and gives the one that it starts from, "" when it is only protected.
func (b publishBranch) start(c Call, in publishInput, there []string) (string, error) {
	bad := func(why string) (string, error) {
		return "", errs.New(errs.Invalid, fmt.Sprintf("branches names %.70q, which %s", b.Name, why))
	}
	name := b.Name
	if !b.Create {
		name = strings.ReplaceAll(name, "*", "x") // a wildcard protects many
	}
	if strings.Contains(name, "*") || branchName(c, "the name in branches", name) != nil {
		return bad("is not the name of a branch")
	}
	if !b.Create {
		return "", nil
	}
	from := orDefault(b.Ref, in.DefaultBranch)
	if from == backstageBranch && in.unnamed {
		from = in.DefaultBranch
	}
	switch {
	case slices.Contains(there, b.Name):
		return bad("is there already")
	case !slices.Contains(there, from):
		return bad(fmt.Sprintf("starts from %.70q, which is not there by then", from))
	}
	return from, nil
}

// variables checks the variables of the new project.
func (in publishInput) variables(c Call, project string) ([]variable, error) {
	var list []variable
	for _, given := range in.ProjectVariables {
		if given.Value == nil {
			return nil, errs.New(errs.Invalid, fmt.Sprintf("the variable %.80q in projectVariables has no value", given.Key))
		}
		scope := orDefault(given.EnvironmentScope, effects.EveryScope)
		v, err := newVariable(c, fmt.Sprintf("%s/variable/%d", c.StepID, len(list)), effects.VariableParams{
			Project: project, Key: given.Key, Value: *given.Value, Description: given.Description, Type: orDefault(given.VariableType, "env_var"),
			Scope: scope, Protected: given.Protected, Masked: given.Masked || given.MaskedAndHidden, Raw: given.Raw,
			Hidden: given.MaskedAndHidden,
		})
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// complete fills in what an input leaves out, and checks it.
func (in *publishInput) complete(repo RepoURL) error {
	in.unnamed = in.DefaultBranch == ""
	in.DefaultBranch = orDefault(in.DefaultBranch, "main")
	in.Settings.Path = orDefault(in.Settings.Path, repo.Repo)
	if in.Settings.Name == "" && in.Settings.Path != repo.Repo {
		in.Settings.Name = repo.Repo
	}
	in.Description = orDefault(in.Settings.Description, in.Description)
	in.RepoVisibility = orDefault(in.Settings.Visibility, orDefault(in.RepoVisibility, "private"))
	in.GitCommitMessage = orDefault(in.GitCommitMessage, "Create "+repo.Repo)
	if len(in.Settings.Topics) > 0 {
		in.Topics = in.Settings.Topics
	}
	switch source := in.SourcePath.(type) {
	case nil:
	case string:
		in.from = folder(source)
	case bool:
		in.empty = !source
	default:
		return errs.New(errs.Invalid, "sourcePath is a folder of the workspace, true or false")
	}
	if err := in.checkProject(); err != nil {
		return err
	}
	return in.checkCommit()
}

func (in *publishInput) checkProject() error {
	switch {
	case !slices.Contains([]string{"private", "internal", "public"}, in.RepoVisibility):
		return errs.New(errs.Invalid, "repoVisibility is private, internal or public")
	case !validSlug(in.Settings.Path):
		return errs.New(errs.Invalid, "settings.path is not the last part of a path that GitLab takes")
	case in.SignCommit:
		return errs.New(errs.Invalid, "signCommit asks for a signed commit; the portal has no key to sign with")
	case in.OwnerUsername != "" && !groupPattern.MatchString(in.OwnerUsername):
		return errs.New(errs.Invalid, "ownerUsername is not a user name")
	case len(in.Description) > 2000:
		return errs.New(errs.Invalid, "description is longer than 2000 bytes")
	case len(in.Topics) > 20:
		return errs.New(errs.Invalid, "topics lists more than 20")
	}
	for _, topic := range in.Topics {
		if !topicPattern.MatchString(topic) || strings.HasPrefix(strings.ToLower(topic), "slipway") {
			return errs.New(errs.Invalid, fmt.Sprintf("topics names %.70q; a topic has no commas or line ends, and does not begin with slipway", topic))
		}
	}
	if err := oneLine("settings.name", in.Settings.Name, 255); err != nil {
		return err
	}
	return oneLine("settings.ci_config_path", in.Settings.CIConfigPath, 255)
}

// topicPattern is what a topic may be: GitLab takes a comma for the end of one.
var topicPattern = lazyregexp.New(`^[^,\x00-\x1f\x7f]{1,100}$`)

func (in *publishInput) checkCommit() error {
	switch {
	case !slugPattern.MatchString(in.DefaultBranch), strings.Contains(in.DefaultBranch, ".."), strings.HasSuffix(in.DefaultBranch, ".lock"):
		return errs.New(errs.Invalid, "defaultBranch is not the name of a branch")
	case strings.ContainsAny(in.GitCommitMessage, "\r\n") || len(in.GitCommitMessage) > 200:
		return errs.New(errs.Invalid, "gitCommitMessage is one line of at most 200 bytes")
	case strings.ContainsAny(in.GitAuthorName+in.GitAuthorEmail, "<>"):
		return errs.New(errs.Invalid, "gitAuthorName and gitAuthorEmail have no < or >")
	}
	if err := oneLine("gitAuthorName", in.GitAuthorName, 200); err != nil {
		return err
	}
	return oneLine("gitAuthorEmail", in.GitAuthorEmail, 200)
}
