package actions

import "slices"

// All gives the ids of the actions that templates can call, sorted: exactly those that
// creation registers. It is apart from Specs because whoever only knows ids, such as
// creation, then links none of the schemas and examples.
func All() []string {
	ids := []string{
		PublishGitLabID,
		FetchPlainID, FetchPlainFileID, FetchTemplateID, FetchTemplateFileID, FSDeleteID, FSReaddirID, FSRenameID, DebugLogID, DebugWaitID,
		CatalogFetchID, CatalogWriteID, CatalogRegisterID,
		MergeRequestID, EnsureGroupID, CreateVariableID, TriggerPipelineID, CreateAccessTokenID,
		CreateDeployTokenID, PushID, CreateIssueID, EditIssueID, GroupAccessID, UserInfoID,
		RoadieWriteFileID,
	}
	for _, family := range harmonixFamilies {
		for _, name := range harmonixNames {
			ids = append(ids, family+name)
		}
	}
	slices.Sort(ids)
	return ids
}

// Known reports whether templates can call an action of that id.
func Known(id string) bool { return slices.Contains(All(), id) }
