package e2e

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestTheFirstApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.seeded(t)
	defer p.stop(t)
	o := p.create(t, "orders")
	if o.Status != operations.Succeeded {
		t.Fatalf("ended as %s: %+v", o.Status, o.Problem)
	}
	mustBeComplete(t, p, "orders")
	mustBeAudited(t, p, o)
	if left := w.leftovers(t); len(left) > 0 {
		t.Errorf("workspaces are left: %v", left)
	}
}

// crashLayers are where the process is stopped, and the distance between two points that
// are tried when not all of them are (SLIPWAY_E2E_FULL).
func crashLayers() map[string]int {
	return map[string]int{"scm": 1, "catalog": 1, "operations": 5, "executions": 7, "deliveries": 5, "bus": 11, "audit": 11}
}

// TestAStopAtAnyPointEndsCompleteOrClean stops the process right before and right after
// every call that changes something, GitLab's and every table's, and starts it again.
func TestAStopAtAnyPointEndsCompleteOrClean(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes with the race detector")
	}
	t.Parallel()
	counts := countPoints(t)
	var points []stop
	for layer, every := range crashLayers() {
		if full() {
			every = 1
		}
		for at := 1; at <= counts[layer]; at += every {
			points = append(points, stop{layer, at, false}, stop{layer, at, true})
		}
	}
	inHandfuls(t, points, func(t *testing.T, some []stop) {
		w := newWorld(t)
		w.seeded(t).stop(t)
		for _, point := range some {
			crashAt(t, w, point)
		}
		p := w.start(t, layers{})
		defer p.stop(t)
		mustHaveNoTwins(t, p)
	})
	t.Logf("%d points of %v (every one: %v)", len(points), counts, full())
}

// stop is a point at which a process ends: the n-th call of a layer, or right behind it.
type stop struct {
	layer string
	at    int
	after bool
}

// String is also the name of the application that is being created then.
func (s stop) String() string {
	if s.after {
		return fmt.Sprintf("%s-%d-after", s.layer, s.at)
	}
	return fmt.Sprintf("%s-%d-before", s.layer, s.at)
}

func (s stop) bomb() *bomb { return newBomb(s.layer, s.at, s.after) }

// handful is how many points are tried in one world: whatever starts compares all projects with the catalog, so that points
// of crowded worlds take longer, and a world of its own for each would take longer than the point.
const handful = 16

// inHandfuls tries points beside each other, a few in a world.
func inHandfuls[P any](t *testing.T, points []P, try func(t *testing.T, some []P)) {
	t.Helper()
	t.Run("points", func(t *testing.T) {
		for some := range slices.Chunk(points, handful) {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				try(t, some)
			})
		}
	})
}

// countPoints counts the calls of each layer in a creation without any stop.
func countPoints(t *testing.T) map[string]int {
	t.Helper()
	w := newWorld(t)
	w.seeded(t).stop(t)
	b := newBomb("", 0, false)
	p := w.start(t, b.layers())
	defer p.stop(t)
	b.arm()
	o := p.create(t, "dry-run")
	if o.Status != operations.Succeeded {
		t.Fatalf("the dry run ended as %s: %+v", o.Status, o.Problem)
	}
	mustBeAudited(t, p, o)
	return b.counts()
}

// crashAt creates an application in a process that dies on the way, and checks what
// became of it once the next process is through.
func crashAt(t *testing.T, w *world, point stop) {
	t.Helper()
	name, b := point.String(), point.bomb()
	p := w.start(t, b.layers())
	b.arm()
	req := request(name)
	req.IdempotencyKey = name
	o, err := p.Operations.Accept(as(t.Context(), name), req)
	if err == nil {
		waitForDeath(t, p, b, o.ID)
	}
	p.stop(t)

	next := w.start(t, layers{})
	defer next.stop(t)
	// Whoever asked and got no answer asks again, with the same key.
	o, err = next.Operations.Accept(as(t.Context(), name), req)
	if err != nil {
		t.Errorf("%s: asking again: %v", name, err)
		return
	}
	ended := next.ended(t, o.ID)
	mustBeCompleteOrClean(t, next, name, ended)
	if ended.Status != operations.Succeeded {
		t.Errorf("%s: it ended as %s: %+v", point, ended.Status, ended.Problem)
	}
	mustBeAudited(t, next, ended)
}

