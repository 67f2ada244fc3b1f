package aws

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/scm"
)

// fresh is how soon a push has to be seen by every instance, for 99 pushes of 100.
const fresh = time.Second

// freshness pushes, and asks another instance of the catalog until it shows the push. The
// time runs from before the push is sent to GitLab, which is before the webhook arrives.
func freshness(t *testing.T, s *stack) {
	pushes := 110
	if s.enforced {
		pushes = 10 // the way is the same; whether it is allowed takes no statistics
	}
	project, err := s.scm.Project(t.Context(), teams+"/untold")
	if err != nil {
		t.Fatal(err)
	}
	reader := s.another(t, "catalog")
	reader.get(t, untold)
	var took []time.Duration
	for i := range pushes {
		began, text := time.Now(), fmt.Sprintf("Pushed %d times", i+1)
		_, err := s.scm.Commit(t.Context(), project.ID, scm.NewCommit{
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
			time.Sleep(5 * time.Millisecond)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	at := func(share int) time.Duration { return took[(len(took)*share+99)/100-1].Round(time.Millisecond) }
	t.Logf("%d pushes, from the push to the answer of another instance: p50 %s, p99 %s, slowest %s", len(took), at(50), at(99), at(100))
	if at(99) > fresh {
		t.Errorf("p99 is %s, want at most %s", at(99), fresh)
	}
}
