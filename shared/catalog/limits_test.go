package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// A target that can't be followed costs calls of GitLab as well.
func TestAFileOfManyBadTargetsAsksForFew(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var targets []string
	for n := range 5000 {
		targets = append(targets, fmt.Sprintf("%sapps/none-%d/-/blob/main/x.yaml", base, n))
	}
	f.host.push("apps/orders", "main", map[string]string{
		"catalog-info.yaml": documents(location("one", targets[:2500]...), location("two", targets[2500:]...), component("orders", ""))})
	calls := 0
	f.host.failing(func(call string) error {
		if strings.HasPrefix(call, "resolve ") {
			calls++
			return errs.New(errs.NotFound, "there is no such project")
		}
		return nil
	})
	f.ingest(t, "apps/orders")
	if calls > 200 {
		t.Errorf("%d calls for one file", calls)
	}
	if _, there := f.refs(t)[ordersRef]; !there {
		t.Error("a neighbour of too many targets is missing")
	}
}

// Files that are known are read again however many they are.
func TestAProjectOfManyFilesIsReadWhole(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	files := map[string]string{"catalog-info.yaml": location("all", "./a/*.yaml", "./b/*.yaml")}
	fill := func(version string) {
		for n := range 101 {
			files[fmt.Sprintf("a/%d.yaml", n)] = component(fmt.Sprintf("a-%d", n), version)
			files[fmt.Sprintf("b/%d.yaml", n)] = component(fmt.Sprintf("b-%d", n), version)
		}
		f.host.push("apps/orders", "main", files)
	}
	fill("1")
	f.ingest(t, "apps/orders")
	f.ingest(t, "apps/orders")
	fill("2")
	f.ingest(t, "apps/orders")
	got := f.refs(t)
	if len(got) != 203 {
		t.Fatalf("%d entities", len(got))
	}
	for ref, version := range got {
		if version != "2" && ref != "location:default/all" {
			t.Errorf("%s is at version %s", ref, version)
		}
	}
}

// The documents of large entities break: each is marked, which writes all of it anew.
func TestLargeEntitiesAreMarked(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	large := func(owner string) string {
		var docs []string
		for n := range 10 {
			docs = append(docs, strings.Replace(component(fmt.Sprintf("part-%d", n), strings.Repeat("x", 90_000)), "team-a", owner, 1)+
				"# \n")
		}
		return documents(docs...)
	}
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": large("team-a"), "more.txt": strings.Repeat("y", 200_000)})
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": strings.ReplaceAll(large("team-a"), "spec: {", "spec: {notes: {$text: ./more.txt}, ")})
	f.ingest(t, "apps/orders")
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": strings.ReplaceAll(large("team-a"), "owner: team-a", "owner: 5")})
	f.ingest(t, "apps/orders")
	for n := range 10 {
		e, err := f.Entity(context.Background(), fmt.Sprintf("component:default/part-%d", n))
		if err != nil || e.Status == nil {
			t.Fatalf("part %d: %v, status %v", n, err, e.Status)
		}
	}
}

// One file does not fill the index, however often it repeats what a placeholder brings in.
func TestAFileHoldsSoMuchAndNoMore(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var docs []string
	for n := range 100 {
		docs = append(docs, strings.Replace(component(fmt.Sprintf("part-%d", n), ""), "spec: {", "spec: {notes: {$text: ./more.txt}, ", 1))
	}
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": documents(docs...), "more.txt": strings.Repeat("y", 250_000)})
	f.ingest(t, "apps/orders")
	bytes := 0
	err := f.log.Entities(context.Background(), func(r changelog.Record) error {
		bytes += len(r.Entity.SpecText("notes"))
		return nil
	})
	if err != nil || bytes == 0 || bytes > 4<<20 {
		t.Fatalf("%d bytes of one file in the catalog: %v", bytes, err)
	}
	if got := f.problems(t)[ordersFile]; len(got) == 0 || !strings.Contains(got[0], "of the file") {
		t.Fatalf("problems %v", got)
	}
}

// Another file takes an entity between the look for conflicts and the write: that is noted,
// so that the file is read again until it gets it.
func TestAConflictThatArisesWhileWritingIsNoted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": component("orders", "first")})
	f.host.push("apps/other", "main", map[string]string{"catalog-info.yaml": component("orders", "second")})
	rival := &rivalTable{Table: f.table, do: func() { f.ingest(t, "apps/orders") }}
	if _, err := instance(t, rival, f.host).IngestProject(context.Background(), "apps/other", "main", true); err != nil {
		t.Fatal(err)
	}
	if got := f.refs(t)[ordersRef]; got != "first" {
		t.Fatalf("the entity is %q", got)
	}
	if got := f.problems(t)[strings.Replace(ordersFile, "orders", "other", 1)]; len(got) != 1 || !strings.Contains(got[0], "belongs to") {
		t.Fatalf("problems %v", got)
	}
}

// Another file leads somewhere between the look for that and the write: the second one is
// to be read again, so that it takes over when the first lets go.
func TestAParentThatIsOutrunIsReadAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	target := base + "else/c/-/blob/main/info.yaml"
	f.host.push("else/c", "main", map[string]string{"info.yaml": component("c", "")})
	f.host.push("apps/one", "main", map[string]string{"catalog-info.yaml": location("one", target)})
	f.host.push("apps/two", "main", map[string]string{"catalog-info.yaml": location("two", target)})
	rival := &rivalTable{Table: f.table, do: func() { f.ingest(t, "apps/one") }}
	if _, err := instance(t, rival, f.host).IngestProject(context.Background(), "apps/two", "main", true); err != nil {
		t.Fatal(err)
	}
	item, err := f.table.Get(context.Background(), table.Key{PK: "SOURCES#apps/two", SK: "main catalog-info.yaml"})
	if err != nil || !strings.Contains(string(item.Body), `"stale":true`) {
		t.Fatalf("%s %v", item.Body, err)
	}
}

// rivalTable has something come in before the first transaction.
type rivalTable struct {
	table.Table
	once sync.Once
	do   func()
}

func (r *rivalTable) Transact(ctx context.Context, writes []table.Write) error {
	r.once.Do(r.do)
	return r.Table.Transact(ctx, writes)
}

// The names of a project, a branch and a path may be too long to be kept together.
func TestFilesWithNamesThatAreTooLong(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	long := strings.Repeat("d/", 390) + "x.yaml"
	project := "apps/" + strings.Repeat("p", 250)
	f.host.push(project, "main", map[string]string{
		"catalog-info.yaml": documents(location("one", "./"+long), location("two", "./d/**/*.yaml"), component("orders", "")), long: component("far", "") + "---\nkind: [\n"})
	f.ingest(t, project)
	if _, there := f.refs(t)[ordersRef]; !there {
		t.Error("a neighbour of the name is missing")
	}
	if got := f.problems(t)[f.host.URL(catalog.FileRef{Project: project, Branch: "main", Path: "catalog-info.yaml"})]; len(got) != 1 || !strings.Contains(got[0], "too long") {
		t.Errorf("problems %v", got)
	}
	if _, err := f.RegisterLocation(context.Background(), "user:default/jane", f.host.URL(catalog.FileRef{Project: project, Branch: "main", Path: long})); !errors.Is(err, errs.Invalid) {
		t.Errorf("registered: %v", err)
	}
}
