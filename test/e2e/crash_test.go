package e2e

import (
	"errors"
	"fmt"
	"os"
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
	w := newWorld(t)
	w.seeded(t).stop(t)
	counts := countPoints(t, w)
	points, full := 0, os.Getenv("SLIPWAY_E2E_FULL") != ""
	for layer, every := range crashLayers() {
		if full {
			every = 1
		}
		for at := 1; at <= counts[layer]; at += every {
			for _, after := range []bool{false, true} {
				points++
				crashAt(t, w, appName("app", points), newBomb(layer, at, after))
			}
		}
	}
	p := w.start(t, layers{})
	defer p.stop(t)
	mustHaveNoTwins(t, p)
	t.Logf("%d points of %v (every one: %v)", points, counts, full)
}

// countPoints counts the calls of each layer in a creation without any stop.
func countPoints(t *testing.T, w *world) map[string]int {
	t.Helper()
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
func crashAt(t *testing.T, w *world, name string, b *bomb) {
	t.Helper()
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
		t.Errorf("%s: stopped at %s %d (after: %v) it ended as %s: %+v", name, b.layer, b.at, b.after, ended.Status, ended.Problem)
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
	w := newWorld(t)
	p := w.seeded(t)
	addDoomedTemplate(t, p)
	p.stop(t)
	points := map[string]int{}
	for _, layer := range []string{"scm", "operations", "catalog"} {
		every := map[string]int{"scm": 1, "operations": 4, "catalog": 2}[layer]
		for at := 1; ; at += every {
			before := crashWhileUndoing(t, w, fmt.Sprintf("doomed-%s-%d-before", layer, at), newBomb(layer, at, false))
			after := crashWhileUndoing(t, w, fmt.Sprintf("doomed-%s-%d-after", layer, at), newBomb(layer, at, true))
			if !before && !after {
				break
			}
			points[layer] += 2
		}
	}
	if points["scm"] < 14 || points["operations"] < 10 || points["catalog"] < 3 {
		t.Errorf("only %v points were met", points)
	}
	t.Logf("%v points", points)
}

// crashWhileUndoing reports whether the bomb went off at all.
func crashWhileUndoing(t *testing.T, w *world, name string, b *bomb) bool {
	t.Helper()
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
		t.Errorf("%s: stopped at %s %d: ended as %s: %+v", name, b.layer, b.at, ended.Status, ended.Problem)
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
