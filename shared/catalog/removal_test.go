package catalog_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/table"
)

// stored shows entities as they are stored.
type stored struct{ log *changelog.Log }

func (s *stored) Shown(ctx context.Context, uid string) (ref, etag string, err error) {
	err = s.log.Entities(ctx, func(r changelog.Record) error {
		if r.Entity.UID() == uid {
			ref, etag = r.Entity.Ref().String(), r.ETag
		}
		return nil
	})
	return ref, etag, err
}

// removing makes an instance that can remove entities.
func (f fixture) removing(t *testing.T, tab table.Table, shown catalog.Shown) *catalog.Service {
	t.Helper()
	c, err := catalog.New(catalog.Deps{Table: tab, Source: f.host, Clock: clock.System{}, IDs: ids.Random{}, Log: logging.Discard(), Shown: shown})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (f fixture) uid(t *testing.T, ref string) string {
	t.Helper()
	e, err := f.Entity(context.Background(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return e.UID()
}

const ordersRef = "component:default/orders"

func withOrders(t *testing.T) fixture {
	t.Helper()
	f := newFixture(t)
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": component("orders", "1")})
	f.ingest(t, "apps/orders")
	return f
}

// The answer to the removal is lost, before or after it took effect.
func TestARemovalIsNotRefusedForItsOwnEffect(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		f := withOrders(t)
		c := f.removing(t, &losing{Table: f.table, after: after}, &stored{log: f.log})
		if err := c.RemoveEntity(context.Background(), "user:default/jane", f.uid(t, ordersRef), ""); err != nil {
			t.Errorf("after=%t: %v", after, err)
		}
		if left := f.refs(t); len(left) > 0 {
			t.Errorf("after=%t: left %v", after, left)
		}
	}
}

// aside is a table of which the known files are asked once something has come in between.
type aside struct {
	table.Table
	once sync.Once
	do   func()
}

func (a *aside) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if strings.HasPrefix(q.PK, "SOURCES#") {
		a.once.Do(a.do)
	}
	return a.Table.Query(ctx, q)
}

// Without If-Match it does not matter that the entity changes at the same time; with it,
// it does.
func TestARemovalWhileTheFileIsRead(t *testing.T) {
	t.Parallel()
	for _, conditional := range []bool{false, true} {
		f := withOrders(t)
		etag := ""
		if conditional {
			r, err := f.log.Record(context.Background(), ordersRef)
			if err != nil {
				t.Fatal(err)
			}
			etag = r.ETag
		}
		c := f.removing(t, &aside{Table: f.table, do: func() {
			f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": component("orders", "2")})
			f.ingest(t, "apps/orders")
		}}, &stored{log: f.log})
		err := c.RemoveEntity(context.Background(), "user:default/jane", f.uid(t, ordersRef), etag)
		_, there := f.refs(t)[ordersRef]
		if conditional != errors.Is(err, errs.PreconditionFailed) || !conditional && err != nil || there != conditional {
			t.Errorf("conditional=%t: %v, there: %t", conditional, err, there)
		}
	}
}

// Somebody removed the entity, and its file brought it back with another uid: that one was
// not asked for.
func TestARemovalOfWhatHasComeBackAsAnother(t *testing.T) {
	t.Parallel()
	f := withOrders(t)
	c := f.removing(t, f.table, &stored{log: f.log})
	uid := f.uid(t, ordersRef)
	again := false
	stale := shownOnce{ref: ordersRef, then: func() {
		if again {
			return
		}
		again = true
		if err := c.RemoveEntity(context.Background(), "user:default/jane", uid, ""); err != nil {
			t.Fatal(err)
		}
		f.ingest(t, "apps/orders")
	}}
	if err := f.removing(t, f.table, stale).RemoveEntity(context.Background(), "user:default/jim", uid, ""); err != nil {
		t.Fatal(err)
	}
	if now := f.uid(t, ordersRef); now == uid {
		t.Fatal("the entity did not come back")
	}
}

// shownOnce answers for one uid as it was before then is called.
type shownOnce struct {
	ref  string
	then func()
}

func (s shownOnce) Shown(_ context.Context, _ string) (ref, etag string, err error) {
	s.then()
	return s.ref, "", nil
}

// GitLab does not answer, or has lost the project: an entity can be removed all the same.
func TestARemovalAsksNobody(t *testing.T) {
	t.Parallel()
	f := withOrders(t)
	f.host.failing(func(string) error { return errs.New(errs.Unavailable, "502 Bad Gateway") })
	c := f.removing(t, f.table, &stored{log: f.log})
	if err := c.RemoveEntity(context.Background(), "user:default/jane", f.uid(t, ordersRef), ""); err != nil {
		t.Fatal(err)
	}
	f.host.failing(nil)
	f.ingest(t, "apps/orders")
	if _, there := f.refs(t)[ordersRef]; !there {
		t.Fatal("its file was not read again")
	}
}
