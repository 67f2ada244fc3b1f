package templating

import (
	"context"
)

// Limits bound what one Render or Value may cost. A zero field takes the default.
type Limits struct {
	Work    int64 // steps: tokens read, nodes run, elements and blocks of 64 bytes handled; default 1,000,000
	Output  int64 // bytes of the result; default 16 MiB
	Scratch int64 // bytes of all intermediate values together, whether still in use or not; default 32 MiB
	Source  int64 // bytes of the template; default 1 MiB
	Nesting int   // depth of tags and expressions within each other, and of macro calls; default 256
}

func (l Limits) withDefaults() Limits {
	pick := func(v *int64, d int64) {
		if *v <= 0 {
			*v = d
		}
	}
	pick(&l.Work, 1_000_000)
	pick(&l.Output, 16<<20)
	pick(&l.Scratch, 32<<20)
	pick(&l.Source, 1<<20)
	if l.Nesting <= 0 {
		l.Nesting = 256
	}
	return l
}

// budget is what is left of the limits during one rendering.
type budget struct {
	ctx     context.Context
	limits  Limits
	work    int64
	output  int64
	scratch int64
	checked int64 // work at which the context was last looked at
}

func newBudget(ctx context.Context, l Limits) *budget { return &budget{ctx: ctx, limits: l} }

// spend takes n steps, and looks at the caller's context now and then.
func (b *budget) spend(at int, n int64) {
	b.work += n
	if n < 0 || b.work > b.limits.Work {
		failLimit(at, "the template does too much work (limit %d steps)", b.limits.Work)
	}
	if b.work-b.checked < 4096 {
		return
	}
	b.checked = b.work
	if err := b.ctx.Err(); err != nil {
		panic(failure{at: at, cause: err})
	}
}

// alloc must be called before memory of n bytes is taken for an intermediate value.
func (b *budget) alloc(at int, n int64) {
	b.scratch += n
	if n < 0 || b.scratch > b.limits.Scratch {
		failLimit(at, "the template's intermediate values take too much memory (limit %d bytes)", b.limits.Scratch)
	}
	b.spend(at, 1+n/64)
}

// elements accounts for a list of n values.
func (b *budget) elements(at int, n int) {
	b.spend(at, int64(n))
	b.alloc(at, 16*int64(n)+24)
}

// text accounts for a string of n bytes that is about to be made.
//
//go:noinline
func (b *budget) text(at int, n int64) { b.alloc(at, n+16) }

// write accounts for n bytes of output.
func (b *budget) write(at int, n int64) {
	b.output += n
	if b.output > b.limits.Output {
		failLimit(at, "the rendered text is too large (limit %d bytes)", b.limits.Output)
	}
	b.spend(at, 1+n/64)
}
