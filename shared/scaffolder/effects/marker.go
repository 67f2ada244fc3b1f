package effects

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/holds"
	"github.com/slipwayhq/slipway/shared/scm"
)

// The marks that tell an operation's effects from anybody else's.
const (
	trailerKey       = "Slipway-Operation"
	hookPrefix       = "slipway-"
	pipelineVariable = "SLIPWAY_OPERATION"
)

func trailer(op operations.Ref) string { return trailerKey + ": " + op.ID }

// carriesTrailer reports whether a commit message ends with the operation's trailer.
func carriesTrailer(message string, op operations.Ref) bool {
	lines := strings.Split(strings.TrimSpace(message), "\n")
	return slices.Contains(lines, trailer(op))
}

// ownProject finds the project at path and makes sure that op made it: NotFound when
// there is none, Conflict when it is somebody else's. One that somebody renamed or moved
// meanwhile is still op's; another one that moved away has left the path free.
func ownProject(ctx context.Context, projects scm.Projects, op operations.Ref, path string) (scm.Project, error) {
	p, err := projects.Project(ctx, path)
	if err != nil {
		return scm.Project{}, fmt.Errorf("finding project %s: %w", path, err)
	}
	switch {
	case slices.Contains(p.Topics, holds.Topic(op.ID)):
		return p, nil
	case !p.At(path):
		return scm.Project{}, errs.New(errs.NotFound, fmt.Sprintf("the project %s was moved to %s", path, p.Path))
	}
	return scm.Project{}, errs.New(errs.Conflict, fmt.Sprintf("the project %s already exists and was not made by this operation", path))
}

// within reads the parameters of an effect that happens in a project, and finds that
// project, which op must have made.
func within[P interface{ within() string }](ctx context.Context, projects scm.Projects, op operations.Ref, e operations.Effect) (P, scm.Project, error) {
	params, err := decode[P](e.Kind, e.Params)
	if err != nil {
		return params, scm.Project{}, err
	}
	p, err := ownProject(ctx, projects, op, params.within())
	return params, p, err
}

// decode reads an effect's parameters or result.
func decode[T any](what string, raw json.RawMessage) (T, error) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, errs.Wrap(errs.Internal, "the "+what+" in the ledger is damaged", err)
	}
	return v, nil
}

// encode writes an effect's parameters or result.
func encode(v any) (json.RawMessage, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "an effect can't be written as JSON", err)
	}
	return body, nil
}

// newEffect makes an effect with parameters.
func newEffect(id, kind, target string, params any) (operations.Effect, error) {
	raw, err := encode(params)
	return operations.Effect{ID: id, Kind: kind, Target: target, Params: raw}, err
}
