package asl

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// call is a parsed intrinsic call.
type call struct {
	name string // without "States."
	args []expression
	run  intrinsic
}

// intrinsic computes a call's result from its arguments.
type intrinsic func(args []any, e *env) (any, error)

type signature struct {
	least, most int // number of arguments
	run         intrinsic
}

// intrinsics are all there are:
// https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
var intrinsics = map[string]signature{
	"Array":          {0, 1000, array},
	"ArrayPartition": {2, 2, arrayPartition},
	"ArrayContains":  {2, 2, arrayContains},
	"ArrayRange":     {3, 3, arrayRange},
	"ArrayGetItem":   {2, 2, arrayGetItem},
	"ArrayLength":    {1, 1, arrayLength},
	"ArrayUnique":    {1, 1, arrayUnique},
	"Base64Encode":   {1, 1, base64Encode},
	"Base64Decode":   {1, 1, base64Decode},
	"Hash":           {2, 2, hash},
	"JsonMerge":      {3, 3, jsonMerge},
	"StringToJson":   {1, 1, stringToJSON},
	"JsonToString":   {1, 1, jsonToString},
	"MathRandom":     {2, 3, mathRandom},
	"MathAdd":        {2, 2, mathAdd},
	"StringSplit":    {2, 2, stringSplit},
	"UUID":           {0, 0, newUUID},
	"Format":         {1, 1000, format},
}

