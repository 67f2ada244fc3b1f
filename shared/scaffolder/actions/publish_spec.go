package actions

import "github.com/slipwayhq/slipway/shared/scaffolder/effects"

func publishGitLabSpec() Spec {
	return Spec{
		ID:          PublishGitLabID,
		Description: "Creates a project, commits the workspace to it, adds branches, the portal's webhook and CI/CD variables.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["repoUrl"],"properties":{
"repoUrl":{"type":"string","description":"The project, as RepoUrlPicker writes it: host?owner=group&repo=name"},
"repoVisibility":{"type":"string","enum":["private","internal","public"],"description":"Who sees the project; private when not given"},
"defaultBranch":{"type":"string","description":"The branch of the commit; main when not given"},
"description":{"type":"string","description":"What the project is for"},
"gitCommitMessage":{"type":"string","description":"One line; Create and the name when not given"},
"gitAuthorName":{"type":"string","description":"Who the commit names as its author"},
"gitAuthorEmail":{"type":"string","description":"The author's address"},
"sourcePath":{"type":["string","boolean"],"description":"The folder of the workspace to publish; all of it when not given, nothing for false"},
"topics":{"type":"array","items":{"type":"string"},"description":"Topics of the project"},
"settings":{"type":"object","description":"GitLab's own names for attributes of the project, which come first","properties":{
"name":{"type":"string","description":"What people call the project; the last part of repoUrl when not given"},
"path":{"type":"string","description":"The last part of the project's path, instead of that of repoUrl"},"description":{"type":"string"},"visibility":{"type":"string","enum":["private","internal","public"]},
"topics":{"type":"array","items":{"type":"string"}},"ci_config_path":{"type":"string"},
"merge_method":{"type":"string","enum":["merge","rebase_merge","ff"]},
"squash_option":{"type":"string","enum":["never","always","default_on","default_off"]},
"auto_devops_enabled":{"type":"boolean"},"only_allow_merge_if_pipeline_succeeds":{"type":"boolean"},
"allow_merge_on_skipped_pipeline":{"type":"boolean"},"only_allow_merge_if_all_discussions_are_resolved":{"type":"boolean"}}},
"projectVariables":{"type":"array","description":"CI/CD variables of the project","items":{"type":"object","required":["key","value"],"properties":{
"key":{"type":"string"},"value":{"type":"string"},"description":{"type":"string"},"variable_type":{"type":"string","enum":["env_var","file"]},
"protected":{"type":"boolean"},"masked":{"type":"boolean"},"masked_and_hidden":{"type":"boolean"},"raw":{"type":"boolean"},"environment_scope":{"type":"string"}}}},
"branches":{"type":"array","description":"Other branches to create and to protect","items":{"type":"object","required":["name"],"properties":{
"name":{"type":"string","description":"Of the branch; a wildcard for one that is only protected"},
"create":{"type":"boolean"},"protect":{"type":"boolean"},"ref":{"type":"string","description":"The branch to start from; the default branch when not given"}}}},
"skipExisting":{"type":"boolean","description":"Leave a project that is there already as it is, instead of refusing"},
"ownerUsername":{"type":"string","description":"A user to make an owner of the project"},
"setUserAsOwner":{"type":"boolean","description":"Accepted for compatibility; the portal uses its own access, whose user made the project"},
"signCommit":{"type":"boolean","enum":[false],"description":"The portal has no key to sign with: true is refused"},
"token":{"type":"string","description":"Accepted for compatibility; the portal uses its own access"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"remoteUrl":{"type":"string","description":"The URL of the project, also to clone from"},
"repoContentsUrl":{"type":"string","description":"The URL of the project's files"},
"projectId":{"type":"number","description":"GitLab's id of the project"},
"commitHash":{"type":"string","description":"The id of the commit; none for an empty project"},
"created":{"type":"boolean","description":"False for a project that was there already and is left as it is"}}}`),
		Examples: []Example{{"Publish to the group of the owner", `steps:
  - id: publish
    name: Create the project
    action: publish:gitlab
    input:
      repoUrl: gitlab.example.com?owner=apps&repo=${{ parameters.name }}
      description: ${{ parameters.description }}
`}, {"With a protected branch for releases, and settings", `steps:
  - id: publish
    name: Create the project
    action: publish:gitlab
    input:
      repoUrl: gitlab.example.com?owner=apps&repo=${{ parameters.name }}
      settings:
        name: ${{ parameters.title }}
        visibility: internal
        merge_method: ff
        only_allow_merge_if_pipeline_succeeds: true
      branches:
        - name: release
          create: true
          protect: true
`}},
		Effects: []Undo{
			{effects.ProjectKind, "the project is deleted, unless somebody else has committed to it"},
			{effects.AccessKind, "goes with the project"},
			{effects.CommitKind, "goes with the project"},
			{effects.ProjectBranchKind, "goes with the project"},
			{effects.HookKind, "goes with the project"},
			{effects.VariableKind, "the variable is deleted, unless somebody has changed it since"},
		},
	}
}
