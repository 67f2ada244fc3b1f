package catalog_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

const ordered = `kind: Component
apiVersion: backstage.io/v1alpha1
metadata: {title: Orders, name: orders, annotations: {zeta: "1", backstage.io/view-url: "https://x.test", alpha: "2"}}
spec: {type: service, owner: a, lifecycle: production, more: {b: 1, a: 2}}
`

// With Backstage, what is known of the place comes first, and an entity without a namespace
// begins with the default one.
func TestEntitiesAreInTheOrderOfTheirFiles(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": ordered})
	f.ingest(t, "apps/orders")
	e, err := f.Entity(t.Context(), "component:default/orders")
	if err != nil {
		t.Fatal(err)
	}
	got, err := entity.Canonical(e)
	file := "https://git.test/apps/orders/-/blob/main/catalog-info.yaml"
	want := `{"metadata":{"namespace":"default","annotations":{` +
		`"backstage.io/managed-by-location":"url:` + file + `","backstage.io/managed-by-origin-location":"url:` + file + `","backstage.io/view-url":"https://x.test",` +
		`"backstage.io/edit-url":"` + strings.Replace(file, "/blob/", "/edit/", 1) + `","backstage.io/source-location":"url:https://git.test/apps/orders/-/tree/main/",` +
		`"zeta":"1","alpha":"2","gitlab.com/instance":"git.test","gitlab.com/project-slug":"apps/orders"},` +
		`"title":"Orders","name":"orders","uid":"` + e.UID() + `"},"kind":"Component","apiVersion":"backstage.io/v1alpha1",` +
		`"spec":{"type":"service","owner":"a","lifecycle":"production","more":{"b":1,"a":2}}}`
	if err != nil || string(got) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
}

func TestAnotherOrderIsAChangeAndTheSameIsNone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for i, file := range []struct {
		text    string
		changes int
	}{
		{ordered, 1}, {ordered + "# nothing new\n", 1}, {strings.Replace(ordered, "{b: 1, a: 2}", "{a: 2, b: 1}", 1), 2},
		{strings.Replace(ordered, "{b: 1, a: 2}", `{"a": 2.0, b: 0x1}`, 1), 2}, {"---\n" + ordered, 3},
	} {
		f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": file.text})
		f.ingest(t, "apps/orders")
		if got := f.changes(t); len(got) != file.changes {
			t.Errorf("after the file's version %d there are %d changes, not %d", i, len(got), file.changes)
		}
	}
	last := f.changes(t)[2]
	if body, err := json.Marshal(last); err != nil || !strings.Contains(string(body), `"more":{"b":1,"a":2}`) {
		t.Errorf("the log has %s, %v", body, err)
	}
}
