package actions_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitlabtest"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/shared/scm"
)

// kept is a vault in memory.
type kept map[string]string

func (k kept) Keep(_ context.Context, _ operations.Ref, name, value string) error {
	k[name] = value
	return nil
}

func (k kept) Reveal(_ context.Context, _ operations.Ref, text string) (string, error) {
	for _, name := range operations.SecretReferences(text) {
		value, there := k[name]
		if !there {
			return "", errs.New(errs.Conflict, "there is no secret "+name)
		}
		text = strings.ReplaceAll(text, operations.SecretReference(name), value)
	}
	return text, nil
}

// lab is a GitLab with the actions on it.
type lab struct {
	*gitlabtest.GitLab
	registry   *actions.Registry
	performers map[string]operations.Performer
	vault      kept
	files      *workspace.Scratch
	host       string
	said       []string
	begun      map[string]operations.Effect // by both
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{GitLab: gitlabtest.Start(t, "apps"), vault: kept{}, files: workspace.NewScratch()}
	list, err := actions.NewGitLab(actions.GitLabConfig{
		BaseURL: l.URL, Projects: l.Client, Repositories: l.Client, Groups: l.Client, Users: l.Client, Members: l.Client, Issues: l.Client, Vault: l.vault,
	})
	if err != nil {
		t.Fatal(err)
	}
	if l.registry, err = actions.NewRegistry(list...); err != nil {
		t.Fatal(err)
	}
	l.performers = effects.GitLab(effects.GitLabDeps{SCM: l.Client, Workspaces: l.files, Vault: l.vault, Clock: clock.System{}})
	l.host = strings.TrimPrefix(l.URL, "http://")
	return l
}

func (l *lab) call(input map[string]any) actions.Call {
	c := call(input)
	c.Files, c.Say = l.files, func(lines ...string) { l.said = append(l.said, lines...) }
	return c
}