// waitForDeath waits for the bomb, or for the end of an operation that came to it without.
func waitForDeath(t *testing.T, p *process, b *bomb, id string) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case <-b.fired:
			return
		case <-deadline:
			t.Fatalf("neither the stop at %s %d nor the end of the operation comes", b.layer, b.at)
		case <-time.After(5 * time.Millisecond):
		}
		if o, err := p.Operations.Get(t.Context(), id); err == nil && o.Status.Ended() {
			select { // what comes behind the end: events, the audit trail
			case <-b.fired:
			case <-time.After(300 * time.Millisecond):
			}
			return
		}
	}
}

// TestAStopWhileUndoing stops the process at every point of undoing a creation whose
// pipeline fails.
func TestAStopWhileUndoing(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes with the race detector")
	}
	t.Parallel()
	distances := map[string]int{"scm": 1, "operations": 4, "catalog": 2}
	if !full() {
		distances = map[string]int{"scm": 2, "operations": 8, "catalog": 4}
	}
	points := untilUnmet(t, distances, func(t *testing.T) func(*testing.T, stop) bool {
		w := newWorld(t)
		p := w.seeded(t)
		addDoomedTemplate(t, p)
		p.stop(t)
		return func(t *testing.T, point stop) bool { return crashWhileUndoing(t, w, point) }
	})
	if full() && (points["scm"] < 14 || points["operations"] < 10 || points["catalog"] < 3) {
		t.Errorf("only %v points were met", points)
	}
	t.Logf("%v points (every one of GitLab: %v)", points, full())
}

// untilUnmet stops a process at one point of a layer after the other, at those distances, until a process comes to its end
// unhindered. Each layer has a world of its own, which prepare makes along with the way to try a point in it.
func untilUnmet(t *testing.T, distances map[string]int, prepare func(*testing.T) func(*testing.T, stop) bool) map[string]int {
	t.Helper()
	var mu sync.Mutex
	points := map[string]int{}
	t.Run("points", func(t *testing.T) {
		for layer, distance := range distances {
			t.Run(layer, func(t *testing.T) {
				t.Parallel()
				try, met := prepare(t), 0
				for at := 1; ; at += distance {
					before, after := try(t, stop{layer, at, false}), try(t, stop{layer, at, true})
					if !before && !after {
						break
					}
					met += 2
				}
				mu.Lock()
				defer mu.Unlock()
				points[layer] = met
			})
		}
	})
	return points
}

// crashWhileUndoing reports whether the bomb went off at all.
func crashWhileUndoing(t *testing.T, w *world, point stop) bool {
	t.Helper()
	name, b := point.String(), point.bomb()
	p := w.start(t, b.layers())
	b.arm()
	o, err := p.Operations.Accept(as(t.Context(), name), doomedRequest(name))
	if err == nil {
		waitForDeath(t, p, b, o.ID)
	}
	p.stop(t)
	fired := isFired(b)
	next := w.start(t, layers{})
	defer next.stop(t)
	if err != nil {
		if _, err := next.SCM.Project(t.Context(), "apps/"+name); !errors.Is(err, errs.NotFound) {
			t.Errorf("%s was never accepted, and yet: %v", name, err)
		}
		return fired
	}
	ended := next.ended(t, o.ID)
	if ended.Status != operations.Failed {
		t.Errorf("%s: ended as %s: %+v", point, ended.Status, ended.Problem)
	}
	mustBeClean(t, next, name)
	return fired
}

func isFired(b *bomb) bool {
	select {
	case <-b.fired:
		return true
	default:
		return false
	}
}
