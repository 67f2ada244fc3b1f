package e2e

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/webhooks"
)

// heartbeat is how long create-app waits for news of its pipeline before it looks itself.
const heartbeat = 900 * time.Second

// leaping is the machine's clock with a future that a test can bring nearer.
type leaping struct {
	clock.System
	mu     sync.Mutex
	ahead  time.Duration
	leapt  chan struct{} // closed and replaced at each leap
	asleep atomic.Int64  // sleepers that wait for at least a heartbeat
}

func newLeaping() *leaping { return &leaping{leapt: make(chan struct{})} }

// Now gives the machine's time, as far ahead as was leapt.
func (l *leaping) Now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.System.Now().Add(l.ahead)
}

// Sleep waits until d has passed on this clock.
func (l *leaping) Sleep(ctx context.Context, d time.Duration) error {
	if d > heartbeat-time.Minute && d <= heartbeat {
		l.asleep.Add(1)
		defer l.asleep.Add(-1)
	}
	for until := l.Now().Add(d); ; {
		l.mu.Lock()
		left, leapt := until.Sub(l.System.Now().Add(l.ahead)), l.leapt
		l.mu.Unlock()
		if left <= 0 {
			return ctx.Err()
		}
		pause, cancel := context.WithCancel(ctx)
		stop := make(chan struct{})
		go func() {
			defer close(stop)
			select {
			case <-leapt:
				cancel()
			case <-pause.Done():
			}
		}()
		err := l.System.Sleep(pause, left)
		cancel()
		<-stop
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// leap brings the future nearer by d.
func (l *leaping) leap(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ahead += d
	close(l.leapt)
	l.leapt = make(chan struct{})
}

// deaf lets no webhook through while it is set.
func (w *world) deaf(p *process) (hear func()) {
	portal := p.Portal
	h := http.Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/webhooks/") {
			panic(http.ErrAbortHandler) // the connection is lost
		}
		portal.ServeHTTP(rw, r)
	}))
	w.portal.Store(&h)
	return func() { w.portal.Store(&portal) }
}

// waiting accepts an application and gives its operation once it waits for its pipeline.
func (p *process) waiting(t *testing.T, name string) *operations.Operation {
	t.Helper()
	o, err := p.Operations.Accept(as(t.Context(), "create-"+name), request(name))
	if err != nil {
		t.Fatal(err)
	}
	return p.reached(t, o.ID, func(o *operations.Operation) bool { return o.Status.Ended() || o.Step("await-pipeline") != nil })
}

// pipelineOf gives an application's only pipeline.
func (p *process) pipelineOf(t *testing.T, name string) scm.Pipeline {
	t.Helper()
	project, err := p.SCM.Project(t.Context(), "apps/"+name)
	if err != nil {
		t.Fatal(err)
	}
	runs, err := p.SCM.PipelinesOf(t.Context(), project.ID, "main", 10)
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d pipelines, %v", len(runs), err)
	}
	return runs[0]
}

// until waits for something to become so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !so() {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// TestALostWebhookIsMadeUpFor loses every delivery: the operation looks once per
// heartbeat, first while the pipeline still runs, then after its end.
func TestALostWebhookIsMadeUpFor(t *testing.T) {
	t.Parallel()
	w := newWorldWithJobs(t, 250*time.Millisecond)
	c := newLeaping()
	w.seeded(t).stop(t)
	p := w.startWith(t, c, layers{})
	defer p.stop(t)
	defer w.deaf(p)()
	o := p.waiting(t, "orders")
	until(t, "the execution waits for its heartbeat", func() bool { return c.asleep.Load() > 0 })
	if run := p.pipelineOf(t, "orders"); run.Status.Ended() {
		t.Fatalf("the pipeline has ended too early for this test: %s", run.Status)
	}
	c.leap(heartbeat)
	until(t, "the execution waits for its second heartbeat", func() bool { return polls(t, p, o.ID) == 1 && c.asleep.Load() > 0 })
	until(t, "the pipeline ends", func() bool { return p.pipelineOf(t, "orders").Status.Ended() })
	if now, err := p.Operations.Get(t.Context(), o.ID); err != nil || now.Status != operations.Running {
		t.Fatalf("the operation heard of the end without any news: %v, %v", stepsOf(now), err)
	}
	c.leap(heartbeat)
	if o := p.ended(t, o.ID); o.Status != operations.Succeeded {
		t.Fatalf("ended as %s: %+v", o.Status, o.Problem)
	}
	if n := polls(t, p, o.ID); n != 2 {
		t.Errorf("%d polls in two heartbeats", n)
	}
	mustBeComplete(t, p, "orders")
}

// polls counts how often an execution looked at its pipeline by itself.
func polls(t *testing.T, p *process, id string) int {
	t.Helper()
	history, err := p.Executions.History(t.Context(), "create-app", id)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range history {
		if e.Type == "TaskStateEntered" && e.State == "PollPipeline" {
			n++
		}
	}
	return n
}

// TestNewsOfARunningPipelineAreChecked sends deliveries that claim an end that is none
// yet, before the true one: the operation believes GitLab only.
func TestNewsOfARunningPipelineAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorldWithJobs(t, 250*time.Millisecond)
	p := w.seeded(t)
	defer p.stop(t)
	ours := w.proofs(t)
	o := p.waiting(t, "orders")
	run := p.pipelineOf(t, "orders")
	for i, status := range []string{"failed", "success", "canceled", "skipped"} {
		project, err := p.SCM.Project(t.Context(), "apps/orders")
		if err != nil {
			t.Fatal(err)
		}
		body := pipelineNews(t, project.ID, run.ID, status)
		mustTake(t, p, ours.signed(t, string(rune('a'+i)), time.Now(), body), body, webhooks.Accepted)
	}
	if o := p.ended(t, o.ID); o.Status != operations.Succeeded {
		t.Fatalf("ended as %s: %+v", o.Status, o.Problem)
	}
	mustBeComplete(t, p, "orders")
}
