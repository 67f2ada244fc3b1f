package index_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
)

// A crowd is large enough for bitmaps, lists, dictionaries and words that many documents
// share, which drawn entities are not.
const crowdSize = 900

// asker makes questions that fit a crowd.
type asker struct {
	*rand.Rand
	m *model
}

func (a asker) row() modelRow {
	d := a.m.docs[a.IntN(len(a.m.docs))]
	return d.rows[a.IntN(len(d.rows))]
}

func (a asker) leaf() predicate.Node {
	r := a.row()
	switch a.IntN(4) {
	case 0:
		return predicate.Exists{Key: r.key, Want: a.IntN(4) > 0}
	case 1:
		runes := []rune(r.value)
		return predicate.HasPrefix{Key: r.key, Prefix: string(runes[:a.IntN(len(runes)+1)])}
	}
	values := []string{r.value}
	for range a.IntN(3) {
		values = append(values, a.row().value)
	}
	return predicate.Equals{Key: r.key, Values: values}
}

func (a asker) where() predicate.Node {
	switch a.IntN(6) {
	case 0:
		return nil
	case 1:
		return predicate.All{equals("kind", "component"), a.leaf()}
	case 2:
		return predicate.Any{a.leaf(), a.leaf(), predicate.All{a.leaf(), predicate.Not{Node: a.leaf()}}}
	case 3:
		return predicate.Not{Node: a.leaf()}
	}
	return a.leaf()
}

// term cuts a piece out of a value.
func (a asker) term(value string) string {
	runes := []rune(value)
	if len(runes) == 0 {
		return "a"
	}
	begin := a.IntN(len(runes))
	end := begin + 1 + a.IntN(min(12, len(runes)-begin))
	term := string(runes[begin:end])
	switch a.IntN(6) {
	case 0:
		return strings.Replace(term, string(runes[begin]), "_", 1)
	case 1:
		return term + "%" + string(runes[max(0, len(runes)-2):])
	}
	return term
}

var crowdKeys = []string{"metadata.name", "metadata.title", "metadata.description", "metadata.tags", "spec.type", "kind", "metadata.uid",
	"spec.lifecycle", "relations.ownedby", "relations.ownerof", "spec.definition", "metadata.labels.tier", "spec.profile.email", "metadata.annotations.backstage.io/view-url"}

func (a asker) key() string { return crowdKeys[a.IntN(len(crowdKeys))] }

func (a asker) query() index.Query {
	q := index.Query{Where: a.where(), Limit: a.IntN(30)}
	if a.IntN(2) == 0 {
		q.Order = &index.Order{Field: a.key(), Descending: a.IntN(2) == 0}
	}
	if a.IntN(2) == 0 {
		field := crowdKeys[a.IntN(5)]
		for range 20 {
			if r := a.row(); r.key == field || a.IntN(20) == 0 {
				q.Text = index.TextFilter{Term: a.term(r.value), Fields: []string{r.key, a.key()}}
				break
			}
		}
	}
	d := a.m.docs[a.IntN(len(a.m.docs))]
	place := &index.Place{UID: d.uid}
	if q.Order != nil {
		for _, r := range d.find(q.Order.Field) {
			place.Value = r.value
		}
	}
	switch a.IntN(4) {
	case 0:
		q.After = place
	case 1:
		q.Before = place
	case 2:
		q.Offset = a.IntN(crowdSize)
	}
	return q
}

// ask compares some answers with the model's.
func (a asker) ask(t *testing.T, x *index.Index) {
	t.Helper()
	for range 30 {
		q := a.query()
		got := x.Query(q)
		page := modelPage{Items: texts(got.Items), Total: got.Total, First: got.First, Last: got.Last, Previous: got.Previous, More: got.More}
		if diff := cmp.Diff(a.m.query(q), page); diff != "" {
			t.Fatalf("%+v: %s", q, diff)
		}
	}
	for range 5 {
		where, fields := a.where(), []string{a.key(), a.key()}
		if diff := cmp.Diff(a.m.facets(where, fields), x.Facets(where, fields)); diff != "" {
			t.Fatalf("%+v %q: %s", where, fields, diff)
		}
		l := index.List{Where: a.where(), Offset: a.IntN(100), Limit: a.IntN(20), Orders: []index.Order{{Field: a.key(), Descending: a.IntN(2) == 0}, {Field: a.key()}}[:a.IntN(3)]}
		items, more := x.List(l)
		want, wantMore := a.m.list(l)
		if diff := cmp.Diff(want, texts(items)); diff != "" || more != wantMore {
			t.Fatalf("%+v: %t, %s", l, more, diff)
		}
	}
	for _, d := range a.m.docs {
		got, ok := x.ByRef(d.ref)
		if !ok || whole(got) != d.json {
			t.Fatalf("%s: %s, want %s", d.ref, whole(got), d.json)
		}
	}
}

func TestACrowdLikeTheModel(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 2} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			all := slices.Collect(records(crowdSize))
			first, rest := all[:crowdSize*3/4], all[crowdSize*3/4:]
			m := &model{records: map[string]index.Record{}}
			m.apply(first, nil)
			a := asker{rand.New(rand.NewPCG(seed, 0)), m}
			cfg := index.Config{Overlay: 64, Columns: 3}
			x, err := index.Build(cfg, slices.Values(first))
			if err != nil {
				t.Fatal(err)
			}
			a.ask(t, x)
			for len(rest) > 0 {
				n := min(len(rest), 1+a.IntN(40))
				deletes := []string{m.docs[a.IntN(len(m.docs))].ref}
				if err := x.Apply(rest[:n], deletes); err != nil {
					t.Fatal(err)
				}
				m.apply(rest[:n], deletes)
				rest = rest[n:]
			}
			a.ask(t, x)
			if err := x.Seal(); err != nil {
				t.Fatal(err)
			}
			x = reopen(t, cfg, x)
			a.ask(t, x)
			for c := x.Compaction(); c != nil; c = x.Compaction() {
				if err := c.Run(); err != nil {
					t.Fatal(err)
				}
				if err := x.Adopt(c); err != nil {
					t.Fatal(err)
				}
			}
			a.ask(t, x)
			if err := x.Compact(); err != nil || len(x.Segments()) != 1 {
				t.Fatal(len(x.Segments()), err)
			}
			a.ask(t, x)
		})
	}
}
