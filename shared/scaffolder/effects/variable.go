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

// VariableKind is the effect of creating a CI/CD variable in any project.
const VariableKind = "gitlab.variable"

// EveryScope is the environment scope of a variable that all environments see.
const EveryScope = "*"

// VariableParams describes the variable.
type VariableParams struct {
	Project     string `json:"project"` // number or full path
	Key         string `json:"key"`
	Scope       string `json:"scope"` // environment scope
	Type        string `json:"type"`  // "env_var" or "file"
	Description string `json:"description,omitempty"`
	Protected   bool   `json:"protected"`
	Masked      bool   `json:"masked"`
	Raw         bool   `json:"raw"`
	Hidden      bool   `json:"hidden,omitempty"`
	// Value is what the variable holds; references to secrets in it are revealed when it is
	// created. A masked value is itself a secret of the operation.
	Value string `json:"value"`
	// Digest is the SHA-256, in hex, of a masked value, so that a plan is about one value.
	Digest string `json:"digest,omitempty"`
}

func (p VariableParams) within() string { return p.Project }

// VariableResult is what came of it.
type VariableResult struct {
	Project int64  `json:"project"`
	Key     string `json:"key"`
	Scope   string `json:"scope"`
}

// NewVariable makes the effect.
func NewVariable(id string, p VariableParams) (operations.Effect, error) {
	target := p.Project + " " + p.Key
	if p.Scope != EveryScope {
		target += " for " + p.Scope
	}
	return newEffect(id, VariableKind, target, p)
}

// Variable performs VariableKind.
type Variable struct {
	Projects  scm.Projects
	Variables scm.Variables
	Vault     Vault
}

var _ operations.Performer = Variable{}

// Find looks for the variable by key and scope, and for the operation's mark in its
// description.
func (e Variable) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[VariableParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	v, err := e.Variables.Variable(ctx, p.ID, params.Key, params.Scope)
	if err != nil {
		return nil, fmt.Errorf("looking for the variable %s of %s: %w", params.Key, p.Path, err)
	}
	if !carriesMark(v.Description, op) {
		return nil, errs.New(errs.Conflict, fmt.Sprintf("%s has a variable %s already, which was not made by this operation", p.Path, params.Key))
	}
	return encode(VariableResult{Project: p.ID, Key: params.Key, Scope: params.Scope})
}

// Do creates the variable.
func (e Variable) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[VariableParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	value, err := e.Vault.Reveal(ctx, op, params.Value)
	if err != nil {
		return nil, fmt.Errorf("revealing the value of %s: %w", params.Key, err)
	}
	_, err = e.Variables.CreateVariable(ctx, p.ID, scm.NewVariable{Value: value, Variable: scm.Variable{
		Key: params.Key, Scope: params.Scope, Type: params.Type, Description: marked(params.Description, op),
		Protected: params.Protected, Masked: params.Masked, Raw: params.Raw,
		Hidden: params.Hidden,
	}})
	if err != nil {
		return nil, fmt.Errorf("creating the variable %s of %s: %w", params.Key, p.Path, err)
	}
	return encode(VariableResult{Project: p.ID, Key: params.Key, Scope: params.Scope})
}

// Undo deletes the variable, unless somebody has made it their own since.
func (e Variable) Undo(ctx context.Context, op operations.Ref, effect operations.Effect, result json.RawMessage) error {
	made, err := decode[VariableResult]("variable", result)
	if err != nil {
		return err
	}
	params, err := decode[VariableParams]("variable", effect.Params)
	if err != nil {
		return err
	}
	v, err := e.Variables.Variable(ctx, made.Project, made.Key, made.Scope)
	if errors.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the variable %s of project %d: %w", made.Key, made.Project, err)
	}
	if !carriesMark(v.Description, op) || v.Type != params.Type || v.Protected != params.Protected || v.Masked != params.Masked || v.Raw != params.Raw {
		return errs.New(errs.Conflict, "somebody has changed it since, so it is left for a person to decide")
	}
	if err := e.Variables.DeleteVariable(ctx, made.Project, made.Key, made.Scope); err != nil {
		return fmt.Errorf("deleting the variable %s of project %d: %w", made.Key, made.Project, err)
	}
	return nil
}
