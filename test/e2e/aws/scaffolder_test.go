package aws

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/slipwayhq/slipway/shared/adapters/s3"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/scm"
)

// guarded is a template that is given a secret, and waits while one may look around.
const guarded = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: guarded}
spec:
  type: service
  owner: group:default/platform
  parameters:
    - required: [name]
      properties:
        name: {type: string, pattern: '^[a-z0-9-]+$'}
        seconds: {type: number, default: 0}
  steps:
    - {id: fetch, name: Render, action: 'fetch:template', input: {url: ./skeleton, values: {name: '${{ parameters.name }}'}}}
    - {id: publish, name: Publish, action: 'publish:gitlab', input: {repoUrl: '%[1]s?owner=apps&repo=${{ parameters.name }}', defaultBranch: main}}
    - id: token
      name: Hand over the token
      action: gitlab:projectVariable:create
      input:
        repoUrl: '%[1]s?owner=apps&repo=${{ parameters.name }}'
        projectId: ${{ steps.publish.output.projectId }}
        key: DEPLOY_TOKEN
        value: ${{ secrets.deployToken }}
        masked: true
    - {id: say, name: Say, action: 'debug:log', input: {message: 'the token is ${{ secrets.deployToken }}'}}
    - {id: wait, name: Wait, action: 'debug:wait', input: {seconds: '${{ parameters.seconds }}'}}
    - {id: register, name: Register, action: 'catalog:register', input: {repoContentsUrl: '${{ steps.publish.output.repoContentsUrl }}'}}
  output:
    links:
      - {title: Repository, url: '${{ steps.publish.output.remoteUrl }}'}
      - {title: Open in catalog, entityRef: '${{ steps.register.output.entityRef }}'}
`

const guardedSkeleton = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: '${{ values.name }}'}
spec: {type: service, lifecycle: experimental, owner: group:default/platform}
`

// deployToken is what must be found nowhere but where the template puts it.
const deployToken = "Sup3rS3cretDeployToken0815"

func text(n int) string { return strconv.Itoa(n) }

// addTemplates commits files beside the templates that ship and registers some of them.
func (s *stack) addTemplates(t *testing.T, files map[string]string, registered ...string) {
	t.Helper()
	p, err := s.scm.Project(t.Context(), "platform/templates")
	if err != nil {
		t.Fatal(err)
	}
	commit := scm.NewCommit{Branch: "main", Message: "Add templates"}
	for name, text := range files {
		commit.Changes = append(commit.Changes, scm.Change{Action: scm.CreateFile, Path: name, Content: []byte(text)})
	}
	if _, err = s.scm.Commit(t.Context(), p.ID, commit); err != nil {
		t.Fatal(err)
	}
	for _, name := range registered {
		target := s.gitlabURL + "/platform/templates/-/blob/main/" + name
		s.portal.must(t, http.StatusCreated, http.MethodPost, "/api/catalog/locations", map[string]string{"type": "url", "target": target})
	}
}

// host is GitLab's, as templates name it.
func (s *stack) host() string { return strings.TrimPrefix(s.gitlabURL, "http://") }

// start starts a task of a template and gives its id.
func (s *stack) start(t *testing.T, template, name string, seconds int) string {
	t.Helper()
	var made struct{ ID string }
	s.portal.must(t, http.StatusCreated, http.MethodPost, "/api/scaffolder/v2/tasks", map[string]any{
		"templateRef": "template:default/" + template, "values": map[string]any{"name": name, "seconds": seconds}, "secrets": map[string]string{"deployToken": deployToken},
	}).into(t, &made)
	return made.ID
}

// event is one event of a task as far as the tests read it.
type event struct {
	ID   int
	Type string
	Body struct {
		StepID, Status string
		Message        string
		Output         json.RawMessage
		Error          *struct{ Message string }
	}
}

// until follows a task by long polls, as a frontend that can't read streams does, and gives
// all events up to one that it was waiting for. It waits no longer than the task lasts.
func (s *stack) until(t *testing.T, id string, found func(event) bool) (all []event) {
	t.Helper()
	eventually(t, "an event of task "+id, func() (bool, string) {
		after := 0
		if len(all) > 0 {
			after = all[len(all)-1].ID
		}
		var more []event
		got := s.portal.must(t, http.StatusOK, http.MethodGet, "/api/scaffolder/v2/tasks/"+id+"/events?after="+text(after), nil)
		got.into(t, &more)
		for _, e := range more {
			all = append(all, e)
			if found(e) {
				return true, ""
			}
			if completed(e) {
				t.Fatalf("task %s is over before that: %s", id, got.Body)
			}
		}
		return false, string(got.Body)
	})
	return all
}

