package bolttable_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/table/tabletest"
	"github.com/slipwayhq/slipway/test/inmemory"
)

func TestTableContract(t *testing.T) {
	t.Parallel()
	tabletest.Run(t, func(t *testing.T) tabletest.Harness {
		c := &tabletest.Clock{}
		f, err := bolttable.Open(bolttable.Config{
			Path: filepath.Join(inmemory.Dir(t), "slipway.db"), Clock: c, IDs: ids.Random{},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		tab, err := f.Table("contract")
		if err != nil {
			t.Fatal(err)
		}
		return tabletest.Harness{Table: tab, Now: c.Now, Advance: c.Advance}
	})
}

func TestAcknowledgedWritesSurviveKill(t *testing.T) {
	t.Parallel()
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	tabletest.Crash(t, tabletest.Crashing{
		Child: os.Getenv(tabletest.CrashDir), Rounds: rounds,
		Open: func(dir string) (table.Table, io.Closer, error) {
			f, err := bolttable.Open(bolttable.Config{
				Path: filepath.Join(dir, "slipway.db"), Clock: clock.System{}, IDs: ids.Random{},
			})
			if err != nil {
				return nil, nil, err
			}
			tab, err := f.Table("crash")
			return tab, f, err
		},
	})
}
