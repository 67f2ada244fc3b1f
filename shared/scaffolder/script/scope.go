package script

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// Context is what a template runs in.
type Context struct {
	Task         string // id of the operation
	User         string // ref of who asked; "" for nobody
	UserEntity   any    // their entity; nil when the catalog has none
	Values       keyorder.Object
	Environments any // what the values' environments were resolved to
	// Secrets gives what stands for each secret, by name: never its value.
	Secrets map[string]string
}

// Scope is what a template's expressions can refer to: parameters, the outputs of earlier
// steps, the user, the task, the resolved environments, and secrets where they are for an
// action.
type Scope struct {
	values  map[string]any
	steps   map[string]any
	secrets map[string]any
	failed  bool // a step has failed
	// kept says which texts could not be rendered and were left as they are.
	kept *[]string
}

// NewScope makes the scope of a template's first step.
func NewScope(c Context) *Scope {
	s := &Scope{steps: map[string]any{}, secrets: map[string]any{}, kept: new([]string)}
	user := map[string]any{}
	if strings.HasPrefix(c.User, "user:") { // a service that asks is nobody
		user["ref"] = c.User
	}
	if entity := ofOthers(c.UserEntity); entity != nil {
		user["entity"] = entity
	}
	for name, reference := range c.Secrets {
		s.secrets[name] = reference
	}
	s.values = map[string]any{
		"parameters": plain(c.Values),
		"steps":      s.steps,
		"user":       user,
		"context":    map[string]any{"task": map[string]any{"id": c.Task}},
		// what an administrator of Backstage may give all templates; here there is none
		"environment": map[string]any{"parameters": map[string]any{}, "secrets": map[string]any{}},
	}
	if environments := ofOthers(c.Environments); environments != nil {
		s.values["environments"] = environments
	}
	return s
}

// forAction gives the scope of what an action is called with and how often: only there are
// secrets to be seen, neither in the if of a step nor in the template's output.
func (s *Scope) forAction() *Scope { return s.with("secrets", s.secrets) }

// SetOutput makes a step's outputs visible to later steps.
func (s *Scope) SetOutput(id string, outputs any) {
	s.steps[id] = map[string]any{"output": plain(outputs)}
}

// Fail says that a step has failed: from now on only steps are wanted that ask for that.
func (s *Scope) Fail() { s.failed = true }

// Failed reports whether a step has failed.
func (s *Scope) Failed() bool { return s.failed }

// Kept says of which texts nothing could be made, so that they were left as they are.
func (s *Scope) Kept() []string { return *s.kept }

// with gives the scope with one more value.
func (s *Scope) with(name string, value any) *Scope {
	inner := *s
	inner.values = maps.Clone(s.values)
	inner.values[name] = value
	return &inner
}

// plain turns v into JSON's values, the only ones that templates can see.
func plain(v any) any {
	body, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return parsed(body)
}

func parsed(document []byte) any {
	v, err := templating.ParseJSON(document)
	if err != nil {
		return nil
	}
	return v
}

// ofOthers turns what the catalog holds into JSON's values: nothing in it stands for a
// secret, whatever it looks like.
func ofOthers(v any) any {
	body, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	v, order, err := keyorder.Decode(body)
	if err != nil {
		return nil
	}
	if body, err = order.Append(nil, operations.Defused(v)); err != nil {
		return nil
	}
	return parsed(body)
}
