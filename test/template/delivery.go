package template

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/slipwayhq/slipway/shared/bus"
)

// visibilityFactor is how many times a function's timeout its queue hides a message:
// Lambda's own advice, so that a throttled batch is not handed out twice.
const visibilityFactor = 6

// Targets: what the bus can't hand to a target ends in a queue, after retries that are
// written down.
func Targets(t Template) []string {
	var found []string
	for _, name := range t.OfType(Rule) {
		for _, target := range List(t.Props(name)["Targets"]) {
			if t.Resources[Target(At(target, "DeadLetterConfig", "Arn"))].Type != Queue {
				found = append(found, name+": a target has no dead-letter queue")
			}
			if At(target, "RetryPolicy", "MaximumRetryAttempts") == nil {
				found = append(found, name+": a target has no retry policy")
			}
		}
	}
	return found
}

// Patterns: each rule of the bus selects what the consumer behind it asks for, no event
// less and none that it would only throw away.
func Patterns(t Template, wanted map[string]bus.Rule) []string {
	var found []string
	for _, name := range t.OfType(Rule) {
		want, known := wanted[name]
		if !known {
			found = append(found, name+" leads to a consumer that nobody knows")
			continue
		}
		pattern := asMap(t.Props(name)["EventPattern"])
		if got := matches(pattern["detail-type"]); !slices.Equal(got, slices.Sorted(slices.Values(want.Types))) {
			found = append(found, fmt.Sprintf("%s selects the types %q, its consumer wants %q", name, got, want.Types))
		}
		if got := matches(pattern["source"]); !slices.Equal(got, slices.Sorted(slices.Values(want.Sources))) {
			found = append(found, fmt.Sprintf("%s selects the sources %q, its consumer wants %q", name, got, want.Sources))
		}
	}
	return found
}

// matches writes a list of a pattern as a bus.Rule has it: a prefix ends in "*".
func matches(v any) []string {
	var all []string
	for _, one := range List(v) {
		if prefix := Text(At(one, "prefix")); prefix != "" {
			all = append(all, prefix+"*")
		} else {
			all = append(all, Text(one))
		}
	}
	slices.Sort(all)
	return all
}

// Consumers: a queue that a function reads gives up after a few times into a dead-letter
// queue, hides messages for long enough, and the function reports each failure by itself.
func Consumers(t Template) []string {
	var found []string
	for _, e := range t.Events("SQS") {
		queue := Target(e.Props["Queue"])
		props := t.Props(queue)
		if dlq := Target(At(props, "RedrivePolicy", "deadLetterTargetArn")); t.Resources[dlq].Type != Queue {
			found = append(found, queue+" has no dead-letter queue")
		} else if Text(props["FifoQueue"]) != Text(t.Props(dlq)["FifoQueue"]) {
			found = append(found, queue+" and its dead-letter queue are of different types")
		}
		if at := number(props["VisibilityTimeout"]); at < visibilityFactor*t.Timeout(e.Function) {
			found = append(found, fmt.Sprintf("%s hides messages for %d s, less than %d times the %d s of %s", queue, at, visibilityFactor, t.Timeout(e.Function), e.Function))
		}
		if batch := number(e.Props["BatchSize"]); Text(props["FifoQueue"]) == "true" && batch != 1 {
			found = append(found, fmt.Sprintf("%s is received %d at a time: what waits behind a failing message ages into the dead letters with it", queue, batch))
		}
		found = append(found, partialFailures(e)...)
	}
	return found
}

// Streams: a record that can't be processed neither blocks a table's stream nor is lost.
func Streams(t Template) []string {
	var found []string
	for _, e := range t.Events("DynamoDB") {
		at := e.Function + "." + e.Name
		if t.Resources[Target(At(e.Props, "DestinationConfig", "OnFailure", "Destination"))].Type != Queue {
			found = append(found, at+" has no dead-letter queue")
		}
		for _, limit := range []string{"MaximumRetryAttempts", "MaximumRecordAgeInSeconds"} {
			if number(e.Props[limit]) <= 0 {
				found = append(found, at+" has no "+limit)
			}
		}
		if Text(e.Props["BisectBatchOnFunctionError"]) != "true" {
			found = append(found, at+" does not split a failing batch")
		}
		if e.Props["FilterCriteria"] == nil {
			found = append(found, at+" wakes the function for every write")
		}
		found = append(found, partialFailures(e)...)
	}
	return found
}

// Schedules: a run that could not be started ends in a queue.
func Schedules(t Template) []string {
	var found []string
	for _, e := range t.Events("ScheduleV2") {
		if t.Resources[Target(At(e.Props, "DeadLetterConfig", "Arn"))].Type != Queue {
			found = append(found, e.Function+"."+e.Name+" has no dead-letter queue")
		}
		if e.Props["RetryPolicy"] == nil {
			found = append(found, e.Function+"."+e.Name+" has no retry policy")
		}
	}
	return found
}

// Alarms: every queue that holds dead letters has an alarm on its depth.
func Alarms(t Template) []string {
	watched := map[string]bool{}
	for _, name := range t.OfType(Alarm) {
		for _, d := range List(t.Props(name)["Dimensions"]) {
			watched[Target(At(d, "Value"))] = true
		}
	}
	var found []string
	for _, name := range deadLetterQueues(t) {
		if !watched[name] {
			found = append(found, name+" has no alarm")
		}
	}
	return found
}

// Failures: every state machine has an alarm on executions that failed.
func Failures(t Template) []string {
	var found []string
	for _, name := range t.OfType(StateMachine) {
		watched := slices.ContainsFunc(t.OfType(Alarm), func(alarm string) bool {
			props := t.Props(alarm)
			return Text(props["MetricName"]) == "ExecutionsFailed" && slices.ContainsFunc(List(props["Dimensions"]), func(d any) bool { return Target(At(d, "Value")) == name })
		})
		if !watched {
			found = append(found, name+" has no alarm on failed executions")
		}
	}
	return found
}

// deadLetterQueues gives the queues that no function reads.
func deadLetterQueues(t Template) []string {
	var read []string
	for _, e := range t.Events("SQS") {
		read = append(read, Target(e.Props["Queue"]))
	}
	return slices.DeleteFunc(t.OfType(Queue), func(q string) bool { return slices.Contains(read, q) })
}

// Timeout gives a function's timeout in seconds.
func (t Template) Timeout(function string) int {
	if own := number(t.Props(function)["Timeout"]); own > 0 {
		return own
	}
	return number(t.Globals["Timeout"])
}

func partialFailures(e Event) []string {
	if slices.ContainsFunc(List(e.Props["FunctionResponseTypes"]), func(v any) bool { return Text(v) == "ReportBatchItemFailures" }) {
		return nil
	}
	return []string{e.Function + "." + e.Name + " fails a whole batch for one message"}
}

func number(v any) int { n, _ := strconv.Atoi(Text(v)); return n }
