package actions_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

func publisher(t *testing.T) *actions.PublishGitLab {
	t.Helper()
	a, err := actions.NewPublishGitLab(actions.PublishConfig{BaseURL: "https://gitlab.example.com:8443/"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func call(input map[string]any) actions.Call {
	return actions.Call{Operation: operations.Ref{ID: "op-1", Target: "component:default/orders"}, StepID: "step", Input: input, Workspace: "op-1", Files: workspace.NewScratch()}
}

const repo = "gitlab.example.com:8443?owner=apps/backend&repo=orders"

// params reads the parameters of an effect.
func params[T any](t *testing.T, e operations.Effect) T {
	t.Helper()
	var p T
	if err := json.Unmarshal(e.Params, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPublishPlansProjectCommitAndHook(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		input map[string]any
		want  effects.ProjectParams
		title string
	}{
		"defaults": {
			map[string]any{"repoUrl": repo},
			effects.ProjectParams{DefaultBranch: "main", Visibility: "private"}, "Create orders",
		},
		"all given": {
			map[string]any{"repoUrl": repo, "defaultBranch": "trunk", "repoVisibility": "internal", "description": "Takes orders", "gitCommitMessage": "First"},
			effects.ProjectParams{DefaultBranch: "trunk", Visibility: "internal", Description: "Takes orders"}, "First",
		},
		"settings come first": {
			map[string]any{"repoUrl": repo, "repoVisibility": "public", "description": "x", "settings": map[string]any{"description": "y", "visibility": "private", "unknown": "z"}},
			effects.ProjectParams{DefaultBranch: "main", Visibility: "private", Description: "y"}, "Create orders",
		},
		"the host without its port": {
			map[string]any{"repoUrl": "gitlab.example.com?repo=orders&owner=apps/backend"},
			effects.ProjectParams{DefaultBranch: "main", Visibility: "private"}, "Create orders",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planned, err := publisher(t).Plan(t.Context(), call(c.input))
			if err != nil {
				t.Fatal(err)
			}
			c.want.Namespace, c.want.Slug = "apps/backend", "orders"
			if diff := cmp.Diff(c.want, params[effects.ProjectParams](t, planned.Effects[0])); diff != "" {
				t.Error(diff)
			}
			commit := effects.CommitParams{Project: "apps/backend/orders", Branch: c.want.DefaultBranch, Title: c.title, Files: (&workspace.Files{}).Digest()}
			if diff := cmp.Diff(commit, params[effects.CommitParams](t, planned.Effects[1])); diff != "" {
				t.Error(diff)
			}
			hook := effects.HookParams{Project: "apps/backend/orders"}
			if diff := cmp.Diff(hook, params[effects.HookParams](t, planned.Effects[2])); diff != "" {
				t.Error(diff)
			}
			web := "https://gitlab.example.com:8443/apps/backend/orders"
			if planned.Outputs["remoteUrl"] != web || planned.Outputs["repoContentsUrl"] != web+"/-/blob/"+c.want.DefaultBranch {
				t.Errorf("outputs %v", planned.Outputs)
			}
		})
	}
}

func TestPublishRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  map[string]any
		message string
	}{
		"no repoUrl":         {map[string]any{"repoUrl": nil}, "repoUrl has no host"},
		"another host":       {map[string]any{"repoUrl": "evil.example.com?owner=a&repo=b"}, `"evil.example.com"; repositories are created on gitlab.example.com:8443`},
		"unknown visibility": {map[string]any{"repoVisibility": "secret"}, "private, internal or public"},
		"branch with dots":   {map[string]any{"defaultBranch": "a..b"}, "not the name of a branch"},
		"branch lock":        {map[string]any{"defaultBranch": "a.lock"}, "not the name of a branch"},
		"branch with slash":  {map[string]any{"defaultBranch": "../x"}, "not the name of a branch"},
		"two-line message":   {map[string]any{"gitCommitMessage": "a\n\nSlipway-Operation: other"}, "one line"},
		"endless message":    {map[string]any{"gitCommitMessage": strings.Repeat("x", 201)}, "one line of at most 200"},
		"endless text":       {map[string]any{"description": strings.Repeat("x", 2001)}, "longer than 2000"},
		"wrong type":         {map[string]any{"defaultBranch": 7}, "defaultBranch must be a text, not number"},
		"wrong deep type":    {map[string]any{"settings": map[string]any{"description": []any{}}}, "settings.description must be a text, not array"},
		"no JSON":            {map[string]any{"description": func() {}}, "can't be written as JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			input := map[string]any{"repoUrl": repo}
			for k, v := range c.change {
				input[k] = v
			}
			_, err := publisher(t).Plan(t.Context(), call(input))
			if !errors.Is(err, errs.Invalid) || !strings.Contains(errs.Message(err), c.message) {
				t.Errorf("got %v, want %s", err, c.message)
			}
			if _, err := publisher(t).Run(t.Context(), call(input)); !errors.Is(err, errs.Invalid) {
				t.Errorf("run: %v", err)
			}
		})
	}
}

