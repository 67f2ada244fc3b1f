package dirblob_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/dirblob"
	"github.com/slipwayhq/slipway/shared/blob"
)

// crashDir tells the test's child process to write there until it is killed.
const crashDir = "SLIPWAY_DIRBLOB_CRASH_DIR"

func TestBlobsSurviveKill(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv(crashDir); dir != "" {
		writeUntilKilled(t, dir)
		return
	}
	rounds := 4
	if testing.Short() {
		rounds = 1
	}
	for range rounds {
		dir := t.TempDir()
		acked := killedWhileWriting(t, dir)
		checkSurvivors(t, open(t, dir), acked)
	}
}

// numbered gives the body of write n: long enough to be cut in two by a kill.
func numbered(n int) string { return strings.Repeat(fmt.Sprintf("%08d", n), 5_000) }

func writeUntilKilled(t *testing.T, dir string) {
	s, err := dirblob.Open(dirblob.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		body := []byte(numbered(n))
		if err := s.PutNew(t.Context(), fmt.Sprintf("each/%d/%06d", n%3, n), body); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(t.Context(), "latest", body); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("acked %d\n", n)
	}
}

// killedWhileWriting gives the number of writes that the child acknowledged.
func killedWhileWriting(t *testing.T, dir string) int {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
	child.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acked, enough := 0, 1+rand.IntN(30)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() != fmt.Sprintf("acked %d", acked) {
			continue
		}
		if acked++; acked == enough {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || acked < enough {
		t.Fatalf("the child ended by itself after %d writes: %v", acked, err)
	}
	return acked
}

func checkSurvivors(t *testing.T, s *dirblob.Store, acked int) {
	t.Helper()
	keys, err := s.List(t.Context(), "each/", "", blob.MaxList)
	if err != nil || len(keys) < acked || len(keys) > acked+1 {
		t.Fatalf("%d blobs are there, %d were acknowledged; %v", len(keys), acked, err)
	}
	for _, key := range keys {
		var part, n int
		if _, err := fmt.Sscanf(key, "each/%d/%d", &part, &n); err != nil {
			t.Fatalf("a blob called %s: %v", key, err)
		}
		if body, err := s.Get(t.Context(), key); err != nil || string(body) != numbered(n) {
			t.Fatalf("%s holds %d bytes; %v", key, len(body), err)
		}
	}
	latest, err := s.Get(t.Context(), "latest")
	if err != nil || (string(latest) != numbered(acked-1) && string(latest) != numbered(acked)) {
		t.Fatalf("the latest blob holds %d bytes %.8s behind %d writes; %v", len(latest), latest, acked, err)
	}
}
