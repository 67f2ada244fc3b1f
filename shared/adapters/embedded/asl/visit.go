package asl

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"time"
)

// visit is one run of one state: from its frame to the change that follows.
type visit struct {
	x    *Execution
	g    *graph
	s    *state
	f    *Frame
	item *mapItem // of the nearest Map around, nil outside
	// foreign is set when a failure came out of a task or an inner graph: its cause is
	// passed on as it is.
	foreign bool
	events  []Event
	env     *env
}

// mapItem is what $$.Map.Item says.
type mapItem struct {
	index int
	value any
	path  string // of the item's own frame
}

// outcome is what a state that succeeded leads to.
type outcome struct {
	output json.RawMessage
	vars   map[string]json.RawMessage
	next   string // "" for the end of the graph
}

// run runs the state and gives the change to save before the next.
func (v *visit) run(ctx context.Context) (*Change, error) {
	if !v.f.Wake.IsZero() {
		return v.wakeUp(ctx)
	}
	out, err := v.perform(ctx)
	if v.env != nil && *v.env.budget < 0 {
		err = failf(ErrRuntime, "the paths of the state look at more than %d values", maxLookups)
	}
	if err == nil {
		return v.leave(out), nil
	}
	failure, ok := asFailure(err)
	if !ok {
		return nil, err
	}
	if !v.foreign {
		failure = failf(failure.Name, "An error occurred while executing the state '%s' (entered at the event id #%d). %s",
			v.s.name, v.f.EnteredEvent, failure.Cause)
	}
	return v.recover(failure), nil
}

// perform runs the state and computes everything that depends on data.
func (v *visit) perform(ctx context.Context) (*outcome, error) {
	data, err := decode(v.f.Input)
	if err != nil {
		return nil, fmt.Errorf("reading the input of state %s: %w", v.s.name, err)
	}
	if v.env, err = v.newEnv(data); err != nil {
		return nil, err
	}
	input, err := v.s.input.apply(v.env, "InputPath")
	if err != nil {
		return nil, err
	}
	in := v.env.with(input)
	switch v.s.kind {
	case kindTask, kindParallel, kindMap, kindPass:
		return v.work(ctx, in)
	case kindChoice:
		return v.choose(in)
	case kindWait:
		if err := v.sleep(ctx, in); err != nil {
			return nil, err
		}
		return v.finish(in, input, v.s.assign, v.s.next)
	case kindFail:
		return nil, v.fail(in)
	}
	return v.finish(in, input, nil, "")
}

// work runs the kinds of states that have a payload and a result.
func (v *visit) work(ctx context.Context, in *env) (*outcome, error) {
	payload := in.data
	if v.s.payload != nil {
		var err error
		if payload, err = v.s.payload.eval(in); err != nil {
			return nil, err
		}
	}
	result, err := v.result(ctx, in, payload)
	if err != nil {
		return nil, err
	}
	out := v.env.with(result)
	if v.s.selector != nil {
		if result, err = v.s.selector.eval(out); err != nil {
			return nil, err
		}
		out = v.env.with(result)
	}
	placed, err := place(v.s.place, v.env.data, result)
	if err != nil {
		return nil, err
	}
	return v.finish(out, placed, v.s.assign, v.s.next)
}

func (v *visit) result(ctx context.Context, in *env, payload any) (any, error) {
	switch v.s.kind {
	case kindTask:
		return v.runTask(ctx, in, payload)
	case kindParallel:
		return v.runParallel(ctx, payload)
	case kindMap:
		return v.runMap(ctx, in)
	}
	if v.s.pass.set {
		return v.s.pass.result, nil
	}
	return payload, nil
}

// finish applies OutputPath to data and computes the variables, which see what of has.
func (v *visit) finish(of *env, data any, assign *template, next string) (*outcome, error) {
	output, err := v.s.output.apply(v.env.with(data), "OutputPath")
	if err != nil {
		return nil, err
	}
	return v.pack(of, output, assign, next)
}

func (v *visit) pack(of *env, output any, assign *template, next string) (*outcome, error) {
	vars, err := v.assign(of, assign)
	if err != nil {
		return nil, err
	}
	raw, err := encodeData(output)
	if err != nil {
		return nil, err
	}
	size := len(raw)
	for name, value := range vars {
		size += len(name) + len(value)
	}
	if size > maxFrameBytes {
		return nil, failf(ErrDataLimit, "the output and the variables have %d bytes, more than %d", size, maxFrameBytes)
	}
	return &outcome{output: raw, vars: vars, next: next}, nil
}

// assign gives the variables with those that a template sets.
func (v *visit) assign(of *env, t *template) (map[string]json.RawMessage, error) {
	if t == nil {
		return v.f.Vars, nil
	}
	values, err := t.eval(of)
	if err != nil {
		return nil, err
	}
	vars := maps.Clone(v.f.Vars)
	if vars == nil {
		vars = map[string]json.RawMessage{}
	}
	for name, value := range values.(map[string]any) {
		if vars[name], err = encodeData(value); err != nil {
			return nil, err
		}
	}
	return vars, nil
}

// apply applies InputPath or OutputPath: null gives {}.
func (p pathField) apply(e *env, field string) (any, error) {
	switch {
	case !p.set:
		return e.data, nil
	case p.path == nil:
		return map[string]any{}, nil
	}
	return p.path.eval(e, field)
}