func completed(e event) bool { return e.Type == "completion" }

func waiting(e event) bool { return e.Body.StepID == "wait" && e.Body.Status == "processing" }

// task is a task as far as the tests read it.
type task struct {
	Status    string
	CreatedBy string
	Spec      struct{ Steps []struct{ ID string } }
}

func (s *stack) shown(t *testing.T, id string) (shown task) {
	t.Helper()
	s.portal.must(t, http.StatusOK, http.MethodGet, "/api/scaffolder/v2/tasks/"+id, nil).into(t, &shown)
	return shown
}

// runTemplate runs a template as a stock frontend does: its form, the task, its events, its
// output. Meanwhile it looks where the files lie and where the secret does not.
func runTemplate(t *testing.T, s *stack) {
	const file = "guarded/template.yaml"
	s.addTemplates(t, map[string]string{file: fmt.Sprintf(guarded, s.host()), "guarded/skeleton/catalog-info.yaml": guardedSkeleton}, file)
	form := s.portal.must(t, http.StatusOK, http.MethodGet, "/api/scaffolder/v2/templates/default/template/guarded/parameter-schema", nil)
	if !bytes.Contains(form.Body, []byte(`"seconds"`)) {
		t.Errorf("the form is %s", form.Body)
	}
	s.task = s.start(t, "guarded", "guarded-1", 3)
	s.until(t, s.task, waiting)
	if kept := s.workspace(t, s.task); len(kept) == 0 {
		t.Error("there is no workspace while it runs")
	}
	s.nowhereInClear(t, []string{deployToken}, "deployToken", s.task)

	all := s.until(t, s.task, completed)
	last := all[len(all)-1]
	var output struct {
		Links []struct{ Title, URL, EntityRef string }
	}
	if err := json.Unmarshal(last.Body.Output, &output); err != nil || last.Body.Error != nil || len(output.Links) != 2 {
		t.Fatalf("it ended with %+v, %v: %s", last.Body, err, last.Body.Output)
	}
	if !strings.HasPrefix(output.Links[0].URL, s.gitlabURL+"/apps/guarded-1") || output.Links[1].EntityRef != "component:default/guarded-1" {
		t.Errorf("the output is %+v", output)
	}
	if shown := s.shown(t, s.task); shown.Status != "completed" || shown.CreatedBy != "user:default/breanna" || len(shown.Spec.Steps) != 6 {
		t.Errorf("the task is %+v", shown)
	}
	s.mustHoldToken(t, "guarded-1")
	s.portal.must(t, http.StatusOK, http.MethodGet, "/api/catalog/entities/by-name/component/default/guarded-1", nil)
	s.nowhereInClear(t, []string{deployToken}, "deployToken", s.task)
	if left := s.workspace(t, s.task); len(left) > 0 {
		t.Errorf("a workspace is left: %v", left)
	}
}

// cancelTask cancels a task while it waits: nothing is left of it.
func cancelTask(t *testing.T, s *stack) {
	id := s.start(t, "guarded", "guarded-2", 120)
	s.until(t, id, waiting)
	s.portal.must(t, http.StatusOK, http.MethodPost, "/api/scaffolder/v2/tasks/"+id+"/cancel", nil)
	all := s.until(t, id, completed)
	if last := all[len(all)-1]; last.Body.Error == nil {
		t.Errorf("it ended with %+v", last)
	}
	if shown := s.shown(t, id); shown.Status != "cancelled" {
		t.Errorf("the task is %s", shown.Status)
	}
	s.mustBeClean(t, "guarded-2")
	s.nowhereInClear(t, []string{deployToken}, "deployToken", id)
	eventually(t, "no workspace of "+id, func() (bool, string) {
		left := s.workspace(t, id)
		return len(left) == 0, fmt.Sprint(left)
	})
	var page struct {
		Tasks      []struct{ ID, Status string }
		TotalTasks int
	}
	s.portal.must(t, http.StatusOK, http.MethodGet, "/api/scaffolder/v2/tasks?createdBy=user:default/breanna&limit=1&status=cancelled", nil).into(t, &page)
	if page.TotalTasks != 1 || len(page.Tasks) != 1 || page.Tasks[0].ID != id {
		t.Errorf("the list of cancelled tasks is %+v", page)
	}
}

