package asl

import (
	"context"
	"math"
	"time"
)

// next gives a copy of the visit's frame that a change may alter.
func (v *visit) next() *Change {
	f := *v.f
	change := &Change{Frame: &f, Events: v.events}
	if len(v.s.inner()) > 0 {
		change.Drop = v.f.Path + "/"
	}
	return change
}

// settle clears what belongs to the state that is left.
func settle(f *Frame) {
	f.Attempts, f.Retries = nil, 0
	f.Wake, f.Scheduled = time.Time{}, time.Time{}
	f.Token, f.Submitted = "", false
}

// leave moves on after a success.
func (v *visit) leave(out *outcome) *Change {
	change := v.next()
	f := change.Frame
	settle(f)
	if len(v.s.inner()) > 0 {
		change.add(Event{Type: string(v.s.kind) + "StateSucceeded"})
	}
	change.add(Event{Type: string(v.s.kind) + "StateExited", State: v.s.name})
	f.Vars = out.vars
	if out.next != "" {
		f.Input = out.output
		v.x.enter(change, v.g, out.next)
		return change
	}
	v.end(change, &Frame{Path: f.Path, Visit: f.Visit, Done: true, Output: out.output})
	return change
}

// end makes the frame's end part of a change.
func (v *visit) end(change *Change, end *Frame) {
	change.Frame = end
	what, name := "Succeeded", ""
	if end.Failure != nil {
		what, name = "Failed", end.Failure.Name
	}
	switch {
	case end.Path == "":
		change.add(Event{Type: "Execution" + what, Error: name})
	case v.item != nil && v.item.owns(end.Path):
		change.add(Event{Type: "MapIteration" + what, Error: name})
	}
}

// recover retries, catches or passes a failure on.
func (v *visit) recover(failure *Failure) *Change {
	if change := v.tryAgain(failure); change != nil {
		return change
	}
	if change := v.caught(failure); change != nil {
		return change
	}
	change := v.next()
	if len(v.s.inner()) > 0 {
		change.add(Event{Type: string(v.s.kind) + "StateFailed", Error: failure.Name})
	}
	v.end(change, &Frame{Path: v.f.Path, Visit: v.f.Visit, Done: true, Failure: failure})
	return change
}

// tryAgain gives the change that waits for the next attempt, nil when there is none.
func (v *visit) tryAgain(failure *Failure) *Change {
	for i, r := range v.s.retry {
		if !failure.matches(r.names) {
			continue
		}
		made := v.f.Attempts[i]
		if made >= r.most {
			return nil
		}
		change := v.next()
		f := change.Frame
		f.Attempts = map[int]int{i: made + 1}
		for other, n := range v.f.Attempts {
			if other != i {
				f.Attempts[other] = n
			}
		}
		f.Retries++
		f.Token, f.Submitted = "", false
		f.Wake = v.x.Clock.Now().Add(v.delay(r, made))
		return change
	}
	return nil
}

// delay gives how long to wait before a retrier's next attempt.
func (v *visit) delay(r retrier, made int) time.Duration {
	d := r.interval.Seconds() * math.Pow(r.rate, float64(made))
	longest := float64(maxAttempts)
	if r.longest > 0 {
		longest = r.longest.Seconds()
	}
	d = min(d, longest)
	if r.jitter {
		bits := v.env.random.draw()
		d *= float64(bits[0])/256 + float64(bits[1])/65536
	}
	return time.Duration(d * float64(time.Second))
}

// wakeUp waits for a retry and begins it.
func (v *visit) wakeUp(ctx context.Context) (*Change, error) {
	if err := v.x.Clock.Sleep(ctx, v.f.Wake.Sub(v.x.Clock.Now())); err != nil {
		return nil, err
	}
	change := v.next()
	change.Frame.Wake = time.Time{}
	if v.s.kind == kindTask {
		v.x.schedule(change, v.s)
	}
	return change, nil
}

// caught gives the change a catcher leads to, nil when there is none for the failure. If
// the catcher's own paths fail, that failure ends the frame.
func (v *visit) caught(failure *Failure) *Change {
	for _, c := range v.s.catch {
		if !failure.matches(c.names) {
			continue
		}
		out, err := v.catch(c, failure)
		if second, ok := asFailure(err); ok {
			change := v.next()
			v.end(change, &Frame{Path: v.f.Path, Visit: v.f.Visit, Done: true, Failure: second})
			return change
		}
		change := v.next()
		if len(v.s.inner()) > 0 {
			change.add(Event{Type: string(v.s.kind) + "StateFailed", Error: failure.Name})
		}
		settle(change.Frame)
		change.add(Event{Type: string(v.s.kind) + "StateExited", State: v.s.name})
		change.Frame.Input, change.Frame.Vars = out.output, out.vars
		v.x.enter(change, v.g, c.next)
		return change
	}
	return nil
}

func (v *visit) catch(c catcher, failure *Failure) (*outcome, error) {
	what := map[string]any{"Error": failure.Name, "Cause": failure.Cause}
	data, err := place(c.place, v.env.data, what)
	if err != nil {
		return nil, err
	}
	return v.pack(v.env.with(what), data, c.assign, c.next)
}
