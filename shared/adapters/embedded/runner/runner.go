package runner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/asl"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// Machine is a state machine to run.
type Machine struct {
	Definition    []byte            // Amazon States Language, JSON
	Substitutions map[string]string // for ${Name} in the definition
}

// Config is what a Runner needs. Only MaxTasks may be left out.
type Config struct {
	Table    table.Table
	Machines map[string]Machine
	// Tasks by what a task state's resource resolves to: a function's ARN, or the
	// FunctionName of arn:aws:states:::lambda:invoke.
	Tasks  map[string]workflow.Task
	Clock  clock.Clock
	IDs    ids.Source
	Logger *slog.Logger
	// MaxTasks is how many tasks run at once at most, 16 when left out.
	MaxTasks int
}

// Runner runs executions. Make it with New.
type Runner struct {
	table    table.Table
	machines map[string]*machine
	tasks    map[string]workflow.Task
	clock    clock.Clock
	ids      ids.Source
	log      *slog.Logger
	slots    chan struct{} // one for each task that runs

	mu      sync.Mutex
	running context.Context // Run's, nil while it does not run
	live    map[id]*execution
	waiters map[string]chan struct{} // by token
	known   map[string]bool          // hashes of the definitions that are stored
	work    sync.WaitGroup           // executions and tasks
	rescan  chan struct{}            // asks Run to look for executions it may have missed
}

var (
	_ workflow.Starter   = (*Runner)(nil)
	_ workflow.Inspector = (*Runner)(nil)
	_ workflow.Stopper   = (*Runner)(nil)
	_ workflow.Callbacks = (*Runner)(nil)
	_ asl.Host           = (*execution)(nil)
)

// machine is a loaded definition.
type machine struct {
	*asl.Machine
	hash string
}

const (
	defaultTasks = 16
	rescanDelay  = time.Second
)

var machineName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// New loads all machines. It fails when one can't be run, or calls a function that is not
// among the tasks.
func New(c Config) (*Runner, error) {
	if c.Table == nil || c.Clock == nil || c.IDs == nil || c.Logger == nil {
		return nil, errs.New(errs.Invalid, "the runner needs a table, a clock, ids and a logger")
	}
	if c.MaxTasks == 0 {
		c.MaxTasks = defaultTasks
	}
	r := &Runner{
		table: c.Table, tasks: c.Tasks, clock: c.Clock, ids: c.IDs, log: c.Logger,
		machines: map[string]*machine{}, slots: make(chan struct{}, c.MaxTasks),
		live: map[id]*execution{}, waiters: map[string]chan struct{}{}, known: map[string]bool{},
		rescan: make(chan struct{}, 1),
	}
	for name, m := range c.Machines {
		if err := r.load(name, m); err != nil {
			return nil, fmt.Errorf("loading the state machine %q: %w", name, err)
		}
	}
	return r, nil
}

func (r *Runner) load(name string, m Machine) error {
	if !machineName.MatchString(name) {
		return errs.New(errs.Invalid, "the name of a state machine has 1 to 80 letters, digits, - or _")
	}
	loaded, err := asl.Load(m.Definition, m.Substitutions)
	if err != nil {
		return err
	}
	for _, function := range loaded.Resources() {
		if _, ok := r.tasks[function]; !ok {
			return errs.New(errs.Invalid, fmt.Sprintf("there is no task for the function %q", function))
		}
	}
	r.machines[name] = hashed(loaded)
	return nil
}

func hashed(m *asl.Machine) *machine {
	sum := sha256.Sum256(m.Source())
	return &machine{Machine: m, hash: hex.EncodeToString(sum[:])}
}

// Run continues all unfinished executions and runs those that are started, until ctx ends
// and every task has returned.
func (r *Runner) Run(ctx context.Context) error {
	r.mu.Lock()
	if r.running != nil {
		r.mu.Unlock()
		return errs.New(errs.Conflict, "the runner runs already")
	}
	r.running = ctx
	r.mu.Unlock()
	err := r.serve(ctx)
	r.mu.Lock()
	r.running = nil
	r.mu.Unlock()
	r.work.Wait()
	return err
}

func (r *Runner) serve(ctx context.Context) error {
	if err := r.resume(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("resuming executions: %w", err)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.rescan:
		}
		if err := r.clock.Sleep(ctx, rescanDelay); err != nil {
			continue // ctx has ended
		}
		if err := r.resume(ctx); err != nil && ctx.Err() == nil {
			r.log.ErrorContext(ctx, "looking for unfinished executions", slog.Any("error", err))
			r.askRescan()
		}
	}
}

// askRescan makes Run look for executions in the table: one may be there that Start could
// not confirm.
func (r *Runner) askRescan() {
	select {
	case r.rescan <- struct{}{}:
	default:
	}
}

// resume runs every execution that is stored as running. One that can't be loaded is left
// alone, so that it does not stop the others.
func (r *Runner) resume(ctx context.Context) error {
	return r.each(ctx, table.Query{PK: partitionRunning}, func(item table.Item) error {
		machine, name, _ := strings.Cut(item.SK, "#")
		if _, err := r.open(ctx, id{machine, name}, true); err != nil && ctx.Err() == nil {
			r.log.ErrorContext(ctx, "resuming an execution", slog.String("machine", machine), slog.String("execution", name), slog.Any("error", err))
			if errs.Transient(err) {
				r.askRescan()
			}
		}
		return nil
	})
}

// each calls do for every item a query finds.
func (r *Runner) each(ctx context.Context, q table.Query, do func(table.Item) error) error {
	for {
		page, err := r.table.Query(ctx, q)
		if err != nil {
			return fmt.Errorf("reading %s: %w", q.PK, err)
		}
		for _, item := range page.Items {
			if err := do(item); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}

// get reads a record; false when there is none.
func (r *Runner) get(ctx context.Context, key table.Key, into any) (bool, error) {
	item, err := r.table.Get(ctx, key)
	if errors.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading %s/%s: %w", key.PK, key.SK, err)
	}
	return true, decode(item, into)
}
