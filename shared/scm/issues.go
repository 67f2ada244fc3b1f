package scm

import (
	"context"
	"time"
)

// Issues manages the issues of projects.
type Issues interface {
	// Issue finds an issue by its number within the project.
	Issue(ctx context.Context, project, number int64) (Issue, error)
	// OwnIssues lists the issues that the token's user has created, newest first, at most
	// limit.
	OwnIssues(ctx context.Context, project int64, limit int) ([]Issue, error)
	// CreateIssue creates an issue. Users and milestones that do not exist are passed over by
	// GitLab; what it does not take otherwise is Invalid.
	CreateIssue(ctx context.Context, project int64, n NewIssue) (Issue, error)
	// UpdateIssue changes what is given, and gives the issue as it is then. Changing nothing is
	// Invalid.
	UpdateIssue(ctx context.Context, project, number int64, c IssueChange) (Issue, error)
	// DeleteIssue removes an issue for good; removing what is gone succeeds. Forbidden unless
	// the token may manage the project.
	DeleteIssue(ctx context.Context, project, number int64) error
}

// Issue is an issue as it is.
type Issue struct {
	ID      int64
	Number  int64 // within the project ("iid")
	Project int64
	WebURL  string
	State   string // in GitLab's words: "opened", "closed"
	Updated time.Time
	Notes   int // how many comments people have written

	Title, Description string
	Type               string // "issue", "incident", "test_case" or "task"
	Due                string // day, "2027-01-31"; "" for none
	Labels             []string
	Assignees          []int64 // users
	Milestone          int64   // 0 for none
	Epic               int64   // 0 for none
	Confidential       bool
	Locked             bool // only members may comment
	// Weight is nil where there is none, as in GitLab's free edition.
	Weight *int64
}

// NewIssue is an issue to be created. What is left zero is as GitLab has it by default.
type NewIssue struct {
	Title, Description string
	Type, Due          string
	Labels             []string
	Assignees          []int64
	Milestone          int64
	Epic               int64
	Confidential       bool
	Weight             *int64
	Created            time.Time // only for those who may say so
	// ResolvesOf is the number of the merge request whose open discussions the issue takes
	// over, all or the one of this id.
	ResolvesOf int64
	Discussion string
}

// IssueChange is what of an issue is changed; nil leaves it.
type IssueChange struct {
	Title, Description *string
	Type, Due          *string // Due "" for no day
	Labels             *[]string
	Assignees          *[]int64
	Milestone          *int64 // 0 for none
	Weight             *int64 // below 0 for none
	Epic               *int64 // 0 for none
	Confidential       *bool
	Locked             *bool
	Open               *bool // reopen or close
	Updated            time.Time
}
