package gitlabci

import (
	"errors"
	"strings"
)

// DefaultConfigPath is where GitLab looks for the file unless the project says otherwise.
const DefaultConfigPath = ".gitlab-ci.yml"

// ErrNoJobs means that the file is right but its rules leave no job to run for this
// trigger; GitLab then creates no pipeline.
var ErrNoJobs = errors.New("pipeline will not run for the selected trigger: " +
	"the rules configuration prevented any jobs from being added to the pipeline")

// ConfigError is a file that GitLab would refuse, with every reason found.
type ConfigError struct {
	Messages []string
}

// Error joins the messages.
func (e *ConfigError) Error() string { return strings.Join(e.Messages, "; ") }

// Source gives the files of the commit that the pipeline is for. It may also be a Lister
// and a Differ.
type Source interface {
	// ReadFile gives one file's content; an error that is fs.ErrNotExist when it is missing.
	ReadFile(path string) ([]byte, error)
}

// Lister is a Source that can name all its files. Without it, a pattern with wildcards
// matches always in rules:exists, as in GitLab above its limit of checks, and is an error in include.
type Lister interface {
	ListFiles() ([]string, error)
}

// Differ is a Source that knows which files the push or merge request changed. Without
// it, or when known is false, rules:changes matches always, as in GitLab when there is nothing to compare.
type Differ interface {
	ChangedFiles() (paths []string, known bool, err error)
}

// Trigger is what asks for a pipeline.
type Trigger struct {
	Ref        string            // branch or tag name, without refs/
	Tag        bool              // Ref is a tag
	SHA        string            // the commit
	Source     string            // "push", "api", "web", "merge_request_event", "trigger" ...
	Variables  map[string]string // predefined CI_* variables and those given by the caller
	Inputs     map[string]any    // values for spec:inputs
	ConfigPath string            // DefaultConfigPath when ""
}

// Pipeline is what a file means for one trigger. It is stored as JSON beside the jobs.
type Pipeline struct {
	Name       string   `json:"name,omitempty"` // workflow:name, expanded
	Stages     []string `json:"stages"`         // those with jobs, in order
	Jobs       []Job    `json:"jobs"`           // by stage, then as in the file
	AutoCancel string   `json:"autoCancel"`     // workflow:auto_cancel:on_new_commit: conservative, interruptible, none
}

// Job is one job of a pipeline.
type Job struct {
	Name               string            `json:"name"`
	Stage              string            `json:"stage"`
	Needs              []string          `json:"needs,omitempty"` // only jobs of this pipeline
	HasNeeds           bool              `json:"hasNeeds,omitempty"`
	When               string            `json:"when"` // on_success, on_failure, always, manual, delayed
	StartIn            string            `json:"startIn,omitempty"`
	AllowFailure       bool              `json:"allowFailure,omitempty"`
	AllowFailureCodes  []int             `json:"allowFailureCodes,omitempty"` // exit codes that count as allowed
	Environment        *Environment      `json:"environment,omitempty"`
	BeforeScript       []string          `json:"beforeScript,omitempty"`
	Script             []string          `json:"script,omitempty"`
	AfterScript        []string          `json:"afterScript,omitempty"`
	Variables          map[string]string `json:"variables,omitempty"`    // global, job's and rule's, without predefined ones
	RawVariables       []string          `json:"rawVariables,omitempty"` // names with expand: false
	ResourceGroup      string            `json:"resourceGroup,omitempty"`
	ManualConfirmation string            `json:"manualConfirmation,omitempty"`
	Image              string            `json:"image,omitempty"`
	Services           []string          `json:"services,omitempty"`
	Interruptible      bool              `json:"interruptible,omitempty"`
	Tags               []string          `json:"tags,omitempty"`
	Retry              int               `json:"retry,omitempty"`
	RetryWhen          []string          `json:"retryWhen,omitempty"`
	Timeout            string            `json:"timeout,omitempty"`
	IDTokens           map[string]string `json:"idTokens,omitempty"`      // name → audience; several joined by ","
	Artifacts          []string          `json:"artifacts,omitempty"`     // artifacts:paths
	ArtifactsFrom      []string          `json:"artifactsFrom,omitempty"` // jobs whose artifacts it gets, by needs or dependencies
	Coverage           string            `json:"coverage,omitempty"`
	Bridge             bool              `json:"bridge,omitempty"` // a trigger job, which has no script
}

// Environment is what a job deploys to.
type Environment struct {
	Name           string `json:"name"`   // expanded
	Action         string `json:"action"` // start, prepare, stop, verify, access
	DeploymentTier string `json:"deploymentTier,omitempty"`
	URL            string `json:"url,omitempty"` // variables known at start are expanded
	OnStop         string `json:"onStop,omitempty"`
}
