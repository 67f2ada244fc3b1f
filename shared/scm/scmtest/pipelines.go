package scmtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func pipelineParts() []part {
	return []part{
		{"a pipeline runs up to its manual gate", pipelineRuns},
		{"pipelines are listed newest first, with their variables", pipelinesListed},
		{"a ref or CI file that is missing or wrong starts nothing", nothingStarts},
		{"cancelling works at any time", cancelled},
	}
}

func pipelineRuns(t *testing.T, h Harness) {
	p, c := createWithFiles(t, h, "orders")
	started, err := h.Client.StartPipeline(t.Context(), p.ID, "main", nil)
	ok(t, "starting", err)
	if started.ID == 0 || started.SHA != c.ID || started.Ref != "main" || started.WebURL == "" || started.Status.Ended() {
		t.Errorf("started %+v", started)
	}
	eventually(t, "the pipeline waits at its gate", func() bool {
		now, err := h.Client.Pipeline(t.Context(), p.ID, started.ID)
		ok(t, "reading", err)
		if now.Status.Ended() && now.Status != "manual" {
			t.Fatalf("it ended as %s", now.Status)
		}
		return now.Status == "manual"
	})
}

func pipelinesListed(t *testing.T, h Harness) {
	p, _ := createWithFiles(t, h, "orders")
	var ids []int64
	for _, op := range []string{"op-1", "op-2", "op-3"} {
		pl, err := h.Client.StartPipeline(t.Context(), p.ID, "main", map[string]string{"SLIPWAY_OPERATION": op, "OTHER": "a\nb=\"c\""})
		ok(t, "starting", err)
		ids = append([]int64{pl.ID}, ids...)
	}
	for _, limit := range []int{2, 10} {
		list, err := h.Client.PipelinesOf(t.Context(), p.ID, "main", limit)
		ok(t, "listing", err)
		var got []int64
		for _, pl := range list {
			got = append(got, pl.ID)
		}
		if diff := cmp.Diff(ids[:min(limit, 3)], got); diff != "" {
			t.Errorf("limit %d (-want +got):\n%s", limit, diff)
		}
	}
	vars, err := h.Client.PipelineVariables(t.Context(), p.ID, ids[0])
	ok(t, "reading variables", err)
	if diff := cmp.Diff(map[string]string{"SLIPWAY_OPERATION": "op-3", "OTHER": "a\nb=\"c\""}, vars); diff != "" {
		t.Error(diff)
	}
	none, err := h.Client.PipelinesOf(t.Context(), p.ID, "other", 10)
	ok(t, "listing another ref", err)
	if len(none) != 0 {
		t.Errorf("another ref has %+v", none)
	}
}

func nothingStarts(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	_, err := h.Client.StartPipeline(t.Context(), p.ID, "main", nil)
	want(t, "starting in an empty repository", err, errs.Invalid)
	commit := func(action scm.ChangeAction, path, content string) {
		_, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: "x [skip ci]", Changes: []scm.Change{
			{Action: action, Path: path, Content: []byte(content)},
		}})
		ok(t, "committing", err)
	}
	commit(scm.CreateFile, "README.md", "x")
	_, err = h.Client.StartPipeline(t.Context(), p.ID, "main", nil)
	want(t, "starting without CI file", err, errs.Invalid)
	commit(scm.CreateFile, ".gitlab-ci.yml", "build: {script: x, unknown: 1}")
	_, err = h.Client.StartPipeline(t.Context(), p.ID, "main", nil)
	want(t, "starting with a wrong CI file", err, errs.Invalid)
	commit(scm.UpdateFile, ".gitlab-ci.yml", ciFile)
	_, err = h.Client.StartPipeline(t.Context(), p.ID, "nowhere", nil)
	want(t, "starting on an unknown ref", err, errs.Invalid)
	list, err := h.Client.PipelinesOf(t.Context(), p.ID, "main", 10)
	ok(t, "listing", err)
	if len(list) != 0 {
		t.Errorf("a refused pipeline is stored: %+v", list)
	}
	_, err = h.Client.Pipeline(t.Context(), p.ID, 987654321)
	want(t, "reading an unknown pipeline", err, errs.NotFound)
}

func cancelled(t *testing.T, h Harness) {
	p, _ := createWithFiles(t, h, "orders")
	pl, err := h.Client.StartPipeline(t.Context(), p.ID, "main", nil)
	ok(t, "starting", err)
	ok(t, "cancelling", h.Client.CancelPipeline(t.Context(), p.ID, pl.ID))
	eventually(t, "it has ended", func() bool {
		now, err := h.Client.Pipeline(t.Context(), p.ID, pl.ID)
		ok(t, "reading", err)
		return now.Status.Ended()
	})
	ok(t, "cancelling what has ended", h.Client.CancelPipeline(t.Context(), p.ID, pl.ID))
}
