package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/localaws"
	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/auth/jwks"
	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/wire"
	"github.com/slipwayhq/slipway/shared/wire/demo"
)

// serveFlags are the flags of "slipway serve".
type serveFlags struct {
	data, listen, gitlabListen, seed string
	once                             bool
	gitlabURL, gitlabTokenFile       string
	publicURL                        string
	auth, issuer, audience, jwks     string
	clients, scopes                  string
	accounts, platformGroups         string
	allowedHosts, locations          []string
	appOrigins                       []string
	kinds, awsParameters             string
	discover                         []string
	reconcileEvery                   time.Duration
	leaveHooks                       bool
	jobDuration                      time.Duration
}

func parseServe(args []string, out, errOut io.Writer) (serveFlags, error) {
	var s serveFlags
	f := newFlags("serve")
	f.StringVar(&s.data, "data", ".slipway", "`directory` that everything is kept in")
	f.StringVar(&s.listen, "listen", "127.0.0.1:7007", "`address` of the portal")
	f.StringVar(&s.gitlabListen, "gitlab-listen", "127.0.0.1:7080", "`address` of the embedded GitLab")
	f.StringVar(&s.seed, "seed", "none", "starting content: `demo` (templates, environments and the application orders) or none")
	f.BoolVar(&s.once, "once", false, "exit when the seed is through; exit 0 only if all of it holds")
	f.StringVar(&s.gitlabURL, "gitlab-url", "", "`URL` of a real GitLab to use instead of the embedded one")
	f.StringVar(&s.gitlabTokenFile, "gitlab-token-file", "", "`file` with an access token of that GitLab (scope api)")
	f.StringVar(&s.publicURL, "public-url", "", "`URL` under which GitLab reaches the portal; the listen address unless given")
	f.StringVar(&s.auth, "auth", "none", "`none` (loopback only: everybody is the guest user) or oidc")
	f.Func("app-origin", "`ORIGIN` of a browser frontend that may call the portal, such as http://localhost:3000, which is one unless others are given; may be repeated", collect(&s.appOrigins))
	f.StringVar(&s.issuer, "oidc-issuer", "", "issuer `URL` of the tokens, with --auth oidc")
	f.StringVar(&s.audience, "oidc-audience", "", "`audience` of the tokens, with --auth oidc")
	f.StringVar(&s.jwks, "oidc-jwks-url", "", "`URL` of the issuer's keys; its discovery document names them unless given")
	f.StringVar(&s.clients, "oidc-client-ids", "", "the only `clients` whose tokens are accepted, comma-separated; any unless given")
	f.StringVar(&s.scopes, "oidc-scopes", "", "`scopes` that every token must be granted, comma-separated")
	f.StringVar(&s.accounts, "accounts", strings.Join(demo.Accounts(), ","), "AWS `accounts` that environments may lie in")
	f.StringVar(&s.platformGroups, "platform-groups", demo.PlatformGroup, "GitLab `groups` whose projects may define environments, templates and people")
	f.Func("allow-host", "`HOST[:PORT]` besides GitLab that catalog files may be read from, over HTTPS unless it is this machine; may be repeated", collect(&s.allowedHosts))
	f.StringVar(&s.kinds, "kinds", "", "`file` that declares kinds of entities besides the built-in ones (YAML or JSON)")
	f.StringVar(&s.awsParameters, "aws-parameters", "", "JSON `file` with what templates find in the parameter stores of AWS accounts: {ACCOUNT: {REGION: {NAME: VALUE}}}")
	f.Func("location", "`URL` of a catalog file to register, which may define anything; may be repeated", collect(&s.locations))
	f.Func("discover", "GitLab `GROUP` to look through, with its subgroups, for catalog files that nobody registered; may be repeated", collect(&s.discover))
	f.DurationVar(&s.reconcileEvery, "reconcile-every", 10*time.Minute, "pause between two comparisons of the catalog with GitLab")
	f.BoolVar(&s.leaveHooks, "leave-hooks", false, "create and repair no webhooks in projects: a group or system hook tells of them")
	f.DurationVar(&s.jobDuration, "job-duration", 300*time.Millisecond, "how long each simulated job of the embedded GitLab takes")
	if err := parse(f, args, out, errOut); err != nil {
		return s, err
	}
	return s, s.check(f.NArg(), errOut)
}

// groups gives the groups to look through: those of the starting content unless others are
// given.
func (s *serveFlags) groups() []string {
	if len(s.discover) == 0 && s.seed == "demo" {
		return []string{demo.PlatformGroup, demo.AppsGroup}
	}
	return s.discover
}

