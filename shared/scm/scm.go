package scm

import (
	"context"
	"strings"
	"time"
)

// Errors of every method: NotFound (the host answered that it is not there, or not for
// this token), Conflict (taken, or the branch moved), Invalid (refused as it stands),
// Unauthenticated and Forbidden (the token), RateLimited (nothing happened), Unavailable
// (unreachable, 5xx or a lost answer: the effect may have happened).

// Projects creates and finds projects.
type Projects interface {
	// Project finds a project by its full path, for example "apps/orders". The former path
	// of a renamed or moved project, until another project takes it, gives that project
	// with the path that it has now: who needs the project to be at path compares
	// (Project.At). A project marked for deletion is NotFound under its old path.
	Project(ctx context.Context, path string) (Project, error)
	// ProjectByID finds a project by its number, also when marked for deletion.
	ProjectByID(ctx context.Context, id int64) (Project, error)
	// CreateProject creates an empty project: Conflict when the path is taken,
	// Invalid when the namespace does not exist.
	CreateProject(ctx context.Context, p NewProject) (Project, error)
	// DeleteProject deletes a project for good where the host allows it, else marks it
	// for deletion, which frees its path. Deleting what is gone succeeds.
	DeleteProject(ctx context.Context, id int64) error
	// ProjectsIn lists the projects below a group, subgroups included, ordered by id, the
	// first limit behind after (0 from the start). Archived projects and those that are
	// only shared with a group are not listed; those marked for deletion may be. A page is
	// whole or an error, and no project that exists throughout is left out between pages,
	// whatever is made, moved or deleted meanwhile.
	ProjectsIn(ctx context.Context, group string, after int64, limit int) (ProjectPage, error)
	// SearchProjects lists the projects that the token sees whose path or name holds text,
	// all for "", ordered by id, at most limit. Archived ones and those marked for deletion
	// are not listed. It is for suggestions: what lies far behind is not looked for.
	SearchProjects(ctx context.Context, text string, limit int) ([]Project, error)
}

// ProjectPage is a part of a listing.
type ProjectPage struct {
	Projects []Project
	// More says that the listing goes on behind the last project. Without it the end was
	// reached: the host answered that nothing follows.
	More bool
}

// Project is a repository with its pipelines, hooks and settings.
type Project struct {
	ID                int64
	Path              string // full path, "apps/orders"
	Name              string
	Description       string
	DefaultBranch     string // "" while the repository is empty
	WebURL            string
	CloneURL          string // over HTTP
	Topics            []string
	Visibility        string // "private", "internal" or "public"
	Archived          bool
	MarkedForDeletion bool
	// LastActivity is about when something last happened in it. GitLab renews it once an
	// hour at most, so an old one proves nothing.
	LastActivity time.Time
}

// At reports whether the project's path is the given one. GitLab ignores case in paths.
func (p Project) At(path string) bool { return strings.EqualFold(p.Path, path) }

// NewProject is a project to be created.
type NewProject struct {
	Namespace     string // full path of an existing group
	Slug          string // last part of the path
	Name          string // for people; "" for the slug
	Description   string
	DefaultBranch string
	Visibility    string // "private", "internal" or "public"
	Topics        []string
	Settings      Settings
}

// Settings are what else a new project may be given. What is left zero is as the host has
// it by default; a value that the host does not know is Invalid.
type Settings struct {
	CIConfigPath string // of the CI file, or "file@group/project"
	MergeMethod  string // "merge", "rebase_merge" or "ff"
	SquashOption string // "never", "always", "default_on" or "default_off"
	// Who may use a feature: "disabled", "private" (members) or "enabled".
	IssuesAccess, WikiAccess, SnippetsAccess string

	AutoDevOps           *bool
	MergeNeedsPipeline   *bool // merge only when the pipeline succeeded
	MergeSkippedPipeline *bool // a skipped pipeline counts as one that succeeded
	MergeNeedsResolution *bool // merge only when all discussions are resolved
}

// Repositories reads and writes the content of projects.
type Repositories interface {
	// Head gives the newest commit of a branch; NotFound when the branch does not exist,
	// as in an empty repository.
	Head(ctx context.Context, project int64, branch string) (Commit, error)
	// Commits lists the newest commits of a branch or tag, newest first; of all branches
	// and tags when ref is empty.
	Commits(ctx context.Context, project int64, ref string, limit int) ([]Commit, error)
	// Commit writes all changes in one commit on a branch, all or nothing. Without parent
	// (an empty repository) it creates the branch; with one, Conflict when a file to create
	// exists or one to update or delete does not, Invalid for a symbolic link where the host
	// can't be reached over git, and TooLarge for more than 20 MB in base64. A first commit
	// has no such limit, nor has one with symbolic links. With a start it
	// creates the branch as well: Conflict when there is one of that name. With Seen, Conflict
	// when the branch holds a file to update or delete that was changed since that commit. An
	// empty commit (Empty) has no changes; hosts that don't take one say Invalid.
	Commit(ctx context.Context, project int64, c NewCommit) (Commit, error)
	// File reads one file at a branch, tag or commit id.
	File(ctx context.Context, project int64, path, ref string) (File, error)
	// Tree lists all files below a folder ("" for the root), recursively, in path order.
	// NotFound when the folder does not exist.
	Tree(ctx context.Context, project int64, path, ref string) ([]TreeEntry, error)
}

// Commit is one commit.
type Commit struct {
	ID      string // 40 hex digits
	Parents []string
	Title   string
	Message string // whole, with trailers
	Author  string
	Created time.Time
}

