package rest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/platform/clock"
)

// Access levels, as GitLab numbers them.
const (
	guest      = 10
	reporter   = 20
	developer  = 30
	maintainer = 40
	owner      = 50
)

// Access knows the tokens: root's personal access token and those of projects.
type Access struct {
	State *state.Store
	Token string // root's
	Clock clock.Clock
}

// Identity is who makes a request. Its zero value is a stranger.
type Identity struct {
	Root  bool
	Token state.Token // of a project, when its ID is not 0
}

// Known reports whether the caller proved who it is.
func (i Identity) Known() bool { return i.Root || i.Token.ID != 0 }

// Level gives the caller's access to a project; 0 when it may not know that it exists.
func (i Identity) Level(p state.Project) int {
	switch {
	case i.Root:
		return owner
	case i.Token.ID != 0 && i.Token.ProjectID == p.ID:
		return i.Token.Level
	case p.Visibility == "public" || (p.Visibility == "internal" && i.Known()):
		return guest
	}
	return 0
}

// HasScope reports whether the token was given one of the scopes.
func (i Identity) HasScope(scopes ...string) bool {
	return i.Root || slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(i.Token.Scopes, s) })
}

// Hash is what the state keeps of a token.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Check says whose a token is; ok is false when it is nobody's, expired or revoked.
func (a *Access) Check(token string) (who Identity, ok bool, err error) {
	if subtle.ConstantTimeCompare([]byte(Hash(token)), []byte(Hash(a.Token))) == 1 {
		return Identity{Root: true}, true, nil
	}
	var t state.Token
	err = a.State.View(func(tx *state.Tx) error {
		t, err = state.Tokens.Get(tx, Hash(token))
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return Identity{}, false, nil
	}
	if err != nil {
		return Identity{}, false, err
	}
	if !active(t, a.Clock.Now()) {
		return Identity{}, false, nil
	}
	return Identity{Token: t}, true, nil
}

// identify reads the token of an API request. None makes a stranger, a wrong one is 401.
func (a *Access) identify(r *http.Request) (Identity, error) {
	token := r.Header.Get("PRIVATE-TOKEN")
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && token == "" {
		token = bearer
	}
	if token == "" {
		token = r.URL.Query().Get("private_token")
	}
	if token == "" {
		return Identity{}, nil
	}
	who, ok, err := a.Check(token)
	if err != nil {
		return Identity{}, err
	}
	if !ok || who.Token.Kind == "deploy" {
		return Identity{}, unauthorized()
	}
	need := []string{"api"}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		need = append(need, "read_api")
	}
	if !who.HasScope(need...) {
		return Identity{}, insufficientScope()
	}
	return who, nil
}

// user refuses strangers.
func (c *call) user() error {
	if !c.who.Known() {
		return unauthorized()
	}
	return nil
}

// root refuses everybody but the administrator.
func (c *call) root() error {
	if !c.who.Known() {
		return unauthorized()
	}
	if !c.who.Root {
		return forbidden("")
	}
	return nil
}

// project gives the project of the route, if the caller may do what needs this level.
func (c *call) project(level int) (state.Project, error) {
	var p state.Project
	err := c.State.View(func(tx *state.Tx) (err error) {
		p, err = c.findProject(tx, c.r.PathValue("id"), level)
		return err
	})
	return p, err
}

// findProject finds a project by number or full path.
func (c *call) findProject(tx *state.Tx, ref string, level int) (state.Project, error) {
	p, moved, err := lookupProject(tx, ref)
	if errors.Is(err, state.ErrNotFound) {
		if !c.who.Known() {
			return p, unauthorizedOr404(c.r)
		}
		return p, notFound("Project")
	}
	if err != nil {
		return p, err
	}
	has := c.who.Level(p)
	switch {
	case has == 0:
		if !c.who.Known() {
			return p, unauthorizedOr404(c.r)
		}
		return p, notFound("Project")
	case moved:
		return p, c.movedTo(p)
	case has >= level:
		return p, nil
	case level <= reporter && p.Visibility != "private": // code and pipelines of public projects
		return p, nil
	case !c.who.Known():
		return p, unauthorized()
	}
	return p, forbidden("")
}

// unauthorizedOr404: a stranger who reads is told that nothing is there, one who writes
// is asked who it is.
func unauthorizedOr404(r *http.Request) failure {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return notFound("Project")
	}
	return unauthorized()
}

// movedTo answers a request for a project by a former path: reading is led on to its
// number, anything else is refused.
func (c *call) movedTo(p state.Project) failure {
	if c.r.Method != http.MethodGet {
		return message(http.StatusMethodNotAllowed, "Non GET methods are not allowed for moved projects")
	}
	const idPart = 4 // of /api/v4/projects/{id}/…
	parts := strings.Split(c.r.URL.EscapedPath(), "/")
	parts[idPart] = idText(p.ID)
	target := c.BaseURL + strings.Join(parts, "/")
	if q := withoutToken(c.r.URL.Query()); len(q) > 0 {
		target += "?" + q.Encode()
	}
	f := message(http.StatusMovedPermanently, "This resource has been moved permanently to "+target)
	f.location = target
	return f
}

// lookupProject finds a project by number, full path, or a former path (moved).
func lookupProject(tx *state.Tx, ref string) (p state.Project, moved bool, err error) {
	if id, err := strconv.ParseInt(ref, 10, 64); err == nil {
		p, err = state.Projects.Get(tx, state.ID(id))
		return p, false, err
	}
	return state.ProjectAt(tx, ref)
}

func lookupGroup(tx *state.Tx, ref string) (state.Group, error) {
	if id, err := strconv.ParseInt(ref, 10, 64); err == nil {
		return state.Groups.Get(tx, state.ID(id))
	}
	at, err := state.Paths.Get(tx, strings.ToLower(ref))
	if err != nil || at.Group == 0 {
		return state.Group{}, state.ErrNotFound
	}
	return state.Groups.Get(tx, state.ID(at.Group))
}