// origins gives the origins of frontends: the one that Backstage's development server has
// unless others are given.
func (s *serveFlags) origins() []string {
	if len(s.appOrigins) == 0 {
		return []string{"http://localhost:3000"}
	}
	return s.appOrigins
}

// collect gathers the values of a flag that may be repeated.
func collect(into *[]string) func(string) error {
	return func(value string) error {
		*into = append(*into, value)
		return nil
	}
}

func (s *serveFlags) check(rest int, errOut io.Writer) error {
	problem := ""
	switch {
	case s.reconcileEvery < time.Second:
		problem = "--reconcile-every is at least 1s"
	case rest > 0:
		problem = "there are no arguments without a flag"
	case s.seed != "demo" && s.seed != "none":
		problem = "--seed is demo or none"
	case s.auth != "none" && s.auth != "oidc":
		problem = "--auth is none or oidc"
	case s.auth == "oidc" && (s.issuer == "" || s.audience == ""):
		problem = "--auth oidc needs --oidc-issuer and --oidc-audience"
	case (s.gitlabURL == "") != (s.gitlabTokenFile == ""):
		problem = "--gitlab-url and --gitlab-token-file go together"
	}
	if problem == "" {
		return nil
	}
	fmt.Fprintln(errOut, "slipway serve:", problem)
	return errUsage
}

// server is the running process: the system behind its listeners.
type server struct {
	flags     serveFlags
	system    *wire.System
	portalURL string
	gitlabURL string
	listeners []net.Listener
	refusals  map[string]string // why a location of the command line can't be read
	out       io.Writer
	errOut    io.Writer
}

func serve(ctx context.Context, args []string, out, errOut io.Writer) error {
	flags, err := parseServe(args, out, errOut)
	if err != nil {
		return err
	}
	s := &server{flags: flags, refusals: map[string]string{}, out: out, errOut: errOut}
	logs, err := openLog(flags.data)
	if err != nil {
		return err
	}
	defer func() { _ = logs.Close() }()
	if err := s.open(logging.New(logs, slog.LevelInfo)); err != nil {
		return err
	}
	return errors.Join(s.run(ctx), s.system.Close())
}

// openLog opens the log file: the terminal belongs to the people who watch.
func openLog(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the data directory can't be made: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "slipway.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data directory can't be written to: %w", err)
	}
	return f, nil
}

// open takes the addresses first, so that the URLs are known, and then builds the system.
func (s *server) open(log *slog.Logger) error {
	authenticator, err := s.authenticator(log)
	if err != nil {
		return err
	}
	if err := s.listen(); err != nil {
		return err
	}
	token, err := s.gitlabToken()
	if err != nil {
		return err
	}
	kinds, err := s.kinds()
	if err != nil {
		return err
	}
	parameters, err := s.parameters()
	if err != nil {
		return err
	}
	s.system, err = wire.New(wire.Config{
		Dir: s.flags.data, PortalURL: s.portalURL, GitLabURL: s.gitlabURL, GitLabToken: token, Authenticator: authenticator, AppOrigins: s.flags.origins(),
		Accounts: list(s.flags.accounts), PlatformGroups: list(s.flags.platformGroups), AllowedHosts: s.flags.allowedHosts, Kinds: kinds, Parameters: parameters,
		DiscoverGroups: s.flags.groups(), ReconcileEvery: s.flags.reconcileEvery, LeaveHooks: s.flags.leaveHooks, Clock: clock.System{}, IDs: ids.Random{}, Log: log,
		JobDuration: s.flags.jobDuration, Settle: 2 * time.Second,
	})
	return err
}

func (s *server) authenticator(log *slog.Logger) (auth.Authenticator, error) {
	if s.flags.auth == "none" {
		return auth.NewGuest(s.flags.listen)
	}
	keys, err := jwks.New(jwks.Config{Issuer: s.flags.issuer, URL: s.flags.jwks, Clock: clock.System{}, Logger: log})
	if err != nil {
		return nil, err
	}
	return auth.NewVerifier(auth.Config{
		Issuer: s.flags.issuer, Audiences: list(s.flags.audience), Keys: keys, Clock: clock.System{},
		ClientIDs: list(s.flags.clients), RequiredScopes: list(s.flags.scopes),
	})
}

