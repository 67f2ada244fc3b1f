package reconcile

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/table"
)

// The phases of a sweep, in their order.
const (
	phaseGroups    = "groups"    // projects below the discovered groups
	phaseLocations = "locations" // projects that registered locations lie in
	phaseOthers    = "others"    // known projects outside of the groups
	phaseAbsent    = "absent"    // known projects that GitLab denies
	phaseEnd       = "end"
)

// Cursor is where a sweep stands.
type Cursor struct {
	Phase string `json:"phase"`
	Group int    `json:"group,omitempty"` // index of the group
	After int64  `json:"after,omitempty"` // id of the last project
	At    string `json:"at,omitempty"`    // id of the last location
}

func (c Cursor) String() string {
	return fmt.Sprintf("%s %d %019d %s", c.Phase, c.Group, c.After, c.At)
}

// The measures of a sweep.
const (
	pageSize = 100 // projects of a listing, as many as GitLab gives at once
	parallel = 4   // projects that are worked on at the same time
	tries    = 3   // at one project, while GitLab fails
	outage   = 12  // projects that fail in a row are no fault of theirs
)

// sweep is one call of Sweep.
type sweep struct {
	*Tasks
	run    string
	cursor Cursor
	absent map[int64]bool // known to be denied when the call began

	mu     sync.Mutex
	did    step
	others map[string]bool // projects that files lead to
	inARow int             // failures
}

// Sweep works from the cursor on until its budget is used up. An outage of GitLab is an
// error, after which the same cursor is tried again; a single project that fails is noted.
func (t *Tasks) Sweep(ctx context.Context, in Input) (Progress, error) {
	if _, err := t.lease(ctx, in.Run); err != nil { // another run that took it over does no harm
		return Progress{}, err
	}
	s := &sweep{Tasks: t, run: in.Run, cursor: in.Cursor, absent: map[int64]bool{}, others: map[string]bool{}}
	s.did.Groups = map[string]Group{}
	absent, err := t.deps.Evidence.Absent(ctx)
	if err != nil {
		return Progress{}, err
	}
	for _, a := range absent {
		s.absent[a.ID] = true
	}
	end := t.deps.Clock.Now().Add(t.deps.Budget)
	for first := true; first || s.cursor.Phase != phaseEnd && t.deps.Clock.Now().Before(end); first = false {
		if err := s.next(ctx); err != nil {
			return Progress{}, err
		}
	}
	if err := t.note(ctx, in.Run, in.Cursor.String(), s.did); err != nil {
		return Progress{}, err
	}
	return Progress{Cursor: s.cursor, More: s.cursor.Phase != phaseEnd}, nil
}

// next does one page of the phase that the cursor is in and moves the cursor.
func (s *sweep) next(ctx context.Context) error {
	switch s.cursor.Phase {
	case phaseGroups:
		return s.groups(ctx)
	case phaseLocations:
		return s.locations(ctx)
	case phaseOthers:
		return s.outside(ctx)
	case phaseAbsent:
		return s.judge(ctx)
	}
	return errs.New(errs.Invalid, "a sweep has no phase "+errs.Clip(s.cursor.Phase))
}

// groups does one page of a group's listing.
func (s *sweep) groups(ctx context.Context) error {
	groups := s.deps.Discovery.Groups()
	if s.cursor.Group >= len(groups) {
		s.cursor = Cursor{Phase: phaseLocations}
		return nil
	}
	group := groups[s.cursor.Group]
	page, err := s.deps.Listing.ProjectsIn(ctx, group, s.cursor.After, pageSize)
	if errs.Transient(err) {
		return err
	}
	g := s.did.Groups[group]
	if g.Path = group; err != nil { // its known projects are asked for one by one
		g.Problem = errs.Message(err)
	}
	upTo := int64(math.MaxInt64)
	if page.More && len(page.Projects) > 0 {
		upTo = page.Projects[len(page.Projects)-1].ID
	}
	missing, err := s.missing(ctx, group, page.Projects, upTo)
	if err != nil {
		return err
	}
	g.Projects += len(page.Projects)
	s.did.Groups[group] = g
	if err := s.all(ctx, page.Projects, missing); err != nil {
		return err
	}
	if s.cursor.After = upTo; upTo == math.MaxInt64 {
		s.cursor = Cursor{Phase: phaseGroups, Group: s.cursor.Group + 1}
	}
	return nil
}

// missing gives the known projects below a group that its listing does not show, for the
// ids that a page covers. The listing only raises the question: each is asked for by id.
func (s *sweep) missing(ctx context.Context, group string, listed []scm.Project, upTo int64) ([]int64, error) {
	var out []int64
	err := s.deps.Known.Projects(ctx, s.cursor.After, upTo, func(k catalog.KnownProject) error {
		shown := slices.ContainsFunc(listed, func(p scm.Project) bool { return p.ID == k.ID })
		if !shown && catalog.Below(k.Path, []string{group}) {
			out = append(out, k.ID)
		}
		return nil
	})
	return out, err
}

