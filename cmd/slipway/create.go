package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
)

const defaultURL = "http://127.0.0.1:7007"

// settings collects --set key=value flags. A value that is JSON keeps its type, anything
// else is a text.
type settings map[string]any

// String shows nothing: flag calls it for the default.
func (s settings) String() string { return "" }

// Set reads one flag.
func (s settings) Set(text string) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok || key == "" {
		return fmt.Errorf("%q is not KEY=VALUE", text)
	}
	if _, twice := s[key]; twice {
		return fmt.Errorf("%s is set twice", key)
	}
	s[key] = value
	if json.Valid([]byte(value)) {
		s[key] = json.RawMessage(value) // as it stands: a float has no room for every number
	}
	return nil
}

// remote adds the flags that say which portal to talk to.
type remote struct {
	url       string
	tokenFile string
}

func (r *remote) flags(f *flag.FlagSet) {
	f.StringVar(&r.url, "url", defaultURL, "`URL` of the portal")
	f.StringVar(&r.tokenFile, "token-file", "", "`file` with the bearer token, for a portal that asks for one")
}

func (r *remote) portal() (*portal, error) {
	token := ""
	if r.tokenFile != "" {
		raw, err := os.ReadFile(r.tokenFile)
		if err != nil {
			return nil, fmt.Errorf("reading the token: %w", err)
		}
		token = strings.TrimSpace(string(raw))
	}
	return newPortal(r.url, token)
}

func newFlags(name string, errOut io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet("slipway "+name, flag.ContinueOnError)
	f.SetOutput(errOut)
	return f
}

// secretsFlag adds the flag for secrets. They come from a file: a command line is seen by
// everybody on the machine.
func secretsFlag(f *flag.FlagSet) *string {
	return f.String("secrets-file", "", "`file` with the secrets, a JSON object of texts by name")
}

// readSecrets reads such a file; "" for none.
func readSecrets(path string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the secrets: %w", err)
	}
	var secrets map[string]string
	if json.Unmarshal(raw, &secrets) != nil { // whose error may quote them
		return nil, fmt.Errorf("%s is not a JSON object of texts by name", path)
	}
	return secrets, nil
}

// parsed gives what a failed Parse comes to: it has printed what is wrong, or the help.
func parsed(err error) error {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return err
	}
	return errUsage
}

func create(ctx context.Context, args []string, out, errOut io.Writer) error {
	f, values, where := newFlags("create", errOut), settings{}, remote{}
	template := f.String("template", "", "`name` of the template in the catalog")
	wait := f.Bool("wait", false, "follow the operation to its end; exit 0 only if it succeeds")
	key := f.String("idempotency-key", "", "the same `key` never creates twice")
	plan := f.Bool("plan", false, "show what would be made, and make nothing")
	approved := f.String("plan-hash", "", "create only if the plan is still the one with this `hash`")
	secrets := secretsFlag(f)
	f.Var(values, "set", "a value of the form, as `KEY=VALUE`; JSON values keep their type (repeatable)")
	where.flags(f)
	if err := parsed(f.Parse(args)); err != nil {
		return err
	}
	if f.NArg() > 0 || *template == "" {
		fmt.Fprintln(errOut, "slipway create: --template is required, and there are no arguments without a flag")
		return errUsage
	}
	given, err := readSecrets(*secrets)
	if err != nil {
		return err
	}
	p, err := where.portal()
	if err != nil {
		return err
	}
	asked := application{template: *template, values: values, secrets: given, key: *key, approved: *approved}
	if *plan {
		return showPlan(ctx, p, asked, out)
	}
	o, err := p.createApp(ctx, asked)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s %s: operation %s\n", o.Type, o.Target, o.ID)
	if !*wait {
		fmt.Fprintf(out, "follow it with: slipway status %s\n", o.ID)
		return nil
	}
	return follow(ctx, p, o.ID, out)
}

// follow shows an operation until it ends; an error unless it succeeded.
func follow(ctx context.Context, source operationSource, id string, out io.Writer) error {
	o, err := newProgress(out).watch(ctx, source, id)
	if err != nil {
		return err
	}
	if o.Status != operations.Succeeded {
		return fmt.Errorf("%s %s", o.Target, explainEnd(o))
	}
	return nil
}

// explainEnd says how an operation ended when it did not succeed.
func explainEnd(o *operations.Operation) string {
	if o.Problem == nil {
		return string(o.Status)
	}
	text := "was not created: " + printable(o.Problem.Message)
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
