package asl

import (
	"context"
	"fmt"
	"sync"
)

// maxInline is how many items of a Map run at once at most, as on Step Functions.
const maxInline = 40

// child is an inner graph about to run.
type child struct {
	graph *graph
	input any
	item  *mapItem // nil in a branch outside of any Map
	own   bool     // the item is this child's, not that of a Map further out
}

func (v *visit) runParallel(ctx context.Context, payload any) (any, error) {
	children := make([]child, len(v.s.parallel))
	for i, g := range v.s.parallel {
		children[i] = child{graph: g, input: payload, item: v.item}
	}
	return v.fork(ctx, children, len(children))
}

func (v *visit) runMap(ctx context.Context, in *env) (any, error) {
	m := v.s.mapping
	value := in.data
	if m.items != nil {
		var err error
		if value, err = m.items.eval(in, "ItemsPath"); err != nil {
			return nil, err
		}
	}
	items, ok := value.([]any)
	if !ok {
		return nil, failf(ErrRuntime, "The ItemsPath of a Map must lead to an array, not to %s", text(value))
	}
	limit, err := m.concurrency(in)
	if err != nil {
		return nil, err
	}
	children := make([]child, len(items))
	for i, item := range items {
		if children[i], err = v.newItem(in, i, item); err != nil {
			return nil, err
		}
	}
	return v.fork(ctx, children, limit)
}

// newItem gives the child for one item, whose input ItemSelector may compute.
func (v *visit) newItem(in *env, index int, value any) (child, error) {
	c := child{graph: v.s.mapping.processor, input: value, own: true}
	c.item = &mapItem{index: index, value: value, path: v.childPath(index)}
	if v.s.mapping.selector == nil {
		return c, nil
	}
	inside := *v
	inside.item = c.item
	e := *in
	e.context = inside.context
	var err error
	c.input, err = v.s.mapping.selector.eval(&e)
	return c, err
}

func (m *mapState) concurrency(in *env) (int, error) {
	limit := m.limit
	if m.limitPath != nil {
		value, err := m.limitPath.eval(in, "MaxConcurrencyPath")
		if err != nil {
			return 0, err
		}
		n, ok := integer(value)
		if !ok || n < 0 {
			return 0, failf(ErrRuntime, "The MaxConcurrencyPath field refers to value \"%s\" which is not a valid integer: %s",
				javaText(value), m.limitPath.text)
		}
		limit = n
	}
	if limit == 0 || limit > maxInline {
		limit = maxInline
	}
	return int(limit), nil
}

// childPath names a child of this visit and attempt.
func (v *visit) childPath(i int) string {
	return fmt.Sprintf("%s/%d.%d.%d", v.f.Path, v.f.Visit, v.f.Retries, i)
}

// owns reports whether the frame at a path is the item's own, not one further in.
func (m *mapItem) owns(path string) bool { return m.path == path }

// forked is the state of a fork: the first error ends the others.
type forked struct {
	mu      sync.Mutex
	err     error
	cancel  context.CancelFunc
	results []any
}

func (f *forked) stop(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
		f.cancel()
	}
}

// fork runs the children, at most limit at once, and gives their outputs in order.
func (v *visit) fork(ctx context.Context, children []child, limit int) (any, error) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	f := &forked{cancel: cancel, results: make([]any, len(children))}
	if err := v.failedBefore(len(children)); err != nil {
		return nil, err
	}
	var running sync.WaitGroup
	slots := make(chan struct{}, limit)
	for i, c := range children {
		slots <- struct{}{}
		if inner.Err() != nil {
			break
		}
		running.Go(func() {
			defer func() { <-slots }()
			var err error
			if f.results[i], err = v.runChild(inner, i, c); err != nil {
				f.stop(err)
			}
		})
	}
	running.Wait()
	if f.err == nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if _, failed := asFailure(f.err); failed {
		v.foreign = true
	}
	return f.results, f.err
}

// failedBefore gives the failure of a child that had ended before a crash.
func (v *visit) failedBefore(children int) error {
	for i := range children {
		if f := v.x.Host.Load(v.childPath(i)); f != nil && f.Failure != nil {
			v.foreign = true
			return f.Failure
		}
	}
	return nil
}

// runChild runs one child, from where it stood if it had begun before a crash.
func (v *visit) runChild(ctx context.Context, i int, c child) (any, error) {
	path := v.childPath(i)
	frame := v.x.Host.Load(path)
	if frame == nil {
		input, err := encodeData(c.input)
		if err != nil {
			return nil, err
		}
		frame = &Frame{Path: path, Input: input, Vars: v.f.Vars}
		change := &Change{Frame: frame}
		if c.own {
			change.add(Event{Type: "MapIterationStarted"})
		}
		v.x.enter(change, c.graph, c.graph.startAt)
		if err := v.x.Host.Save(ctx, change); err != nil {
			return nil, err
		}
	}
	raw, err := v.x.runFrame(ctx, c.graph, frame, c.item)
	if err != nil {
		return nil, err
	}
	return decode(raw)
}
