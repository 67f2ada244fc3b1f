package taskbroker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
)

// Create starts a task and gives its id. What is wrong with the values comes back as
// FormError.
func (b *Broker) Create(ctx context.Context, r tasks.Request) (string, error) {
	ref, err := entity.ParseRef(r.Template, entity.Ref{Kind: "template"})
	if err != nil {
		return "", err
	}
	e, err := b.template(ctx, ref)
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
	o, err := b.deps.Operations.Accept(ctx, operations.Request{Type: scaffolder.RunTemplateType, Input: input, Secrets: r.Secrets})
	if err != nil {
		return "", formError(e.Spec, r.Values.Map, err)
	}
	return o.ID, nil
}

// Get gives a task.
func (b *Broker) Get(ctx context.Context, id string) (*tasks.Task, error) {
	o, err := b.operation(ctx, id)
	if err != nil {
		return nil, err
	}
	return b.view(ctx, o)
}

func (b *Broker) operation(ctx context.Context, id string) (*operations.Operation, error) {
	return tasks.Operation(ctx, b.deps.Operations, id)
}

// Cancel stops a task and undoes what it made; one that has ended stays as it is.
func (b *Broker) Cancel(ctx context.Context, id string) error {
	if _, err := b.operation(ctx, id); err != nil {
		return err
	}
	_, err := b.deps.Operations.Cancel(ctx, id)
	return err
}

// Retry lets a task that failed begin again, with these secrets.
func (b *Broker) Retry(ctx context.Context, id string, secrets map[string]string) error {
	if _, err := b.operation(ctx, id); err != nil {
		return err
	}
	_, err := b.deps.Operations.Retry(ctx, id, secrets)
	if errors.Is(err, errs.Conflict) {
		return errs.Wrap(errs.Conflict, fmt.Sprintf("Task with taskId %s cannot be retried: %s", id, errs.Message(err)), err)
	}
	return err
}
