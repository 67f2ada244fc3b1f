package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/template/lint"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// templateLint checks template files; errFindings when one has an error.
func templateLint(ctx context.Context, args []string, out, errOut io.Writer) error {
	f := newFlags("template lint")
	asJSON := f.Bool("json", false, "print the findings as a JSON array")
	if err := parse(f, args, out, errOut); err != nil {
		return err
	}
	if f.NArg() == 0 {
		fmt.Fprintln(errOut, "slipway template lint: name the files to check")
		return errUsage
	}
	engine, err := templating.New(templating.Config{})
	if err != nil {
		return err
	}
	linter, err := lint.New(lint.Config{Engine: engine, Actions: actions.Specs()})
	if err != nil {
		return err
	}
	found := []lint.Finding{}
	for _, name := range f.Args() {
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		found = append(found, linter.File(ctx, filepath.ToSlash(name), content, os.DirFS(filepath.Dir(name)))...)
	}
	if err := printFindings(out, found, *asJSON); err != nil {
		return err
	}
	for _, one := range found {
		if one.Severity == lint.Error {
			return errFindings
		}
	}
	return nil
}

func printFindings(out io.Writer, found []lint.Finding, asJSON bool) error {
	if asJSON {
		return printJSON(out, found)
	}
	for _, one := range found {
		if _, err := fmt.Fprintln(out, printable(one.String())); err != nil {
			return err
		}
	}
	return nil
}
