package reconcile_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// truth is a GitLab in memory: what it says of projects, branches and files is what the
// catalog has to come to. It does as the contract of scm says, former paths included.
type truth struct {
	scm.Projects     // what discovery never calls is nil
	scm.Repositories // the same

	mu       sync.Mutex
	projects map[int64]*project
	former   map[string]int64 // path that a project left → its id
	blind    map[string]bool  // groups that the token has lost
	lastID   int64
	commits  int
	calls    map[string]int

	// weather, when set, may fail a call.
	weather func(call string) error
}

type project struct {
	scm.Project
	trees []tree // of its commits, newest last
}

type tree struct {
	id    string
	files map[string]string
}

func newTruth() *truth {
	return &truth{projects: map[int64]*project{}, former: map[string]int64{}, blind: map[string]bool{}, calls: map[string]int{}}
}

// create makes a project with one commit.
func (h *truth) create(path string, files map[string]string) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lastID++
	h.projects[h.lastID] = &project{Project: scm.Project{ID: h.lastID, Path: path, DefaultBranch: "main"}}
	delete(h.former, strings.ToLower(path))
	h.commit(h.lastID, files)
	return h.lastID
}

// push makes a commit; a file without content is deleted.
func (h *truth) push(id int64, changes map[string]string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.commit(id, changes)
}

func (h *truth) commit(id int64, changes map[string]string) {
	h.commits++
	p, files := h.projects[id], map[string]string{}
	if n := len(p.trees); n > 0 {
		maps.Copy(files, p.trees[n-1].files)
	}
	for path, content := range changes {
		if files[path] = content; content == "" {
			delete(files, path)
		}
	}
	p.trees = append(p.trees, tree{id: fmt.Sprintf("%040x", h.commits), files: files})
}

// move gives a project another path, which must be free.
func (h *truth) move(id int64, path string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.former[strings.ToLower(h.projects[id].Path)] = id
	delete(h.former, strings.ToLower(path))
	h.projects[id].Path = path
}

func (h *truth) change(id int64, f func(*scm.Project)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f(&h.projects[id].Project)
}

// mark schedules a project for deletion, as GitLab 18 does: its path becomes free.
func (h *truth) mark(id int64) {
	h.mu.Lock()
	path := h.projects[id].Path
	h.mu.Unlock()
	h.move(id, fmt.Sprintf("%s-deletion_scheduled-%d", path, id))
	h.change(id, func(p *scm.Project) { p.MarkedForDeletion = true })
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.former, strings.ToLower(path)) // a marked project is not found under its old path
}

func (h *truth) destroy(id int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.projects, id)
	maps.DeleteFunc(h.former, func(_ string, at int64) bool { return at == id })
}

// get gives a copy of a project.
func (h *truth) get(id int64) (project, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p, ok := h.projects[id]
	if !ok {
		return project{}, false
	}
	return *p, true
}

func (p project) head() tree { return p.trees[len(p.trees)-1] }

// taken reports whether a path is a project's.
func (h *truth) taken(path string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.projects {
		if p.At(path) {
			return true
		}
	}
	return false
}

// called counts a call and lets the weather fail it.
func (h *truth) called(format string, args ...any) error {
	call := fmt.Sprintf(format, args...)
	h.mu.Lock()
	kind, _, _ := strings.Cut(call, " ")
	h.calls[kind]++
	weather := h.weather
	h.mu.Unlock()
	if weather == nil {
		return nil
	}
	return weather(call)
}

func (h *truth) setWeather(w func(string) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.weather = w
}

// storm throttles and fails one call in so many, of listings one in three.
func storm(seed uint64, oneIn int) func(string) error {
	var mu sync.Mutex
	dice := rand.New(rand.NewPCG(seed, 1))
	return func(call string) error {
		mu.Lock()
		n := dice.IntN(2 * oneIn)
		if strings.HasPrefix(call, "list") {
			n = dice.IntN(6)
		}
		mu.Unlock()
		switch n {
		case 0:
			return errs.New(errs.RateLimited, "Retry later")
		case 1:
			return errs.New(errs.Unavailable, "502 Bad Gateway")
		}
		return nil
	}
}

var errMissing = errs.New(errs.NotFound, "404 Not Found")

// visible gives a project that the token sees; h.mu is held.
func (h *truth) visible(p *project) bool {
	group, _, _ := strings.Cut(p.Path, "/")
	return !h.blind[group]
}

// Project implements scm.Projects.
func (h *truth) Project(_ context.Context, path string) (scm.Project, error) {
	if err := h.called("project %s", path); err != nil {
		return scm.Project{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.projects {
		if p.At(path) && h.visible(p) && !p.MarkedForDeletion {
			return p.Project, nil
		}
	}
	if p := h.projects[h.former[strings.ToLower(path)]]; p != nil && h.visible(p) && !p.MarkedForDeletion {
		return p.Project, nil
	}
	return scm.Project{}, errMissing
}

// ProjectByID implements scm.Projects.
func (h *truth) ProjectByID(_ context.Context, id int64) (scm.Project, error) {
	if err := h.called("byid %d", id); err != nil {
		return scm.Project{}, err
	}
	p, ok := h.get(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !ok || !h.visible(&p) {
		return scm.Project{}, errMissing
	}
	return p.Project, nil
}

// ProjectsIn implements scm.Projects.
func (h *truth) ProjectsIn(_ context.Context, group string, after int64, limit int) (scm.ProjectPage, error) {
	if err := h.called("list %s %d", group, after); err != nil {
		return scm.ProjectPage{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.blind[group] {
		return scm.ProjectPage{}, errMissing
	}
	var page scm.ProjectPage
	for _, id := range slices.Sorted(maps.Keys(h.projects)) {
		p := h.projects[id]
		if id <= after || p.Archived || !strings.HasPrefix(p.Path, group+"/") {
			continue
		}
		if page.More = len(page.Projects) == limit; page.More {
			break
		}
		page.Projects = append(page.Projects, p.Project)
	}
	return page, nil
}

// Head implements scm.Repositories.
func (h *truth) Head(_ context.Context, id int64, branch string) (scm.Commit, error) {
	if err := h.called("head %d", id); err != nil {
		return scm.Commit{}, err
	}
	p, ok := h.get(id)
	if !ok || branch != p.DefaultBranch {
		return scm.Commit{}, errMissing
	}
	return scm.Commit{ID: p.head().id}, nil
}

// Commits implements scm.Repositories.
func (h *truth) Commits(_ context.Context, id int64, ref string, _ int) ([]scm.Commit, error) {
	if err := h.called("commits %d", id); err != nil {
		return nil, err
	}
	p, ok := h.get(id)
	if at := slices.IndexFunc(p.trees, func(t tree) bool { return t.id == ref }); ok && at >= 0 {
		return []scm.Commit{{ID: ref}}, nil
	}
	return nil, errMissing
}

// File implements scm.Repositories.
func (h *truth) File(_ context.Context, id int64, path, ref string) (scm.File, error) {
	if err := h.called("file %d %s", id, path); err != nil {
		return scm.File{}, err
	}
	p, ok := h.get(id)
	at := slices.IndexFunc(p.trees, func(t tree) bool { return t.id == ref })
	if !ok || at < 0 || p.trees[at].files[path] == "" {
		return scm.File{}, errMissing
	}
	return scm.File{Path: path, Content: []byte(p.trees[at].files[path]), CommitID: ref}, nil
}
