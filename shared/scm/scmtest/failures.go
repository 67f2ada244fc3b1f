package scmtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func failureParts() []part {
	return []part{
		{"a token that is not valid", wrongToken},
		{"a deleted project is not found by anything", deletedProject},
		{"a call ends with its context", endsWithContext},
		{"an answer that is lost after an effect", withFaults(lostAnswers)},
		{"a failure before an effect", withFaults(failedBefore)},
		{"a read is repeated", withFaults(readsRepeated)},
		{"a deletion is repeated", withFaults(deletionsRepeated)},
		{"a short throttling is waited out", withFaults(shortThrottling)},
		{"a long throttling is reported", withFaults(longThrottling)},
		{"the limiter without headers is reported", withFaults(limitedWithoutHeaders)},
	}
}

func withFaults(run func(t *testing.T, h Harness)) func(*testing.T, Harness) {
	return func(t *testing.T, h Harness) {
		if h.Faults == nil {
			t.Skip("this host can't be made to fail")
		}
		run(t, h)
	}
}

func wrongToken(t *testing.T, h Harness) {
	_, err := h.WrongToken.Project(t.Context(), h.Group+"/orders")
	want(t, "reading", err, errs.Unauthenticated)
	_, err = h.WrongToken.CreateProject(t.Context(), newProject(h, "orders"))
	want(t, "creating", err, errs.Unauthenticated)
}

func deletedProject(t *testing.T, h Harness) {
	p, _ := createWithFiles(t, h, "orders")
	ok(t, "deleting", h.Client.DeleteProject(t.Context(), p.ID))
	if left, err := h.Client.ProjectByID(t.Context(), p.ID); err == nil && left.MarkedForDeletion {
		t.Skip("this host only marks for deletion")
	}
	_, err := h.Client.Head(t.Context(), p.ID, "main")
	want(t, "reading the head", err, errs.NotFound)
	_, err = h.Client.File(t.Context(), p.ID, "README.md", "main")
	want(t, "reading a file", err, errs.NotFound)
	_, err = h.Client.Commit(t.Context(), p.ID, firstCommit())
	want(t, "committing", err, errs.NotFound)
	_, err = h.Client.CreateHook(t.Context(), p.ID, newHook(h, "x"))
	want(t, "creating a hook", err, errs.NotFound)
	_, err = h.Client.StartPipeline(t.Context(), p.ID, "main", nil)
	want(t, "starting a pipeline", err, errs.NotFound)
	ok(t, "deleting a hook", h.Client.DeleteHook(t.Context(), p.ID, 1))
}

func endsWithContext(t *testing.T, h Harness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.Client.Project(ctx, h.Group+"/orders")
	want(t, "reading", err, errs.Unavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the cause of %v is lost", err)
	}
}

func count[T any](list []T, fits func(T) bool) int {
	n := 0
	for _, item := range list {
		if fits(item) {
			n++
		}
	}
	return n
}

// eachCreation runs every creation against a fault and checks what is reported, that one
// request was sent, and how much of the effect is found by its marker.
func eachCreation(t *testing.T, h Harness, kind FaultKind, reported errs.Kind, effects int) {
	t.Helper()
	p, _ := createWithFiles(t, h, "orders")
	for name, c := range creations() {
		h.Faults.Inject(Fault{Method: "POST", Suffix: c.suffix, Kind: kind, Times: 1})
		want(t, "creating a "+name, c.run(t.Context(), h, p), reported)
		if n := h.Faults.Requests(); n != 1 {
			t.Errorf("%s: %d requests were sent, want 1", name, n)
		}
		found, err := c.count(t.Context(), h, p)
		ok(t, "looking for the "+name, err)
		if found != effects {
			t.Errorf("%s: the marker is found %d times, want %d", name, found, effects)
		}
	}
}

func lostAnswers(t *testing.T, h Harness) {
	eachCreation(t, h, LostAnswer, errs.Unavailable, 1)
	second := h
	second.Group = h.Subgroup(t, "again")
	eachCreation(t, second, FailedAfter, errs.Unavailable, 1)
}

