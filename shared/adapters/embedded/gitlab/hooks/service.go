package hooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
)

// maxPayload is GitLab's limit; a larger event is not sent.
const maxPayload = 25 << 20

// Config is what the service works with; all fields but Transport are needed.
type Config struct {
	State    *state.Store
	BaseURL  string
	Version  string // for the User-Agent
	Clock    clock.Clock
	IDs      ids.Source
	Logger   *slog.Logger
	Parallel int // deliveries at once
	// Transport sends the requests of hooks that verify certificates; nil for one of its
	// own that takes names below .localhost as loopback.
	Transport http.RoundTripper
}

// Service queues and delivers webhooks.
type Service struct {
	cfg      Config
	verified http.RoundTripper
	insecure http.RoundTripper
	wake     chan struct{}

	mu     sync.Mutex
	flying map[int64]bool
}

// New makes the service.
func New(cfg Config) (*Service, error) {
	if cfg.State == nil || cfg.Clock == nil || cfg.IDs == nil || cfg.Logger == nil || cfg.BaseURL == "" {
		return nil, errors.New("webhooks need state, base URL, clock, ids and logger")
	}
	if cfg.Parallel < 1 {
		return nil, errors.New("webhooks need at least one delivery at once")
	}
	s := &Service{cfg: cfg, verified: cfg.Transport, insecure: transport(true), wake: make(chan struct{}, 1), flying: map[int64]bool{}}
	if s.verified == nil {
		s.verified = transport(false)
	}
	return s, nil
}

// Event is something hooks can ask for.
type Event struct {
	ProjectID int64
	Trigger   string // the hook's setting that asks for it, "push_events"; "" for every hook
	Header    string // X-Gitlab-Event, "Push Hook"; system hooks always have their own
	Branch    string // for the branch filter of push events
	Origin    string // X-Gitlab-Event-UUID: the same for all hooks of one request
	Payload   any    // for the project's hooks; nil when it is not for them
	System    any    // payload for system hooks; nil when it is not for them
}

const systemHeader = "System Hook"

// Enqueue stores one delivery per hook of the project, and per system hook, that wants the
// event, in the transaction that made the event true. Call Wake when it has been committed.
func (s *Service) Enqueue(tx *state.Tx, e Event) error {
	if e.Payload != nil {
		if err := s.enqueueFor(tx, e.ProjectID, e, e.Payload); err != nil {
			return err
		}
	}
	if e.System == nil {
		return nil
	}
	e.Header = systemHeader
	return s.enqueueFor(tx, state.SystemHooks, e, e.System)
}

// enqueueFor stores the deliveries to the hooks of one project, or to the system hooks.
func (s *Service) enqueueFor(tx *state.Tx, owner int64, e Event, payload any) error {
	list, err := state.Hooks.All(tx, state.ID(owner))
	if err != nil {
		return err
	}
	var body []byte
	for _, h := range list {
		if (e.Trigger != "" && !h.Events[e.Trigger]) || !matches(h, e) || !s.Executable(h) {
			continue
		}
		if body == nil {
			if body, err = json.Marshal(payload); err != nil {
				return fmt.Errorf("writing the payload of a %s: %w", e.Header, err)
			}
		}
		if len(body) > maxPayload {
			s.cfg.Logger.WarnContext(context.Background(), "a webhook payload is over the limit and is not sent", "project", e.ProjectID, "event", e.Header, "bytes", len(body))
			return nil
		}
		if err := s.enqueue(tx, h, e, body); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) enqueue(tx *state.Tx, h state.Hook, e Event, body []byte) error {
	id, err := tx.NextID("deliveries")
	if err != nil {
		return err
	}
	return state.Deliveries.Put(tx, state.ID(id), state.Delivery{
		ID: id, HookID: h.ID, ProjectID: h.ProjectID, Event: e.Header, Trigger: e.Trigger, Body: body,
		EventUUID: e.Origin, IdempotencyKey: s.cfg.IDs.New(),
	})
}

// Origin makes the identifier that all events of one request share.
func (s *Service) Origin() string { return s.cfg.IDs.New() }

// Wake tells the deliverer that something was queued.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func matches(h state.Hook, e Event) bool {
	if e.Branch == "" || h.BranchFilter == "" || h.FilterKind == "all_branches" {
		return true
	}
	if h.FilterKind == "regex" {
		re, err := regexp.Compile(h.BranchFilter)
		return err == nil && re.MatchString(e.Branch)
	}
	return Wildcard(h.BranchFilter, e.Branch)
}

// Wildcard matches a branch name against a pattern in which * stands for any text, slashes
// included, as in protected branches and branch filters.
func Wildcard(pattern, name string) bool {
	ok, err := path.Match(strings.ReplaceAll(pattern, "/", "\x01"), strings.ReplaceAll(name, "/", "\x01"))
	return err == nil && ok
}

// Executable reports whether a hook is on: not switched off for good nor for a while.
func (s *Service) Executable(h state.Hook) bool {
	return !h.Disabled && (h.DisabledUntil == nil || !s.cfg.Clock.Now().Before(*h.DisabledUntil))
}
