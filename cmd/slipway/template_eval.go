package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// maxEvalLine is the longest line that is read; what is longer is answered with an error.
const maxEvalLine = 16 << 20

// gitHosts collects --host HOST=KIND flags.
type gitHosts map[string]string

// String shows nothing: flag calls it for the default.
func (h gitHosts) String() string { return "" }

// Set reads one flag.
func (h gitHosts) Set(text string) error {
	host, kind, ok := strings.Cut(text, "=")
	if !ok || host == "" || kind == "" {
		return fmt.Errorf("%q is not HOST=KIND", text)
	}
	h[host] = kind
	return nil
}

// evalRequest is one line of input.
type evalRequest struct {
	Mode     string          `json:"mode"` // render, value, or compat: render as cookiecutter does
	Template *string         `json:"template"`
	Context  json.RawMessage `json:"context"`
	Opts     struct {
		TrimBlocks         bool `json:"trimBlocks"`
		LstripBlocks       bool `json:"lstripBlocks"`
		CookiecutterCompat bool `json:"cookiecutterCompat"`
	} `json:"opts"`
}

// rendering answers render and compat.
type rendering struct {
	OK  bool            `json:"ok"`
	Out json.RawMessage `json:"out,omitempty"`
	Err string          `json:"err,omitempty"`
}

// valuation answers value: a value (json), one that does not exist (undef), or the template
// itself, which is what a step gets whose input can't be rendered (error).
type valuation struct {
	Type  string          `json:"t"`
	Value json.RawMessage `json:"v,omitempty"`
	Raw   *string         `json:"raw,omitempty"`
	Err   string          `json:"err,omitempty"`
}

func templateEval(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) error {
	f, hosts := newFlags("template eval"), gitHosts{}
	f.Var(hosts, "host", "a Git host that parseRepoUrl takes, as `HOST=KIND` (gitlab, github, azure, bitbucket; repeatable); without any, every host")
	if err := parse(f, args, out, errOut); err != nil {
		return err
	}
	if f.NArg() > 0 {
		fmt.Fprintln(errOut, "slipway template eval: templates come on standard input, one JSON object a line")
		return errUsage
	}
	config := templating.Config{Halves: true}
	if len(hosts) > 0 {
		config.Hosts = hosts
	}
	engine, err := templating.New(config)
	if err != nil {
		return err
	}
	return evalLines(ctx, engine, in, out)
}

// evalLines answers every line with one line, whatever it holds: whoever sends lines counts on that.
func evalLines(ctx context.Context, engine *templating.Engine, in io.Reader, out io.Writer) error {
	lines, answers := bufio.NewReaderSize(in, 1<<16), bufio.NewWriter(out)
	write := json.NewEncoder(answers)
	write.SetEscapeHTML(false)
	for ctx.Err() == nil {
		line, tooLong, err := readLine(lines)
		if ended := errors.Is(err, io.EOF); err != nil && !ended {
			return fmt.Errorf("reading templates: %w", err)
		} else if ended && len(line) == 0 && !tooLong {
			return answers.Flush()
		}
		answer := any(rendering{Err: fmt.Sprintf("the line is longer than %d bytes", maxEvalLine)})
		if !tooLong {
			answer = evalLine(ctx, engine, line)
		}
		if err := write.Encode(answer); err != nil {
			return fmt.Errorf("writing an answer: %w", err)
		}
		if lines.Buffered() == 0 { // somebody may be waiting for it
			if err := answers.Flush(); err != nil {
				return fmt.Errorf("writing an answer: %w", err)
			}
		}
	}
	return ctx.Err()
}

// readLine reads up to the next line feed; of a line that is too long nothing is kept.
func readLine(r *bufio.Reader) (line []byte, tooLong bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if tooLong = tooLong || len(line)+len(part) > maxEvalLine; tooLong {
			line = nil
		} else {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, tooLong, err
		}
	}
}

// evalLine answers one line. A fault of the engine costs the answer to this line only.
func evalLine(ctx context.Context, engine *templating.Engine, line []byte) (answer any) {
	defer func() {
		if fault := recover(); fault != nil {
			answer = rendering{Err: fmt.Sprintf("a fault of the engine: %v", fault)}
		}
	}()
	var q evalRequest
	err := json.Unmarshal(line, &q)
	switch {
	case len(bytes.TrimSpace(line)) == 0:
		return rendering{Err: "the line is blank"}
	case err != nil:
		return rendering{Err: "the line is not a JSON object as expected: " + err.Error()}
	case q.Template == nil:
		return rendering{Err: "the line has no template"}
	}
	syntax := templating.Syntax{TrimBlocks: q.Opts.TrimBlocks, LstripBlocks: q.Opts.LstripBlocks, Cookiecutter: q.Opts.CookiecutterCompat}
	switch q.Mode {
	case "compat":
		syntax.Cookiecutter = true
	case "value":
		return evalValue(ctx, engine.With(syntax), *q.Template, q.Context)
	case "render", "":
	default:
		return rendering{Err: fmt.Sprintf("mode %q is not render, value or compat", q.Mode)}
	}
	return evalText(ctx, engine.With(syntax), *q.Template, q.Context)
}

func evalText(ctx context.Context, engine *templating.Engine, template string, document []byte) rendering {
	scope, err := evalScope(document)
	if err != nil {
		return rendering{Err: err.Error()}
	}
	text, err := engine.Render(ctx, "template", template, scope)
	if err == nil {
		text, err = templating.EncodeJSON(ctx, text)
	}
	if err != nil {
		return rendering{Err: err.Error()}
	}
	return rendering{OK: true, Out: json.RawMessage(text)}
}

// evalScope reads a context, keeping the order of its keys.
func evalScope(document []byte) (map[string]any, error) {
	scope := map[string]any{}
	if len(document) == 0 || string(document) == "null" {
		return scope, nil
	}
	v, err := templating.ParseJSON(document)
	if err != nil {
		return nil, fmt.Errorf("the context can't be read: %w", err)
	}
	object, ok := v.(templating.Object)
	if !ok {
		return nil, errors.New("the context is not an object")
	}
	for _, m := range object {
		scope[m.Name] = m.Value
	}
	return scope, nil
}

func evalValue(ctx context.Context, engine *templating.Engine, template string, document []byte) valuation {
	scope, err := evalScope(document)
	if err != nil {
		return valuation{Type: "error", Raw: &template, Err: err.Error()}
	}
	v, err := engine.Value(ctx, "template", template, scope)
	if err != nil {
		return valuation{Type: "error", Raw: &template, Err: err.Error()}
	}
	if v == (templating.Undefined{}) {
		return valuation{Type: "undef"}
	}
	text, err := templating.EncodeJSON(ctx, v)
	if err != nil {
		return valuation{Type: "error", Raw: &template, Err: err.Error()}
	}
	return valuation{Type: "json", Value: json.RawMessage(text)}
}
