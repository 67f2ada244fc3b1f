package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// point is one request to GitLab in the course of a creation: the n-th of its shape.
type point struct {
	shape string
	nth   int
}

func (p point) String() string { return fmt.Sprintf("%s (%d.)", p.shape, p.nth) }

var (
	numberSegment = regexp.MustCompile(`/\d+`)
	hexSegment    = regexp.MustCompile(`/[0-9a-f]{40}`)
	fileSegment   = regexp.MustCompile(`/files/[^/]+`)
)

// shapeOf names what a request is for, whatever the application's name and the ids.
func shapeOf(r *http.Request, name string) string {
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/api/v4")
	path = strings.ReplaceAll(path, name, ":name")
	path = fileSegment.ReplaceAllString(path, "/files/:file")
	path = hexSegment.ReplaceAllString(path, "/:sha")
	return r.Method + " " + numberSegment.ReplaceAllString(path, "/:id")
}

// probe counts the requests of one creation and makes some of them fail.
type probe struct {
	name   string
	wanted func(point) bool
	fault  faults.Fault

	mu    sync.Mutex
	seen  map[string]int
	order []point
	hits  int
	off   bool
}

func newProbe(name string, fault faults.Fault, wanted func(point) bool) *probe {
	return &probe{name: name, fault: fault, wanted: wanted, seen: map[string]int{}}
}

func (p *probe) decide(r *http.Request) faults.Fault {
	if !strings.HasPrefix(r.URL.Path, "/api/v4/") {
		return faults.None()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	shape := shapeOf(r, p.name)
	p.seen[shape]++
	at := point{shape, p.seen[shape]}
	p.order = append(p.order, at)
	if p.off || !p.wanted(at) {
		return faults.None()
	}
	p.hits++
	return p.fault
}

// lift ends the fault for good.
func (p *probe) lift() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off = true
}

func (p *probe) met() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hits
}

func (p *probe) points() []point {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.order)
}

func never(point) bool { return false }

func only(at point) func(point) bool { return func(p point) bool { return p == at } }

func always(shape string) func(point) bool { return func(p point) bool { return p.shape == shape } }

// from gives an outage that begins at a point and does not end.
func from(at point) func(point) bool {
	began := false
	return func(p point) bool {
		began = began || p == at
		return began
	}
}

// requestsOfACreation lists what one creation asks of GitLab, in order.
func requestsOfACreation(t *testing.T) []point {
	t.Helper()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	dry := newProbe("dry-run", faults.None(), never)
	p.world.faults.Set(dry.decide)
	defer p.world.faults.Set(nil)
	if o := p.create(t, "dry-run"); o.Status != operations.Succeeded {
		t.Fatalf("the dry run ended as %s: %+v", o.Status, o.Problem)
	}
	return dry.points()
}

func shapes(points []point) []string {
	var out []string
	for _, p := range points {
		if p.nth == 1 {
			out = append(out, p.shape)
		}
	}
	return out
}

// hiccup is one way in which a single request can go wrong.
type hiccup struct {
	name  string
	fault faults.Fault
	// said is what the operation's problem says of it.
	said string
}

func hiccups() []hiccup {
	now := time.Now()
	return []hiccup{
		{"dropped", faults.Dropped(), "GitLab can't be reached or gave no usable answer"},
		{"answer lost", faults.AnswerLost(), "GitLab can't be reached or gave no usable answer"},
		{"500 before", faults.Refused(http.StatusInternalServerError), "GitLab answered 500"},
		{"502 after", faults.EffectThen(http.StatusBadGateway), "GitLab answered 502"},
		{"throttled", faults.Throttled(now, time.Second), "GitLab answered 429"},
		{"limited", faults.Limited(), "GitLab answered 429: This endpoint has been requested too many times. Try again later."},
	}
}

func full() bool { return os.Getenv("SLIPWAY_E2E_FULL") != "" }

// TestOneFaultIsGotOver makes every single request of a creation fail once, in every way:
// the creation ends complete, with one of everything.
func TestOneFaultIsGotOver(t *testing.T) {
	t.Parallel()
	points := requestsOfACreation(t)
	var mishaps []mishap
	for i, at := range points {
		for j, h := range hiccups() {
			changes := strings.HasPrefix(at.shape, http.MethodPost)
			if !full() && (testing.Short() || !changes) && i%len(hiccups()) != j {
				continue
			}
			mishaps = append(mishaps, mishap{appName("once", len(mishaps)), at, h})
		}
	}
	inSeededHandfuls(t, mishaps, oneFault)
	t.Logf("%d faults at %d requests: %v", len(mishaps), len(points), shapes(points))
}

