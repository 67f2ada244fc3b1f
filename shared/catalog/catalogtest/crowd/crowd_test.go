package crowd_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/catalog/catalogtest/crowd"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

func TestCrowd(t *testing.T) {
	t.Parallel()
	const n = 3000
	refs, uids, kinds, bytes := map[string]bool{}, map[string]bool{}, map[string]int{}, 0
	var all []entity.Entity
	for e := range crowd.Entities(n, 7) {
		refs[e.Ref().String()], uids[e.UID()] = true, true
		kinds[e.Kind]++
		all = append(all, e)
		body, err := entity.Canonical(e)
		if err != nil {
			t.Fatal(err)
		}
		bytes += len(body)
		_, problems := entity.Builtin().Validate(map[string]any{"apiVersion": e.APIVersion, "kind": e.Kind, "metadata": e.Metadata, "spec": e.Spec})
		if len(problems) > 0 {
			t.Fatal(e.Ref(), problems)
		}
	}
	if len(refs) != n || len(uids) != n {
		t.Fatalf("%d refs and %d uids of %d entities", len(refs), len(uids), n)
	}
	if kinds["Component"] < n*65/100 || bytes/n < 1900 || bytes/n > 2500 {
		t.Fatalf("%v, %d bytes each", kinds, bytes/n)
	}
	for _, e := range all {
		for _, edge := range entity.Builtin().Edges(e) {
			if !refs[edge.On] {
				t.Fatalf("%s names %s, which is not there", e.Ref(), edge.On)
			}
		}
	}
}

func TestTheSameSeedGivesTheSameCrowd(t *testing.T) {
	t.Parallel()
	first := slices.Collect(crowd.Entities(200, 3))
	if diff := cmp.Diff(first, slices.Collect(crowd.Entities(200, 3))); diff != "" {
		t.Fatal(diff)
	}
	if cmp.Equal(first, slices.Collect(crowd.Entities(200, 4))) {
		t.Fatal("another seed gives the same crowd")
	}
}

func TestDescriptors(t *testing.T) {
	t.Parallel()
	i := 0
	all := slices.Collect(crowd.Entities(200, 3))
	for body, err := range crowd.Descriptors(200, 3) {
		var doc map[string]any
		if err != nil || yaml.Unmarshal(body, &doc) != nil {
			t.Fatalf("%v: %s", err, body)
		}
		e, problems := entity.Builtin().Validate(doc)
		if len(problems) > 0 || e.Ref() != all[i].Ref() || e.UID() != "" || e.Annotation(entity.AnnotationLocation) != "" {
			t.Fatalf("%v: %s", problems, body)
		}
		i++
	}
}
