package catalog

import (
	"context"
	"errors"
	"slices"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// hide takes out the files of a project that is archived (those that nobody registered) or
// marked for deletion (all). It writes that it will, and only then asks the host once more:
// whoever finds the project back afterwards finds that record and changes it, and this then
// stops at its next step.
func (d *Discovery) hide(ctx context.Context, k *KnownProject, why string, out Synced) (Synced, error) {
	if k.Hidden != why {
		next := *k
		next.Hidden, next.Head, next.Looked = why, "", false
		stored, err := d.store(ctx, k, &next)
		if err != nil {
			return out, err
		}
		k = stored
		p, err := d.host.ProjectByID(ctx, k.ID)
		if err != nil {
			return out, err
		}
		if hiddenBecause(p) != why || p.Path != k.Path {
			return out, changelog.ErrMoved
		}
	}
	out.Hidden = true
	did, err := d.withdraw(ctx, k, why == hiddenMarked)
	out.add(did)
	return out, err
}

// remove takes out the files of a project that has gone.
func (d *Discovery) remove(ctx context.Context, k *KnownProject) (Synced, error) {
	out := Synced{Path: k.Path, Gone: true}
	if k.Hidden != hiddenGone {
		next := *k
		next.Hidden, next.Head, next.Looked = hiddenGone, "", false
		stored, err := d.store(ctx, k, &next)
		if err != nil {
			return out, err
		}
		k = stored
		if _, err := d.host.ProjectByID(ctx, k.ID); !errors.Is(err, errs.NotFound) {
			return out, errors.Join(err, changelog.ErrMoved)
		}
	}
	did, err := d.withdraw(ctx, k, true)
	out.add(did)
	if err != nil {
		return out, err
	}
	return out, d.forget(ctx, k)
}

// withdraw takes out the entities of a project's files: of all, or of those that nobody
// registered. A registered file stays known, without entities and with a problem.
func (d *Discovery) withdraw(ctx context.Context, k *KnownProject, all bool) (Ingested, error) {
	w := d.catalog.walk()
	for _, path := range append([]string{k.Path}, k.Former...) {
		states, err := d.states(ctx, path)
		if err != nil {
			return w.result, err
		}
		for _, st := range states {
			if !all && (st.Location != "" || st.Parent != nil && st.Parent.Project != path) {
				continue
			}
			if err := d.withdrawFile(ctx, k, st, w); err != nil {
				return w.result, err
			}
		}
	}
	return w.done()
}

func (d *Discovery) withdrawFile(ctx context.Context, k *KnownProject, st *fileState, w *walk) error {
	st, err := d.withdrawOthers(ctx, k, st, w)
	if err != nil {
		return err
	}
	next := &fileState{File: st.File}
	if st.Location != "" && st.Parent == nil {
		next = &fileState{File: st.File, Commit: st.Commit, Location: st.Location, Origin: st.Origin, Via: st.Via, Platform: st.Platform, Stale: true, Since: st.Since,
			Problems: []entity.Problem{{Target: d.catalog.source.URL(st.File), Message: "the project is " + k.Hidden}}}
		if len(st.Problems) == 0 {
			next.Since = d.clock.Now()
		}
	}
	batches, err := d.catalog.batchesOf(ctx, d.catalog.deletions(st, st.Refs))
	if err != nil {
		return err
	}
	last := max(len(batches)-1, 0)
	for _, b := range batches[:last] {
		done, err := d.catalog.log.Apply(ctx, b, []table.Write{k.check(), st.check()})
		if err != nil {
			return err
		}
		w.record(ctx, &reading{fileState: *next}, done)
	}
	var intents []changelog.Intent
	if len(batches) > 0 {
		intents = batches[last]
	}
	return d.settle(ctx, k, st, next, intents, w)
}

// withdrawOthers has the files of other projects dropped that a file leads to. Its state
// names them until that is done.
func (d *Discovery) withdrawOthers(ctx context.Context, k *KnownProject, st *fileState, w *walk) (*fileState, error) {
	next := *st
	next.Children, next.Dropped = nil, slices.Clone(st.Dropped)
	for _, child := range st.Children {
		if child.Project == st.File.Project {
			next.Children = append(next.Children, child)
		} else {
			next.Dropped = append(next.Dropped, child)
		}
	}
	if len(next.Dropped) == 0 {
		return st, nil
	}
	put, err := next.put()
	if err != nil {
		return nil, err
	}
	if err := d.transact(ctx, []table.Write{put, k.check()}); err != nil {
		return nil, err
	}
	for _, child := range next.Dropped {
		if err := d.catalog.drop(ctx, child, leader{parent: &st.File}, w); err != nil {
			return nil, err
		}
	}
	return d.catalog.fileState(ctx, st.File)
}

// settle writes the last intents together with what is known of the file from then on.
func (d *Discovery) settle(ctx context.Context, k *KnownProject, st, next *fileState, intents []changelog.Intent, w *walk) error {
	extra, err := d.catalog.problemWrite(st, next)
	if err != nil {
		return err
	}
	next.revision = st.revision
	write := table.DeleteWrite(sourceKey(st.File), st.condition())
	switch {
	case next.Commit == "":
	case st.sameAs(next):
		return nil
	default:
		if write, err = next.put(); err != nil {
			return err
		}
	}
	done, err := d.catalog.log.Apply(ctx, intents, append(extra, write, k.check()))
	if err != nil {
		return err
	}
	w.record(ctx, &reading{fileState: *next}, done)
	return nil
}
