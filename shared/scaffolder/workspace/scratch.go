package workspace

import (
	"context"
	"slices"
	"sync"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Scratch keeps workspaces in memory, for a rehearsal: nothing is stored.
type Scratch struct {
	mu   sync.Mutex
	byID map[string]*Files
}

// NewScratch makes an empty one.
func NewScratch() *Scratch { return &Scratch{byID: map[string]*Files{}} }

// Load gives the files saved last under id, NotFound when there are none.
func (s *Scratch) Load(_ context.Context, id string) (*Files, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	files := s.byID[id]
	if files == nil {
		return nil, errs.New(errs.NotFound, "there is no workspace of that id")
	}
	return files.clone(), nil
}

// Save replaces the files under id.
func (s *Scratch) Save(_ context.Context, id string, files *Files) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byID[id] = files.clone()
	return nil
}

// clone copies what changes; contents are shared, nobody writes into them.
func (f *Files) clone() *Files {
	out := &Files{done: slices.Clone(f.done)}
	for _, file := range f.list {
		if err := out.Add(file); err != nil {
			panic(err) // what was taken once is taken again
		}
	}
	return out
}
