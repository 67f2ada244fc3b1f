package search

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/platform/ids"
)

// Feed tells what has changed in the catalog.
type Feed interface {
	// Documents gives what has changed since a version, or everything when that is 0.
	Documents(ctx context.Context, since int64) (view.Changes, error)
}

// Deps is what a Service needs.
type Deps struct {
	Feed Feed
	IDs  ids.Source
}

// Service searches the catalog as it is now. It is safe for concurrent use. The index is
// built by the first search.
type Service struct {
	feed Feed
	tags Tags

	turn chan struct{} // whoever changes the index
	mu   sync.RWMutex  // guards what follows
	x    *documents
	at   int64 // the version of x, 0 for none yet

	scratches scratches
}

// New makes a service.
func New(d Deps) (*Service, error) {
	if d.Feed == nil || d.IDs == nil {
		return nil, errors.New("the search needs a feed of the catalog and a source of ids")
	}
	x, err := newIndex()
	if err != nil {
		return nil, err
	}
	id := d.IDs.New()
	return &Service{feed: d.Feed, tags: Tags{Pre: "<" + id + ">", Post: "</" + id + ">"}, turn: make(chan struct{}, 1), x: x}, nil
}

// Tags gives what stands around highlighted words: the same as long as the process lives.
func (s *Service) Tags() Tags { return s.tags }

// Search answers a query with all that was committed before it.
func (s *Service) Search(ctx context.Context, q Query) (Page, error) {
	if err := s.refresh(ctx); err != nil {
		return Page{}, fmt.Errorf("bringing the search up to date: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.x.search(q, s.tags, &s.scratches), nil
}

func (s *Service) version() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.at
}

// refresh asks for changes. Only whoever has some to apply waits for the others.
func (s *Service) refresh(ctx context.Context) error {
	at := s.version()
	if at > 0 {
		c, err := s.feed.Documents(ctx, at)
		if err != nil || c.Version == at {
			return err
		}
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.turn }()
	c, err := s.feed.Documents(ctx, s.version())
	if err != nil {
		return err
	}
	return s.apply(c)
}

func (s *Service) apply(c view.Changes) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Whole {
		err = s.x.replace(c.Changed)
	} else {
		err = s.x.apply(c.Changed, c.Removed)
	}
	if err != nil {
		s.at = 0 // half applied; the next search looks at everything again
		return err
	}
	s.at = c.Version
	return nil
}

// search answers a query from the index as it stands.
func (x *documents) search(q Query, tags Tags, pool *scratches) Page {
	s := pool.get(x)
	defer pool.put(s)
	m := x.plan(q, s)
	s.terms = m.weights.terms
	switch {
	case m.none:
		return x.page(nil, 0, q, &m, s.words, tags)
	case !m.asks:
		return x.page(x.everything(), len(x.byRef), q, &m, s.words, tags)
	}
	x.score(&m, s)
	return x.page(s.hits(), len(s.found), q, &m, s.words, tags)
}

func (s *scratch) hits() func(yield func(hit) bool) {
	return func(yield func(hit) bool) {
		for _, slot := range s.found {
			if !yield(hit{s.scores[slot], slot}) {
				return
			}
		}
	}
}

// everything gives all documents, which are equally good.
func (x *documents) everything() func(yield func(hit) bool) {
	return func(yield func(hit) bool) {
		for slot := range x.slots {
			if x.alive.has(uint32(slot)) && !yield(hit{slot: uint32(slot)}) {
				return
			}
		}
	}
}
