package pipelines

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/hooks"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/platform/clock"
)

// Config is what the service works with; all fields are needed.
type Config struct {
	State    *state.Store
	Repos    *gitstore.Store
	Hooks    *hooks.Service
	BaseURL  string
	Version  string
	Clock    clock.Clock
	Logger   *slog.Logger
	Duration time.Duration // of every simulated job
	Parallel int           // jobs at once
}

// Service makes and runs pipelines.
type Service struct {
	cfg  Config
	wake chan struct{}

	mu     sync.Mutex
	asleep map[int64]bool // delayed jobs somebody already waits for
}

// New makes the service.
func New(cfg Config) (*Service, error) {
	if cfg.State == nil || cfg.Repos == nil || cfg.Hooks == nil || cfg.Clock == nil || cfg.Logger == nil || cfg.BaseURL == "" {
		return nil, errors.New("pipelines need state, repositories, hooks, base URL, clock and logger")
	}
	if cfg.Parallel < 1 {
		return nil, errors.New("pipelines need at least one job at once")
	}
	return &Service{cfg: cfg, wake: make(chan struct{}, 1), asleep: map[int64]bool{}}, nil
}

// Wake tells the executor that there may be jobs to run, and the hooks what was queued.
func (s *Service) Wake() {
	s.cfg.Hooks.Wake()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Refused says why GitLab would not start a pipeline; nothing was stored.
type Refused struct{ Messages []string }

// Error joins the reasons.
func (r *Refused) Error() string { return strings.Join(r.Messages, "; ") }

// Latest gives the newest pipeline of a commit, or nil.
func (s *Service) Latest(project int64, sha string) (*state.Pipeline, error) {
	var found *state.Pipeline
	err := s.cfg.State.View(func(tx *state.Tx) error {
		all, err := state.Pipelines.All(tx, state.ID(project))
		for i := range all {
			if all[i].SHA == sha {
				found = &all[i]
			}
		}
		return err
	})
	return found, err
}
