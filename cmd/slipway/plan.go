package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/slipwayhq/slipway/shared/httpapi/operationsapi"
)

// showPlan prints what would be made for an application: effects, files, and the hash to
// approve it by.
func showPlan(ctx context.Context, p *portal, a application, out io.Writer) error {
	plan, err := p.plan(ctx, a)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s from %s\n\nWould make\n", plan.Target, printable(plan.Resolved))
	for _, e := range plan.Effects {
		fmt.Fprintf(out, "  + %-22s %s\n", e.Kind, printable(e.Target))
	}
	if len(plan.Changes) > 0 {
		fmt.Fprintf(out, "\nWould write\n")
	}
	for _, c := range plan.Changes {
		showChange(out, c)
	}
	fmt.Fprintf(out, "\nplan %s\ncreate exactly this with --plan-hash and the hash above\n", plan.Hash)
	return nil
}

func showChange(out io.Writer, c operationsapi.PlannedChange) {
	sign := map[string]string{"create": "+", "update": "~", "delete": "-"}[c.Action]
	note := fmt.Sprintf("%d bytes", c.Bytes)
	switch {
	case c.Link != "":
		note = "→ " + printable(c.Link)
	case c.Binary:
		note += ", not shown"
	case c.Executable:
		note += ", executable"
	}
	fmt.Fprintf(out, "  %s %s@%s %s (%s)\n", sign, printable(c.Project), printable(c.Branch), printable(c.Path), note)
	for line := range strings.Lines(c.Diff) {
		fmt.Fprintf(out, "      %s\n", printable(strings.TrimSuffix(line, "\n")))
	}
}
