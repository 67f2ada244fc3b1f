package operations

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/outbox"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// idempotencyLife is how long a repeated Idempotency-Key gives the first operation.
const idempotencyLife = 7 * 24 * time.Hour

// Deps is what a Service needs.
type Deps struct {
	Table       table.Table
	Clock       clock.Clock
	IDs         ids.Source
	Log         *slog.Logger
	Workflow    workflow.Starter
	Executions  workflow.Inspector
	Definitions []Definition
	// Planner says at once that an approved plan is not what would be done now; without one,
	// the operation is accepted and finds out before it does anything.
	Planner   Planner
	Callbacks workflow.Callbacks // wakes tasks of cancelled operations
	Sealer    Sealer             // without one, no operation has secrets
	Bell      *Bell              // rung after each write; nil when nobody watches in this process
	Watcher   Watcher            // what Follow waits on; nil for the Bell, or else for Polling
}

// Service accepts and shows operations, and records their progress.
type Service struct {
	store
	deps    Deps
	types   map[string]Definition
	watcher Watcher
}

// New makes a service. Tasks that only record progress need no Workflow, Executions,
// Definitions or Callbacks: Accept, Recover, Retry and Cancel refuse without them.
func New(d Deps) (*Service, error) {
	if d.Table == nil || d.Clock == nil || d.IDs == nil || d.Log == nil {
		return nil, errors.New("operations need a table, a clock, ids and a log")
	}
	s := &Service{
		store: store{table: d.Table, clock: d.Clock, events: outbox.Emitter{Source: EventSource, Clock: d.Clock, IDs: d.IDs}, bell: d.Bell},
		deps:  d, types: map[string]Definition{}, watcher: d.Watcher,
	}
	switch {
	case s.watcher != nil:
	case d.Bell != nil:
		s.watcher = d.Bell
	default:
		s.watcher = Polling{Table: d.Table, Clock: d.Clock}
	}
	for _, def := range d.Definitions {
		s.types[def.Type()] = def
	}
	return s, nil
}

// Request asks for an operation.
type Request struct {
	Type           string          `json:"type"`
	Input          json.RawMessage `json:"input"`
	IdempotencyKey string          `json:"-"` // "" for none
	// PlanHash, when set, is the hash of the only plan that may be applied.
	PlanHash string `json:"planHash,omitempty"`
	// Secrets are sealed with the intent; what refers to them uses SecretReference.
	Secrets map[string]string `json:"-"`
}

// Accept checks a request, stores its intent and starts it. The actor and the request id
// are those of ctx. A repeated Idempotency-Key of the same actor gives the operation of
// the first request and starts nothing; with another body it is a Conflict. A target that
// exists or is being made is a Conflict. Once stored, an operation runs even if starting
// it fails here: Recover starts it.
func (s *Service) Accept(ctx context.Context, r Request) (*Operation, error) {
	actor, def, err := s.asked(ctx, r)
	if err != nil {
		return nil, err
	}
	if o, err := s.earlier(ctx, actor, r); o != nil || err != nil {
		return o, err
	}
	intent, err := def.Check(ctx, r.Input)
	if err != nil {
		return nil, under("/input", err)
	}
	if err := s.mustBeAsApproved(ctx, actor, r, intent); err != nil {
		return nil, err
	}
	o, err := s.storeIntent(ctx, actor, r, intent)
	if err != nil {
		return nil, err
	}
	ctx = correlation.With(ctx, correlation.IDs{OperationID: o.ID})
	if err := s.start(ctx, o); err != nil {
		s.deps.Log.WarnContext(ctx, "the operation is stored but not started yet", "error", err)
	}
	return o, nil
}

