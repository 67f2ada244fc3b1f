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
		TriggeredPipelineKind: TriggeredPipeline{Projects: d.SCM, Pipelines: d.SCM, Vault: d.Vault},
		BranchKind:            Branch{Projects: d.SCM, Repositories: d.SCM, Branches: d.SCM, Workspaces: d.Workspaces},
		MergeRequestKind:      MergeRequest{Projects: d.SCM, Repositories: d.SCM, MergeRequests: d.SCM, Users: d.SCM},
	}
}
