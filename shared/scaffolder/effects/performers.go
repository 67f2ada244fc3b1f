package effects

import (
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/scm"
)

// GitLabDeps is what the effects need that change what GitLab holds already.
type GitLabDeps struct {
	SCM        scm.Client
	Workspaces Workspaces
	Vault      Vault
	Clock      clock.Clock
}

// GitLab gives the performers of the effects on what GitLab holds already, by kind.
func GitLab(d GitLabDeps) map[string]operations.Performer {
	return map[string]operations.Performer{
		GroupKind:             Group{Groups: d.SCM},
		VariableKind:          Variable{Projects: d.SCM, Variables: d.SCM, Vault: d.Vault},
		AccessTokenKind:       AccessToken{Projects: d.SCM, Tokens: d.SCM, Vault: d.Vault, Clock: d.Clock},
		DeployTokenKind:       DeployToken{Projects: d.SCM, Tokens: d.SCM, Vault: d.Vault},
		ProjectBranchKind:     ProjectBranch{Projects: d.SCM, Repositories: d.SCM, Branches: d.SCM, Protections: d.SCM},
		PushKind:              Push{Projects: d.SCM, Repositories: d.SCM, Branches: d.SCM, Workspaces: d.Workspaces},
		IssueKind:             Issue{Projects: d.SCM, Issues: d.SCM},
		IssueChangeKind:       IssueChange{Projects: d.SCM, Issues: d.SCM},
		AccessKind:            Access{Projects: d.SCM, Groups: d.SCM, Users: d.SCM, Members: d.SCM},
		TriggeredPipelineKind: TriggeredPipeline{Projects: d.SCM, Pipelines: d.SCM, Vault: d.Vault},
		BranchKind:            Branch{Projects: d.SCM, Repositories: d.SCM, Branches: d.SCM, Workspaces: d.Workspaces},
		MergeRequestKind:      MergeRequest{Projects: d.SCM, Repositories: d.SCM, MergeRequests: d.SCM, Users: d.SCM},
	}
}
