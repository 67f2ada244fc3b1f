package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
)

// The types of operations that the command asks for.
const (
	createApp   = "app.create"
	runTemplate = "template.run"
)

// asking is a command line that asks for an operation.
type asking struct {
	application
	plan, wait, json bool
	where            remote
}

func parseAsking(command, kind string, args []string, out, errOut io.Writer) (asking, error) {
	f, values := newFlags(command), settings{}
	a := asking{application: application{kind: kind, values: values}}
	f.StringVar(&a.template, "template", "", "`name` of the template in the catalog")
	f.BoolVar(&a.wait, "wait", false, "follow the operation to its end; exit 0 only if it succeeds")
	f.StringVar(&a.key, "idempotency-key", "", "the same `key` never asks for two operations")
	f.BoolVar(&a.plan, "plan", false, "show what would be made, and make nothing")
	f.StringVar(&a.approved, "plan-hash", "", "go on only if the plan is still the one with this `hash`")
	f.BoolVar(&a.json, "json", false, "print the plan or the operation as JSON; progress goes to standard error")
	secrets := secretsFlag(f)
	f.Var(values, "set", "a value of the form, as `KEY=VALUE`; JSON values keep their type (repeatable)")
	f.Func("set-string", "a value of the form, as `KEY=VALUE`; a text whatever it looks like (repeatable)", values.setText)
	a.where.flags(f)
	if err := parse(f, args, out, errOut); err != nil {
		return a, err
	}
	if f.NArg() > 0 || a.template == "" {
		fmt.Fprintf(errOut, "slipway %s: --template is required, and there are no arguments without a flag\n", command)
		return a, errUsage
	}
	var err error
	a.secrets, err = readSecrets(*secrets)
	return a, err
}

// create asks for an operation of a kind from a template, or for its plan.
func create(ctx context.Context, command, kind string, args []string, out, errOut io.Writer) error {
	a, err := parseAsking(command, kind, args, out, errOut)
	if err != nil {
		return err
	}
	p, err := a.where.portal()
	if err != nil {
		return err
	}
	if a.plan {
		return a.explained(a.preview(ctx, p, out))
	}
	o, err := p.ask(ctx, a.application)
	switch {
	case err != nil:
		return a.explained(err)
	case a.json:
		return a.answer(ctx, p, o, out, errOut)
	}
	fmt.Fprintf(out, "%s %s: operation %s\n", o.Type, o.Target, o.ID)
	if !a.wait {
		fmt.Fprintf(out, "follow it with: slipway status %s\n", o.ID)
		return nil
	}
	return follow(ctx, p, o.ID, out)
}

func (a asking) preview(ctx context.Context, p *portal, out io.Writer) error {
	plan, err := p.plan(ctx, a.application)
	if err != nil {
		return err
	}
	if a.json {
		return printJSON(out, plan)
	}
	showPlan(plan, out)
	return nil
}

// answer prints the operation as JSON, at its end if that is waited for.
func (a asking) answer(ctx context.Context, p *portal, o *operations.Operation, out, errOut io.Writer) error {
	if !a.wait {
		return printJSON(out, o)
	}
	ended, err := newProgress(errOut).watch(ctx, p, o.ID)
	if err != nil {
		return err
	}
	if err := printJSON(out, ended); err != nil {
		return err
	}
	return succeeded(ended)
}

// explained says how to give a text that looks like something else.
func (a asking) explained(err error) error {
	var problem problemDocument
	if !errors.As(err, &problem) {
		return err
	}
	for _, f := range problem.Errors {
		key := strings.TrimPrefix(f.Pointer, "#/input/values/")
		if given, typed := a.values[key].(json.RawMessage); typed && strings.Contains(f.Detail, "must be text") {
			err = fmt.Errorf("%w\n  for a text: --set-string %s=%s", err, key, given)
		}
	}
	return err
}