// applied runs an action with a ledger that answers from a list by kind.
func applied(t *testing.T, a actions.Action, c actions.Call, results map[string]any) (actions.Result, []operations.Effect, error) {
	t.Helper()
	var made []operations.Effect
	c.Apply = func(_ context.Context, e operations.Effect) (json.RawMessage, error) {
		result, there := results[e.Kind]
		if !there {
			return nil, errs.New(errs.Unavailable, "no "+e.Kind)
		}
		made = append(made, e)
		return json.Marshal(result)
	}
	result, err := a.Run(t.Context(), c)
	return result, made, err
}

func TestRunMakesExactlyWhatWasPlanned(t *testing.T) {
	t.Parallel()
	results := map[string]any{
		effects.ProjectKind:  effects.ProjectResult{ID: 7, WebURL: "https://g/apps/orders", CloneURL: "https://g/apps/orders.git"},
		effects.CommitKind:   effects.CommitResult{ID: "c0ffee"},
		effects.HookKind:     effects.HookResult{ID: 3},
		effects.LocationKind: effects.LocationResult{ID: "l", Entities: []string{"component:default/orders", "api:default/orders"}},
	}
	for _, c := range []struct {
		action  actions.Action
		input   map[string]any
		outputs map[string]any
		detail  string
	}{
		{
			publisher(t), map[string]any{"repoUrl": repo},
			map[string]any{"remoteUrl": "https://g/apps/orders", "repoContentsUrl": "https://gitlab.example.com:8443/apps/backend/orders/-/blob/main", "projectId": int64(7), "commitHash": "c0ffee", "created": true},
			"https://g/apps/orders",
		},
		{
			actions.CatalogRegister{}, map[string]any{"catalogInfoUrl": "https://g/x/-/blob/main/c.yaml"},
			map[string]any{"catalogInfoUrl": "https://g/x/-/blob/main/c.yaml", "entityRef": "component:default/orders"},
			"component:default/orders, api:default/orders",
		},
	} {
		planned, err := c.action.Plan(t.Context(), call(c.input))
		if err != nil {
			t.Fatal(err)
		}
		result, made, err := applied(t, c.action, call(c.input), results)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(planned.Effects, made); diff != "" {
			t.Errorf("%s: %s", c.action.ID(), diff)
		}
		if diff := cmp.Diff(actions.Result{Outputs: c.outputs, Detail: c.detail}, result); diff != "" {
			t.Errorf("%s: %s", c.action.ID(), diff)
		}
		for kind := range results {
			less := map[string]any{}
			for k, v := range results {
				if k != kind {
					less[k] = v
				}
			}
			if _, made, err := applied(t, c.action, call(c.input), less); len(made) < len(planned.Effects) && !errors.Is(err, errs.Unavailable) {
				t.Errorf("%s without %s: %v", c.action.ID(), kind, err)
			}
		}
	}
}

func TestRegisterReadsEitherForm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		input map[string]any
		want  string // "" when refused
	}{
		"url":                {map[string]any{"catalogInfoUrl": "https://g/a/-/blob/main/x.yaml"}, "https://g/a/-/blob/main/x.yaml"},
		"contents":           {map[string]any{"repoContentsUrl": "https://g/a/-/blob/main"}, "https://g/a/-/blob/main/catalog-info.yaml"},
		"contents and slash": {map[string]any{"repoContentsUrl": "https://g/a/-/blob/main/", "catalogInfoPath": "/deep/c.yaml"}, "https://g/a/-/blob/main/deep/c.yaml"},
		"nothing":            {map[string]any{}, ""},
		"only a path":        {map[string]any{"catalogInfoPath": "/c.yaml"}, ""},
		"wrong type":         {map[string]any{"catalogInfoUrl": []any{"x"}}, ""},
	} {
		planned, err := actions.CatalogRegister{}.Plan(t.Context(), call(c.input))
		if c.want == "" {
			if !errors.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || planned.Effects[0].Target != c.want || planned.Outputs["catalogInfoUrl"] != c.want || planned.Outputs["entityRef"] != actions.Unknown("step.entityRef") {
			t.Errorf("%s: %+v, %v", name, planned, err)
		}
	}
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	r, err := actions.NewRegistry(publisher(t), actions.CatalogRegister{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"catalog:register", "publish:gitlab"}, r.IDs()); diff != "" {
		t.Error(diff)
	}
	for _, id := range r.IDs() {
		if a, err := r.Action(id); err != nil || a.ID() != id || !actions.Known(id) {
			t.Errorf("%s: %v, known %v", id, err, actions.Known(id))
		}
	}
	_, err = r.Action("debug:nope")
	if !errors.Is(err, errs.Invalid) || !strings.Contains(errs.Message(err), "there are catalog:register, publish:gitlab") || actions.Known("debug:nope") {
		t.Errorf("an unknown action: %v", err)
	}
	if _, err := actions.NewRegistry(publisher(t), publisher(t)); err == nil {
		t.Error("two actions of one name were taken")
	}
	for name, c := range map[string]actions.PublishConfig{"nothing": {}, "no host": {BaseURL: "gitlab"}} {
		if _, err := actions.NewPublishGitLab(c); err == nil {
			t.Errorf("%s: publish:gitlab was made", name)
		}
	}
}
