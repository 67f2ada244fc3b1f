package gitlab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/githttp"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/hooks"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/pipelines"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/pushes"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/rest"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
)

const (
	parallelHooks = 8
	parallelJobs  = 4
	minToken      = 8
)

// Config is what a Server works with; all fields but JobDuration are needed.
type Config struct {
	Dir     string // everything is kept below it
	BaseURL string // how clients reach it, for example http://127.0.0.1:7080
	Token   string // root's personal access token
	Clock   clock.Clock
	IDs     ids.Source
	Logger  *slog.Logger
	// JobDuration is how long every simulated job takes.
	JobDuration time.Duration
}

// Server is the embedded GitLab.
type Server struct {
	cfg       Config
	state     *state.Store
	repos     *gitstore.Store
	hooks     *hooks.Service
	pipelines *pipelines.Service
	pushes    *pushes.Service
	access    *rest.Access
	api       *rest.API
	git       *githttp.Handler
	log       *requestLog
}

// New opens the data directory. A second process on the same directory gets Conflict.
func New(cfg Config) (*Server, error) {
	if err := check(&cfg); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: &requestLog{}}
	var err error
	if s.state, err = state.Open(filepath.Join(cfg.Dir, "gitlab.db")); err != nil {
		return nil, err
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.state.Close())
	}
	return s, nil
}

func check(cfg *Config) error {
	if cfg.Dir == "" || cfg.Clock == nil || cfg.IDs == nil || cfg.Logger == nil {
		return errors.New("the embedded GitLab needs a directory, a clock, ids and a logger")
	}
	if len(cfg.Token) < minToken {
		return fmt.Errorf("the embedded GitLab needs a token of at least %d characters", minToken)
	}
	cfg.BaseURL = strings.TrimSuffix(cfg.BaseURL, "/")
	u, err := url.Parse(cfg.BaseURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("the embedded GitLab's base URL %q is not an http URL", cfg.BaseURL)
	}
	return nil
}

// open makes the parts, from the ground up.
func (s *Server) open() error {
	var err error
	if s.repos, err = gitstore.New(filepath.Join(s.cfg.Dir, "repositories")); err != nil {
		return err
	}
	c := s.cfg
	s.hooks, err = hooks.New(hooks.Config{
		State: s.state, BaseURL: c.BaseURL, Version: rest.Version, Clock: c.Clock, IDs: c.IDs, Logger: c.Logger, Parallel: parallelHooks,
	})
	if err != nil {
		return err
	}
	s.pipelines, err = pipelines.New(pipelines.Config{
		State: s.state, Repos: s.repos, Hooks: s.hooks, BaseURL: c.BaseURL, Version: rest.Version, Clock: c.Clock, Logger: c.Logger,
		Duration: c.JobDuration, Parallel: parallelJobs,
	})
	if err != nil {
		return err
	}
	s.pushes, err = pushes.New(pushes.Config{State: s.state, Repos: s.repos, Hooks: s.hooks, Pipelines: s.pipelines, Clock: c.Clock, Logger: c.Logger})
	if err != nil {
		return err
	}
	s.access = &rest.Access{State: s.state, Token: c.Token, Clock: c.Clock}
	s.api, err = rest.New(rest.Deps{
		State: s.state, Repos: s.repos, Pushes: s.pushes, Pipelines: s.pipelines, Hooks: s.hooks,
		BaseURL: c.BaseURL, Access: s.access, Clock: c.Clock, IDs: c.IDs, Logger: c.Logger,
	})
	if err != nil {
		return err
	}
	if s.git, err = githttp.New(githttp.Config{Authorize: s.authorizeGit, Logger: c.Logger}); err != nil {
		return err
	}
	if err := s.seedRoot(); err != nil {
		return err
	}
	return s.sweep()
}

// seedRoot makes the administrator's own namespace.
func (s *Server) seedRoot() error {
	return s.state.Update(func(tx *state.Tx) error {
		if state.Groups.Has(tx, state.ID(1)) {
			return nil
		}
		_, err := rest.AddGroup(tx, state.Group{
			Kind: "user", Name: "Administrator", Path: "root", Visibility: "public", CreatedAt: s.cfg.Clock.Now(),
		})
		return err
	})
}

// sweep removes repositories of projects whose creation or deletion was interrupted.
func (s *Server) sweep() error {
	entries, err := os.ReadDir(filepath.Join(s.cfg.Dir, "repositories"))
	if err != nil {
		return fmt.Errorf("listing the repositories: %w", err)
	}
	for _, e := range entries {
		id, err := strconv.ParseInt(strings.TrimSuffix(e.Name(), ".git"), 10, 64)
		if err != nil {
			continue
		}
		known := false
		if err := s.state.View(func(tx *state.Tx) error { known = state.Projects.Has(tx, state.ID(id)); return nil }); err != nil {
			return err
		}
		if known {
			continue
		}
		if err := s.repos.Remove(id); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the state. Run has to have returned, and no request may be under way.
func (s *Server) Close() error { return s.state.Close() }

// Run delivers hooks and runs jobs until ctx ends, beginning with what an earlier process
// left undone.
func (s *Server) Run(ctx context.Context) error {
	if err := s.catchUp(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 2)
	go func() { ended <- s.hooks.Run(ctx) }()
	go func() { ended <- s.pipelines.Run(ctx) }()
	first := <-ended
	stop()
	return errors.Join(first, <-ended)
}

// catchUp tells of references that moved without anybody being told.
func (s *Server) catchUp(ctx context.Context) error {
	var all []state.Project
	err := s.state.View(func(tx *state.Tx) (err error) {
		all, err = state.Projects.All(tx, "")
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := s.pushes.Sync(ctx, p.ID); err != nil {
			return fmt.Errorf("catching up with %s: %w", p.FullPath, err)
		}
	}
	return nil
}

// EnsureGroup makes a group, and the groups above it, unless they exist.
func (s *Server) EnsureGroup(_ context.Context, fullPath, visibility string) error {
	return s.state.Update(func(tx *state.Tx) error {
		parent, path := int64(0), ""
		for part := range strings.SplitSeq(fullPath, "/") {
			path = strings.TrimPrefix(path+"/"+part, "/")
			at, err := state.Paths.Get(tx, strings.ToLower(path))
			if err != nil && !errors.Is(err, state.ErrNotFound) {
				return err
			}
			if at.Group == 0 {
				g, err := rest.AddGroup(tx, state.Group{
					Kind: "group", Name: part, Path: part, ParentID: parent, Visibility: visibility, CreatedAt: s.cfg.Clock.Now(),
				})
				if err != nil {
					return fmt.Errorf("making group %s: %w", path, err)
				}
				at.Group = g.ID
			}
			parent = at.Group
		}
		return nil
	})
}

// Handler serves the API and git.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, rest.Prefix+"/") {
			s.api.ServeHTTP(w, r)
			s.log.add(r.Method, r.Pattern)
			return
		}
		if _, _, ok := githttp.Match(r.URL.Path); ok {
			s.git.ServeHTTP(w, r)
			return
		}
		s.page(w, r)
	})
}
