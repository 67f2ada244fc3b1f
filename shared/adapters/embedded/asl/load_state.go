package asl

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// readers read the fields of one kind of state beside those that several share.
func readState(f *fields, name string) *state {
	s := &state{name: name, kind: kind(f.text("Type"))}
	f.anyText("Comment")
	onlyJSONPath(f)
	switch s.kind {
	case kindTask:
		s.input, s.output, s.task = f.inputPath(), f.outputPath(), readTask(f)
		readResult(f, s)
		readHandlers(f, s)
	case kindParallel:
		s.input, s.output, s.parallel = f.inputPath(), f.outputPath(), readBranches(f)
		readResult(f, s)
		readHandlers(f, s)
	case kindMap:
		s.input, s.output, s.mapping = f.inputPath(), f.outputPath(), readMap(f)
		readResult(f, s)
		readHandlers(f, s)
	case kindPass:
		s.input, s.output, s.pass = f.inputPath(), f.outputPath(), readPass(f)
		s.payload, s.place = f.template("Parameters"), f.resultPath()
	case kindWait:
		s.input, s.output, s.wait = f.inputPath(), f.outputPath(), readWait(f)
	case kindChoice:
		s.input, s.output, s.choice = f.inputPath(), f.outputPath(), readChoice(f)
	case kindSucceed:
		s.input, s.output = f.inputPath(), f.outputPath()
	case kindFail:
		s.failing = &failState{name: f.textOrPath("Error"), cause: f.textOrPath("Cause")}
	default:
		f.failf("Type", "there is no type %q of states", s.kind)
		return s
	}
	readEnd(f, s)
	f.rejectRest("a " + string(s.kind) + " state")
	return s
}

// readEnd reads Next, End and Assign, which the kinds that end or branch don't have.
func readEnd(f *fields, s *state) {
	if s.kind == kindSucceed || s.kind == kindFail {
		return
	}
	s.assign = f.assign()
	if s.kind == kindChoice {
		return
	}
	s.next = f.text("Next")
	if end := f.flag("End"); end == (s.next != "") {
		f.addf(f.pointer, "needs either Next or End: true")
	}
}

func (f *fields) inputPath() pathField  { return f.pathOrNull("InputPath", parsePath) }
func (f *fields) outputPath() pathField { return f.pathOrNull("OutputPath", parsePath) }
func (f *fields) resultPath() pathField { return f.pathOrNull("ResultPath", parseResultPath) }

