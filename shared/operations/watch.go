package operations

import (
	"context"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/table"
)

// Watcher tells when an operation may have changed.
type Watcher interface {
	// Watch gives a channel that gets a value whenever the operation may have changed,
	// until ctx ends. Nothing that is committed after Watch has returned is missed.
	Watch(ctx context.Context, id string) <-chan struct{}
}

// Bell is the watcher of one process: its services ring it after each write.
type Bell struct {
	mu       sync.Mutex
	watchers map[string]map[chan struct{}]struct{} // by operation
}

var _ Watcher = (*Bell)(nil)

// NewBell makes a bell that all services of a process share.
func NewBell() *Bell { return &Bell{watchers: map[string]map[chan struct{}]struct{}{}} }

// Watch gives a channel that gets a value after each Ring for the operation; rings that
// nobody has taken yet become one.
func (b *Bell) Watch(ctx context.Context, id string) <-chan struct{} {
	changed := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.watchers[id] == nil {
		b.watchers[id] = map[chan struct{}]struct{}{}
	}
	b.watchers[id][changed] = struct{}{}
	context.AfterFunc(ctx, func() { b.leave(id, changed) })
	return changed
}

func (b *Bell) leave(id string, changed chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.watchers[id], changed)
	if len(b.watchers[id]) == 0 {
		delete(b.watchers, id)
	}
}

// Ring tells those who watch an operation that it may have changed.
func (b *Bell) Ring(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for changed := range b.watchers[id] {
		notify(changed)
	}
}

// notify leaves a value unless there is one already.
func notify(changed chan<- struct{}) {
	select {
	case changed <- struct{}{}:
	default:
	}
}

// The pauses between two looks at a log.
const (
	shortestLook = 100 * time.Millisecond
	longestLook  = time.Second
)

// Polling watches from another process: it looks for the newest line of the operation's
// log, often right after one came, seldom when it is quiet.
type Polling struct {
	Table table.Table
	Clock clock.Clock
}

var _ Watcher = Polling{}

// Watch gives a channel that gets a value when the log has grown, or could not be read.
func (p Polling) Watch(ctx context.Context, id string) <-chan struct{} {
	changed := make(chan struct{}, 1)
	go p.poll(ctx, id, changed)
	return changed
}

func (p Polling) poll(ctx context.Context, id string, changed chan<- struct{}) {
	seen, pause := "", shortestLook
	for p.Clock.Sleep(ctx, pause) == nil {
		pause = min(pause*3/2, longestLook)
		newest, err := p.newest(ctx, id)
		if err == nil && newest == seen {
			continue
		}
		if err == nil {
			seen, pause = newest, shortestLook
		}
		notify(changed)
	}
}

// newest gives the key of the last line, "" when there is none.
func (p Polling) newest(ctx context.Context, id string) (string, error) {
	page, err := p.Table.Query(ctx, table.Query{PK: recordKey(id).PK, From: lineKey(id, 0).SK, To: afterLines, Limit: 1, Descending: true})
	if err != nil || len(page.Items) == 0 {
		return "", err
	}
	return page.Items[0].SK, nil
}
