// Package asl owns the meaning of state machines written in the Amazon States Language, as
// far as Slipway uses it: the JSONPath query language with tasks that are Lambda functions.
//
// Load turns a definition into a Machine and refuses, naming every place, what could not
// run as it would on Step Functions: JSONata, distributed maps, activities, other service
// integrations, unknown fields, dangling or unreachable states, bad paths, unknown
// intrinsics. Run executes a Machine. It does not store anything, call any function or keep
// callbacks: its Host does (embedded/runner).
//
// Flow: an execution is a tree of frames. The machine itself runs in the frame "", each
// branch of a Parallel and each item of a Map in a frame below the one it was forked from.
// A frame is saved before each state runs, so that Run, given the saved frames again,
// continues every frame at the state it had reached. States therefore run at least once.
//
// The language is specified at https://states-language.net/spec.html; where Step Functions
// differs (it fails a missing path as States.Runtime, for example) Step Functions wins.
package asl
