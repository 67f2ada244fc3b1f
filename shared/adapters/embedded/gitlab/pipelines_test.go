package gitlab_test

import (
	"slices"
	"strings"
	"testing"
)

const ciFile = `
stages: [build, deploy]
build:
  stage: build
  script: [make build]
deploy-dev:
  stage: deploy
  environment: {name: dev, deployment_tier: development, url: "https://dev.example.com"}
  script: [echo deploy]
deploy-prod:
  stage: deploy
  when: manual
  environment: {name: prod}
  resource_group: prod
  script: [echo prod]
`

// status waits until a pipeline has a status.
func (b *bed) status(project, pipeline, want string) {
	b.t.Helper()
	last := ""
	defer func() {
		if last != want {
			b.t.Logf("the pipeline is %s", last)
		}
	}()
	b.eventually("pipeline "+pipeline+" to be "+want, func() bool {
		last, _ = b.do("GET", project+"/pipelines/"+pipeline, nil).want(200).object()["status"].(string)
		return last == want
	})
}

// jobs gives the jobs of a pipeline by name.
func (b *bed) jobs(project, pipeline string) map[string]object {
	b.t.Helper()
	jobs := map[string]object{}
	for _, j := range b.do("GET", project+"/pipelines/"+pipeline+"/jobs", nil).want(200).list() {
		jobs[j["name"].(string)] = j
	}
	return jobs
}

func TestPipelineThroughItsLife(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	b.commit(p, "Start [skip ci]", map[string]string{".gitlab-ci.yml": ciFile}).want(201)
	if n := len(b.do("GET", p+"/pipelines", nil).want(200).list()); n != 0 {
		t.Fatalf("[skip ci] made %d pipelines", n)
	}
	id := b.do("POST", p+"/pipeline", object{"ref": "main", "variables": []object{{"key": "PROVISIONING_ID", "value": "42"}}}).want(201).id()
	b.do("GET", p+"/pipelines/"+id+"/variables", nil).want(200).says(`"value":"42"`)
	// deploy-prod is optional: allow_failure is the default of a manual job.
	b.status(p, id, "success")
	jobs := b.jobs(p, id)
	if got := jobs["deploy-prod"]["status"]; got != "manual" {
		t.Fatalf("deploy-prod is %v", got)
	}
	trace := string(b.do("GET", p+"/jobs/"+number(jobs["build"]["id"])+"/trace", nil).want(200).body)
	if first, _, _ := strings.Cut(trace, "\n"); !strings.Contains(first, "simulated") || !strings.Contains(first, "no command was executed") || !strings.Contains(trace, "$ make build") {
		t.Errorf("the log is %q", trace)
	}
	b.do("POST", p+"/jobs/"+number(jobs["build"]["id"])+"/play", nil).want(400).says("Unplayable Job")
	b.do("POST", p+"/jobs/"+number(jobs["deploy-prod"]["id"])+"/play", nil).want(200)
	b.eventually("deploy-prod to succeed", func() bool { return b.jobs(p, id)["deploy-prod"]["status"] == "success" })
	b.do("GET", p+"/environments", nil).want(200).says(`"tier":"production"`).says(`"https://dev.example.com"`)
	b.do("GET", p+"/deployments?environment=prod", nil).want(200).says(`"status":"success"`)
	b.do("POST", p+"/pipelines/"+id+"/cancel", nil).want(200)
}

