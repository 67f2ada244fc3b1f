package actions_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scm"
)

// publishing adds publish:gitlab to a lab.
func publishing(t *testing.T) *lab {
	t.Helper()
	l := newLab(t)
	publish, err := actions.NewPublishGitLab(actions.PublishConfig{BaseURL: l.URL, Projects: l.Client, Vault: l.vault})
	if err != nil {
		t.Fatal(err)
	}
	if l.registry, err = actions.NewRegistry(publish); err != nil {
		t.Fatal(err)
	}
	l.performers[effects.ProjectKind] = effects.Project{Projects: l.Client, Repositories: l.Client}
	l.performers[effects.CommitKind] = effects.Commit{Projects: l.Client, Repositories: l.Client, Workspaces: l.files}
	l.performers[effects.HookKind] = effects.Hook{Projects: l.Client, Hooks: l.Client, URL: "http://127.0.0.1:9/webhooks/gitlab", Secrets: func(context.Context) (effects.HookSecrets, error) {
		return effects.HookSecrets{Token: "hook-token"}, nil
	}}
	return l
}

func TestPublishTakesBackstagesOptions(t *testing.T) {
	t.Parallel()
	l := publishing(t)
	l.fill(t, map[string]string{"service/main.go": "package main\n", "service/ci/all.yml": "job: {script: [x]}\n", "other": "not meant\n", "service/.gitignore": "*.log\n/out/\n", "service/a.log": "x", "service/out/b": "x"})
	input := map[string]any{
		"repoUrl": l.host + "?owner=apps&repo=orders", "sourcePath": "./service", "gitAuthorName": "Ann Author", "gitAuthorEmail": "ann@example.com",
		"topics": []any{"overruled"}, "setUserAsOwner": true, "token": "ignored",
		"settings": map[string]any{"path": "orders", "name": "The orders", "topics": []any{"java", "shop"}, "ci_config_path": "ci/all.yml", "merge_method": "ff", "squash_option": "always", "only_allow_merge_if_pipeline_succeeds": true},
		"projectVariables": []any{
			map[string]any{"key": "REGION", "value": "eu-west-1", "description": "Where it runs", "environment_scope": "live"},
			map[string]any{"key": "PASSWORD", "value": "hunter2-hunter2", "masked_and_hidden": true, "variable_type": "env_var"},
		},
		"branches": []any{
			map[string]any{"name": "next", "create": true, "ref": "master"}, map[string]any{"name": "release", "create": true, "protect": true, "ref": "next"},
			map[string]any{"name": "stable/*", "protect": true}, map[string]any{"name": "nothing"},
		},
		"skipExisting": true, "signCommit": false, "ownerUsername": "ann",
	}
	ann := l.Admin.User(t, "ann")
	planned, out := l.both(t, actions.PublishGitLabID, input)
	if got := kinds(planned.Effects); got != "project apps/orders; access apps/orders for user ann; commit apps/orders@main; project-branch apps/orders@next; project-branch apps/orders@release; "+
		"project-branch apps/orders@stable/*; hook apps/orders; variable apps/orders REGION for live; variable apps/orders PASSWORD" {
		t.Errorf("planned %s", got)
	}
	var paths []string
	for _, ch := range planned.Changes {
		paths = append(paths, ch.Path)
	}
	slices.Sort(paths)
	if diff := cmp.Diff([]string{".gitignore", "ci/all.yml", "main.go"}, paths); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(string(planned.Effects[8].Params), "hunter2") {
		t.Errorf("planned %s", planned.Effects[8].Params)
	}
	l.checkPublished(t, out)
	p, err := l.Client.Project(t.Context(), "apps/orders")
	if err != nil {
		t.Fatal(err)
	}
	names, err := l.Client.ProtectedBranches(t.Context(), p.ID)
	if slices.Sort(names); err != nil || !slices.Equal(names, []string{"main", "release", "stable/*"}) {
		t.Errorf("protected are %q, %v", names, err)
	}
	if level, err := l.Client.Member(t.Context(), scm.Membership{Project: p.ID, User: ann}); err != nil || level != 50 || p.Name != "The orders" {
		t.Errorf("the level is %d, %v, the name %s", level, err, p.Name)
	}
	for _, part := range []string{"created the project", "committed 3 files to main", "left out 2 files that .gitignore names"} {
		if !strings.Contains(strings.Join(l.said, "\n"), part) {
			t.Errorf("%q is not said: %q", part, l.said)
		}
	}
}