func (l *lab) fill(t *testing.T, files map[string]string) {
	t.Helper()
	var list workspace.Files
	for path, content := range files {
		if err := list.Add(workspace.File{Path: path, Content: []byte(content)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.files.Save(t.Context(), "op-1", &list); err != nil {
		t.Fatal(err)
	}
}

func (l *lab) plan(t *testing.T, id string, input map[string]any) (actions.Planned, error) {
	t.Helper()
	a, err := l.registry.Action(id)
	if err != nil {
		t.Fatal(err)
	}
	c := l.call(input)
	c.Rehearsing = true
	return a.Plan(t.Context(), c)
}

// run runs an action whose effects are those of a plan, and no others.
func (l *lab) run(t *testing.T, id string, planned actions.Planned, input map[string]any) (actions.Result, error) {
	t.Helper()
	a, err := l.registry.Action(id)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := operations.NewPlan(planned.Effects)
	if err != nil {
		t.Fatal(err)
	}
	c := l.call(input)
	c.Apply = func(ctx context.Context, e operations.Effect) (json.RawMessage, error) {
		if !plan.Holds(e) {
			t.Errorf("%s %s %s was not planned", e.Kind, e.Target, e.Params)
		}
		if l.begun != nil {
			l.begun[e.ID] = e
		}
		found, err := l.performers[e.Kind].Find(ctx, c.Operation, e)
		if !errors.Is(err, errs.NotFound) {
			return found, err
		}
		return l.performers[e.Kind].Do(ctx, c.Operation, e)
	}
	c.Begun = func(_ context.Context, id string) (*operations.Effect, error) {
		if e, is := l.begun[id]; is {
			return &e, nil
		}
		return nil, nil
	}
	return a.Run(t.Context(), c)
}

// both plans and runs, twice, and gives the plan and the outputs.
func (l *lab) both(t *testing.T, id string, input map[string]any) (actions.Planned, map[string]any) {
	t.Helper()
	l.begun = map[string]operations.Effect{}
	defer func() { l.begun = nil }()
	planned, err := l.plan(t, id, input)
	if err != nil {
		t.Fatal(err)
	}
	done, err := l.run(t, id, planned, input)
	if err != nil {
		t.Fatal(err)
	}
	again, err := l.run(t, id, planned, input)
	if diff := cmp.Diff(done.Outputs, again.Outputs); err != nil || diff != "" {
		t.Errorf("run again: %v, %s", err, diff)
	}
	for name, value := range planned.Outputs {
		text, _ := value.(string)
		if !operations.HoldsUnknown(text) && !cmp.Equal(value, done.Outputs[name]) {
			t.Errorf("%s was foreseen as %v and is %v", name, value, done.Outputs[name])
		}
	}
	if diff := cmp.Diff(keys(planned.Outputs), keys(done.Outputs)); diff != "" {
		t.Errorf("outputs %s", diff)
	}
	return planned, done.Outputs
}

func keys(m map[string]any) map[string]bool {
	out := map[string]bool{}
	for name := range maps.Keys(m) {
		out[name] = true
	}
	return out
}

func kinds(list []operations.Effect) string {
	var out []string
	for _, e := range list {
		out = append(out, strings.TrimPrefix(e.Kind, "gitlab.")+" "+e.Target)
	}
	return strings.Join(out, "; ")
}

func TestGroupsAreMadeAsFarAsTheyAreMissing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	planned, out := l.both(t, actions.EnsureGroupID, map[string]any{"repoUrl": l.host, "path": []any{"apps", "team", "inner"}})
	if got := kinds(planned.Effects); got != "group apps/team; group apps/team/inner" {
		t.Errorf("planned %s", got)
	}
	g, err := l.Client.Group(t.Context(), "apps/team/inner")
	if err != nil || out["groupId"] != g.ID {
		t.Errorf("%v, %+v, %v", out, g, err)
	}
	planned, out = l.both(t, actions.EnsureGroupID, map[string]any{"path": []any{"apps"}})
	if len(planned.Effects) > 0 || planned.Outputs["groupId"] != out["groupId"] {
		t.Errorf("of one that is there: %v, %v", planned, out)
	}
	later, err := l.plan(t, actions.EnsureGroupID, map[string]any{"path": []any{"apps", actions.Unknown("x.y"), "z"}})
	if err != nil || len(later.Effects) != 2 {
		t.Errorf("of one nobody knows: %v, %v", later, err)
	}
}

func TestAMaskedValueStandsNowhere(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	p := l.Project(t, "apps/orders", map[string]string{"a": "a"})
	input := map[string]any{"repoUrl": l.host + "?owner=apps&repo=orders", "projectId": float64(p.ID), "key": "KEY", "value": "hunter2-hunter2", "masked": true, "variableType": "env_var"}
	planned, _ := l.both(t, actions.CreateVariableID, input)
	if text := string(planned.Effects[0].Params); strings.Contains(text, "hunter2") {
		t.Errorf("planned %s", text)
	}
	v := l.Admin.Do(t, "GET", "/projects/apps%2Forders/variables/KEY", nil)
	if v["value"] != "hunter2-hunter2" || v["masked"] != true {
		t.Errorf("it is %v", v)
	}
	input["value"] = "another-value"
	other, err := l.plan(t, actions.CreateVariableID, input)
	if err != nil || string(other.Effects[0].Params) == string(planned.Effects[0].Params) {
		t.Errorf("a plan of another value is the same: %v", err)
	}
	input["value"] = "x" + actions.Unknown("a.b")
	other, err = l.plan(t, actions.CreateVariableID, input)
	plan, planErr := operations.NewPlan(other.Effects)
	if err != nil || planErr != nil || !plan.Holds(planned.Effects[0]) {
		t.Errorf("a value that nobody knows: %v, %v", other.Effects, err)
	}
}

func TestATokenGoesToAVariable(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	p := l.Project(t, "apps/orders", map[string]string{"a": "a"})
	_, out := l.both(t, actions.CreateAccessTokenID, map[string]any{"projectId": p.Path, "name": "deploy", "accessLevel": 30, "scopes": []any{"read_api"}, "expiresAt": clock.System{}.Now().AddDate(0, 1, 0).Format("2006-01-02")})
	l.both(t, actions.CreateVariableID, map[string]any{"projectId": "apps/orders", "key": "TOKEN", "value": out["access_token"], "masked": true})
	v := l.Admin.Do(t, "GET", "/projects/apps%2Forders/variables/TOKEN", nil)
	if value, _ := v["value"].(string); len(value) < 20 || strings.Contains(value, "⟦") {
		t.Errorf("it is %v", v)
	}
}

func TestAPipelineIsTriggered(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	p := l.Project(t, "apps/orders", map[string]string{".gitlab-ci.yml": "job:\n  script: [\"true\"]\n"})
	_, out := l.both(t, actions.TriggerPipelineID, map[string]any{"repoUrl": l.host + "?owner=apps&repo=orders", "branch": "main", "variables": map[string]any{"A": "b"}, "tokenDescription": "x"})
	list, err := l.Client.PipelinesOf(t.Context(), p.ID, "main", 10)
	if err != nil || len(list) != 1 || list[0].WebURL != out["pipelineUrl"] {
		t.Errorf("%+v, %v, %v", list, out, err)
	}
}

// refusal is an input that is not taken, and part of what is said about it.
type refusal struct {
	action  string
	input   map[string]any
	message string
}

func (l *lab) refuses(t *testing.T, cases map[string]refusal) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := l.plan(t, c.action, c.input)
			if !errors.Is(err, errs.Invalid) || !strings.Contains(errs.Message(err), c.message) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestGitLabActionsRefuse(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.Project(t, "apps/orders", map[string]string{"a": "a"})
	l.fill(t, map[string]string{"a": "changed"})
	orders := l.host + "?owner=apps&repo=orders"
	ours := l.host + "?owner=apps&repo=orders"
	l.refuses(t, map[string]refusal{
		"group without a path":     {actions.EnsureGroupID, map[string]any{}, "path lists the names"},
		"group on another host":    {actions.EnsureGroupID, map[string]any{"repoUrl": "evil.example.com", "path": []any{"a"}}, "the portal works with"},
		"group with two slashes":   {actions.EnsureGroupID, map[string]any{"path": []any{"a//b"}}, "which GitLab does not take"},
		"group without a slug":     {actions.EnsureGroupID, map[string]any{"path": []any{map[string]any{"name": "A"}}}, "path must be"},
		"group of many lines":      {actions.EnsureGroupID, map[string]any{"path": []any{"a"}, "description": "a\nb"}, "description is one line"},
		"deploy token, no name":    {actions.CreateDeployTokenID, map[string]any{"projectId": "a/b", "scopes": []any{"read_repository"}}, "needs a name"},
		"deploy token, no scope":   {actions.CreateDeployTokenID, map[string]any{"projectId": "a/b", "name": "x"}, "needs scopes"},
		"deploy token, bad scope":  {actions.CreateDeployTokenID, map[string]any{"projectId": "a/b", "name": "x", "scopes": []any{"A B"}}, "which is no scope"},
		"push without a message":   {actions.PushID, map[string]any{"repoUrl": orders, "branchName": "b", "commitMessage": " "}, "needs a commitMessage"},
		"push of a wrong way":      {actions.PushID, map[string]any{"repoUrl": orders, "branchName": "b", "commitMessage": "x", "commitAction": "skip"}, "commitAction is"},
		"push to no branch":        {actions.PushID, map[string]any{"repoUrl": orders, "branchName": "a..b", "commitMessage": "x"}, "not the name of a branch"},
		"push that leads out":      {actions.PushID, map[string]any{"repoUrl": orders, "branchName": "b", "commitMessage": "x", "targetPath": "../x"}, ".."},
		"issue without a title":    {actions.CreateIssueID, map[string]any{"repoUrl": orders}, "needs a title"},
		"issue due some day":       {actions.CreateIssueID, map[string]any{"repoUrl": orders, "title": "t", "dueDate": "soon"}, "dueDate is a day"},
		"issue of some time":       {actions.CreateIssueID, map[string]any{"repoUrl": orders, "title": "t", "createdAt": "2027"}, "createdAt is a time"},
		"issue of a kind":          {actions.CreateIssueID, map[string]any{"repoUrl": orders, "title": "t", "issueType": "bug"}, "issueType is"},
		"issue for a name":         {actions.CreateIssueID, map[string]any{"repoUrl": orders, "title": "t", "assignees": []any{"ann"}}, "assignees is a number"},
		"issue of no weight":       {actions.CreateIssueID, map[string]any{"repoUrl": orders, "title": "t", "weight": -1}, "weight is not below zero"},
		"issue with nothing new":   {actions.EditIssueID, map[string]any{"repoUrl": orders, "issueIid": 1}, "changes nothing"},
		"issue of no number":       {actions.EditIssueID, map[string]any{"repoUrl": orders, "title": "t"}, "issueIid is a number"},
		"issue without a new name": {actions.EditIssueID, map[string]any{"repoUrl": orders, "issueIid": 1, "title": " "}, "title is one line"},
		"issue half closed":        {actions.EditIssueID, map[string]any{"repoUrl": orders, "issueIid": 1, "stateEvent": "shut"}, "close or reopen"},
		"access of nobody":         {actions.GroupAccessID, map[string]any{"path": "apps"}, "needs userIds or groupIds"},
		"access of no level":       {actions.GroupAccessID, map[string]any{"path": "apps", "userIds": []any{1}, "accessLevel": 0}, "accessLevel is"},
		"access of a strange name": {actions.GroupAccessID, map[string]any{"path": "apps", "userIds": []any{1}, "accessLevel": "king"}, "accessLevel must be"},
		"access in two ways":       {actions.GroupAccessID, map[string]any{"path": "apps", "userIds": []any{1}, "action": "set"}, "add or remove"},
		"access by name":           {actions.GroupAccessID, map[string]any{"path": "apps", "userIds": []any{"ann"}}, "is a number"},
		"access that leads out":    {actions.GroupAccessID, map[string]any{"path": "apps/../x", "userIds": []any{1}}, "path is the number"},
		"user of a name":           {actions.UserInfoID, map[string]any{"userId": "ann"}, "userId is a number"},
		"merging by itself":        {actions.MergeRequestID, map[string]any{"repoUrl": orders, "branchName": "b", "title": "t", "autoMerge": true}, "autoMerge"},
		"group that leads out":     {actions.EnsureGroupID, map[string]any{"path": []any{"apps", ".."}}, "which GitLab does not take"},
		"group path of text":       {actions.EnsureGroupID, map[string]any{"path": "apps"}, "path must be a list"},
		"endless group path":       {actions.EnsureGroupID, map[string]any{"path": make([]any, 21)}, "1 to 20 groups"},
		"variable without value":   {actions.CreateVariableID, map[string]any{"projectId": "a/b", "key": "A"}, "needs a value"},
		"variable without project": {actions.CreateVariableID, map[string]any{"key": "A", "value": ""}, "number of a project, or its full path"},
		"variable of a list":       {actions.CreateVariableID, map[string]any{"projectId": []any{}, "key": "A", "value": ""}, "projectId"},
		"variable of a fraction":   {actions.CreateVariableID, map[string]any{"projectId": 1.5, "key": "A", "value": ""}, "number of a project, or its full path"},
		"variable of -1":           {actions.CreateVariableID, map[string]any{"projectId": -1, "key": "A", "value": ""}, "number of a project, or its full path"},
		"variable of ../..":        {actions.CreateVariableID, map[string]any{"projectId": "../..", "key": "A", "value": ""}, "number of a project, or its full path"},
		"variable with a bad key":  {actions.CreateVariableID, map[string]any{"projectId": "a/b", "key": "A-B", "value": ""}, "the key of a variable"},
		"variable of a bad type":   {actions.CreateVariableID, map[string]any{"projectId": "a/b", "key": "A", "value": "", "variableType": "x"}, "env_var or file"},
		"variable of a bad scope":  {actions.CreateVariableID, map[string]any{"projectId": "a/b", "key": "A", "value": "", "environmentScope": "a\nb"}, "environment scope"},
		"variable masked, short":   {actions.CreateVariableID, map[string]any{"projectId": "a/b", "key": "A", "value": "1234567", "masked": true}, "A can't be masked"},
		"variable masked, lines":   {actions.CreateVariableID, map[string]any{"projectId": "a/b", "key": "A", "value": "1234567\n8", "masked": true}, "without blanks"},
		"pipeline without project": {actions.TriggerPipelineID, map[string]any{"branch": "main"}, "repoUrl has no host"},
		"pipeline without branch":  {actions.TriggerPipelineID, map[string]any{"repoUrl": ours}, "branch is not the name of a branch"},
		"pipeline with our mark":   {actions.TriggerPipelineID, map[string]any{"repoUrl": ours, "branch": "main", "variables": map[string]any{"SLIPWAY_OPERATION": "other"}}, "does not begin with SLIPWAY_"},
		"pipeline with a bad name": {actions.TriggerPipelineID, map[string]any{"repoUrl": ours, "branch": "main", "variables": map[string]any{"A=B": ""}}, "variables names"},
		"token of a bad level":     {actions.CreateAccessTokenID, map[string]any{"projectId": "a/b", "accessLevel": 60}, "accessLevel is"},
		"token of a bad scope":     {actions.CreateAccessTokenID, map[string]any{"projectId": "a/b", "scopes": []any{"api admin"}}, "which is no scope"},
		"token of a bad day":       {actions.CreateAccessTokenID, map[string]any{"projectId": "a/b", "expiresAt": "tomorrow"}, "expiresAt is a day"},
		"token of two lines":       {actions.CreateAccessTokenID, map[string]any{"projectId": "a/b", "name": "a\nb"}, "one line"},
	})
}

func TestProposalsAreRefused(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.Project(t, "apps/orders", map[string]string{"a": "a"})
	l.fill(t, map[string]string{"a": "changed"})
	ours := l.host + "?owner=apps&repo=orders"
	l.refuses(t, map[string]refusal{
		"proposal without title":  {actions.MergeRequestID, map[string]any{"repoUrl": ours, "branchName": "x"}, "needs a title"},
		"proposal of two lines":   {actions.MergeRequestID, map[string]any{"repoUrl": ours, "branchName": "x", "title": "a\n\nSlipway-Operation: other"}, "title is one line"},
		"proposal without branch": {actions.MergeRequestID, map[string]any{"repoUrl": ours, "title": "x"}, "branchName is not"},
		"proposal to itself":      {actions.MergeRequestID, map[string]any{"repoUrl": ours, "title": "x", "branchName": "main"}, "the branch to propose changes to"},
		"proposal that leads out": {actions.MergeRequestID, map[string]any{"repoUrl": ours, "title": "x", "branchName": "x", "sourcePath": ".", "targetPath": "../.."}, ".."},
		"proposal into .git":      {actions.MergeRequestID, map[string]any{"repoUrl": ours, "title": "x", "branchName": "x", "sourcePath": ".", "targetPath": ".git"}, ".git"},
		"proposal of a bad way":   {actions.MergeRequestID, map[string]any{"repoUrl": ours, "title": "x", "branchName": "x", "commitAction": "x"}, "commitAction is"},
	})
}

func TestNewGitLabNeedsAll(t *testing.T) {
	t.Parallel()
	full := actions.GitLabConfig{BaseURL: "https://gitlab.example.com", Projects: struct{ scm.Projects }{}, Repositories: struct{ scm.Repositories }{}, Groups: struct{ scm.Groups }{},
		Users: struct{ scm.Users }{}, Members: struct{ scm.Members }{}, Issues: struct{ scm.Issues }{}, Vault: kept{}}
	if _, err := actions.NewGitLab(full); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]func(*actions.GitLabConfig){
		"URL": func(c *actions.GitLabConfig) { c.BaseURL = "x" }, "projects": func(c *actions.GitLabConfig) { c.Projects = nil },
		"repositories": func(c *actions.GitLabConfig) { c.Repositories = nil }, "groups": func(c *actions.GitLabConfig) { c.Groups = nil },
		"users": func(c *actions.GitLabConfig) { c.Users = nil }, "members": func(c *actions.GitLabConfig) { c.Members = nil }, "issues": func(c *actions.GitLabConfig) { c.Issues = nil },
		"vault": func(c *actions.GitLabConfig) { c.Vault = nil },
	} {
		lacking := full
		c(&lacking)
		if _, err := actions.NewGitLab(lacking); err == nil {
			t.Errorf("made without %s", name)
		}
	}
	if _, err := actions.NewCatalog(nil); err == nil {
		t.Error("made without a catalog")
	}
}
