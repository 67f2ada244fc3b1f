package effects_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitlabtest"
	"github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/sealing"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// bench is a world with operations and their ledger: effects are made as they are in
// earnest, and nothing waits.
type bench struct {
	*world
	quick  *gitlab.Client
	ops    *operations.Service
	ledger *operations.Ledger
}

// instant is a clock whose pauses take no time.
type instant struct{ clock.System }

func (instant) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// starter accepts every execution and runs none.
type starter struct{}

func (starter) Start(context.Context, string, string, json.RawMessage) error { return nil }

func (starter) Describe(context.Context, string, string) (workflow.Execution, error) {
	return workflow.Execution{}, errs.New(errs.NotFound, "nothing is run")
}

func (starter) History(context.Context, string, string) ([]workflow.HistoryEvent, error) {
	return nil, nil
}

// runs is a definition whose operations reserve nothing.
type runs struct{}

func (runs) Type() string { return "template.run" }

func (runs) Check(_ context.Context, input json.RawMessage) (operations.Intent, error) {
	return operations.Intent{Target: "template:default/t", Machine: "create-app", Input: input, Shared: true}, nil
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{world: newWorld(t)}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	var err error
	b.quick, err = gitlab.New(gitlab.Config{
		BaseURL: b.URL, Clock: instant{}, HTTPClient: &http.Client{Transport: transport},
		Token: func(context.Context) (string, error) { return gitlabtest.Token, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	b.operate(t)
	vault := effects.OperationSecrets{Operations: b.ops}
	maps.Copy(b.performers, effects.GitLab(effects.GitLabDeps{SCM: b.quick, Workspaces: b.spaces, Vault: vault, Clock: instant{}}))
	b.ledger, err = operations.NewLedger(operations.LedgerConfig{
		Operations: b.ops, Performers: b.performers, Log: logging.Discard(), Owner: "process-1", SoleOwner: true, Attempt: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) operate(t *testing.T) {
	t.Helper()
	source := &ids.Sequence{Prefix: "op"}
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(t.TempDir(), "t.db"), Clock: clock.System{}, IDs: source})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	stored, err := file.Table("operations")
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := sealing.New(sealing.Config{Secrets: []string{strings.Repeat("key of the tests ", 3)}})
	if err != nil {
		t.Fatal(err)
	}
	b.ops, err = operations.New(operations.Deps{
		Table: stored, Clock: instant{}, IDs: source, Log: logging.Discard(), Workflow: starter{}, Executions: starter{},
		Definitions: []operations.Definition{runs{}}, Sealer: sealer,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// begin starts an operation.
func (b *bench) begin(t *testing.T, secrets map[string]string) operations.Ref {
	t.Helper()
	ctx := correlation.With(t.Context(), correlation.IDs{Actor: "user:default/ann"})
	o, err := b.ops.Accept(ctx, operations.Request{Type: "template.run", Input: json.RawMessage(`{}`), Secrets: secrets})
	if err != nil {
		t.Fatal(err)
	}
	if o, err = b.ops.Begin(ctx, o.ID); err != nil {
		t.Fatal(err)
	}
	return o.Ref()
}

// make makes effects, as often as it takes.
func (b *bench) make(t *testing.T, op operations.Ref, list ...operations.Effect) []json.RawMessage {
	t.Helper()
	results := make([]json.RawMessage, len(list))
	for i, e := range list {
		var err error
		for range 4 {
			if results[i], err = b.ledger.Apply(t.Context(), op, e); err == nil {
				break
			}
		}
		if err != nil {
			t.Fatalf("%s: %v", e.Kind, err)
		}
	}
	return results
}

// undo undoes an operation, as often as it takes, and gives what it ended as.
func (b *bench) undo(t *testing.T, op operations.Ref) *operations.Operation {
	t.Helper()
	var o *operations.Operation
	var err error
	for range 4 {
		if o, err = b.ledger.Compensate(t.Context(), op.ID, &operations.Problem{Kind: errs.Invalid, Message: "for the test"}); err == nil {
			return o
		}
	}
	t.Fatalf("undoing: %v", err)
	return nil
}

// left gives why an operation was parked.
func left(o *operations.Operation) string {
	if o.Problem == nil {
		return ""
	}
	return o.Problem.Message + " " + strings.Join(o.Problem.Left, "; ")
}
