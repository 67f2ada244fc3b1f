package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// fileState is what is known of a file that the catalog reads. Its revision orders the
// ingestions of the file: see the package comment.
type fileState struct {
	File     FileRef          `json:"file"`
	Location string           `json:"location,omitempty"` // id of the registered location that led here
	Origin   string           `json:"origin"`             // location key of that location, or of the file itself
	Parent   *FileRef         `json:"parent,omitempty"`   // the file with the Location entity that led here
	Commit   string           `json:"commit"`
	Refs     []string         `json:"refs"` // the entities that the file owns
	Children []FileRef        `json:"children,omitempty"`
	Problems []entity.Problem `json:"problems,omitempty"`
	Since    time.Time        `json:"since,omitzero"` // when the present problems were first seen
	// Via is the ref of the Location entity that led here.
	Via string `json:"via,omitempty"`
	// Stale says that the file has to be read again although its commit is the branch's head.
	Stale bool `json:"stale,omitempty"`
	// Optional says that the file need not be there.
	Optional bool `json:"optional,omitempty"`
	// Platform says that the platform itself configured what led here.
	Platform bool `json:"platform,omitempty"`
	// Run marks the ingestion that is writing in several transactions.
	Run string `json:"run,omitempty"`
	// Dropped are files that this one has ceased to lead to, until they are released.
	Dropped []FileRef `json:"dropped,omitempty"`
	// Leaving says that nothing leads here any more: what the file holds is being taken out.
	Leaving bool `json:"leaving,omitempty"`
	// Level is how many Location entities lead here one after the other.
	Level int `json:"level,omitempty"`

	revision string
}

// found reports whether a known file is discovery's: it keeps what it finds.
func (f *fileState) found() bool { return f.revision != "" && f.Parent == nil && f.Location == "" }

func (f *fileState) condition() table.Condition {
	if f.revision == "" {
		return table.Absent
	}
	return table.AtRevision(f.revision)
}

func (f *fileState) put() (table.Write, error) {
	item, err := changelog.Encode(sourceKey(f.File), f)
	return table.PutWrite(item, f.condition()), err
}

func (f *fileState) check() table.Write {
	return table.CheckWrite(sourceKey(f.File), f.condition())
}

// sameAs reports whether writing next instead of f would change nothing.
func (f *fileState) sameAs(next *fileState) bool {
	a, errA := entity.Canonical(f)
	b, errB := entity.Canonical(next)
	return f.revision != "" && errA == nil && errB == nil && string(a) == string(b)
}

// fileState reads what is known of a file; a state without revision when that is nothing.
func (s *Service) fileState(ctx context.Context, f FileRef) (*fileState, error) {
	item, err := s.table.Get(ctx, sourceKey(f))
	if errors.Is(err, errs.NotFound) {
		return &fileState{File: f}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what is known of %s: %w", f.Path, err)
	}
	return decodeFileState(item)
}

func decodeFileState(item table.Item) (*fileState, error) {
	st := &fileState{}
	if err := changelog.Decode(item, st); err != nil {
		return nil, err
	}
	st.revision = item.Revision
	return st, nil
}

