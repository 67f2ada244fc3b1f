package search_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/search"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// failing is a feed that fails as often as told.
type failing struct {
	search.Feed
	times int
}

var errFeed = errors.New("the feed is down")

func (f *failing) Documents(ctx context.Context, since int64) (view.Changes, error) {
	if f.times > 0 {
		f.times--
		return view.Changes{}, errFeed
	}
	return f.Feed.Documents(ctx, since)
}

// catalog gives a change log and a view of it.
func catalog(t *testing.T) (*changelog.Log, *view.View) {
	t.Helper()
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "data"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	stored, err := file.Table("catalog")
	if err != nil {
		t.Fatal(err)
	}
	log, err := changelog.New(changelog.Config{Table: stored, Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	v, err := view.New(view.Deps{Log: log, Clock: clock.System{}, Logger: logging.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	return log, v
}

func service(t *testing.T, f search.Feed) *search.Service {
	t.Helper()
	s, err := search.New(search.Deps{Feed: f, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func described(name, description string) changelog.Intent {
	e := entity.Entity{APIVersion: "backstage.io/v1alpha1", Kind: "Component",
		Metadata: map[string]any{"name": name, "namespace": "default", "description": description},
		Spec:     map[string]any{"type": "service", "owner": "team-a"}}
	return changelog.Intent{Ref: e.Ref().String(), Wish: changelog.Keep, Entity: &e, Origin: changelog.Origin{Owner: "test"}}
}

func TestNewAsksForWhatItNeeds(t *testing.T) {
	t.Parallel()
	if _, err := search.New(search.Deps{}); err == nil {
		t.Error("a search without a feed was made")
	}
}

func TestSearchIsFresh(t *testing.T) {
	t.Parallel()
	log, v := catalog(t)
	s := service(t, v)
	found := func(term string) int {
		page, err := s.Search(t.Context(), search.Query{Term: term})
		if err != nil {
			t.Fatal(err)
		}
		return page.Total
	}
	apply := func(in changelog.Intent) {
		if _, err := log.Apply(t.Context(), []changelog.Intent{in}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := found(""); n != 0 {
		t.Errorf("%d documents in an empty catalog", n)
	}
	apply(described("orders", "takes orders"))
	if n := found("taking"); n != 1 {
		t.Errorf("a new entity is found %d times", n)
	}
	apply(described("orders", "delivers parcels"))
	if gone, now := found("taking"), found("parcel"); gone != 0 || now != 1 {
		t.Errorf("a changed entity is found %d times by its old text and %d times by its new one", gone, now)
	}
	apply(changelog.Intent{Ref: "component:default/orders", Wish: changelog.Remove, Origin: changelog.Origin{Owner: "test"}})
	if n := found(""); n != 0 {
		t.Errorf("a removed entity is found %d times", n)
	}
}

func TestSearchRecoversFromAFailingFeed(t *testing.T) {
	t.Parallel()
	log, v := catalog(t)
	f := &failing{Feed: v, times: 1}
	s := service(t, f)
	if _, err := log.Apply(t.Context(), []changelog.Intent{described("orders", "")}, nil); err != nil {
		t.Fatal(err)
	}
	for _, fails := range []bool{true, false} {
		page, err := s.Search(t.Context(), search.Query{})
		if errors.Is(err, errFeed) != fails || !fails && page.Total != 1 {
			t.Errorf("fails: %v, found %d, error %v", fails, page.Total, err)
		}
	}
	f.times = 1
	if _, err := s.Search(t.Context(), search.Query{}); !errors.Is(err, errFeed) {
		t.Errorf("an answer that could be stale was given: %v", err)
	}
}

// Whoever has written finds it, while others write and search.
func TestEveryWriterFindsItsOwn(t *testing.T) {
	t.Parallel()
	log, v := catalog(t)
	s := service(t, v)
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := range 8 {
				word := strings.Repeat(string(rune('k'+w)), 4+i)
				in := described(fmt.Sprintf("c%d", w), word)
				if _, err := log.Apply(t.Context(), []changelog.Intent{in}, nil); err != nil {
					t.Error(err)
					return
				}
				page, err := s.Search(t.Context(), search.Query{Term: word})
				if err != nil || len(page.Results) == 0 || page.Results[0].Document.Text != word {
					t.Errorf("%s is not found: %+v, %v", word, page, err)
				}
			}
		})
	}
	all.Wait()
}
