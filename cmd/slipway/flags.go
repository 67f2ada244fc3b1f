package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

const defaultURL = "http://127.0.0.1:7007"

// settings collects --set and --set-string flags, KEY=VALUE. A value that is JSON keeps its
// type with --set, anything else is a text.
type settings map[string]any

// String shows nothing: flag calls it for the default.
func (s settings) String() string { return "" }

// Set reads one --set.
func (s settings) Set(text string) error {
	key, value, err := s.cut(text)
	if err != nil {
		return err
	}
	s[key] = value
	if json.Valid([]byte(value)) {
		s[key] = json.RawMessage(value) // as it stands: a float has no room for every number
	}
	return nil
}

// setText reads one --set-string.
func (s settings) setText(text string) error {
	key, value, err := s.cut(text)
	if err == nil {
		s[key] = value
	}
	return err
}

func (s settings) cut(text string) (key, value string, err error) {
	key, value, ok := strings.Cut(text, "=")
	if !ok || key == "" {
		return "", "", fmt.Errorf("%q is not KEY=VALUE", text)
	}
	if _, twice := s[key]; twice {
		return "", "", fmt.Errorf("%s is set twice", key)
	}
	return key, value, nil
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
	raw, err := os.ReadFile(path) //nolint:gosec // whoever runs the command names the file
	if err != nil {
		return nil, fmt.Errorf("reading the secrets: %w", err)
	}
	var secrets map[string]string
	if json.Unmarshal(raw, &secrets) != nil { // whose error may quote them
		return nil, fmt.Errorf("%s is not a JSON object of texts by name", path)
	}
	return secrets, nil
}

func newFlags(name string) *flag.FlagSet {
	f := flag.NewFlagSet("slipway "+name, flag.ContinueOnError)
	f.SetOutput(io.Discard) // parse says what there is to say
	return f
}

// parse reads a command line. Help that was asked for goes to out, what is wrong to errOut.
func parse(f *flag.FlagSet, args []string, out, errOut io.Writer) error {
	err := f.Parse(args)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(out, "Flags of %s:\n", f.Name())
		f.SetOutput(out)
		f.PrintDefaults()
		return err
	}
	fmt.Fprintf(errOut, "%s: %v\nRun \"%s --help\" for its flags.\n", f.Name(), err, f.Name())
	return errUsage
}

// asksForHelp reports whether a command line begins with a wish for help.
func asksForHelp(args []string) bool {
	return len(args) > 0 && slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0])
}
