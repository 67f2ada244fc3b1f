package bolttable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"

	"github.com/slipwayhq/slipway/shared/table"
)

// maxRound is the most changes that share a commit.
const maxRound = 256

// committer commits together what waits while a commit is under way: one takes two syncs of
// the disk, however much is in it. Changes are made in the order they came, each seeing
// those before it, and nobody is told of an outcome before the commit that it rests on.
type committer struct {
	db *bolt.DB

	mu      sync.Mutex
	waiting []*change
	busy    bool // somebody leads a round
}

// change is one caller's writes. What it checks it checks before it writes: a condition
// that does not hold, or a context that has ended, leaves nothing behind.
type change struct {
	ctx   context.Context
	write func(*bolt.Tx) error
	err   error
	turn  chan bool // true when it is through, false when it is to lead the next round
}

// update makes one change. Whoever comes first leads a round for all who came by then.
func (c *committer) update(ctx context.Context, write func(*bolt.Tx) error) error {
	own := &change{ctx: ctx, write: write, turn: make(chan bool, 1)}
	c.mu.Lock()
	c.waiting = append(c.waiting, own)
	lead := !c.busy
	c.busy = true
	c.mu.Unlock()
	if !lead && <-own.turn {
		return own.err
	}
	round := c.take()
	c.commit(slices.Clone(round))
	c.passOn()
	for _, ch := range round {
		if ch != own {
			ch.turn <- true
		}
	}
	return own.err
}

func (c *committer) take() []*change {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.waiting), maxRound)
	round := slices.Clone(c.waiting[:n])
	c.waiting = slices.Clone(c.waiting[n:])
	return round
}

// passOn lets the first of those who wait lead.
func (c *committer) passOn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		c.busy = false
		return
	}
	c.waiting[0].turn <- false
}

// errNothing takes back a transaction in which nothing was written.
var errNothing = errors.New("nothing was written")

// commit makes all changes, or as many as can be made: one that fails half done is left out,
// and the others are made again. It uses the list up.
func (c *committer) commit(round []*change) {
	for len(round) > 0 {
		broken := -1
		err := c.db.Update(func(tx *bolt.Tx) error {
			wrote := false
			for i, ch := range round {
				ch.err = ch.run(tx)
				if ch.err != nil && !harmless(ch.err) {
					broken = i
					return ch.err
				}
				wrote = wrote || ch.err == nil
			}
			if !wrote {
				return errNothing
			}
			return nil
		})
		switch {
		case broken >= 0:
			round = slices.Delete(round, broken, broken+1)
			continue
		case err != nil && !errors.Is(err, errNothing):
			for _, ch := range round { // also of those that were refused: by what is not there now
				ch.err = err
			}
		}
		return
	}
}

func (ch *change) run(tx *bolt.Tx) (err error) {
	defer func() {
		if p := recover(); p != nil { // the others wait for their outcome
			err = fmt.Errorf("a write panicked: %v", p)
		}
	}()
	if err := ch.ctx.Err(); err != nil {
		return err
	}
	return ch.write(tx)
}

// harmless reports whether a change has failed before it wrote anything.
func harmless(err error) bool {
	var condition *table.ConditionError
	return errors.As(err, &condition) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
