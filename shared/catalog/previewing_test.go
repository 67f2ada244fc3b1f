package catalog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestAPreviewShowsAllThatWouldCome(t *testing.T) {
	t.Parallel()
	f := seedPlatform(t)
	preview := func(existed bool) {
		t.Helper()
		reg, entities, err := f.PreviewLocation(t.Context(), platformFile)
		if err != nil || reg.Existed != existed {
			t.Fatal(err, reg)
		}
		got := []string{}
		for _, e := range entities {
			got = append(got, e.Ref().String())
		}
		want := []string{reg.Location.EntityRef, "location:default/all", "component:default/a", "location:default/deeper", "component:default/c", "component:default/b"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	preview(false)
	if stored := f.refs(t); len(stored) > 0 {
		t.Fatalf("a preview stores %v", stored)
	}
	if _, err := f.RegisterLocation(t.Context(), "user:default/jane", platformFile); err != nil {
		t.Fatal(err)
	}
	preview(true)
}

func TestRefusedPreviews(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/x", "main", map[string]string{
		"broken.yaml":   location("broken", "./good.yaml", "./bad.yaml"),
		"missing.yaml":  location("missing", "./good.yaml", "./nope.yaml"),
		"twice.yaml":    location("twice", "./good.yaml", "./again.yaml"),
		"circular.yaml": location("circular", "./circular.yaml", "./good.yaml"),
		"good.yaml":     component("good", "1"),
		"again.yaml":    component("good", "2"),
		"bad.yaml":      "kind: [x",
	})
	for file, want := range map[string]string{
		"broken.yaml":   "bad.yaml is valid",
		"missing.yaml":  "there is no file at",
		"twice.yaml":    "component:default/good is described more than once",
		"circular.yaml": "",
		"nope.yaml":     "there is no file at",
	} {
		_, entities, err := f.PreviewLocation(t.Context(), base+"apps/x/-/blob/main/"+file)
		switch {
		case want == "":
			if err != nil || len(entities) != 3 {
				t.Errorf("%s: %d entities, %v", file, len(entities), err)
			}
		case err == nil || !strings.Contains(errs.Message(err), want) || !errors.Is(err, errs.Invalid) && !errors.Is(err, errs.NotFound):
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
	if stored := f.refs(t); len(stored) > 0 {
		t.Fatalf("previews store %v", stored)
	}
}
