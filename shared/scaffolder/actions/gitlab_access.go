package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// GroupAccessID is what templates call the action that gives access to a group.
const GroupAccessID = "gitlab:group:access"

// groupAccess gives users and groups access to a group, or takes it.
type groupAccess struct {
	host   gitLabHost
	access effects.Access // asked for the access that there is
}

var _ Action = groupAccess{}

// ID gives "gitlab:group:access".
func (groupAccess) ID() string { return GroupAccessID }

type groupAccessInput struct {
	RepoURL     string      `json:"repoUrl"`
	Path        number      `json:"path"`
	UserIDs     []number    `json:"userIds"`
	GroupIDs    []number    `json:"groupIds"`
	Action      string      `json:"action"`
	AccessLevel accessLevel `json:"accessLevel"`
}

// accessLevel is a level of access in an input: GitLab's number, or its name.
type accessLevel int

// levelNames are the names of the levels.
var levelNames = map[string]accessLevel{
	"minimal_access": 5, "guest": 10, "planner": 15, "reporter": 20, "developer": developer, "maintainer": maintainer, "owner": ownerLevel,
}

// UnmarshalJSON takes either.
func (l *accessLevel) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, (*int)(l)) == nil {
		return nil
	}
	var name string
	if json.Unmarshal(raw, &name) != nil || levelNames[strings.ToLower(name)] == 0 {
		return &json.UnmarshalTypeError{Value: "something else", Field: "accessLevel", Type: reflect.TypeFor[accessLevel]()}
	}
	*l = levelNames[strings.ToLower(name)]
	return nil
}

func (a groupAccess) read(c Call) (groupAccessInput, error) {
	in, err := decodeInput[groupAccessInput](c)
	if err != nil {
		return in, err
	}
	if err := a.host.check(in.RepoURL); err != nil {
		return in, err
	}
	for _, part := range strings.Split(string(in.Path), "/") {
		if !c.unforeseen(string(in.Path)) && !groupPattern.MatchString(part) {
			return in, errs.New(errs.Invalid, "path is the number of a group, or its full path")
		}
	}
	if in.Action = orDefault(in.Action, "add"); in.Action != "add" && in.Action != "remove" {
		return in, errs.New(errs.Invalid, "action is add or remove")
	}
	if in.AccessLevel == 0 && c.Input["accessLevel"] == nil {
		in.AccessLevel = developer
	}
	if !slices.Contains([]accessLevel{5, 10, 15, 20, developer, maintainer, ownerLevel}, in.AccessLevel) && in.Action == "add" {
		return in, errs.New(errs.Invalid, "accessLevel is 5, 10, 15, 20, 30, 40 or 50, or guest, planner, reporter, developer, maintainer or owner")
	}
	if len(in.UserIDs)+len(in.GroupIDs) == 0 {
		return in, errs.New(errs.Invalid, GroupAccessID+" needs userIds or groupIds")
	}
	return in, nil
}

