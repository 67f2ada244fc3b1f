package view_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
	"github.com/slipwayhq/slipway/shared/catalog/view"
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

// newCrowd shows the documents above.
func newCrowd(t *testing.T) *view.View {
	t.Helper()
	b := newBench(t)
	documents, problems := descriptor.Parse([]byte(strings.Replace(crowd, "LONG", strings.Repeat("l", 201), 1)), descriptor.Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, d := range documents {
		e := d.Entity
		e.Metadata["namespace"] = e.Namespace()
		b.apply(t, changelog.Intent{Ref: e.Ref().String(), Wish: changelog.Keep, Entity: &e, Origin: changelog.Origin{Owner: "test"}})
	}
	return b.view(t)
}

// names gives the names a query finds, sorted.
func names(t *testing.T, v *view.View, q index.Query) []string {
	t.Helper()
	q.Limit = -1
	page, err := v.Query(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range page.Items {
		out = append(out, d.Ref()[strings.LastIndex(d.Ref(), "/")+1:])
	}
	slices.Sort(out)
	return out
}

func TestPredicates(t *testing.T) {
	t.Parallel()
	v := newCrowd(t)
	for text, want := range map[string][]string{
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
		var query any
		if err := json.Unmarshal([]byte(text), &query); err != nil {
			t.Fatal(err)
		}
		where, err := predicate.Parse(query)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, names(t, v, index.Query{Where: where})); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestFilterStatements(t *testing.T) {
	t.Parallel()
	v := newCrowd(t)
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
		where, err := predicate.ParseFilter([]string{filter})
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		if diff := cmp.Diff(want, names(t, v, index.Query{Where: where})); diff != "" {
			t.Errorf("%s: %s", filter, diff)
		}
	}
}

func TestTextSearch(t *testing.T) {
	t.Parallel()
	v := newCrowd(t)
	title := []string{"metadata.title"}
	for _, c := range []struct {
		text index.TextFilter
		want []string
	}{
		{index.TextFilter{Term: " ORDER ", Fields: title}, []string{"orders"}},
		{index.TextFilter{Term: "r_100", Fields: title}, []string{"orders"}},
		{index.TextFilter{Term: "o%s%e", Fields: title}, []string{"orders"}},
		{index.TextFilter{Term: "s%o", Fields: title}, nil},
		{index.TextFilter{Term: "service", Fields: []string{"METADATA.title", "spec.type"}}, []string{"billing", "orders"}},
		{index.TextFilter{Term: "lll", Fields: []string{"spec.long"}}, nil},
		{index.TextFilter{Term: "  ", Fields: title}, []string{"billing", "dev", "invoices", "orders", "p"}},
	} {
		if diff := cmp.Diff(c.want, names(t, v, index.Query{Text: c.text})); diff != "" {
			t.Errorf("%+v: %s", c.text, diff)
		}
	}
}

// An entity with a list in the field it is ordered by shows once for each value, and is
// counted once, as in Backstage.
func TestOrderByAList(t *testing.T) {
	t.Parallel()
	v := newCrowd(t)
	page, err := v.Query(context.Background(), index.Query{Order: &index.Order{Field: "metadata.tags"}, Limit: 10})
	if err != nil || page.Total != 2 || len(page.Items) != 3 || page.Items[0].Ref() != "component:default/orders" || page.Items[1].Ref() != "component:default/billing" {
		t.Fatalf("%d of %d, %v", len(page.Items), page.Total, err)
	}
	for _, q := range []index.Query{{Limit: -2}, {Limit: 1, Offset: -1}} {
		if _, err := v.Query(context.Background(), q); !errors.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", q, err)
		}
	}
}