func (c *call) eval(e *env, field string) (any, error) {
	args := make([]any, len(c.args))
	for i, a := range c.args {
		v, err := a.eval(e, field)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	v, err := c.run(args, e)
	if f, ok := asFailure(err); ok {
		return nil, failf(f.Name, "States.%s in the field '%s': %s", c.name, field, f.Cause)
	}
	return v, err
}

// constant is a literal argument.
type constant struct{ value any }

func (c constant) eval(*env, string) (any, error) { return c.value, nil }

// call reads States.Name(argument, …).
func (s *scanner) call() (*call, error) {
	if s.depth++; s.depth > maxExpressionDepth {
		return nil, s.errorf("more than %d levels of nesting", maxExpressionDepth)
	}
	defer func() { s.depth-- }()
	if !s.accept("States.") {
		return nil, s.errorf("a call begins with States.")
	}
	name := s.identifier()
	known, ok := intrinsics[name]
	if !ok {
		return nil, s.errorf("there is no intrinsic function States.%s", name)
	}
	if !s.accept("(") {
		return nil, s.errorf("( is missing")
	}
	args, err := s.arguments(name == "Format")
	if err != nil {
		return nil, err
	}
	if len(args) < known.least || len(args) > known.most {
		return nil, s.errorf("States.%s takes %d to %d arguments, not %d", name, known.least, known.most, len(args))
	}
	return &call{name: name, args: args, run: known.run}, nil
}

func (s *scanner) arguments(formatted bool) ([]expression, error) {
	var args []expression
	for s.spaces(); !s.accept(")"); s.spaces() {
		if len(args) > 0 {
			if !s.accept(",") {
				return nil, s.errorf(", or ) is missing")
			}
			s.spaces()
		}
		a, err := s.argument(formatted && len(args) == 0)
		if err != nil {
			return nil, err
		}
		args = append(args, a)
	}
	return args, nil
}

// argument reads one argument. The template of States.Format keeps its escapes, because
// "\{" and "{}" mean something else there.
func (s *scanner) argument(raw bool) (expression, error) {
	switch s.peek() {
	case '$':
		return s.path()
	case '\'':
		text, err := s.argumentText(raw)
		return constant{text}, err
	case 'S':
		return s.call()
	}
	v, err := s.literal()
	return constant{v}, err
}

// argumentText reads a string in single quotes, in which a backslash escapes ' { } and \.
func (s *scanner) argumentText(raw bool) (string, error) {
	s.at++
	var b strings.Builder
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		if c == '\'' {
			return b.String(), nil
		}
		if c == '\\' && s.at < len(s.text) {
			next := s.text[s.at]
			if raw || !strings.ContainsRune(`'{}\`, rune(next)) {
				b.WriteByte(c)
			}
			c = next
			s.at++
		}
		b.WriteByte(c)
	}
	return "", s.errorf("the closing quote is missing")
}

// randomness is the source of States.UUID and States.MathRandom in one visit of a state.
// It is derived from that visit, so that a visit that is repeated after a crash computes
// the same values and a task is called again with the same input.
type randomness struct {
	seed []byte
	n    uint64
}

func (r *randomness) draw() [16]byte {
	r.n++
	return [16]byte(uuid.NewSHA1(uuid.Nil, binary.BigEndian.AppendUint64(slices.Clone(r.seed), r.n)))
}

func newUUID(_ []any, e *env) (any, error) {
	id := uuid.UUID(e.random.draw())
	id[6] = id[6]&0x0f | 0x40 // version 4, which States.UUID promises
	return id.String(), nil
}

// mathRandom gives a number from start to below end. With a seed the same seed gives the
// same number, though not the number Step Functions would give.
func mathRandom(args []any, e *env) (any, error) {
	start, okStart := rounded(args[0])
	end, okEnd := rounded(args[1])
	if !okStart || !okEnd || end <= start {
		return nil, failf(ErrIntrinsic, "wants two numbers, the second larger than the first")
	}
	bits := e.random.draw()
	if len(args) == 3 {
		seed, ok := rounded(args[2])
		if !ok {
			return nil, failf(ErrIntrinsic, "wants a number as seed")
		}
		bits = (&randomness{seed: binary.BigEndian.AppendUint64(nil, uint64(seed))}).draw()
	}
	span := uint64(end) - uint64(start) // two's complement: right even when start is negative
	return fromInt(int64(uint64(start) + binary.BigEndian.Uint64(bits[8:])<<8>>8%span)), nil
}

func mathAdd(args []any, _ *env) (any, error) {
	a, okA := rounded(args[0])
	b, okB := rounded(args[1])
	if !okA || !okB {
		return nil, failf(ErrIntrinsic, "wants two numbers")
	}
	return fromInt(a + b), nil
}

// format replaces each {} of the template by the next argument.
func format(args []any, _ *env) (any, error) {
	pattern, ok := args[0].(string)
	if !ok {
		return nil, failf(ErrIntrinsic, "wants a string as template")
	}
	var b strings.Builder
	next := 1
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern) && strings.IndexByte(`'{}\`, pattern[i+1]) >= 0:
			i++
			b.WriteByte(pattern[i])
		case c == '{' && strings.HasPrefix(pattern[i:], "{}"):
			if next == len(args) {
				return nil, failf(ErrIntrinsic, "the template has more {} than there are arguments")
			}
			b.WriteString(javaText(args[next]))
			next++
			i++
		default:
			b.WriteByte(c)
		}
	}
	if next != len(args) {
		return nil, failf(ErrIntrinsic, "the template has fewer {} than there are arguments")
	}
	return b.String(), nil
}

func jsonToString(args []any, _ *env) (any, error) { return text(args[0]), nil }

func stringToJSON(args []any, _ *env) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, failf(ErrIntrinsic, "wants a string")
	}
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	v, err := decode([]byte(s))
	if err != nil {
		return nil, failf(ErrIntrinsic, "the string is not JSON")
	}
	return v, nil
}

// jsonMerge merges the top level of two objects, the second winning. Step Functions has no
// deep merge either: the third argument must be false.
func jsonMerge(args []any, _ *env) (any, error) {
	a, okA := args[0].(map[string]any)
	b, okB := args[1].(map[string]any)
	if deep, ok := args[2].(bool); !okA || !okB || !ok || deep {
		return nil, failf(ErrIntrinsic, "wants two objects and false")
	}
	merged := make(map[string]any, len(a)+len(b))
	for _, object := range []map[string]any{a, b} {
		for k, v := range object {
			merged[k] = v
		}
	}
	return merged, nil
}
