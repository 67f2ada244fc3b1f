package catalogapi_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/test/inmemory"
)

func TestRepositoriesAreAnalyzed(t *testing.T) {
	t.Parallel()
	rig := newCatalog(t, ids.Random{}, clock.System{}, inmemory.Dir(t))
	rig.files.set("orders.yaml", orders)
	rig.files.set("invoices.yaml", invoices+"\n---\nkind: System")
	if _, err := rig.service.RegisterLocation(t.Context(), "user:default/guest", fixtureBase+"orders.yaml"); err != nil {
		t.Fatal(err)
	}
	generated := func(name, annotation, slug string) string {
		notes := ""
		if annotation != "" {
			notes = `"annotations":{"` + annotation + `":"` + slug + `"},`
		}
		return `{"existingEntityFiles":[],"generateEntities":[{"entity":{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{` + notes +
			`"name":"` + name + `"},"spec":{"lifecycle":"unknown","type":"other"}},"fields":[]}]}`
	}
	existing := func(file, registered, entity string) string {
		return `{"existingEntityFiles":[{"location":{"type":"url","target":"` + fixtureBase + file + `"},"isRegistered":` + registered + `,"entity":` + entity + `}],"generateEntities":[]}`
	}
	for target, want := range map[string]string{
		fixtureBase + "orders.yaml": existing("orders.yaml", "true",
			`{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"orders","tags":["a"]},"spec":{"type":"service","lifecycle":"production","owner":"team-a"}}`),
		fixtureBase + "invoices.yaml": existing("invoices.yaml", "false",
			`{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"invoices"},"spec":{"type":"service","lifecycle":"production","owner":"team-b","dependsOn":["component:orders","component:ghost"]}}`),
		"https://github.com/acme/shop":                  generated("shop", "github.com/project-slug", "acme/shop"),
		"https://GitHub.com/acme/shop.git":              generated("shop", "github.com/project-slug", "acme/shop"),
		"https://github.com/acme/shop/tree/main/src":    generated("shop", "github.com/project-slug", "acme/shop"),
		"https://gitlab.com/acme/web/shop/-/tree/main/": generated("shop", "gitlab.com/project-slug", "acme/web/shop"),
		"https://git.example.com/acme/shop/":            generated("shop", "", ""),
	} {
		w := call(rig, "POST", "/analyze-location", `{"location":{"type":"url","target":"`+target+`"},"catalogFilename":"catalog-info.yaml"}`)
		if diff := cmp.Diff(want, w.Body.String()); diff != "" || w.Code != http.StatusOK || w.Header().Get("ETag") == "" {
			t.Errorf("%s: %d %s", target, w.Code, diff)
		}
	}
	for body, want := range map[string]string{
		`{"location":{"type":"url","target":"mailto:x"}}`: "The given location.target is not a URL",
		`{"location":{"type":"url","target":"https://"}}`: "The given location.target is not a URL",
		`{"location":{"type":"url","target":""}}`:         "The given location.target is not a URL",
		`{"location":"x"}`:                    "request/body/location must be object",
		`{"location":{"target":"https://x"}}`: "request/body/location must have required property 'type'",
		`{"location":{"type":"url","target":"https://x"},"catalogFilename":1}`: "request/body/catalogFilename must be string",
	} {
		if got := httpapitest.Refusal(call(rig, "POST", "/analyze-location", body)); got != "400 InputError: "+want {
			t.Errorf("%s: %s", body, got)
		}
	}
}