// mishap is a fault at one request in the course of the creation of an application of that name.
type mishap struct {
	name string
	at   point
	hiccup
}

// inSeededHandfuls tries mishaps beside each other, a few in a world.
func inSeededHandfuls(t *testing.T, mishaps []mishap, try func(*testing.T, *process, mishap)) {
	t.Helper()
	inHandfuls(t, mishaps, func(t *testing.T, some []mishap) {
		p := newWorld(t).seeded(t)
		defer p.stop(t)
		for _, m := range some {
			try(t, p, m)
		}
		mustHaveNoTwins(t, p)
	})
}

func oneFault(t *testing.T, p *process, m mishap) {
	t.Helper()
	one := newProbe(m.name, m.fault, only(m.at))
	p.world.faults.Set(one.decide)
	o := p.create(t, m.name)
	p.world.faults.Set(nil)
	if o.Status != operations.Succeeded {
		t.Errorf("%s at %s: ended as %s: %+v", m.hiccup.name, m.at, o.Status, o.Problem)
		return
	}
	// How often the end of a pipeline is looked at depends on who is faster.
	if one.met() != 1 && m.at.nth == 1 {
		t.Errorf("%s at %s: the fault was met %d times", m.hiccup.name, m.at, one.met())
	}
	mustBeComplete(t, p, m.name)
}

// TestARequestThatNeverWorks makes one kind of request fail for good, up to when the
// operation is being undone: it ends clean, says what failed, and the name is free.
func TestARequestThatNeverWorks(t *testing.T) {
	t.Parallel()
	list := shapes(requestsOfACreation(t))
	var mishaps []mishap
	for i, shape := range list {
		for j, h := range hiccups() {
			if full() || i%len(hiccups()) == j {
				mishaps = append(mishaps, mishap{appName("never", len(mishaps)), point{shape, 1}, h})
			}
		}
	}
	inSeededHandfuls(t, mishaps, func(t *testing.T, p *process, m mishap) {
		o := p.createDuring(t, m.name, newProbe(m.name, m.fault, always(m.at.shape)))
		if o.Status != operations.Succeeded || !m.fault.Run { // with its effect it is found by its mark
			mustHaveFailed(t, p, m.name, o, m.said)
			o = p.create(t, m.name)
		}
		if o.Status != operations.Succeeded {
			t.Errorf("%s at %s: after that, the name ended as %s: %+v", m.hiccup.name, m.at.shape, o.Status, o.Problem)
		}
		mustBeComplete(t, p, m.name)
	})
	t.Logf("%d faults for good at %d kinds of request", len(mishaps), len(list))
}

// TestAnOutage takes GitLab away from one request on until the operation has been undone
// in vain for a while, or gives up its token, and brings it back.
func TestAnOutage(t *testing.T) {
	t.Parallel()
	outages := append(hiccups()[:3:3],
		hiccup{"throttled for an hour", faults.Throttled(time.Now(), time.Hour), "GitLab answered 429"},
		hiccup{"token revoked", faults.Unauthorized(), "GitLab answered 401"},
		hiccup{"token without rights", faults.Refused(http.StatusForbidden), "GitLab answered 403"})
	points := requestsOfACreation(t)
	var mishaps []mishap
	for i, at := range points {
		// Later looks at the pipeline are the webhook's: they fail without the operation's
		// notice, which then waits for its heartbeat.
		if at.nth > 1 && (!full() || strings.HasSuffix(at.shape, "/pipelines/:id")) {
			continue
		}
		for j, h := range outages {
			if full() || i%len(outages) == j {
				mishaps = append(mishaps, mishap{appName("outage", len(mishaps)), at, h})
			}
		}
	}
	inSeededHandfuls(t, mishaps, func(t *testing.T, p *process, m mishap) {
		o := p.createDuring(t, m.name, newProbe(m.name, m.fault, from(m.at)))
		mustHaveFailed(t, p, m.name, o, m.said)
	})
	t.Logf("%d outages at %d requests", len(mishaps), len(points))
}

// createDuring creates an application under a fault that is lifted once the operation has
// been undone for a while.
func (p *process) createDuring(t *testing.T, name string, during *probe) *operations.Operation {
	t.Helper()
	p.world.faults.Set(during.decide)
	defer p.world.faults.Set(nil)
	o, err := p.Operations.Accept(as(t.Context(), "create-"+name), request(name))
	if err != nil {
		t.Fatal(err)
	}
	p.reached(t, o.ID, func(o *operations.Operation) bool { return o.Status.Ended() || o.Status == operations.Compensating })
	before := during.met()
	deadline := time.Now().Add(200 * time.Millisecond)
	for time.Now().Before(deadline) && during.met() == before {
		time.Sleep(time.Millisecond)
	}
	during.lift()
	if during.met() == 0 {
		t.Errorf("%s: the fault was never met", name)
	}
	return p.ended(t, o.ID)
}