var variableName = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_]{0,79}$`)

func (f *fields) assign() *template {
	t := f.objectTemplate("Assign")
	if t == nil {
		return nil
	}
	object, _ := t.root.(templateObject)
	for name := range object {
		if !variableName.MatchString(name) || name == "states" {
			f.failf("Assign", "%q can't be the name of a variable", name)
		}
	}
	return t
}

func readResult(f *fields, s *state) {
	if s.kind != kindMap { // a Map's Parameters are its ItemSelector, read with it
		s.payload = f.template("Parameters")
	}
	s.selector, s.place = f.template("ResultSelector"), f.resultPath()
}

const (
	resourceInvoke   = "arn:aws:states:::lambda:invoke"
	resourceCallback = resourceInvoke + ".waitForTaskToken"
)

var functionARN = regexp.MustCompile(`^arn:[a-z-]+:lambda:[a-z0-9-]*:[0-9]*:function:[A-Za-z0-9_-]+(:[A-Za-z0-9$_-]+)?$`)

func readTask(f *fields) *taskState {
	t := &taskState{timeout: f.seconds("TimeoutSeconds"), heartbeat: f.seconds("HeartbeatSeconds")}
	if t.timeout.fixed > 0 && t.heartbeat.fixed >= t.timeout.fixed {
		f.failf("HeartbeatSeconds", "must be smaller than TimeoutSeconds")
	}
	resource := f.text("Resource")
	switch {
	case functionARN.MatchString(resource):
		t.function = resource
	case resource == resourceInvoke || resource == resourceCallback:
		t.optimized, t.callback = true, resource == resourceCallback
		t.function = readInvocation(f, t.callback)
	default:
		f.failf("Resource", "%q is neither the ARN of a Lambda function nor %s[.waitForTaskToken]; other integrations and activities are not supported", resource, resourceInvoke)
	}
	return t
}

// readInvocation checks the Parameters of lambda:invoke and gives the function's name, ""
// when it is computed.
func readInvocation(f *fields, callback bool) string {
	v, _ := f.get("Parameters")
	p := f.fieldsOf(f.at("Parameters"), v)
	name, fixed := p.get("FunctionName")
	function, _ := name.(string)
	if _, dynamic := p.get("FunctionName.$"); fixed == dynamic || (fixed && function == "") {
		p.failf("FunctionName", "is needed, once")
	}
	payload, ok := p.get("Payload")
	if _, dynamic := p.get("Payload.$"); callback && (dynamic || !ok || !mentionsToken(payload)) {
		p.failf("Payload", "must pass $$.Task.Token on, or nothing can complete the task")
	}
	p.rejectRest("a call of lambda:invoke")
	return function
}

// mentionsToken reports whether a template passes the task token on.
func mentionsToken(v any) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, mentionsToken)
	case map[string]any:
		for key, inner := range v {
			text, _ := inner.(string)
			if strings.HasSuffix(key, ".$") && strings.Contains(text, "$$") || mentionsToken(inner) {
				return true
			}
		}
	}
	return false
}

func readBranches(f *fields) []*graph {
	var branches []*graph
	for i, v := range f.list("Branches", true) {
		b := f.fieldsOf(indexed(f.at("Branches"), i), v)
		b.anyText("Comment")
		branches = append(branches, readGraph(b))
		b.rejectRest("a branch")
	}
	return branches
}

func readMap(f *fields) *mapState {
	m := &mapState{
		items:     f.path("ItemsPath", parseReference),
		limit:     f.whole("MaxConcurrency", 0, maxAttempts, 0),
		limitPath: f.path("MaxConcurrencyPath", parseReference),
		processor: &graph{},
	}
	if f.has("MaxConcurrency") && f.has("MaxConcurrencyPath") {
		f.failf("MaxConcurrency", "can't stand beside MaxConcurrencyPath")
	}
	m.selector = f.oneTemplateOf("ItemSelector", "Parameters")
	key := "ItemProcessor"
	if f.has("Iterator") { // the older name
		key = "Iterator"
	}
	v, _ := f.get(key)
	inner := f.fieldsOf(f.at(key), v)
	inner.anyText("Comment")
	if v, ok := inner.get("ProcessorConfig"); ok {
		config := inner.fieldsOf(inner.at("ProcessorConfig"), v)
		if mode, ok := config.get("Mode"); ok && mode != "INLINE" {
			config.failf("Mode", "only INLINE is supported")
		}
		config.rejectRest("an inline processor")
	}
	m.processor = readGraph(inner)
	inner.rejectRest("a processor")
	return m
}

// oneTemplateOf reads a template that has two names, a newer and an older one.
func (f *fields) oneTemplateOf(newer, older string) *template {
	a, b := f.template(newer), f.template(older)
	if a != nil && b != nil {
		f.failf(older, "can't stand beside %s", newer)
	}
	if a == nil {
		return b
	}
	return a
}

func readPass(f *fields) *passState {
	result, ok := f.get("Result")
	return &passState{result: result, set: ok}
}

func readWait(f *fields) *waitState {
	w := &waitState{secondsPath: f.path("SecondsPath", parseReference), untilPath: f.path("TimestampPath", parseReference)}
	forms := 0
	for _, key := range []string{"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} {
		if f.has(key) {
			forms++
		}
	}
	if forms != 1 {
		f.addf(f.pointer, "needs exactly one of Seconds, SecondsPath, Timestamp and TimestampPath")
	}
	if f.has("Seconds") {
		n := f.whole("Seconds", 0, maxAttempts, 0)
		w.seconds = &n
	}
	if v, ok := f.get("Timestamp"); ok {
		t, valid := timestamp(v)
		if !valid {
			f.failf("Timestamp", "must be a time as in RFC 3339")
		}
		w.until = &t
	}
	return w
}

func readHandlers(f *fields, s *state) {
	retriers := f.list("Retry", false)
	for i, v := range retriers {
		r := f.fieldsOf(indexed(f.at("Retry"), i), v)
		s.retry = append(s.retry, readRetrier(r, i == len(retriers)-1))
	}
	catchers := f.list("Catch", false)
	for i, v := range catchers {
		c := f.fieldsOf(indexed(f.at("Catch"), i), v)
		c.anyText("Comment")
		s.catch = append(s.catch, catcher{
			names: c.names(i == len(catchers)-1), next: c.text("Next"), place: c.resultPath(), assign: c.assign(),
		})
		if !c.has("Next") {
			c.failf("Next", "is missing")
		}
		c.rejectRest("a catcher")
	}
}

func readRetrier(f *fields, last bool) retrier {
	f.anyText("Comment")
	r := retrier{
		names:    f.names(last),
		interval: time.Duration(f.whole("IntervalSeconds", 1, maxAttempts, 1)) * time.Second,
		most:     int(f.whole("MaxAttempts", 0, maxAttempts, 3)),
		rate:     f.real("BackoffRate", 1, 2),
		longest:  time.Duration(f.whole("MaxDelaySeconds", 1, 31622400, 0)) * time.Second,
	}
	if jitter, ok := f.get("JitterStrategy"); ok {
		r.jitter = jitter == "FULL"
		if jitter != "FULL" && jitter != "NONE" {
			f.failf("JitterStrategy", "must be FULL or NONE")
		}
	}
	f.rejectRest("a retrier")
	return r
}
