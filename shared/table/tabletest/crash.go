package tabletest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/table"
)

// CrashDir is the environment variable that tells a test's child process to write into a
// directory until it is killed. An adapter's test passes its value to Crash.
const CrashDir = "SLIPWAY_TABLETEST_CRASH_DIR"

// Crashing is a table in a local directory that is to survive the death of its process.
type Crashing struct {
	Child  string // the value of CrashDir, "" in the parent
	Rounds int
	Open   func(dir string) (table.Table, io.Closer, error)
}

// Crash kills a process while it writes, again and again over one directory, and checks
// that what was acknowledged is there and that no transaction is torn. The test that calls
// it runs a second time in the child, found by its name.
func Crash(t *testing.T, c Crashing) {
	if c.Child != "" {
		writeUntilKilled(t, c)
		return
	}
	dir := t.TempDir()
	for round := range c.Rounds {
		acked := killedWhileWriting(t, dir, round)
		checkSurvivors(t, c, dir, round, acked)
	}
}

// writeUntilKilled numbers its writes and prints each number once it is acknowledged.
func writeUntilKilled(t *testing.T, c Crashing) {
	dir, round, _ := strings.Cut(c.Child, "|")
	tab, _, err := c.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		if err := numberedWrite(t.Context(), tab, round, n); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("acked %d\n", n)
	}
}

// numberedWrite makes write n of a round: by turns a put and a transaction of two items.
func numberedWrite(ctx context.Context, tab table.Table, round string, n int) error {
	left := item(key("left"+round, fmt.Sprintf("%06d", n)), strings.Repeat(strconv.Itoa(n%10), 1+n*7%5000))
	if n%2 == 0 {
		_, err := tab.Put(ctx, left, table.Absent)
		return err
	}
	right := item(key("right"+round, left.SK), string(left.Body))
	return tab.Transact(ctx, []table.Write{table.PutWrite(left, table.Absent), table.PutWrite(right, table.Absent)})
}

// killedWhileWriting runs the child, kills it behind a random acknowledgement and gives
// how many writes it had acknowledged by then.
func killedWhileWriting(t *testing.T, dir string, round int) int {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
	child.Env = append(os.Environ(), CrashDir+"="+dir+"|"+strconv.Itoa(round))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acked, enough := 0, 1+rand.IntN(80)
	var said strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() { // to the end of the pipe: what was acknowledged before the kill counts
		if lines.Text() != fmt.Sprintf("acked %d", acked) {
			said.WriteString(lines.Text() + "\n")
			continue
		}
		if acked++; acked == enough {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || acked < enough {
		t.Fatalf("the child ended by itself after %d writes (%v):\n%s", acked, err, said.String())
	}
	return acked
}

func checkSurvivors(t *testing.T, c Crashing, dir string, round, acked int) {
	t.Helper()
	tab, closer, err := c.Open(dir)
	if err != nil {
		t.Fatalf("reopening after a kill: %v", err)
	}
	defer closer.Close()
	h := Harness{Table: tab}
	for earlier := range round {
		if len(sortKeys(readAll(t, h, table.Query{PK: fmt.Sprint("left", earlier)}))) == 0 {
			t.Fatalf("round %d is gone", earlier)
		}
	}
	left := sortKeys(readAll(t, h, table.Query{PK: fmt.Sprint("left", round)}))
	right := sortKeys(readAll(t, h, table.Query{PK: fmt.Sprint("right", round)}))
	// One write may have been made and not acknowledged.
	if len(left) < acked || len(left) > acked+1 {
		t.Fatalf("%d writes are there, %d were acknowledged", len(left), acked)
	}
	if len(right) != len(left)/2 {
		t.Fatalf("a transaction is torn: %d of its second items for %d writes", len(right), len(left))
	}
	for n, sk := range left {
		want := strings.Repeat(strconv.Itoa(n%10), 1+n*7%5000)
		wantBody(t, h, key(fmt.Sprint("left", round), sk), want)
	}
}
