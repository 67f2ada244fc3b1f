package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// The items that discovery owns:
//
//	PROJECTS          id             what is known of a project of the host
//	PROJECTS#BY-PATH  path           the id of the project whose files are kept under that path
//	PROJECTS#ABSENT   id             since when the host has denied a known project
const (
	projectPartition = "PROJECTS"
	projectPaths     = "PROJECTS#BY-PATH"
	absentProjects   = "PROJECTS#ABSENT"
)

// KnownProject is what the catalog knows of a project of the host. The id is what it is;
// the path is where its files are kept, and follows the host's.
type KnownProject struct {
	ID   int64  `json:"id"`
	Path string `json:"path"`
	// Former are paths whose files have not all followed yet.
	Former []string `json:"former,omitempty"`
	Branch string   `json:"branch,omitempty"` // the default branch, when it was last read
	// Head is the commit of that branch with which all of its files were last read, or an
	// earlier one; "" when they have to be read in any case.
	Head string `json:"head,omitempty"`
	// Looked says that the well-known files were looked for at Head.
	Looked bool `json:"looked,omitempty"`
	// Hidden says why its files are not in the catalog, "" when they are.
	Hidden string `json:"hidden,omitempty"`
	// Ended says that the host told of the project's end and has not shown it since.
	Ended bool `json:"ended,omitempty"`

	revision string
}

// The reasons why a project's files are not in the catalog.
const (
	hiddenArchived = "archived"
	hiddenMarked   = "marked for deletion"
	hiddenGone     = "gone"
)

func projectKey(id int64) table.Key {
	return table.Key{PK: projectPartition, SK: fmt.Sprintf("%019d", id)}
}

// pathKey ignores case, as GitLab's paths do.
func pathKey(path string) table.Key {
	return table.Key{PK: projectPaths, SK: strings.ToLower(path)}
}

func absentKey(id int64) table.Key {
	return table.Key{PK: absentProjects, SK: projectKey(id).SK}
}

// exists reports whether there is a record.
func (k *KnownProject) exists() bool { return k.revision != "" }

// check makes a write depend on the record being as it was read.
func (k *KnownProject) check() table.Write {
	if !k.exists() {
		return table.CheckWrite(projectKey(k.ID), table.Absent)
	}
	return table.CheckWrite(projectKey(k.ID), table.AtRevision(k.revision))
}

// put is a write of next in the place of k.
func (k *KnownProject) put(next *KnownProject) (table.Write, error) {
	item, err := changelog.Encode(projectKey(k.ID), next)
	if err != nil || !k.exists() {
		return table.PutWrite(item, table.Absent), err
	}
	return table.PutWrite(item, table.AtRevision(k.revision)), nil
}

// project reads what is known of a project; a record without revision when that is nothing.
func (d *Discovery) project(ctx context.Context, id int64) (*KnownProject, error) {
	return knownProject(ctx, d.table, id)
}

func knownProject(ctx context.Context, t table.Table, id int64) (*KnownProject, error) {
	item, err := t.Get(ctx, projectKey(id))
	if errors.Is(err, errs.NotFound) {
		return &KnownProject{ID: id}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what is known of project %d: %w", id, err)
	}
	return decodeProject(item)
}

func decodeProject(item table.Item) (*KnownProject, error) {
	k := &KnownProject{}
	if err := changelog.Decode(item, k); err != nil {
		return nil, err
	}
	k.revision = item.Revision
	return k, nil
}

// projectAt gives the id of the project whose files are kept under a path, 0 when there is
// none.
func (d *Discovery) projectAt(ctx context.Context, path string) (int64, table.Condition, error) {
	return projectAt(ctx, d.table, path)
}

func projectAt(ctx context.Context, t table.Table, path string) (int64, table.Condition, error) {
	if table.ValidateKey(pathKey(path)) != nil {
		return 0, table.Absent, errs.New(errs.Invalid, "no project has the path "+errs.Clip(path))
	}
	item, err := t.Get(ctx, pathKey(path))
	if errors.Is(err, errs.NotFound) {
		return 0, table.Absent, nil
	}
	if err != nil {
		return 0, table.Absent, fmt.Errorf("looking for the project at %s: %w", path, err)
	}
	var id int64
	err = changelog.Decode(item, &id)
	return id, table.AtRevision(item.Revision), err
}

