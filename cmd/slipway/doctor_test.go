package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/reconcile"
)

// patient is a portal that tells of a reconciliation, nil for none, and of files.
func patient(t *testing.T, r *reconcile.Report, files ...catalog.FileProblems) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/catalog/reconciliation", func(w http.ResponseWriter, _ *http.Request) {
		if r == nil {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"error":{"name":"NotFoundError","message":"no reconciliation has ended yet"}}`)
			return
		}
		_ = json.NewEncoder(w).Encode(r)
	})
	mux.HandleFunc("GET /api/catalog/problems", func(w http.ResponseWriter, q *http.Request) {
		page := map[string]any{"items": files[:len(files)/2], "nextCursor": "more"}
		if q.URL.Query().Get("cursor") == "more" {
			page = map[string]any{"items": files[len(files)/2:]}
		}
		_ = json.NewEncoder(w).Encode(page)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// healthy is the report of a run in which all was well.
func healthy(ended time.Time) *reconcile.Report {
	behind := int64(12)
	return &reconcile.Report{
		Run: "r", Started: ended.Add(-1230 * time.Millisecond), Ended: ended, Complete: true,
		Projects: reconcile.Projects{Seen: 40, Unchanged: 38, Read: 2}, Groups: []reconcile.Group{{Path: "apps", Projects: 40}},
		Hooks: reconcile.Hooks{Managed: true, Checked: 2, Created: 1}, Log: reconcile.Log{Head: 512, Behind: &behind},
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	sick := healthy(at)
	sick.Groups = append(sick.Groups, reconcile.Group{Path: "lost", Problem: "404 Group Not Found"})
	sick.Failed = []reconcile.Note{{Project: "apps/slow", Reason: "502 Bad Gateway"}}
	sick.Kept = []reconcile.Note{{Project: "apps/gone", Reason: "GitLab does not show the project any more"}}
	sick.Hooks.Problems = []reconcile.Note{{Project: "apps/orders", Reason: "403 Forbidden\x1b[2J"}}
	broken := func(n int) catalog.FileProblems {
		return catalog.FileProblems{Target: fmt.Sprintf("https://git.test/apps/p%d/-/blob/main/catalog-info.yaml", n), Problems: []entity.Problem{{Line: n, Message: "no owner"}}}
	}
	for name, url := range map[string]string{
		"healthy": patient(t, healthy(at)),
		"sick":    patient(t, sick, broken(1), broken(2), broken(3)),
		"late":    patient(t, healthy(at.Add(-2*time.Hour))),
		"new":     patient(t, nil),
	} {
		p, err := newPortal(url, "")
		if err != nil {
			t.Fatal(err)
		}
		d, err := diagnose(t.Context(), p, at)
		if err != nil {
			t.Fatal(err)
		}
		if d.Healthy != (name == "healthy") || d.Healthy != (len(d.Findings) == 0) {
			t.Errorf("%s: %+v", name, d.Findings)
		}
		var out bytes.Buffer
		if err := d.print(&out, time.UTC); err != nil {
			t.Fatal(err)
		}
		golden(t, "doctor-"+name+".txt", out.String())
	}
}

func TestDoctorExits(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]int{patient(t, healthy(time.Now())): 0, patient(t, nil): 1, "http://127.0.0.1:1": 1} {
		for _, format := range []string{"--json", "--json=false"} {
			var out, errOut bytes.Buffer
			if got := exitCode(run(t.Context(), []string{"doctor", format, "--url", url}, &out, &errOut), &errOut); got != want {
				t.Errorf("%s: %d, %s%s", url, got, &out, &errOut)
			}
			var d diagnosis
			if format == "--json" && out.Len() > 0 && json.Unmarshal(out.Bytes(), &d) != nil {
				t.Errorf("not JSON: %s", &out)
			}
		}
	}
}