// reached waits until the operation is as wanted.
func (p *process) reached(t *testing.T, id string, wanted func(*operations.Operation) bool) *operations.Operation {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		o, err := p.Operations.Get(t.Context(), id)
		if err == nil && wanted(o) {
			return o
		}
		if time.Now().After(deadline) {
			t.Fatalf("operation %s does not get there: %+v, %v", id, stepsOf(o), err)
		}
		time.Sleep(time.Millisecond)
	}
}

func stepsOf(o *operations.Operation) []string {
	if o == nil {
		return nil
	}
	list := []string{string(o.Status)}
	for _, s := range o.Steps {
		list = append(list, s.ID+" "+string(s.Status))
	}
	return list
}

// mustHaveFailed holds a failed operation against what its user may expect: nothing left,
// and a message that says what went wrong without giving anything away.
func mustHaveFailed(t *testing.T, p *process, name string, o *operations.Operation, said string) {
	t.Helper()
	if o.Status != operations.Failed {
		t.Errorf("%s: ended as %s, not failed: %+v", name, o.Status, o.Problem)
		return
	}
	mustSay(t, p, name, o, said)
	mustBeClean(t, p, name)
}

// mustSay holds an operation's problem against what it should say, and against what
// nothing may ever show.
func mustSay(t *testing.T, p *process, name string, o *operations.Operation, said string) {
	t.Helper()
	if !strings.Contains(o.Problem.Message, said) {
		t.Errorf("%s: the message is %q and should say %q", name, o.Problem.Message, said)
	}
	shown := o.Problem.Message + "\n" + strings.Join(o.Problem.Left, "\n")
	for _, step := range o.Steps {
		shown += "\n" + step.Detail
	}
	shown = strings.ReplaceAll(shown, p.world.gitlabURL, "GITLAB") // links are meant to be shown
	for _, secret := range []string{p.world.token, "goroutine ", "dial tcp", "127.0.0.1", "EOF"} {
		if strings.Contains(shown, secret) {
			t.Errorf("%s: the operation shows %q: %s", name, secret, shown)
		}
	}
}

// TestGitLabThatStaysAway never gives GitLab back: once all patience is used up, the
// operation is parked and names what is left.
func TestGitLabThatStaysAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.seeded(t)
	p.stop(t)
	c := hurrying{more: &atomic.Bool{}}
	p = w.startWith(t, c, layers{})
	defer p.stop(t)
	for i, h := range []hiccup{hiccups()[0], {"token revoked", faults.Unauthorized(), "GitLab answered 401"}} {
		name := appName("away", i)
		gone := newProbe(name, h.fault, from(point{"POST /projects/:id/hooks", 1}))
		w.faults.Set(gone.decide)
		o, err := p.Operations.Accept(as(t.Context(), name), request(name))
		if err != nil {
			t.Fatal(err)
		}
		p.reached(t, o.ID, func(o *operations.Operation) bool { return o.Status == operations.Compensating || o.Status.Ended() })
		c.more.Store(true)
		o = p.ended(t, o.ID)
		c.more.Store(false)
		w.faults.Set(nil)
		if o.Status != operations.Parked {
			t.Fatalf("%s: ended as %s: %+v", h.name, o.Status, o.Problem)
		}
		mustSay(t, p, name, o, h.said)
		if !slices.ContainsFunc(o.Problem.Left, func(s string) bool { return strings.HasPrefix(s, "gitlab.project apps/"+name+": ") }) {
			t.Errorf("%s: what is left is not named: %q", h.name, o.Problem.Left)
		}
		if _, err := p.SCM.Project(t.Context(), "apps/"+name); err != nil {
			t.Errorf("%s: %v", h.name, err)
		}
		_, err = p.Operations.Accept(as(t.Context(), "again"), request(name))
		if want := "component:default/" + name + " was already created, or is being created, by operation " + o.ID; errs.Message(err) != want {
			t.Errorf("%s: asking for the same name: %v", h.name, err)
		}
		mustBeAudited(t, p, o)
	}
}

// hurrying is a clock that hurries more and more: retries begin as with hurried, and even
// the longest patience ends soon.
type hurrying struct {
	hurried
	more *atomic.Bool
}

func (h hurrying) Sleep(ctx context.Context, d time.Duration) error {
	if h.more.Load() {
		return clock.System{}.Sleep(ctx, d/1000)
	}
	return h.hurried.Sleep(ctx, d)
}