// mustHoldToken looks whether the secret arrived where the template puts it.
func (s *stack) mustHoldToken(t *testing.T, name string) {
	t.Helper()
	host := &portal{base: s.gitlabURL, token: writeToken}
	var got struct{ Value string }
	host.must(t, http.StatusOK, http.MethodGet, "/api/v4/projects/apps%2F"+name+"/variables/DEPLOY_TOKEN", nil).into(t, &got)
	if got.Value != deployToken {
		t.Errorf("the variable holds %q", got.Value)
	}
}

func (s *stack) blobs(t *testing.T) *s3.Store {
	t.Helper()
	blobs, err := s3.New(s3.Config{AWS: s.account, Bucket: s.outputs["WorkspaceBucketName"], Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	return blobs
}

// workspace gives the keys of an operation's files in S3.
func (s *stack) workspace(t *testing.T, id string) []string {
	t.Helper()
	keys, err := s.blobs(t).List(t.Context(), "workspaces/"+id, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// nowhereInClear looks for secrets wherever tasks leave something behind. Each task tells of
// one that it refers to by a name that begins so.
func (s *stack) nowhereInClear(t *testing.T, secrets []string, referredTo string, ids ...string) {
	t.Helper()
	places := s.sharedPlaces(t)
	for _, id := range ids {
		own := s.placesOf(t, id)
		told := operations.SecretReferences(string(own["the events of "+id]))
		if !slices.ContainsFunc(told, func(name string) bool { return strings.HasPrefix(name, referredTo) }) {
			t.Errorf("the step of %s that tells of the secret says nothing: it proves nothing that it is not told", id)
		}
		maps.Copy(places, own)
	}
	for where, body := range places {
		for _, secret := range secrets {
			if i := bytes.Index(body, []byte(secret)); i >= 0 {
				t.Errorf("the secret stands in %s: …%s…", where, body[max(0, i-100):i])
			}
		}
	}
}

// sharedPlaces are those that all tasks leave something in: tables and logs.
func (s *stack) sharedPlaces(t *testing.T) map[string][]byte {
	t.Helper()
	places := map[string][]byte{}
	for _, table := range []string{"Operations", "Catalog", "Audit", "Deliveries"} {
		places["the table "+table] = s.scanned(t, table)
	}
	logs, err := exec.CommandContext(t.Context(), "../../bed/logs.sh", s.name).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, logs)
	}
	places["the logs"] = logs
	return places
}

// placesOf are a task's own: what the API tells of it, its files, the history of its execution.
func (s *stack) placesOf(t *testing.T, id string) map[string][]byte {
	t.Helper()
	places := map[string][]byte{
		"the events of " + id:    s.portal.must(t, http.StatusOK, http.MethodGet, "/api/scaffolder/v2/tasks/"+id+"/events", nil).Body,
		"the task " + id:         s.portal.must(t, http.StatusOK, http.MethodGet, "/api/scaffolder/v2/tasks/"+id, nil).Body,
		"the operation of " + id: s.portal.must(t, http.StatusOK, http.MethodGet, "/api/operations/"+id, nil).Body,
	}
	for _, key := range s.workspace(t, id) {
		body, err := s.blobs(t).Get(t.Context(), key)
		if err != nil && !errors.Is(err, errs.NotFound) { // a workspace goes when its task is over
			t.Fatal(err)
		}
		places[key] = body
	}
	arn := strings.Replace(s.outputs["CreateAppMachineArn"], ":stateMachine:", ":execution:", 1) + ":" + id
	history, err := sfn.NewFromConfig(s.account).GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, IncludeExecutionData: sdk.Bool(true), MaxResults: 1000})
	if err != nil || len(history.Events) == 0 {
		t.Fatalf("no history: %v", err)
	}
	places["the execution of "+id], _ = json.Marshal(history.Events)
	return places
}

// scanned gives everything that a table holds.
func (s *stack) scanned(t *testing.T, name string) []byte {
	t.Helper()
	var all bytes.Buffer
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(s.account), &dynamodb.ScanInput{TableName: sdk.String(s.outputs[name+"TableName"])})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			fmt.Fprintf(&all, "%v\n", item)
			raw, _ := json.Marshal(item)
			all.Write(raw)
		}
	}
	return all.Bytes()
}
