package effects_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/shared/scm"
)

// scenario is a use of effects on what is there already.
type scenario struct {
	name string
	// effects gives the effects of an operation in a project.
	effects func(t *testing.T, b *bench, op operations.Ref, p scm.Project) []operations.Effect
	// count says how much of it there is.
	count func(t *testing.T, b *bench, p scm.Project) int
	full  int // when everything is made
	// requests is how many it takes at the least to make and to undo it.
	requests int
}

func scenarios() []scenario {
	return []scenario{
		{"group", groupEffects, countGroups, 2, 8},
		{"variable", variableEffects, countVariables, 2, 8},
		{"access token", tokenEffects, countTokens, 1, 4},
		{"triggered pipeline", pipelineEffects, countPipelines, 1, 3},
		{"merge request", mergeRequestEffects, countProposals, 2, 10},
		{"deploy token", deployTokenEffects, countDeployTokens, 1, 4},
		{"push", pushEffects, countPushes, 5, 20},
		{"issue", issueEffects, countIssues, 2, 8},
		{"access", accessEffects, countAccess, 2, 8},
	}
}

func groupEffects(t *testing.T, _ *bench, _ operations.Ref, p scm.Project) []operations.Effect {
	outer, err1 := effects.NewGroup("g/group/outer", effects.GroupParams{Path: "apps/" + p.Name + "-group"})
	inner, err2 := effects.NewGroup("g/group/inner", effects.GroupParams{Path: "apps/" + p.Name + "-group/inner"})
	return []operations.Effect{must(t, outer, err1), must(t, inner, err2)}
}

func countGroups(t *testing.T, b *bench, p scm.Project) int {
	n := 0
	for _, path := range []string{"apps/" + p.Name + "-group", "apps/" + p.Name + "-group/inner"} {
		_, err := b.Client.Group(t.Context(), path)
		if err == nil {
			n++
		} else if !errors.Is(err, errs.NotFound) {
			t.Error(err)
		}
	}
	return n
}

func variableEffects(t *testing.T, _ *bench, _ operations.Ref, p scm.Project) []operations.Effect {
	params := effects.VariableParams{Project: p.Path, Key: "KEY", Scope: "*", Type: "env_var", Value: operations.SecretReference("given"), Masked: true}
	one, err1 := effects.NewVariable("v/variable", params)
	params.Scope, params.Project, params.Value, params.Masked = "live", fmt.Sprint(p.ID), "plain", false
	other, err2 := effects.NewVariable("w/variable", params)
	return []operations.Effect{must(t, one, err1), must(t, other, err2)}
}

func countVariables(t *testing.T, b *bench, p scm.Project) int {
	n := 0
	for _, scope := range []string{"*", "live"} {
		_, err := b.Client.Variable(t.Context(), p.ID, "KEY", scope)
		if err == nil {
			n++
		} else if !errors.Is(err, errs.NotFound) {
			t.Error(err)
		}
	}
	return n
}

func tokenEffects(t *testing.T, _ *bench, _ operations.Ref, p scm.Project) []operations.Effect {
	e, err := effects.NewAccessToken("t/token", effects.AccessTokenParams{Project: p.Path, Name: "deploy", Scopes: []string{"read_api"}, Level: 30})
	return []operations.Effect{must(t, e, err)}
}

func countTokens(t *testing.T, b *bench, p scm.Project) int {
	list, err := b.Client.AccessTokens(t.Context(), p.ID)
	if err != nil {
		t.Error(err)
	}
	return len(list)
}

func pipelineEffects(t *testing.T, _ *bench, _ operations.Ref, p scm.Project) []operations.Effect {
	e, err := effects.NewTriggeredPipeline("p/pipeline", effects.TriggeredPipelineParams{
		Project: p.Path, Ref: "main", Variables: map[string]string{"TOKEN": "x-" + operations.SecretReference("given")},
	})
	return []operations.Effect{must(t, e, err)}
}

func countPipelines(t *testing.T, b *bench, p scm.Project) int {
	list, err := b.Client.PipelinesOf(t.Context(), p.ID, "main", 10)
	if err != nil {
		t.Error(err)
	}
	n := 0
	for _, pipeline := range list {
		if pipeline.Status != "canceled" {
			n++
		}
	}
	return n
}

func mergeRequestEffects(t *testing.T, b *bench, op operations.Ref, p scm.Project) []operations.Effect {
	b.fill(t, op.ID, text("README.md", "changed\n"), text("new/file", "new\n"))
	return proposed(t, b, op, p, "feature")
}

