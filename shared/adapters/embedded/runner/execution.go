package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/asl"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// execution is an unfinished execution in memory. There is one for each at most.
type execution struct {
	r      *Runner
	id     id
	engine *asl.Execution

	// writing is held while the execution is loaded or written. It guards the fields below.
	writing  sync.Mutex
	ended    bool
	unloaded error // why it could not be loaded
	last     int64 // the id of the last event stored
	ctx      context.Context
	cancel   context.CancelFunc // nil until it runs

	mu     sync.Mutex
	frames map[string]*asl.Frame // as stored
	queue  []*pending            // changes to write next
}

var errEnded = errors.New("the execution has ended")

func (r *Runner) newExecution(which id) *execution {
	return &execution{r: r, id: which, frames: map[string]*asl.Frame{}}
}

// atWork reports whether Run runs; the lock is held.
func (r *Runner) atWork() bool { return r.running != nil && r.running.Err() == nil }

// open gives the execution in memory, loading it if it is not there, and runs it if Run
// runs and that is wanted. It is nil when it has ended.
func (r *Runner) open(ctx context.Context, which id, wanted bool) (*execution, error) {
	r.mu.Lock()
	if e, ok := r.live[which]; ok {
		r.mu.Unlock()
		return e, nil
	}
	if wanted && !r.atWork() {
		r.mu.Unlock()
		return nil, nil
	}
	e := r.newExecution(which)
	e.writing.Lock()
	r.live[which] = e
	r.mu.Unlock()
	err := e.load(ctx)
	if err != nil || e.ended {
		e.ended, e.unloaded = true, err
		r.forget(e)
		e.writing.Unlock()
		return nil, err
	}
	if wanted {
		r.spawn(e)
	}
	e.writing.Unlock()
	return e, nil
}

func (r *Runner) forget(e *execution) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.live[e.id] == e {
		delete(r.live, e.id)
	}
}

// release forgets an execution that was only loaded to be stopped and still runs.
func (r *Runner) release(e *execution) {
	e.writing.Lock()
	defer e.writing.Unlock()
	if e.cancel == nil {
		r.forget(e)
		r.askRescan()
	}
}

// spawn runs a loaded execution in a goroutine.
func (r *Runner) spawn(e *execution) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running == nil {
		delete(r.live, e.id)
		return
	}
	ctx, cancel := context.WithCancel(r.running)
	e.ctx, e.cancel = ctx, cancel
	r.work.Go(func() {
		defer r.forget(e)
		defer cancel()
		if err := e.engine.Run(ctx); err != nil && ctx.Err() == nil {
			r.log.ErrorContext(ctx, "an execution stands still until the next start",
				slog.String("machine", e.id.machine), slog.String("execution", e.id.name), slog.Any("error", err))
		}
	})
}

// load reads the execution. One that has ended, but whose frames are still there, is
// tidied up.
func (e *execution) load(ctx context.Context) error {
	var s started
	found, err := e.r.get(ctx, e.id.key(sortExecution), &s)
	if err != nil || !found {
		return orNotFound(err, e.id)
	}
	m, err := e.r.machineFor(ctx, s)
	if err != nil {
		return err
	}
	e.engine = e.r.newEngine(e, m, s)
	if err := e.loadFrames(ctx); err != nil {
		return err
	}
	if e.ended, err = e.r.get(ctx, e.id.key(sortOutcome), &outcome{}); err != nil || !e.ended {
		return err
	}
	return e.r.transact(ctx, e.removals())
}

func orNotFound(err error, which id) error {
	if err != nil {
		return err
	}
	return errs.New(errs.NotFound, fmt.Sprintf("there is no execution %s of %s", which.name, which.machine))
}

func (e *execution) loadFrames(ctx context.Context) error {
	frames := table.Query{PK: e.id.partition(), Prefix: prefixFrame}
	err := e.r.each(ctx, frames, func(item table.Item) error {
		var f asl.Frame
		if err := decode(item, &f); err != nil {
			return err
		}
		e.frames[f.Path] = &f
		return nil
	})
	if err != nil {
		return err
	}
	page, err := e.r.table.Query(ctx, table.Query{PK: e.id.partition(), Prefix: prefixHistory, Descending: true, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return err
	}
	var events []event
	if err := decode(page.Items[0], &events); err != nil {
		return err
	}
	e.last = events[len(events)-1].ID
	return nil
}

// Load gives a stored frame.
func (e *execution) Load(path string) *asl.Frame {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.frames[path]
}