// place applies ResultPath: null drops the result.
func place(p pathField, data, result any) (any, error) {
	switch {
	case !p.set:
		return result, nil
	case p.path == nil:
		return data, nil
	}
	placed, ok := p.path.assign(data, result)
	if !ok {
		return nil, failf(ErrResultPath, "Unable to apply step \"%s\" to input %s", p.path.text, text(data))
	}
	return placed, nil
}

func (v *visit) newEnv(data any) (*env, error) {
	vars := make(map[string]any, len(v.f.Vars))
	for name, raw := range v.f.Vars {
		value, err := decode(raw)
		if err != nil {
			return nil, fmt.Errorf("reading the variable %s: %w", name, err)
		}
		vars[name] = value
	}
	seed := fmt.Sprintf("%s %s %d", v.x.Info.ID, v.f.Path, v.f.Visit)
	budget := maxLookups
	return &env{data: data, vars: vars, context: v.context, random: &randomness{seed: []byte(seed)}, budget: &budget}, nil
}

// context makes the context object:
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
func (v *visit) context() any {
	input, err := decode(v.x.Info.Input)
	if err != nil {
		input = nil // checked when the execution was started
	}
	object := map[string]any{
		"Execution": map[string]any{
			"Id": v.x.Info.ID, "Name": v.x.Info.Name, "Input": input,
			"StartTime": millis(v.x.Info.Started), "RedriveCount": fromInt(0),
		},
		"StateMachine": map[string]any{"Id": v.x.Info.MachineID, "Name": v.x.Info.MachineName},
		"State": map[string]any{
			"Name": v.s.name, "EnteredTime": millis(v.f.Entered), "RetryCount": fromInt(int64(v.f.Retries)),
		},
	}
	if v.f.Token != "" {
		object["Task"] = map[string]any{"Token": v.f.Token}
	}
	if v.item != nil {
		object["Map"] = map[string]any{"Item": map[string]any{"Index": fromInt(int64(v.item.index)), "Value": v.item.value}}
	}
	return object
}

func millis(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (v *visit) choose(in *env) (*outcome, error) {
	for _, rule := range v.s.choice.rules {
		ok, err := rule.test.holds(in)
		if err != nil {
			return nil, err
		}
		if ok {
			return v.finish(in, in.data, rule.assign, rule.next)
		}
	}
	if v.s.choice.fallback == "" {
		return nil, failf(ErrNoChoice, "Failed to transition out of the state. The state does not point to a next state.")
	}
	return v.finish(in, in.data, v.s.assign, v.s.choice.fallback)
}

func (v *visit) fail(in *env) error {
	name, err := v.s.failing.name.eval(in, "ErrorPath")
	if err != nil {
		return err
	}
	cause, err := v.s.failing.cause.eval(in, "CausePath")
	if err != nil {
		return err
	}
	v.foreign = true
	return &Failure{Name: name, Cause: cause}
}

func (t textField) eval(in *env, field string) (string, error) {
	if t.expr == nil {
		return t.fixed, nil
	}
	value, err := t.expr.eval(in, field)
	if err != nil {
		return "", err
	}
	s, ok := value.(string)
	if !ok {
		return "", failf(ErrRuntime, "The value of the field '%s' must be a string, not %s", field, text(value))
	}
	return s, nil
}

// sleep waits as a Wait state says, counted from when the state was entered.
func (v *visit) sleep(ctx context.Context, in *env) error {
	end, err := v.s.wait.end(in, v.f.Entered)
	if err != nil {
		return err
	}
	if end.Sub(v.f.Entered) > math.MaxInt32*time.Second {
		return failf(ErrRuntime, "Wait state delay is too long.")
	}
	return v.x.Clock.Sleep(ctx, end.Sub(v.x.Clock.Now()))
}

func (w *waitState) end(in *env, entered time.Time) (time.Time, error) {
	switch {
	case w.seconds != nil:
		return entered.Add(time.Duration(*w.seconds) * time.Second), nil
	case w.until != nil:
		return *w.until, nil
	case w.secondsPath != nil:
		n, err := secondsAt(w.secondsPath, in, "SecondsPath", 0)
		return entered.Add(time.Duration(n) * time.Second), err
	}
	value, err := w.untilPath.eval(in, "TimestampPath")
	if err != nil {
		return time.Time{}, err
	}
	t, ok := timestamp(value)
	if !ok {
		return time.Time{}, failf(ErrRuntime, "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: %s == %s",
			w.untilPath.text, javaText(value))
	}
	return t, nil
}

// secondsAt reads a number of seconds from the data.
func secondsAt(p *path, in *env, field string, least int64) (int64, error) {
	value, err := p.eval(in, field)
	if err != nil {
		return 0, err
	}
	n, ok := integer(value)
	switch {
	case !ok:
		return 0, failf(ErrRuntime, "The %s parameter cannot be parsed as a long value: %s == %s", field, p.text, javaText(value))
	case n < 0:
		return 0, failf(ErrRuntime, "The %s parameter references a negative value: %s == %d", field, p.text, n)
	case n < least || n > maxAttempts:
		return 0, failf(ErrRuntime, "The %s parameter references a value that is out of range: %s == %d", field, p.text, n)
	}
	return n, nil
}
