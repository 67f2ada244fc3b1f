// Package githttp owns git's smart HTTP protocol in the embedded GitLab: it authenticates,
// checks what a push may do, and hands the rest to the git binary (upload-pack and
// receive-pack with --stateless-rpc), which knows shallow clones, thin packs and protocol
// version 2. It starts no hooks itself: After is told that references may have moved.
//
// Protocol: https://git-scm.com/docs/http-protocol.
package githttp

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrNoGit says that the git binary is missing.
var ErrNoGit = errors.New("the git binary is not installed: clone and push over HTTP need it")

// Service is what a client asks git to do.
type Service string

// The services.
const (
	Fetch Service = "git-upload-pack"
	Push  Service = "git-receive-pack"
)

// Answer is what the owner of the projects says of a request.
type Answer struct {
	Status int    // 200: go on; 401, 403, 404
	Text   string // shown by git when Status is not 200
	Dir    string // the bare repository
	// Refuse says why a reference may not be changed; "" when it may. Only for Push.
	Refuse func(ref string, deleted bool) string
	// NoForce makes the push refuse what is not a fast-forward.
	NoForce func(ref string) bool
	// After is called when a push has ended.
	After func(context.Context) error
}

// Config is what the handler works with; all fields are needed.
type Config struct {
	// Authorize decides on a request for a project path; password is the token.
	Authorize func(r *http.Request, path, password string, service Service) (Answer, error)
	Logger    *slog.Logger
}

// Handler serves /<project path>.git/….
type Handler struct{ cfg Config }

// New makes the handler.
func New(cfg Config) (*Handler, error) {
	if cfg.Authorize == nil || cfg.Logger == nil {
		return nil, errors.New("git over HTTP needs authorization and a logger")
	}
	return &Handler{cfg: cfg}, nil
}

// Match reports whether a path belongs to git, and splits it.
func Match(path string) (project, rest string, ok bool) {
	project, rest, ok = strings.Cut(strings.TrimPrefix(path, "/"), ".git/")
	return project, rest, ok && rest != ""
}

// ServeHTTP answers one request of a git client.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	project, rest, ok := Match(r.URL.Path)
	service, advertise := Service(rest), false
	if rest == "info/refs" && r.Method == http.MethodGet {
		service, advertise = Service(r.URL.Query().Get("service")), true
	}
	if !ok || badPath(project) || (service != Fetch && service != Push) || (!advertise && r.Method != http.MethodPost) {
		http.NotFound(w, r)
		return
	}
	_, password, _ := r.BasicAuth()
	a, err := h.cfg.Authorize(r, project, password, service)
	if err != nil {
		h.cfg.Logger.ErrorContext(r.Context(), "a git request failed", "error", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	if a.Status != http.StatusOK {
		if a.Status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="GitLab"`)
		}
		http.Error(w, a.Text, a.Status)
		return
	}
	git, err := exec.LookPath("git")
	if err != nil {
		h.cfg.Logger.ErrorContext(r.Context(), "a git request could not be served", "error", errors.Join(ErrNoGit, err))
		http.Error(w, ErrNoGit.Error(), http.StatusNotImplemented)
		return
	}
	exchange{h.cfg.Logger, git, w, r, a, service}.serve(advertise)
}

// badPath refuses what could leave the repositories' folder. Repositories are numbers on
// disk, so this only keeps odd names out of look-ups and logs.
func badPath(p string) bool {
	for part := range strings.SplitSeq(p, "/") {
		if part == "" || part == "." || part == ".." {
			return true
		}
	}
	return strings.ContainsAny(p, "\x00\\\n\r")
}

// exchange is one admitted request.
type exchange struct {
	logger  *slog.Logger
	git     string // the binary
	w       http.ResponseWriter
	r       *http.Request
	answer  Answer
	service Service
}

func (x exchange) serve(advertise bool) {
	if advertise {
		x.advertise()
		return
	}
	body, err := input(x.r)
	if err != nil {
		http.Error(x.w, "the request could not be read", http.StatusBadRequest)
		return
	}
	if x.service == Push {
		x.push(body)
		return
	}
	x.header("result")
	x.run(x.r.Context(), nil, body)
}

func (x exchange) advertise() {
	x.header("advertisement")
	if x.r.Header.Get("Git-Protocol") != "version=2" || x.service == Push {
		fmt.Fprintf(x.w, "%04x# service=%s\n0000", len(x.service)+15, x.service)
	}
	x.run(x.r.Context(), []string{"--advertise-refs"}, http.NoBody)
}

// push runs to its end even when its sender goes away: a killed git would leave reference
// locks behind. A body that breaks off ends it as well.
func (x exchange) push(body io.Reader) {
	force, refusal, replay, err := inspect(body, x.answer)
	if err != nil {
		http.Error(x.w, "the request could not be read", http.StatusBadRequest)
		return
	}
	if refusal != "" {
		http.Error(x.w, refusal, http.StatusForbidden)
		return
	}
	ctx := context.WithoutCancel(x.r.Context())
	x.header("result")
	if force {
		x.run(ctx, nil, replay)
	} else {
		x.run(ctx, nil, replay, "-c", "receive.denyNonFastForwards=true")
	}
	if x.answer.After == nil {
		return
	}
	if err := x.answer.After(ctx); err != nil {
		x.logger.ErrorContext(ctx, "what follows a push failed", "error", err)
	}
}

func (x exchange) header(kind string) {
	x.w.Header().Set("Content-Type", "application/x-"+string(x.service)+"-"+kind)
	x.w.Header().Set("Cache-Control", "no-cache")
}

func input(r *http.Request) (io.Reader, error) {
	if r.Header.Get("Content-Encoding") == "gzip" {
		return gzip.NewReader(r.Body)
	}
	return r.Body, nil
}

// run executes git with nothing of this process's environment but the protocol version and
// the path to find its own programs.
func (x exchange) run(ctx context.Context, options []string, body io.Reader, settings ...string) {
	args := append([]string{"-c", "safe.directory=*", "-c", "gc.auto=0", "-c", "receive.autogc=false"}, settings...)
	args = append(args, strings.TrimPrefix(string(x.service), "git-"), "--stateless-rpc")
	cmd := exec.CommandContext(ctx, x.git, append(append(args, options...), x.answer.Dir)...)
	var complaints bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = body, x.w, &limited{w: &complaints, left: 4096}
	cmd.Env = []string{
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "HOME=/nonexistent",
		"PATH=" + filepath.Dir(x.git) + ":/usr/local/bin:/usr/bin:/bin",
	}
	if v := x.r.Header.Get("Git-Protocol"); v == "version=2" || v == "version=1" {
		cmd.Env = append(cmd.Env, "GIT_PROTOCOL="+v)
	}
	if err := cmd.Run(); err != nil && ctx.Err() == nil {
		x.logger.InfoContext(ctx, "git ended with an error", "error", err, "output", complaints.String())
	}
}

// limited keeps the first bytes and drops the rest.
type limited struct {
	w    io.Writer
	left int
}

// Write keeps what still fits.
func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.left -= n
	if _, err := l.w.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil
}
