// Package document owns the YAML of a CI file as data: a tree with ordered keys, read
// within limits, merged and printed. It knows nothing of jobs or stages.
//
// The reader follows what GitLab's own (Ruby's, YAML 1.1) makes of a file where that
// matters: plain yes, no, on and off are booleans, a repeated key takes its last value,
// merge keys work, and !reference [a, b] stays a Reference until it is resolved.
//
// A file is refused when it is over 1 MB, nests deeper than 100 levels, or has more than
// 100,000 nodes once its aliases are expanded, so that a small file can't take much memory.
package document
