package runner_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// killDir is the environment variable that makes the test's child process run an execution
// in a directory. SLIPWAY_KILL_ROUNDS sets the number of executions.
const killDir = "SLIPWAY_RUNNER_KILL_DIR"

// TestKilled kills a process that runs an execution at random moments, again and again
// until the execution has ended, and checks that it ended as if nothing had happened.
func TestKilled(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv(killDir); dir != "" {
		runUntilKilled(t, dir)
		return
	}
	rounds := 3
	if testing.Short() {
		rounds = 1
	}
	if n := os.Getenv("SLIPWAY_KILL_ROUNDS"); n != "" {
		if _, err := fmt.Sscan(n, &rounds); err != nil {
			t.Fatal(err)
		}
	}
	kills := 0
	for range rounds {
		kills += killedAgainAndAgain(t)
	}
	t.Logf("%d executions, %d kills", rounds, kills)
}

// killedAgainAndAgain runs one execution and gives how often it was killed.
func killedAgainAndAgain(t *testing.T) int {
	t.Helper()
	dir, litter := t.TempDir(), t.TempDir()
	for kills := 0; ; kills++ {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$", "-test.count=1")
		child.Env = append(os.Environ(), killDir+"="+dir, "TMPDIR="+litter) // the killed tidy nothing up
		var said strings.Builder
		child.Stdout = &said
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		life := time.Duration(20+rand.IntN(120)) * time.Millisecond
		if kills > 25 {
			life = time.Minute
		}
		killer := time.AfterFunc(life, func() { _ = child.Process.Kill() })
		err := child.Wait()
		killer.Stop()
		if err == nil {
			checkSurvivor(t, dir, kills)
			return kills
		}
		if child.ProcessState.Exited() {
			t.Fatalf("the child failed: %v\n%s", err, said.String())
		}
	}
}

// runUntilKilled is the child: it starts the execution or goes on with it.
func runUntilKilled(t *testing.T, dir string) {
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(dir, "slipway.db"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := everythingWorld(t)
	if w.table, err = file.Table("workflow"); err != nil {
		t.Fatal(err)
	}
	for name, task := range w.tasks {
		w.tasks[name] = noted(dir, name, task)
	}
	r := w.open(t, w.table)
	defer run(t, r)()
	start(t, r, "everything", everythingInput)
	eventually(t, "the end", func() bool {
		w.tokens = notedTokens(t, dir)
		w.answer(t, r)
		x, err := r.Describe(t.Context(), "everything", "one")
		return err == nil && x.Status != workflow.Running
	})
	x := ended(t, r, "everything")
	if err := os.WriteFile(filepath.Join(dir, "output"), x.Output, 0o600); err != nil {
		t.Fatal(err)
	}
}

// noted makes a task leave a line in a file at each call, and take a moment.
func noted(dir, name string, task workflow.Task) workflow.Task {
	return func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if _, err := fmt.Fprintf(f, "%s\n", input); err != nil {
			return nil, err
		}
		if err := (clock.System{}).Sleep(ctx, time.Duration(rand.IntN(15))*time.Millisecond); err != nil {
			return nil, err
		}
		return task(ctx, input)
	}
}

func notedLines(t *testing.T, dir, name string) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.FieldsFunc(string(raw), func(r rune) bool { return r == '\n' })
}

// notedTokens gives the tokens of all calls so far, those before a kill too.
func notedTokens(t *testing.T, dir string) []string {
	t.Helper()
	var tokens []string
	for _, line := range notedLines(t, dir, "ask") {
		var p struct{ Token string }
		if json.Unmarshal([]byte(line), &p) == nil { // a line may be half written
			tokens = append(tokens, p.Token)
		}
	}
	return tokens
}

func checkSurvivor(t *testing.T, dir string, kills int) {
	t.Helper()
	output, err := os.ReadFile(filepath.Join(dir, "output"))
	if err != nil {
		t.Fatal(err)
	}
	if !workflow.SameInput(output, json.RawMessage(everythingOutput)) {
		t.Errorf("after %d kills the output is %s", kills, output)
	}
	// At each kill at most one task of each branch, or the three items, were in flight.
	for name, most := range map[string]int{"echo": 3 + kills, "ask": 1 + kills, "item": 4 + 3*kills} {
		if n := len(notedLines(t, dir, name)); n > most {
			t.Errorf("after %d kills %s was called %d times", kills, name, n)
		}
	}
}
