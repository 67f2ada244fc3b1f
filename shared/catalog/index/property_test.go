package index_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
)

// The vocabulary of the drawn entities is small, so that values repeat, differ in case only,
// and name each other.
var (
	drawnKinds  = []string{"Component", "API", "System", "Group", "User", "Resource"}
	drawnNames  = []string{"a", "b", "C", "data-pipe", "Data-Pipe2", "x1", "x2", "x3"}
	drawnValues = []string{"", "go", "Go", "GO", "java", "data pipeline", "Data-Pipe", "pipe%line", "100_percent", "Ärger", "straße und Ärger",
		"https://example.com/a/edit", "https://example.com/b/edit", "İstanbul", "データ基盤", "prod", "production", "PRODUCTION", "a.b_c-d", strings.Repeat("l", 201), strings.Repeat("ß", 200)}
	drawnTerms = []string{"go", "a", "pipe", "data-p", "pipeline", "%", "_", "o%o", "e_line", "-", "ärger", "a pipe", "0_p", "t u", "edit", "ample.c", "rod", " Data ", "ß", "データ", "zzz", "/a/", "x"}
	drawnKeys  = []string{"kind", "metadata.name", "metadata.title", "metadata.description", "metadata.tags", "metadata.tags.go", "metadata.uid",
		"metadata.labels.tier", "metadata.annotations.example.com/url", "metadata.namespace", "spec.type", "spec.owner", "spec.members", "spec.nothing", "spec.deep.x", "spec.n",
		"relations.ownedby", "relations.ownerof", "relations.hasmember", "relations.memberof", "relations.partof", "apiversion", "\x00ref", ""}
)