// all syncs the projects of a page, and those that are missing from it.
func (s *sweep) all(ctx context.Context, listed []scm.Project, missing []int64) error {
	err := inParallel(listed, func(p scm.Project) error { return s.project(ctx, p.ID, p.Path, &p) })
	if err == nil {
		err = inParallel(missing, func(id int64) error { return s.project(ctx, id, "", nil) })
	}
	if err != nil {
		return err
	}
	for path := range s.others {
		if err := s.elsewhere(ctx, path); err != nil {
			return err
		}
	}
	clear(s.others)
	return nil
}

// inParallel calls f for all items, a few at once, and gives the first error.
func inParallel[T any](items []T, f func(T) error) error {
	var wg sync.WaitGroup
	problems := make([]error, min(parallel, len(items)))
	for n := range problems {
		wg.Go(func() {
			for i := n; i < len(items) && problems[n] == nil; i += parallel {
				problems[n] = f(items[i])
			}
		})
	}
	wg.Wait()
	return errors.Join(problems...)
}

// project syncs one project and looks after its hooks. What fails is tried again a few
// times and then noted; an error is an outage, or a fault of our own tables.
func (s *sweep) project(ctx context.Context, id int64, path string, listed *scm.Project) error {
	did, hooks, err := s.attempt(ctx, id, listed)
	for n := 1; n < tries && errs.Transient(err); n++ {
		if err := s.deps.Clock.Sleep(ctx, pause(err, n)); err != nil {
			return err
		}
		did, hooks, err = s.attempt(ctx, id, nil)
	}
	if did.Path == "" {
		did.Path = path
	}
	if s.denied(did) {
		if err := s.deps.Evidence.Denied(ctx, id, s.run); err != nil {
			return err
		}
	} else if err == nil && s.absent[id] {
		if err := s.deps.Evidence.Present(ctx, id); err != nil {
			return err
		}
	}
	return s.count(ctx, id, did, hooks, err)
}

func (s *sweep) denied(did catalog.Synced) bool { return did.Kept != "" }

func (s *sweep) attempt(ctx context.Context, id int64, listed *scm.Project) (catalog.Synced, Hooks, error) {
	did, err := s.deps.Discovery.Sync(ctx, id, listed)
	if err != nil || s.deps.Hooks == nil || did.Path == "" || did.HeldBack || did.Hidden || did.Gone || did.Kept != "" {
		return did, Hooks{}, err
	}
	hooks, err := s.deps.Hooks.Check(ctx, id, did.Path, did.Read)
	return did, hooks, err
}

// pause is how long to wait before the n-th repetition.
func pause(err error, n int) time.Duration {
	var e *errs.Error
	if errors.As(err, &e) && e.RetryAfter > 0 {
		return min(e.RetryAfter, 30*time.Second)
	}
	return time.Duration(n) * time.Second
}

// count notes what became of a project.
func (s *sweep) count(ctx context.Context, id int64, did catalog.Synced, hooks Hooks, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, path := range did.Others {
		s.others[path] = true
	}
	s.did.add(did, hooks, err == nil)
	switch {
	case err == nil:
		s.inARow = 0
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		name := did.Path
		if name == "" {
			name = fmt.Sprintf("project %d", id)
		}
		s.deps.Logger.WarnContext(ctx, "a project could not be reconciled", "project", id, "error", err)
		s.did.Failed = noted(s.did.Failed, Note{Project: name, Reason: errs.Message(err)})
		if s.inARow++; s.inARow >= outage && errs.Transient(err) {
			return err
		}
	}
	return nil
}

// add counts one project.
func (s *step) add(did catalog.Synced, hooks Hooks, whole bool) {
	tally := func(yes bool, n *int) {
		if yes {
			*n++
		}
	}
	shown := whole && did.Path != "" && did.Kept == "" && !did.Gone
	tally(shown, &s.Projects.Seen)
	tally(shown && !did.Read && !did.Moved && !did.Hidden, &s.Projects.Unchanged)
	tally(did.Read, &s.Projects.Read)
	tally(did.Moved, &s.Projects.Moved)
	tally(did.Hidden, &s.Projects.Hidden)
	tally(did.Gone, &s.Projects.Gone)
	tally(did.HeldBack, &s.Projects.HeldBack)
	s.Entities.Changed += len(did.Upserted)
	s.Entities.Deleted += len(did.Deleted)
	s.Hooks.Checked += hooks.Checked
	s.Hooks.Created += hooks.Created
	s.Hooks.Enabled += hooks.Enabled
	s.Hooks.Updated += hooks.Updated
}