// filesOf gives the known files of a project's branch.
func (s *Service) filesOf(ctx context.Context, project, branch string) ([]FileRef, error) {
	var out []FileRef
	q := table.Query{PK: sourcePartition(project), Prefix: sourceSort(branch, "")}
	err := table.Each(ctx, s.table, q, func(i table.Item) error {
		st, err := decodeFileState(i)
		if err == nil {
			out = append(out, st.File)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the known files of %s: %w", project, err)
	}
	return out, nil
}

// replace writes the intents and the next state of a file, all or nothing where they fit
// into one transaction. Where they don't, the state first names the old and the new
// entities, so that whatever happens in between nothing is lost sight of. The state is
// written only where the checks in hold are met too.
func (s *Service) replace(ctx context.Context, before, next *fileState, intents []changelog.Intent, hold []table.Write) ([]changelog.Outcome, error) {
	next.revision = before.revision
	batches, err := s.batchesOf(ctx, intents)
	if err != nil {
		return nil, err
	}
	if len(batches) <= 1 {
		return s.finish(ctx, before, next, intents, hold)
	}
	between, err := s.announce(ctx, before, next, hold)
	if err != nil {
		return nil, err
	}
	var out []changelog.Outcome
	last := len(batches) - 1
	for _, b := range batches[:last] {
		done, err := s.log.Apply(ctx, b, append(slices.Clone(hold), between.check()))
		if err != nil {
			return nil, err
		}
		out = append(out, done...)
	}
	next.revision = between.revision
	done, err := s.finish(ctx, between, next, batches[last], hold)
	return append(out, done...), err
}

// announce writes that a run in several transactions is under way. A file that is to go
// stays what it was until then.
func (s *Service) announce(ctx context.Context, before, next *fileState, hold []table.Write) (*fileState, error) {
	between := *next
	if next.Commit == "" {
		between = *before
		between.Leaving = true
	}
	between.revision, between.Run = before.revision, s.ids.New()
	between.Refs = union(before.Refs, next.Refs)
	between.Children = unionFiles(before.Children, next.Children)
	between.Problems, between.Since = before.Problems, before.Since
	w, err := between.put()
	if err != nil {
		return nil, err
	}
	if _, err := s.log.Apply(ctx, nil, append(slices.Clone(hold), w)); err != nil {
		return nil, err
	}
	stored, err := s.fileState(ctx, next.File)
	if err != nil {
		return nil, err
	}
	if stored.Run != between.Run {
		return nil, changelog.ErrMoved
	}
	return stored, nil
}

// finish writes the last batch together with the state.
func (s *Service) finish(ctx context.Context, before, next *fileState, intents []changelog.Intent, hold []table.Write) ([]changelog.Outcome, error) {
	extra, err := s.problemWrite(before, next)
	if err != nil {
		return nil, err
	}
	switch {
	case next.Commit == "" && before.revision != "": // the file is gone
		extra = append([]table.Write{table.DeleteWrite(sourceKey(next.File), before.condition())}, extra...)
	case next.Commit != "" && !before.sameAs(next):
		w, err := next.put()
		if err != nil {
			return nil, err
		}
		extra = append([]table.Write{w}, extra...)
	case before.revision != "":
		// Nothing new is known of the file; an entity may still have to be mended.
		extra = []table.Write{before.check()}
	}
	return s.log.Apply(ctx, intents, append(slices.Clone(hold), extra...))
}

// batchesOf cuts intents into transactions.
func (s *Service) batchesOf(ctx context.Context, intents []changelog.Intent) ([][]changelog.Intent, error) {
	var out [][]changelog.Intent
	bytes := 0
	for _, in := range intents {
		size, err := s.sizeOf(ctx, in)
		if err != nil {
			return nil, err
		}
		full := len(out) > 0 && (len(out[len(out)-1]) == changelog.MaxIntents || bytes+size > changelog.MaxBytes)
		if len(out) == 0 || full {
			out, bytes = append(out, nil), 0
		}
		out[len(out)-1] = append(out[len(out)-1], in)
		bytes += size
	}
	return out, nil
}

// sizeOf gives at most how many bytes an intent writes, each of which is written twice.
func (s *Service) sizeOf(ctx context.Context, in changelog.Intent) (int, error) {
	size, e := 8<<10, in.Entity // log entry, event, keys
	if in.Wish == changelog.Mark || in.Wish == changelog.Adopt {
		stored, err := s.log.Record(ctx, in.Ref)
		if err != nil && !errors.Is(err, errs.NotFound) {
			return 0, err
		}
		size, e = 64<<10, &stored.Entity // and its new status or annotations
	}
	if e == nil {
		return size, nil
	}
	body, err := entity.Canonical(e)
	if err != nil {
		return 0, errs.Wrap(errs.Internal, "an entity can't be written as JSON", err)
	}
	return size + len(body), nil
}

func union(a, b []string) []string {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}

func unionFiles(a, b []FileRef) []FileRef {
	out := slices.Clone(a)
	for _, f := range b {
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}
