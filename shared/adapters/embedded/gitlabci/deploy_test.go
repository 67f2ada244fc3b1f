package gitlabci_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

func deployFile(t *testing.T) files {
	t.Helper()
	text, err := os.ReadFile("testdata/deploy.gitlab-ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	return ci(string(text))
}

func TestDeployPipelineAsStored(t *testing.T) {
	t.Parallel()
	p := mustCompile(t, deployFile(t), push())
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "deploy.pipeline.json", string(text)+"\n")
	var back gitlabci.Pipeline
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, back); diff != "" {
		t.Errorf("the stored form loses something:\n%s", diff)
	}
}

func TestDeployPipelineBehaves(t *testing.T) {
	t.Parallel()
	p := mustCompile(t, deployFile(t), push())
	states := map[string]gitlabci.Status{}
	for _, step := range []struct {
		ended  string
		status gitlabci.Status
		want   map[string]gitlabci.Status
		whole  gitlabci.Status
	}{
		{"", "", map[string]gitlabci.Status{"unit": gitlabci.Pending}, gitlabci.Pending},
		{"unit", gitlabci.Success, map[string]gitlabci.Status{"package": gitlabci.Pending}, gitlabci.Running},
		{"package", gitlabci.Success, map[string]gitlabci.Status{"to-dev": gitlabci.Pending}, gitlabci.Running},
		{"to-dev", gitlabci.Success, map[string]gitlabci.Status{"to-prod": gitlabci.Manual}, gitlabci.Manual},
		{"to-prod", gitlabci.Success, map[string]gitlabci.Status{}, gitlabci.Success},
	} {
		if step.ended != "" {
			states[step.ended] = step.status
		}
		moved := gitlabci.Next(p, states)
		if diff := cmp.Diff(step.want, moved); diff != "" {
			t.Fatalf("after %q (-want +got):\n%s", step.ended, diff)
		}
		for k, v := range moved {
			states[k] = v
		}
		if got := gitlabci.StatusOf(p, states); got != step.whole {
			t.Fatalf("after %q the pipeline is %s, want %s", step.ended, got, step.whole)
		}
	}
}

func TestDeployPipelineOfOtherTriggers(t *testing.T) {
	t.Parallel()
	tag := push()
	tag.Tag, tag.Ref = true, "v1"
	delete(tag.Variables, "CI_COMMIT_BRANCH")
	tag.Variables["CI_COMMIT_TAG"] = "v1"
	if diff := cmp.Diff([]string{"unit", "package"}, names(mustCompile(t, deployFile(t), tag))); diff != "" {
		t.Errorf("tag: %s", diff)
	}
	branch := push()
	branch.Variables["CI_COMMIT_BRANCH"] = "feature"
	_, err := gitlabci.Compile(deployFile(t), branch)
	if diff := cmp.Diff([]string{"Pipeline filtered out by workflow rules."}, gitlabci.Reasons(err)); diff != "" {
		t.Errorf("feature branch: %s", diff)
	}
	withRole := push()
	withRole.Inputs = map[string]any{"prod_role": "not an arn"}
	_, err = gitlabci.Compile(deployFile(t), withRole)
	if diff := cmp.Diff([]string{"`prod_role` input: provided value does not match required RegEx pattern"}, gitlabci.Reasons(err)); diff != "" {
		t.Errorf("wrong input: %s", diff)
	}
}
