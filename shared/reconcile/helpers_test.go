package reconcile_test

import (
	"fmt"
	"testing"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
)

func appName(i int) string { return fmt.Sprintf("app-%03d", i) }
func appPath(i int) string { return "apps/" + appName(i) }

// hideAll takes the token's access to the projects of apps away, but not to the group.
func (h *truth) hideAll(t testing.TB) {
	t.Helper()
	h.setWeather(func(call string) error {
		switch call[:4] {
		case "byid":
			return errMissing
		}
		return nil
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, p := range h.projects {
		if p.Path[:5] == "apps/" {
			p.Path = "hidden/" + p.Path // the listing does not show it any more
			h.projects[id] = p
		}
	}
}

func (r *rig) head(t testing.TB) int64 {
	t.Helper()
	seq, err := r.log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

// deleted gives the entities that were taken out behind a change, by ref.
func (r *rig) deleted(t testing.TB, since int64) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	err := r.log.Since(t.Context(), since, func(c changelog.Change) error {
		if c.Action == changelog.Delete {
			out[c.Ref] = c.Seq
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (r *rig) mustHaveDeletedNothing(t testing.TB, since int64) {
	t.Helper()
	if gone := r.deleted(t, since); len(gone) > 0 {
		t.Fatalf("taken out although it was there all the time: %v", gone)
	}
}
