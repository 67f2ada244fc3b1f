package operationsapi

import (
	"context"
	"net/http"

	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/textdiff"
)

// Planner finds out what an operation will do, without doing it.
type Planner interface {
	Preview(ctx context.Context, o *operations.Operation) (*operations.Preview, error)
}

// Plan is what an operation would do, if it were asked for now.
type Plan struct {
	Target  string              `json:"target"`
	Effects []operations.Effect `json:"effects"`
	// Hash is what a request names as its planHash, to have this plan applied or none.
	Hash     string            `json:"hash"`
	Changes  []PlannedChange   `json:"changes"`
	Log      []operations.Line `json:"log"`
	Output   map[string]any    `json:"output,omitempty"`
	Resolved string            `json:"resolved"` // what it would work from, for a person
}

// PlannedChange is one file that an effect would write into a repository.
type PlannedChange struct {
	Project    string `json:"project"`
	Branch     string `json:"branch"`
	Path       string `json:"path"`
	Action     string `json:"action"`
	Diff       string `json:"diff,omitempty"`   // the hunks of a unified diff
	Binary     bool   `json:"binary,omitempty"` // there is no diff that could be shown
	Bytes      int    `json:"bytes"`            // of the file as it would be
	Executable bool   `json:"executable,omitempty"`
	Link       string `json:"link,omitempty"` // target of a symbolic link
}

// maxDiffed is the size of the largest file that is shown with its differences, in bytes;
// maxDiffs that of all differences of a plan: Lambda passes on 6 MB.
const (
	maxDiffed = 256 << 10
	maxDiffs  = 2 << 20
)

// plan answers what a request would do, and does none of it.
func (h operationsHandler) plan(w http.ResponseWriter, r *http.Request, asked operations.Request) error {
	draft, err := h.Changes.Draft(r.Context(), asked)
	if err != nil {
		return err
	}
	p, err := h.Planner.Preview(r.Context(), draft)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpapi.WriteJSON(w, http.StatusOK, Plan{
		Target: draft.Target, Effects: p.Plan.Effects, Hash: p.Plan.Hash, Changes: plannedChanges(p.Changes), Log: p.Log, Output: p.Output, Resolved: p.Resolved,
	})
}

func plannedChanges(list []operations.FileChange) []PlannedChange {
	out, room := make([]PlannedChange, 0, len(list)), maxDiffs
	for _, c := range list {
		shown := PlannedChange{
			Project: c.Project, Branch: c.Branch, Path: c.Path, Action: c.Action, Bytes: len(c.After), Executable: c.Executable, Link: c.Link,
		}
		shown.Binary = textdiff.Binary(c.Before) || textdiff.Binary(c.After) || max(len(c.Before), len(c.After)) > min(maxDiffed, room)
		if !shown.Binary {
			shown.Diff = textdiff.Unified(string(c.Before), string(c.After))
			room -= len(shown.Diff)
		}
		out = append(out, shown)
	}
	return out
}
