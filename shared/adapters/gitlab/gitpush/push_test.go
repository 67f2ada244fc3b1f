package gitpush_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/gitlab/gitpush"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestAPushCreatesTheBranch(t *testing.T) {
	t.Parallel()
	b := newBare(t)
	r := b.serve(t, asItIs)
	a := advertised(t, r)
	if !a.Empty {
		t.Error("an empty repository is not")
	}
	p := packOf(t, text("README.md", "# x"), gitpush.File{Path: "bin/run", Content: []byte("#!"), Executable: true}, gitpush.File{Path: "link", Link: "bin/run"})
	if err := r.Push(t.Context(), a, "release/ü", false, p); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(b.git(t, nil, "rev-parse", "refs/heads/release/ü")); got != p.ID() {
		t.Errorf("the branch is at %s, want %s", got, p.ID())
	}
	b.git(t, nil, "fsck", "--strict", "--full")
	if got := len(lines(b.git(t, nil, "ls-tree", "-r", p.ID()))); got != 3 {
		t.Errorf("%d files", got)
	}
	if a := advertised(t, r); a.Empty {
		t.Error("a repository with a branch is empty")
	}
}

// TestABranchThatCameMeanwhile: what was empty when it was asked is not any more.
func TestABranchThatCameMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBare(t)
	r := b.serve(t, asItIs)
	a := advertised(t, r)
	first := packOf(t, text("a", "1"))
	if err := r.Push(t.Context(), a, "main", false, first); err != nil {
		t.Fatal(err)
	}
	for _, branch := range []string{"main", "main/below"} {
		var rejected *gitpush.Rejected
		err := r.Push(t.Context(), a, branch, false, packOf(t, text("a", "2")))
		if !errors.As(err, &rejected) || rejected.Kind != errs.Conflict {
			t.Errorf("%s: %v", branch, err)
		}
	}
	if got := strings.TrimSpace(b.git(t, nil, "rev-parse", "main")); got != first.ID() {
		t.Errorf("the branch moved to %s", got)
	}
}

func TestWhatTheServerSaysIsPassedOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		kind   errs.Kind
	}{
		"a rule":         {"echo 'GitLab: the file name x.pem is prohibited by a push rule' >&2; exit 1", errs.Invalid},
		"a protection":   {"echo 'GitLab: You are not allowed to push code to protected branches on this project.' >&2; exit 1", errs.Forbidden},
		"GitLab's own":   {"echo 'GitLab: Internal API unreachable' >&2; exit 1", errs.Unavailable},
		"very much":      {"head -c 300000 /dev/zero | tr '\\0' 'GitLab: no' >&2; exit 1", errs.Invalid},
		"nothing at all": {"exit 1", errs.Invalid},
	} {
		b := newBare(t)
		b.hook(t, "cat >/dev/null\n"+c.script+"\n")
		r := b.serve(t, asItIs)
		var rejected *gitpush.Rejected
		err := r.Push(t.Context(), advertised(t, r), "main", false, packOf(t, text("a", "1")))
		if !errors.As(err, &rejected) || rejected.Kind != c.kind || !strings.Contains(rejected.Reason, "declined") || len(rejected.Said) > 4<<10 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if strings.HasPrefix(c.script, "echo") && !strings.Contains(rejected.Said, "GitLab: ") {
			t.Errorf("%s: what was said is %q", name, rejected.Said)
		}
	}
}

// TestObjectsThatGitDoesNotTake pushes what is fine here and not there.
func TestObjectsThatGitDoesNotTake(t *testing.T) {
	t.Parallel()
	b := newBare(t)
	b.git(t, nil, "config", "receive.fsckObjects", "true")
	r := b.serve(t, asItIs)
	var rejected *gitpush.Rejected
	err := r.Push(t.Context(), advertised(t, r), "main", false, packOf(t, gitpush.File{Path: ".gitmodules", Link: "x"}))
	if !errors.As(err, &rejected) || rejected.Kind != errs.Invalid {
		t.Errorf("a link in place of .gitmodules: %v", err)
	}
	b.git(t, nil, "config", "receive.maxInputSize", "1k")
	noise := make([]byte, 200<<10)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	err = r.Push(t.Context(), advertised(t, r), "main", false, packOf(t, gitpush.File{Path: "x", Content: noise}))
	if !errors.As(err, &rejected) || rejected.Kind != errs.TooLarge {
		t.Errorf("more than is taken: %v", err)
	}
}

