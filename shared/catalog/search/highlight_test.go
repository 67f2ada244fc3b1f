package search

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHighlight(t *testing.T) {
	t.Parallel()
	x, err := newIndex()
	if err != nil {
		t.Fatal(err)
	}
	x.put("c", parts{uid: "1", name: "Batch-Job", text: "The café's <b>jobs</b>; job: ünïcode 漢字 & 😀job", typ: "service", namespace: "default", kind: "Component", owner: "team-a"}.pack())
	x.settle()
	for _, c := range []struct {
		name string
		q    Query
		want map[string]string
	}{
		{"nothing asked", Query{}, map[string]string{}},
		{"stem, in every field", Query{Term: "JOBS"}, map[string]string{
			"title": "Batch-[Job]", "text": "The café's <b>[jobs]</b>; [job]: ünïcode 漢字 & 😀[job]", "location": "/catalog/default/component/batch-[job]"}},
		{"letters lunr loses, and short words near them", Query{Term: "漢字"}, map[string]string{"text": "The café'[s] <[b]>jobs</[b]>; job: ünïcode [漢字] & 😀job"}},
		{"an accent at the end", Query{Term: "café"}, map[string]string{"text": "The [café]'s <b>jobs</b>; job: ünïcode 漢字 & 😀job"}},
		{"a filter, in its field only", Query{Filters: []Filter{{"type", []string{"Service"}}}}, map[string]string{"type": "[service]"}},
		{"one value of several", Query{Filters: []Filter{{"owner", []string{"nobody", "team-a"}}}}, map[string]string{"owner": "[team]-a"}},
	} {
		page := x.search(c.q, Tags{"[", "]"}, &scratches{})
		if page.Total != 1 {
			t.Errorf("%s: found %d", c.name, page.Total)
			continue
		}
		if diff := cmp.Diff(c.want, page.Results[0].Highlight); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
