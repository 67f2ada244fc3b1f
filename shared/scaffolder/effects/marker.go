package effects

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// The marks that tell an operation's effects from anybody else's.
const (
	trailerKey       = "Slipway-Operation"
	effectTrailerKey = "Slipway-Effect"
	undoneTrailerKey = "Slipway-Undone"
	hookPrefix       = "slipway-"
	pipelineVariable = "SLIPWAY_OPERATION"
	effectVariable   = "SLIPWAY_EFFECT"
)

func trailer(op operations.Ref) string { return trailerKey + ": " + op.ID }

// trailers tell an effect from others of the same operation, too.
func trailers(op operations.Ref, e operations.Effect) string {
	return trailer(op) + "\n" + effectTrailerKey + ": " + e.ID
}

// carriesTrailers reports whether a text of several lines carries an effect's trailers.
func carriesTrailers(text string, op operations.Ref, e operations.Effect) bool {
	return carriesTrailer(text, op) && slices.Contains(lines(text), effectTrailerKey+": "+e.ID)
}

// marked puts the operation's mark behind a name or a description of one line.
func marked(text string, op operations.Ref) string {
	return strings.TrimSpace(text + " (" + trailer(op) + ")")
}

// carriesMark reports whether a name or a description ends with the operation's mark.
func carriesMark(text string, op operations.Ref) bool {
	return strings.HasSuffix(strings.TrimSpace(text), "("+trailer(op)+")")
}

// carriesTrailer reports whether a commit message ends with the operation's trailer.
func carriesTrailer(message string, op operations.Ref) bool {
	return slices.Contains(lines(message), trailer(op))
}

func lines(text string) []string {
	list := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range list {
		list[i] = strings.TrimSpace(line) // GitLab may keep the line ends of another system
	}
	return list
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
	case MadeProject(p, op):
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

// AnyProject finds the project of a number or a full path, whoever made it: what effects in
// it may undo is for their own marks to say.
func AnyProject(ctx context.Context, projects scm.Projects, name string) (scm.Project, error) {
	find := func() (scm.Project, error) { return projects.Project(ctx, name) }
	if id, err := strconv.ParseInt(name, 10, 64); err == nil { // the path of a project has a "/" in it
		find = func() (scm.Project, error) { return projects.ProjectByID(ctx, id) }
	}
	p, err := find()
	if err != nil {
		return scm.Project{}, fmt.Errorf("finding project %s: %w", name, err)
	}
	if p.MarkedForDeletion {
		return scm.Project{}, errs.New(errs.NotFound, fmt.Sprintf("the project %s is about to be deleted", name))
	}
	return p, nil
}

// inAny reads the parameters of an effect that happens in any project, and finds that one.
func inAny[P interface{ within() string }](ctx context.Context, projects scm.Projects, e operations.Effect) (P, scm.Project, error) {
	params, err := decode[P](e.Kind, e.Params)
	if err != nil {
		return params, scm.Project{}, err
	}
	p, err := AnyProject(ctx, projects, params.within())
	return params, p, err
}

// decode reads an effect's parameters or result.
func decode[T any](what string, raw json.RawMessage) (T, error) {
	var v T
	err := decodeInto(&v, what, raw)
	return v, err
}

func decodeInto(v any, what string, raw json.RawMessage) error {
	if err := json.Unmarshal(raw, v); err != nil {
		return errs.Wrap(errs.Internal, "the "+what+" in the ledger is damaged", err)
	}
	return nil
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