// elsewhere looks at a place that files lead to: a project that may not be known yet, or a
// host that has no projects.
func (s *sweep) elsewhere(ctx context.Context, path string) error {
	var did catalog.Synced
	var err error
	if (catalog.FileRef{Project: path}).Web() {
		did.Path, did.Read = path, true
		did.Ingested, err = s.deps.Discovery.ReadWeb(ctx, path)
	} else {
		did, err = s.deps.Discovery.At(ctx, path)
	}
	if did.Path == "" && err != nil {
		did.Path = path
	}
	return s.met(ctx, did, err)
}

// met notes what became of a place that something leads to.
func (s *sweep) met(ctx context.Context, did catalog.Synced, err error) error {
	if did.Kept != "" {
		s.did.Kept = noted(s.did.Kept, Note{Project: did.Path, Reason: did.Kept})
		return nil
	}
	did.Others = nil // they are looked at when that project is
	return s.count(ctx, 0, did, Hooks{}, err)
}

// locationsPage is how many registered locations are looked at before the budget is.
const locationsPage = 200

// locations looks at the projects that registered locations lie in, and at files that were
// never read: what is known already takes no call of GitLab.
func (s *sweep) locations(ctx context.Context) error {
	all, err := s.deps.Known.Locations(ctx)
	if err != nil {
		return err
	}
	rest := slices.DeleteFunc(all, func(l catalog.Location) bool { return l.ID <= s.cursor.At })
	places := map[string]bool{}
	for _, l := range rest[:min(locationsPage, len(rest))] {
		places[l.File.Project] = true
		s.cursor.At = l.ID
	}
	for path := range places {
		if err := s.elsewhere(ctx, path); err != nil {
			return err
		}
	}
	for _, l := range rest[:min(locationsPage, len(rest))] {
		did, err := s.deps.Discovery.Unread(ctx, l)
		if err := s.met(ctx, did, err); err != nil {
			return err
		}
	}
	if len(rest) <= locationsPage {
		s.cursor = Cursor{Phase: phaseOthers}
	}
	return nil
}

// outside syncs a page of the known projects that no group is listed for.
func (s *sweep) outside(ctx context.Context) error {
	var ids []int64
	last := s.cursor.After
	err := s.deps.Known.Projects(ctx, s.cursor.After, math.MaxInt64, func(k catalog.KnownProject) error {
		if len(ids) == pageSize {
			return table.ErrStop
		}
		last = k.ID
		if !catalog.Below(k.Path, s.deps.Discovery.Groups()) {
			ids = append(ids, k.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.all(ctx, nil, ids); err != nil {
		return err
	}
	if s.cursor.After = last; len(ids) < pageSize {
		s.cursor = Cursor{Phase: phaseAbsent}
	}
	return nil
}

// When more of the known projects are denied at once than these, it is the token that has
// lost its access, whatever it still sees of the groups.
const (
	fewAbsent   = 3
	absentShare = 10 // one in so many
)

// judge looks for evidence that absent projects have gone.
func (s *sweep) judge(ctx context.Context) error {
	s.cursor = Cursor{Phase: phaseEnd}
	absent, err := s.deps.Evidence.Absent(ctx)
	if err != nil || len(absent) == 0 {
		return err
	}
	known := 0
	if err := s.deps.Known.Projects(ctx, 0, math.MaxInt64, func(catalog.KnownProject) error { known++; return nil }); err != nil {
		return err
	}
	tooMany := len(absent) > fewAbsent && len(absent)*absentShare > known
	for _, a := range absent {
		did := catalog.Synced{Path: a.Path, Kept: fmt.Sprintf("GitLab denies %d of %d projects at once: the token may have lost its access", len(absent), known)}
		if !tooMany {
			did, err = s.deps.Evidence.Remove(ctx, a)
		}
		if did.Kept != "" {
			s.did.Kept = noted(s.did.Kept, Note{Project: a.Path, Reason: did.Kept, Since: &a.Since})
		}
		if err := s.count(ctx, a.ID, did, Hooks{}, err); err != nil {
			return err
		}
	}
	return nil
}

// problemFiles counts the files that are not wholly in the catalog.
func (t *Tasks) problemFiles(ctx context.Context) (int, error) {
	q, n := catalog.ProblemQuery{Limit: catalog.MaxProblemPage}, 0
	for {
		page, err := t.deps.Known.Problems(ctx, q)
		if err != nil {
			return n, err
		}
		if n += len(page.Items); page.Next == "" {
			return n, nil
		}
		q.After = page.Next
	}
}
