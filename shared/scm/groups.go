package scm

import "context"

// Groups creates and finds groups.
type Groups interface {
	// Group finds a group by its full path. One that is marked for deletion is NotFound.
	Group(ctx context.Context, path string) (Group, error)
	// GroupByID finds a group by its number, also when marked for deletion.
	GroupByID(ctx context.Context, id int64) (Group, error)
	// CreateGroup creates a group: Conflict when the path is taken, Invalid when the parent
	// does not exist or is less visible.
	CreateGroup(ctx context.Context, g NewGroup) (Group, error)
	// DeleteGroup deletes a group with all that is in it, for good where the host allows it,
	// else marks it for deletion, which frees its path. Deleting what is gone succeeds.
	DeleteGroup(ctx context.Context, id int64) error
	// EmptyGroup reports whether a group holds neither projects nor subgroups that the token
	// sees. Archived ones count, and those marked for deletion, for they can be restored.
	EmptyGroup(ctx context.Context, id int64) (bool, error)
	// SearchGroups lists the groups that the token sees whose path or name holds text, all
	// for "", ordered by id, at most limit. Those marked for deletion are not listed. It is
	// for suggestions: what lies far behind is not looked for.
	SearchGroups(ctx context.Context, text string, limit int) ([]Group, error)
}

// Namespaces knows where projects can be made.
type Namespaces interface {
	// Namespace finds what projects can be made in, a group or the place of a user, by its
	// full path; Invalid when there is none, or not for this token.
	Namespace(ctx context.Context, path string) error
}

// Group is a namespace of projects and other groups.
type Group struct {
	ID          int64
	Path        string // full path, "apps/payments"
	Name        string
	Description string
	Visibility  string // "private", "internal" or "public"
	WebURL      string
}

// NewGroup is a group to be created.
type NewGroup struct {
	Parent      string // full path of an existing group; "" for a group at the top
	Slug        string // last part of the path
	Name        string // for people; "" for the slug
	Description string
	Visibility  string // "" for the parent's
}
