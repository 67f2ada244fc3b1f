package e2e

import (
	"context"
	"errors"
	"sync"

	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/table"
)

// errDead is what everything answers once the process counts as killed.
var errDead = errors.New("the process is dead")

// bomb kills the process at one call of one layer: right before the call or right after
// it took effect. From then on nothing of this process reaches the outside any more.
type bomb struct {
	layer string // "scm", or the name of a table
	at    int    // number of the call, from 1; 0 never goes off
	after bool
	fired chan struct{}

	mu    sync.Mutex
	armed bool
	dead  bool
	calls map[string]int
}

func newBomb(layer string, at int, after bool) *bomb {
	return &bomb{layer: layer, at: at, after: after, fired: make(chan struct{}), calls: map[string]int{}}
}

// arm begins to count calls.
func (b *bomb) arm() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.armed = true
}

// counts gives the calls of each layer since arm.
func (b *bomb) counts() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string]int{}
	for k, v := range b.calls {
		out[k] = v
	}
	return out
}

// enter counts a call and reports whether the process is dead, and whether it dies after
// this call.
func (b *bomb) enter(layer string) (dead, diesAfter bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dead {
		return true, false
	}
	if !b.armed {
		return false, false
	}
	b.calls[layer]++
	if layer != b.layer || b.calls[layer] != b.at {
		return false, false
	}
	if b.after {
		return false, true
	}
	b.die()
	return true, false
}

func (b *bomb) die() { b.dead = true; close(b.fired) }

// effect runs a call that changes something.
func effect[T any](b *bomb, layer string, do func() (T, error)) (T, error) {
	var none T
	dead, diesAfter := b.enter(layer)
	if dead {
		return none, errDead
	}
	out, err := do()
	if diesAfter {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.die()
		return none, errDead
	}
	return out, err
}

// read refuses to read for the dead.
func (b *bomb) read() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dead {
		return errDead
	}
	return nil
}

func (b *bomb) layers() layers {
	return layers{
		table: func(name string, t table.Table) table.Table { return minedTable{t, name, b} },
		scm:   func(c scm.Client) scm.Client { return minedSCM{c, b} },
	}
}

// minedTable counts the writes to a table.
type minedTable struct {
	table.Table
	name string
	bomb *bomb
}

func (m minedTable) Get(ctx context.Context, k table.Key) (table.Item, error) {
	if err := m.bomb.read(); err != nil {
		return table.Item{}, err
	}
	return m.Table.Get(ctx, k)
}

func (m minedTable) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if err := m.bomb.read(); err != nil {
		return table.Page{}, err
	}
	return m.Table.Query(ctx, q)
}

func (m minedTable) Put(ctx context.Context, i table.Item, c table.Condition) (string, error) {
	return effect(m.bomb, m.name, func() (string, error) { return m.Table.Put(ctx, i, c) })
}

func (m minedTable) Delete(ctx context.Context, k table.Key, c table.Condition) error {
	_, err := effect(m.bomb, m.name, func() (struct{}, error) { return struct{}{}, m.Table.Delete(ctx, k, c) })
	return err
}

func (m minedTable) Transact(ctx context.Context, w []table.Write) error {
	_, err := effect(m.bomb, m.name, func() (struct{}, error) { return struct{}{}, m.Table.Transact(ctx, w) })
	return err
}
