package scmtest

import (
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func settingParts() []part {
	return []part{
		{"a project is created with settings", projectWithSettings},
		{"settings that the host does not know are invalid", unknownSettings},
	}
}

func projectWithSettings(t *testing.T, h Harness) {
	yes, no := true, false
	n := newProject(h, "orders")
	n.Name = "The Orders"
	n.Settings = scm.Settings{
		CIConfigPath: "ci/pipeline.yml", MergeMethod: "ff", SquashOption: "always", IssuesAccess: "disabled", WikiAccess: "private",
		SnippetsAccess: "disabled", AutoDevOps: &no, MergeNeedsPipeline: &yes, MergeSkippedPipeline: &no, MergeNeedsResolution: &yes,
	}
	p, err := h.Client.CreateProject(t.Context(), n)
	ok(t, "creating", err)
	for name, wanted := range map[string]any{
		"name": "The Orders", "path": "orders",
		"ci_config_path": "ci/pipeline.yml", "merge_method": "ff", "squash_option": "always", "issues_access_level": "disabled",
		"wiki_access_level": "private", "snippets_access_level": "disabled", "auto_devops_enabled": false,
		"only_allow_merge_if_pipeline_succeeds": true, "allow_merge_on_skipped_pipeline": false,
		"only_allow_merge_if_all_discussions_are_resolved": true,
	} {
		if got := h.Admin.Setting(t, p.ID, name); got != wanted {
			t.Errorf("%s is %v, want %v", name, got, wanted)
		}
	}
	c := firstCommit()
	c.Changes = append(c.Changes, scm.Change{Action: scm.CreateFile, Path: "ci/pipeline.yml", Content: []byte("only: {script: [make]}\n")})
	_, err = h.Client.Commit(t.Context(), p.ID, c)
	ok(t, "committing", err)
	_, err = h.Client.StartPipeline(t.Context(), p.ID, "main", nil)
	ok(t, "starting a pipeline of the other file", err)
}

func unknownSettings(t *testing.T, h Harness) {
	for doing, s := range map[string]scm.Settings{
		"merge method": {MergeMethod: "squash"}, "squash option": {SquashOption: "perhaps"}, "access to issues": {IssuesAccess: "public?"},
		"access to the wiki": {WikiAccess: "members"}, "access to snippets": {SnippetsAccess: "ENABLED"},
	} {
		n := newProject(h, "orders")
		n.Settings = s
		_, err := h.Client.CreateProject(t.Context(), n)
		want(t, "creating with an unknown "+doing, err, errs.Invalid)
	}
	_, err := h.Client.Project(t.Context(), h.Group+"/orders")
	want(t, "finding it", err, errs.NotFound)
}
