package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/table"
)

// ProjectHost is the part of the source code host that discovery asks.
type ProjectHost interface {
	Project(ctx context.Context, path string) (scm.Project, error)
	ProjectByID(ctx context.Context, id int64) (scm.Project, error)
	ProjectsIn(ctx context.Context, group string, after int64, limit int) (scm.ProjectPage, error)
	Head(ctx context.Context, project int64, branch string) (scm.Commit, error)
}

// Holds says which projects are not ready to be discovered.
type Holds interface {
	// Held reports whether a project with these topics is held back: something that may
	// yet undo it is making it.
	Held(ctx context.Context, topics []string) (bool, error)
}

// DiscoveryDeps is what a Discovery needs.
type DiscoveryDeps struct {
	Catalog *Service
	Host    ProjectHost
	Holds   Holds
	// Groups are looked through for files that nobody registered, subgroups included.
	Groups []string
}

// Discovery follows the projects of a source code host: it reads their well-known files
// without anybody registering them, keeps what is known under a project's path when that
// path changes, and takes out what went away with a project.
//
// An event is a hint, and so is an entry of a listing: what is done follows from what the
// host says of the project's id after the record of it was read, and every step holds to
// that record. Whoever acts on an older answer finds the record changed and asks again.
//
// Nothing is taken out without evidence: that GitLab shows the project as archived or
// marked for deletion; that it told of the project's end and denies the id; or that it has
// denied the id in several reconciliations (see Remove) while it went on showing the group.
type Discovery struct {
	catalog *Service
	host    ProjectHost
	holds   Holds
	groups  []string

	table table.Table
	clock clock.Clock
	log   *slog.Logger
}

