package entity_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// plainly is an entity as encoding/json reads it.
type plainly struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   map[string]any    `json:"metadata"`
	Spec       map[string]any    `json:"spec,omitzero"`
	Relations  []entity.Relation `json:"relations,omitzero"`
	Status     *entity.Status    `json:"status,omitzero"`
}

func TestEntitiesAreWrittenAsTheyWereRead(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		`{"metadata":{"namespace":"n","name":"x","annotations":{"b":"<1>","a":"2"}},"kind":"K","apiVersion":"v","spec":{"z":[{"b":1,"a":2}],"a":null}}`: "",
		`{"apiVersion":"v","kind":"K","metadata":{"name":"x"},"spec":{},"relations":[],"status":{"items":null}}`:                                        "",
		`{"relations":[{"type":"a","targetRef":"b"}],"metadata":{"b":1,"a":2},"kind":"K"}`:                                                              `{"metadata":{"b":1,"a":2},"kind":"K","apiVersion":"","relations":[{"type":"a","targetRef":"b"}]}`,
		`{"metadata":{"x":1},"kind":"A","unknown":{"y":1},"kind":"B","metadata":{"b":1,"a":2}}`:                                                         `{"metadata":{"b":1,"a":2},"kind":"B","apiVersion":""}`,
		`{}`:     `{"apiVersion":"","kind":"","metadata":null}`,
		` null `: `{"apiVersion":"","kind":"","metadata":null}`,
	} {
		if want == "" {
			want = document
		}
		var e entity.Entity
		if err := json.Unmarshal([]byte(document), &e); err != nil {
			t.Errorf("%s: %v", document, err)
		}
		if got, err := entity.Canonical(e); string(got) != want || err != nil {
			t.Errorf("%s\n%s, %v", document, got, err)
		}
	}
	for _, document := range []string{`[]`, `"x"`, `{"kind":1}`, `{"metadata":[]}`, `{"spec":"x"}`, `{"relations":{}}`, `{"status":1}`, `{"spec":{"n":1e999}}`} {
		e := entity.Entity{Kind: "before"}
		if err := json.Unmarshal([]byte(document), &e); err == nil || e.Kind != "before" {
			t.Errorf("%s gives %+v", document, e)
		}
	}
}

func TestAnotherOrderIsAnotherContent(t *testing.T) {
	t.Parallel()
	digest := func(document string) string {
		var e entity.Entity
		if err := json.Unmarshal([]byte(document), &e); err != nil {
			t.Fatal(err)
		}
		d, err := entity.Digest(e)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	one := digest(`{"kind":"K","metadata":{"name":"x","a":1}}`)
	if again := digest(` {"kind" : "K", "metadata":{"name":"\u0078","a":1.0} }`); again != one {
		t.Error("the same content has two digests")
	}
	if other := digest(`{"kind":"K","metadata":{"a":1,"name":"x"}}`); other == one {
		t.Error("two orders have one digest")
	}
}

func FuzzEntityJSON(f *testing.F) {
	f.Add([]byte(`{"kind":"K","metadata":{"name":"x","b":[{"d":1,"c":2}]},"spec":null,"relations":[{"type":"a"}],"status":{"items":[]}}`))
	f.Add([]byte(`{"metadata":{"name":1e999}}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		var e entity.Entity
		if json.Unmarshal(document, &e) != nil {
			return
		}
		body, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var plain plainly
		if err := json.Unmarshal(body, &plain); err != nil {
			t.Fatal(err)
		}
		want := plainly{e.APIVersion, e.Kind, e.Metadata, e.Spec, e.Relations, e.Status}
		if d := cmp.Diff(want, plain); d != "" {
			t.Fatal(d)
		}
		var again entity.Entity
		if err := json.Unmarshal(body, &again); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(e.Metadata, again.Metadata); d != "" {
			t.Fatal(d)
		}
	})
}