// asked checks a request as far as that does not depend on its type.
func (s *Service) asked(ctx context.Context, r Request) (actor string, def Definition, err error) {
	invalid := func(pointer, message string) error {
		return errs.WithFields("the request is not valid", []errs.Field{{Pointer: pointer, Message: message}})
	}
	actor, def = correlation.From(ctx).Actor, s.types[r.Type]
	switch {
	case actor == "":
		err = errs.New(errs.Unauthenticated, "an operation needs an actor")
	case def == nil || s.deps.Workflow == nil:
		err = invalid("/type", "is not one of "+strings.Join(s.typeNames(), ", "))
	case r.PlanHash != "" && !planHash.MatchString(r.PlanHash):
		err = invalid("/planHash", "is not the hash of a plan")
	default:
		if err = checkIdempotencyKey(r.IdempotencyKey); err == nil {
			err = s.checkSecrets(r.Secrets)
		}
	}
	return actor, def, err
}

func (s *Service) typeNames() []string {
	var names []string
	for _, d := range s.deps.Definitions {
		names = append(names, d.Type())
	}
	return names
}

func checkIdempotencyKey(key string) error {
	for _, c := range key {
		if c <= ' ' || c > '~' {
			return errs.New(errs.Invalid, "the Idempotency-Key has a character that is not printable ASCII")
		}
	}
	if len(key) > 128 {
		return errs.New(errs.Invalid, "the Idempotency-Key is longer than 128 characters")
	}
	return nil
}

// under puts the field pointers of err below a place in the whole request.
func under(prefix string, err error) error {
	fields := errs.Fields(err)
	if len(fields) == 0 {
		return err
	}
	moved := make([]errs.Field, len(fields))
	for i, f := range fields {
		moved[i] = errs.Field{Pointer: prefix + f.Pointer, Message: f.Message}
	}
	return errs.WithFields(errs.Message(err), moved)
}

// claimed is the body of an idempotency item.
type claimed struct {
	OperationID string `json:"operationId"`
	RequestHash string `json:"requestHash"`
}

func requestHash(r Request) string {
	text := r.Type + "\x00" + string(r.Input)
	if r.PlanHash != "" {
		text += "\x00" + r.PlanHash
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// earlier gives the operation that the request's Idempotency-Key already stands for.
func (s *Service) earlier(ctx context.Context, actor string, r Request) (*Operation, error) {
	if r.IdempotencyKey == "" {
		return nil, nil
	}
	item, err := s.table.Get(ctx, idempotencyKey(actor, r.IdempotencyKey))
	if errors.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the idempotency key: %w", err)
	}
	var c claimed
	if err := json.Unmarshal(item.Body, &c); err != nil {
		return nil, errs.Wrap(errs.Internal, "an idempotency record is damaged", err)
	}
	if c.RequestHash != requestHash(r) {
		return nil, errs.New(errs.Conflict, "this Idempotency-Key was used for another request")
	}
	return s.get(ctx, c.OperationID)
}

// intended gives the operation that a checked request asks for.
func (s *Service) intended(ctx context.Context, actor string, r Request, intent Intent) *Operation {
	now := s.clock.Now()
	return &Operation{
		ID: s.deps.IDs.New(), Type: r.Type, Status: Accepted, Target: intent.Target, Actor: actor,
		RequestID: correlation.From(ctx).RequestID, Machine: intent.Machine, Input: intent.Input, Created: now, Updated: now,
		Shared: intent.Shared, Approved: r.PlanHash, Secrets: slices.Sorted(maps.Keys(r.Secrets)),
	}
}

func (s *Service) storeIntent(ctx context.Context, actor string, r Request, intent Intent) (*Operation, error) {
	o := s.intended(ctx, actor, r, intent)
	writes, err := s.intentWrites(correlation.With(ctx, correlation.IDs{OperationID: o.ID}), o, r)
	if err != nil {
		return nil, err
	}
	err = s.transact(ctx, o.ID, writes)
	i, refused := table.FailedCondition(err)
	if err == nil {
		return s.get(ctx, o.ID)
	}
	if refused { // perhaps by another request with the same Idempotency-Key
		if o, err := s.earlier(ctx, actor, r); o != nil || err != nil {
			return o, err
		}
	}
	if refused && writes[i].Item.Key == targetKey(o.Target) {
		return nil, s.targetTaken(ctx, o.Target)
	}
	return nil, fmt.Errorf("storing the operation: %w", err)
}

func (s *Service) intentWrites(ctx context.Context, o *Operation, r Request) ([]table.Write, error) {
	secrets, err := s.seal(o, r.Secrets)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(o)
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "an operation can't be written as JSON", err)
	}
	if len(body) > maxRecord {
		return nil, errs.New(errs.TooLarge, fmt.Sprintf("the request takes %d bytes with its defaults, more than %d", len(body), maxRecord))
	}
	event, err := s.events.Emit(ctx, EventAccepted, o.Target, eventData(o))
	if err != nil {
		return nil, err
	}
	listed, err := summaryWrite(o)
	if err != nil {
		return nil, err
	}
	writes := []table.Write{table.PutWrite(table.Item{Key: recordKey(o.ID), Body: body}, table.Absent), listed, event}
	if !o.Shared {
		writes = append(writes, targetWrite(o))
	}
	writes = append(append(writes, openingWrites(o)...), secrets...)
	if r.IdempotencyKey == "" {
		return writes, nil
	}
	claim, err := json.Marshal(claimed{OperationID: o.ID, RequestHash: requestHash(r)})
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "an idempotency record can't be written as JSON", err)
	}
	item := table.Item{Key: idempotencyKey(o.Actor, r.IdempotencyKey), Body: claim, Expires: s.clock.Now().Add(idempotencyLife)}
	return append(writes, table.PutWrite(item, table.Absent)), nil
}

