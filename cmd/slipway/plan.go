package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/slipwayhq/slipway/shared/httpapi/operationsapi"
)

// showPlan prints what would be made: effects, files, and the hash to approve it by.
func showPlan(plan operationsapi.Plan, out io.Writer) {
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
		fmt.Fprintf(out, "      %s\n", shownLine(strings.TrimSuffix(line, "\n")))
	}
}

// shownLine gives a line of a text: its tabs stay, and a carriage return can be seen.
func shownLine(line string) string {
	parts := strings.Split(strings.ReplaceAll(line, "\r", "␍"), "\t")
	for i, part := range parts {
		parts[i] = printable(part)
	}
	return strings.Join(parts, "\t")
}
