package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/dirblob"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/diskerr"
	embedded "github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/localaws"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/localbus"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/runner"
	"github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/audit"
	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/snapshot"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/ingest"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/outbox"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/sealing"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
	"github.com/slipwayhq/slipway/shared/zones/authfn"
	"github.com/slipwayhq/slipway/statemachines"
)

// The functions' ARNs in the state machines.
const (
	creationFunction  = "arn:aws:lambda:local:000000000000:function:creation"
	reconcileFunction = "arn:aws:lambda:local:000000000000:function:reconcile"
)

// The names of the tables and the queues.
const (
	catalogTable    = "catalog"
	operationsTable = "operations"
	auditTable      = "audit"
	deliveriesTable = "deliveries"
	settingsTable   = "settings"
	awsTable        = "aws"

	ingestQueue = "ingest"
	auditQueue  = "audit"
)

// System is the whole system in one process.
type System struct {
	// Operations, Catalog, View, Audit and Executions look at the same data as the HTTP API.
	Operations *operations.Service
	Catalog    *catalog.Service // writes
	View       *view.View       // reads
	Audit      *audit.Trail
	Executions workflow.Inspector
	SCM        scm.Client
	Secrets    *localaws.Secrets // stands for Secrets Manager
	// Portal answers the portal's HTTP API, GitLab the embedded GitLab's; the latter is
	// nil with a real one.
	Portal http.Handler
	GitLab http.Handler

	cfg       Config
	secrets   secrets
	sealer    *sealing.Sealer
	bell      *operations.Bell // everybody who writes operations is in this process
	file      *bolttable.File
	tables    map[string]table.Table
	blobs     *dirblob.Store
	snapshots *snapshot.Store
	queue     *localbus.Bus
	runner    *runner.Runner
	creation  map[string]workflow.Task
	reconcile map[string]workflow.Task
	gitlab    *embedded.Server
	relays    map[string]*outbox.Relay
	catchUp   func(context.Context) error
	guests    *authfn.Guests // nil unless everybody is the guest
}

