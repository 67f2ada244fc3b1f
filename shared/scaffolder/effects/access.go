package effects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// AccessKind is the effect of giving access to a group or to a new project, or taking it.
const AccessKind = "gitlab.access"

// AccessParams describes the access.
type AccessParams struct {
	Group   string `json:"group,omitempty"`   // number or full path
	Project string `json:"project,omitempty"` // full path of the operation's own project
	// Who gets it: the number of a user, a user name, or the number of another group.
	User   string `json:"user,omitempty"`
	Name   string `json:"name,omitempty"`
	Guests string `json:"guests,omitempty"`
	Level  int    `json:"level"`  // 0 for none
	Before string `json:"before"` // level that there was
}

// AccessResult is what came of it.
type AccessResult struct {
	Group   int64 `json:"group,omitempty"`
	Project int64 `json:"project,omitempty"`
	User    int64 `json:"user,omitempty"`
	Guests  int64 `json:"guests,omitempty"`
	// Unknown says that GitLab does not know the user name, so that nobody was given access.
	Unknown bool `json:"unknown,omitempty"`
}

// NewAccess makes the effect.
func NewAccess(id string, p AccessParams) (operations.Effect, error) {
	target := fmt.Sprintf("%s%s for user %s%s", p.Group, p.Project, p.User, p.Name)
	if p.Guests != "" {
		target = fmt.Sprintf("%s for group %s", p.Group, p.Guests)
	}
	return newEffect(id, AccessKind, target, p)
}

// Access performs AccessKind. It needs no mark: what was planned is from which level to
// which, and either is seen.
type Access struct {
	Projects scm.Projects
	Groups   scm.Groups
	Users    scm.Users
	Members  scm.Members
}

var _ operations.Performer = Access{}

// errUnknownUser is a user name that GitLab does not know.
var errUnknownUser = errs.New(errs.NotFound, "GitLab knows no user of that name")

// membership finds what the parameters name.
func (e Access) membership(ctx context.Context, op operations.Ref, p AccessParams) (m scm.Membership, err error) {
	if p.Project != "" {
		own, err := ownProject(ctx, e.Projects, op, p.Project)
		if err != nil {
			return m, err
		}
		m.Project = own.ID
	} else {
		g, err := AnyGroup(ctx, e.Groups, p.Group)
		if err != nil {
			return m, err
		}
		m.Group = g.ID
	}
	switch {
	case p.Name != "":
		u, err := e.Users.UserNamed(ctx, p.Name)
		if errors.Is(err, errs.NotFound) {
			return m, errUnknownUser
		}
		m.User = u.ID
		return m, err
	case p.Guests != "":
		m.Guests, err = strconv.ParseInt(p.Guests, 10, 64)
	default:
		m.User, err = strconv.ParseInt(p.User, 10, 64)
	}
	if err != nil {
		return m, errs.New(errs.Invalid, "users and groups are given by their numbers")
	}
	return m, nil
}

// AnyGroup finds the group of a number or a full path.
func AnyGroup(ctx context.Context, groups scm.Groups, name string) (scm.Group, error) {
	find := func() (scm.Group, error) { return groups.Group(ctx, name) }
	if id, err := strconv.ParseInt(name, 10, 64); err == nil {
		find = func() (scm.Group, error) { return groups.GroupByID(ctx, id) }
	}
	g, err := find()
	if err != nil {
		return scm.Group{}, fmt.Errorf("finding group %s: %w", name, err)
	}
	return g, nil
}

// LevelBefore gives the level that there is, as AccessParams.Before has it.
func (e Access) LevelBefore(ctx context.Context, p AccessParams) (string, error) {
	m, err := e.membership(ctx, operations.Ref{}, p)
	if err != nil {
		return "", err
	}
	level, err := e.Members.Member(ctx, m)
	return strconv.Itoa(level), err
}

// read finds the access as it is now.
func (e Access) read(ctx context.Context, op operations.Ref, effect operations.Effect) (p AccessParams, m scm.Membership, level int, err error) {
	if p, err = decode[AccessParams]("access", effect.Params); err != nil {
		return p, m, 0, err
	}
	if m, err = e.membership(ctx, op, p); err != nil {
		return p, m, 0, err
	}
	level, err = e.Members.Member(ctx, m)
	return p, m, level, err
}

// Find looks whether the access is as it is to be.
func (e Access) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	p, m, level, err := e.read(ctx, op, effect)
	switch {
	case err != nil:
		return nil, err
	case level == p.Level:
		return accessResult(m)
	case !p.isBefore(level):
		return nil, errs.New(errs.Conflict, "somebody has changed this access since")
	}
	return nil, errs.New(errs.NotFound, "the access is as it was")
}

// isBefore reports whether a level is the one that there was. That of a group can't be
// changed, only taken and given again: there is none in between.
func (p AccessParams) isBefore(level int) bool {
	return strconv.Itoa(level) == p.Before || (p.Guests != "" && level == 0) || p.Project != ""
}

func accessResult(m scm.Membership) (json.RawMessage, error) {
	return encode(AccessResult{Group: m.Group, Project: m.Project, User: m.User, Guests: m.Guests})
}

// Do gives the access, or takes it.
func (e Access) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	p, m, level, err := e.read(ctx, op, effect)
	if errors.Is(err, errUnknownUser) {
		return encode(AccessResult{Unknown: true})
	}
	if err != nil {
		return nil, err
	}
	if !p.isBefore(level) {
		return nil, errs.New(errs.Conflict, "somebody has changed this access since")
	}
	if err := e.set(ctx, m, p.Level); err != nil {
		return nil, fmt.Errorf("changing the access to %s: %w", effect.Target, err)
	}
	return accessResult(m)
}

func (e Access) set(ctx context.Context, m scm.Membership, level int) error {
	if level == 0 {
		return e.Members.RemoveMember(ctx, m)
	}
	return e.Members.SetMember(ctx, m, level)
}

// Undo brings back the access that there was, unless somebody has changed it since. That to
// a new project goes with the project.
func (e Access) Undo(ctx context.Context, op operations.Ref, effect operations.Effect, _ json.RawMessage) error {
	p, err := decode[AccessParams]("access", effect.Params)
	if err != nil || p.Project != "" {
		return err
	}
	_, m, level, err := e.read(ctx, op, effect)
	if errors.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	before, err := strconv.Atoi(p.Before)
	switch {
	case err != nil:
		return errs.New(errs.Internal, "the level of access in the ledger is damaged")
	case level == before:
		return nil
	case level != p.Level && !p.isBefore(level):
		return errs.New(errs.Conflict, "somebody has changed this access since, so it is left for a person to decide")
	}
	if err := e.set(ctx, m, before); err != nil {
		return fmt.Errorf("changing the access to %s back: %w", effect.Target, err)
	}
	return nil
}
