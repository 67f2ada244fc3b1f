package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// Action is what a step calls.
type Action interface {
	// ID is the name templates use, "fetch:template".
	ID() string
	// Plan checks the input and states the effects that Run will make, and the outputs as
	// far as they can be foreseen. It changes nothing but the call's files, which are
	// scratch ones then.
	Plan(ctx context.Context, c Call) (Planned, error)
	// Run does it. It may run again after a crash at any point and then comes to the same
	// result.
	Run(ctx context.Context, c Call) (Result, error)
}

// Call is one call of an action.
type Call struct {
	Operation operations.Ref
	StepID    string
	Input     map[string]any // rendered
	Source    Source         // where the template lies
	Template  string         // ref of the template
	// AwaitPipeline says that the operation starts the pipelines of new projects itself and
	// waits for them; without it they start as GitLab has it.
	AwaitPipeline bool
	Workspace     string // id of the operation's workspace
	// Files keeps the operation's files; scratch ones in Plan.
	Files Workspaces
	// Rehearsing says that what is done is thrown away, in Plan: nothing has to be waited for.
	Rehearsing bool
	// Apply makes an effect through the ledger; only in Run.
	Apply func(ctx context.Context, e operations.Effect) (json.RawMessage, error)
	// Begun gives the effect of an id as an earlier run of this call has begun it, nil when
	// none has; only in Run. What is outside looks different once an effect was made: an
	// action that decides by it what to make goes on with what it decided first.
	Begun func(ctx context.Context, id string) (*operations.Effect, error)
	// Say adds lines to the step's log, for whoever follows it; nil when nobody does. Those
	// of one call appear together.
	Say func(lines ...string)
}

func (c Call) begun(ctx context.Context, id string) (*operations.Effect, error) {
	if c.Begun == nil {
		return nil, nil
	}
	return c.Begun(ctx, id)
}

func (c Call) say(lines ...string) {
	if c.Say != nil {
		c.Say(lines...)
	}
}

// Source is the place of a template, pinned to a commit.
type Source struct {
	Project   int64  `json:"project"`
	Path      string `json:"path"`      // the project's full path
	Commit    string `json:"commit"`    // 40 hex digits
	Directory string `json:"directory"` // of the template file in the project, "" for the root
	// Operation is the one that the files are read for; "" for none that is kept anywhere.
	Operation string `json:"-"`
	// Beside are the files beside the template when they were given with it; they lie in no
	// repository then.
	Beside []workspace.File `json:"-"`
}

// Planned is what a step will do.
type Planned struct {
	Effects []operations.Effect
	// Outputs are those that can be foreseen; Unknown stands for what only the outside can
	// tell.
	Outputs map[string]any
	// Changes are the files that the effects write, for whoever reads the plan.
	Changes []operations.FileChange
	Detail  string // one line for a person
}

// Result is what a step did.
type Result struct {
	Outputs map[string]any
	Detail  string // one line for a person
}

// Workspaces keeps the files that steps pass on to each other.
type Workspaces interface {
	Load(ctx context.Context, id string) (*workspace.Files, error)
	Save(ctx context.Context, id string, files *workspace.Files) error
}

// Registry finds actions by their id.
type Registry struct{ byID map[string]Action }

// NewRegistry makes a registry of actions with distinct ids.
func NewRegistry(list ...Action) (*Registry, error) {
	r := &Registry{byID: map[string]Action{}}
	for _, a := range list {
		if r.byID[a.ID()] != nil {
			return nil, fmt.Errorf("two actions are called %s", a.ID())
		}
		r.byID[a.ID()] = a
	}
	return r, nil
}

// IDs gives the ids of all actions, sorted.
func (r *Registry) IDs() []string { return slices.Sorted(maps.Keys(r.byID)) }

// Action gives an action; Invalid, naming all there are, when there is none.
func (r *Registry) Action(id string) (Action, error) {
	if a := r.byID[id]; a != nil {
		return a, nil
	}
	return nil, errs.New(errs.Invalid, fmt.Sprintf("there is no template action %q; there are %s", id, strings.Join(r.IDs(), ", ")))
}

// decodeInput reads an action's input. Keys that the action does not know are left alone:
// templates carry options of other hosts.
func decodeInput[T any](c Call) (T, error) {
	var in T
	err := c.decode(&in)
	return in, err
}

func (c Call) decode(in any) error {
	body, err := json.Marshal(c.Input)
	if err != nil {
		return errs.Wrap(errs.Invalid, fmt.Sprintf("the input of step %q can't be written as JSON", c.StepID), err)
	}
	if err := json.Unmarshal(body, in); err != nil {
		return errs.New(errs.Invalid, fmt.Sprintf("the input of step %q is not as expected: %s", c.StepID, explainInput(err)))
	}
	return nil
}

// explainInput says which input has the wrong type, in the words of whoever writes templates.
func explainInput(err error) string {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) || wrong.Field == "" {
		return "it can't be read"
	}
	want := map[reflect.Kind]string{reflect.String: "a text", reflect.Bool: "true or false", reflect.Slice: "a list", reflect.Map: "an object"}[wrong.Type.Kind()]
	if want == "" {
		want = wrong.Type.String()
	}
	return fmt.Sprintf("%s must be %s, not %s", wrong.Field, want, wrong.Value)
}

// decodeResult reads an effect's result.
func decodeResult[T any](raw json.RawMessage) (T, error) {
	var out T
	if err := json.Unmarshal(raw, &out); err != nil {
		return out, errs.Wrap(errs.Internal, "the result of an effect is damaged", err)
	}
	return out, nil
}
