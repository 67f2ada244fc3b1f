package actions

import "github.com/slipwayhq/slipway/shared/scaffolder/effects"

func mergeRequestSpec() Spec {
	return Spec{
		ID:          MergeRequestID,
		Description: "Proposes the files of the workspace to a project: a branch with one commit, and a merge request.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["repoUrl","branchName","title"],"additionalProperties":false,"properties":{
"repoUrl":{"type":"string","description":"The project, as RepoUrlPicker writes it: host?owner=group&repo=name, or host?project=number"},
"projectid":{"type":["number","string"],"description":"GitLab's id of the project, or its full path; comes first"},
"title":{"type":"string","description":"The title of the merge request, and of the commit"},
"description":{"type":"string","description":"The description of the merge request"},
"branchName":{"type":"string","description":"The branch to make"},
"targetBranchName":{"type":"string","description":"The branch to merge into; the default branch when not given"},
"sourcePath":{"type":"string","description":"The folder of the workspace to propose; targetPath when not given, . for all"},
"targetPath":{"type":"string","description":"The folder of the project that it goes to"},
"commitAction":{"type":"string","enum":["auto","create","update","delete","skip"],"description":"auto (when not given) creates what is missing, updates what differs and leaves out the rest; skip proposes a branch as it is"},
"removeSourceBranch":{"type":"boolean","description":"Delete the branch when it is merged"},
"assignee":{"type":"string","description":"The user to assign it to"},
"reviewers":{"type":"array","items":{"type":"string"},"description":"The users to ask for a review"},
"labels":{"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}],"description":"Labels, as a list or with commas between them"},
"assignReviewersFromApprovalRules":{"type":"boolean","description":"Accepted for compatibility; GitLab asks for the approvals itself"},
"autoMerge":{"type":"boolean","enum":[false],"description":"What is merged can't be undone: true is refused"},
"token":{"type":"string","description":"Accepted for compatibility; the portal uses its own access"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"targetBranchName":{"type":"string","description":"The branch to merge into"},
"projectid":{"type":"string","description":"The project as it was given"},
"projectPath":{"type":"string","description":"The full path of the project"},
"mergeRequestUrl":{"type":"string","description":"The URL of the merge request"}}}`),
		Examples: []Example{{"Propose a new component of a repository that is there", `steps:
  - id: propose
    name: Open a merge request
    action: publish:gitlab:merge-request
    input:
      repoUrl: gitlab.example.com?owner=platform&repo=catalog
      branchName: add-${{ parameters.name }}
      title: Add ${{ parameters.name }}
      description: Asked for by ${{ user.ref }}
      sourcePath: .
      targetPath: components/${{ parameters.name }}
      removeSourceBranch: true
`}},
		Effects: []Undo{
			{effects.BranchKind, "the branch is deleted, unless somebody else has committed to it"},
			{effects.PushKind, "a branch without a commit, when nothing differs, is deleted, unless somebody has committed to it"},
			{effects.MergeRequestKind, "it is closed, unless it was merged or somebody else has committed to its branch"},
		},
	}
}
