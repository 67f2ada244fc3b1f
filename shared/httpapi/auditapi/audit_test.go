package auditapi_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/audit"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/auditapi"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// auditServer serves a trail of seven records, a minute apart from 9:01 on.
func auditServer(t *testing.T) http.Handler {
	t.Helper()
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "data"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	tab, err := file.Table("audit")
	if err != nil {
		t.Fatal(err)
	}
	trail, err := audit.New(audit.Deps{Table: tab, Clock: clock.System{}, Log: logging.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 7; n++ {
		err := trail.Append(t.Context(), audit.Record{
			ID: fmt.Sprint("e-", n), Time: time.Date(2026, 11, 22, 9, n, 0, 0, time.UTC), Actor: fmt.Sprintf("user:default/u%d", n%2),
			Action: "app.create", Target: fmt.Sprintf("component:default/app-%d", n%3), OperationID: fmt.Sprint("op-", n%2), Outcome: "succeeded",
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	rt, err := httpapi.NewRouter(httpapi.Config{Authenticator: httpapitest.Guest{}, Logger: logging.Discard(), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	auditapi.Handle(rt, trail)
	return rt
}

func TestAuditRecordsByFilter(t *testing.T) {
	t.Parallel()
	server := auditServer(t)
	for query, want := range map[string][]int64{
		"":                       {7, 6, 5, 4, 3, 2, 1},
		"?actor=user:default/u1": {7, 5, 3, 1},
		"?entity=component%3Adefault%2FAPP-0&operation=op-1":        {3},
		"?from=2026-11-22T09:03:00Z&to=2026-11-22T10:05:00%2B01:00": {4, 3},
	} {
		for _, limit := range []int{1, 3, 100} {
			separator := "?"
			if query != "" {
				separator = "&"
			}
			var got []int64
			for next := fmt.Sprintf("/api/audit/records%s%slimit=%d", query, separator, limit); next != ""; {
				var page struct {
					Items      []audit.Record
					NextCursor string
				}
				if w := httpapitest.Get(t, server, next, &page); w.Code != http.StatusOK || len(page.Items) > limit {
					t.Fatalf("%s: %d with %d records", next, w.Code, len(page.Items))
				}
				for _, r := range page.Items {
					got = append(got, r.Seq)
				}
				if next = ""; page.NextCursor != "" {
					next = fmt.Sprintf("/api/audit/records%s%slimit=%d&cursor=%s", query, separator, limit, page.NextCursor)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q by %d: %s", query, limit, diff)
			}
		}
	}
}

func TestOddAuditQueries(t *testing.T) {
	t.Parallel()
	server := auditServer(t)
	for query, want := range map[string][]string{
		"?limit=0":                             {"#/limit"},
		"?limit=x&from=yesterday&to=&colour=1": {"#/colour", "#/from", "#/limit"},
		"?cursor=%00":                          {"#/cursor"},
		"?actor=a&actor=b":                     {"#/actor"},
		"?from=2026-11-22T09:00:00Z&to=2026-11-22T09:00:00Z": {"#/to"},
	} {
		var problem struct {
			Status int
			Errors []struct{ Pointer string }
		}
		w := httpapitest.Get(t, server, "/api/audit/records"+query, &problem)
		var got []string
		for _, e := range problem.Errors {
			got = append(got, e.Pointer)
		}
		if diff := cmp.Diff(want, got); diff != "" || w.Code != http.StatusBadRequest || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s %s", query, w.Code, w.Body, diff)
		}
	}
}
