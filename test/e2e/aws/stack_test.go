package aws

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/slipwayhq/slipway/shared/adapters/awsclient"
	embedded "github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/adapters/stepfn"
	"github.com/slipwayhq/slipway/shared/auth/authtest"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/config"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/wire/demo"
	"github.com/slipwayhq/slipway/statemachines"
)

// patience is how long anything may take to come to an end: an attempt whose process died
// is waited for, and what it did is looked for twice.
const patience = 4 * time.Minute

// What the stack and GitLab prove themselves to each other with.
const (
	writeToken  = "glpat-e2e-write-0123456789"
	readToken   = "glpat-e2e-read-01234567890"
	hookToken   = "e2e-webhook-token-0123456789"
	hookSigning = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
)

// stack is the deployed stack with what runs beside it.
type stack struct {
	name      string
	enforced  bool // IAM
	outputs   map[string]string
	account   sdk.Config
	portal    *portal
	issuer    *authtest.Issuer
	gitlab    *embedded.Server
	faults    *faults.Injector // of GitLab
	gitlabURL string
	scm       scm.Client
	machines  *stepfn.Workflows
	task      string // that ran a template
	killed    string // the operation whose function was killed
	orphans   orphans
}

// deploy starts GitLab and the issuer and deploys the stack that works with them.
func deploy(t *testing.T) *stack {
	t.Helper()
	port := os.Getenv("BED_PORT")
	if port == "" {
		t.Skip("SKIPPED: there is no emulated AWS (BED_PORT); make e2e-aws starts one and runs this in it")
	}
	s := &stack{name: "slipway", enforced: os.Getenv("BED_IAM") == "enforced"}
	s.issuer = authtest.NewIssuer(t, authtest.Config{})
	s.startGitLab(t)
	dir := t.TempDir()
	s.runBed(t, dir, port)
	s.readOutputs(t, filepath.Join(dir, "outputs.json"))
	s.connect(t, "http://127.0.0.1:"+port)
	t.Cleanup(func() {
		if t.Failed() {
			s.showLogs(t)
		}
	})
	return s
}

func (s *stack) startGitLab(t *testing.T) {
	t.Helper()
	var handler atomic.Pointer[http.Handler]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*handler.Load()).ServeHTTP(w, r) }))
	s.gitlabURL = server.URL
	var err error
	s.gitlab, err = embedded.New(embedded.Config{
		Dir: t.TempDir(), BaseURL: server.URL, Token: writeToken, Clock: clock.System{}, IDs: ids.Random{}, Logger: logging.Discard(), JobDuration: 300 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.faults, err = faults.New(readers{s.gitlab.Handler()}, clock.System{}); err != nil {
		t.Fatal(err)
	}
	guarded := http.Handler(s.faults)
	handler.Store(&guarded)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.gitlab.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done; server.Close(); _ = s.gitlab.Close() })
	s.scm, err = gitlab.New(gitlab.Config{BaseURL: server.URL, Token: func(context.Context) (string, error) { return writeToken, nil }, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
}

// readers gives GitLab a token that may only read, as the functions have that are not to
// write: the embedded GitLab knows one token for everything.
type readers struct{ gitlab http.Handler }

func (h readers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") == "Bearer "+readToken {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, `{"error":"insufficient_scope"}`, http.StatusForbidden)
			return
		}
		r.Header.Set("Authorization", "Bearer "+writeToken)
	}
	h.gitlab.ServeHTTP(w, r)
}

// runBed deploys with test/bed.
func (s *stack) runBed(t *testing.T, dir, port string) {
	t.Helper()
	hook, err := json.Marshal(map[string][]string{"tokens": {hookToken}, "signing": {hookSigning}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "../../bed/deploy.sh")
	cmd.Env = append(os.Environ(),
		"BED_PORT="+port, "BED_DIR="+dir, "BED_STACK="+s.name,
		"BED_GITLAB_URL="+s.gitlabURL, "BED_GITLAB_READ_TOKEN="+readToken, "BED_GITLAB_WRITE_TOKEN="+writeToken, "BED_WEBHOOK_SECRET="+string(hook),
		"BED_OIDC_ISSUER="+s.issuer.URL, "BED_OIDC_AUDIENCE="+s.issuer.Audience, "BED_OIDC_JWKS_URL="+s.issuer.JWKSURL(),
		"BED_OIDC_CLIENT_IDS="+s.issuer.ClientID, "BED_OIDC_SCOPES=slipway.use", "BED_ALLOWED_ACCOUNTS="+strings.Join(demo.Accounts(), ","),
		"BED_DISCOVER_GROUPS="+teams, "BED_GITLAB_REQUEST_TIMEOUT=5",
		"BED_ASSUME_ROLE_EXTERNAL_ID="+externalID,
	)
	began := time.Now()
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("deploying: %v\n%s", err, text)
	}
	t.Logf("deployed in %s", time.Since(began).Round(time.Second))
}

func (s *stack) readOutputs(t *testing.T, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &s.outputs); err != nil {
		t.Fatal(err)
	}
}

// connect makes the clients: the portal's, and those of who owns the account.
func (s *stack) connect(t *testing.T, endpoint string) {
	t.Helper()
	s.portal = &portal{base: s.outputs["ApiUrl"], token: s.issuer.Issue(nil)}
	settings := map[string]string{"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": endpoint}
	var err error
	s.account, err = awsclient.Load(config.New(func(name string) (string, bool) { v, ok := settings[name]; return v, ok }))
	if err != nil {
		t.Fatal(err)
	}
	machines := map[string]string{statemachines.CreateApp: s.outputs["CreateAppMachineArn"], statemachines.Reconcile: s.outputs["ReconcileMachineArn"]}
	s.machines, err = stepfn.New(stepfn.Config{Client: sfn.NewFromConfig(s.account), MachineARN: func(name string) (string, bool) {
		arn, ok := machines[name]
		return arn, ok
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// showLogs prints what the functions have logged last.
func (s *stack) showLogs(t *testing.T) {
	t.Helper()
	text, err := exec.CommandContext(context.Background(), "../../bed/logs.sh", s.name).CombinedOutput()
	t.Logf("logs of the functions (%v):\n%s", err, text)
}

// eventually asks until the answer holds; what it is asked for follows from events.
func eventually(t *testing.T, what string, holds func() (bool, string)) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		ok, seen := holds()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s; last seen: %s", what, patience, seen)
		}
		time.Sleep(200 * time.Millisecond)
	}
}
