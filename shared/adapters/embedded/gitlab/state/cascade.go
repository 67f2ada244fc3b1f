package state

import "strings"

// DeleteProject removes a project's record, its path and everything kept below it.
func DeleteProject(tx *Tx, p Project) error {
	prefix := ID(p.ID)
	if err := deleteJobs(tx, prefix); err != nil {
		return err
	}
	for _, remove := range []func(*Tx, string) error{
		Hooks.DeleteAll, Variables.DeleteAll, Protected.DeleteAll, Releases.DeleteAll, Requests.DeleteAll,
		Members.DeleteAll, Issues.DeleteAll, Notes.DeleteAll, Shares.DeleteAll, Triggers.DeleteAll, Refs.DeleteAll, Environments.DeleteAll, Deployments.DeleteAll,
		HookEvents.DeleteAll,
	} {
		if err := remove(tx, prefix); err != nil {
			return err
		}
	}
	if err := deleteTokens(tx, p.ID); err != nil {
		return err
	}
	if err := deleteRedirects(tx, p.ID); err != nil {
		return err
	}
	if err := Paths.Delete(tx, strings.ToLower(p.FullPath)); err != nil {
		return err
	}
	return Projects.Delete(tx, prefix)
}

// DeleteGroup removes a group's record, its path and what was shared with it. What lies in
// the group is the caller's.
func DeleteGroup(tx *Tx, g Group) error {
	all, err := Shares.All(tx, "")
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.GroupID != g.ID {
			continue
		}
		if err := Shares.Delete(tx, ID(s.ProjectID, s.GroupID)); err != nil {
			return err
		}
	}
	if err := deleteGuests(tx, g.ID); err != nil {
		return err
	}
	if err := Paths.Delete(tx, strings.ToLower(g.FullPath)); err != nil {
		return err
	}
	return Groups.Delete(tx, ID(g.ID))
}

// deleteGuests removes who has access to a group, and what it has access to.
func deleteGuests(tx *Tx, group int64) error {
	all, err := Guests.All(tx, "")
	if err != nil {
		return err
	}
	for _, g := range all {
		if g.Group != group && g.Guest != group {
			continue
		}
		if err := Guests.Delete(tx, ID(g.Group, g.Guest)); err != nil {
			return err
		}
	}
	return GroupMembers.DeleteAll(tx, ID(group)+"/")
}

func deleteTokens(tx *Tx, project int64) error {
	all, err := Tokens.All(tx, "")
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.ProjectID != project {
			continue
		}
		if err := Tokens.Delete(tx, t.Hash); err != nil {
			return err
		}
	}
	return nil
}

func deleteJobs(tx *Tx, prefix string) error {
	all, err := Pipelines.All(tx, prefix)
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := DeletePipeline(tx, p.ProjectID, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// DeletePipeline removes a pipeline with its jobs and their logs.
func DeletePipeline(tx *Tx, project, pipeline int64) error {
	p, err := Pipelines.Get(tx, ID(project, pipeline))
	if err != nil {
		return err
	}
	for _, j := range p.Jobs {
		if err := JobOwners.Delete(tx, ID(j.ID)); err != nil {
			return err
		}
		if err := Traces.Delete(tx, ID(j.ID)); err != nil {
			return err
		}
	}
	if err := Active.Delete(tx, ID(pipeline)); err != nil {
		return err
	}
	return Pipelines.Delete(tx, ID(project, pipeline))
}
