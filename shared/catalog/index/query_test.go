package index

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

const crowd = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: orders, tags: [go, rest], labels: {tier: "1"}, title: Order_100% service}
spec: {type: service, lifecycle: production, owner: team-a, ports: [80, 8080], on: true}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: billing, tags: [java]}
spec: {type: service, lifecycle: Production, owner: user:jane, providesApis: [invoices], long: LONG}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: invoices, namespace: finance}
spec: {type: openapi, lifecycle: production, owner: team-b, definition: x}
---
apiVersion: aws.backstage.io/v1alpha
kind: AWSEnvironment
metadata: {name: dev}
spec: {type: environment, lifecycle: x, owner: team-a, system: ignored, dependsOn: ["awsenvironmentprovider:default/p", "component:default/orders", "q"]}
---
apiVersion: aws.backstage.io/v1alpha
kind: AWSEnvironmentProvider
metadata: {name: p}
spec: {type: environment-provider, lifecycle: x, owner: team-a}
`

func newCrowd(t *testing.T) fixture {
	t.Helper()
	f := newFixture(t)
	f.host.push("apps/crowd", "main", map[string]string{"catalog-info.yaml": strings.Replace(crowd, "LONG", strings.Repeat("l", 201), 1)})
	if got := f.ingest(t, "apps/crowd"); len(got.Problems) > 0 {
		t.Fatal(got.Problems)
	}
	return f
}

// names gives the names a query finds, sorted.
func names(t *testing.T, c *catalog.Service, q catalog.Query) []string {
	t.Helper()
	q.Limit = -1
	page, err := c.Query(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range page.Items {
		out = append(out, e.Name())
	}
	slices.Sort(out)
	return out
}

func TestPredicates(t *testing.T) {
	t.Parallel()
	f := newCrowd(t)
	for predicate, want := range map[string][]string{
		`{}`:             {"billing", "dev", "invoices", "orders", "p"},
		`{"$all":[]}`:    {"billing", "dev", "invoices", "orders", "p"},
		`{"$any":[]}`:    nil,
		`{"KIND":"API"}`: {"invoices"},
		`{"$not":{"spec.type":{"$hasPrefix":"env"}}}`:                                             {"billing", "invoices", "orders"},
		`{"kind":"component","spec.lifecycle":"PRODUCTION","metadata.tags":{"$contains":"REST"}}`: {"orders"},
		`{"$any":[{"metadata.name":"p"},{"metadata.labels.tier":1}]}`:                             {"orders", "p"},
		`{"spec.ports":8080}`:                   {"orders"},
		`{"spec.on":true}`:                      {"orders"},
		`{"spec.on":"true"}`:                    {"orders"},
		`{"spec.on":false}`:                     nil,
		`{"spec.long":{"$exists":true}}`:        {"billing"},
		`{"spec.long":{"$hasPrefix":"l"}}`:      nil,
		`{"metadata.namespace":"finance"}`:      {"invoices"},
		`{"metadata.etag":{"$exists":true}}`:    nil,
		`{"spec":{"$exists":true}}`:             nil,
		`{"metadata.tags.go":{"$exists":true}}`: {"orders"},
		`{"relations":{"$contains":{"type":"ownedBy","targetRef":{"$in":["user:default/jane","group:finance/team-b"]}}}}`: {"billing", "invoices"},
		`{"relations":{"$contains":{"type":"providesApi"}}}`:                                                              {"billing"},
		`{"relations.providesApi":"api:default/invoices"}`:                                                                {"billing"}, // in the component's own namespace
		`{"relations.dependencyOf":"awsenvironment:default/dev"}`:                                                         {"p"},
		`{"relations.partOf":{"$exists":true}}`:                                                                           nil,
		`{"relations.ownerOf":{"$exists":true}}`:                                                                          nil,
	} {
		var v any
		if err := json.Unmarshal([]byte(predicate), &v); err != nil {
			t.Fatal(err)
		}
		where, err := catalog.ParsePredicate(v)
		if err != nil {
			t.Errorf("%s: %v", predicate, err)
			continue
		}
		if diff := cmp.Diff(want, names(t, f.Service, catalog.Query{Where: where})); diff != "" {
			t.Errorf("%s: %s", predicate, diff)
		}
	}
}

func TestPredicatesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, predicate := range []string{
		`"x"`, `7`, `[]`, `null`, `{"$all":{}}`, `{"$any":[1]}`, `{"$not":[]}`, `{"$or":[]}`, `{"kind":null}`, `{"kind":[]}`, `{"kind":{}}`,
		`{"kind":{"$in":["a",{}]}}`, `{"kind":{"$exists":"yes"}}`, `{"kind":{"$hasPrefix":1}}`, `{"kind":{"$exists":true,"$in":[]}}`,
		`{"kind":{"$contains":{"type":"x"}}}`, `{"relations":{"$contains":{}}}`,
	} {
		var v any
		if err := json.Unmarshal([]byte(predicate), &v); err != nil {
			t.Fatal(err)
		}
		if p, err := catalog.ParsePredicate(v); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %v, %v", predicate, p, err)
		}
	}
}

func TestFilterStatements(t *testing.T) {
	t.Parallel()
	f := newCrowd(t)
	for filter, want := range map[string][]string{
		"kind=api, metadata.name = INVOICES": {"invoices"},
		"kind=api,kind=component":            {"billing", "invoices", "orders"},
		"kind,kind=api":                      {"invoices"},
		"metadata.title=order_100% service":  {"orders"},
		"metadata.title=":                    nil,
		"$all=x":                             nil,
		" , ":                                {"billing", "dev", "invoices", "orders", "p"},
		"metadata.name=a=b":                  nil,
	} {
		where, err := catalog.ParseFilter([]string{filter})
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		if diff := cmp.Diff(want, names(t, f.Service, catalog.Query{Where: where})); diff != "" {
			t.Errorf("%s: %s", filter, diff)
		}
	}
}

func TestTextSearch(t *testing.T) {
	t.Parallel()
	f := newCrowd(t)
	title := []string{"metadata.title"}
	for _, c := range []struct {
		text catalog.TextFilter
		want []string
	}{
		{catalog.TextFilter{Term: " ORDER ", Fields: title}, []string{"orders"}},
		{catalog.TextFilter{Term: "r_100", Fields: title}, []string{"orders"}},
		{catalog.TextFilter{Term: "o%s%e", Fields: title}, []string{"orders"}},
		{catalog.TextFilter{Term: "s%o", Fields: title}, nil},
		{catalog.TextFilter{Term: "service", Fields: []string{"METADATA.title", "spec.type"}}, []string{"billing", "orders"}},
		{catalog.TextFilter{Term: "lll", Fields: []string{"spec.long"}}, nil},
		{catalog.TextFilter{Term: "  ", Fields: title}, []string{"billing", "dev", "invoices", "orders", "p"}},
	} {
		if diff := cmp.Diff(c.want, names(t, f.Service, catalog.Query{Text: c.text})); diff != "" {
			t.Errorf("%+v: %s", c.text, diff)
		}
	}
}

// An entity with a list in the field it is ordered by shows once for each value, and is
// counted once, as in Backstage.
func TestOrderByAList(t *testing.T) {
	t.Parallel()
	f := newCrowd(t)
	page, err := f.Query(context.Background(), catalog.Query{Order: &catalog.Order{Field: "metadata.tags"}, Limit: 10})
	if err != nil || page.Total != 2 || len(page.Items) != 3 || page.Items[0].Name() != "orders" || page.Items[1].Name() != "billing" {
		t.Fatalf("%d of %d, %v", len(page.Items), page.Total, err)
	}
	for _, q := range []catalog.Query{{Limit: -2}, {Limit: 1, Offset: -1}} {
		if _, err := f.Query(context.Background(), q); !errors.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

func TestEntitiesByOtherNames(t *testing.T) {
	t.Parallel()
	f := newCrowd(t)
	ctx := context.Background()
	e, err := f.Entity(ctx, "API:Finance/Invoices")
	if err != nil {
		t.Fatal(err)
	}
	if same, err := f.EntityByUID(ctx, e.UID()); err != nil || same.Ref() != e.Ref() {
		t.Fatal(same.Ref(), err)
	}
	if err := f.ConfirmVisible(ctx, "api:finance/invoices"); err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[string]errs.Kind{"api:invoices": errs.NotFound, "invoices": errs.Invalid, "a:b:c": errs.Invalid, "api:/x": errs.Invalid, "": errs.Invalid} {
		if _, err := f.Entity(ctx, ref); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %s", ref, err, want)
		}
	}
	if _, err := f.EntityByUID(ctx, "nope"); !errors.Is(err, errs.NotFound) {
		t.Fatal(err)
	}
}

func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"component:default/orders", "orders", "default/orders", "a:b/c/d", "::", "Component:Orders", "a:b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ref, err := catalog.ParseRef(s, catalog.Ref{Kind: "Group", Namespace: "team"})
		if err != nil {
			return
		}
		again, err := catalog.ParseFullRef(ref.String())
		if err != nil || again.String() != ref.String() || ref.String() != strings.ToLower(ref.String()) {
			t.Fatalf("%q → %s → %s, %v", s, ref, again, err)
		}
	})
}