// New opens the data directory and puts the system together. A directory that another
// process uses is a Conflict.
func New(cfg Config) (_ *System, err error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, errs.Wrap(errs.Unavailable, "the data directory "+cfg.Dir+" can't be made", err)
	}
	s := &System{cfg: cfg, bell: operations.NewBell(), tables: map[string]table.Table{}, relays: map[string]*outbox.Relay{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	for _, build := range []func() error{s.openFile, s.openAWS, s.openGitLab, s.openBus, s.openRunner, s.openGuests, s.buildZones, s.record} {
		if err := build(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *System) openFile() (err error) {
	s.file, err = bolttable.Open(bolttable.Config{Path: filepath.Join(s.cfg.Dir, "slipway.db"), Clock: s.cfg.Clock, IDs: s.cfg.IDs})
	if err != nil {
		return err
	}
	if err := checkInstallation(s.cfg.Dir, s.cfg.GitLabURL); err != nil {
		return err
	}
	if s.secrets, err = loadSecrets(s.cfg.Dir); err != nil {
		return err
	}
	if s.sealer, err = sealing.New(sealing.Config{Secrets: []string{s.secrets.Sealing}}); err != nil {
		return err
	}
	for _, name := range []string{catalogTable, operationsTable, auditTable, deliveriesTable, settingsTable, awsTable, "bus", "executions"} {
		t, err := s.file.Table(name)
		if err != nil {
			return fmt.Errorf("opening table %s: %w", name, err)
		}
		if s.cfg.WrapTable != nil {
			t = s.cfg.WrapTable(name, t)
		}
		s.tables[name] = t
	}
	if s.blobs, err = dirblob.Open(dirblob.Config{Dir: filepath.Join(s.cfg.Dir, "blobs")}); err != nil {
		return err
	}
	s.snapshots, err = snapshot.New(snapshot.Config{Blobs: s.blobs, Clock: s.cfg.Clock, Kinds: s.cfg.Kinds})
	return err
}

func (s *System) record() error { return recordInstallation(s.cfg.Dir, s.cfg.GitLabURL) }

func (s *System) openGitLab() (err error) {
	token := s.cfg.GitLabToken
	if token == "" {
		token = s.secrets.GitLabToken
		s.gitlab, err = embedded.New(embedded.Config{
			Dir: filepath.Join(s.cfg.Dir, "gitlab"), BaseURL: s.cfg.GitLabURL, Token: token,
			Clock: s.cfg.Clock, IDs: s.cfg.IDs, Logger: s.cfg.Log, JobDuration: s.cfg.JobDuration,
		})
		if err != nil {
			return fmt.Errorf("opening the embedded GitLab: %w", err)
		}
		s.GitLab = s.gitlab.Handler()
	}
	s.SCM, err = gitlab.New(gitlab.Config{BaseURL: s.cfg.GitLabURL, Token: func(context.Context) (string, error) { return token, nil }, Clock: s.cfg.Clock})
	if err != nil {
		return fmt.Errorf("making the GitLab client: %w", err)
	}
	if s.cfg.WrapSCM != nil {
		s.SCM = s.cfg.WrapSCM(s.SCM)
	}
	return nil
}

func (s *System) openBus() (err error) {
	s.queue, err = localbus.New(localbus.Config{
		Table: s.tables["bus"], Clock: s.cfg.Clock, Logger: s.cfg.Log,
		Rules: map[string]bus.Rule{ingestQueue: ingest.Rule(), auditQueue: {Types: audit.Types()}},
	})
	if err != nil {
		return fmt.Errorf("opening the bus: %w", err)
	}
	for _, name := range []string{catalogTable, operationsTable, deliveriesTable} {
		s.relays[name], err = outbox.NewRelay(outbox.Deps{Table: s.tables[name], Publisher: s.queue, Clock: s.cfg.Clock, Log: s.cfg.Log})
		if err != nil {
			return err
		}
	}
	return nil
}

// openRunner makes the runner; its tasks are put together later, with the runner's own
// callbacks.
func (s *System) openRunner() error {
	machines := map[string]runner.Machine{}
	for name, function := range map[string]map[string]string{
		statemachines.CreateApp: {"CreationFunctionArn": creationFunction},
		statemachines.Reconcile: {"ReconcileFunctionArn": reconcileFunction},
	} {
		definition, err := statemachines.Definition(name)
		if err != nil {
			return fmt.Errorf("reading the state machine %s: %w", name, err)
		}
		machines[name] = runner.Machine{Definition: definition, Substitutions: function}
	}
	var err error
	s.runner, err = runner.New(runner.Config{
		Table: s.tables["executions"], Machines: machines, Clock: s.cfg.Clock, IDs: s.cfg.IDs, Logger: s.cfg.Log,
		Tasks: map[string]workflow.Task{
			creationFunction: func(ctx context.Context, in json.RawMessage) (json.RawMessage, error) {
				return workflow.Dispatch(s.creation)(ctx, in)
			},
			reconcileFunction: func(ctx context.Context, in json.RawMessage) (json.RawMessage, error) {
				return workflow.Dispatch(s.reconcile)(ctx, in)
			},
		},
	})
	if err != nil {
		return fmt.Errorf("making the runner: %w", err)
	}
	s.Executions = s.runner
	return nil
}

// WebhookURL is where GitLab delivers to.
func (s *System) WebhookURL() string {
	return strings.TrimSuffix(s.cfg.PortalURL, "/") + "/webhooks/gitlab"
}

// GitToken gives a token that git can clone from the embedded GitLab with; "" with a real one.
func (s *System) GitToken() string {
	if s.gitlab == nil {
		return ""
	}
	return s.secrets.GitLabToken
}

// EnsureGroup makes sure that a group exists in the embedded GitLab; a real one's groups
// are its owners' business.
func (s *System) EnsureGroup(ctx context.Context, path, visibility string) error {
	if s.gitlab == nil {
		return nil
	}
	return s.gitlab.EnsureGroup(ctx, path, visibility)
}

// DeadLetters gives the number of events that no delivery could be made of, by queue.
func (s *System) DeadLetters(ctx context.Context) (map[string]int, error) {
	out := map[string]int{}
	for _, q := range []string{ingestQueue, auditQueue} {
		letters, err := s.queue.DeadLetters(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("reading the dead letters of %s: %w", q, err)
		}
		out[q] = len(letters)
	}
	return out, nil
}

// Writable tries to write to the data directory, and says why nothing can be stored.
func (s *System) Writable() error { return diskerr.Probe(s.cfg.Dir) }

// Close releases the data directory; stop Run first.
func (s *System) Close() error {
	var problems []error
	if s.gitlab != nil {
		problems = append(problems, s.gitlab.Close())
	}
	if s.blobs != nil {
		problems = append(problems, s.blobs.Close())
	}
	if s.file != nil {
		problems = append(problems, s.file.Close())
	}
	return errors.Join(problems...)
}