// NewCommit is a commit to be made.
type NewCommit struct {
	Branch  string
	Message string
	Changes []Change
	// Start is the commit that a new branch starts at; "" for one more commit on Branch.
	Start string
	// Seen is the commit that the changes were decided at; "" for no such check.
	Seen string
	// Empty makes a commit that changes nothing.
	Empty bool
	// Author is who the commit names as its author; the zero value is the token's user.
	Author Signature
}

// Signature is a person as commits name one.
type Signature struct{ Name, Email string }

// ChangeAction is what a Change does to its file.
type ChangeAction string

// The actions of GitLab's commits API that Slipway uses.
const (
	CreateFile ChangeAction = "create"
	UpdateFile ChangeAction = "update"
	DeleteFile ChangeAction = "delete"
)

// Change is one file of a commit.
type Change struct {
	Action     ChangeAction
	Path       string
	Content    []byte
	Executable bool
	// Plain takes it from a file to update that it is executable, which that stays otherwise.
	Plain bool
	// Link makes the file a symbolic link to this target; Content and Executable do not
	// count then. OverLink says that the file to update is a symbolic link.
	Link     string
	OverLink bool
}

// File is a file's content at one commit.
type File struct {
	Path     string
	Content  []byte
	CommitID string // the commit that ref pointed to when it was read
}

// Files tells of files without reading them.
type Files interface {
	// FileExists reports whether there is a file at a branch, tag or commit id. False is
	// positive evidence: the host showed the project and the commit, and denied the file.
	// Everything else is an error, NotFound too: then the project or the commit is not
	// there, or not for this token, which says nothing about the file.
	FileExists(ctx context.Context, project int64, path, ref string) (FileStat, bool, error)
}

// FileStat is a file without its content.
type FileStat struct {
	CommitID     string // the commit that ref pointed to when it was looked at
	BlobID       string // of the content; "" when there is no file
	LastCommitID string // the newest commit that touched the file; "" when there is none
}

// TreeEntry is one file below a folder. Folders themselves are not listed.
type TreeEntry struct {
	Path       string
	BlobID     string
	Executable bool
	Symlink    bool
}

// Hooks manages the webhooks of a project. GitLab lets the same hook exist twice.
type Hooks interface {
	Hooks(ctx context.Context, project int64) ([]Hook, error)
	CreateHook(ctx context.Context, project int64, h NewHook) (Hook, error)
	// UpdateHook makes a hook what h says, except that an empty Token or SigningToken
	// leaves the one it has. It does not switch a disabled hook on again.
	UpdateHook(ctx context.Context, project, hook int64, h NewHook) (Hook, error)
	// EnableHook switches a hook on again, the way GitLab offers: by a test delivery of a
	// push, which the receiver gets like any other. Invalid when the receiver does not
	// answer it with success, or the repository has no commit to test with; a hook that is
	// created anew starts enabled in any case. GitLab allows five tests a minute.
	EnableHook(ctx context.Context, project, hook int64) (Hook, error)
	// DeleteHook removes a hook; removing what is gone succeeds.
	DeleteHook(ctx context.Context, project, hook int64) error
}

// Hook is a webhook of a project.
type Hook struct {
	ID       int64
	Name     string
	URL      string
	Disabled bool      // switched off by GitLab after failures, for a while or for good
	Status   string    // in GitLab's words: "executable", "temporarily_disabled", "disabled"; "" of one that does not say
	Until    time.Time // when a temporarily disabled one is tried again; else zero

	Push, TagPush, Pipeline bool // the events that it asks for

	HasToken        bool // something is sent in X-Gitlab-Token
	HasSigningToken bool // deliveries are signed
	InsecureTLS     bool // certificates are not verified
}

// NewHook is a hook to be created or updated: push, tag and pipeline events.
type NewHook struct {
	Name         string
	URL          string
	Token        string // sent back in X-Gitlab-Token
	SigningToken string // "whsec_…"; "" for none
	// InsecureTLS turns certificate verification off; only for a loopback receiver.
	InsecureTLS bool
}

// Pipelines starts and reads pipelines.
type Pipelines interface {
	// StartPipeline starts one pipeline; Invalid when the ref or the CI file is missing or
	// wrong, and then nothing is stored.
	StartPipeline(ctx context.Context, project int64, ref string, variables map[string]string) (Pipeline, error)
	Pipeline(ctx context.Context, project, id int64) (Pipeline, error)
	// PipelinesOf lists the pipelines of a ref that were started through the API, newest
	// first, at most limit.
	PipelinesOf(ctx context.Context, project int64, ref string, limit int) ([]Pipeline, error)
	// PipelineVariables gives the variables a pipeline was started with.
	PipelineVariables(ctx context.Context, project, id int64) (map[string]string, error)
	// CancelPipeline cancels what still runs; cancelling an ended pipeline succeeds.
	CancelPipeline(ctx context.Context, project, id int64) error
}

// Pipeline is one run of a project's CI.
type Pipeline struct {
	ID     int64
	Status PipelineStatus
	Ref    string
	SHA    string
	WebURL string
}

// PipelineStatus is in GitLab's words.
type PipelineStatus string

// Ended reports whether nothing more will happen by itself: the pipeline finished, or it
// waits for a person at a manual job.
func (s PipelineStatus) Ended() bool {
	switch s {
	case "success", "failed", "canceled", "skipped", "manual":
		return true
	}
	return false
}

// Passed reports whether everything that runs without a person succeeded: the pipeline
// finished, or only a manual gate is left.
func (s PipelineStatus) Passed() bool { return s == "success" || s == "manual" }

// Client is everything the host offers; contexts ask for the part they need.
type Client interface {
	Projects
	Repositories
	Archives
	Files
	Hooks
	Pipelines
	Groups
	Namespaces
	Variables
	AccessTokens
	DeployTokens
	MergeRequests
	Branches
	Protections
	Issues
	Users
	Members
}
