package catalog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// The limits of a walk along Location entities: how many files it follows from the one it
// began with, and how many of them one after the other.
const (
	maxFiles  = 200
	maxLevels = 8
)

// ingestTries is how often a file is read again because somebody else was reading it.
const ingestTries = 8

// discovered are the files that a branch is looked through for.
var discovered = []string{"catalog-info.yaml", ".backstage/catalog-info.yaml"}

// Ingested says what reading files did.
type Ingested struct {
	Entities []string         // refs that the files own now
	Upserted []string         // refs that were new or changed
	Deleted  []string         // refs that the files no longer hold
	Problems []entity.Problem // documents that were left out, files that can't be found
}

// IngestProject brings the catalog in line with a project's branch: every file known on it
// and, with wellKnown, the files that catalogs are discovered by are read again at the
// branch's head. A file that can't be read changes nothing and is reported as the error;
// the other files are still read.
func (s *Service) IngestProject(ctx context.Context, project, branch string, wellKnown bool) (Ingested, error) {
	w := s.walk()
	known, err := s.filesOf(ctx, project, branch)
	if err != nil {
		return Ingested{}, err
	}
	for _, f := range known {
		w.visit(ctx, visit{file: f, known: true})
	}
	for _, path := range discovered {
		if wellKnown {
			w.visit(ctx, visit{file: FileRef{Project: project, Branch: branch, Path: path}, optional: true})
		}
	}
	return w.done()
}

// visit is a file to be read, and how the walk came to it.
type visit struct {
	file     FileRef
	location *Location // the registered location that is being read
	parent   *fileState
	via      string // ref of the Location entity in the parent that names the file
	optional bool   // its absence is no problem
	known    bool   // it was read before: how it was come to stays as it is
}

// walk reads files and what their Location entities lead to.
type walk struct {
	service *Service
	seen    map[FileRef]bool
	// followed are the files that the one it began with has led to.
	followed int
	result   Ingested
	gone     error // the host says that projects or branches are not there
	failed   error // everything else that went wrong
}

func (s *Service) walk() *walk { return &walk{service: s, seen: map[FileRef]bool{}} }

func (w *walk) done() (Ingested, error) {
	for _, list := range []*[]string{&w.result.Entities, &w.result.Upserted, &w.result.Deleted} {
		slices.Sort(*list)
	}
	if w.failed != nil {
		return w.result, w.failed
	}
	return w.result, w.gone
}

// keep notes a failure. What is gone must not hide what may succeed later.
func (w *walk) keep(err error) {
	if errors.Is(err, errs.NotFound) {
		w.gone = errors.Join(w.gone, err)
		return
	}
	w.failed = errors.Join(w.failed, err)
}

func (w *walk) problem(f FileRef, format string, args ...any) {
	w.result.Problems = append(w.result.Problems,
		entity.Problem{Target: w.service.source.URL(f), Message: fmt.Sprintf(format, args...)})
}

// visit reads a file and follows it. Failures are kept for done: one file that can't be
// read says nothing about the others.
func (w *walk) visit(ctx context.Context, v visit) {
	switch {
	case w.seen[v.file]:
		return
	case v.parent != nil && w.followed == maxFiles:
		w.problem(v.file, "not read: more than %d files", maxFiles)
		return
	case v.parent != nil && v.parent.Level == maxLevels:
		w.problem(v.file, "not read: more than %d locations deep", maxLevels)
		return
	case v.parent != nil:
		w.followed++
	default:
		w.followed = 0
	}
	w.seen[v.file] = true
	after, err := w.ingest(ctx, v)
	if err != nil {
		w.keep(fmt.Errorf("reading %s of %s: %w", v.file.Path, v.file.Project, err))
		return
	}
	if after == nil {
		return
	}
	for _, child := range after.follow {
		if child.taken {
			continue
		}
		w.visit(ctx, visit{file: child.file, location: v.location, parent: &after.fileState, via: child.via, optional: child.optional})
	}
	w.keep(w.dropAll(ctx, &after.fileState))
}

// ingest reads one file at its branch's head and writes what it says. The state is read
// before the head, and the write holds only if the state is still the same.
func (w *walk) ingest(ctx context.Context, v visit) (*reading, error) {
	var done []changelog.Outcome
	for range ingestTries {
		after, did, err := w.attempt(ctx, v)
		done = append(done, did...)
		switch {
		case errors.Is(err, changelog.ErrMoved):
			if old, failed := w.service.outdated(ctx, v.file); old || failed != nil {
				return nil, errors.Join(failed, err)
			}
			continue
		case err != nil || after == nil:
			return nil, err
		case after.disputed(did):
			continue // somebody was quicker since the look for conflicts: take note of it
		}
		w.record(ctx, after, done)
		return after, nil
	}
	return nil, errTooOften
}