// NewDiscovery makes a discovery.
func NewDiscovery(d DiscoveryDeps) (*Discovery, error) {
	if d.Catalog == nil || d.Host == nil || d.Holds == nil {
		return nil, errors.New("discovery needs a catalog, a host and the projects that are held back")
	}
	out := &Discovery{catalog: d.Catalog, host: d.Host, holds: d.Holds,
		table: d.Catalog.table, clock: d.Catalog.clock, log: d.Catalog.logger}
	for _, group := range d.Groups {
		group = strings.Trim(group, "/")
		if group == "" || strings.ContainsAny(group, " ?#%") {
			return nil, errs.New(errs.Invalid, "no group has the path "+errs.Clip(group))
		}
		out.groups = append(out.groups, group)
	}
	slices.SortFunc(out.groups, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	for i := len(out.groups) - 1; i >= 0; i-- { // what lies below another one is listed with that
		if slices.ContainsFunc(out.groups[:i], func(g string) bool { return strings.EqualFold(g, out.groups[i]) || Below(out.groups[i], []string{g}) }) {
			out.groups = slices.Delete(out.groups, i, i+1)
		}
	}
	slices.Sort(out.groups)
	return out, nil
}

// Groups gives the groups that are looked through.
func (d *Discovery) Groups() []string { return slices.Clone(d.groups) }

// Synced says what bringing the catalog in line with a project did.
type Synced struct {
	Ingested
	Path     string // where the project is, "" when nothing is known of it
	Read     bool   // files were read
	Moved    bool   // its files followed it to another path
	Hidden   bool   // its files were taken out, for it is archived or marked for deletion
	Gone     bool   // the same, for the project has gone
	HeldBack bool   // its well-known files are not looked for yet
	Kept     string // why something stays although the host does not show it
	// Others are projects that files of this one lead to, by path.
	Others []string
}

// Sync brings the catalog in line with a project. listed, when given, is what a listing
// said of it: where that agrees with what is known, the project is not asked for again.
func (d *Discovery) Sync(ctx context.Context, id int64, listed *scm.Project) (Synced, error) {
	for range ingestTries {
		k, err := d.project(ctx, id)
		if err != nil {
			return Synced{}, err
		}
		out, err := d.sync(ctx, k, listed)
		if !errors.Is(err, changelog.ErrMoved) {
			return out, err
		}
		listed = nil
	}
	return Synced{}, errs.New(errs.RateLimited, fmt.Sprintf("project %d is being read too often at the same time", id))
}

func (d *Discovery) sync(ctx context.Context, k *KnownProject, listed *scm.Project) (Synced, error) {
	if listed != nil && k.agrees(listed) {
		return d.follow(ctx, k, *listed)
	}
	p, err := d.host.ProjectByID(ctx, k.ID)
	if errors.Is(err, errs.NotFound) {
		return d.denied(ctx, k)
	}
	if err != nil {
		return Synced{}, err
	}
	return d.follow(ctx, k, p)
}

// agrees reports whether what a listing says of a project is no news.
func (k *KnownProject) agrees(p *scm.Project) bool {
	return k.exists() && k.Path == p.Path && len(k.Former) == 0 && k.Hidden == "" && !k.Ended && !p.Archived && !p.MarkedForDeletion
}

// follow does what the host's answer asks for.
func (d *Discovery) follow(ctx context.Context, k *KnownProject, p scm.Project) (Synced, error) {
	if !k.exists() {
		if wanted, err := d.wanted(ctx, p); err != nil || !wanted {
			return Synced{}, err
		}
	}
	out := Synced{Path: p.Path}
	var displaced int64
	if k.Path != p.Path || len(k.Former) > 0 {
		out.Moved = k.exists()
		var err error
		if k, displaced, err = d.relocate(ctx, k, p.Path); err != nil {
			return out, err
		}
	}
	why := hiddenBecause(p)
	if k.Ended || k.Hidden != "" && why == "" { // first of all: whoever still takes its files out stops at that
		next := *k
		if next.Ended = false; why == "" {
			next.Hidden = ""
		}
		var err error
		if k, err = d.store(ctx, k, &next); err != nil {
			return out, err
		}
	}
	if why != "" {
		return d.hide(ctx, k, why, out)
	}
	out, err := d.read(ctx, k, p, out)
	if displaced != 0 && err == nil { // it stands aside for this one
		_, err = d.Sync(ctx, displaced, nil)
	}
	return out, err
}

// wanted reports whether a project of which nothing is known is any business of ours.
func (d *Discovery) wanted(ctx context.Context, p scm.Project) (bool, error) {
	if hiddenBecause(p) == "" && Below(p.Path, d.groups) {
		return true, nil
	}
	states, err := d.states(ctx, p.Path)
	return len(states) > 0, err
}

func hiddenBecause(p scm.Project) string {
	switch {
	case p.MarkedForDeletion:
		return hiddenMarked
	case p.Archived:
		return hiddenArchived
	}
	return ""
}

// read reads the project's files again if a branch moved since, or if something about them
// is not settled.
func (d *Discovery) read(ctx context.Context, k *KnownProject, p scm.Project, out Synced) (Synced, error) {
	ctx = k.held(ctx)
	looks := Below(p.Path, d.groups)
	if looks {
		held, err := d.holds.Held(ctx, p.Topics)
		if err != nil {
			return out, err
		}
		looks, out.HeldBack = !held, held
	}
	states, err := d.statesOn(ctx, k, p.DefaultBranch)
	if err != nil {
		return out, err
	}
	out.Others = others(states, p.Path)
	head, err := d.head(ctx, p)
	if err != nil {
		return out, err
	}
	next := *k
	next.Path, next.Branch, next.Head, next.Looked, next.Hidden = p.Path, p.DefaultBranch, head, looks, ""
	branches, err := d.stale(ctx, k, &next, states)
	if err != nil {
		return out, err
	}
	for _, branch := range branches {
		did, err := d.catalog.IngestProject(ctx, p.Path, branch, looks && branch == p.DefaultBranch)
		out.Read = true
		out.add(did)
		if err != nil {
			return out, err
		}
	}
	if same(k, &next) {
		return out, nil
	}
	_, err = d.store(ctx, k, &next)
	return out, err
}

func (o *Synced) add(did Ingested) {
	o.Entities = append(o.Entities, did.Entities...)
	o.Upserted = append(o.Upserted, did.Upserted...)
	o.Deleted = append(o.Deleted, did.Deleted...)
	o.Problems = append(o.Problems, did.Problems...)
}

func same(k, next *KnownProject) bool {
	return k.exists() && k.Path == next.Path && k.Branch == next.Branch && k.Head == next.Head && k.Looked == next.Looked && k.Hidden == next.Hidden
}

// head gives the newest commit of the default branch, "" of an empty repository.
func (d *Discovery) head(ctx context.Context, p scm.Project) (string, error) {
	if p.DefaultBranch == "" {
		return "", nil
	}
	c, err := d.host.Head(ctx, p.ID, p.DefaultBranch)
	if err != nil {
		return "", fmt.Errorf("looking for the head of %s: %w", p.Path, err)
	}
	return c.ID, nil
}

// stale gives the branches whose files have to be read.
func (d *Discovery) stale(ctx context.Context, k, next *KnownProject, states []*fileState) ([]string, error) {
	var out []string
	moved := k.Head != next.Head || k.Branch != next.Branch || next.Looked && !k.Looked
	if moved && next.Branch != "" {
		out = append(out, next.Branch)
	}
	heads := map[string]string{next.Branch: next.Head}
	for _, st := range states {
		branch := st.File.Branch
		if slices.Contains(out, branch) {
			continue
		}
		head, asked := heads[branch]
		if !asked {
			var err error
			if head, err = d.catalog.source.Head(ctx, next.Path, branch); err != nil && !errors.Is(err, errs.NotFound) {
				return nil, fmt.Errorf("looking for the head of %s: %w", branch, err)
			}
			heads[branch] = head
		}
		if st.Leaving || head != "" && (st.Commit != head || st.unsettled()) {
			out = append(out, branch)
		}
	}
	return out, nil
}

// unsettled reports whether a file has to be read again although its branch has not moved:
// what was wrong with it may have been mended elsewhere.
func (f *fileState) unsettled() bool {
	return f.Stale || f.Run != "" || len(f.Dropped) > 0 || len(f.Problems) > 0
}

// states gives what is known of the files of a project, of all branches.
func (d *Discovery) states(ctx context.Context, path string) ([]*fileState, error) {
	return statesOf(ctx, d.table, path)
}

func statesOf(ctx context.Context, t table.Table, path string) ([]*fileState, error) {
	var out []*fileState
	if len(sourcePartition(path)) > table.MaxPartitionKey { // no project has such a path
		return out, nil
	}
	err := table.Each(ctx, t, table.Query{PK: sourcePartition(path)}, func(i table.Item) error {
		st, err := decodeFileState(i)
		out = append(out, st)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the known files of %s: %w", path, err)
	}
	return out, nil
}

// statesOn gives what is known of a project's files now that a branch is the default one.
func (d *Discovery) statesOn(ctx context.Context, k *KnownProject, branch string) ([]*fileState, error) {
	states, err := d.states(ctx, k.Path)
	if err != nil || k.Branch == "" || branch == "" || branch == k.Branch {
		return states, err
	}
	if err := d.moveBranch(ctx, k, states, branch); err != nil {
		return nil, err
	}
	return d.states(ctx, k.Path)
}

// others gives the projects beside its own that files lead to.
func others(states []*fileState, path string) []string {
	var out []string
	for _, st := range states {
		for _, child := range st.Children {
			if child.Project != path && !slices.Contains(out, child.Project) {
				out = append(out, child.Project)
			}
		}
	}
	return out
}

// groupPage is how many projects are listed at once.
const groupPage = 100

// SyncGroup brings the paths of all projects below a group in line; what they hold is read
// again where a path changed.
func (d *Discovery) SyncGroup(ctx context.Context, group string) error {
	for after := int64(0); ; {
		page, err := d.host.ProjectsIn(ctx, group, after, groupPage)
		if err != nil {
			return err
		}
		for _, p := range page.Projects {
			after = p.ID
			k, err := d.project(ctx, p.ID)
			if err != nil {
				return err
			}
			if k.agrees(&p) || !k.exists() && !Below(p.Path, d.groups) {
				continue
			}
			if _, err := d.Sync(ctx, p.ID, nil); err != nil {
				return err
			}
		}
		if !page.More {
			return nil
		}
	}
}

// At brings the catalog in line with the project at a path, or with the one that has left
// it, if nothing is known of who holds that path.
func (d *Discovery) At(ctx context.Context, path string) (Synced, error) {
	id, _, err := d.projectAt(ctx, path)
	if err != nil || id != 0 {
		return Synced{}, orUnknown(err)
	}
	p, err := d.host.Project(ctx, path)
	if errors.Is(err, errs.NotFound) {
		return Synced{Path: path, Kept: "GitLab does not show the project"}, nil
	}
	if err != nil {
		return Synced{}, err
	}
	if p.Path != path {
		if err := d.leftBehind(ctx, p.ID, path); err != nil {
			return Synced{}, err
		}
	}
	return d.Sync(ctx, p.ID, nil)
}

// leftBehind notes that files are known under a path that their project has left.
func (d *Discovery) leftBehind(ctx context.Context, id int64, path string) error {
	k, err := d.project(ctx, id)
	switch {
	case err != nil:
		return err
	case !k.exists():
		_, err = d.announceMove(ctx, k, path)
	case !slices.Contains(k.Former, path):
		next := *k
		next.Former = append(slices.Clone(k.Former), path)
		_, err = d.store(ctx, k, &next)
	}
	return err
}

// Pushed is told that a branch of a project moved.
func (d *Discovery) Pushed(ctx context.Context, id int64, branch string) (Synced, error) {
	k, err := d.project(ctx, id)
	if err != nil {
		return Synced{}, err
	}
	if k.exists() && k.Hidden == "" && len(k.Former) == 0 && k.Branch != "" && branch != k.Branch {
		files, err := d.catalog.filesOf(ctx, k.Path, branch)
		if err != nil || len(files) == 0 {
			return Synced{Path: k.Path}, err
		}
	}
	return d.Sync(ctx, id, nil)
}

// Unread reads the file of a registered location of which nothing is known: the source
// failed when it was registered, or another location had the file until now.
func (d *Discovery) Unread(ctx context.Context, l Location) (Synced, error) {
	st, err := d.catalog.fileState(ctx, l.File)
	if err != nil || st.revision != "" {
		return Synced{}, err
	}
	out := Synced{Path: l.File.Project, Read: true}
	w := d.catalog.walk()
	w.visit(ctx, visit{file: l.File, location: &l})
	out.Ingested, err = w.done()
	if errors.Is(err, errs.NotFound) {
		return Synced{Path: l.File.Project, Kept: "a registered file can't be read: " + errs.Message(err)}, nil
	}
	return out, err
}

// ReadWeb reads the known files of a host without projects again: nobody tells when they
// change.
func (d *Discovery) ReadWeb(ctx context.Context, origin string) (Ingested, error) {
	return d.catalog.IngestProject(ctx, origin, "", false)
}