func drawEntity(t *rapid.T) entity.Entity {
	pick := func(from []string, label string) string { return rapid.SampledFrom(from).Draw(t, label) }
	list := func(label string) []any {
		out := []any{}
		for _, s := range rapid.SliceOfN(rapid.SampledFrom(drawnValues), 0, 3).Draw(t, label) {
			out = append(out, s)
		}
		return out
	}
	refs := func(label string) []any {
		out := []any{}
		for _, s := range rapid.SliceOfN(rapid.SampledFrom(drawnNames), 0, 3).Draw(t, label) {
			out = append(out, s)
		}
		return out
	}
	e := entity.Entity{APIVersion: "backstage.io/v1alpha1", Kind: pick(drawnKinds, "kind"), Metadata: map[string]any{
		"name": pick(drawnNames, "name"), "title": pick(drawnValues, "title"), "description": pick(drawnValues, "description"), "tags": list("tags"),
		"labels":      map[string]any{"tier": pick(drawnValues, "tier"), "Tier2": "x"},
		"annotations": map[string]any{"example.com/url": pick(drawnValues, "url")},
	}}
	e.Metadata["uid"] = fmt.Sprintf("%s-%d", strings.ToLower(e.Kind+"-"+e.Name()), rapid.IntRange(0, 1).Draw(t, "generation"))
	if rapid.Bool().Draw(t, "no spec") && e.Kind == "System" {
		return e
	}
	e.Spec = map[string]any{"type": pick(drawnValues, "type"), "owner": pick(drawnNames, "owner"), "nothing": nil, "n": float64(rapid.IntRange(0, 12).Draw(t, "n")) / 4,
		"deep": map[string]any{"x": []any{map[string]any{"y": true}, list("x"), nil}, strings.Repeat("k", 300): "dropped"}}
	for _, field := range []string{"system", "domain", "parent", "subcomponentOf"} {
		if rapid.Bool().Draw(t, field+"?") {
			e.Spec[field] = pick(drawnNames, field)
		}
	}
	for _, field := range []string{"members", "memberOf", "children", "providesApis", "dependsOn"} {
		if rapid.Bool().Draw(t, field+"?") {
			e.Spec[field] = refs(field)
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "faulty") == 0 {
		e.Status = entity.Faulty([]entity.Problem{{Message: "no <good> & done"}})
	}
	return e
}

func drawNode(t *rapid.T, depth int) predicate.Node {
	kind := rapid.IntRange(0, 6).Draw(t, "node")
	if depth == 0 {
		kind = 3 + kind%3
	}
	key := rapid.SampledFrom(drawnKeys).Draw(t, "key")
	value := func() string {
		if rapid.Bool().Draw(t, "a name") {
			return strings.ToLower(rapid.SampledFrom(drawnKinds).Draw(t, "kind") + ":default/" + rapid.SampledFrom(drawnNames).Draw(t, "name"))
		}
		return strings.ToLower(rapid.SampledFrom(append([]string{"component", "api", "true", "0.25", "null"}, drawnValues...)).Draw(t, "value"))
	}
	several := func() []predicate.Node {
		nodes := []predicate.Node{}
		for range rapid.IntRange(0, 3).Draw(t, "parts") {
			nodes = append(nodes, drawNode(t, depth-1))
		}
		return nodes
	}
	switch kind {
	case 0:
		return predicate.All(several())
	case 1:
		return predicate.Any(several())
	case 2:
		return predicate.Not{Node: drawNode(t, depth-1)}
	case 3:
		return predicate.Exists{Key: key, Want: rapid.Bool().Draw(t, "want")}
	case 4:
		v := value()
		runes := []rune(v)
		return predicate.HasPrefix{Key: key, Prefix: string(runes[:rapid.IntRange(0, len(runes)).Draw(t, "length")])}
	}
	values := []string{}
	for range rapid.IntRange(0, 3).Draw(t, "values") {
		values = append(values, value())
	}
	return predicate.Equals{Key: key, Values: values}
}

func drawWhere(t *rapid.T) predicate.Node {
	if rapid.IntRange(0, 2).Draw(t, "where?") == 0 {
		return nil
	}
	return drawNode(t, 3)
}

func drawQuery(t *rapid.T, m *model) index.Query {
	q := index.Query{Where: drawWhere(t), Limit: rapid.IntRange(-1, 5).Draw(t, "limit")}
	if rapid.IntRange(0, 2).Draw(t, "text?") == 0 {
		q.Text = index.TextFilter{Term: rapid.SampledFrom(drawnTerms).Draw(t, "term"), Fields: rapid.SliceOfN(rapid.SampledFrom(drawnKeys), 0, 3).Draw(t, "fields")}
	}
	if rapid.Bool().Draw(t, "order?") {
		q.Order = &index.Order{Field: rapid.SampledFrom(drawnKeys).Draw(t, "order"), Descending: rapid.Bool().Draw(t, "descending")}
	}
	place := &index.Place{}
	if len(m.docs) > 0 {
		place.UID = rapid.SampledFrom(m.docs).Draw(t, "place").uid + rapid.SampledFrom([]string{"", "", "z"}).Draw(t, "beside")
	}
	if q.Order != nil && q.Order.Field != "" {
		place.Value = strings.ToLower(rapid.SampledFrom(append([]string{"component", "c"}, drawnValues...)).Draw(t, "place's value"))
	}
	switch rapid.IntRange(0, 3).Draw(t, "from") {
	case 0:
		q.After = place
	case 1:
		q.Before = place
	case 2:
		q.Offset = rapid.IntRange(0, 6).Draw(t, "offset")
	}
	return q
}

func texts(docs []index.Document) []string {
	out := []string{}
	for _, d := range docs {
		out = append(out, whole(d))
	}
	return out
}

// check compares everything an index can be asked with the model.
func check(t *rapid.T, x *index.Index, m *model) {
	if x.Len() != len(m.docs) {
		t.Fatalf("%d entities, want %d", x.Len(), len(m.docs))
	}
	for range 8 {
		q := drawQuery(t, m)
		got := x.Query(q)
		page := modelPage{Items: texts(got.Items), Total: got.Total, First: got.First, Last: got.Last, Previous: got.Previous, More: got.More}
		if diff := cmp.Diff(m.query(q), page); diff != "" {
			t.Fatalf("%+v: %s", q, diff)
		}
	}
	for range 3 {
		l := index.List{Where: drawWhere(t), Offset: rapid.IntRange(0, 4).Draw(t, "offset"), Limit: rapid.IntRange(-1, 5).Draw(t, "limit")}
		for range rapid.IntRange(0, 3).Draw(t, "orders") {
			l.Orders = append(l.Orders, index.Order{Field: rapid.SampledFrom(drawnKeys).Draw(t, "order"), Descending: rapid.Bool().Draw(t, "descending")})
		}
		items, more := x.List(l)
		want, wantMore := m.list(l)
		if diff := cmp.Diff(want, texts(items)); diff != "" || more != wantMore {
			t.Fatalf("%+v: more %t, %s", l, more, diff)
		}
		where, fields := drawWhere(t), rapid.SliceOfN(rapid.SampledFrom(drawnKeys), 0, 3).Draw(t, "facets")
		if diff := cmp.Diff(m.facets(where, fields), x.Facets(where, fields)); diff != "" {
			t.Fatalf("%+v %q: %s", where, fields, diff)
		}
	}
	checkNames(t, x, m)
}

func checkNames(t *rapid.T, x *index.Index, m *model) {
	where := drawWhere(t)
	var refs []string
	for _, d := range m.docs {
		refs = append(refs, d.ref)
		byUID, ok := x.ByUID(d.uid)
		if !ok || byUID.Ref() != d.ref || byUID.ETag() != d.etag || byUID.UID() != d.uid {
			t.Fatalf("%s: %v, %v", d.uid, byUID, ok)
		}
		e, err := byUID.Entity()
		if err != nil || !slices.Equal(e.Relations, d.relations) || e.ETag() != d.etag {
			t.Fatalf("%s: %v, %v", d.uid, e, err)
		}
		if diff := cmp.Diff(m.naming(d.ref), x.Naming(d.ref)); diff != "" {
			t.Fatalf("naming %s: %s", d.ref, diff)
		}
	}
	refs = append(refs, "component:default/absent", "")
	for i, got := range x.ByRefs(refs, where) {
		want := i < len(m.docs) && m.docs[i].matches(where)
		if got.Found() != want || want && whole(got) != m.docs[i].json {
			t.Fatalf("%s: found %t, want %t", refs[i], got.Found(), want)
		}
	}
	if _, ok := x.ByRef("component:default/absent"); ok {
		t.Fatal("found what is not there")
	}
}

// drawBatch draws changes; an entity is in it once.
func drawBatch(t *rapid.T, m *model, most int) (upserts []index.Record, deletes []string) {
	taken := map[string]bool{}
	for range rapid.IntRange(0, most).Draw(t, "upserts") {
		e := drawEntity(t)
		if ref := e.Ref().String(); !taken[ref] {
			taken[ref] = true
			etag, err := entity.Digest(e)
			if err != nil {
				t.Fatal(err)
			}
			upserts = append(upserts, index.Record{Entity: e, ETag: etag})
		}
	}
	if len(m.docs) == 0 {
		return upserts, nil
	}
	for range rapid.IntRange(0, 3).Draw(t, "deletes") {
		if ref := rapid.SampledFrom(m.refs()).Draw(t, "delete"); !taken[ref] {
			taken[ref] = true
			deletes = append(deletes, ref)
		}
	}
	return upserts, append(deletes, "component:default/never-there")
}

// Whatever is built, changed, sealed, merged and opened again answers as the model does.
func TestLikeTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := index.Config{Overlay: rapid.SampledFrom([]int{2, 5, 1000}).Draw(t, "overlay"), Columns: rapid.IntRange(1, 4).Draw(t, "columns")}
		m := &model{records: map[string]index.Record{}}
		upserts, _ := drawBatch(t, m, 25)
		m.apply(upserts, nil)
		x, err := index.Build(cfg, slices.Values(upserts))
		if err != nil {
			t.Fatal(err)
		}
		check(t, x, m)
		for range rapid.IntRange(0, 5).Draw(t, "steps") {
			x = step(t, cfg, x, m)
			check(t, x, m)
		}
	})
}

func step(t *rapid.T, cfg index.Config, x *index.Index, m *model) *index.Index {
	apply := func() {
		upserts, deletes := drawBatch(t, m, 8)
		m.apply(upserts, deletes)
		if err := x.Apply(upserts, deletes); err != nil {
			t.Fatal(err)
		}
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	switch rapid.IntRange(0, 6).Draw(t, "step") {
	case 0:
		must(x.Seal())
	case 1:
		must(x.Compact())
	case 2:
		must(x.Seal())
		x = reopen(t, cfg, x)
	case 3:
		c := x.Compaction()
		if c == nil {
			return x
		}
		apply() // while the merge runs
		must(c.Run())
		apply()
		must(x.Adopt(c))
	default:
		apply()
	}
	return x
}

func reopen(t interface{ Fatal(...any) }, cfg index.Config, x *index.Index) *index.Index {
	var data []index.SegmentData
	for _, s := range x.Segments() {
		data = append(data, index.SegmentData{Bytes: slices.Clone(s.Bytes()), Deleted: s.Deleted()})
	}
	again, err := index.Open(cfg, data)
	if err != nil {
		t.Fatal(err)
	}
	return again
}
