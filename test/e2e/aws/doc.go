// Package aws holds the scenario of the first application against the deployed stack: the
// binaries of the functions, the state machine, the streams, the bus and the queues of
// template.yaml on the emulated AWS of test/bed. GitLab and the issuer of tokens run beside
// it, in the process of the test.
//
// Flow: run.sh starts a bed, plain or with IAM enforced, and this test in it; the test
// deploys, since only it knows where GitLab and the issuer are, and then does what users
// do. It looks at the HTTP API, at GitLab and at the execution, never into a table. Without
// a bed (BED_PORT) it is skipped.
package aws