// list reads comma-separated values.
func list(text string) []string {
	var out []string
	for _, v := range strings.Split(text, ",") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

func (s *server) listen() error {
	portal, err := net.Listen("tcp", s.flags.listen)
	if err != nil {
		return fmt.Errorf("the portal can't listen on %s (is another \"slipway serve\" running?): %w", s.flags.listen, err)
	}
	s.listeners = append(s.listeners, portal)
	s.portalURL = "http://" + portal.Addr().String()
	if s.flags.publicURL != "" {
		s.portalURL = s.flags.publicURL
	}
	s.gitlabURL = s.flags.gitlabURL
	if s.gitlabURL != "" {
		return nil
	}
	host, err := net.Listen("tcp", s.flags.gitlabListen)
	if err != nil {
		return fmt.Errorf("the embedded GitLab can't listen on %s: %w", s.flags.gitlabListen, err)
	}
	s.listeners = append(s.listeners, host)
	s.gitlabURL = "http://" + host.Addr().String()
	return nil
}

func (s *server) gitlabToken() (string, error) {
	if s.flags.gitlabTokenFile == "" {
		return "", nil
	}
	raw, err := os.ReadFile(s.flags.gitlabTokenFile)
	if err != nil {
		return "", fmt.Errorf("reading the GitLab token: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// kinds reads the kinds of entities that the platform declares.
func (s *server) kinds() (*entity.Kinds, error) {
	if s.flags.kinds == "" {
		return entity.Builtin(), nil
	}
	raw, err := os.ReadFile(s.flags.kinds)
	if err != nil {
		return nil, fmt.Errorf("reading the kinds of entities: %w", err)
	}
	kinds, err := descriptor.ParseKinds(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", s.flags.kinds, errs.Explain(err))
	}
	return kinds, nil
}

// parameters reads what stands for the parameter stores of AWS accounts.
func (s *server) parameters() (localaws.Parameters, error) {
	if s.flags.awsParameters == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(s.flags.awsParameters)
	if err != nil {
		return nil, fmt.Errorf("reading the parameters of AWS accounts: %w", err)
	}
	found, err := localaws.ReadParameters(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", s.flags.awsParameters, errs.Explain(err))
	}
	return found, nil
}

// run serves until ctx ends, a part fails, or --once is through.
func (s *server) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	handlers := []http.Handler{s.guarded(s.system.Portal), s.system.GitLab}
	watch := diskWatch{writable: s.system.Writable, clock: clock.System{}, out: s.errOut, once: s.flags.once}
	parts := []func(context.Context) error{s.system.Run, watch.run}
	for i, l := range s.listeners {
		parts = append(parts, func(ctx context.Context) error { return serveHTTP(ctx, l, handlers[i]) })
	}
	ends := make(chan error, len(parts))
	for _, part := range parts {
		go func() {
			err := part(ctx)
			if err != nil {
				stop()
			}
			ends <- err
		}()
	}
	err := s.foreground(ctx)
	if err != nil && ctx.Err() == nil {
		err = errors.Join(err, s.system.Writable()) // a full disk is behind the oddest failures
	}
	if err != nil || s.flags.once {
		stop()
	}
	var failed error
	for range parts {
		failed = errors.Join(failed, <-ends)
	}
	if failed != nil && errors.Is(err, context.Canceled) {
		return failed // which is what ended the foreground
	}
	return errors.Join(err, failed)
}

// guarded keeps web pages elsewhere from reaching a portal that asks nobody to sign in: a
// request must name a loopback host, whatever name the browser resolved, and come from a page
// of this machine or of an origin on the list if it comes from a page. Webhooks have a proof of
// their own and may come under any name.
func (s *server) guarded(portal http.Handler) http.Handler {
	if s.flags.auth != "none" {
		return portal
	}
	mux := http.NewServeMux()
	mux.Handle("/webhooks/", portal)
	mux.Handle("/", httpapi.LoopbackOnly(httpapi.SameMachine(portal, s.flags.origins())))
	return mux
}

func serveHTTP(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		_ = server.Shutdown(grace)
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving %s: %w", l.Addr(), err)
	}
	return nil
}

// foreground does what people watch: the seed, and where to look.
func (s *server) foreground(ctx context.Context) error {
	fmt.Fprintf(s.out, "Slipway\n  portal   %s   (sign-in: %s)\n  GitLab   %s\n  data     %s\n\n", s.portalURL, s.flags.auth, s.gitlabURL, s.flags.data)
	if s.flags.seed == "demo" {
		if err := s.showcase(ctx); err != nil {
			return err
		}
	}
	left := s.configure(ctx, s.flags.locations)
	if s.flags.once {
		if len(left) > 0 {
			return fmt.Errorf("%d of the locations can't be read", len(left))
		}
		return nil
	}
	fmt.Fprintln(s.out, "\nserving; stop with Ctrl-C")
	return s.reconfigure(ctx, left)
}
