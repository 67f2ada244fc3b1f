package hooks

import (
	"maps"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

// WithoutCommits is a push as system hooks get it: they are never told of commits.
func WithoutCommits(push map[string]any) map[string]any {
	v := maps.Clone(push)
	v["commits"] = []object{}
	return v
}

// Change is one reference that a push moved.
type Change struct {
	Ref    string `json:"ref"` // full name
	Before string `json:"before"`
	After  string `json:"after"`
}

// RepositoryUpdate makes the event that system hooks get once per push, however many
// references it moved.
func (s *Service) RepositoryUpdate(tx *state.Tx, p state.Project, changes []Change) Event {
	refs := []string{}
	for _, c := range changes {
		refs = append(refs, c.Ref)
	}
	return Event{ProjectID: p.ID, Trigger: "repository_update_events", Origin: s.Origin(), System: object{
		"event_name": "repository_update", "user_id": state.RootUser, "user_name": "Administrator", "user_email": "[REDACTED]",
		"user_avatar": nil, "project_id": p.ID, "project": s.project(tx, p), "changes": changes, "refs": refs,
	}}
}

// ProjectEvent makes an event of a project's life, "project_rename" for example; before is
// the full path that it had, for those that change it. Every system hook gets it.
func (s *Service) ProjectEvent(name string, p state.Project, before string, now time.Time) Event {
	v := object{
		"event_name": name, "created_at": p.CreatedAt.UTC().Format(time.RFC3339), "updated_at": now.UTC().Format(time.RFC3339),
		"name": p.Name, "path": p.Path, "path_with_namespace": p.FullPath, "project_id": p.ID, "project_namespace_id": p.NamespaceID,
		"owner_name": "Administrator", "owner_email": "[REDACTED]", "project_visibility": p.Visibility,
		"owners": []object{{"name": "Administrator", "email": "[REDACTED]"}},
	}
	if before != "" {
		v["old_path_with_namespace"] = before
	}
	return Event{ProjectID: p.ID, Origin: s.Origin(), System: v}
}

// GroupRenamed makes the event of a group's new path. Nothing is sent for what is below it.
func (s *Service) GroupRenamed(g state.Group, before string, now time.Time) Event {
	return Event{Origin: s.Origin(), System: object{
		"event_name": "group_rename", "created_at": g.CreatedAt.UTC().Format(time.RFC3339), "updated_at": now.UTC().Format(time.RFC3339),
		"name": g.Name, "path": g.Path, "full_path": g.FullPath, "group_id": g.ID,
		"old_path": before[strings.LastIndex(before, "/")+1:], "old_full_path": before,
	}}
}

// GroupDestroyed makes the event of a group's end.
func (s *Service) GroupDestroyed(g state.Group, now time.Time) Event {
	return Event{Origin: s.Origin(), System: object{
		"event_name": "group_destroy", "created_at": g.CreatedAt.UTC().Format(time.RFC3339), "updated_at": now.UTC().Format(time.RFC3339),
		"name": g.Name, "path": g.Path, "full_path": g.FullPath, "group_id": g.ID,
	}}
}