// effects gives one effect for everybody whose access changes. What an earlier run has begun
// goes on as it was begun.
func (a groupAccess) effects(ctx context.Context, c Call, in groupAccessInput) ([]operations.Effect, error) {
	level := int(in.AccessLevel)
	if in.Action == "remove" {
		level = 0
	}
	var list []operations.Effect
	add := func(kind string, i int, n number, of func(*effects.AccessParams, string)) error {
		text, err := n.checked(c, "each of userIds and groupIds")
		if err != nil {
			return err
		}
		p := effects.AccessParams{Group: string(in.Path), Level: level}
		of(&p, text)
		e, err := a.effect(ctx, c, fmt.Sprintf("%s/%s/%d", c.StepID, kind, i), p)
		if e != nil {
			list = append(list, *e)
		}
		return err
	}
	for i, n := range in.UserIDs {
		if err := add("user", i, n, func(p *effects.AccessParams, id string) { p.User = id }); err != nil {
			return nil, err
		}
	}
	for i, n := range in.GroupIDs {
		if err := add("group", i, n, func(p *effects.AccessParams, id string) { p.Guests = id }); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// effect gives the effect on one user or group, nil when there is nothing to change.
func (a groupAccess) effect(ctx context.Context, c Call, id string, p effects.AccessParams) (*operations.Effect, error) {
	begun, err := c.begun(ctx, id)
	if err != nil || begun != nil {
		return begun, err
	}
	if c.unforeseen(p.Group + p.User + p.Guests) {
		p.Before = c.unknown("before")
	} else {
		p.Before, err = a.access.LevelBefore(ctx, p)
	}
	if c.Rehearsing && errors.Is(err, errs.NotFound) { // an earlier step may be about to make the group
		p.Before, err = c.unknown("before"), nil
	}
	if err != nil || p.Before == strconv.Itoa(p.Level) {
		return nil, err
	}
	e, err := effects.NewAccess(id, p)
	return &e, err
}

func (in groupAccessInput) outputs() map[string]any {
	out := map[string]any{"path": plainNumber(string(in.Path))}
	for name, list := range map[string][]number{"userIds": in.UserIDs, "groupIds": in.GroupIDs} {
		var ids []any
		for _, id := range list {
			ids = append(ids, plainNumber(string(id)))
		}
		if len(ids) > 0 {
			out[name] = ids
		}
	}
	if in.Action == "add" {
		out["accessLevel"] = int(in.AccessLevel)
	}
	return out
}

// plainNumber gives a number as one, anything else as the text that it is.
func plainNumber(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	return text
}

// Plan states whose access changes.
func (a groupAccess) Plan(ctx context.Context, c Call) (Planned, error) {
	c.Rehearsing = true
	in, err := a.read(c)
	if err != nil {
		return Planned{}, err
	}
	list, err := a.effects(ctx, c, in)
	return Planned{Effects: list, Outputs: in.outputs(), Detail: string(in.Path)}, err
}

// Run gives the access, or takes it.
func (a groupAccess) Run(ctx context.Context, c Call) (Result, error) {
	in, err := a.read(c)
	if err != nil {
		return Result{}, err
	}
	list, err := a.effects(ctx, c, in)
	if err != nil {
		return Result{}, err
	}
	for _, e := range list {
		if _, err := c.Apply(ctx, e); err != nil {
			return Result{}, err
		}
		c.say("changed the access to " + e.Target)
	}
	return Result{Outputs: in.outputs(), Detail: string(in.Path)}, nil
}

func groupAccessSpec() Spec {
	return Spec{
		ID:          GroupAccessID,
		Description: "Gives users and groups access to a group, or takes it.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["path"],"anyOf":[{"required":["userIds"]},{"required":["groupIds"]}],"additionalProperties":false,"properties":{
"repoUrl":{"type":"string","description":"The GitLab: its host, or what RepoUrlPicker writes"},
"path":{"type":["number","string"],"description":"GitLab's id of the group, or its full path"},
"userIds":{"type":"array","items":{"type":["number","string"]},"description":"The users"},
"groupIds":{"type":"array","items":{"type":["number","string"]},"description":"The groups whose members are meant"},
"action":{"type":"string","enum":["add","remove"],"description":"add when not given, which also changes the access that there is"},
"accessLevel":{"type":["number","string"],"description":"5, 10 guest, 15 planner, 20 reporter, 30 developer (when not given), 40 maintainer, 50 owner; or the name"},
"token":{"type":"string","description":"Accepted for compatibility; the portal uses its own access"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"path":{"type":["number","string"],"description":"The group as it was given"},
"userIds":{"type":"array","items":{"type":"number"},"description":"The users as they were given"},
"groupIds":{"type":"array","items":{"type":"number"},"description":"The groups as they were given"},
"accessLevel":{"type":"number","description":"The level that was given, of add"}}}`),
		Examples: []Example{{"Let another group develop in the new one", `steps:
  - id: access
    name: Give access
    action: gitlab:group:access
    input:
      repoUrl: gitlab.example.com
      path: ${{ steps.group.output.groupId }}
      groupIds:
        - 42
      accessLevel: developer
`}},
		Effects: []Undo{{effects.AccessKind, "the level that there was is brought back, unless somebody has changed it since"}},
	}
}
