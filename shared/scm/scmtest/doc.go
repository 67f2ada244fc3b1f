// Package scmtest holds the contract of package scm as tests that every adapter runs.
//
// It owns what a client of a source code host must do, method by method, and what it must
// report when an answer is lost, the host refuses or fails. It does not know how a host is
// started or made to fail: the adapter's own test does that and hands a Harness over.
//
// Flow: an adapter's test calls Run. Each part gets a harness of its own, with an empty
// group.
package scmtest
