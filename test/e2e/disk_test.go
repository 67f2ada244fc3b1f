package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
)

// smallDisk mounts a file system of a few bytes; without the right to, the test is skipped.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if text, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: a small file system can't be mounted here: %v %s", err, text)
	}
	t.Cleanup(func() {
		if text, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("unmounting %s: %v %s", dir, err, text)
		}
	})
	return dir
}

// on gives the same program on another data directory.
func (s *installation) on(t *testing.T, dir string) *installation {
	t.Helper()
	other := &installation{binary: s.binary, dir: filepath.Join(dir, "data"), portalAddr: freeAddr(t), gitlabAddr: freeAddr(t)}
	t.Cleanup(func() {
		if other.cmd != nil && other.cmd.ProcessState == nil {
			_ = other.cmd.Process.Kill()
			_ = other.cmd.Wait()
		}
	})
	return other
}

// once runs "slipway serve --once" and gives its exit code and what it says of a failure.
func (s *installation) once(t *testing.T, seed string) (code int, says string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var errOut bytes.Buffer
	cmd := exec.CommandContext(ctx, s.binary, "serve", "--data", s.dir, "--listen", s.portalAddr, "--gitlab-listen", s.gitlabAddr, "--seed", seed, "--once")
	cmd.Stderr = &errOut
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if text := errOut.String(); strings.Contains(text, "goroutine ") || strings.Contains(text, "panic") {
		t.Errorf("it crashed:\n%s", text)
	}
	return cmd.ProcessState.ExitCode(), errOut.String()
}

// mustGiveUp runs "slipway serve --once", which must end with exit code 1 and say why.
func (s *installation) mustGiveUp(t *testing.T, what, seed, want string) {
	t.Helper()
	if code, says := s.once(t, seed); code != 1 || !strings.HasPrefix(says, "slipway: ") || !strings.Contains(says, want) {
		t.Errorf("%s: ended with %d and should say %q:\n%s", what, code, want, says)
	}
}

// fill takes all space that is left, and gives a way to give it back.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for chunk := make([]byte, 4096); err == nil; {
		_, err = f.Write(chunk)
	}
	_ = f.Close() // the disk is full, as it should be
	return func() {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheDisk gives "slipway serve" disks that are full, get full, are read-only or
// damaged, or belong to another process.
func TestTheDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real processes")
	}
	t.Parallel()
	s := newInstallation(t)
	t.Run("full from the start", func(t *testing.T) { t.Parallel(); fullFromTheStart(t, s) })
	t.Run("gets full and is freed", func(t *testing.T) { t.Parallel(); getsFull(t, s) })
	t.Run("read-only", func(t *testing.T) { t.Parallel(); readOnly(t, s) })
	t.Run("damaged", func(t *testing.T) { t.Parallel(); damagedFiles(t, s) })
	t.Run("in use", func(t *testing.T) { t.Parallel(); inUse(t, s) })
}

func fullFromTheStart(t *testing.T, s *installation) {
	for _, size := range []string{"4k", "16k", "24k", "32k"} {
		s.on(t, smallDisk(t, size)).mustGiveUp(t, "a disk of "+size, "none", "no space left")
	}
	s.on(t, smallDisk(t, "64k")).mustGiveUp(t, "no space for the seed", "demo", "no space left")
	s.on(t, smallDisk(t, "256k")).mustGiveUp(t, "no space for the first application", "demo", "no space left")
}

// getsFull fills the disk of a running system: it refuses what it can't store, goes on
// reading, and keeps what it has accepted even when it is killed meanwhile.
func getsFull(t *testing.T, s *installation) {
	disk := smallDisk(t, "8m")
	s = s.on(t, disk)
	s.start(t, "demo")
	s.waitReady(t)
	free := fill(t, disk)
	accepted := s.acceptUntilFull(t)
	var page struct{ Items []operations.Operation }
	if err := s.get(t.Context(), "/api/operations", &page); err != nil || len(page.Items) != len(accepted)+1 {
		t.Errorf("reading from a full disk: %d operations, %v", len(page.Items), err)
	}
	s.kill(t)
	// What is freed inside the data file is enough to start, or it is not.
	if code, says := s.once(t, "none"); code != 0 && !strings.Contains(says, "no space left") {
		t.Errorf("starting on a full disk: %d\n%s", code, says)
	}
	free()
	s.start(t, "none")
	s.waitReady(t)
	for name, id := range accepted {
		o := s.askAgain(t, name, request(name))
		if o.Status != operations.Succeeded || o.ID != id {
			t.Errorf("%s was accepted as %s and ended as %s, %s: %+v", name, id, o.ID, o.Status, o.Problem)
		}
		s.mustBeCompleteOrClean(t, name, o)
	}
	t.Logf("%d applications were accepted before the disk was full", len(accepted))
}

