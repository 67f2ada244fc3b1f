package aws

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/scm"
)

const (
	// fresh is how soon 99 pushes of 100 have to be seen by every instance.
	fresh = time.Second
	// rounds is how often that is measured at most: a machine that is busy with something
	// else holds one up, but not all; what is slow by itself is slow in each.
	rounds = 3
	pushes = 110 // of a round
)

// freshness pushes, and asks another instance of the catalog until it shows the push.
func freshness(t *testing.T, s *stack) {
	project, err := s.scm.Project(t.Context(), teams+"/untold")
	if err != nil {
		t.Fatal(err)
	}
	reader := s.another(t, "catalog")
	reader.get(t, untold)
	if s.enforced { // the way is the same; whether it is allowed takes no statistics
		s.timePush(t, project.ID, reader, "Pushed, as allowed")
		return
	}
	for round := range rounds {
		var took []time.Duration
		for n := range pushes {
			took = append(took, s.timePush(t, project.ID, reader, fmt.Sprintf("Pushed %d times in round %d", n+1, round+1)))
		}
		slices.Sort(took)
		at := func(share int) time.Duration { return took[(len(took)*share+99)/100-1].Round(time.Millisecond) }
		t.Logf("%d pushes, from the push to the answer of another instance: p50 %s, p99 %s, slowest %s", len(took), at(50), at(99), at(100))
		if at(99) <= fresh {
			return
		}
	}
	t.Errorf("p99 is more than %s in each of %d rounds", fresh, rounds)
}

// timePush gives the time from before a push is sent to GitLab, which is before its webhook
// arrives, to the first answer that shows it.
func (s *stack) timePush(t *testing.T, project int64, reader *instance, text string) time.Duration {
	t.Helper()
	began := time.Now()
	_, err := s.scm.Commit(t.Context(), project, scm.NewCommit{
		Branch: "main", Message: "Say how often [skip ci]",
		Changes: []scm.Change{{Action: scm.UpdateFile, Path: "catalog-info.yaml", Content: component("untold", text)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for !bytes.Contains(reader.get(t, untold), []byte(text)) {
		if time.Since(began) > patience {
			t.Fatalf("%q is not seen within %s", text, patience)
		}
		time.Sleep(20 * time.Millisecond) // each question takes time from what it waits for
	}
	return time.Since(began)
}
