// Package errs owns the one error type of Slipway: a kind that code decides on, a
// message that is safe to show to whoever asked, and a cause that is only logged.
//
// It does not know HTTP, AWS or GitLab: adapters classify foreign errors into a kind
// once, the HTTP surface maps a kind to a status in one place (httpapi), and Step
// Functions sees a kind as the error name "Slipway.<Kind>" (workflow).
//
// Flow: an adapter or a context returns errs.New or errs.Wrap; callers in between add
// what was being done with fmt.Errorf("putting entity %s: %w"); deciders ask
// errors.Is(err, errs.NotFound) or errs.KindOf(err); the edge shows errs.Message(err).
package errs
