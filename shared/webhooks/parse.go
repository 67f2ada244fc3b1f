package webhooks

import (
	"cmp"
	"slices"
	"strconv"
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
	maxRefs      = 50       // branches and tags of one push; a transaction stores 100 items
	maxChanged   = 32 << 10 // bytes of changed paths together; JSON may write a byte as six
	commitsShown = 20       // GitLab lists no more commits of a push
)

// noCommit is how GitLab writes the commit before a branch's first and after its last.
const noCommit = "0000000000000000000000000000000000000000"

// delivered is a payload in our own words.
type delivered struct {
	kind    string // as GitLab calls it
	subject string // "project/4711"
	news    []news // empty when we have no use for the kind
	cut     int    // news that did not fit
}

// news is one event to publish.
type news struct {
	typ  string
	data any
}

// parse reads a payload. What it is comes from the body, which the proof covers, not from
// the X-Gitlab-Event header, which it does not; system hooks have no other way to tell.
func parse(body []byte) (delivered, error) {
	if _, err := strictjson.Scan(body, maxDepth); err != nil {
		return delivered{}, errs.Wrap(errs.Invalid, "the delivery's body is not acceptable JSON: "+err.Error(), err)
	}
	doc, err := newDocument(body)
	if err != nil {
		return delivered{}, err
	}
	kind := doc.text(maxName, "object_kind")
	if kind == "" {
		kind = doc.text(maxName, "event_name")
	}
	if kind == "" {
		return delivered{}, errs.New(errs.Invalid, "the delivery does not say what it is about")
	}
	d := delivered{kind: kind}
	d.read(doc)
	if len(doc.missing) > 0 {
		return delivered{}, errs.WithFields("the delivery lacks what it is about", doc.missing)
	}
	d.subject = doc.subject
	return d, nil
}

func (d *delivered) read(doc *document) {
	switch {
	case d.kind == "push":
		d.tell(PushType, doc.push())
	case d.kind == "tag_push":
		d.tell(TagPushType, doc.push())
	case d.kind == "repository_update":
		d.tellAll(doc.repositoryUpdate())
	case d.kind == "pipeline":
		d.tell(PipelineType, doc.pipeline())
	case d.kind == "build":
		d.tell(JobType, doc.job())
	case d.kind == "merge_request":
		d.tell(MergeRequestType, doc.mergeRequest())
	case d.kind == "group_rename":
		d.tell(GroupType, doc.groupRename())
	case projectActions[d.kind] != "":
		d.tell(ProjectType, doc.projectChange(projectActions[d.kind]))
	}
}

func (d *delivered) tell(typ string, data any) { d.news = append(d.news, news{typ, data}) }

// tellAll tells of as many pushes as one transaction stores. What is cut off is noticed by
// the next reconciliation, like a delivery that never came.
func (d *delivered) tellAll(pushes []Push) {
	d.cut = max(0, len(pushes)-maxRefs)
	for _, p := range pushes[:len(pushes)-d.cut] {
		typ := PushType
		if strings.HasPrefix(p.Ref, tagPrefix) {
			typ = TagPushType
		}
		d.tell(typ, p)
	}
}

// projectActions are the kinds of system and group hooks on projects.
var projectActions = map[string]string{
	"project_create": ActionCreate, "project_destroy": ActionDestroy, "project_rename": ActionRename,
	"project_transfer": ActionTransfer, "project_update": ActionUpdate,
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
	d.subject = "project/" + strconv.FormatInt(p.ID, 10)
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
	p.Complete = !p.Created && !p.Deleted && len(commits) > 0 && total <= commitsShown && total <= int64(len(commits))
	p.Changed, p.Complete = changed(commits, p.Complete)
	return p
}

const (
	branchPrefix = "refs/heads/"
	tagPrefix    = "refs/tags/"
)

// repositoryUpdate reads what a push moved, a hint for each branch and tag: the default
// branch first, then branches, then tags. GitLab sends this when it sends no push event,
// for a push that moved more than three branches or tags.
func (d *document) repositoryUpdate() []Push {
	project := d.project()
	var out []Push
	seen := map[string]bool{}
	add := func(ref, before, after string) {
		if seen[ref] || !(strings.HasPrefix(ref, branchPrefix) || strings.HasPrefix(ref, tagPrefix)) {
			return
		}
		seen[ref] = true
		out = append(out, Push{
			Project: project, Ref: ref, Before: before, After: after, Created: before == noCommit, Deleted: after == noCommit,
			User: d.text(maxName, "user_username"),
		})
	}
	for _, c := range d.list("changes") {
		add(c.text(maxName, "ref"), c.text(maxName, "before"), c.text(maxName, "after"))
	}
	for _, ref := range d.texts(maxName, "refs") {
		add(ref, "", "")
	}
	slices.SortStableFunc(out, func(a, b Push) int { return cmp.Compare(rank(a), rank(b)) })
	return out
}

// rank orders the hints of one push.
func rank(p Push) int {
	switch {
	case p.Ref == branchPrefix+p.Project.DefaultBranch:
		return 0
	case strings.HasPrefix(p.Ref, branchPrefix):
		return 1
	}
	return 2
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

func (d *document) groupRename() GroupChange {
	g := GroupChange{
		ID: d.neededNumber("group_id"), Path: d.neededText("full_path"), Action: ActionRename, OldPath: d.neededText("old_full_path"),
	}
	d.subject = "group/" + strconv.FormatInt(g.ID, 10)
	return g
}
