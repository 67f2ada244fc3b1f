package gitlabci_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

type states = map[string]gitlabci.Status

// steps are pipelines of the stages a, b and c in some state, and what moves next.
var steps = []struct {
	name, jobs string
	before     states
	moved      states
	whole      gitlabci.Status // once moved
}{
	{
		"a stage waits for all of the one before", "x: {stage: a, script: x}\ny: {stage: a, script: x}\nz: {stage: b, script: x}",
		states{"x": "success", "y": "running"}, states{}, "running",
	},
	{
		"needs overtake stages", "x: {stage: a, script: x}\ny: {stage: a, script: x}\nz: {stage: b, script: x, needs: [x]}",
		states{"x": "success", "y": "running"}, states{"z": "pending"}, "running",
	},
	{"no needs start at once", "x: {stage: a, script: x}\nz: {stage: c, script: x, needs: []}", nil, states{"x": "pending", "z": "pending"}, "pending"},
	{
		"a failure skips the rest", "x: {stage: a, script: x}\ny: {stage: b, script: x}\nz: {stage: c, script: x, needs: [y]}",
		states{"x": "failed"}, states{"y": "skipped", "z": "skipped"}, "failed",
	},
	{
		"an allowed failure does not", "x: {stage: a, script: x, allow_failure: true}\ny: {stage: b, script: x}",
		states{"x": "failed"}, states{"y": "pending"}, "pending",
	},
	{
		"on_failure and always after a failure", "x: {stage: a, script: x}\ny: {stage: b, script: x, when: on_failure}\nz: {stage: c, script: x, when: always}",
		states{"x": "failed"}, states{"y": "pending"}, "running",
	},
	{
		"on_failure after success", "x: {stage: a, script: x}\ny: {stage: b, script: x, when: on_failure}\nz: {stage: c, script: x, when: always}",
		states{"x": "success"}, states{"y": "skipped", "z": "pending"}, "running",
	},
	{
		"always after a cancellation", "x: {stage: a, script: x}\ny: {stage: b, script: x, when: always}",
		states{"x": "canceled"}, states{"y": "skipped"}, "canceled",
	},
	{
		"a blocking manual job holds later stages", "x: {stage: a, script: x}\ny: {stage: b, script: x, rules: [{when: manual}]}\nz: {stage: c, script: x}",
		states{"x": "success"}, states{"y": "manual"}, "manual",
	},
	{
		"an optional manual job does not", "x: {stage: a, script: x}\ny: {stage: b, script: x, when: manual}\nz: {stage: c, script: x}",
		states{"x": "success"}, states{"y": "manual", "z": "pending"}, "running",
	},
	{
		"but what needs it is skipped", "x: {stage: a, script: x}\ny: {stage: b, script: x, when: manual}\nz: {stage: c, script: x, needs: [y]}",
		states{"x": "success"}, states{"y": "manual", "z": "skipped"}, "success",
	},
	{
		"a stage of optional manual jobs only", "x: {stage: a, script: x, when: manual}\ny: {stage: b, script: x}",
		nil, states{"x": "manual", "y": "pending"}, "pending",
	},
	{
		"delayed", "x: {stage: a, script: x, when: delayed, start_in: 1 day}\ny: {stage: b, script: x}",
		nil, states{"x": "scheduled"}, "scheduled",
	},
	{
		"needs within a stage", "x: {stage: a, script: x}\ny: {stage: a, script: x, needs: [x]}",
		states{"x": "failed"}, states{"y": "skipped"}, "failed",
	},
	{"nothing is left", "x: {stage: a, script: x}", states{"x": "success"}, states{}, "success"},
	{"all optional and manual", "x: {stage: a, script: x, when: manual}", nil, states{"x": "manual"}, "skipped"},
}

func TestNext(t *testing.T) {
	t.Parallel()
	for _, tc := range steps {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := mustCompile(t, ci("stages: [a, b, c]\n"+tc.jobs), push())
			now := states{}
			for k, v := range tc.before {
				now[k] = v
			}
			moved := gitlabci.Next(p, now)
			if diff := cmp.Diff(tc.moved, moved); diff != "" {
				t.Errorf("moved (-want +got):\n%s", diff)
			}
			if len(now) != len(tc.before) {
				t.Error("Next changed its argument")
			}
			for k, v := range moved {
				now[k] = v
			}
			if got := gitlabci.StatusOf(p, now); got != tc.whole {
				t.Errorf("StatusOf = %s, want %s", got, tc.whole)
			}
		})
	}
}

func TestResetAfterPlay(t *testing.T) {
	t.Parallel()
	p := mustCompile(t, ci(`
stages: [a, b, c]
w: { stage: a, script: x }
x: { stage: a, script: x }
y: { stage: b, script: x, needs: [x] }
z: { stage: c, script: x, needs: [y] }
o: { stage: b, script: x, needs: [w] }
s: { stage: b, script: x }
`), push())
	now := states{"w": "success", "x": "failed", "y": "skipped", "z": "skipped", "o": "success", "s": "skipped"}
	if diff := cmp.Diff([]string{"y", "s", "z"}, gitlabci.Reset(p, now, "x")); diff != "" {
		t.Error(diff)
	}
}

// Whatever jobs there are and however they end, a pipeline whose manual jobs are played
// comes to an end, and no job runs before what it waits for.
func TestEveryPipelineEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPipeline(t)
		now := states{}
		for steps := 0; ; steps++ {
			if steps > 10*len(p.Jobs)+10 {
				t.Fatalf("the pipeline does not end: %v", now)
			}
			for k, v := range gitlabci.Next(p, now) {
				if now[k] != "" {
					t.Fatalf("%s moved from %s to %s", k, now[k], v)
				}
				now[k] = v
			}
			var open []string
			for _, j := range p.Jobs {
				if s := now[j.Name]; s == "pending" || s == "manual" || s == "scheduled" {
					open = append(open, j.Name)
				}
			}
			if len(open) == 0 {
				break
			}
			ends := rapid.SampledFrom([]gitlabci.Status{"success", "failed", "canceled"})
			now[rapid.SampledFrom(open).Draw(t, "job")] = ends.Draw(t, "end")
		}
		if s := gitlabci.StatusOf(p, now); !s.Completed() {
			t.Fatalf("nothing moves, but the pipeline is %s: %v", s, now)
		}
	})
}

func drawPipeline(t *rapid.T) gitlabci.Pipeline {
	p := gitlabci.Pipeline{Stages: []string{"a", "b", "c"}}
	for i := range rapid.IntRange(1, 8).Draw(t, "jobs") {
		j := gitlabci.Job{
			Name: string(rune('k' + i)), Stage: rapid.SampledFrom(p.Stages).Draw(t, "stage"),
			When:         rapid.SampledFrom([]string{"on_success", "on_failure", "always", "manual", "delayed"}).Draw(t, "when"),
			AllowFailure: rapid.Bool().Draw(t, "allow"), HasNeeds: rapid.Bool().Draw(t, "dag"),
		}
		for _, earlier := range p.Jobs {
			if j.HasNeeds && earlier.Stage <= j.Stage && rapid.Bool().Draw(t, "need") {
				j.Needs = append(j.Needs, earlier.Name)
			}
		}
		p.Jobs = append(p.Jobs, j)
	}
	return p
}
