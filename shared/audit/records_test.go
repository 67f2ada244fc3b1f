package audit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/audit"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// all reads every page of a query.
func all(t *testing.T, trail *audit.Trail, q audit.Query) []int64 {
	t.Helper()
	var out []int64
	for range 100 {
		page, err := trail.Records(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Records) > q.Limit {
			t.Fatalf("a page of %d holds %d", q.Limit, len(page.Records))
		}
		for _, r := range page.Records {
			out = append(out, r.Seq)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return out
		}
	}
	t.Fatal("the pages don't end")
	return nil
}

func TestRecordsByFilter(t *testing.T) {
	t.Parallel()
	trail, _ := filled(t, 12)
	at := func(minute int) time.Time { return morning.Add(time.Duration(minute) * time.Minute) }
	for name, c := range map[string]struct {
		q    audit.Query
		want []int64
	}{
		"all":                  {q: audit.Query{}, want: []int64{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
		"operation":            {q: audit.Query{Operation: "op-1"}, want: []int64{9, 5, 1}},
		"entity in any case":   {q: audit.Query{Entity: "Component:default/APP-0"}, want: []int64{12, 9, 6, 3}},
		"actor":                {q: audit.Query{Actor: "user:default/u1"}, want: []int64{11, 9, 7, 5, 3, 1}},
		"entity and actor":     {q: audit.Query{Entity: "component:default/app-0", Actor: "user:default/u1"}, want: []int64{9, 3}},
		"everything":           {q: audit.Query{Operation: "op-1", Entity: "component:default/app-0", Actor: "user:default/u1"}, want: []int64{9}},
		"a time":               {q: audit.Query{From: at(4), To: at(7)}, want: []int64{6, 5, 4}},
		"nobody":               {q: audit.Query{Actor: "user:default/nobody"}},
		"a name that is a key": {q: audit.Query{Actor: "#/\n"}},
	} {
		for _, limit := range []int{1, 2, 5, 100} {
			c.q.Limit = limit
			if diff := cmp.Diff(c.want, all(t, trail, c.q)); diff != "" {
				t.Errorf("%s by %d: %s", name, limit, diff)
			}
		}
	}
}

func TestAPageStaysWhereItIsWhileRecordsArrive(t *testing.T) {
	t.Parallel()
	trail, _ := filled(t, 4)
	first, err := trail.Records(context.Background(), audit.Query{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := trail.Append(context.Background(), numbered(5)); err != nil {
		t.Fatal(err)
	}
	second, err := trail.Records(context.Background(), audit.Query{Limit: 2, Cursor: first.Next})
	if err != nil || len(second.Records) != 2 || second.Records[0].Seq != 2 || second.Next != "" {
		t.Fatalf("%+v %v", second, err)
	}
}

func TestOddQueries(t *testing.T) {
	t.Parallel()
	trail, _ := filled(t, 1)
	for name, q := range map[string]audit.Query{
		"no limit":       {},
		"a large limit":  {Limit: 101},
		"a cursor":       {Limit: 1, Cursor: "!"},
		"another cursor": {Limit: 1, Cursor: "LTE"},
		"a number":       {Limit: 1, Cursor: "MQ"},
		"backwards":      {Limit: 1, From: morning, To: morning},
		"NUL":            {Limit: 1, Actor: "\x00"},
		"a long name":    {Limit: 1, Entity: string(make([]byte, 3000))},
	} {
		if _, err := trail.Records(context.Background(), q); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
