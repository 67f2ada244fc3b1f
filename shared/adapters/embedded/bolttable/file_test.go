package bolttable_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
)

func open(t *testing.T, path string) *bolttable.File {
	t.Helper()
	f, err := bolttable.Open(bolttable.Config{Path: path, Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestSecondProcessGetsAConflict(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "slipway.db")
	open(t, path)
	_, err := bolttable.Open(bolttable.Config{Path: path, Clock: clock.System{}, IDs: ids.Random{}})
	if !errors.Is(err, errs.Conflict) || !strings.Contains(errs.Message(err), "another Slipway process") {
		t.Fatalf("opening twice gives %v", err)
	}
}

func TestItemsSurviveReopening(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "slipway.db")
	f := open(t, path)
	tab, err := f.Table("catalog")
	if err != nil {
		t.Fatal(err)
	}
	key := table.Key{PK: "p", SK: "s"}
	rev, err := tab.Put(t.Context(), table.Item{Key: key, Body: []byte("x"), Expires: time.Now().Add(time.Hour)}, table.Absent)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	tab, err = open(t, path).Table("catalog")
	if err != nil {
		t.Fatal(err)
	}
	got, err := tab.Get(t.Context(), key)
	if err != nil || got.Revision != rev || string(got.Body) != "x" {
		t.Fatalf("after reopening: %+v, %v", got, err)
	}
}