// proposed gives the effects that propose an operation's files.
func proposed(t *testing.T, b *bench, op operations.Ref, p scm.Project, branch string) []operations.Effect {
	t.Helper()
	files, err := b.spaces.Load(t.Context(), op.ID)
	if err != nil {
		t.Fatal(err)
	}
	one, err := effects.NewBranch("m/branch", effects.BranchParams{
		Project: p.Path, Branch: branch, Target: "main", Title: "Change it", Way: effects.AutoFiles, Files: files.Digest(), Base: b.base(t, p, files),
	})
	other, err2 := effects.NewMergeRequest("m/merge-request", effects.MergeRequestParams{
		Project: p.Path, Source: branch, Target: "main", Title: "Change it", Description: "Because.", Labels: []string{"made"}, Assignee: "nobody-there",
	})
	return []operations.Effect{must(t, one, err), must(t, other, err2)}
}

func (b *bench) base(t *testing.T, p scm.Project, files *workspace.Files) string {
	t.Helper()
	head, err := b.Client.Head(t.Context(), p.ID, "main")
	if err != nil {
		t.Fatal(err)
	}
	compared, err := effects.Compare(t.Context(), b.Client, p.ID, head.ID, files, effects.AutoFiles)
	if err != nil {
		t.Fatal(err)
	}
	return compared.Base
}

func countProposals(t *testing.T, b *bench, p scm.Project) int {
	branches, err := b.Client.SearchBranches(t.Context(), p.ID, "feature", 10)
	if err != nil {
		t.Error(err)
	}
	requests, err := b.Client.MergeRequestsFrom(t.Context(), p.ID, "feature")
	if err != nil {
		t.Error(err)
	}
	n := len(branches)
	for _, m := range requests {
		if m.State == "opened" {
			n++
		}
	}
	return n
}

// gate is a pipeline that does not end by itself for long.
const gate = "job:\n  script: [\"true\"]\n  when: delayed\n  start_in: 1 hour\n"

// fresh makes a project for one try.
func (b *bench) fresh(t *testing.T, name string) scm.Project {
	t.Helper()
	return b.Project(t, "apps/"+name, map[string]string{"README.md": "first\n", ".gitlab-ci.yml": gate})
}

func given() map[string]string { return map[string]string{"given": "a-secret-value"} }

// TestEveryPoint loses the answer to each request in turn, or the request itself, while
// effects are made and while they are undone. Whatever is lost, everything is there once,
// and nothing is in the end.
func TestEveryPoint(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			points := 0
			for name, fault := range map[string]faults.Fault{"lost": faults.AnswerLost(), "dropped": faults.Dropped()} {
				for k := 0; !testing.Short() || k < 2; k++ {
					reached := b.fails(t, s, fmt.Sprintf("%s-%d", name, k), k, fault)
					if reached == 0 {
						break
					}
					points += reached
				}
			}
			t.Logf("%d points", points)
			if points < 2*s.requests && !testing.Short() {
				t.Errorf("only %d points were reached", points)
			}
		})
	}
}

// fails runs a scenario in which the k-th request fails, once when it is made and once when
// it is undone. It gives how often there was one.
func (b *bench) fails(t *testing.T, s scenario, name string, k int, fault faults.Fault) int {
	t.Helper()
	p := b.fresh(t, name)
	op := b.begin(t, given())
	list := s.effects(t, b, op, p)
	reached := b.during(k, fault, func() { b.make(t, op, list...) })
	if got := s.count(t, b, p); got != s.full {
		t.Errorf("%s: there are %d of %d", name, got, s.full)
	}
	first := b.make(t, op, list...)
	if diff := cmp.Diff(first, b.make(t, op, list...)); diff != "" {
		t.Errorf("%s: made again, they differ: %s", name, diff)
	}
	reached += b.during(k, fault, func() {
		if o := b.undo(t, op); o.Status != operations.Failed {
			t.Errorf("%s: undoing ended as %s: %s", name, o.Status, left(o))
		}
	})
	if got := s.count(t, b, p); got != 0 {
		t.Errorf("%s: %d are left", name, got)
	}
	return reached
}

// during lets the k-th request fail while something is done; it gives how often there was
// one.
func (b *bench) during(k int, fault faults.Fault, do func()) int {
	every := func(*http.Request) bool { return true }
	b.Faults.Set(faults.After(k, every, faults.Once(every, fault)))
	defer b.Faults.Set(nil)
	before := len(b.Faults.Hits())
	do()
	return len(b.Faults.Hits()) - before
}
