// Package jwks owns the issuer's public keys: fetching its JSON Web Key Set over HTTP,
// choosing the keys that may verify signatures, and keeping them for as long as the issuer
// allows. It is an adapter of auth.KeySource; tokens are verified in package auth.
//
// One fetch is under way at a time. A set is used for what its Cache-Control says, within
// bounds; an unknown key id makes the set be fetched again at most once a minute; when the
// issuer can't be reached the last set serves on, up to a cap, so that a key that was
// withdrawn stops verifying in known time.
//
// Flow: Source.Key → cached set, or refresh (jwks.go) → fetch (fetch.go) → parse
// (parse.go).
package jwks

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// The bounds on how long things are believed.
const (
	minTTL         = time.Minute      // even when the issuer says no-cache
	maxTTL         = time.Hour        // even when the issuer says a year
	maxStale       = 2 * time.Hour    // after the last good fetch, during an outage
	unknownPause   = time.Minute      // between fetches for unknown key ids
	unknownTTL     = 5 * time.Minute  // how long one unknown key id fetches nothing
	maxUnknown     = 1024             // key ids remembered as unknown
	failurePause   = 5 * time.Second  // between attempts while the issuer fails
	requestTimeout = 10 * time.Second // of one fetch, with discovery
)

// Config is what a Source needs.
type Config struct {
	Issuer    string            // its discovery document names the key set, unless URL is given
	URL       string            // the key set
	Transport http.RoundTripper // nil for http.DefaultTransport
	Clock     clock.Clock
	Logger    *slog.Logger
}

// Source gives an issuer's keys. It is safe for concurrent use.
type Source struct {
	cfg    Config
	client *http.Client

	mu        sync.Mutex
	set       *keySet
	flight    chan struct{} // closed when the fetch under way has ended; nil when there is none
	attempted time.Time     // of the last fetch, whatever came of it
	failed    error         // of the last fetch
	unknown   map[string]time.Time
}

var _ auth.KeySource = (*Source)(nil)

// keySet is what one fetch gave.
type keySet struct {
	keys    map[keyName]auth.Key
	fetched time.Time
	expires time.Time
}

type keyName struct{ id, algorithm string }

// New makes a source; it fetches nothing yet.
func New(cfg Config) (*Source, error) {
	if cfg.Clock == nil || cfg.Logger == nil {
		return nil, errs.New(errs.Invalid, "a key source needs a clock and a logger")
	}
	for _, u := range []string{cfg.Issuer, cfg.URL} {
		if err := checkURL(u); u != "" && err != nil {
			return nil, err
		}
	}
	if cfg.Issuer == "" && cfg.URL == "" {
		return nil, errs.New(errs.Invalid, "a key source needs an issuer or the address of its key set")
	}
	return &Source{cfg: cfg, client: newClient(cfg.Transport), unknown: map[string]time.Time{}}, nil
}

// Key gives the key with that id for that algorithm.
func (s *Source) Key(ctx context.Context, id, algorithm string) (auth.Key, error) {
	name := keyName{id, algorithm}
	for {
		key, wait, err := s.lookup(name)
		if wait == nil {
			return key, err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return auth.Key{}, errs.Wrap(errs.Unavailable, "the issuer's keys did not arrive in time", ctx.Err())
		}
	}
}

// Warm fetches the keys unless there are some, so that the first caller need not wait.
func (s *Source) Warm(ctx context.Context) error {
	_, err := s.Key(ctx, "", "")
	if errs.KindOf(err) == errs.Unauthenticated {
		return nil
	}
	return err
}

// lookup decides from the state alone: the answer is final when wait is nil, else it is
// worth asking again once wait is closed.
func (s *Source) lookup(name keyName) (key auth.Key, wait <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Clock.Now()
	fresh := s.set != nil && now.Before(s.set.expires)
	key, found := s.stored(name, now)
	switch {
	case fresh && found:
		return key, nil, nil
	case s.flight != nil:
		return auth.Key{}, s.flight, nil
	case fresh && !s.mayFetchFor(name, now):
		return auth.Key{}, nil, errs.New(errs.Unauthenticated, "the issuer has no such key")
	case s.pausing(now) && found: // an outage: the last set serves on
		return key, nil, nil
	case s.pausing(now):
		return auth.Key{}, nil, errs.Wrap(errs.Unavailable, "the issuer's keys can't be had at the moment", s.failed)
	}
	s.takeOff(name, now)
	return auth.Key{}, s.flight, nil
}

// stored gives a key of the last set while that may be used at all.
func (s *Source) stored(name keyName, now time.Time) (auth.Key, bool) {
	if s.set == nil || now.After(s.set.fetched.Add(maxStale)) {
		return auth.Key{}, false
	}
	key, found := s.set.keys[name]
	return key, found
}

// mayFetchFor reports whether an unknown key is worth a fetch: it may be newer than the set.
func (s *Source) mayFetchFor(name keyName, now time.Time) bool {
	if now.Before(s.attempted.Add(unknownPause)) || name.id == "" {
		return false
	}
	until, known := s.unknown[name.id]
	return !known || !now.Before(until)
}

// pausing reports whether the last fetch failed so recently that another is no use.
func (s *Source) pausing(now time.Time) bool {
	return s.failed != nil && now.Before(s.attempted.Add(failurePause))
}

// takeOff starts a fetch that outlives the request it was started for, because others wait
// for it too. It is called with the lock held.
func (s *Source) takeOff(name keyName, now time.Time) {
	done := make(chan struct{})
	s.flight, s.attempted = done, now
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
		defer cancel()
		set, err := s.fetch(ctx)
		s.land(ctx, name, set, err)
		close(done)
	}()
}

// land stores what a fetch gave.
func (s *Source) land(ctx context.Context, name keyName, set *keySet, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight, s.failed = nil, err
	if err != nil {
		s.cfg.Logger.WarnContext(ctx, "fetching the issuer's keys", slog.String("error", err.Error()), slog.Bool("servingOldKeys", s.set != nil))
		return
	}
	s.set = set
	if _, found := set.keys[name]; !found && name.id != "" {
		if len(s.unknown) >= maxUnknown {
			clear(s.unknown)
		}
		s.unknown[name.id] = set.fetched.Add(unknownTTL)
	}
}
