package authored

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

// host has one file, which may be away.
type host struct {
	reads   atomic.Int32
	content atomic.Pointer[string]
	fault   func(ctx context.Context) error // nil when the file is there
}

func (h *host) Template(ctx context.Context, location string) ([]byte, error) {
	h.reads.Add(1)
	if location != "url:https://gitlab.example.com/p/t/-/blob/main/template.yaml" {
		return nil, errs.New(errs.Invalid, "not from here")
	}
	if h.fault != nil {
		return nil, h.fault(ctx)
	}
	return []byte(*h.content.Load()), nil
}

func (h *host) write(spec string) {
	text := "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {title: t, name: form}\nspec: " + spec
	h.content.Store(&text)
}

func templates(t *testing.T, h *host) (*Templates, *clock.Manual) {
	t.Helper()
	manual := clock.NewManual(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	all, err := New(Config{Files: h, Clock: manual, Log: logging.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	return all, manual
}

func form(name string, spec map[string]any) entity.Entity {
	return entity.Entity{APIVersion: "scaffolder.backstage.io/v1beta3", Kind: "Template", Spec: spec, Metadata: map[string]any{
		"name": name, "title": "t", "annotations": map[string]any{entity.AnnotationLocation: "url:https://gitlab.example.com/p/t/-/blob/main/template.yaml"},
	}}
}

// shows expects the spec in an order, after some reads of the file in all.
func shows(t *testing.T, all *Templates, h *host, e entity.Entity, want string, reads int32) {
	t.Helper()
	_, spec := all.AsWritten(t.Context(), e)
	text, err := json.Marshal(spec)
	if err != nil || string(text) != want || h.reads.Load() != reads {
		t.Errorf("after %d reads %s, %v; want after %d %s", h.reads.Load(), text, err, reads, want)
	}
}

func TestAFileIsReadOncePerChange(t *testing.T) {
	t.Parallel()
	h := &host{}
	all, now := templates(t, h)
	h.write("{type: x, c: 1, a: 2}")
	e := form("form", map[string]any{"type": "x", "c": 1.0, "a": 2.0})
	shows(t, all, h, e, `{"type":"x","c":1,"a":2}`, 1)
	h.write("{b: 3, a: 2, c: 1, type: x}")
	shows(t, all, h, e, `{"type":"x","c":1,"a":2}`, 1)
	changed := form("form", map[string]any{"type": "x", "c": 1.0, "a": 2.0, "b": 4.0})
	shows(t, all, h, changed, `{"b":4,"a":2,"c":1,"type":"x"}`, 2)
	shows(t, all, h, changed, `{"b":4,"a":2,"c":1,"type":"x"}`, 2)
	h.write("{type: x, b: 3, a: 2, c: 1}") // what the catalog does not notice
	now.Advance(fresh)
	shows(t, all, h, changed, `{"type":"x","b":4,"a":2,"c":1}`, 3)
	h.fault = func(context.Context) error { return errs.New(errs.Unavailable, "away") }
	now.Advance(fresh)
	shows(t, all, h, changed, `{"type":"x","b":4,"a":2,"c":1}`, 4)
	shows(t, all, h, e, `{"a":2,"c":1,"type":"x"}`, 5)
}

func TestMetadataIsInOrderToo(t *testing.T) {
	t.Parallel()
	h := &host{}
	all, _ := templates(t, h)
	h.write("{}")
	meta, spec := all.AsWritten(t.Context(), form("form", nil))
	if len(meta) != 3 || meta[0].Name != "title" || meta[1].Name != "name" || len(spec) != 0 {
		t.Errorf("%v %v", meta, spec)
	}
}

func TestAFormIsShownWhateverBecomesOfTheFile(t *testing.T) {
	t.Parallel()
	spec := map[string]any{"c": 1.0, "a": map[string]any{"z": 1.0, "b": 2.0}, "b": []any{"x"}}
	const sorted = `{"a":{"b":2,"z":1},"b":["x"],"c":1}`
	for name, c := range map[string]struct {
		spec  string
		fault func(context.Context) error
	}{
		"away":             {fault: func(context.Context) error { return errs.New(errs.Unavailable, "away") }},
		"gone":             {fault: func(context.Context) error { return errs.New(errs.NotFound, "gone") }},
		"slow":             {fault: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
		"no YAML":          {spec: "{"},
		"another template": {spec: "{c: 1}\n---\nkind: Template\nmetadata: {name: other}\nspec: {c: 1}"},
		"placeholder":      {spec: "{$yaml: ./spec.yaml}"},
		"of other types":   {spec: "[{c: 1, a: 2}]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &host{fault: c.fault}
			h.write(c.spec)
			all, now := templates(t, h)
			all.cfg.Patience = 20 * time.Millisecond
			e := form("form", spec)
			if name == "another template" {
				e = form("third", spec)
			}
			shows(t, all, h, e, sorted, 1)
			shows(t, all, h, e, sorted, 1)
			h.fault = nil
			h.write("{c: 1, a: {z: 1, b: 2}, b: [x]}\n---\nkind: Template\nmetadata: {name: third}\nspec: {c: 1, a: {z: 1, b: 2}, b: [x]}")
			now.Advance(fresh)
			shows(t, all, h, e, `{"c":1,"a":{"z":1,"b":2},"b":["x"]}`, 2)
		})
	}
}

func TestAFileThatCouldNotBeReadIsTriedAgainSoon(t *testing.T) {
	t.Parallel()
	h := &host{fault: func(context.Context) error { return errs.New(errs.Unavailable, "away") }}
	h.write("{c: 1, a: 2}")
	all, now := templates(t, h)
	e := form("form", map[string]any{"c": 1.0, "a": 2.0})
	shows(t, all, h, e, `{"a":2,"c":1}`, 1)
	h.fault = nil
	shows(t, all, h, e, `{"a":2,"c":1}`, 1)
	now.Advance(again)
	shows(t, all, h, e, `{"c":1,"a":2}`, 2)
}

func TestWhoeverLeavesTeachesNothing(t *testing.T) {
	t.Parallel()
	left, leave := context.WithCancel(t.Context())
	h := &host{fault: func(ctx context.Context) error { leave(); <-ctx.Done(); return ctx.Err() }}
	h.write("{c: 1, a: 2}")
	all, _ := templates(t, h)
	e := form("form", map[string]any{"c": 1.0, "a": 2.0})
	if _, spec := all.AsWritten(left, e); len(spec) != 2 {
		t.Error(spec)
	}
	h.fault = nil
	shows(t, all, h, e, `{"c":1,"a":2}`, 2)
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	t.Parallel()
	h := &host{}
	h.write("{}")
	all, _ := templates(t, h)
	long := strings.Repeat("x", maxKept/5)
	for i := range 20 {
		all.AsWritten(t.Context(), form(fmt.Sprint("t", i%10), map[string]any{"c": long, "i": float64(i)}))
		size := 0
		for _, w := range all.kept {
			size += len(w.content)
		}
		if size != all.bytes || size > maxKept || len(all.kept) == 0 {
			t.Fatalf("%d bytes are kept, counted as %d", size, all.bytes)
		}
	}
	all.AsWritten(t.Context(), form("huge", map[string]any{"c": strings.Repeat(long, 6)}))
	all.AsWritten(t.Context(), form("small", nil))
	if len(all.kept) != 1 {
		t.Errorf("%d are kept", len(all.kept))
	}
}

func TestNewNeedsAllItWorksWith(t *testing.T) {
	t.Parallel()
	good := Config{Files: &host{}, Clock: clock.System{}, Log: logging.Discard()}
	for name, spoil := range map[string]func(*Config){
		"files": func(c *Config) { c.Files = nil }, "clock": func(c *Config) { c.Clock = nil }, "log": func(c *Config) { c.Log = nil },
	} {
		c := good
		if spoil(&c); errors.Is(must(New(c)), nil) {
			t.Errorf("made without %s", name)
		}
	}
}

func must(_ *Templates, err error) error { return err }
