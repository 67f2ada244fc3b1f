package scm

import (
	"context"
	"time"
)

// Users finds users.
type Users interface {
	// User finds a user by number; 0 for the one whose token is used.
	User(ctx context.Context, id int64) (User, error)
	// UserNamed finds a user by user name, in either case.
	UserNamed(ctx context.Context, name string) (User, error)
}

// User is somebody with an account. What only the user may see is empty to others.
type User struct {
	ID       int64
	Username string
	Name     string
	State    string // in GitLab's words: "active", "blocked" …
	WebURL   string

	Email       string // for the user alone
	PublicEmail string
	Created     time.Time
}

// Membership is what somebody has access to: a group or, when that is 0, a project.
type Membership struct {
	Group, Project int64
	// Who has it: a user or, when that is 0, all members of another group. A project is not
	// given to groups here.
	User, Guests int64
}

// Members gives access to groups and projects.
type Members interface {
	// Member gives the level of access that was given to somebody here, 0 for none. What
	// comes from a group above does not count.
	Member(ctx context.Context, m Membership) (int, error)
	// SetMember gives access of a level, whatever there was before: Invalid when GitLab does
	// not allow it, such as a level below the one that a group above gives, NotFound when one
	// of them is not there.
	SetMember(ctx context.Context, m Membership, level int) error
	// RemoveMember takes access away; taking what nobody has succeeds. Forbidden for the last
	// owner of a group.
	RemoveMember(ctx context.Context, m Membership) error
}
