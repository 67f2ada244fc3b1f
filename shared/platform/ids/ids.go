// Package ids owns how identifiers are made: unique, ordered by time of creation, and
// safe in paths, names and tags. It does not say what an id identifies.
package ids

import (
	"fmt"
	"sync"

	"github.com/google/uuid"
)

// Source makes identifiers of at most 36 characters from [0-9a-z-]. It is safe for
// concurrent use. No two results of one source are equal.
type Source interface {
	New() string
}

// Random makes version 7 UUIDs (RFC 9562): ordered by time, with 74 random bits.
type Random struct{}

var _ Source = Random{}

// New makes an identifier.
func (Random) New() string { return uuid.Must(uuid.NewV7()).String() }

// Sequence makes predictable identifiers for tests: prefix-000001, prefix-000002 …
type Sequence struct {
	Prefix string

	mu sync.Mutex
	n  int
}

var _ Source = (*Sequence)(nil)

// New makes the next identifier of the sequence.
func (s *Sequence) New() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	return fmt.Sprintf("%s-%06d", s.Prefix, s.n)
}