func (l *lab) checkPublished(t *testing.T, out map[string]any) {
	t.Helper()
	p, err := l.Client.Project(t.Context(), "apps/orders")
	if err != nil || out["projectId"] != p.ID || out["created"] != true || !slices.Contains(p.Topics, "java") || slices.Contains(p.Topics, "overruled") {
		t.Errorf("%+v, %v, %v", p, out, err)
	}
	head, err := l.Client.Head(t.Context(), p.ID, "main")
	if err != nil || head.Author != "Ann Author" || head.ID != out["commitHash"] {
		t.Errorf("%+v, %v", head, err)
	}
	raw := l.Admin.Do(t, "GET", "/projects/apps%2Forders", nil)
	if raw["ci_config_path"] != "ci/all.yml" || raw["merge_method"] != "ff" || raw["only_allow_merge_if_pipeline_succeeds"] != true {
		t.Errorf("settings of %v", raw)
	}
	v, err := l.Client.Variable(t.Context(), p.ID, "REGION", "live")
	if err != nil || v.Description != "Where it runs (Slipway-Operation: op-1)" {
		t.Errorf("%+v, %v", v, err)
	}
	secret := l.Admin.Do(t, "GET", "/projects/apps%2Forders/variables/PASSWORD", nil)
	if secret["value"] != nil || secret["masked"] != true || secret["hidden"] != true {
		t.Errorf("%v", secret)
	}
}

func TestPublishNothing(t *testing.T) {
	t.Parallel()
	l := publishing(t)
	l.fill(t, map[string]string{"a": "a"})
	planned, out := l.both(t, actions.PublishGitLabID, map[string]any{"repoUrl": l.host + "?owner=apps&repo=empty", "sourcePath": false})
	if _, there := out["commitHash"]; there || len(planned.Changes) != 0 || kinds(planned.Effects) != "project apps/empty; hook apps/empty" {
		t.Errorf("%v, %s", out, kinds(planned.Effects))
	}
	if p, err := l.Client.Project(t.Context(), "apps/empty"); err != nil || p.DefaultBranch != "" {
		t.Errorf("%+v, %v", p, err)
	}
	for name, source := range map[string]any{"all": true, "the root": ".", "the root, with a slash": "/"} {
		planned, err := l.plan(t, actions.PublishGitLabID, map[string]any{"repoUrl": l.host + "?owner=apps&repo=all", "sourcePath": source})
		if err != nil || len(planned.Changes) != 1 || planned.Changes[0].Path != "a" || planned.Changes[0].Action != string(scm.CreateFile) {
			t.Errorf("%s: %+v, %v", name, planned.Changes, err)
		}
	}
}

func TestPublishUnderAnotherPath(t *testing.T) {
	t.Parallel()
	l := publishing(t)
	l.fill(t, map[string]string{"a": "a"})
	_, out := l.both(t, actions.PublishGitLabID, map[string]any{"repoUrl": l.host + "?owner=apps&repo=orders", "settings": map[string]any{"path": "orders-service"}})
	p, err := l.Client.Project(t.Context(), "apps/orders-service")
	if err != nil || p.Name != "orders" || out["remoteUrl"] != l.URL+"/apps/orders-service" {
		t.Errorf("%+v, %v, %v", p, out, err)
	}
}