func TestFailingPipelineIsRetried(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	b.commit(p, "Start", map[string]string{".gitlab-ci.yml": `
stages: [one, two]
good: {stage: one, script: [echo, exit 0]}
bad: {stage: one, script: [echo before, exit 3, echo after]}
later: {stage: two, script: [echo]}
`}).want(201)
	pls := b.do("GET", p+"/pipelines?source=push", nil).want(200).list()
	if len(pls) != 1 {
		t.Fatalf("the push made %d pipelines", len(pls))
	}
	id := number(pls[0]["id"])
	b.status(p, id, "failed")
	jobs := b.jobs(p, id)
	if jobs["later"]["status"] != "skipped" || jobs["bad"]["failure_reason"] != "script_failure" || jobs["good"]["status"] != "success" {
		t.Fatalf("the jobs are %v", jobs)
	}
	trace := string(b.do("GET", p+"/jobs/"+number(jobs["bad"]["id"])+"/trace", nil).want(200).body)
	if strings.Contains(trace, "echo after") || !strings.Contains(trace, "exit code 3") {
		t.Errorf("the log is %q", trace)
	}
	fresh := b.do("POST", p+"/jobs/"+number(jobs["bad"]["id"])+"/retry", nil).want(201).id()
	if fresh == number(jobs["bad"]["id"]) {
		t.Error("the retry kept the job's id")
	}
	b.do("POST", p+"/jobs/"+number(jobs["bad"]["id"])+"/retry", nil).want(403).says("not retryable")
	b.status(p, id, "failed")
	b.do("POST", p+"/pipelines/"+id+"/retry", nil).want(201)
	b.status(p, id, "failed")
	n := len(b.do("GET", p+"/pipelines/"+id+"/jobs?include_retried=True", nil).want(200).list())
	if n != 5 {
		t.Errorf("with retried ones there are %d jobs, want 5", n)
	}
}

func TestPipelineRefusalsStoreNothing(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	start := func(ref string) answer { return b.do("POST", p+"/pipeline", object{"ref": ref}) }
	start("main").want(400).says(`{"message":{"base":["Reference not found"]}}`)
	b.commit(p, "Start", map[string]string{"README.md": "x"}).want(201)
	start("main").want(400).says(`{"message":{"base":["Missing CI config file"]}}`)
	b.commit(p, "Wrong [skip ci]", map[string]string{".gitlab-ci.yml": "build: {stage: nowhere, script: [x]}"}).want(201)
	start("main").want(400).says(`"base"`)
	b.do("POST", p+"/pipeline", object{}).want(400).says(`{"error":"ref is missing"}`)
	b.do("POST", p+"/pipeline", object{"ref": "main", "variables": []object{{"key": "a b", "value": "x"}}}).want(400)
	if n := len(b.do("GET", p+"/pipelines", nil).want(200).list()); n != 0 {
		t.Errorf("refusals stored %d pipelines", n)
	}
	b.do("GET", p+"/pipelines/latest", nil).want(403)
	b.do("POST", p+"/ci/lint", object{"content": "build: {stage: nowhere, script: [x]}"}).want(200).says(`"valid":false`)
	b.do("POST", p+"/ci/lint", object{"content": ciFile, "include_jobs": true}).want(200).says(`"valid":true`).says("deploy-prod")
}

func TestResourceGroupSerialises(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	b.commit(p, "Start [skip ci]", map[string]string{".gitlab-ci.yml": "deploy: {script: [echo], resource_group: one}"}).want(201)
	ids := []string{}
	for range 4 {
		ids = append(ids, b.do("POST", p+"/pipeline", object{"ref": "main"}).want(201).id())
	}
	type span struct{ from, to string }
	spans := []span{}
	for _, id := range ids {
		b.status(p, id, "success")
		j := b.jobs(p, id)["deploy"]
		spans = append(spans, span{j["started_at"].(string), j["finished_at"].(string)})
	}
	slices.SortFunc(spans, func(a, b span) int { return strings.Compare(a.from, b.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			t.Errorf("two jobs of a resource group overlap: %v", spans)
		}
	}
}

func TestTriggerToken(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	b.commit(p, "Start [skip ci]", map[string]string{".gitlab-ci.yml": "build: {script: [echo]}"}).want(201)
	tok := b.do("POST", p+"/triggers", object{"description": "outside"}).want(201).object()["token"]
	b.as("", "POST", p+"/trigger/pipeline", object{"token": "wrong", "ref": "main"}).want(404)
	b.as("", "POST", p+"/trigger/pipeline", object{"token": tok, "ref": "main", "variables": object{"A": "b"}}).want(201).says(`"source":"trigger"`)
}
