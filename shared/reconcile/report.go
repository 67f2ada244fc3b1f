package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// Report is what a run found and did.
type Report struct {
	Run      string    `json:"run"`
	Started  time.Time `json:"startedAt"`
	Ended    time.Time `json:"endedAt"`
	Complete bool      `json:"complete"`          // everything was looked at
	Failure  string    `json:"failure,omitempty"` // why not
	Projects Projects  `json:"projects"`
	Groups   []Group   `json:"groups"`
	// Kept are the projects of which something stays although GitLab does not show them.
	Kept []Note `json:"kept"`
	// Failed are the projects that could not be read.
	Failed   []Note   `json:"failed"`
	Entities Entities `json:"entities"`
	Hooks    Hooks    `json:"hooks"`
	// ProblemFiles is the number of files that are not wholly in the catalog.
	ProblemFiles int `json:"problemFiles"`
	// Executions were started for operations that nothing worked on; Events had been stored
	// and not published.
	Executions int `json:"executionsStarted"`
	Events     int `json:"eventsPublished"`
	Log        Log `json:"changeLog"`
}

// Projects counts projects by what was done about them.
type Projects struct {
	Seen      int `json:"seen"` // that GitLab showed
	Unchanged int `json:"unchanged"`
	Read      int `json:"read"`
	Moved     int `json:"moved"`
	Hidden    int `json:"hidden"` // archived or marked for deletion
	Gone      int `json:"gone"`
	HeldBack  int `json:"heldBack"` // still being created
}

// Entities counts changes of the catalog.
type Entities struct {
	Changed int `json:"changed"`
	Deleted int `json:"deleted"`
}

// Group is a discovered group.
type Group struct {
	Path     string `json:"path"`
	Projects int    `json:"projects"`          // that the listing showed
	Problem  string `json:"problem,omitempty"` // why it could not be listed
}

// Note is a word on a project.
type Note struct {
	Project string     `json:"project"`
	Reason  string     `json:"reason"`
	Since   *time.Time `json:"since,omitempty"`
}

// Hooks counts webhooks by what was done about them in this run; Problems are those that
// do not work, also when an earlier run found that out.
type Hooks struct {
	Managed  bool   `json:"managed"` // false: they are left alone
	Checked  int    `json:"checked"`
	Created  int    `json:"created"`
	Enabled  int    `json:"enabled"`
	Updated  int    `json:"updated"`
	Problems []Note `json:"problems"`
}

// Log says how far the change log has come.
type Log struct {
	Head int64 `json:"head"` // number of the last change
	// Behind is the number of changes that the snapshot of the index lacks; absent where
	// there is none.
	Behind *int64 `json:"snapshotBehind,omitempty"`
}

// maxNotes bounds the lists of a report.
const maxNotes = 200

// The items of the catalog's table that this package owns:
//
//	RECONCILE               LEASE        the run that is under way
//	RECONCILE               REPORT       the report of the last run
//	RECONCILE#RUN#<run>     BEGIN, step  what a run did so far
//	RECONCILE#HOOKS         id           when a project's hooks were looked at, and how they were
const (
	partition      = "RECONCILE"
	runPrefix      = "RECONCILE#RUN#"
	hooksPartition = "RECONCILE#HOOKS"
	beginSort      = "BEGIN"
	stepPrefix     = "STEP#"
)

func leaseKey() table.Key  { return table.Key{PK: partition, SK: "LEASE"} }
func reportKey() table.Key { return table.Key{PK: partition, SK: "REPORT"} }

// Reports gives the report of the last run.
type Reports struct{ Table table.Table }

// Last gives the newest report; NotFound before the first run has ended.
func (r Reports) Last(ctx context.Context) (Report, error) {
	var out Report
	item, err := r.Table.Get(ctx, reportKey())
	if errors.Is(err, errs.NotFound) {
		return out, errs.New(errs.NotFound, "no reconciliation has ended yet")
	}
	if err != nil {
		return out, fmt.Errorf("reading the report of the last reconciliation: %w", err)
	}
	return out, decode(item, &out)
}

func decode(item table.Item, into any) error {
	if err := json.Unmarshal(item.Body, into); err != nil {
		return errs.Wrap(errs.Internal, "the item "+item.PK+"/"+item.SK+" is damaged", err)
	}
	return nil
}

func encode(key table.Key, v any, expires time.Time) (table.Item, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return table.Item{}, errs.Wrap(errs.Internal, "the item "+key.PK+" can't be written as JSON", err)
	}
	return table.Item{Key: key, Body: body, Expires: expires}, nil
}

// step is what one call of Sweep, or Recover, did.
type step struct {
	Projects   Projects         `json:"projects"`
	Groups     map[string]Group `json:"groups,omitempty"`
	Kept       []Note           `json:"kept,omitempty"`
	Failed     []Note           `json:"failed,omitempty"`
	Entities   Entities         `json:"entities"`
	Hooks      Hooks            `json:"hooks"`
	Executions int              `json:"executions,omitempty"`
	Events     int              `json:"events,omitempty"`
}

// add sums up steps.
func (r *Report) add(s step) {
	r.Projects.Seen += s.Projects.Seen
	r.Projects.Unchanged += s.Projects.Unchanged
	r.Projects.Read += s.Projects.Read
	r.Projects.Moved += s.Projects.Moved
	r.Projects.Hidden += s.Projects.Hidden
	r.Projects.Gone += s.Projects.Gone
	r.Projects.HeldBack += s.Projects.HeldBack
	r.Entities.Changed += s.Entities.Changed
	r.Entities.Deleted += s.Entities.Deleted
	r.Hooks.Checked += s.Hooks.Checked
	r.Hooks.Created += s.Hooks.Created
	r.Hooks.Enabled += s.Hooks.Enabled
	r.Hooks.Updated += s.Hooks.Updated
	r.Kept = noted(r.Kept, s.Kept...)
	r.Failed = noted(r.Failed, s.Failed...)
	r.Executions += s.Executions
	r.Events += s.Events
	for i := range r.Groups {
		if g, ok := s.Groups[r.Groups[i].Path]; ok {
			r.Groups[i].Projects += g.Projects
			r.Groups[i].Problem += g.Problem
		}
	}
}

func noted(list []Note, more ...Note) []Note {
	room := max(0, maxNotes-len(list))
	return append(list, more[:min(room, len(more))]...)
}
