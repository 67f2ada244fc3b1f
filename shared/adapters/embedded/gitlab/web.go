package gitlab

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/githttp"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/pipelines"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/rest"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

// requestLog counts API requests by route, for tests.
type requestLog struct {
	mu     sync.Mutex
	counts map[string]int
}

func (l *requestLog) add(method, pattern string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = map[string]int{}
	}
	if pattern == "/" {
		pattern = method + " (unknown)"
	}
	l.counts[pattern]++
}

// Requests gives the number of API requests answered so far by route, for example
// "POST /api/v4/projects/{id}/pipeline".
func (s *Server) Requests() map[string]int {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return maps.Clone(s.log.counts)
}

// authorizeGit decides on a request of a git client.
func (s *Server) authorizeGit(_ *http.Request, path, password string, service githttp.Service) (githttp.Answer, error) {
	who := rest.Identity{}
	if password != "" {
		w, ok, err := s.access.Check(password)
		if err != nil {
			return githttp.Answer{}, err
		}
		if !ok {
			return askWho(), nil
		}
		who = w
	}
	p, err := s.projectAt(path)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return githttp.Answer{}, err
	}
	level := 0
	if err == nil {
		level = who.Level(p)
	}
	switch {
	case level == 0 && !who.Known(), service == githttp.Push && !who.Known():
		return askWho(), nil
	case level == 0:
		return githttp.Answer{Status: http.StatusNotFound, Text: "The project you were looking for could not be found or you don't have permission to view it."}, nil
	case service == githttp.Fetch && who.Known() && p.Visibility == "private" && !who.HasScope("api", "read_repository", "write_repository"):
		return denied("Access denied: the token lacks the scope read_repository."), nil
	case service == githttp.Push && (!who.HasScope("api", "write_repository") || level < 30):
		return denied("You are not allowed to push code to this project."), nil
	case service == githttp.Push && p.Archived:
		return denied("You can't push code to an archived project."), nil
	}
	return s.admitted(p, level), nil
}

func askWho() githttp.Answer {
	return githttp.Answer{Status: http.StatusUnauthorized, Text: "HTTP Basic: Access denied"}
}

func denied(text string) githttp.Answer {
	return githttp.Answer{Status: http.StatusForbidden, Text: text}
}

func (s *Server) admitted(p state.Project, level int) githttp.Answer {
	rule := func(ref string) *state.Protection {
		branch, ok := strings.CutPrefix(ref, "refs/heads/")
		if !ok {
			return nil
		}
		var found *state.Protection
		_ = s.state.View(func(tx *state.Tx) (err error) { found, err = pipelines.Rule(tx, p.ID, branch); return err })
		return found
	}
	return githttp.Answer{
		Status: http.StatusOK, Dir: s.repos.Dir(p.ID),
		Refuse: func(ref string, deleted bool) string {
			if !strings.HasPrefix(ref, "refs/heads/") && !strings.HasPrefix(ref, "refs/tags/") {
				return "Only branches and tags can be pushed here."
			}
			r := rule(ref)
			switch {
			case r == nil:
				return ""
			case r.Push == 0 || level < r.Push:
				return "You are not allowed to push code to protected branches on this project."
			case deleted:
				return "You can only delete protected branches using the web interface or the API."
			}
			return ""
		},
		NoForce: func(ref string) bool { r := rule(ref); return r != nil && !r.AllowForce },
		After:   func(ctx context.Context) error { return s.pushes.Sync(ctx, p.ID) },
	}
}

// projectAt finds a project for git, which may go on using a former path.
func (s *Server) projectAt(path string) (p state.Project, err error) {
	err = s.state.View(func(tx *state.Tx) (err error) {
		p, _, err = state.ProjectAt(tx, path)
		return err
	})
	return p, err
}

// page answers what is neither API nor git: there are no web pages, and it says so.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if r.URL.Path == "/" && r.Method == http.MethodGet {
		_, _ = w.Write([]byte("Slipway's embedded GitLab. It has the API below " + rest.Prefix + " and git over HTTP, no pages.\n"))
		return
	}
	s.cfg.Logger.InfoContext(r.Context(), "the embedded GitLab has no such page", "method", r.Method, "path", r.URL.EscapedPath())
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte("The embedded GitLab has no pages; what belongs here is in its API below " + rest.Prefix + ".\n"))
}
