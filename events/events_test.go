package events_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/events"
	"github.com/slipwayhq/slipway/shared/platform/strictjson"
)

func TestSamplesAreJSONAndTheCatalogueNamesTheirSources(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{"gitlab", "apigateway", "sqs", "dynamodb", "tasks"} {
		if !strings.Contains(string(readme), "`"+source+"/") {
			t.Errorf("the README does not name %s/", source)
		}
		names, err := events.Names(source)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v %v", source, names, err)
		}
		for _, n := range names {
			body, err := events.Sample(n)
			if err != nil {
				t.Fatal(err)
			}
			if r, err := strictjson.Scan(body, 64); err != nil || len(r.Duplicates) > 0 || !json.Valid(body) {
				t.Errorf("%s: %v %v", n, r, err)
			}
		}
	}
}

func TestSamplesThatAreNamedExist(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range strings.Split(string(readme), "`") {
		if strings.HasSuffix(word, ".json") && !strings.ContainsAny(word, "< ") {
			if _, err := events.Sample(word); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := events.Sample("gitlab/none.json"); err == nil {
		t.Error("a sample that is not there was read")
	}
	if _, err := events.Names("none"); err == nil {
		t.Error("a source that is not there was listed")
	}
}
