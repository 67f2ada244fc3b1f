// Package lint owns telling the author of a software template what is wrong with it, at the
// line and column where it is, before anybody runs it: the format, actions, inputs,
// expressions, references, steps that never run, and skeletons beside the file.
//
// It runs nothing and asks nobody: what exists is told by the specifications of actions and
// by the template engine. What is no mistake for certain is a warning.
//
// Flow: File → YAML documents with places → template.Read and form.New for the format →
// every text through the engine → findings in the order of the file.
package lint
