package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
)

func status(ctx context.Context, args []string, out, errOut io.Writer) error {
	f, where := newFlags("status"), remote{}
	limit := f.Int("limit", 10, "how many operations to list, 1 to 100")
	asJSON := f.Bool("json", false, "print the operations, or the one as it is now, as JSON")
	where.flags(f)
	// The operation may stand before or behind the flags.
	id := ""
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		id, args = args[0], args[1:]
	}
	if err := parse(f, args, out, errOut); err != nil {
		return err
	}
	rest := f.Args()
	if id == "" && len(rest) > 0 {
		id, rest = rest[0], rest[1:]
	}
	if len(rest) > 0 {
		fmt.Fprintln(errOut, "slipway status: there is at most one operation, and flags stand before or behind it")
		return errUsage
	}
	p, err := where.portal()
	if err != nil {
		return err
	}
	switch {
	case id != "" && *asJSON:
		o, err := p.Get(ctx, id)
		if err != nil {
			return err
		}
		return printJSON(out, o)
	case id != "":
		return follow(ctx, p, id, out)
	}
	list, err := p.list(ctx, *limit)
	if err != nil {
		return err
	}
	if *asJSON {
		return printJSON(out, list)
	}
	return printList(list, out)
}

// printList prints a table of operations.
func printList(list []*operations.Operation, out io.Writer) error {
	if len(list) == 0 {
		fmt.Fprintln(out, "no operations yet")
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "OPERATION\tTYPE\tTARGET\tSTATUS\tACTOR\tSTARTED\tTOOK")
	for _, o := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", o.ID, o.Type, o.Target, o.Status, o.Actor,
			o.Created.Local().Format(time.DateTime), o.Updated.Sub(o.Created).Round(10*time.Millisecond))
	}
	return w.Flush()
}