// targetTaken says who holds a target.
func (s *Service) targetTaken(ctx context.Context, target string) error {
	holder := "another operation"
	if item, err := s.table.Get(ctx, targetKey(target)); err == nil {
		holder = "operation " + string(item.Body)
	}
	return errs.New(errs.Conflict, fmt.Sprintf("%s was already created, or is being created, by %s", target, holder))
}

// ExecutionInput is what an operation's state machine is started with.
type ExecutionInput struct {
	OperationID string `json:"operationId"`
	// Attempt is the operation's attempt that the execution belongs to; see Acting.
	Attempt int `json:"attempt"`
	// Compensate makes the machine go straight to undoing: the first execution was lost.
	Compensate bool `json:"compensate"`
	// Failure is empty at the start; a machine's Catch puts what went wrong here.
	Failure Failure `json:"failure"`
}

// Failure is an error as a state machine reports it.
type Failure struct {
	Error string `json:"Error"` // name, "Slipway.Conflict"
	Cause string `json:"Cause"`
}

func (s *Service) start(ctx context.Context, o *Operation) error {
	return s.startExecution(ctx, o, false)
}

func (s *Service) startExecution(ctx context.Context, o *Operation, compensate bool) error {
	name := executionName(o)
	input, err := json.Marshal(ExecutionInput{OperationID: o.ID, Attempt: o.Attempt, Compensate: compensate})
	if err != nil {
		return errs.Wrap(errs.Internal, "an execution's input can't be written as JSON", err)
	}
	if err := s.deps.Workflow.Start(ctx, o.Machine, name, input); err != nil {
		return fmt.Errorf("starting %s %s: %w", o.Machine, name, err)
	}
	return nil
}

// Get gives an operation, NotFound when there is none.
func (s *Service) Get(ctx context.Context, id string) (*Operation, error) { return s.get(ctx, id) }

// List gives a page of operations, newest first, and the cursor of the next page.
// Limit is 1 to 100.
func (s *Service) List(ctx context.Context, cursor string, limit int) ([]*Operation, string, error) {
	if limit < 1 || limit > 100 {
		return nil, "", errs.New(errs.Invalid, "limit must be 1 to 100")
	}
	page, err := s.table.Query(ctx, table.Query{PK: allPartition, After: cursor, Limit: limit, Descending: true})
	if err != nil {
		return nil, "", fmt.Errorf("listing operations: %w", err)
	}
	list := make([]*Operation, 0, len(page.Items))
	for _, item := range page.Items {
		sum, err := readSummary(item)
		if err != nil {
			return nil, "", err
		}
		o, err := s.get(ctx, sum.ID)
		if err != nil {
			return nil, "", err
		}
		list = append(list, o)
	}
	return list, page.Next, nil
}
