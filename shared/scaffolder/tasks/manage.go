package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder"
)

// Request asks for a run of a template.
type Request struct {
	Template string // ref; kind and namespace may be left out
	Values   map[string]any
	Secrets  map[string]string
}

// Create starts a task and gives its id. What is wrong with the values comes back as
// FormError.
func (s *Service) Create(ctx context.Context, r Request) (string, error) {
	ref, err := entity.ParseRef(r.Template, entity.Ref{Kind: "template"})
	if err != nil {
		return "", err
	}
	e, err := s.template(ctx, ref)
	if err != nil {
		return "", err
	}
	if err := checkSecrets(e.Spec, r.Secrets); err != nil {
		return "", err
	}
	input, err := json.Marshal(scaffolder.CreateAppInput{Template: ref.String(), Values: r.Values})
	if err != nil {
		return "", errs.Wrap(errs.Invalid, "the values can't be written as JSON", err)
	}
	o, err := s.deps.Operations.Accept(ctx, operations.Request{Type: scaffolder.RunTemplateType, Input: input, Secrets: r.Secrets})
	if err != nil {
		return "", formError(e.Spec, r.Values, err)
	}
	return o.ID, nil
}

// Get gives a task.
func (s *Service) Get(ctx context.Context, id string) (*Task, error) {
	o, err := s.operation(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.view(ctx, o)
}

func (s *Service) operation(ctx context.Context, id string) (*operations.Operation, error) {
	return taskOperation(ctx, s.deps.Operations, id)
}

// taskOperation gives the operation behind a task, NotFound when it is none.
func taskOperation(ctx context.Context, from Reader, id string) (*operations.Operation, error) {
	o, err := from.Get(ctx, id)
	if errors.Is(err, errs.NotFound) || err == nil && !slices.Contains(types(), o.Type) {
		return nil, errs.New(errs.NotFound, fmt.Sprintf("No task with id '%s' found", errs.Clip(id)))
	}
	if err != nil {
		return nil, fmt.Errorf("reading task %s: %w", errs.Clip(id), err)
	}
	return o, nil
}

// Cancel stops a task and undoes what it made; one that has ended stays as it is.
func (s *Service) Cancel(ctx context.Context, id string) error {
	if _, err := s.operation(ctx, id); err != nil {
		return err
	}
	_, err := s.deps.Operations.Cancel(ctx, id)
	return err
}

// Retry lets a task that failed begin again, with these secrets.
func (s *Service) Retry(ctx context.Context, id string, secrets map[string]string) error {
	if _, err := s.operation(ctx, id); err != nil {
		return err
	}
	_, err := s.deps.Operations.Retry(ctx, id, secrets)
	if errors.Is(err, errs.Conflict) {
		return errs.Wrap(errs.Conflict, fmt.Sprintf("Task with taskId %s cannot be retried: %s", id, errs.Message(err)), err)
	}
	return err
}
