package webhooks

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// The types of the events that are published.
const (
	PushType         = "slipway.gitlab.push.v1"
	TagPushType      = "slipway.gitlab.tag_push.v1"
	PipelineType     = "slipway.gitlab.pipeline.v1"
	JobType          = "slipway.gitlab.job.v1"
	MergeRequestType = "slipway.gitlab.merge_request.v1"
	ProjectType      = "slipway.gitlab.project.v1"
	GroupType        = "slipway.gitlab.group.v1"
)

// Project is the GitLab project that something happened in. Path is not an identity:
// projects are renamed.
type Project struct {
	ID            int64  `json:"id"`
	Path          string `json:"path,omitempty"` // "group/sub/name"
	WebURL        string `json:"webUrl,omitempty"`
	DefaultBranch string `json:"defaultBranch,omitempty"`
}

// Push says that a branch or a tag moved: data of PushType and TagPushType.
type Push struct {
	Project Project `json:"project"`
	Ref     string  `json:"ref"` // "refs/heads/main", "refs/tags/v1"
	Before  string  `json:"before"`
	After   string  `json:"after"`
	Created bool    `json:"created,omitempty"`
	Deleted bool    `json:"deleted,omitempty"`
	User    string  `json:"user,omitempty"` // GitLab's username
	// Changed are the paths that the commits touched; all of them only if Complete. Of a
	// forced push GitLab lists what it brought, never what it took away. System hooks list
	// nothing.
	Changed  []string `json:"changed,omitempty"`
	Complete bool     `json:"complete,omitempty"`
}

// OnDefaultBranch reports whether the push moved the default branch to another commit.
func (p Push) OnDefaultBranch() bool {
	return !p.Deleted && p.Project.DefaultBranch != "" && p.Ref == "refs/heads/"+p.Project.DefaultBranch
}

// Pipeline says what a pipeline's status was when GitLab sent it: data of PipelineType.
// They arrive in any order.
type Pipeline struct {
	Project    Project   `json:"project"`
	ID         int64     `json:"id"`
	IID        int64     `json:"iid,omitempty"`
	Ref        string    `json:"ref"`
	Tag        bool      `json:"tag,omitempty"`
	SHA        string    `json:"sha"`
	Source     string    `json:"source,omitempty"` // "push", "api", "web" …
	Status     string    `json:"status"`           // "running", "success", "failed" …
	URL        string    `json:"url,omitempty"`
	CreatedAt  time.Time `json:"createdAt,omitzero"`
	FinishedAt time.Time `json:"finishedAt,omitzero"`
	FailedJobs []string  `json:"failedJobs,omitempty"` // that were not allowed to fail
	ManualJobs []string  `json:"manualJobs,omitempty"` // that wait for somebody
}

// Job says what a job's status was when GitLab sent it: data of JobType.
type Job struct {
	Project       Project `json:"project"`
	ID            int64   `json:"id"`
	PipelineID    int64   `json:"pipelineId"`
	Name          string  `json:"name"`
	Stage         string  `json:"stage,omitempty"`
	Status        string  `json:"status"`
	FailureReason string  `json:"failureReason,omitempty"`
	Environment   string  `json:"environment,omitempty"`
	Ref           string  `json:"ref,omitempty"`
	SHA           string  `json:"sha,omitempty"`
}

// MergeRequest says what happened to a merge request: data of MergeRequestType.
type MergeRequest struct {
	Project      Project `json:"project"` // the target
	ID           int64   `json:"id"`
	IID          int64   `json:"iid"`
	State        string  `json:"state"`            // "opened", "merged" …
	Action       string  `json:"action,omitempty"` // "open", "merge", "update" …
	SourceBranch string  `json:"sourceBranch"`
	TargetBranch string  `json:"targetBranch"`
	LastCommit   string  `json:"lastCommit,omitempty"`
	MergeCommit  string  `json:"mergeCommit,omitempty"`
	URL          string  `json:"url,omitempty"`
}

// The actions of a ProjectChange. Marking a project for deletion is a rename; only when it
// goes for good is it destroyed. Archiving is an update.
const (
	ActionCreate   = "create"
	ActionDestroy  = "destroy"
	ActionRename   = "rename"   // another path in the same group
	ActionTransfer = "transfer" // to another group
	ActionUpdate   = "update"   // anything but the path
)

// ProjectChange says that a project came, went or moved: data of ProjectType. They arrive
// in any order, so Path is where it was then; where it is now, GitLab tells by the id.
type ProjectChange struct {
	Project Project `json:"project"`
	Action  string  `json:"action"`            // one of the actions above
	OldPath string  `json:"oldPath,omitempty"` // of a rename or transfer
}

// GroupChange says that a group, and with it everything below, has another path: data of
// GroupType. GitLab tells nothing of the projects below it.
type GroupChange struct {
	ID      int64  `json:"id"`
	Path    string `json:"path"`   // "company/team"
	Action  string `json:"action"` // ActionRename
	OldPath string `json:"oldPath"`
}

// PushOf reads the data of a PushType or TagPushType event.
func PushOf(e bus.Event) (Push, error) { return dataOf[Push](e, PushType, TagPushType) }

// PipelineOf reads the data of a PipelineType event.
func PipelineOf(e bus.Event) (Pipeline, error) { return dataOf[Pipeline](e, PipelineType) }

// JobOf reads the data of a JobType event.
func JobOf(e bus.Event) (Job, error) { return dataOf[Job](e, JobType) }

// ProjectChangeOf reads the data of a ProjectType event.
func ProjectChangeOf(e bus.Event) (ProjectChange, error) {
	return dataOf[ProjectChange](e, ProjectType)
}

// GroupChangeOf reads the data of a GroupType event.
func GroupChangeOf(e bus.Event) (GroupChange, error) { return dataOf[GroupChange](e, GroupType) }

func dataOf[T any](e bus.Event, types ...string) (T, error) {
	var data T
	if !slices.Contains(types, e.Type) {
		return data, errs.New(errs.Invalid, fmt.Sprintf("an event of type %s is not one of %v", e.Type, types))
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return data, errs.Wrap(errs.Invalid, "the data of the event "+e.ID+" is malformed", err)
	}
	return data, nil
}
