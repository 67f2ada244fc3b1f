package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/catalogtest/crowd"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

// ingested is what reading a crowd's files took, until another instance's reader showed all.
type ingested struct {
	Shape   string
	Where   string `json:"-"` // of the table's file
	Held    bool   `json:"-"` // against the limit
	Seconds float64
	CPU     float64 // seconds, of all threads
	PeakMiB float64
	Asked   int // questions that a reader asked meanwhile
}

// The shapes that entities may come in.
const (
	oneLocation  = "one location, files of 100 documents"
	manyProjects = "a project for each, one after the other, files of one document"
)

// ingests reads the crowd in each shape. On a disk every transaction waits for it twice, which
// is all that 10,000 files one after the other show there: no limit is held against that.
func ingests(ctx context.Context, s settings, memory string) ([]ingested, error) {
	type place struct {
		shape, parent string
		held          bool
	}
	places := []place{{oneLocation, memory, true}, {manyProjects, memory, true}}
	if !s.short {
		places = append(places, place{oneLocation, os.TempDir(), true}, place{manyProjects, os.TempDir(), false})
	}
	var all []ingested
	for _, p := range places {
		dir, err := os.MkdirTemp(p.parent, "slipway-ingest-")
		if err != nil {
			return nil, err
		}
		in := ingested{Held: p.held, Where: filepath.Dir(dir)}
		if p.parent == memory {
			in.Where = s.dir
		}
		progress("ingesting %d entities: %s, in %s", s.ingest, p.shape, in.Where)
		s.stage.Shape = p.shape
		err = s.stage.with(s.ingest, dir).child(ctx, "ingest", &in)
		_ = os.RemoveAll(dir)
		if err != nil {
			return nil, err
		}
		all = append(all, in)
	}
	return all, nil
}

func ingest(ctx context.Context, st stage) (ingested, error) {
	in := ingested{Shape: st.Shape}
	d, err := openData(st.Dir)
	if err != nil {
		return in, err
	}
	defer d.close()
	h, err := newHost(st)
	if err != nil {
		return in, err
	}
	service, err := catalog.New(catalog.Deps{Table: d.table, Source: h, Clock: clock.System{}, IDs: ids.Random{}, Log: logging.New(d.sink, 0)})
	if err != nil {
		return in, err
	}
	reader, err := view.New(view.Deps{Log: d.log, Clock: clock.System{}, Logger: logging.Discard()})
	if err != nil {
		return in, err
	}
	stop, err := st.profile(st.Shape)
	if err != nil {
		return in, err
	}
	defer stop()
	began, cpu := time.Now(), cpuTime(processClock)
	if err := h.readBy(ctx, service, func() error {
		in.Asked++
		_, err := shown(ctx, reader)
		return err
	}); err != nil {
		return in, err
	}
	if n, err := shown(ctx, reader); err != nil || n != st.Entities {
		return in, fmt.Errorf("%d of %d entities are shown: %w", n, st.Entities, err)
	}
	in.Seconds, in.CPU = time.Since(began).Seconds(), (cpuTime(processClock) - cpu).Seconds()
	in.PeakMiB, err = residentMiB("VmHWM")
	return in, err
}

// shown counts the entities that a reader shows, Locations aside.
func shown(ctx context.Context, reader *view.View) (n int, err error) {
	facets, err := reader.Facets(ctx, nil, []string{"kind"})
	for _, c := range facets["kind"] {
		if !strings.EqualFold(c.Value, "location") {
			n += c.Count
		}
	}
	return n, err
}

// host is a source code host in memory.
type host struct {
	files    map[catalog.FileRef][]byte
	projects []string
	root     string // URL of the location, if there is one
}

var _ catalog.Source = (*host)(nil)

const (
	hostURL = "https://gitlab.example.com/"
	branch  = "main"
	commit  = "0123456789abcdef0123456789abcdef01234567"
)

// newHost puts the crowd's descriptors into files.
func newHost(st stage) (*host, error) {
	h := &host{files: map[catalog.FileRef][]byte{}}
	perFile := 1
	if st.Shape == oneLocation {
		perFile = 100
	}
	var docs [][]byte
	n := 0
	for body, err := range crowd.Descriptors(st.Entities, seed) {
		if err != nil {
			return nil, err
		}
		n++
		if docs = append(docs, body); len(docs) == perFile || n == st.Entities {
			h.add(docs, perFile)
			docs = nil
		}
	}
	if perFile == 1 {
		return h, nil
	}
	var targets strings.Builder
	for f := range h.files {
		fmt.Fprintf(&targets, "    - ./%s\n", f.Path)
	}
	root := catalog.FileRef{Project: "platform/catalog", Branch: branch, Path: "all.yaml"}
	h.files[root] = []byte("apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata:\n  name: all\nspec:\n  targets:\n" + targets.String())
	h.root = h.URL(root)
	return h, nil
}

func (h *host) add(docs [][]byte, perFile int) {
	f := catalog.FileRef{Project: fmt.Sprintf("apps/p%05d", len(h.files)), Branch: branch, Path: "catalog-info.yaml"}
	if perFile > 1 {
		f.Project, f.Path = "platform/catalog", fmt.Sprintf("part-%03d.yaml", len(h.files))
	}
	h.files[f] = bytes.Join(docs, []byte("---\n"))
	h.projects = append(h.projects, f.Project)
}

// readBy lets the catalog read everything; now and then somebody asks for it meanwhile.
func (h *host) readBy(ctx context.Context, c *catalog.Service, ask func() error) error {
	if h.root != "" {
		_, err := c.RegisterLocation(ctx, "user:default/bench", h.root)
		return err
	}
	for i, project := range h.projects {
		if i%100 == 0 {
			if err := ask(); err != nil {
				return err
			}
		}
		got, err := c.IngestProject(ctx, project, branch, true)
		if err != nil || len(got.Problems) > 0 {
			return fmt.Errorf("reading %s: %v: %w", project, got.Problems, err)
		}
	}
	return nil
}

func (h *host) Resolve(_ context.Context, url string) (catalog.FileRef, error) {
	rest, ok := strings.CutPrefix(url, hostURL)
	project, path, blob := strings.Cut(rest, "/-/blob/"+branch+"/")
	if !ok || !blob {
		return catalog.FileRef{}, errs.New(errs.Invalid, "not a URL of this host")
	}
	return catalog.FileRef{Project: project, Branch: branch, Path: path}, nil
}

func (h *host) Relative(from catalog.FileRef, target string) (catalog.FileRef, error) {
	return from.Join(target)
}

func (h *host) URL(f catalog.FileRef) string {
	return hostURL + f.Project + "/-/blob/" + f.Branch + "/" + f.Path
}

func (h *host) Head(context.Context, string, string) (string, error) { return commit, nil }

func (h *host) Read(_ context.Context, f catalog.FileRef, _ string) ([]byte, error) {
	body, found := h.files[f]
	if !found {
		return nil, errs.New(errs.NotFound, "there is no such file")
	}
	return body, nil
}

func (h *host) List(context.Context, string, string, string) ([]string, error) {
	return nil, errs.New(errs.Invalid, "this host lists no files")
}
