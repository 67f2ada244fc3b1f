package main

import (
	"context"
	"fmt"
	"io"

	"github.com/slipwayhq/slipway/shared/operations"
)

const opUsage = "slipway op: cancel OPERATION or retry OPERATION, with flags behind it\n"

// op cancels or retries an operation and follows it to its end.
func op(ctx context.Context, args []string, out, errOut io.Writer) error {
	if asksForHelp(args) {
		fmt.Fprint(out, opUsage)
		return nil
	}
	if len(args) == 2 && asksForHelp(args[1:]) {
		args = []string{args[0], "OPERATION", "--help"}
	}
	if len(args) < 2 || (args[0] != "cancel" && args[0] != "retry") || args[1] == "" || args[1][0] == '-' {
		fmt.Fprint(errOut, opUsage)
		return errUsage
	}
	f, where, secretsFile := newFlags("op "+args[0]), remote{}, new(string)
	where.flags(f)
	if args[0] == "retry" {
		secretsFile = secretsFlag(f)
	}
	if err := parse(f, args[2:], out, errOut); err != nil {
		return err
	}
	if f.NArg() > 0 {
		fmt.Fprint(errOut, opUsage)
		return errUsage
	}
	secrets, err := readSecrets(*secretsFile)
	if err != nil {
		return err
	}
	p, err := where.portal()
	if err != nil {
		return err
	}
	o, err := p.change(ctx, args[1], args[0], secrets)
	if err != nil {
		return err
	}
	if o.Status.Ended() {
		fmt.Fprintf(out, "%s %s has ended already: %s\n", o.Type, o.Target, o.Status)
		return nil
	}
	if args[0] == "retry" {
		return follow(ctx, p, o.ID, out)
	}
	ended, err := newProgress(out).watch(ctx, p, o.ID)
	if err == nil && (ended.Cancelled == nil || ended.Status == operations.Parked) {
		err = fmt.Errorf("%s %s", ended.Target, explainEnd(ended))
	}
	return err
}
