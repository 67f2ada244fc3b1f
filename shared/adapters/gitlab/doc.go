// Package gitlab owns the way to a GitLab over its REST API v4: it satisfies scm.Client
// with the client library xanzy/go-gitlab, and is the only package that imports it.
//
// It decides what may be repeated. GitLab has no idempotency keys, so a POST is sent once:
// an answer of 5xx, a broken connection or an unreadable answer is Unavailable, and the
// caller looks for its effect by its marker. GET, PUT and DELETE are repeated a few times
// with jittered back-off. A 429 means that nothing happened, so it is waited out for any
// method, but only when GitLab asks for a short wait; longer ones are RateLimited with
// RetryAfter, for a queue or a state machine to wait in.
//
// The library's own retries, client-side limiter and token handling are switched off: one
// call here is one request there. The token is asked for before every attempt, so that it
// can rotate, and goes to no other host: only GET follows a redirect, and only on the
// same scheme and host. Plain HTTP is refused except on loopback.
//
// A file's content travels as base64 in one request per commit. Over 20 MB of it, where
// GitLab starts to throttle, a commit is TooLarge. The first commit of a repository is
// pushed over git when it is large or holds a symbolic link (push.go, package gitpush), which
// its caller can't tell from the other way.
//
// Flow: a method builds a call, send runs it with retries, classify turns what came back
// into an errs.Error once, with GitLab's own reason cut down to safe text.
//
// Protocol: https://docs.gitlab.com/api/rest/
package gitlab
