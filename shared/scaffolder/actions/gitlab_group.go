package actions

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scm"
)

// EnsureGroupID is what templates call the action that makes groups.
const EnsureGroupID = "gitlab:group:ensureExists"

// ensureGroup makes the groups of a path that are missing.
type ensureGroup struct {
	host   gitLabHost
	groups scm.Groups
}

var _ Action = ensureGroup{}

// ID gives "gitlab:group:ensureExists".
func (ensureGroup) ID() string { return EnsureGroupID }

type ensureGroupInput struct {
	RepoURL string   `json:"repoUrl"`
	Path    []string `json:"path"`
}

// maxGroupLevels is how deep GitLab nests groups.
const maxGroupLevels = 20

// levels gives the full paths of the groups, outermost first.
func (a ensureGroup) levels(c Call) ([]string, error) {
	in, err := decodeInput[ensureGroupInput](c)
	if err != nil {
		return nil, err
	}
	if err := a.host.check(in.RepoURL); err != nil {
		return nil, err
	}
	if len(in.Path) == 0 || len(in.Path) > maxGroupLevels {
		return nil, errs.New(errs.Invalid, fmt.Sprintf("path lists the names of 1 to %d groups, outermost first", maxGroupLevels))
	}
	levels := make([]string, len(in.Path))
	for i, name := range in.Path {
		unknown := c.unforeseen(name)
		if !unknown && (!groupPattern.MatchString(name) || len(name) > 200) {
			return nil, errs.New(errs.Invalid, fmt.Sprintf("path names a group %.70q, which GitLab does not take", name))
		}
		levels[i] = strings.Join(in.Path[:i+1], "/")
	}
	return levels, nil
}

// missing gives the effect that makes a group, nil for one that is there and not the
// operation's, and the number of one that is there.
func (a ensureGroup) missing(ctx context.Context, c Call, level int, path string) (*operations.Effect, int64, error) {
	if !operations.HoldsUnknown(path) {
		g, err := a.groups.Group(ctx, path)
		if err == nil && !effects.MadeGroup(g, c.Operation) {
			return nil, g.ID, nil
		}
		if err != nil && !errors.Is(err, errs.NotFound) {
			return nil, 0, fmt.Errorf("looking for group %s: %w", path, err)
		}
	}
	e, err := groupEffect(c, level, path)
	return e, 0, err
}

func groupEffect(c Call, level int, path string) (*operations.Effect, error) {
	e, err := effects.NewGroup(fmt.Sprintf("%s/group/%d", c.StepID, level), effects.GroupParams{Path: path})
	return &e, err
}

// Plan states the groups that are missing.
func (a ensureGroup) Plan(ctx context.Context, c Call) (Planned, error) {
	levels, err := a.levels(c)
	if err != nil {
		return Planned{}, err
	}
	planned := Planned{Detail: levels[len(levels)-1]}
	var id int64
	for i, path := range levels {
		var e *operations.Effect
		if len(planned.Effects) > 0 { // in a group that is missing
			e, err = groupEffect(c, i, path)
		} else {
			e, id, err = a.missing(ctx, c, i, path)
		}
		if err != nil {
			return Planned{}, err
		}
		if e != nil {
			planned.Effects = append(planned.Effects, *e)
		}
	}
	planned.Outputs = map[string]any{"groupId": id}
	if len(planned.Effects) > 0 {
		planned.Outputs["groupId"] = c.unknown("groupId")
	}
	return planned, nil
}

// Run makes the groups that are missing.
func (a ensureGroup) Run(ctx context.Context, c Call) (Result, error) {
	levels, err := a.levels(c)
	if err != nil {
		return Result{}, err
	}
	var id int64
	for i, path := range levels {
		var e *operations.Effect
		if e, id, err = a.missing(ctx, c, i, path); err != nil {
			return Result{}, err
		}
		if e == nil {
			continue
		}
		made, err := apply[effects.GroupResult](ctx, c, *e)
		if err != nil {
			return Result{}, err
		}
		id = made.ID
		if !made.Found {
			c.say("created group " + path)
		}
	}
	return Result{Outputs: map[string]any{"groupId": id}, Detail: levels[len(levels)-1]}, nil
}

func ensureGroupSpec() Spec {
	return Spec{
		ID:          EnsureGroupID,
		Description: "Makes sure that a group exists, with the groups that it lies in.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["path"],"additionalProperties":false,"properties":{
"repoUrl":{"type":"string","description":"The GitLab: its host, or what RepoUrlPicker writes"},
"path":{"type":"array","items":{"type":"string"},"minItems":1,"description":"The names of the groups, outermost first"},
"token":{"type":"string","description":"Accepted for compatibility; the portal uses its own access"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"groupId":{"type":"number","description":"GitLab's id of the innermost group"}}}`),
		Examples: []Example{{"Make a group of the team in an existing group", `steps:
  - id: group
    name: Make sure that the group exists
    action: gitlab:group:ensureExists
    input:
      repoUrl: gitlab.example.com
      path:
        - apps
        - ${{ parameters.team }}
`}},
		Effects: []Undo{{effects.GroupKind, "the group is deleted if it is empty; one that was there before is left alone"}},
	}
}
