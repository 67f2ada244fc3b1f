// Package operationsapi is Slipway's own API of operations below /api/operations: requests
// with and without a dry run, lists, ledgers, logs, the stream of a log, cancel and retry.
// What an operation may do belongs to package operations; what a template would make, to the
// planner behind it. Answers are described in openapi.json.
package operationsapi
