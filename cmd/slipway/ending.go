package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/slipwayhq/slipway/shared/operations"
)

// follow shows an operation until it ends, and what its template then says; an error unless
// it succeeded.
func follow(ctx context.Context, source operationSource, id string, out io.Writer) error {
	o, err := newProgress(out).watch(ctx, source, id)
	if err != nil {
		return err
	}
	if err := showOutput(o, out); err != nil {
		return err
	}
	return succeeded(o)
}

// succeeded gives nil for an operation that succeeded, and says how any other ended.
func succeeded(o *operations.Operation) error {
	if o.Status == operations.Succeeded {
		return nil
	}
	return fmt.Errorf("%s %s", o.Target, explainEnd(o))
}

// said is what the output of a template has for people.
type said struct {
	Template struct {
		Links []struct{ Title, URL, EntityRef string } `json:"links"`
		Text  []struct{ Title, Content string }        `json:"text"`
	} `json:"template"`
}

// showOutput prints links and texts of the template's output, if it has any.
func showOutput(o *operations.Operation, out io.Writer) error {
	var s said
	if json.Unmarshal(o.Output, &s) != nil {
		return nil //nolint:nilerr // a template may give them any form; the operation has them all
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for i, l := range s.Template.Links {
		if i == 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "  %s\t%s\n", printable(l.Title), printable(l.URL+l.EntityRef))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, t := range s.Template.Text {
		fmt.Fprintf(out, "\n  %s\n", printable(t.Title))
		for line := range strings.Lines(t.Content) {
			fmt.Fprintf(out, "    %s\n", shownLine(strings.TrimSuffix(line, "\n")))
		}
	}
	return nil
}

// printJSON prints what a program reads.
func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// explainEnd says how an operation ended when it did not succeed.
func explainEnd(o *operations.Operation) string {
	if o.Problem == nil {
		return string(o.Status)
	}
	text := "was not created: "
	if o.Type != createApp {
		text = "did not succeed: "
	}
	text += printable(o.Problem.Message)
	for _, f := range o.Problem.Fields {
		text += "\n  " + printable(f.Pointer+" "+f.Message)
	}
	if o.Status == operations.Failed {
		return text + "\n  nothing of it is left"
	}
	for _, left := range o.Problem.Left {
		text += "\n  left: " + printable(left)
	}
	return text + "\n  go on with \"slipway op retry " + o.ID + "\", or undo what is left with \"slipway op cancel " + o.ID + "\""
}