func failedBefore(t *testing.T, h Harness) { eachCreation(t, h, FailedBefore, errs.Unavailable, 0) }

func readsRepeated(t *testing.T, h Harness) {
	p, _ := createWithFiles(t, h, "orders")
	for _, kind := range []FaultKind{FailedBefore, LostAnswer} {
		h.Faults.Inject(Fault{Method: "GET", Suffix: "/repository/branches/main", Kind: kind, Times: 1})
		_, err := h.Client.Head(t.Context(), p.ID, "main")
		ok(t, "reading", err)
		if n := h.Faults.Requests(); n != 2 {
			t.Errorf("%d requests were sent, want 2", n)
		}
	}
	h.Faults.Inject(Fault{Method: "GET", Suffix: "/repository/branches/main", Kind: FailedBefore})
	_, err := h.Client.Head(t.Context(), p.ID, "main")
	want(t, "reading from a host that keeps failing", err, errs.Unavailable)
	if n := h.Faults.Requests(); n < 2 || n > 10 {
		t.Errorf("%d requests were sent", n)
	}
}

func deletionsRepeated(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	hook, err := h.Client.CreateHook(t.Context(), p.ID, newHook(h, "x"))
	ok(t, "creating a hook", err)
	h.Faults.Inject(Fault{Method: "DELETE", Suffix: "", Kind: LostAnswer, Times: 1})
	ok(t, "deleting a hook whose answer is lost", h.Client.DeleteHook(t.Context(), p.ID, hook.ID))
	h.Faults.Inject(Fault{Method: "DELETE", Suffix: "", Kind: LostAnswer, Times: 1})
	ok(t, "deleting a project whose answer is lost", h.Client.DeleteProject(t.Context(), p.ID))
	_, err = h.Client.Project(t.Context(), p.Path)
	want(t, "finding it", err, errs.NotFound)
}

func shortThrottling(t *testing.T, h Harness) {
	p, _ := createWithFiles(t, h, "orders")
	for name, c := range creations() {
		wait := time.Duration(0)
		if name == "pipeline" {
			wait = time.Second // once is enough to see that it is waited for
		}
		h.Faults.Inject(Fault{Method: "POST", Suffix: c.suffix, Kind: Throttled, Times: 1, Wait: wait})
		ok(t, "creating a "+name, c.run(t.Context(), h, p))
		if found, err := c.count(t.Context(), h, p); found != 1 || err != nil {
			t.Errorf("%s: the marker is found %d times, %v", name, found, err)
		}
	}
}

func longThrottling(t *testing.T, h Harness) {
	h.Faults.Inject(Fault{Method: "GET", Suffix: "", Kind: Throttled, Wait: 90 * time.Second})
	start := time.Now()
	_, err := h.Client.Project(t.Context(), h.Group+"/orders")
	want(t, "reading", err, errs.RateLimited)
	var limited *errs.Error
	if !errors.As(err, &limited) || limited.RetryAfter != 90*time.Second {
		t.Errorf("%#v does not say when to come back", err)
	}
	if n := h.Faults.Requests(); n != 1 || time.Since(start) > 20*time.Second {
		t.Errorf("%d requests were sent in %v", n, time.Since(start))
	}
}

func limitedWithoutHeaders(t *testing.T, h Harness) {
	p, _ := createWithFiles(t, h, "orders")
	h.Faults.Inject(Fault{Method: "POST", Suffix: "/pipeline", Kind: Limited})
	_, err := h.Client.StartPipeline(t.Context(), p.ID, "main", nil)
	want(t, "starting a pipeline", err, errs.RateLimited)
	list, err := h.Client.PipelinesOf(t.Context(), p.ID, "main", 10)
	ok(t, "listing", err)
	if len(list) != 0 {
		t.Errorf("a refused pipeline exists: %+v", list)
	}
}
