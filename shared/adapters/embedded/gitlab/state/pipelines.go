package state

import (
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

// The collections of pipelines and their keys.
var (
	Pipelines = Collection[Pipeline]{"pipelines"} // ID(project, pipeline)
	Active    = Collection[PipelineKey]{"active"} // ID(pipeline): has jobs to run or running
	JobOwners = Collection[PipelineKey]{"jobs"}   // ID(job)
	Traces    = Collection[string]{"traces"}      // ID(job)
)

// PipelineKey names a pipeline.
type PipelineKey struct{ ProjectID, PipelineID int64 }

// Pipeline is one run of a project's CI with its jobs, retried ones included.
type Pipeline struct {
	ID, IID, ProjectID    int64
	Ref, SHA, BeforeSHA   string
	Tag                   bool
	Source                string // "push", "api", "web", "trigger" …
	Status                gitlabci.Status
	Definition            gitlabci.Pipeline
	Variables             []PipelineVariable // given by the caller
	Jobs                  []Job              // in order of creation
	CreatedAt, UpdatedAt  time.Time
	StartedAt, FinishedAt *time.Time
	YAMLErrors            string // why no job could be made; "" when the file is right
	Commit                CommitFacts
}

// CommitFacts is what a pipeline shows of its commit.
type CommitFacts struct {
	ID, Title, Message      string
	AuthorName, AuthorEmail string
	When                    time.Time
}

// PipelineVariable is a variable a pipeline was started with.
type PipelineVariable struct{ Key, Value, Type string }

// Job is one run of a job of a pipeline.
type Job struct {
	ID                              int64
	Name, Stage                     string
	Status                          gitlabci.Status
	AllowFailure                    bool
	FailureReason                   string
	ExitCode                        int
	Retried                         bool // a newer run of the same job exists
	Attempt                         int  // automatic retries so far
	Deployment                      int64
	Variables                       []PipelineVariable // given when it was played
	CreatedAt                       time.Time
	QueuedAt, StartedAt, FinishedAt *time.Time
}