// cutting closes the connection when so much of a push has come in.
func cutting(after int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				r.Body = io.NopCloser(io.LimitReader(r.Body, after))
				next.ServeHTTP(discarding{w}, r)
				panic(http.ErrAbortHandler)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// discarding sends nothing of an answer.
type discarding struct{ http.ResponseWriter }

func (discarding) Write(p []byte) (int, error) { return len(p), nil }
func (discarding) WriteHeader(int)             {}

func manyFiles(n int) []gitpush.File {
	files := make([]gitpush.File, n)
	for i := range files {
		noise := make([]byte, 4000)
		for j := range noise {
			noise[j] = byte(rand.Uint32())
		}
		files[i] = gitpush.File{Path: fmt.Sprintf("d%d/%d", i%7, i), Content: noise}
	}
	return files
}

// TestABrokenConnection: before all has come in nothing happens, after it everything; the
// error is the same, since nobody on this side can know.
func TestABrokenConnection(t *testing.T) {
	t.Parallel()
	p := packOf(t, manyFiles(300)...)
	for _, after := range []int64{0, 3, 100, 250, 40_000, 1_000_000, 1 << 40} {
		b := newBare(t)
		r := b.serve(t, cutting(after))
		err := r.Push(t.Context(), advertised(t, r), "main", false, p)
		if !errors.Is(err, errs.Unavailable) {
			t.Errorf("cut after %d: %v", after, err)
		}
		there := strings.TrimSpace(b.git(t, nil, "for-each-ref", "--format=%(objectname)"))
		if want := map[bool]string{true: p.ID()}[after == 1<<40]; there != want {
			t.Errorf("cut after %d: the branch is at %q, want %q", after, there, want)
		}
	}
}

// TestACancelledPushEnds: the files are the caller's again as soon as Push returns.
func TestACancelledPushEnds(t *testing.T) {
	t.Parallel()
	b := newBare(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	r := b.serve(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				_, _ = io.CopyN(io.Discard, r.Body, 100_000)
				cancel()
				_, _ = io.Copy(io.Discard, r.Body) // ends with the connection
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	files := manyFiles(2000)
	a := advertised(t, r)
	if err := r.Push(ctx, a, "main", false, packOf(t, files...)); !errors.Is(err, errs.Unavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for i := range files {
		clear(files[i].Content) // the race detector looks whether anybody still reads
	}
}

func TestAnswersThatAreNotGits(t *testing.T) {
	t.Parallel()
	answer := func(status int, kind, body string) func(http.Handler) http.Handler {
		return func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", kind)
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
			})
		}
	}
	const advertisement = "application/x-git-receive-pack-advertisement"
	head := "001f# service=git-receive-pack\n0000"
	zero := strings.Repeat("0", 40)
	for name, c := range map[string]struct {
		before func(http.Handler) http.Handler
		kind   errs.Kind
	}{
		"a page":            {answer(200, "text/html", "<html>sign in</html>"), errs.Unavailable},
		"nothing":           {answer(200, advertisement, ""), errs.Unavailable},
		"a broken packet":   {answer(200, advertisement, "zzzz"), errs.Unavailable},
		"an impossible one": {answer(200, advertisement, "0003"), errs.Unavailable},
		"another service":   {answer(200, advertisement, "001e# service=git-upload-pack\n0000"), errs.Unavailable},
		"no capabilities":   {answer(200, advertisement, head+"0000"), errs.Unavailable},
		"SHA-256":           {answer(200, advertisement, head+packet(zero+" capabilities^{}\x00report-status object-format=sha256")+"0000"), errs.Invalid},
		"no report":         {answer(200, advertisement, head+packet(zero+" capabilities^{}\x00side-band-64k")+"0000"), errs.Invalid},
		"a line of noise":   {answer(200, advertisement, head+packet("what is this?\x00report-status")+"0000"), errs.Unavailable},
	} {
		b := newBare(t)
		if _, err := b.serve(t, c.before).Advertised(t.Context()); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, want %s", name, err, c.kind)
		}
	}
	var refused *gitpush.Refused
	if _, err := newBare(t).serve(t, answer(403, "text/plain", "no")).Advertised(t.Context()); !errors.As(err, &refused) || refused.Status != 403 || refused.Text != "no" {
		t.Errorf("got %v", err)
	}
	wrong := newBare(t).serve(t, asItIs)
	wrong.Password = "wrong"
	if _, err := wrong.Advertised(t.Context()); !errors.As(err, &refused) || refused.Status != 401 || strings.Contains(err.Error(), "wrong") {
		t.Errorf("got %v", err)
	}
}

func packet(text string) string { return fmt.Sprintf("%04x%s", len(text)+4, text) }

// TestAnAlternateIsNoReference: a fork's repository knows objects of its parent and is empty.
func TestAnAlternateIsNoReference(t *testing.T) {
	t.Parallel()
	r := newBare(t).serve(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-git-receive-pack-advertisement")
			id := strings.Repeat("ab", 20)
			_, _ = io.WriteString(w, "001f# service=git-receive-pack\n0000"+packet("version 1")+packet(id+" .have\x00report-status\n")+packet(id+" .have\n")+"0000")
		})
	})
	if a := advertised(t, r); !a.Empty {
		t.Error("it is not empty")
	}
}