// attempt is ingest as long as nobody else reads the file; ErrMoved when somebody does.
func (w *walk) attempt(ctx context.Context, v visit) (*reading, []changelog.Outcome, error) {
	s := w.service
	before, err := s.fileState(ctx, v.file)
	if err != nil {
		return nil, nil, err
	}
	hold, led, err := s.led(ctx, before, v)
	if err != nil || !led {
		return nil, nil, err
	}
	if before.Leaving && v.parent == nil && v.location == nil {
		delete(w.seen, v.file) // discovery may find it again
		return nil, nil, s.drop(ctx, v.file, before.leader(), w)
	}
	if foreign(before, v) {
		w.problem(v.file, "another location reads this file already")
		delete(w.seen, v.file) // that location's turn is to come, perhaps
		return nil, nil, s.outrun(ctx, before, v)
	}
	at := ctx
	if before.revision != "" {
		if at, err = s.pinned(ctx, v.file); err != nil {
			return nil, nil, err
		}
	}
	after, err := s.readFile(at, before, v)
	if err != nil || after == nil {
		return nil, nil, err
	}
	if after.Commit == "" {
		return nil, nil, s.takeOut(ctx, before, w)
	}
	if err := s.complete(ctx, before, after); err != nil {
		return nil, nil, err
	}
	if k := holder(ctx, v.file); k != nil {
		hold = append(hold, k.check())
	}
	done, err := s.replace(ctx, before, &after.fileState, after.intents, hold)
	return after, done, err
}

// disputed reports whether an entity of the file turned out to belong to another one.
func (r *reading) disputed(done []changelog.Outcome) bool {
	return slices.ContainsFunc(done, func(o changelog.Outcome) bool {
		return o.OwnedBy != "" && slices.Contains(r.Refs, o.Ref) && !r.tells(o.Ref)
	})
}

func (r *reading) tells(ref string) bool {
	return slices.ContainsFunc(r.Problems, func(p entity.Problem) bool { return p.Ref == ref })
}

// outrun notes with the file that led to one which another has come to in the same moment
// that it is to be read again.
func (s *Service) outrun(ctx context.Context, child *fileState, v visit) error {
	if v.parent == nil || child.found() {
		return nil
	}
	parent, err := s.fileState(ctx, v.parent.File)
	if err != nil || parent.revision == "" {
		return err
	}
	parent.Stale = true
	put, err := parent.put()
	if err != nil {
		return err
	}
	_, err = s.log.Apply(ctx, nil, []table.Write{put})
	return err // when the parent has moved on, this is tried again
}

// complete adds to a reading what the catalog itself knows of the file's problems.
func (s *Service) complete(ctx context.Context, before *fileState, r *reading) error {
	conflicts, err := s.conflicts(ctx, r)
	if err != nil {
		return err
	}
	taken, err := s.taken(ctx, r)
	if err != nil {
		return err
	}
	r.Problems = limited(slices.Concat(r.Problems, conflicts, taken))
	r.Dropped = slices.DeleteFunc(unionFiles(before.Children, before.Dropped), func(f FileRef) bool { return slices.Contains(r.Children, f) })
	if r.Since = before.Since; len(before.Problems) == 0 {
		r.Since = s.clock.Now()
	}
	if len(r.Problems) == 0 {
		r.Since = time.Time{}
	}
	return nil
}

// foreign reports whether another location, or another file's Location entity, brought
// the file in. A file that was merely discovered may be adopted by a location.
func foreign(st *fileState, v visit) bool {
	if st.revision == "" || v.known {
		return false
	}
	if v.parent != nil {
		return st.Parent == nil || *st.Parent != v.parent.File
	}
	return st.Parent != nil && v.location != nil || st.Location != "" && v.location != nil && st.Location != v.location.ID
}

// record notes what was done for the caller and the log.
func (w *walk) record(ctx context.Context, r *reading, done []changelog.Outcome) {
	w.result.Problems = append(w.result.Problems, r.Problems...)
	refused := map[string]bool{}
	for _, o := range done {
		switch {
		case o.OwnedBy != "":
			refused[o.Ref] = true
		case o.Action == changelog.Upsert:
			w.result.Upserted = append(w.result.Upserted, o.Ref)
		case o.Action == changelog.Delete:
			w.result.Deleted = append(w.result.Deleted, o.Ref)
		}
	}
	for _, ref := range r.Refs {
		if !refused[ref] {
			w.result.Entities = append(w.result.Entities, ref)
		}
	}
	w.service.logger.InfoContext(ctx, "catalog file read", slog.String("project", r.File.Project), slog.String("path", r.File.Path),
		slog.String("commit", r.Commit), slog.Int("entities", len(r.Refs)), slog.Int("problems", len(r.Problems)), slog.Int("refused", len(refused)))
}

// deletions are the intents that take out entities of a file.
func (s *Service) deletions(st *fileState, refs []string) []changelog.Intent {
	out := make([]changelog.Intent, 0, len(refs))
	for _, ref := range refs {
		out = append(out, changelog.Intent{Ref: ref, Wish: changelog.Remove, Origin: s.originOf(st)})
	}
	return out
}

func (s *Service) originOf(st *fileState) changelog.Origin {
	return changelog.Origin{Owner: "url:" + s.source.URL(st.File), Location: st.Location, Parent: st.Via, Commit: st.Commit}
}
