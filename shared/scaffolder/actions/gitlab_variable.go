package actions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// CreateVariableID is what templates call the action that creates a CI/CD variable.
const CreateVariableID = "gitlab:projectVariable:create"

// createVariable creates a CI/CD variable of a project.
type createVariable struct {
	host  gitLabHost
	vault effects.Vault
}

var _ Action = createVariable{}

// ID gives "gitlab:projectVariable:create".
func (createVariable) ID() string { return CreateVariableID }

type variableInput struct {
	RepoURL          string      `json:"repoUrl"`
	ProjectID        projectName `json:"projectId"`
	Key              string      `json:"key"`
	Value            *string     `json:"value"`
	VariableType     string      `json:"variableType"`
	Protected        bool        `json:"variableProtected"`
	Masked           bool        `json:"masked"`
	MaskedAndHidden  bool        `json:"maskedAndHidden"`
	Raw              bool        `json:"raw"`
	EnvironmentScope string      `json:"environmentScope"`
}

var variableKey = lazyregexp.New(`^[A-Za-z0-9_]{1,255}$`)

// variable is a checked variable, and the value that has to be kept for it.
type variable struct {
	effect operations.Effect
	secret string // name; "" when there is nothing to keep
	value  string
}

func (a createVariable) read(c Call) (variable, error) {
	in, err := decodeInput[variableInput](c)
	if err != nil {
		return variable{}, err
	}
	if err := a.host.check(in.RepoURL); err != nil {
		return variable{}, err
	}
	project, err := in.ProjectID.checked(c, "projectId")
	if err != nil {
		return variable{}, err
	}
	if in.Value == nil {
		return variable{}, required(CreateVariableID, "value", "")
	}
	return newVariable(c, c.StepID+"/variable", effects.VariableParams{
		Project: project, Key: in.Key, Value: *in.Value, Type: orDefault(in.VariableType, "env_var"),
		Scope: orDefault(in.EnvironmentScope, effects.EveryScope), Protected: in.Protected, Masked: in.Masked || in.MaskedAndHidden, Raw: in.Raw,
		Hidden: in.MaskedAndHidden,
	})
}

// newVariable checks a variable. A masked value that is no secret of the operation yet
// becomes one: neither plan nor ledger hold it.
func newVariable(c Call, id string, p effects.VariableParams) (variable, error) {
	switch {
	case !variableKey.MatchString(p.Key) && !c.unforeseen(p.Key):
		return variable{}, errs.New(errs.Invalid, "the key of a variable has letters, digits and underscores, 255 at most")
	case p.Type != "env_var" && p.Type != "file":
		return variable{}, errs.New(errs.Invalid, "the type of a variable is env_var or file")
	}
	if err := oneLine("the environment scope of a variable", p.Scope, 255); err != nil {
		return variable{}, err
	}
	if err := oneLine("the description of a variable", p.Description, 180); err != nil {
		return variable{}, err
	}
	if err := maskable(c, p); err != nil {
		return variable{}, err
	}
	v := variable{value: p.Value}
	if p.Masked && len(operations.SecretReferences(p.Value)) == 0 {
		v.secret = effects.SecretName(id)
		p.Value, p.Digest = operations.SecretReference(v.secret), digestOfValue(c, p.Value)
	}
	var err error
	v.effect, err = effects.NewVariable(id, p)
	return v, err
}

// minMasked is how many characters GitLab masks at least
// (https://docs.gitlab.com/ci/variables/#mask-a-cicd-variable).
const minMasked = 8

// maskable finds out before anything is made what GitLab would refuse to mask; a secret of
// the task is looked at by GitLab only.
func maskable(c Call, p effects.VariableParams) error {
	if !p.Masked || c.unforeseen(p.Value) || len(operations.SecretReferences(p.Value)) > 0 {
		return nil
	}
	if utf8.RuneCountInString(p.Value) < minMasked || strings.ContainsFunc(p.Value, unicode.IsSpace) {
		return errs.New(errs.Invalid, fmt.Sprintf("the value of the variable %s can't be masked: GitLab masks %d characters or more, without blanks and line ends", p.Key, minMasked))
	}
	return nil
}

func digestOfValue(c Call, value string) string {
	if c.unforeseen(value) {
		return c.unknown("value")
	}
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

// create makes the variable.
func (v variable) create(ctx context.Context, c Call, vault effects.Vault) (effects.VariableResult, error) {
	if v.secret != "" {
		if err := vault.Keep(ctx, c.Operation, v.secret, v.value); err != nil {
			return effects.VariableResult{}, fmt.Errorf("keeping the value of a masked variable: %w", err)
		}
	}
	return apply[effects.VariableResult](ctx, c, v.effect)
}

// Plan states the variable.
func (a createVariable) Plan(_ context.Context, c Call) (Planned, error) {
	v, err := a.read(c)
	if err != nil {
		return Planned{}, err
	}
	return Planned{Effects: []operations.Effect{v.effect}, Outputs: map[string]any{}, Detail: v.effect.Target}, nil
}

// Run creates the variable.
func (a createVariable) Run(ctx context.Context, c Call) (Result, error) {
	v, err := a.read(c)
	if err != nil {
		return Result{}, err
	}
	made, err := v.create(ctx, c, a.vault)
	if err != nil {
		return Result{}, err
	}
	c.say("created the variable " + made.Key)
	return Result{Outputs: map[string]any{}, Detail: v.effect.Target}, nil
}

func createVariableSpec() Spec {
	return Spec{
		ID:          CreateVariableID,
		Description: "Creates a CI/CD variable of a project.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["projectId","key","value"],"additionalProperties":false,"properties":{
"repoUrl":{"type":"string","description":"The GitLab: its host, or what RepoUrlPicker writes"},
"projectId":{"type":["number","string"],"description":"GitLab's id of the project, or its full path"},
"key":{"type":"string","pattern":"^[A-Za-z0-9_]{1,255}$","description":"What the variable is called"},
"value":{"type":"string","description":"What it holds; a secret of the task is put in when it is created"},
"variableType":{"type":"string","enum":["env_var","file"],"description":"env_var when not given"},
"variableProtected":{"type":"boolean","default":false,"description":"Only for protected branches and tags"},
"masked":{"type":"boolean","default":false,"description":"Hidden in logs of jobs, and in plans"},
"maskedAndHidden":{"type":"boolean","default":false,"description":"Masked, and nobody is shown it again"},
"raw":{"type":"boolean","default":false,"description":"Not expanded"},
"environmentScope":{"type":"string","default":"*","description":"The environments that see it"},
"token":{"type":"string","description":"Accepted for compatibility; the portal uses its own access"}}}`),
		Examples: []Example{
			{"Create a variable of the new project", `steps:
  - id: variable
    name: Tell the pipeline where it deploys to
    action: gitlab:projectVariable:create
    input:
      repoUrl: ${{ parameters.repoUrl }}
      projectId: ${{ steps.publish.output.projectId }}
      key: DEPLOY_REGION
      value: ${{ parameters.region }}
      variableType: env_var
`},
			{"Hand a secret over", `steps:
  - id: variable
    name: Hand the token over
    action: gitlab:projectVariable:create
    input:
      repoUrl: ${{ parameters.repoUrl }}
      projectId: ${{ steps.publish.output.projectId }}
      key: UPLOAD_TOKEN
      value: ${{ secrets.uploadToken }}
      variableType: env_var
      masked: true
      variableProtected: true
`},
		},
		Effects: []Undo{{effects.VariableKind, "the variable is deleted, unless somebody has changed it since"}},
	}
}
