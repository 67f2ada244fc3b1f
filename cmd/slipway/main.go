// Command slipway runs the portal's backend in one process and talks to a running one.
//
//	slipway serve    the whole backend on this machine: no account, no containers
//	slipway create   create an application from a template
//	slipway run      run a template that creates no application
//	slipway status   what operations are doing
//	slipway template check templates, and try what they render to
//	slipway op       cancel or retry an operation
//	slipway doctor   whether catalog, webhooks and reconciliation are in order
//
// It owns flags, output and exit codes. What the system is made of is wire's, what the API
// answers is httpapi's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const usage = `Slipway: create applications from templates, in the right AWS accounts, with nothing half-made left behind.

Usage:
  slipway serve   [--data DIR] [--listen ADDR] [--gitlab-listen ADDR] [--seed demo|none] [--once] …
  slipway create  --template NAME --set KEY=VALUE … [--secrets-file FILE] [--plan | --plan-hash HASH] [--wait] [--json] [--url URL]
  slipway run     the same, for templates that create no application
  slipway status  [OPERATION] [--json] [--url URL]
  slipway op      cancel OPERATION | retry OPERATION [--secrets-file FILE] [--url URL]
  slipway doctor  [--json] [--url URL]
  slipway template lint [--json] FILE …
  slipway template eval [--host HOST=KIND] …   (JSON lines on standard input)

Run "slipway COMMAND --help" for the flags of a command.
`

// errUsage says that the command line was wrong; what and why is already printed.
var errUsage = errors.New("wrong usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := exitCode(run(ctx, os.Args[1:], os.Stdout, os.Stderr), os.Stderr)
	stop()
	os.Exit(code)
}

// exitCode says on errOut what went wrong, unless that has been said, and gives the exit
// code: 0 also for help that was asked for, 2 for a wrong command line, 1 for the rest.
func exitCode(err error, errOut io.Writer) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errFindings):
		return 1
	case errors.Is(err, errUsage):
		return 2
	}
	fmt.Fprintln(errOut, "slipway:", err)
	return 1
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	if len(args) == 0 {
		fmt.Fprint(errOut, usage)
		return errUsage
	}
	switch args[0] {
	case "serve":
		return serve(ctx, args[1:], out, errOut)
	case "create":
		return create(ctx, "create", createApp, args[1:], out, errOut)
	case "run":
		return create(ctx, "run", runTemplate, args[1:], out, errOut)
	case "status":
		return status(ctx, args[1:], out, errOut)
	case "op":
		return op(ctx, args[1:], out, errOut)
	case "doctor":
		return doctor(ctx, args[1:], out, errOut)
	case "template":
		return templateCommand(ctx, args[1:], os.Stdin, out, errOut)
	}
	if asksForHelp(args) {
		fmt.Fprint(out, usage)
		return nil
	}
	fmt.Fprintf(errOut, "slipway: there is no command %q\n\n%s", args[0], usage)
	return errUsage
}