// store writes next in the place of k, with what else has to be written or to hold. It
// gives the record as it is stored then; ErrMoved when somebody else was quicker.
func (d *Discovery) store(ctx context.Context, k, next *KnownProject, others ...table.Write) (*KnownProject, error) {
	w, err := k.put(next)
	if err != nil {
		return nil, err
	}
	if err := d.transact(ctx, append(others, w)); err != nil {
		return nil, err
	}
	item, err := d.table.Get(ctx, projectKey(k.ID))
	if errors.Is(err, errs.NotFound) || err == nil && !bytes.Equal(item.Body, w.Item.Body) {
		return nil, changelog.ErrMoved
	}
	if err != nil {
		return nil, fmt.Errorf("reading what is known of project %d: %w", k.ID, err)
	}
	return decodeProject(item)
}

// transact makes writes; ErrMoved when one of them did not find what it expected.
func (d *Discovery) transact(ctx context.Context, writes []table.Write) error {
	err := d.table.Transact(ctx, writes)
	if _, lost := table.FailedCondition(err); lost {
		return changelog.ErrMoved
	}
	return err
}

// forget drops the record of a project of which nothing is kept any more.
func (d *Discovery) forget(ctx context.Context, k *KnownProject) error {
	writes := []table.Write{table.DeleteWrite(absentKey(k.ID), table.Always)}
	if k.exists() {
		gone := *k
		gone.Path = ""
		freed, err := d.unclaim(ctx, &gone, append([]string{k.Path}, k.Former...))
		if err != nil {
			return err
		}
		writes = append(append(writes, table.DeleteWrite(projectKey(k.ID), table.AtRevision(k.revision))), freed...)
	}
	return d.transact(ctx, writes)
}

// Projects calls f for the known projects with after < id <= upTo, in that order; f stops
// it with table.ErrStop.
func (d *Discovery) Projects(ctx context.Context, after, upTo int64, f func(KnownProject) error) error {
	q := table.Query{PK: projectPartition, From: projectKey(after + 1).SK, To: projectKey(upTo).SK + "\x01"}
	err := table.Each(ctx, d.table, q, func(i table.Item) error {
		k, err := decodeProject(i)
		if err != nil {
			return err
		}
		return f(*k)
	})
	if err != nil {
		return fmt.Errorf("reading the known projects: %w", err)
	}
	return nil
}

// Absence is a known project that the host denies.
type Absence struct {
	ID    int64     `json:"id"`
	Path  string    `json:"path"`
	Since time.Time `json:"since"`
	Times int       `json:"times"` // reconciliations that met the denial
	Run   string    `json:"run"`   // the last of them
}

// Absent gives the known projects that the host has denied lately, by id.
func (d *Discovery) Absent(ctx context.Context) ([]Absence, error) {
	var out []Absence
	err := table.Each(ctx, d.table, table.Query{PK: absentProjects}, func(i table.Item) error {
		var a Absence
		err := changelog.Decode(i, &a)
		out = append(out, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the absent projects: %w", err)
	}
	return out, nil
}

// deny notes that the host denied a project once more.
func (d *Discovery) deny(ctx context.Context, k *KnownProject, run string) error {
	a := Absence{ID: k.ID, Path: k.Path, Since: d.clock.Now()}
	item, err := d.table.Get(ctx, absentKey(k.ID))
	switch {
	case err == nil:
		if err := changelog.Decode(item, &a); err != nil {
			return err
		}
	case !errors.Is(err, errs.NotFound):
		return fmt.Errorf("reading the absence of project %d: %w", k.ID, err)
	}
	if a.Run == run {
		return nil
	}
	a.Times, a.Run = a.Times+1, run
	next, err := changelog.Encode(absentKey(k.ID), a)
	if err != nil {
		return err
	}
	if _, err := d.table.Put(ctx, next, table.Always); err != nil {
		return fmt.Errorf("noting the absence of project %d: %w", k.ID, err)
	}
	return nil
}

// Present forgets that a project was absent: the host shows it.
func (d *Discovery) Present(ctx context.Context, id int64) error {
	return d.table.Delete(ctx, absentKey(id), table.Always)
}

// Below reports whether a project's path lies below one of the groups.
func Below(path string, groups []string) bool {
	for _, group := range groups {
		if len(path) > len(group) && path[len(group)] == '/' && strings.EqualFold(path[:len(group)], group) {
			return true
		}
	}
	return false
}

// parking is where files of a project stand while another one has taken their path and
// their own is not free yet. No project of GitLab can have such a path.
func parking(id int64) string { return "-/moving/" + strconv.FormatInt(id, 10) }
