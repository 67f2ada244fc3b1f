// Package aws holds the scenario of the first application and of a catalog that is kept
// fresh, against the deployed stack: the binaries of the functions, the state machines, the
// streams, the bus, the queues and the buckets of template.yaml on the emulated AWS of
// test/bed. GitLab and the issuer of tokens run beside it, in the process of the test.
//
// Flow: run.sh starts a bed, plain or with IAM enforced, and this test in it; the test
// deploys, since only it knows where GitLab and the issuer are, and then does what users
// do. It looks at the HTTP API, at GitLab, at executions and at what single instances of a
// function answer and log, never into a table. What takes its time, such as the lease of a
// function that was killed, is begun early and looked at late. Where IAM is enforced, it takes
// single rights from functions and looks what users are told then and what is left.
// Without a bed (BED_PORT) it is skipped.
package aws
