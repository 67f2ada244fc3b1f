package asl

import (
	"encoding/json"
	"time"
)

// Machine is a definition that can be run. It is never changed after Load and safe for
// concurrent use.
type Machine struct {
	Comment string
	Timeout time.Duration // of an execution, 0 for none

	graph  *graph
	source []byte
}

// Source gives the definition with all substitutions made: Load takes it without any.
func (m *Machine) Source() []byte { return m.source }

// Resources gives the keys of the tasks the machine calls, as in Call.Function, except
// those it computes while it runs.
func (m *Machine) Resources() []string {
	var names []string
	m.graph.each(func(s *state) {
		if s.task != nil && s.task.function != "" {
			names = append(names, s.task.function)
		}
	})
	return names
}

// graph is a machine, a branch of a Parallel or the processor of a Map.
type graph struct {
	startAt string
	states  map[string]*state
}

// each visits every state, the inner ones too.
func (g *graph) each(visit func(*state)) {
	for _, s := range g.states {
		visit(s)
		for _, inner := range s.inner() {
			inner.each(visit)
		}
	}
}

// state is one state. Which of the pointers at the end is set follows from its kind.
type state struct {
	name string
	kind kind
	next string // "" at the end of its graph, and for Choice, Succeed and Fail

	input   pathField // InputPath
	output  pathField // OutputPath
	payload *template // Parameters
	// selector is ResultSelector; place is where the result goes (ResultPath).
	selector *template
	place    pathField
	assign   *template
	retry    []retrier
	catch    []catcher

	task     *taskState
	choice   *choiceState
	wait     *waitState
	pass     *passState
	parallel []*graph
	mapping  *mapState
	failing  *failState
}

// inner gives the graphs inside a state.
func (s *state) inner() []*graph {
	if s.mapping != nil {
		return []*graph{s.mapping.processor}
	}
	return s.parallel
}

// kind is a state's type.
type kind string

const (
	kindTask     kind = "Task"
	kindChoice   kind = "Choice"
	kindWait     kind = "Wait"
	kindPass     kind = "Pass"
	kindParallel kind = "Parallel"
	kindMap      kind = "Map"
	kindSucceed  kind = "Succeed"
	kindFail     kind = "Fail"
)

// pathField is a field that holds a path or null.
type pathField struct {
	path *path // nil for null
	set  bool  // false when the field is left out
}

// taskState calls a function.
type taskState struct {
	function  string // the key of the function, "" when it is computed
	optimized bool   // arn:aws:states:::lambda:invoke, whose payload is wrapped
	callback  bool   // .waitForTaskToken
	timeout   seconds
	heartbeat seconds
}

// seconds is a number of seconds, fixed or taken from the data.
type seconds struct {
	fixed int64 // 0 for none
	path  *path
}

type waitState struct {
	seconds *int64
	until   *time.Time
	// The same, from the data.
	secondsPath *path
	untilPath   *path
}

type passState struct {
	result any
	set    bool
}

type mapState struct {
	processor *graph
	items     *path // nil for the whole input
	selector  *template
	limit     int64 // MaxConcurrency, 0 for as many as possible
	limitPath *path
}

type failState struct{ name, cause textField }

// textField is a string, fixed or taken from the data.
type textField struct {
	fixed string
	expr  expression
}

// choiceState goes where the first rule that holds says.
type choiceState struct {
	rules    []choiceRule
	fallback string // Default
}

type choiceRule struct {
	test   test
	next   string
	assign *template
}

// retrier says how often and after how long failures are tried again.
type retrier struct {
	names    []string
	interval time.Duration
	most     int // attempts after the first
	rate     float64
	longest  time.Duration // 0 for no limit
	jitter   bool
}

// catcher says where failures lead.
type catcher struct {
	names  []string
	next   string
	place  pathField
	assign *template
}

// Call is one call of a function by a task state.
type Call struct {
	Function string // what the state's resource resolves to
	Input    json.RawMessage
	Token    string // "" unless the task is completed by a callback
}
