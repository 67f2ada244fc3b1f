// Package authored owns the order in which the author of a template wrote its keys. The
// catalog keeps what a template says, and no order; frontends show the fields of a form in
// the order of the keys.
//
// What a template says is never taken from its file, which may have changed since it was
// ingested: only the order is, as far as the two agree. Where the file can't be read in a
// moment, or has no such keys, they are sorted.
//
// Flow: AsWritten looks for what it has arranged before, else reads the file (Files), finds
// the template's document in it (descriptor.OrderOf) and arranges the entity (arrange.go).
package authored

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/source"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

const (
	patience = 2 * time.Second  // for the source code host, by default
	fresh    = 5 * time.Minute  // then a file is read again: order alone may have changed
	again    = 30 * time.Second // until a file is tried again that could not be read
	maxKept  = 4 << 20          // bytes of JSON of all that is kept; in memory it is some times that
)

// Files reads template files.
type Files interface {
	// Template reads the file behind a location annotation as it is now.
	Template(ctx context.Context, location string) ([]byte, error)
}

var _ Files = source.Reader{}

// Config is what Templates need.
type Config struct {
	Files    Files
	Clock    clock.Clock
	Log      *slog.Logger
	Patience time.Duration // how long a file is waited for; 2 s when zero
}

// Templates gives templates as they were written.
type Templates struct {
	cfg Config

	mu    sync.Mutex
	kept  map[string]written // by ref
	bytes int                // of the content of all that is kept
}

// written is a template with its keys in order. It is shared: never modify it.
type written struct {
	content        []byte // canonical JSON of the entity that was arranged
	metadata, spec templating.Object
	until          time.Time // then it is to be looked at again
	unknown        bool      // the file did not tell the order
}

// New makes Templates.
func New(c Config) (*Templates, error) {
	if c.Files == nil || c.Clock == nil || c.Log == nil {
		return nil, errors.New("templates as written need files, a clock and a log")
	}
	if c.Patience == 0 {
		c.Patience = patience
	}
	return &Templates{cfg: c, kept: map[string]written{}}, nil
}

// AsWritten gives the metadata and the spec of an entity with the keys of all objects in the
// order of its file, or sorted where that is not known. The results are shared: never modify
// them.
func (t *Templates) AsWritten(ctx context.Context, e entity.Entity) (metadata, spec templating.Object) {
	content, err := entity.Canonical(e)
	if err != nil {
		w := arranged(e, descriptor.Order{})
		return w.metadata, w.spec
	}
	ref := e.Ref().String()
	before, same := t.find(ref, content)
	if same && t.cfg.Clock.Now().Before(before.until) {
		return before.metadata, before.spec
	}
	next := t.look(ctx, e)
	if next.unknown && same {
		next.metadata, next.spec = before.metadata, before.spec // not to move when the host is away
	}
	if ctx.Err() == nil { // else nothing was learned of the file
		next.content = content
		t.keep(ref, next)
	}
	return next.metadata, next.spec
}

// look arranges a template by its file as it is now.
func (t *Templates) look(ctx context.Context, e entity.Entity) written {
	order, err := t.order(ctx, e)
	w := arranged(e, order)
	if w.until = t.cfg.Clock.Now().Add(fresh); err != nil {
		w.until, w.unknown = t.cfg.Clock.Now().Add(again), true
		t.cfg.Log.InfoContext(ctx, "the order of a template's keys is not known", "template", e.Ref().String(), "error", err)
	}
	return w
}

func arranged(e entity.Entity, by descriptor.Order) written {
	return written{metadata: arrangeObject(e.Metadata, member(by, "metadata")), spec: arrangeObject(e.Spec, member(by, "spec"))}
}

// order reads the order of a template's file.
func (t *Templates) order(ctx context.Context, e entity.Entity) (descriptor.Order, error) {
	limited, cancel := context.WithTimeout(ctx, t.cfg.Patience)
	defer cancel()
	file, err := t.cfg.Files.Template(limited, e.Annotation(entity.AnnotationLocation))
	if err != nil {
		return descriptor.Order{}, err
	}
	order, found := descriptor.OrderOf(file, e.Ref())
	if !found {
		return order, errs.New(errs.NotFound, "the file has no document of that template")
	}
	return order, nil
}

// find gives what is kept of a template, if its content is still the same.
func (t *Templates) find(ref string, content []byte) (written, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w, there := t.kept[ref]
	return w, there && bytes.Equal(w.content, content)
}

// keep keeps a template; when that is too much, it lets go of all others.
func (t *Templates) keep(ref string, w written) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes += len(w.content) - len(t.kept[ref].content)
	if t.bytes > maxKept {
		clear(t.kept)
		t.bytes = len(w.content)
	}
	t.kept[ref] = w
}
