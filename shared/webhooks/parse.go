package webhooks

import (
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/strictjson"
)

// The limits of what is kept of a payload, so that every event fits on the bus.
const (
	maxDepth     = 64
	maxName      = 255      // bytes of a name, a ref, a status
	maxPath      = 1024     // bytes of a path or an address
	maxJobs      = 20       // names in each list of jobs
	maxChanged   = 32 << 10 // bytes of changed paths together; JSON may write a byte as six
	commitsShown = 20       // GitLab lists no more commits of a push
)

// noCommit is how GitLab writes the commit before a branch's first and after its last.
const noCommit = "0000000000000000000000000000000000000000"

// event is a payload in our own words.
type event struct {
	kind      string // as GitLab calls it
	typ       string
	projectID int64
	data      any // nil when we have no use for the kind
}

// parse reads a payload. What it is comes from the body, which the proof covers, not from
// the X-Gitlab-Event header, which it does not; system hooks have no other way to tell.
func parse(body []byte) (event, error) {
	if _, err := strictjson.Scan(body, maxDepth); err != nil {
		return event{}, errs.Wrap(errs.Invalid, "the delivery's body is not acceptable JSON: "+err.Error(), err)
	}
	doc, err := newDocument(body)
	if err != nil {
		return event{}, err
	}
	kind := doc.text(maxName, "object_kind")
	if kind == "" {
		kind = doc.text(maxName, "event_name")
	}
	if kind == "" {
		return event{}, errs.New(errs.Invalid, "the delivery does not say what it is about")
	}
	e := event{kind: kind}
	e.read(doc)
	if e.data != nil && len(doc.missing) > 0 {
		return event{}, errs.WithFields("the delivery lacks what it is about", doc.missing)
	}
	return e, nil
}

func (e *event) read(doc *document) {
	switch {
	case e.kind == "push":
		e.typ, e.data = PushType, doc.push()
	case e.kind == "tag_push":
		e.typ, e.data = TagPushType, doc.push()
	case e.kind == "pipeline":
		e.typ, e.data = PipelineType, doc.pipeline()
	case e.kind == "build":
		e.typ, e.data = JobType, doc.job()
	case e.kind == "merge_request":
		e.typ, e.data = MergeRequestType, doc.mergeRequest()
	case projectActions[e.kind] != "":
		e.typ, e.data = ProjectType, doc.projectChange(projectActions[e.kind])
	}
	e.projectID = doc.projectID
}

// projectActions are the kinds of system and group hooks on projects.
var projectActions = map[string]string{
	"project_create": "create", "project_destroy": "destroy", "project_rename": "rename",
	"project_transfer": "transfer", "project_update": "update",
}

// project reads the project from where the kind of payload has it.
func (d *document) project() Project {
	p := Project{
		ID: d.number("project", "id"), Path: d.text(maxPath, "project", "path_with_namespace"),
		WebURL: d.text(maxPath, "project", "web_url"), DefaultBranch: d.text(maxName, "project", "default_branch"),
	}
	if p.ID == 0 {
		p.ID = d.neededNumber("project_id")
	}
	if p.Path == "" {
		p.Path = d.text(maxPath, "path_with_namespace")
	}
	d.projectID = p.ID
	return p
}

func (d *document) push() Push {
	p := Push{
		Project: d.project(), Ref: d.neededText("ref"), User: d.text(maxName, "user_username"),
		Before: d.neededText("before"), After: d.neededText("after"),
	}
	p.Created, p.Deleted = p.Before == noCommit, p.After == noCommit
	commits := d.list("commits")
	total := d.number("total_commits_count")
	p.Complete = !p.Created && total <= commitsShown && total <= int64(len(commits))
	p.Changed, p.Complete = changed(commits, p.Complete)
	return p
}

// changed gives the distinct paths that commits touched, as far as they fit.
func changed(commits []*document, complete bool) ([]string, bool) {
	var out []string
	seen, bytes := map[string]bool{}, 0
	for _, c := range commits {
		for _, what := range []string{"added", "modified", "removed"} {
			for _, path := range c.texts(maxPath, what) {
				if seen[path] {
					continue
				}
				if bytes += len(path); bytes > maxChanged {
					return out, false
				}
				seen[path] = true
				out = append(out, path)
			}
		}
	}
	return out, complete
}

func (d *document) pipeline() Pipeline {
	p := Pipeline{
		Project: d.project(), ID: d.neededNumber("object_attributes", "id"), IID: d.number("object_attributes", "iid"),
		Ref: d.neededText("object_attributes", "ref"), Tag: d.flag("object_attributes", "tag"),
		SHA: d.text(maxName, "object_attributes", "sha"), Source: d.text(maxName, "object_attributes", "source"),
		Status: d.neededText("object_attributes", "status"), URL: d.text(maxPath, "object_attributes", "url"),
		CreatedAt: d.time("object_attributes", "created_at"), FinishedAt: d.time("object_attributes", "finished_at"),
	}
	for _, b := range d.list("builds") {
		name, status := b.text(maxName, "name"), b.text(maxName, "status")
		switch {
		case status == "failed" && !b.flag("allow_failure") && len(p.FailedJobs) < maxJobs:
			p.FailedJobs = append(p.FailedJobs, name)
		case status == "manual" && len(p.ManualJobs) < maxJobs:
			p.ManualJobs = append(p.ManualJobs, name)
		}
	}
	return p
}

// job reads a job event. Its commit.id is the pipeline's id, so the commit is in sha.
func (d *document) job() Job {
	j := Job{
		Project: d.project(), ID: d.neededNumber("build_id"), PipelineID: d.neededNumber("pipeline_id"),
		Name: d.neededText("build_name"), Stage: d.text(maxName, "build_stage"),
		Status: d.neededText("build_status"), FailureReason: d.text(maxName, "build_failure_reason"),
		Environment: d.text(maxName, "environment", "name"), Ref: d.text(maxName, "ref"), SHA: d.text(maxName, "sha"),
	}
	if j.Status != "failed" { // GitLab sends "unknown_failure" with every other status
		j.FailureReason = ""
	}
	return j
}

func (d *document) mergeRequest() MergeRequest {
	return MergeRequest{
		Project: d.project(), ID: d.neededNumber("object_attributes", "id"), IID: d.neededNumber("object_attributes", "iid"),
		State: d.neededText("object_attributes", "state"), Action: d.text(maxName, "object_attributes", "action"),
		SourceBranch: d.text(maxName, "object_attributes", "source_branch"),
		TargetBranch: d.text(maxName, "object_attributes", "target_branch"),
		LastCommit:   d.text(maxName, "object_attributes", "last_commit", "id"),
		MergeCommit:  d.text(maxName, "object_attributes", "merge_commit_sha"),
		URL:          d.text(maxPath, "object_attributes", "url"),
	}
}

func (d *document) projectChange(action string) ProjectChange {
	p := ProjectChange{Project: d.project(), Action: action, OldPath: d.text(maxPath, "old_path_with_namespace")}
	if strings.TrimSpace(p.Project.Path) == "" {
		d.lacks("must not be empty", "path_with_namespace")
	}
	return p
}
