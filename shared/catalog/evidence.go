package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// denied is what follows from the host denying a project by its id. Of a project that has
// no files here nothing can be lost.
func (d *Discovery) denied(ctx context.Context, k *KnownProject) (Synced, error) {
	if !k.exists() {
		return Synced{}, nil
	}
	states, err := d.states(ctx, k.Path)
	if err != nil {
		return Synced{}, err
	}
	if len(states) == 0 && len(k.Former) == 0 {
		return Synced{Gone: true}, d.forget(ctx, k)
	}
	if k.Ended {
		return d.remove(ctx, k)
	}
	return Synced{Path: k.Path, Kept: "GitLab does not show the project any more"}, nil
}

// Denied notes that a reconciliation, named by its run, met a project that the host denies.
func (d *Discovery) Denied(ctx context.Context, id int64, run string) error {
	k, err := d.project(ctx, id)
	if err != nil || !k.exists() {
		return err
	}
	return d.deny(ctx, k, run)
}

// The evidence that takes the place of an event that never came: so many reconciliations
// met the denial, over so long a time.
const (
	deniedTimes = 3
	deniedFor   = time.Hour
)

// Remove takes out what came from a project that the host has denied for long enough, if
// it still denies it and still shows the group that the project was in.
func (d *Discovery) Remove(ctx context.Context, a Absence) (Synced, error) {
	k, err := d.project(ctx, a.ID)
	if err != nil {
		return Synced{}, err
	}
	if !k.exists() { // nothing is kept of it any more
		return Synced{}, d.Present(ctx, a.ID)
	}
	if a.Times < deniedTimes || d.clock.Now().Sub(a.Since) < deniedFor {
		return Synced{Path: a.Path, Kept: "GitLab does not show the project any more"}, nil
	}
	parent, _, _ := cutLast(k.Path, "/")
	if _, err := d.host.ProjectsIn(ctx, parent, 0, 1); err != nil {
		if errs.Transient(err) {
			return Synced{}, err
		}
		return Synced{Path: k.Path, Kept: "GitLab shows neither the project nor its group"}, nil
	}
	if _, err := d.host.ProjectByID(ctx, k.ID); !errors.Is(err, errs.NotFound) {
		return Synced{}, errors.Join(err, d.Present(ctx, a.ID))
	}
	return d.remove(ctx, k)
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// Destroyed notes that the host told of the end of a project, last at that path, and takes
// out what came from it once the host denies it too.
func (d *Discovery) Destroyed(ctx context.Context, id int64, path string) (Synced, error) {
	for range ingestTries {
		err := d.noteEnd(ctx, id, path)
		if err == nil {
			return d.Sync(ctx, id, nil)
		}
		if !errors.Is(err, changelog.ErrMoved) {
			return Synced{}, err
		}
	}
	return Synced{}, errTooOften
}

func (d *Discovery) noteEnd(ctx context.Context, id int64, path string) error {
	k, err := d.project(ctx, id)
	if err != nil {
		return err
	}
	if !k.exists() {
		if k, err = d.inherit(ctx, k, path); err != nil || !k.exists() {
			return err
		}
	}
	if k.Ended {
		return nil
	}
	next := *k
	next.Ended = true
	if _, err := d.store(ctx, k, &next); err != nil {
		return fmt.Errorf("noting the end of project %d: %w", id, err)
	}
	return nil
}

// inherit makes a record for a project that is known by files under its last path only,
// unless another project is there by now.
func (d *Discovery) inherit(ctx context.Context, k *KnownProject, path string) (*KnownProject, error) {
	holder, _, err := d.projectAt(ctx, path)
	if err != nil || holder != 0 {
		return k, orUnknown(err)
	}
	states, err := d.states(ctx, path)
	if err != nil || len(states) == 0 {
		return k, err
	}
	if _, err := d.host.Project(ctx, path); !errors.Is(err, errs.NotFound) {
		return k, err
	}
	made, err := d.announceMove(ctx, k, path)
	if errors.Is(err, changelog.ErrMoved) {
		return d.project(ctx, k.ID)
	}
	return made, err
}

// orUnknown takes the error for a path that no project can have.
func orUnknown(err error) error {
	if errors.Is(err, errs.Invalid) {
		return nil
	}
	return err
}