// acceptUntilFull asks for applications until one can't be stored.
func (s *installation) acceptUntilFull(t *testing.T) map[string]string {
	t.Helper()
	accepted := map[string]string{}
	for i := range 50 {
		name := appName("full", i)
		var o operations.Operation
		err := s.do(t.Context(), http.MethodPost, "/api/operations", name, request(name), &o)
		if err != nil {
			if !strings.Contains(err.Error(), "503") || !strings.Contains(err.Error(), "there is no space left for ") {
				t.Errorf("what can't be stored is refused with %v", err)
			}
			return accepted
		}
		accepted[name] = o.ID
	}
	t.Fatal("the disk does not get full")
	return nil
}

func readOnly(t *testing.T, s *installation) {
	disk := smallDisk(t, "8m")
	fresh, used := s.on(t, disk), s.on(t, smallDisk(t, "8m"))
	remount(t, disk, "ro")
	fresh.mustGiveUp(t, "a new installation on a read-only disk", "none", "the data directory can't be made: ")
	used.start(t, "demo")
	used.waitReady(t)
	used.kill(t)
	remount(t, filepath.Dir(used.dir), "ro")
	used.mustGiveUp(t, "an old installation on a read-only disk", "none", "the data directory can't be written to: ")
	remount(t, filepath.Dir(used.dir), "rw")
	used.start(t, "none")
	used.waitReady(t)
	used.kill(t)
}

func remount(t *testing.T, dir, mode string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for { // a git that the killed process had started may hold files for a moment longer
		text, err := exec.CommandContext(t.Context(), "mount", "-o", "remount,"+mode, dir).CombinedOutput()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("remounting: %v %s", err, text)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func damagedFiles(t *testing.T, s *installation) {
	whole := s.on(t, t.TempDir())
	whole.start(t, "demo")
	whole.waitReady(t)
	whole.kill(t)
	noise := bytes.Repeat([]byte("damage! "), 4096)
	for what, tt := range map[string]struct {
		file   string
		damage func(content []byte) []byte
		says   string
	}{
		"another file":                {"slipway.db", func([]byte) []byte { return noise }, "slipway.db is damaged or not a Slipway data file"},
		"a file cut off":              {"slipway.db", func(c []byte) []byte { return c[:len(c)/4] }, "slipway.db is damaged or not a Slipway data file"},
		"a file overwritten":          {"slipway.db", func(c []byte) []byte { copy(c[8192:], noise); return c }, "slipway.db is damaged or not a Slipway data file"},
		"secrets cut off":             {"secrets.json", func(c []byte) []byte { return c[:len(c)/2] }, "secrets.json is damaged"},
		"no secrets":                  {"secrets.json", func([]byte) []byte { return nil }, "secrets.json is damaged"},
		"GitLab's state cut off":      {"gitlab/gitlab.db", func(c []byte) []byte { return c[:len(c)/4] }, "gitlab.db is damaged or not a Slipway data file"},
		"GitLab's state, overwritten": {"gitlab/gitlab.db", func(c []byte) []byte { copy(c[8192:], noise); return c }, "gitlab.db is damaged or not a Slipway data file"},
	} {
		copied := s.on(t, t.TempDir())
		copied.gitlabAddr = whole.gitlabAddr // the data belongs to that GitLab
		if err := os.CopyFS(copied.dir, os.DirFS(whole.dir)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(copied.dir, tt.file)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, tt.damage(content), 0o600); err != nil {
			t.Fatal(err)
		}
		copied.mustGiveUp(t, what, "none", tt.says)
	}
}

func inUse(t *testing.T, s *installation) {
	first := s.on(t, t.TempDir())
	first.start(t, "demo")
	first.waitReady(t)
	second := s.on(t, t.TempDir())
	second.dir = first.dir
	second.mustGiveUp(t, "a second process on the directory", "none", "another Slipway process is using "+filepath.Join(first.dir, "slipway.db"))
	second.portalAddr = first.portalAddr
	second.mustGiveUp(t, "a second process on the address", "none", fmt.Sprintf("the portal can't listen on %s (is another \"slipway serve\" running?)", first.portalAddr))
	if err := first.get(t.Context(), "/api/operations", &struct{}{}); err != nil {
		t.Errorf("the first process was disturbed: %v", err)
	}
}