func TestPublishSkipsWhatIsThere(t *testing.T) {
	t.Parallel()
	l := publishing(t)
	p := l.Project(t, "apps/orders", map[string]string{"theirs": "x"})
	l.fill(t, map[string]string{"a": "a"})
	input := map[string]any{"repoUrl": l.host + "?owner=apps&repo=orders", "skipExisting": true}
	planned, out := l.both(t, actions.PublishGitLabID, input)
	want := map[string]any{"remoteUrl": p.WebURL, "repoContentsUrl": p.WebURL + "/-/blob/main", "projectId": p.ID, "created": false}
	if diff := cmp.Diff(want, out); diff != "" || len(planned.Effects) > 0 {
		t.Errorf("%s, planned %s", diff, kinds(planned.Effects))
	}
	l.Admin.Rename(t, p.ID, "elsewhere") // its former path is free
	planned, err := l.plan(t, actions.PublishGitLabID, input)
	if err != nil || len(planned.Effects) != 3 {
		t.Errorf("planned %s, %v", kinds(planned.Effects), err)
	}
}

func TestPublishRefusesOptions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  map[string]any
		message string
	}{
		"source outside":     {map[string]any{"sourcePath": "../x"}, ".."},
		"source of a number": {map[string]any{"sourcePath": 7}, "sourcePath is a folder"},
		"a path of two":      {map[string]any{"settings": map[string]any{"path": "a/b"}}, "settings.path is not"},
		"a name of lines":    {map[string]any{"settings": map[string]any{"name": "a\nb"}}, "settings.name is one line"},
		"a signed commit":    {map[string]any{"signCommit": true}, "no key to sign with"},
		"a strange owner":    {map[string]any{"ownerUsername": "a b"}, "ownerUsername is not a user name"},
		"looking blindly":    {map[string]any{"skipExisting": true}, "skipExisting needs to look"},
		"the same branch":    {map[string]any{"branches": []any{map[string]any{"name": "main", "create": true}}}, "is there already"},
		"from nowhere":       {map[string]any{"branches": []any{map[string]any{"name": "x", "create": true, "ref": "dev"}}}, "not there by then"},
		"master is nowhere":  {map[string]any{"defaultBranch": "trunk", "branches": []any{map[string]any{"name": "x", "create": true, "ref": "master"}}}, "not there by then"},
		"no branch at all":   {map[string]any{"branches": []any{map[string]any{"name": "a..b", "protect": true}}}, "not the name of a branch"},
		"a created wildcard": {map[string]any{"branches": []any{map[string]any{"name": "a*", "create": true}}}, "not the name of a branch"},
		"our topic":          {map[string]any{"topics": []any{"slipway-operation-other"}}, "does not begin with slipway"},
		"two topics in one":  {map[string]any{"topics": []any{"a,slipway-operation-other"}}, "no commas"},
		"many topics":        {map[string]any{"topics": slices.Repeat([]any{"a"}, 21)}, "more than 20"},
		"author with a mark": {map[string]any{"gitAuthorName": "a <b@c>"}, "no < or >"},
		"author of lines":    {map[string]any{"gitAuthorEmail": "a\nb"}, "gitAuthorEmail is one line"},
		"CI file of lines":   {map[string]any{"settings": map[string]any{"ci_config_path": "a\nb"}}, "ci_config_path is one line"},
		"bad variable":       {map[string]any{"projectVariables": []any{map[string]any{"key": "A-B", "value": "x"}}}, "the key of a variable"},
		"no value":           {map[string]any{"projectVariables": []any{map[string]any{"key": "TOKEN", "masked": true}}}, `"TOKEN" in projectVariables has no value`},
		"empty, but masked":  {map[string]any{"projectVariables": []any{map[string]any{"key": "TOKEN", "value": "", "masked": true}}}, "TOKEN can't be masked"},
		"setting of a text":  {map[string]any{"settings": map[string]any{"auto_devops_enabled": "yes"}}, "settings.auto_devops_enabled must be true or false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			input := map[string]any{"repoUrl": repo}
			for k, v := range c.change {
				input[k] = v
			}
			_, err := publisher(t).Plan(t.Context(), call(input))
			if !errors.Is(err, errs.Invalid) || !strings.Contains(errs.Message(err), c.message) {
				t.Errorf("%v", err)
			}
		})
	}
}
