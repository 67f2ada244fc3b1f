package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
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
	RepoURL     string      `json:"repoUrl"`
	Path        []groupPart `json:"path"`
	Description string      `json:"description"`
}

// groupPart is a part of a path: a name, which may have slashes in it, or a name for people
// beside the part itself.
type groupPart struct{ Name, Slug string }

// UnmarshalJSON takes either.
func (p *groupPart) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, &p.Slug) == nil {
		return nil
	}
	var both struct {
		Name string `json:"name"`
		Slug string `json:"slug"`
	}
	if err := json.Unmarshal(raw, &both); err != nil || both.Name == "" || both.Slug == "" {
		return &json.UnmarshalTypeError{Value: "something else", Field: "path", Type: reflect.TypeFor[groupPart]()}
	}
	*p = groupPart(both)
	return nil
}

// maxGroupLevels is how deep GitLab nests groups.
const maxGroupLevels = 20

// levels gives the groups, outermost first.
func (a ensureGroup) levels(c Call) ([]effects.GroupParams, error) {
	in, err := decodeInput[ensureGroupInput](c)
	if err != nil {
		return nil, err
	}
	if err := a.host.check(in.RepoURL); err != nil {
		return nil, err
	}
	var parts []groupPart
	for _, part := range in.Path {
		if part.Name != "" {
			parts = append(parts, part)
			continue
		}
		for slug := range strings.SplitSeq(part.Slug, "/") {
			parts = append(parts, groupPart{Slug: slug})
		}
	}
	if len(parts) == 0 || len(parts) > maxGroupLevels {
		return nil, errs.New(errs.Invalid, fmt.Sprintf("path lists the names of 1 to %d groups, outermost first", maxGroupLevels))
	}
	if err := oneLine("description", in.Description, maxGroupDescription); err != nil {
		return nil, err
	}
	return checkedLevels(c, parts, in.Description)
}

// maxGroupDescription leaves room for the operation's mark in what GitLab takes.
const maxGroupDescription = 400

func checkedLevels(c Call, parts []groupPart, description string) ([]effects.GroupParams, error) {
	levels := make([]effects.GroupParams, len(parts))
	path := ""
	for i, part := range parts {
		if !c.unforeseen(part.Slug) && (!groupPattern.MatchString(part.Slug) || len(part.Slug) > 200) {
			return nil, errs.New(errs.Invalid, fmt.Sprintf("path names a group %.70q, which GitLab does not take", part.Slug))
		}
		if err := oneLine("the name of a group", part.Name, 255); err != nil {
			return nil, err
		}
		path = strings.TrimPrefix(path+"/"+part.Slug, "/")
		levels[i] = effects.GroupParams{Path: path, Name: part.Name}
	}
	levels[len(levels)-1].Description = description
	return levels, nil
}

// missing gives the effect that makes a group, nil for one that is there and not the
// operation's, and the number of one that is there.
func (a ensureGroup) missing(ctx context.Context, c Call, level int, p effects.GroupParams) (*operations.Effect, int64, error) {
	if !operations.HoldsUnknown(p.Path) {
		g, err := a.groups.Group(ctx, p.Path)
		if err == nil && !effects.MadeGroup(g, c.Operation) {
			return nil, g.ID, nil
		}
		if err != nil && !errors.Is(err, errs.NotFound) {
			return nil, 0, fmt.Errorf("looking for group %s: %w", p.Path, err)
		}
	}
	e, err := groupEffect(c, level, p)
	return e, 0, err
}

func groupEffect(c Call, level int, p effects.GroupParams) (*operations.Effect, error) {
	e, err := effects.NewGroup(fmt.Sprintf("%s/group/%d", c.StepID, level), p)
	return &e, err
}

// Plan states the groups that are missing.
func (a ensureGroup) Plan(ctx context.Context, c Call) (Planned, error) {
	levels, err := a.levels(c)
	if err != nil {
		return Planned{}, err
	}
	planned := Planned{Detail: levels[len(levels)-1].Path}
	var id int64
	for i, level := range levels {
		var e *operations.Effect
		if len(planned.Effects) > 0 { // in a group that is missing
			e, err = groupEffect(c, i, level)
		} else {
			e, id, err = a.missing(ctx, c, i, level)
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
	for i, level := range levels {
		var e *operations.Effect
		if e, id, err = a.missing(ctx, c, i, level); err != nil {
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
			c.say("created group " + level.Path)
		}
	}
	return Result{Outputs: map[string]any{"groupId": id}, Detail: levels[len(levels)-1].Path}, nil
}

func ensureGroupSpec() Spec {
	return Spec{
		ID:          EnsureGroupID,
		Description: "Makes sure that a group exists, with the groups that it lies in.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["path"],"additionalProperties":false,"properties":{
"repoUrl":{"type":"string","description":"The GitLab: its host, or what RepoUrlPicker writes"},
"path":{"type":"array","minItems":1,"description":"The names of the groups, outermost first; a name may be a path","items":{"anyOf":[{"type":"string"},
{"type":"object","required":["name","slug"],"properties":{"name":{"type":"string","description":"What people call the group"},"slug":{"type":"string","description":"Its part of the path"}}}]}},
"description":{"type":"string","description":"What the innermost group is for"},
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
