package effects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// GroupKind is the effect of creating a group.
const GroupKind = "gitlab.group"

// GroupParams describes the group.
type GroupParams struct {
	Path        string `json:"path"`           // full path
	Name        string `json:"name,omitempty"` // "" for the last part of the path
	Description string `json:"description,omitempty"`
}

// GroupResult is what came of it.
type GroupResult struct {
	ID   int64  `json:"id"`
	Path string `json:"path"`
	// Found says that it was somebody else's when it was to be made.
	Found bool `json:"found,omitempty"`
}

// NewGroup makes the effect.
func NewGroup(id string, p GroupParams) (operations.Effect, error) {
	return newEffect(id, GroupKind, p.Path, p)
}

// MadeGroup reports whether a group carries the mark of an operation.
func MadeGroup(g scm.Group, op operations.Ref) bool { return carriesMark(g.Description, op) }

// Group performs GroupKind.
type Group struct{ Groups scm.Groups }

var _ operations.Performer = Group{}

// Find looks for the group by its path. Somebody else's does as well: what was wanted is
// that there is one.
func (e Group) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, err := decode[GroupParams]("group", effect.Params)
	if err != nil {
		return nil, err
	}
	g, err := e.Groups.Group(ctx, params.Path)
	if err != nil {
		return nil, fmt.Errorf("finding group %s: %w", params.Path, err)
	}
	return encode(GroupResult{ID: g.ID, Path: g.Path, Found: !MadeGroup(g, op)})
}

// Do creates the group in its parent, which must exist.
func (e Group) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, err := decode[GroupParams]("group", effect.Params)
	if err != nil {
		return nil, err
	}
	parent, slug := path.Split(params.Path)
	g, err := e.Groups.CreateGroup(ctx, scm.NewGroup{Parent: path.Clean("/" + parent)[1:], Slug: slug, Name: params.Name, Description: marked(params.Description, op)})
	if err != nil {
		return nil, fmt.Errorf("creating group %s: %w", params.Path, err)
	}
	return encode(GroupResult{ID: g.ID, Path: g.Path})
}

// Undo deletes the group if it is still the operation's and empty.
func (e Group) Undo(ctx context.Context, op operations.Ref, _ operations.Effect, result json.RawMessage) error {
	made, err := decode[GroupResult]("group", result)
	if err != nil {
		return err
	}
	if made.Found {
		return nil
	}
	g, err := e.Groups.Group(ctx, made.Path)
	if errors.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("finding group %s: %w", made.Path, err)
	}
	if g.ID != made.ID || !MadeGroup(g, op) {
		return errs.New(errs.Conflict, "the group no longer carries this operation's mark, so it is left alone")
	}
	empty, err := e.Groups.EmptyGroup(ctx, g.ID)
	if err != nil {
		return fmt.Errorf("looking into group %s: %w", made.Path, err)
	}
	if !empty {
		return errs.New(errs.Conflict, "the group holds projects or groups by now, so it is left for a person to decide")
	}
	if err := e.Groups.DeleteGroup(ctx, g.ID); err != nil {
		return fmt.Errorf("deleting group %s: %w", made.Path, err)
	}
	return nil
}
