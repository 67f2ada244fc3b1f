package state

import "time"

// The collections and their keys.
var (
	Groups       = Collection[Group]{"groups"}             // ID(group)
	Projects     = Collection[Project]{"projects"}         // ID(project)
	Paths        = Collection[Path]{"paths"}               // lower-case full path
	Redirects    = Collection[Redirect]{"redirects"}       // lower-case former full path
	Hooks        = Collection[Hook]{"hooks"}               // ID(project, hook)
	Variables    = Collection[Variable]{"variables"}       // Under(project, key, scope)
	Protected    = Collection[Protection]{"protected"}     // Under(project, name)
	Releases     = Collection[Release]{"releases"}         // Under(project, tag)
	Requests     = Collection[MergeRequest]{"requests"}    // ID(project, iid)
	Issues       = Collection[Issue]{"issues"}             // ID(project, iid)
	Notes        = Collection[Note]{"notes"}               // ID(project, iid, note): of issues
	Users        = Collection[User]{"users"}               // ID(user): all but root
	Members      = Collection[Member]{"members"}           // ID(project, user)
	GroupMembers = Collection[Member]{"group-members"}     // ID(group, user)
	Guests       = Collection[Guest]{"guests"}             // ID(group, guest)
	Shares       = Collection[Share]{"shares"}             // ID(project, group)
	Tokens       = Collection[Token]{"tokens"}             // SHA-256 of the token, in hex
	Triggers     = Collection[Trigger]{"triggers"}         // ID(project, trigger)
	Refs         = Collection[map[string]string]{"refs"}   // ID(project): what hooks know
	Environments = Collection[Environment]{"environments"} // Under(project, name)
	Deployments  = Collection[Deployment]{"deployments"}   // ID(project, deployment)
	Deliveries   = Collection[Delivery]{"deliveries"}      // ID(delivery): still to be made
	HookEvents   = Collection[HookEvent]{"hook-events"}    // ID(project, hook, event)
)

// RootUser is the first user: the owner of everything, and whose tokens there are.
const RootUser int64 = 1

// SystemHooks is the project of hooks that hear of all projects: the administrator's.
const SystemHooks int64 = 0

// Path says what has a full path.
type Path struct {
	Group   int64 `json:"group,omitempty"`
	Project int64 `json:"project,omitempty"`
}

// Redirect leads from a project's former full path to it, as long as nothing else has
// that path.
type Redirect struct {
	Path    string // lower-case
	Project int64
}

// Group is a namespace: a group or subgroup, or the user's own.
type Group struct {
	ID          int64
	ParentID    int64
	Kind        string // "group" or "user"
	Name        string
	Path        string
	FullPath    string
	Description string
	Visibility  string
	CreatedAt   time.Time
	MarkedAt    *time.Time // marked for deletion
	PathBefore  string     // last part of the path before it was marked for deletion
	NameBefore  string
}

// Project is a project without its repository.
type Project struct {
	ID            int64
	NamespaceID   int64
	Name          string
	Path          string
	FullPath      string
	Description   string
	Visibility    string
	DefaultBranch string
	Topics        []string
	Archived      bool
	MarkedAt      *time.Time // marked for deletion
	PathBefore    string     // full path before it was marked for deletion
	NameBefore    string
	CIConfigPath  string
	Settings      map[string]any // other settings, as they were given
	CreatedAt     time.Time
	ActiveAt      time.Time
}

// Hook is a webhook of a project, or one of the administrator's.
type Hook struct {
	ID            int64
	ProjectID     int64
	URL           string
	Name          string
	Description   string
	Token         string
	SigningToken  string
	Events        map[string]bool // by the API's names: "push_events" …
	BranchFilter  string
	FilterKind    string // "wildcard", "regex" or "all_branches"
	VerifyTLS     bool
	CustomHeaders map[string]string
	Failures      int // in a row
	Backoffs      int
	DisabledUntil *time.Time
	Disabled      bool // for good
	CreatedAt     time.Time
}

// Variable is a CI variable of a project.
type Variable struct {
	Key, Value, Type, Scope, Description string
	Protected, Masked, Hidden, Raw       bool
}

// Protection protects branches by name or wildcard.
type Protection struct {
	ID          int64
	Name        string
	Push, Merge int // access levels; 0 is nobody
	AllowForce  bool
}

// Release is a release of a tag.
type Release struct {
	Tag, Name, Description string
	CreatedAt, ReleasedAt  time.Time
}

// MergeRequest asks to merge one branch into another of the same project.
type MergeRequest struct {
	ID, IID, ProjectID        int64
	Source, Target            string
	Title, Description, State string
	SHA, MergeCommit          string
	RemoveSource, Squash      bool
	Labels                    []string
	Assignees, Reviewers      []int64 // users
	CreatedAt, UpdatedAt      time.Time
	MergedAt, ClosedAt        *time.Time
}

// Issue is an issue of a project.
type Issue struct {
	ID, IID, ProjectID        int64
	Title, Description, State string
	Type, Due                 string
	Labels                    []string
	Assignees                 []int64 // users
	Confidential, Locked      bool
	CreatedAt, UpdatedAt      time.Time
	ClosedAt                  *time.Time
}

// Note is a comment on an issue.
type Note struct {
	ID        int64
	Body      string
	CreatedAt time.Time
}

// User is somebody besides root, who can be asked for things.
type User struct {
	ID                    int64
	Username, Name, Email string
	CreatedAt             time.Time
}

// Guest is a group that another group is shared with.
type Guest struct {
	Group, Guest int64
	Level        int
}

// Member is a user's access to a project or a group.
type Member struct {
	UserID int64
	Level  int
	Added  time.Time
}

// Share shows a project to a group that it does not lie in.
type Share struct {
	ID        int64
	ProjectID int64
	GroupID   int64
	Level     int
}

// Token is a project access token or a deploy token; the token itself is not stored.
type Token struct {
	Hash           string // SHA-256 of the token, in hex: its key
	ID, ProjectID  int64
	Kind           string // "access" or "deploy"
	Name, Username string
	Description    string
	Scopes         []string
	Level          int
	ExpiresAt      string // date, "" for never
	Revoked        bool
	CreatedAt      time.Time
	LastUsedAt     *time.Time
}

// Trigger is a pipeline trigger token.
type Trigger struct {
	ID                 int64
	Description, Token string
	CreatedAt          time.Time
}

// Environment is where jobs deploy to.
type Environment struct {
	ID                           int64
	Name, Slug, Tier, URL, State string
	CreatedAt, UpdatedAt         time.Time
}

// Deployment is one run of a job that deploys to an environment.
type Deployment struct {
	ID, IID, JobID, PipelineID int64
	Environment, Ref, SHA      string
	Status                     string
	Tag                        bool
	CreatedAt, UpdatedAt       time.Time
}

// Delivery is a webhook call still to be made.
type Delivery struct {
	ID, HookID, ProjectID int64
	Event                 string // header text, "Push Hook"
	Trigger               string // the setting that asked for it, "push_events"
	Body                  []byte
	EventUUID             string
	IdempotencyKey        string
}

// HookEvent is one webhook call that was made.
type HookEvent struct {
	ID              int64
	URL, Trigger    string
	Event           string
	RequestHeaders  map[string]string
	RequestBody     []byte
	ResponseHeaders map[string]string
	ResponseBody    string
	Status          string // HTTP status, or "internal error"
	Seconds         float64
	EventUUID       string
	IdempotencyKey  string
	CreatedAt       time.Time
}
